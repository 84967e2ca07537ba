"""Insured members by region: year-end totals by status for every year, and sex and age for the last.

1. members of both schemes at the end of 2020: chosen rates times people, scaled to 7.674 million insured and to the
   residents that the published subsidy pays for;
2. other years by chosen growth with small regional noise;
3. sex and age of the last year: chosen shares by age times people, raked to the totals by status; "uninsured" takes
   part in the raking, so members never exceed people.
"""

import numpy as np
import xarray as xr

from actuarial.schema import AGES, ALL_STATUSES, SEXES
from data.estimates.facts import figure
from data.estimates.noise import normal
from data.estimates.raking import controlled_round, largest_remainder, rake

BASE = 2020
GROUP_LOWER = np.arange(0, 101, 5)


def member_totals(people: xr.DataArray, choice: dict) -> xr.DataArray:
    """(region, status, year), person, whole: year ends from the one before the first year."""
    regions, city = choice["city"]["regions"], choice["city"]
    own = choice["enrolment"]
    insured = figure("ningbo_figures", city["code"], BASE, "insured")
    subsidy = figure("ningbo_figures", city["code"], BASE, "resident_subsidy")
    residents = round(subsidy / figure("ningbo_figures", city["code"], BASE, "resident_subsidy_per_head"))
    size = people.sel(year=BASE).sum(("sex", "age")).values
    employees = largest_remainder(size * _by_region(own["employee_rate"], regions), round(insured) - residents)
    resident = largest_remainder(size * _by_region(own["resident_rate"], regions), residents)
    retired = np.round(employees * _by_region(own["retired_share"], regions)).astype(np.int64)
    child = np.round(resident * _by_region(own["child_share"], regions)).astype(np.int64)
    student = np.round(resident * _by_region(own["student_share"], regions)).astype(np.int64)
    base = {
        "active": employees - retired,
        "retired": retired,
        "child": child,
        "student": student,
        "adult": resident - child - student,
    }
    years = list(range(city["first_year"] - 1, city["last_year"] + 1))
    paths = [_path(base[status], status, years, own) for status in ALL_STATUSES]
    return xr.DataArray(
        np.array(paths),
        dims=("status", "region", "year"),
        coords={"status": list(ALL_STATUSES), "region": regions, "year": years},
    ).transpose("region", "status", "year")


def _by_region(values: dict[str, float], regions: list[str]) -> np.ndarray:
    return np.array([values[region] for region in regions])


def _path(base: np.ndarray, status: str, years: list[int], own: dict) -> np.ndarray:
    """(region, year) whole members: the base year moved by the growth of each year."""
    scheme = {"active": "active", "retired": "retired"}.get(status, "resident")
    noise = normal(f"members {scheme}", (len(base), len(years))) * own["region_noise"]
    growth = np.array([own[f"{scheme}_growth"].get(str(year), 0.0) for year in years])
    if status == "child":
        growth = growth + own["child_growth"]
    steps = np.log1p(growth)[None, :] + noise
    steps[:, 0] = 0.0
    level = np.cumsum(steps, axis=1)
    level -= level[:, [years.index(BASE)]]
    return np.round(base[:, None] * np.exp(level)).astype(np.int64)


def members_by_age(people: xr.DataArray, totals: xr.DataArray, choice: dict) -> xr.DataArray:
    """(region, status, sex, group), person, whole, end of the last year.

    Parameters
    ----------
    people : (region, sex, age), person
    totals : (region, status), person
    """
    share = _age_shares(choice["enrolment"]["share"])
    statuses = [*ALL_STATUSES, "uninsured"]
    parts = []
    for region in people["region"].values:
        here = people.sel(region=region, drop=True)
        seed = (share * here).transpose("status", "sex", "age")
        seed = _in_groups(seed)
        cells = _in_groups(here)
        need = {status: float(totals.sel(region=region, status=status)) for status in ALL_STATUSES}
        need["uninsured"] = float(here.sum()) - sum(need.values())
        margins = [(xr.ones_like(seed) * (seed["status"] == status), need[status]) for status in statuses]
        for sex in SEXES:
            for group in cells["group"].values:
                mark = xr.ones_like(seed) * (seed["sex"] == sex) * (seed["group"] == group)
                if float(cells.sel(sex=sex, group=group)) > 0:
                    margins.append((mark, float(cells.sel(sex=sex, group=group))))
        whole = controlled_round(rake(seed, margins), margins)
        parts.append(whole.sel(status=list(ALL_STATUSES)))
    return xr.concat(parts, dim="region").assign_coords(region=people["region"].values)


def _age_shares(own: dict) -> xr.DataArray:
    """(status, sex, age) chosen shares of the people of an age; they need not add up to 1 before the raking."""
    ages = np.array(AGES)
    statuses = [*ALL_STATUSES, "uninsured"]
    values = [
        [np.interp(ages, own["ages"], own[status] if status in own else own[f"{status}_{sex}"]) for sex in SEXES]
        for status in statuses
    ]
    return xr.DataArray(
        np.array(values),
        dims=("status", "sex", "age"),
        coords={"status": statuses, "sex": list(SEXES), "age": list(AGES)},
    )


def _in_groups(table: xr.DataArray) -> xr.DataArray:
    group = xr.DataArray(table["age"].values // 5 * 5, dims="age", name="group")
    sums = table.groupby(group).sum("age")
    return sums.transpose(*[dim for dim in table.dims if dim != "age"], "group")
