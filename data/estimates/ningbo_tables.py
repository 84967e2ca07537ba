"""The estimates and facts of Ningbo as rows of the tables of its city folder."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import xarray as xr

from actuarial.schema import (
    ALL_STATUSES,
    ASSISTANCE_MEASURES,
    CATEGORIES,
    SCHEMES,
    SERVICES,
    SEXES,
    STATUSES,
    ledger_lines,
)
from data.estimates.benefits import benefit_rows
from data.estimates.budget import budget_rows, outturn_rows
from data.estimates.care import care_rows
from data.estimates.economy import average_wage, disposable_income
from data.estimates.facts import AGE_LABELS, GROUPS, fertility_schedule, national_mortality, read_facts
from data.estimates.history import LAST_PERIOD, death_history_rows, expectancy_gain, expectancy_rows
from data.estimates.ningbo import Ningbo
from data.estimates.people_policy import stress_rows
from data.estimates.policy import policy_rows
from data.estimates.population import BOYS_PER_GIRL
from data.estimates.rows import ESTIMATED, Row, number, table_bytes, yuan

METHOD = "估算 docs/method/estimates.md"
RAKED = "WPP 2019 raked"
WPP = "WPP 2024 scaled to the city"


def ningbo_tables(city: Ningbo) -> dict[str, bytes]:
    """Table to CSV bytes."""
    return {
        "population": table_bytes("population", _population(city)),
        "vital_rates": table_bytes("vital_rates", _vital_rates(city)),
        "enrolment": table_bytes("enrolment", _enrolment(city)),
        "ledger": table_bytes("ledger", _ledger(city)),
        "budgets": table_bytes("budgets", budget_rows(city)),
        "outturn": table_bytes("outturn", outturn_rows(city)),
        "claims": table_bytes("claims", _claims(city)),
        "claim_bands": table_bytes("claim_bands", _claim_bands(city)),
        "assistance": table_bytes("assistance", _assistance(city)),
        "economy": table_bytes("economy", _economy(city)),
        "policy": table_bytes("policy", policy_rows(city)),
        "benefits": table_bytes("benefits", benefit_rows(city.choice)),
        "care": table_bytes("care", care_rows(city.choice)),
        **{name: table_bytes(name, stress_rows(name, "ningbo")) for name in ("scenarios", "sensitivities")},
    }


def _estimate(value: str, unit: str, source: str = METHOD, **key: object) -> Row:
    return {**key, "value": value, "unit": unit, "provenance": ESTIMATED, "source": source}


def _population(city: Ningbo) -> Iterator[Row]:
    yield from _published_people(city)
    people = city.population.people
    for region in people["region"].values:
        for year in people["year"].values:
            for sex in SEXES:
                cells = people.sel(region=region, year=year, sex=sex).values
                for age, value in zip(AGE_LABELS, cells, strict=True):
                    yield _estimate(number(value), "person", RAKED, region=region, year=year, sex=sex, age=age)


def _published_people(city: Ningbo) -> Iterator[Row]:
    """Published people of the city and of whole pooling regions; of 2020 the census."""
    choice = city.choice["city"]
    frame = read_facts("ningbo_population")
    frame = frame[frame["year"].astype(int) >= choice["first_year"] - 1]
    frame = frame[(frame["date"] == "census") == (frame["year"] == "2020")]
    for row in frame[frame["region"].isin([choice["code"], *choice["regions"]])].itertuples():
        yield _published(row, region=row.region, year=row.year, sex=row.sex, age=row.age)
    districts = frame[
        frame["region"].isin(choice["urban_districts"]) & (frame["sex"] == "total") & (frame["age"] == "all")
    ]
    for year, rows in districts.groupby("year"):
        if len(rows) == len(choice["urban_districts"]):
            unit = rows["unit"].iloc[0]
            total = rows["value"].astype(float).sum()
            key = {"region": choice["regions"][0], "year": year, "sex": "total", "age": "all"}
            value = number(total, 0 if unit == "person" else 1)
            source = f"{rows['source'].iloc[0]} 五区之和"
            yield {**key, "value": value, "unit": unit, "provenance": "official", "source": source}


def _figure_row(indicator: str) -> Any:
    frame = read_facts("ningbo_figures")
    return next(frame[frame["indicator"] == indicator].itertuples())


def _published(row: object, **key: object) -> Row:
    fields = ("value", "unit", "provenance", "source")
    return {**key, **{name: getattr(row, name) for name in fields}}


def _vital_rates(city: Ningbo) -> Iterator[Row]:
    choice, population = city.choice["city"], city.population
    code, last = choice["code"], choice["last_year"]
    frame = read_facts("ningbo_figures")
    for row in (
        frame[frame["indicator"].isin(("crude_birth_rate", "crude_death_rate"))]
        .sort_values(["indicator", "year"])
        .itertuples()
    ):
        yield _published(row, region=code, year=row.year, measure=row.indicator, sex="total", age="all")
    here: Row = {"region": code, "year": last}
    for sex in SEXES:
        for age, value in zip(AGE_LABELS, population.death_rate.sel(sex=sex).values, strict=True):
            yield _estimate(number(value, 8), "1/year", WPP, **here, measure="death_rate", sex=sex, age=age)
    women = population.people.sel(sex="female").sum("region")
    mean = (women.sel(year=last) + women.sel(year=last - 1)) / 2
    schedule = fertility_schedule()
    level = float(population.births.sum()) / float((mean.sel(age=schedule["age"]) * schedule).sum())
    for age in schedule["age"].values:
        rate = level * float(schedule.sel(age=age))
        yield _estimate(number(rate, 8), "1/year", WPP, **here, measure="birth_rate", sex="female", age=age)
    ratio = number(BOYS_PER_GIRL, 3)
    yield _estimate(ratio, "1", "WPP 2024 China", **here, measure="sex_ratio_at_birth", sex="total", age="all")
    moved = population.net_migration
    for region in moved["region"].values:
        for sex in SEXES:
            for age, value in zip(AGE_LABELS, moved.sel(region=region, sex=sex).values, strict=True):
                key = {"region": region, "year": last, "measure": "net_migration", "sex": sex, "age": age}
                yield _estimate(number(value + 0.0), "person", **key)
    factor = float((population.death_rate / national_mortality().sel(period=LAST_PERIOD, drop=True)).mean())
    yield from death_history_rows(code, factor, WPP)
    yield from expectancy_rows(code, expectancy_gain(factor), ESTIMATED, WPP)


def _enrolment(city: Ningbo) -> Iterator[Row]:
    members, grouped = city.setting.members, city.grouped
    scheme_of = {status: scheme for scheme, names in STATUSES.items() for status in names}
    for region in members["region"].values:
        for year in members["year"].values:
            for status in ALL_STATUSES:
                value = number(float(members.sel(region=region, year=year, status=status)))
                key = {"region": region, "year": year, "scheme": scheme_of[status], "status": status}
                yield _estimate(value, "person", **key, sex="total", age="all")
    last = members["year"].values[-1]
    for region in grouped["region"].values:
        for status in ALL_STATUSES:
            for sex in SEXES:
                cells = grouped.sel(region=region, status=status, sex=sex).values
                for age, value in zip(GROUPS, cells, strict=True):
                    key = {"region": region, "year": last, "scheme": scheme_of[status], "status": status}
                    yield _estimate(number(value), "person", **key, sex=sex, age=age)


def _ledger(city: Ningbo) -> Iterator[Row]:
    code = city.choice["city"]["code"]
    for scheme, fund, line, indicator in (
        ("resident", "pooled", "fiscal_subsidy", "resident_subsidy"),
        ("resident", "pooled", "critical_illness", "critical_illness"),
        ("resident", "pooled", "assisted_contribution", "subsidised_enrolment"),
        ("assistance", "assistance", "subsidised_enrolment", "subsidised_enrolment"),
    ):
        row = _figure_row(indicator)
        key = {"region": code, "year": row.year, "scheme": scheme, "fund": fund, "line": line, "vintage": "final"}
        yield _published(row, **key)
    for place, region in enumerate(city.setting.regions):
        for scheme in SCHEMES:
            lines = city.ledger[scheme]
            for fund in dict.fromkeys(name for name, _ in lines):
                for at, year in enumerate(city.setting.years):
                    for line in ledger_lines(scheme):
                        if (fund, line) in lines:
                            value = yuan(lines[(fund, line)][place, at])
                            key = {"region": region, "year": year, "scheme": scheme, "fund": fund, "line": line}
                            yield _estimate(value, "yuan", **key, vintage="final")


def _claims(city: Ningbo) -> Iterator[Row]:
    last = city.choice["city"]["last_year"]
    for scheme, table in city.claims.items():
        past = city.past_claims[scheme]
        lower = [int(age) for age in past["group"].values]
        broad = [f"{low}-{high - 1}" for low, high in pairwise(lower)] + [f"{lower[-1]}+"]
        for region in table["region"].values:
            for year in past["year"].values:
                yield from _claim_rows(scheme, region, year, past.sel(year=year), broad)
            yield from _claim_rows(scheme, region, last, table, GROUPS)


def _claim_rows(scheme: str, region: str, year: int, table: xr.DataArray, ages: Sequence[str]) -> Iterator[Row]:
    for service in SERVICES:
        for sex in SEXES:
            cells = table.sel(region=region, service=service, sex=sex).values
            for age, value in zip(ages, cells, strict=True):
                key = {"region": region, "year": year, "scheme": scheme, "service": service, "sex": sex, "age": age}
                yield _estimate(yuan(value), "yuan", **key)


def _claim_bands(city: Ningbo) -> Iterator[Row]:
    last = city.choice["city"]["last_year"]
    for scheme, rows in city.bands.items():
        for row in rows:
            key = {name: row[name] for name in ("region", "category", "age", "lower", "upper", "persons")}
            yield _estimate(yuan(int(str(row["fen"]))), "yuan", METHOD, **key, year=last, scheme=scheme)


def _assistance(city: Ningbo) -> Iterator[Row]:
    code = city.choice["city"]["code"]
    for measure, indicator in (("subsidised", "subsidised"), ("subsidised_amount", "subsidised_enrolment")):
        row = _figure_row(indicator)
        yield _published(row, region=code, year=row.year, category="all", measure=measure)
    for place, region in enumerate(city.setting.regions):
        for at, year in enumerate(city.setting.years):
            for category in CATEGORIES:
                for measure, kind in ASSISTANCE_MEASURES.items():
                    amount = int(city.measures[(category, measure)][place, at])
                    value = yuan(amount) if kind == "money" else str(amount)
                    unit = {"money": "yuan", "person": "person", "visit": "visit"}[kind]
                    yield _estimate(value, unit, region=region, year=year, category=category, measure=measure)


def _economy(city: Ningbo) -> Iterator[Row]:
    code = city.choice["city"]["code"]
    frame = read_facts("ningbo_figures")
    revised = set(frame[frame["indicator"] == "gdp_revised"]["year"])
    wanted = ("gdp", "gdp_per_head", "local_budget_revenue", "local_budget_spending", "urban_share", "average_wage")
    wanted += ("disposable_income",)
    for row in frame.itertuples():
        if row.indicator == "gdp_revised":
            yield _published(row, region=code, year=row.year, indicator="gdp")
        elif row.indicator in wanted and not (row.indicator == "gdp" and row.year in revised):
            yield _published(row, region=code, year=row.year, indicator=row.indicator)
    published = set(frame[frame["indicator"] == "average_wage"]["year"])
    for year, wage in average_wage(city.choice).items():
        if str(year) not in published:
            yield _estimate(str(wage), "yuan/person", region=code, year=year, indicator="average_wage")
    income = disposable_income(city.population.people, city.choice)
    for region in income["region"].values:
        for year in income["year"].values:
            value = number(float(income.sel(region=region, year=year)))
            yield _estimate(value, "yuan/person", region=region, year=year, indicator="disposable_income")
    base = city.setting.base
    for region in base["region"].values:
        for year in base["year"].values:
            value = number(float(base.sel(region=region, year=year)))
            yield _estimate(value, "yuan/person", region=region, year=year, indicator="contribution_base")
