"""Published births and deaths against the people, so that both speak of the same area and the same scope.

- births of a year against the people of age 0 at its end,
- deaths of a year against the death rates of the nearest year that has them, times its mid-year people.

Counts are taken as published, crude rates times the mid-year people. A crude rate is blind to the size of its area: it
differs only where the structure does, so a wrong boundary behind a rate may pass.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from actuarial.city import City
from actuarial.faults import Fault, refuse, warn
from actuarial.rules.amounts import plain
from actuarial.schema import OPEN_AGE, SEXES

# Own choice: 9.42 million residents and 6.22 million registered persons of one city are 1.51 apart, the least that
# has to be caught; infants missed by a census, or babies born away from home, stay within a fifth.
REFUSED, DOUBTED = 1.5, 1.2
# Own choice: death rates of another year stand in for this one within so many years; they move some two percent a year.
_NEAR = 5
# Own choice: and more than four standard errors of two Poisson counts, so that a small county is not blamed for chance.
_ERRORS = 4


def boundary_faults(city: City, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> list[Fault]:
    """Years in which births or deaths and people are further apart than one area can be."""
    if not {"population", "vital_rates"} <= frames.keys():
        return []
    people = _people(frames["population"], city)
    rates = frames["vital_rates"]
    rates = rates[~rates["is_bad"]]
    faults = []
    for region, year, value, row in _published(rates, "births", "crude_birth_rate", people):
        infants = float(people[year].xs((region, 0), level=("region", "age")).sum())
        faults += _compare("births_not_people", files["vital_rates"], region, year, value, infants, row)
    for region, year, value, row in _published(rates, "deaths", "crude_death_rate", people):
        expected = _expected_deaths(rates, people, city, region, year)
        if expected is not None:
            faults += _compare("deaths_not_rates", files["vital_rates"], region, year, value, expected, row)
    return faults


def _people(population: pd.DataFrame, city: City) -> pd.DataFrame:
    """Year-end people by (region, sex, age) and year, of regions and of the city; years that are whole alone."""
    is_single = (population["age_lower"] == population["age_upper"]) | (population["age"] == f"{OPEN_AGE}+")
    cells = population[is_single.fillna(False) & population["sex"].isin(SEXES) & ~population["is_bad"]]
    cells = cells[cells["region"].isin(city.region_codes)].assign(age=cells["age_lower"].astype("int64"))
    table = cells.pivot_table(index=["region", "sex", "age"], columns="year", values="value", aggfunc="sum")
    if city.is_one_region:
        return table
    whole = table.groupby(["sex", "age"]).sum(min_count=len(city.regions))
    return pd.concat([table, pd.concat({city.code: whole}, names=["region"])])


def _published(
    rates: pd.DataFrame, count: str, crude: str, people: pd.DataFrame
) -> Iterator[tuple[str, int, float, int]]:
    """Region, year, events and line of every published total of the events, where the year has people by age."""
    rows = rates[rates["measure"].isin((count, crude)) & (rates["age"] == "all")]
    by_sex = rows[(rows["measure"] == count) & rows["sex"].isin(SEXES)]
    sums = by_sex.groupby(["region", "year", "measure"]).agg(
        value=("value", "sum"), row=("row", "min"), sexes=("sex", "nunique")
    )
    totals = rows[rows["sex"] == "total"][["region", "year", "measure", "value", "row"]]
    whole = sums[sums["sexes"] == len(SEXES)].reset_index()[totals.columns]
    known = pd.concat([totals, whole]).drop_duplicates(["region", "year", "measure"])
    for region, year, measure, value, row in known.itertuples(index=False, name=None):
        mid_year = _mid_year(people, region, year)
        if mid_year is not None:
            yield region, year, value if measure == count else value * float(mid_year.sum()), row


def _mid_year(people: pd.DataFrame, region: str, year: int) -> pd.Series | None:
    """Mean of two year ends, or the year end itself where the one before is not known; by sex and age."""
    if year not in people.columns or region not in people.index.get_level_values("region"):
        return None
    here = people.xs(region, level="region")
    end = pd.Series(here[year])
    before = pd.Series(here[year - 1]) if year - 1 in here.columns else end
    return None if end.isna().any() else (end + before.fillna(end)) / 2


def _expected_deaths(rates: pd.DataFrame, people: pd.DataFrame, city: City, region: str, year: int) -> float | None:
    """Deaths that the death rates by age make among the people, or None where no year near has rates."""
    rows = rates[(rates["measure"] == "death_rate") & rates["sex"].isin(SEXES)]
    own = rows[rows["region"] == region]
    rows = own if len(own) else rows[rows["region"] == city.code]
    rows = rows[(rows["age_lower"] == rows["age_upper"]) | (rows["age"] == f"{OPEN_AGE}+")]
    distance = (rows["year"] - year).abs()
    rows = rows[(distance == distance.min()) & (distance <= _NEAR)].drop_duplicates(["sex", "age"])
    rate = rows.assign(age=rows["age_lower"].astype("int64")).set_index(["sex", "age"])["value"]
    mid_year = _mid_year(people, region, year)
    if mid_year is None or len(rate) != len(mid_year):
        return None
    return float((rate.reindex(mid_year.index) * mid_year).sum())


def _compare(rule: str, file: str, region: str, year: int, value: float, other: float, row: int) -> list[Fault]:
    factor = max(value, other) / min(value, other) if min(value, other) > 0 else np.inf
    if factor <= DOUBTED or abs(value - other) <= _ERRORS * np.sqrt(value + other):
        return []
    fault = refuse if factor > REFUSED else warn
    values = {"region": region, "year": year, "other": plain(round(other)), "factor": f"{factor:.2f}"}
    return [fault(rule, file, row, "value", plain(round(value)), **values)]
