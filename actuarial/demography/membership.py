"""Who is insured where: shares of the population by age and sex, and mid-year members."""

import numpy as np
import xarray as xr

from actuarial.errors import SchemaError


def spread_to_ages(groups: xr.DataArray, lower: np.ndarray, ages: np.ndarray) -> xr.DataArray:
    """A rate by age group as a rate by single age: constant within the group.

    Parameters
    ----------
    groups : (..., group)
    lower : lowest age of each group, ascending, starting at 0
    ages : single ages to fill
    """
    position = np.searchsorted(lower, ages, side="right") - 1
    index = xr.DataArray(position, dims="age", coords={"age": ages})
    return groups.isel(group=index).drop_vars("group", errors="ignore")


def group_sums(single: xr.DataArray, lower: np.ndarray) -> xr.DataArray:
    """Sums over the single ages of each group.

    Parameters
    ----------
    single : (..., age)
    lower : lowest age of each group, ascending, starting at 0
    """
    position = np.searchsorted(lower, single["age"].values, side="right") - 1
    group = xr.DataArray(np.asarray(lower)[position], dims="age", coords={"age": single["age"]}, name="group")
    sums = single.groupby(group).sum("age")
    return sums.transpose(*[dim if dim != "age" else "group" for dim in single.dims])


def enrolment_share(members: xr.DataArray, population: xr.DataArray, lower: np.ndarray) -> xr.DataArray:
    """Share of the population with each insurance status, by sex and single age.

    Parameters
    ----------
    members : (region, status, sex, group), person
        Year-end members by age group.
    population : (region, sex, age), person
        At the same year end.

    Returns
    -------
    (region, status, sex, age), 1

    Raises
    ------
    SchemaError
        If a group has members and no people, or more members than people.
    """
    people = group_sums(population, lower)
    share = (members / people).where(members > 0, 0.0)
    total = share.sum("status")
    if not bool((total <= 1 + 1e-9).all()):
        worst = total.where(total == total.max(), drop=True)
        place = {str(dim): str(worst[dim].values[0]) for dim in worst.dims}
        raise SchemaError(f"enrolment: members exceed population, first at {place}: share {float(total.max()):.4f}")
    return spread_to_ages(share, lower, population["age"].values)


def mid_year(population: xr.DataArray) -> xr.DataArray:
    """Mean of a year's two year ends, the usual measure of exposure.

    Parameters
    ----------
    population : (..., year), person
        Year ends, consecutive.

    Returns
    -------
    (..., year) without the first year, person-year

    Source
    ------
    Preston, Heuveline & Guillot (2001), Demography, section 1.4.
    """
    ends = population.isel(year=slice(1, None))
    starts = population.isel(year=slice(None, -1)).assign_coords(year=ends["year"])
    return (starts + ends) / 2
