"""Who is insured where: shares of the population by age and sex, and mid-year members."""

import numpy as np
import xarray as xr

from actuarial.errors import SchemaError
from actuarial.schema import STATUSES


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


def carry_shares(share: xr.DataArray, settled_age: float, years: np.ndarray) -> xr.DataArray:
    """Shares of later years: by age up to the settled age, carried along with the cohort above it.

    Up to the settled age people keep changing between schemes, and the share of each age stays as it is. Above it a
    person stays in the scheme, or outside both: whoever was insured as an employee is so in retirement too. Within a
    scheme the split over its statuses, such as active and retired, stays that of the age; at an age where a scheme has
    nobody yet, it is that of the highest age below.

    Parameters
    ----------
    share : (region, status, sex, age), 1, at the last closed year end
    settled_age : completed years
    years : the year ends wanted after the last closed one, consecutive

    Returns
    -------
    (region, status, sex, age, year), 1, the last closed year in front

    Source
    ------
    Own choice: cohort carrying as in headship and participation models, Preston, Heuveline & Guillot (2001), section
    6.4; the retirement split by age is replaced when the reform of the retirement age is modelled.
    """
    scheme = xr.concat([share.sel(status=list(group)).sum("status") for group in STATUSES.values()], dim="scheme")
    scheme = scheme.assign_coords(scheme=list(STATUSES))
    within = xr.concat(
        [_within_scheme(share.sel(status=list(group))) for group in STATUSES.values()],
        dim="status",
    )
    is_settled = scheme["age"] > settled_age
    shares = [share]
    for _ in years:
        carried = scheme.shift(age=1)
        scheme = scheme.where(~is_settled, carried)
        by_status = [
            within.sel(status=list(group)) * scheme.sel(scheme=name, drop=True) for name, group in STATUSES.items()
        ]
        shares.append(xr.concat(by_status, dim="status").transpose(*share.dims))
    joined = xr.concat(shares, dim="year").assign_coords(year=[int(years[0]) - 1, *years])
    return joined.transpose(*share.dims, "year")


def _within_scheme(share: xr.DataArray) -> xr.DataArray:
    """Split of a scheme over its statuses, by age; where nobody is in the scheme, that of the highest age below."""
    scheme = share.sum("status")
    split = (share / scheme).where(scheme > 0, 0.0)

    def from_below(values: np.ndarray, is_known: np.ndarray) -> np.ndarray:
        last_known = np.maximum.accumulate(np.where(is_known, np.arange(values.shape[-1]), 0), axis=-1)
        return np.take_along_axis(values, np.broadcast_to(last_known, values.shape), axis=-1)

    core = [["age"], ["age"]]
    filled = xr.apply_ufunc(
        from_below,
        split,
        (scheme > 0).expand_dims(status=split["status"]),
        input_core_dims=core,
        output_core_dims=[["age"]],
    )
    return filled.transpose(*share.dims)


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
