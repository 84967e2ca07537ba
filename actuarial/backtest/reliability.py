"""Stated probabilities against how often it came: reliability table and Brier score with its decomposition."""

import numpy as np
import xarray as xr
from scipy.stats import binomtest

from actuarial.errors import SchemaError

# Own choice: narrow where a probability says "hardly" or "almost surely", wide between, since cells are few.
EDGES = (0.0, 0.05, 0.2, 0.5, 0.8, 0.95, 1.0)


def reliability_table(stated: xr.DataArray, came: xr.DataArray, confidence: float) -> xr.Dataset:
    """Cells by stated probability: how many, what was stated on the average, how often it came.

    Parameters
    ----------
    stated, came : (...), probability, and whether it came as 0 or 1; cells where either is NaN are left out
    confidence : of the binomial interval, two-sided; it takes cells as independent, which overlapping horizons and
        regions hit by one shock are not, so it promises too much

    Returns
    -------
    count, stated, observed, lower, upper : (bin,); NaN in a bin without a cell. Coordinates from_probability,
    to_probability; a bin holds its lower edge, the last one both.

    Raises
    ------
    SchemaError
        If a probability lies outside [0, 1].

    Source
    ------
    Murphy & Winkler (1977), Journal of the Royal Statistical Society C 26(1); interval: Wilson (1927), Journal of the
    American Statistical Association 22(158).
    """
    values, outcome = _cells(stated, came)
    place = _bin(values)
    rows = []
    for number in range(len(EDGES) - 1):
        own = outcome[place == number]
        if not len(own):
            rows.append((0, np.nan, np.nan, np.nan, np.nan))
            continue
        interval = binomtest(int(own.sum()), len(own)).proportion_ci(confidence, "wilson")
        rows.append((len(own), values[place == number].mean(), own.mean(), interval.low, interval.high))
    names = ("count", "stated", "observed", "lower", "upper")
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    ends = {"from_probability": ("bin", list(EDGES[:-1])), "to_probability": ("bin", list(EDGES[1:]))}
    return xr.Dataset({name: ("bin", np.array(column)) for name, column in columns.items()}, ends)


def brier_score(stated: xr.DataArray, came: xr.DataArray) -> xr.Dataset:
    """Mean squared error of the probabilities and its parts.

    brier = reliability - resolution + uncertainty + within

    reliability: how far stated means lie from frequencies; resolution: how far frequencies of the bins differ;
    uncertainty: base (1 - base), the score of the base rate stated everywhere; within: what bins leave out, variance of
    the stated less twice its covariance with the outcome inside them. skill = 1 - brier / uncertainty.

    Parameters
    ----------
    stated, came : as :func:`reliability_table`

    Returns
    -------
    count, base, brier, reliability, resolution, uncertainty, within, skill : scalars; NaN without any cell, and skill
    also where the base rate is 0 or 1

    Source
    ------
    Brier (1950), Monthly Weather Review 78(1); Murphy (1973), Journal of Applied Meteorology 12(4); within: Stephenson,
    Coelho & Jolliffe (2008), Weather and Forecasting 23(4).
    """
    values, outcome = _cells(stated, came)
    count = len(values)
    names = ("base", "brier", "reliability", "resolution", "uncertainty", "within", "skill")
    if not count:
        return xr.Dataset({"count": 0, **dict.fromkeys(names, np.nan)})
    place, base = _bin(values), outcome.mean()
    reliability = resolution = within = 0.0
    for number in np.unique(place):
        own, result = values[place == number], outcome[place == number]
        reliability += len(own) * (own.mean() - result.mean()) ** 2 / count
        resolution += len(own) * (result.mean() - base) ** 2 / count
        apart = own - own.mean()
        within += (apart**2 - 2 * apart * (result - result.mean())).sum() / count
    brier, uncertainty = ((values - outcome) ** 2).mean(), base * (1 - base)
    skill = 1 - brier / uncertainty if uncertainty > 0 else np.nan
    found = (base, brier, reliability, resolution, uncertainty, within, skill)
    return xr.Dataset({"count": count, **dict(zip(names, found, strict=True))})


def _cells(stated: xr.DataArray, came: xr.DataArray) -> tuple[np.ndarray, np.ndarray]:
    stated, came = xr.broadcast(stated, came)
    known = (stated.notnull() & came.notnull()).values
    values, outcome = stated.values[known], came.values[known].astype(float)
    if ((values < 0) | (values > 1)).any():
        raise SchemaError(f"stated probability {values.max():g}: must lie in [0, 1]")
    return values, outcome


def _bin(values: np.ndarray) -> np.ndarray:
    return np.minimum(np.searchsorted(EDGES, values, side="right") - 1, len(EDGES) - 2)
