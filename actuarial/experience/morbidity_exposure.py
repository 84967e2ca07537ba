"""Insured years by age group carried forward by cohort, for backtests: history up to the origin and nothing else."""

import numpy as np
import xarray as xr

from actuarial.errors import AssumptionError


def carried_exposure(exposure: xr.DataArray, years: np.ndarray) -> xr.DataArray:
    """Insured years of forecast years from those of the past.

    Each year the share 1 / width of an age group moves into the next one; the youngest group keeps its entrants equal
    to its leavers, the open one keeps its members. What births, deaths and movers do to a group is the ratio of the
    insured years seen to those carried, of all regions together over the whole history.

    Parameters
    ----------
    exposure : (region, sex, age, year), person-year, age by the lowest year of life
    years : forecast years, the first one following the last year of the exposure

    Raises
    ------
    AssumptionError
        If fewer than two years are given, or nobody is insured in an age and sex of all regions.

    Source
    ------
    Cohort-change ratios: Hamilton & Perry (1962), Social Forces 41(2), for one year and with groups that empty evenly
    (own choice: a history of five years holds no ratio over the width of a group).
    """
    if exposure.sizes["year"] < 2:
        raise AssumptionError("exposure: years of history: 1, needed: 2, to carry cohorts")
    pooled = exposure.sum("region")
    if not bool((pooled > 0).all()):
        raise AssumptionError("exposure: nobody is insured in some age and sex of all regions; use coarser groups")
    seen = pooled.isel(year=slice(1, None)).sum("year")
    ratio = seen / _aged(pooled.isel(year=slice(None, -1)).sum("year"))
    current, found = exposure.isel(year=-1, drop=True), []
    for _ in years:
        current = _aged(current) * ratio
        found.append(current)
    carried = xr.concat(found, xr.DataArray(years, dims="year", name="year"))
    return carried.transpose("region", "sex", "age", "year")


def _aged(exposure: xr.DataArray) -> xr.DataArray:
    """Insured years one year later, before births, deaths and movers."""
    ages = exposure["age"].values
    leaving = xr.DataArray(np.append(1 / np.diff(ages), 0.0), coords={"age": ages})
    moved = exposure * leaving
    entering = moved.shift(age=1).fillna(moved.isel(age=0))
    return exposure - moved + entering
