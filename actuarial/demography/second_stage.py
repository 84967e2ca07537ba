"""Index of mortality of each year from a published total: life expectancy at birth, or all deaths together.

log mx = level + response index: level and response are those of a fit, perhaps from few years; the index of every year
is moved until the total is met, so that a short pattern and a long yearly series serve the same forecast.
"""

from collections.abc import Callable

import numpy as np
import xarray as xr
from scipy.optimize.elementwise import find_root

from actuarial.demography.life_table import life_table
from actuarial.errors import AssumptionError, SchemaError

# Own choice: how far the most responsive log rate is moved at a time, and at most (3000 times as high or as low).
STEP, FURTHEST = 0.25, 8.0


def index_of_expectancy(level: xr.DataArray, response: xr.DataArray, expectancy: xr.DataArray) -> xr.DataArray:
    """Index at which life expectancy at birth, the mean of women and men, is the published one.

    One index serves both sexes, each weighing the same (own choice); ``expectancy_left`` gives what it leaves of each.

    Parameters
    ----------
    level, response : (sex, age)
        The response is the same, or nearly, for both sexes.
    expectancy : (sex, year), year

    Returns
    -------
    index : (year,)

    Raises
    ------
    AssumptionError
        If no index gives the published figure.

    Source
    ------
    Lee & Miller (2001), Demography 38(4).
    """
    sexes = expectancy.sel(sex=level["sex"]).mean("sex", skipna=False)

    def excess(index: xr.DataArray) -> xr.DataArray:
        return _expectancy(level + response * index).mean("sex") - sexes.sel(year=index["year"])

    return _root_of_each_year(excess, response, sexes, "life expectancy")


def expectancy_left(
    level: xr.DataArray, response: xr.DataArray, index: xr.DataArray, expectancy: xr.DataArray
) -> xr.DataArray:
    """Published less modelled life expectancy at birth; (sex, year), year."""
    return expectancy.sel(sex=level["sex"]) - _expectancy(level + response * index)


def index_of_deaths(
    level: xr.DataArray, response: xr.DataArray, exposure: xr.DataArray, deaths: xr.DataArray
) -> xr.DataArray:
    """Index at which the rates give each year's deaths, all groups and ages together.

    Parameters
    ----------
    level, response : (group dims, age)
    exposure : (group dims, age, year), person-year
    deaths : (year,), person

    Returns
    -------
    index : (year,)

    Raises
    ------
    AssumptionError
        If no index gives the deaths.

    Source
    ------
    Lee & Carter (1992), Journal of the American Statistical Association 87(419).
    """

    def excess(index: xr.DataArray) -> xr.DataArray:
        expected = exposure.sel(year=index["year"]) * xr.apply_ufunc(np.exp, level + response * index)
        return expected.sum(level.dims) - deaths.sel(year=index["year"])

    return _root_of_each_year(excess, response, deaths, "deaths")


def _expectancy(log_rate: xr.DataArray) -> xr.DataArray:
    others = [dim for dim in log_rate.dims if dim != "age"]
    return life_table(xr.apply_ufunc(np.exp, log_rate).transpose(*others, "age"))["ex"].sel(age=0, drop=True)


def _root_of_each_year(
    excess: Callable[[xr.DataArray], xr.DataArray], response: xr.DataArray, wanted: xr.DataArray, name: str
) -> xr.DataArray:
    """Where the excess of each year is zero: steps away from zero until its sign changes, then a root between."""
    largest = float(abs(response).max())
    if largest == 0 or not bool(np.isfinite(wanted).all()):
        raise SchemaError(f"mortality: {name} must be known in every year, and some age must respond to the index")
    years = wanted["year"]
    low = high = xr.zeros_like(years, dtype=float)
    start, step = excess(low), STEP / largest
    towards = xr.where((start < 0) == (excess(low + step) > start), step, -step)
    missed = start != 0
    for _ in range(round(FURTHEST / STEP)):
        low, high = high.where(missed, low), (high + towards).where(missed, high)
        missed = missed & ((excess(high) > 0) == (start > 0))
    if bool(missed.any()):
        first = int(missed.values.argmax())
        raise AssumptionError(
            f"mortality: no index between 0 and {float(high[first]):.4g} gives {name} {float(wanted[first]):g} of "
            f"{int(years[first])}"
        )

    def at(values: np.ndarray, place: np.ndarray) -> np.ndarray:
        return excess(xr.DataArray(values, {"year": years.values[place.astype(int)]}, ("year",))).values

    found = find_root(at, (low.values, high.values), args=(np.arange(years.size),), tolerances={"xatol": 1e-10})
    return xr.DataArray(found.x, {"year": years}, ("year",))
