"""Year-end people of China by sex and single age, 1999-2025: United Nations structures through the published totals.

1. between two structures five years apart, every cohort is interpolated along its own diagonal; a year end is the mean
   of two mid-years;
2. up to 2020 broad ages are moved towards the census of 2020 by a factor that grows from 1 in the chosen year;
3. after 2020 the people survive with the period's death rates and the United Nations' births;
4. every year is raked to the published total and, from 2016 on, to the published people over 60 and 65.
"""

import numpy as np
import xarray as xr

from actuarial.schema import AGES, SEXES
from data.estimates.facts import national_mortality, national_structure, read_facts
from data.estimates.movement import newborn, survived
from data.estimates.raking import largest_remainder, rake

STEP = 5
CENSUS = 2020
BROAD = {"0-14": slice(0, 14), "15-59": slice(15, 59), "60-64": slice(60, 64), "65+": slice(65, 100)}


def national_people(choice: dict) -> xr.DataArray:
    """(region, sex, age, year), person, whole."""
    published = published_people()
    years = range(choice["city"]["first_year"] - 1, choice["city"]["last_year"] + 1)
    factor = _census_factor(published)
    path: dict[int, xr.DataArray] = {}
    for year in years:
        if year <= CENSUS:
            start = choice["population"]["adjusted_from"]
            weight = min(max((year - start) / (CENSUS - start), 0.0), 1.0)
            people = year_end(year) * factor**weight
        else:
            people = _later(path[year - 1], year)
        path[year] = _through_totals(people, published[year])
    stacked = xr.concat(list(path.values()), dim="year").assign_coords(year=list(path))
    return stacked.expand_dims(region=choice["city"]["regions"]).transpose("region", "sex", "age", "year")


def published_people() -> dict[int, dict[str, float]]:
    """Published year-end people by year and age group."""
    table: dict[int, dict[str, float]] = {}
    for row in read_facts("china_population").to_dict("records"):
        table.setdefault(int(row["year"]), {})[str(row["age"])] = float(row["amount"])
    return table


def mid_year_structure(year: int) -> xr.DataArray:
    """People at mid-year by interpolation of cohorts between the two nearest published structures."""
    nation = national_structure()
    low = year // STEP * STEP
    if low >= CENSUS:
        low = CENSUS - STEP
    start, end = nation.sel(year=str(low), drop=True), nation.sel(year=str(low + STEP), drop=True)
    passed = year - low
    weight = passed / STEP
    from_start = _aged(start, passed)
    from_end = _aged(end, passed - STEP)
    mixed = np.exp(
        np.log(from_start.where(from_start > 0)) * (1 - weight) + np.log(from_end.where(from_end > 0)) * weight
    )
    at_same_age = start * (1 - weight) + end * weight
    young = xr.where(mixed["age"] < passed, from_end, mixed)
    # The oldest cannot be followed: the open age mixes cohorts.
    return xr.where(young["age"] >= AGES[-1] - STEP, at_same_age, young).transpose("sex", "age")


def year_end(year: int) -> xr.DataArray:
    """Mean of two mid-years; of the last one itself at the end of the published structures."""
    if year >= CENSUS:
        return mid_year_structure(CENSUS)
    return (mid_year_structure(year) + mid_year_structure(year + 1)) / 2


def _aged(people: xr.DataArray, years: int) -> xr.DataArray:
    return people.shift(age=years, fill_value=0.0) if years else people


def _census_factor(published: dict[int, dict[str, float]]) -> xr.DataArray:
    """Census over structure by broad age, at every single age."""
    people = year_end(CENSUS)
    counts = published[CENSUS]
    known = {
        "0-14": counts["0-14"],
        "15-59": counts["15-59"],
        "60-64": counts["60+"] - counts["65+"],
        "65+": counts["65+"],
    }
    factor = xr.ones_like(people.sel(sex=SEXES[0], drop=True))
    for name, ages in BROAD.items():
        factor.loc[{"age": ages}] = known[name] / float(people.sel(age=ages).sum())
    return factor


def _later(people: xr.DataArray, year: int) -> xr.DataArray:
    rate = national_mortality().sel(period="2020-2025", drop=True)
    vital = national_vital(year)
    older = survived(people, rate)
    babies = newborn(xr.DataArray(vital["births"]), rate, vital["sex_ratio_at_birth"])
    return xr.where(older["age"] == 0, babies, older).transpose("sex", "age")


def national_vital(year: int) -> dict[str, float]:
    """Births and deaths (persons) and boys per girl of a year, from World Population Prospects 2024."""
    frame = read_facts("national_vital")
    row = frame[frame["year"] == str(year)].iloc[0]
    thousands = {name: float(str(row[name])) * 1000 for name in ("births", "deaths")}
    return {**thousands, "sex_ratio_at_birth": float(str(row["sex_ratio_at_birth"]))}


def _through_totals(people: xr.DataArray, known: dict[str, float]) -> xr.DataArray:
    total = known["all"]
    targets = {slice(0, 100): total}
    if "60+" in known:
        targets = {
            slice(0, 59): total - known["60+"],
            slice(60, 64): known["60+"] - known["65+"],
            slice(65, 100): known["65+"],
        }
    margins = []
    whole = people.copy()
    for ages, target in targets.items():
        inside = (people["age"] >= ages.start) & (people["age"] <= ages.stop)
        margins.append((xr.ones_like(people) * inside, target))
    raked = rake(people, margins)
    for ages, target in targets.items():
        whole.loc[{"age": ages}] = largest_remainder(raked.sel(age=ages).values, round(target))
    return whole
