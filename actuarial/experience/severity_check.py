"""A fitted distribution beside what was seen: persons and cost above each threshold, and quantiles at the edges."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.experience.severity_bands import Bands
from actuarial.spending.severity import Severity, cdf, partial_moment, quantile, survival


def check_fit(severity: Severity, bands: Bands, thresholds: Sequence[float]) -> xr.Dataset:
    """Persons and cost from each threshold on, observed beside fitted.

    Parameters
    ----------
    thresholds : yuan, lower ends of bands with cost

    Returns
    -------
    (..., threshold): ``persons_observed``, ``persons_fitted``, ``persons_error``, ``cost_observed``, ``cost_fitted``,
    ``cost_error``. An error is that of the observed figure if the distribution is the true one; that of cost is
    infinite for a tail index of 2 or less.

    Raises
    ------
    AssumptionError
        If a threshold is no edge of the bands.
    """
    absent = sorted(set(thresholds) - set(bands.lower.values[1:].tolist()))
    if absent:
        raise AssumptionError(f"threshold: {absent} are not among the edges {bands.lower.values[1:].tolist()}")
    at = xr.DataArray(np.array(thresholds, dtype=float), dims="threshold").assign_coords(threshold=list(thresholds))
    is_above = bands.lower >= at
    everyone = bands.persons.sum("band")
    above = survival(severity, at)
    cost = partial_moment(severity, 1, at, np.inf)
    square = partial_moment(severity, 2, at, np.inf)
    return xr.Dataset(
        {
            "persons_observed": bands.persons.where(is_above, 0.0).sum("band"),
            "persons_fitted": everyone * above,
            "persons_error": (everyone * above * (1 - above)) ** 0.5,
            "cost_observed": bands.cost.where(is_above, 0.0).sum("band", skipna=False),
            "cost_fitted": everyone * cost,
            "cost_error": (everyone * (square - cost**2)) ** 0.5,
        }
    )


def is_met(check: xr.Dataset, tolerance: float) -> xr.DataArray:
    """Whether persons and cost above every threshold are met, by three standard errors or by ``tolerance`` of the seen.

    Parameters
    ----------
    check : of check_fit
    tolerance : 1, relative

    Returns
    -------
    (...,), false where a cost is not known

    Source
    ------
    Three errors: own choice, one in four hundred true figures lies beyond. The tolerance is the caller's: among
    millions of persons every form is wrong by more than its error.
    """
    met = []
    for what in ("persons", "cost"):
        seen, error = check[f"{what}_observed"], check[f"{what}_error"]
        gap = np.abs(seen - check[f"{what}_fitted"])
        # an infinite error excuses nothing: then the tolerance alone counts
        met.append((gap <= 3 * error.where(xr.ufuncs.isfinite(error), 0.0)) | (gap <= tolerance * seen))
    return (met[0] & met[1]).all("threshold")


def quantile_pairs(severity: Severity, bands: Bands) -> xr.Dataset:
    """What a plot of quantiles shows: each edge of the bands against the fitted quantile of the persons below it.

    Returns
    -------
    (..., edge): ``observed``, yuan, the edge; ``fitted``, yuan; ``share``, persons below it; ``share_fitted`` and the
    standard error of the share. ``fitted`` is missing where nobody is left above the edge.
    """
    edge = bands.lower.isel(band=slice(1, None)).rename(band="edge")
    below = bands.persons.cumsum("band") / bands.persons.sum("band")
    share = below.isel(band=slice(None, -1)).rename(band="edge")
    is_inside = share < 1
    expected = cdf(severity, edge)
    return xr.Dataset(
        {
            "observed": edge,
            "fitted": quantile(severity, share.where(is_inside, 0.0)).where(is_inside),
            "share": share,
            "share_fitted": expected,
            "share_error": (expected * (1 - expected) / bands.persons.sum("band")) ** 0.5,
        }
    )
