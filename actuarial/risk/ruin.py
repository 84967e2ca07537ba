"""When a path first falls below a level: probability by year, and the distribution of the first year."""

import xarray as xr

from actuarial.risk.proportion import proportion


def has_fallen_below(path: xr.DataArray, level: xr.DataArray | int | float) -> xr.DataArray:
    """True from the first year on in which the path lies below the level: (..., year), bool."""
    return (path < level).cumsum("year") > 0


def ruin_probability(closing: xr.DataArray, confidence: float) -> xr.Dataset:
    """Probability that the balance was below zero at the end of this year or of one before it.

    Parameters
    ----------
    closing : (draw, ..., year), fen
    confidence : of the interval, two-sided

    Returns
    -------
    value, standard_error, lower, upper : (..., year), 1

    Source
    ------
    Ruin within finite time on a discrete grid: Asmussen & Albrecher (2010), Ruin Probabilities, chapter I; balances
    between year ends are not seen, so that ruin within a year that has healed by its end does not count (own choice:
    the accounts are yearly).
    """
    return proportion(has_fallen_below(closing, 0), confidence)


def first_year_share(path: xr.DataArray, level: xr.DataArray | int | float) -> xr.DataArray:
    """Share of draws whose path falls below the level for the first time in this year: (..., year), 1.

    What is missing to 1 over the years is the share that never does.
    """
    by_year = has_fallen_below(path, level).mean("draw")
    return by_year - by_year.shift(year=1, fill_value=0.0)


def year_reached(share: xr.DataArray, probability: float) -> xr.DataArray:
    """The first year by which at least the stated share of draws has fallen; NaN where that is not within the horizon.

    Parameters
    ----------
    share : (..., year), as of :func:`first_year_share`
    probability : such as 0.5 for the median
    """
    is_reached = share.cumsum("year") >= probability
    return share["year"].where(is_reached).min("year")
