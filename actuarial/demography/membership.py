"""Who is insured where: shares of the population by age and sex, and mid-year members."""

import numpy as np
import xarray as xr

from actuarial.errors import SchemaError
from actuarial.schema import ALL_STATUSES, STATUSES

# Shares that sum to one may differ from it by this much in floating point.
ROUNDING = 1e-9


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
    if not bool((total <= 1 + ROUNDING).all()):
        worst = total.where(total == total.max(), drop=True)
        place = {str(dim): str(worst[dim].values[0]) for dim in worst.dims}
        raise SchemaError(f"enrolment: members exceed population, first at {place}: share {float(total.max()):.4f}")
    return spread_to_ages(share, lower, population["age"].values)


def scheme_share(share: xr.DataArray) -> xr.DataArray:
    """Share of the population in each scheme: the sum over its statuses.

    Parameters
    ----------
    share : (..., region, status, sex, age), 1

    Returns
    -------
    (..., region, scheme, sex, age), 1
    """
    parts = [share.sel(status=list(statuses)).sum("status") for statuses in STATUSES.values()]
    joined = xr.concat(parts, dim="scheme").assign_coords(scheme=list(STATUSES))
    return joined.transpose(*["scheme" if dim == "status" else dim for dim in share.dims])


def within_scheme(share: xr.DataArray) -> xr.DataArray:
    """Split of each scheme over its statuses, by age; where nobody is in it, that of the highest age below.

    Below the lowest age at which a scheme has anybody the split is zero.

    Parameters
    ----------
    share : (region, status, sex, age), 1

    Returns
    -------
    as ``share``; over the statuses of a scheme it sums to one
    """
    whole = _of_status(scheme_share(share))
    split = (share / whole).where(whole > 0, 0.0)
    is_known = (whole > 0).transpose(*share.dims)

    def from_below(values: np.ndarray, is_known: np.ndarray) -> np.ndarray:
        last_known = np.maximum.accumulate(np.where(is_known, np.arange(values.shape[-1]), 0), axis=-1)
        return np.take_along_axis(values, last_known, axis=-1)

    core = [["age"], ["age"]]
    filled = xr.apply_ufunc(from_below, split, is_known, input_core_dims=core, output_core_dims=[["age"]])
    return filled.transpose(*share.dims)


def status_share(scheme: xr.DataArray, split: xr.DataArray) -> xr.DataArray:
    """Share of the population with each status: that of its scheme times the split within the scheme.

    Parameters
    ----------
    scheme : (..., region, scheme, sex, age), 1
    split : (region, status, sex, age), 1
        From :func:`within_scheme`, or moved by the reform of the retirement age.

    Returns
    -------
    (..., region, status, sex, age), 1
    """
    return _of_status(scheme).sel(status=split["status"]) * split


def advance_schemes(scheme: xr.DataArray, settled_age: float) -> xr.DataArray:
    """Scheme shares of the next year: by age up to the settled age, carried along with the cohort above it.

    Up to the settled age people keep changing between schemes, and the share of each age stays as it is. Above it a
    person stays in the scheme, or outside both: whoever was insured as an employee is so in retirement too.

    Parameters
    ----------
    scheme : (..., region, scheme, sex, age), 1, single ages from 0
    settled_age : completed years, at least 0

    Returns
    -------
    as ``scheme``, a year later

    Source
    ------
    Own choice: cohort carrying as in headship and participation models, Preston, Heuveline & Guillot (2001), section
    6.4.
    """
    place = np.arange(scheme.sizes["age"])
    came_from = np.where(scheme["age"].values <= settled_age, place, place - 1)
    return scheme.isel(age=came_from).assign_coords(age=scheme["age"])


def shift_odds(share: xr.DataArray, deviation: xr.DataArray, over: str = "scheme") -> xr.DataArray:
    """Shares after a shift of their log odds against being in none: they never sum to more than one.

        share*(s) = share(s) exp(deviation(s)) / (sum over s of share(s) exp(deviation(s)) + none)

    with none = 1 - sum of share. A share of zero stays zero, and a deviation of zero leaves every share as it is.

    Parameters
    ----------
    share : (..., region, over, ...), 1
    deviation : (draw, region, over), 1, or any other labels of those dims
    over : the dim whose shares, with none, sum to one: schemes with the uninsured, assistance categories with the rest

    Returns
    -------
    (draw, ...) with the dims of ``share`` last, 1

    Raises
    ------
    SchemaError
        If shares sum to more than one.

    Source
    ------
    McFadden (1974), in Zarembka (ed.), Frontiers in Econometrics, chapter 4: the multinomial logit.
    """
    total = share.sum(over)
    if bool((total > 1 + ROUNDING).any()):
        raise SchemaError(f"{over} shares: the largest sum is {float(total.max()):.9f}, more than 1")
    none = (1 - total).where(total < 1, 0.0)  # a sum of one may exceed it by rounding
    weight = share * xr.ufuncs.exp(deviation)
    shifted = weight / (weight.sum(over) + none)
    new = [dim for dim in deviation.dims if dim not in share.dims]
    return shifted.transpose(*new, *share.dims)


def _of_status(scheme: xr.DataArray) -> xr.DataArray:
    """The share of its scheme for every status, in place of the dim ``scheme``."""
    names = [name for name, statuses in STATUSES.items() for _ in statuses]
    index = xr.DataArray(names, dims="status", coords={"status": list(ALL_STATUSES)})
    return scheme.sel(scheme=index).drop_vars("scheme")


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
