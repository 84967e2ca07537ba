"""Year-end people of each pooling region by sex and single age, 2015-2025, and the movement behind them.

The census of 2020 is carried forwards to 2025 and back to 2015 by deaths, births and migrants; 2021-2024 are raked to
the published age groups; every year meets the city's total and every published county total.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from data.estimates.census import census_people
from data.estimates.facts import fact_rows, fertility_schedule, figure, national_mortality, national_structure
from data.estimates.movement import (
    births_by_region,
    migrant_pattern,
    mortality_level,
    next_year,
    year_before,
)
from data.estimates.raking import largest_remainder, rake

BOYS_PER_GIRL = 1.098  # World Population Prospects 2024, China, 2025
AGE_MARGINS = {"0-14": (0, 14), "15-59": (15, 59), "60-64": (60, 64), "65+": (65, 100)}


@dataclass(frozen=True, slots=True)
class Population:
    """What the population estimate leaves: year ends, and the rates and migrants of the last year.

    people : (region, sex, age, year), person, whole
    death_rate : (sex, age), 1/year, last year
    births : (region,), person, last year
    net_migration : (region, sex, age), person, whole, last year
    """

    people: xr.DataArray
    death_rate: xr.DataArray
    births: xr.DataArray
    net_migration: xr.DataArray


def estimate_population(choice: dict) -> Population:
    """Every year end, from the census outwards."""
    totals = region_totals(choice)
    pattern = migrant_pattern(choice["population"])
    census = census_people(choice)
    years = {2020: census}
    for year in range(2019, int(choice["city"]["first_year"]) - 2, -1):
        years[year] = _earlier(years[year + 1], year, totals, pattern, choice)
    for year in range(2021, int(choice["city"]["last_year"])):
        moved, _, _, _ = _later(years[year - 1], year, totals, pattern, choice)
        years[year] = whole_people(_rake_ages(moved, year, choice), totals.sel(year=year))
    last = int(choice["city"]["last_year"])
    people, migrants, rate, births = _later(years[last - 1], last, totals, pattern, choice)
    years[last] = whole_people(people, totals.sel(year=last))
    ordered = sorted(years)
    stacked = xr.concat([years[year] for year in ordered], dim="year").assign_coords(year=ordered)
    return Population(stacked.transpose("region", "sex", "age", "year"), rate, births, np.round(migrants))


def region_totals(choice: dict) -> xr.DataArray:
    """(region, year) people, whole: as published, else between published years, scaled to the city."""
    regions, city = choice["city"]["regions"], choice["city"]
    known = _known_totals(choice)
    start = city["first_year"] - 1
    rows = {}
    for year in range(start, city["last_year"] + 1):
        guess = {region: _between(known[region], year) for region in regions}
        fixed = {region: known[region][year] for region in regions if year in known[region]}
        total = _city_total(city["code"], year)
        free = [region for region in regions if region not in fixed]
        # A sum of published, rounded county figures may differ from the city's in the last printed digit.
        rest = total - sum(fixed.values())
        scaled = {region: guess[region] * rest / sum(guess[name] for name in free) for region in free}
        both = {**fixed, **scaled}
        rows[year] = largest_remainder(np.array([both[region] for region in regions]), round(total))
    years = sorted(rows)
    return xr.DataArray(
        np.array([rows[year] for year in years]), dims=("year", "region"), coords={"year": years, "region": regions}
    ).transpose("region", "year")


def whole_people(people: xr.DataArray, totals: xr.DataArray) -> xr.DataArray:
    """Each region rounded to its whole total."""
    whole = people.copy()
    for region in people["region"].values:
        whole.loc[{"region": region}] = largest_remainder(
            people.sel(region=region).values, int(totals.sel(region=region))
        )
    return whole


def crude_rate(measure: str, year: int, choice: dict) -> float:
    """The published crude rate of a year, or the chosen one before 2020 and for the last year."""
    if year < 2020:
        return choice["population"][f"{measure}_history"] / 1000
    if year == choice["city"]["last_year"]:
        return choice["population"][f"{measure}_{year}"] / 1000
    return figure("ningbo_figures", choice["city"]["code"], year, measure)


def _later(people: xr.DataArray, year: int, totals: xr.DataArray, pattern: xr.DataArray, choice: dict) -> tuple:
    nation = national_mortality().sel(period="2020-2025", drop=True)
    death_rate = mortality_level(nation, people.sum("region"), crude_rate("crude_death_rate", year, choice))
    births = births_by_region(people, fertility_schedule(), crude_rate("crude_birth_rate", year, choice))
    moved, migrants = next_year(people, births, death_rate, BOYS_PER_GIRL, totals.sel(year=year, drop=True), pattern)
    return moved, migrants, death_rate, births


def _earlier(
    people: xr.DataArray, year: int, totals: xr.DataArray, pattern: xr.DataArray, choice: dict
) -> xr.DataArray:
    nation = national_mortality().sel(period="2015-2020", drop=True)
    death_rate = mortality_level(nation, people.sum("region"), crude_rate("crude_death_rate", year + 1, choice))
    oldest = national_structure().sel(year="2020", drop=True)
    before = year_before(people, death_rate, totals.sel(year=year, drop=True), pattern, oldest)
    return whole_people(before, totals.sel(year=year))


def _rake_ages(people: xr.DataArray, year: int, choice: dict) -> xr.DataArray:
    margins = [
        (xr.ones_like(people) * (people["region"] == region), float(people.sel(region=region).sum()))
        for region in people["region"].values
    ]
    for name, target in _age_targets(year, float(people.sum()), choice["city"]["code"]).items():
        low, high = AGE_MARGINS[name]
        inside = (people["age"] >= low) & (people["age"] <= high)
        margins.append((xr.ones_like(people) * inside, target))
    return rake(people, margins)


def _age_targets(year: int, total: float, city: str) -> dict[str, float]:
    """Published age groups of the city, fitted to its total inside their rounding."""
    rows = [row for row in fact_rows("ningbo_population") if (row["region"], row["year"]) == (city, str(year))]
    counts: dict[str, float] = {row["age"]: row["amount"] for row in rows if row["age"] != "all"}
    if not counts:
        names = {
            "0-14": "share_age_0_14",
            "15-59": "share_age_15_59",
            "60+": "share_age_60_plus",
            "65+": "share_age_65_plus",
        }
        counts = {age: figure("ningbo_figures", city, year, name) * total for age, name in names.items()}
    gap = (total - counts["0-14"] - counts["15-59"] - counts["60+"]) / 3
    groups = {name: counts[name] + gap for name in ("0-14", "15-59", "60+")}
    return {
        "0-14": groups["0-14"],
        "15-59": groups["15-59"],
        "60-64": groups["60+"] - counts["65+"],
        "65+": counts["65+"],
    }


def _city_total(city: str, year: int) -> float:
    if year == 2020:
        return _counts(city)[2020]
    return _between(_counts(city), year)


def _counts(code: str) -> dict[int, float]:
    """Published people of a code by year; the census stands for 2010 and 2020."""
    totals = [
        row
        for row in fact_rows("ningbo_population")
        if (row["region"], row["sex"], row["age"]) == (code, "total", "all")
    ]
    return {int(row["year"]): row["amount"] for row in totals if row["date"] == "census" or row["year"] != "2020"}


def _known_totals(choice: dict) -> dict[str, dict[int, float]]:
    """Published people by region and year; the urban region where all its districts are published."""
    city = choice["city"]
    known = {region: _counts(region) for region in city["regions"][1:]}
    districts = [_counts(code) for code in city["urban_districts"]]
    urban = {year: sum(one[year] for one in districts) for year in (2020, 2023, 2024)}
    shares = [figure("ningbo_figures", code, 2010, "census_share") for code in city["urban_districts"]]
    urban[2010] = sum(shares) * _counts(city["code"])[2010]
    return {city["regions"][0]: urban, **known}


def _between(known: dict[int, float], year: int) -> float:
    """Geometric interpolation between the nearest known years; after the last, the growth of the last year known."""
    if year in known:
        return known[year]
    earlier, later = [y for y in known if y < year], [y for y in known if y > year]
    start, end = (max(earlier), min(later)) if later else sorted(known)[-2:]
    growth = (known[end] / known[start]) ** (1 / (end - start))
    return known[start] * growth ** (year - start)
