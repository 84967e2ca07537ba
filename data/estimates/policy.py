"""Dated policy values of Ningbo: published and recalled ones from the facts, the others from the choices."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import xarray as xr

from data.estimates.facts import fact_rows, fertility_schedule, figure, national_future
from data.estimates.people_policy import people_policy_rows
from data.estimates.population import Population, crude_rate
from data.estimates.resident import BASE, subsidy_standard
from data.estimates.rows import ESTIMATED, Row, number

if TYPE_CHECKING:
    from data.estimates.ningbo import Ningbo

METHOD = "估算 docs/method/estimates.md"
INTERVIEW = "resident_subsidy_per_head"
LONG_RUN = 2050


def policy_rows(city: "Ningbo") -> Iterator[Row]:
    """Rows of the policy table."""
    code, choice = city.choice["city"]["code"], city.choice
    first = choice["city"]["first_year"]
    employee, resident = choice["employee"], choice["resident"]

    def chosen(
        scheme: str, parameter: str, values: Mapping[str, float] | Mapping[int, float], unit: str
    ) -> Iterator[Row]:
        for year, value in values.items():
            key = {"region": code, "scheme": scheme, "parameter": parameter, "detail": "", "from_year": year}
            yield {**key, "value": number(value, 6), "unit": unit, "provenance": ESTIMATED, "source": METHOD}

    yield from chosen("employee", "employer_rate", {first: employee["employer_rate"]}, "1")
    yield from chosen("employee", "account_share", employee["account_share"], "1")
    yield from chosen("resident", "individual_contribution", resident["individual_contribution"], "yuan/person")
    standards = {year: value for year, value in subsidy_standard(city.setting).items() if year != BASE}
    yield from chosen("resident", "fiscal_subsidy", standards, "yuan/person")
    row = next(row for row in fact_rows("ningbo_figures") if row["indicator"] == INTERVIEW)
    key = {"region": code, "scheme": "resident", "parameter": "fiscal_subsidy", "detail": "", "from_year": BASE}
    value = number(figure("ningbo_figures", code, BASE, INTERVIEW))
    yield {**key, "value": value, **{name: row[name] for name in ("unit", "provenance", "source")}}
    yield from chosen("resident", "financing_growth", {first: resident["financing_growth"]}, "1/year")
    yield from treasury_rows(code, choice)
    yield from fact_rows("ningbo_policy")
    yield from money_rows(code, choice)
    yield from people_policy_rows(code, choice)
    yield from long_run_rows(city)


def treasury_rows(code: str, choice: dict) -> Iterator[Row]:
    """How balances are held by term, and what is owed, advanced and received early at the end of a year."""
    treasury = choice["treasury"]
    rows = [("all", "deposit_share", term, share, "1") for term, share in treasury["deposit_share"].items()]
    rows.append(("resident", "early_contribution_share", "", treasury["early_contribution_share"], "1"))
    for parameter in ("settlement_lag", "advance_payment"):
        rows += [(scheme, parameter, "", months, "month") for scheme, months in treasury[parameter].items()]
    for scheme, parameter, detail, value, unit in rows:
        key = {"region": code, "scheme": scheme, "parameter": parameter, "detail": detail}
        dated = {"from_year": choice["city"]["last_year"], "value": number(value, 4), "unit": unit}
        yield {**key, **dated, "provenance": ESTIMATED, "source": METHOD}


def money_rows(code: str, choice: dict) -> Iterator[Row]:
    """Path of every source of assistance money, and the part of the contribution that no publication states."""
    own, first = choice["assistance_money"], choice["city"]["last_year"] + 1
    key = {"region": code, "scheme": "assistance", "provenance": ESTIMATED}
    for name, unit in (("growth", "1/year"), ("spread", "1"), ("common_share", "1"), ("regional_share", "1")):
        for source, value in own[name].items():
            row = {"parameter": f"money_{name}", "detail": source, "from_year": first, "value": number(value, 4)}
            yield {**key, **row, "unit": unit, "source": own["source"][name]}
    for category, value in own["subsidised_share"].items():
        row = {"parameter": "subsidised_share", "detail": category, "from_year": BASE}
        yield {**key, **row, "value": number(value, 4), "unit": "1", "source": own["source"]["subsidised_share"]}


def long_run_rows(city: "Ningbo") -> Iterator[Row]:
    """Where births of the city and net migration of each region tend to.

    Fertility: the nation's of 2050 times the city's level of today over the nation's. Migration: the chosen share of
    the mean yearly residual of the last years, which is growth less births, plus deaths, over the people.
    """
    choice, population = city.choice, city.population
    future, last = national_future(), choice["city"]["last_year"]
    present = city_fertility(population) / float(future["total_fertility"].sel(year=last))
    fertility = present * float(future["total_fertility"].sel(year=LONG_RUN))
    key = {"scheme": "all", "detail": "", "from_year": last, "provenance": ESTIMATED}
    level = {"region": choice["city"]["code"], "parameter": "long_run_fertility", "value": number(fertility, 2)}
    yield {**key, **level, "unit": "1", "source": f"WPP 2024 medium {LONG_RUN} scaled to the city"}
    for region, rate in residual_migration(population, choice).items():
        value = number(rate * choice["people"]["migration_share"], 4)
        level = {"region": region, "parameter": "long_run_migration", "value": value}
        yield {**key, **level, "unit": "1/year", "source": METHOD}


def city_fertility(population: Population) -> float:
    """Total fertility of the last year, children per woman: births over women at the nation's schedule."""
    women = population.people.sel(sex="female").sum("region")
    schedule = fertility_schedule()
    mean = (women.isel(year=-1) + women.isel(year=-2)) / 2
    return float(population.births.sum()) / float((mean.sel(age=schedule["age"]) * schedule).sum())


def residual_migration(population: Population, choice: dict) -> dict[str, float]:
    """Region to its mean net migration rate of the last years, 1/year."""
    last = choice["city"]["last_year"]
    years = range(last - choice["people"]["migration_years"] + 1, last + 1)
    total = population.people.sum(("sex", "age"))
    natural = [
        crude_rate("crude_birth_rate", year, choice) - crude_rate("crude_death_rate", year, choice) for year in years
    ]
    growth = [total.sel(year=year, drop=True) / total.sel(year=year - 1, drop=True) - 1 for year in years]
    mean = xr.concat(growth, dim="year").mean("year") - sum(natural) / len(natural)
    return {str(region): float(mean.sel(region=region)) for region in total["region"].values}
