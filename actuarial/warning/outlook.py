"""Whether a warning comes within the next years, draw by draw."""

import xarray as xr

from actuarial.errors import AssumptionError


def comes_within(lit: xr.DataArray, years: int) -> xr.DataArray:
    """True in the draws in which the colour is lit in one of the first years; its share is the probability.

    Parameters
    ----------
    lit : (draw, ..., year), bool
    years : such as 3

    Returns
    -------
    (draw, ...), bool; for :func:`actuarial.risk.proportion.proportion`

    Raises
    ------
    AssumptionError
        If the forecast is shorter.
    """
    if not 1 <= years <= lit.sizes["year"]:
        raise AssumptionError(
            f"warning horizon {years} years: the forecast has {lit.sizes['year']}; ask for at least 1, at most "
            "that, or project further"
        )
    return lit.isel(year=slice(0, years)).any("year")
