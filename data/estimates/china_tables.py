"""The facts and estimates of the nation as rows of the tables of its folder."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from actuarial.demography.graduation import graduate
from actuarial.schema import LEVEL_INFLOWS, LEVEL_OUTFLOWS, REVENUE_LINES, SERVICES, SEXES, STATUSES
from data.estimates.china import China, account_shares, published_members
from data.estimates.facts import (
    AGE_LABELS,
    GROUPS,
    fact_rows,
    fertility_schedule,
    national_future,
    national_mortality,
    read_facts,
)
from data.estimates.history import death_history_rows, expectancy_rows
from data.estimates.movement import mortality_level
from data.estimates.national import national_vital
from data.estimates.people_policy import people_policy_rows, stress_rows
from data.estimates.rows import ESTIMATED, Row, number, table_bytes, yuan

METHOD = "估算 docs/method/estimates.md"
STRUCTURE = "WPP 2019 to official totals"
WPP = "WPP 2024 China"
CODE = "100000"
GROWTH = "2025年末总人口按WPP 2024中方案增速推算"
LONG_RUN = 2050
MOVED_YEARS = 5


def china_tables(nation: China) -> dict[str, bytes]:
    """Table to CSV bytes."""
    return {
        "population": table_bytes("population", _population(nation)),
        "vital_rates": table_bytes("vital_rates", _vital_rates(nation)),
        "enrolment": table_bytes("enrolment", _enrolment(nation)),
        "ledger": table_bytes("ledger", _ledger(nation)),
        "claims": table_bytes("claims", _claims(nation)),
        "assistance": table_bytes("assistance", _with_region("china_assistance")),
        "utilisation": table_bytes("utilisation", _with_region("china_utilisation")),
        "economy": table_bytes("economy", _economy(nation)),
        "policy": table_bytes("policy", _policy(nation)),
        "benefits": table_bytes("benefits", _with_region("china_benefits")),
        **{name: table_bytes(name, stress_rows(name, "china")) for name in ("scenarios", "sensitivities")},
    }


def _estimate(value: str, unit: str, source: str = METHOD, **key: object) -> Row:
    return {"region": CODE, **key, "value": value, "unit": unit, "provenance": ESTIMATED, "source": source}


def _with_region(facts: str) -> Iterator[Row]:
    for row in fact_rows(facts):
        yield {"region": CODE, **row}


def _population(nation: China) -> Iterator[Row]:
    known: dict[str, dict[str, Row]] = {}
    for row in _with_region("china_population"):
        known.setdefault(str(row["year"]), {})[str(row["age"])] = row
    for year in sorted(known):
        groups = known[year]
        yield {**groups["all"], "sex": "total"}
        if "60+" in groups:
            younger = float(str(groups["all"]["value"])) - float(str(groups["60+"]["value"]))
            yield _estimate(number(younger, 2), "10k_person", "总人口减60岁以上", year=year, sex="total", age="0-59")
            yield {**groups["60+"], "sex": "total"}
    people = nation.people.sel(region=CODE)
    for year in people["year"].values:
        for sex in SEXES:
            for age, value in zip(AGE_LABELS, people.sel(year=year, sex=sex).values, strict=True):
                yield _estimate(number(value), "person", STRUCTURE, year=year, sex=sex, age=age)
    yield from _future_totals(nation)


def _future_totals(nation: China) -> Iterator[Row]:
    """The last published total, carried on by the growth of the United Nations' medium variant."""
    last = nation.choice["city"]["last_year"]
    people = national_future()["persons"]
    start = float(nation.people.sel(year=last).sum())
    for year in people["year"].values[1:]:
        value = start * float(people.sel(year=year) / people.sel(year=last))
        yield _estimate(number(value), "person", GROWTH, year=year, sex="total", age="all")


def _vital_rates(nation: China) -> Iterator[Row]:
    last = nation.choice["city"]["last_year"]
    people = nation.people.sel(region=CODE, year=[last - 1, last]).mean("year")
    vital = national_vital(last)
    nation_rate = national_mortality().sel(period="2020-2025", drop=True)
    rate = mortality_level(nation_rate, people, vital["deaths"] / float(people.sum()))
    for sex in SEXES:
        for age, value in zip(AGE_LABELS, rate.sel(sex=sex).values, strict=True):
            yield _estimate(number(value, 8), "1/year", WPP, year=last, measure="death_rate", sex=sex, age=age)
    schedule = fertility_schedule()
    level = vital["births"] / float((people.sel(sex="female", age=schedule["age"]) * schedule).sum())
    for age in schedule["age"].values:
        value = number(level * float(schedule.sel(age=age)), 8)
        yield _estimate(value, "1/year", WPP, year=last, measure="birth_rate", sex="female", age=age)
    ratio = number(vital["sex_ratio_at_birth"], 3)
    yield _estimate(ratio, "1", WPP, year=last, measure="sex_ratio_at_birth", sex="total", age="all")
    migrants = _net_migration()
    for sex in SEXES:
        for age, value in zip(AGE_LABELS, migrants.sel(sex=sex).values, strict=True):
            text = number(np.round(value) + 0.0)
            yield _estimate(text, "person", WPP, year=last, measure="net_migration", sex=sex, age=age)
    yield from death_history_rows(CODE, 1.0, WPP)
    yield from expectancy_rows(CODE, None, "official", "UN DESA World Population Prospects 2024")


def _net_migration() -> xr.DataArray:
    """(sex, age), person a year: the five-year totals of 2025-2030 by age group, evenly over years and graduated."""
    frame = read_facts("national_migration")
    rows = [frame[frame["sex"] == sex]["thousand_persons"].astype(float).to_numpy() for sex in SEXES]
    starts = np.arange(0, 101, 5)
    groups = xr.DataArray(np.array(rows), dims=("sex", "age"), coords={"sex": list(SEXES), "age": starts})
    return graduate(groups * 1000 / MOVED_YEARS)


def _enrolment(nation: China) -> Iterator[Row]:
    known = published_members()
    for row in _with_region("china_enrolment"):
        if row["status"] != "active_per_retired":
            yield {**row, "sex": "total", "age": "all"}
    members = nation.members
    for scheme, statuses in STATUSES.items():
        for year in members["year"].values:
            for status in statuses:
                value = float(members.sel(year=year, status=status))
                if (int(year), scheme, status) not in known and np.isfinite(value):
                    key = {"year": year, "scheme": scheme, "status": status, "sex": "total", "age": "all"}
                    yield _estimate(number(value), "person", **key)
    last = members["year"].values[-1]
    grouped = nation.grouped.sel(region=CODE)
    for scheme, statuses in STATUSES.items():
        for status in statuses:
            for sex in SEXES:
                for age, value in zip(GROUPS, grouped.sel(status=status, sex=sex).values, strict=True):
                    key = {"year": last, "scheme": scheme, "status": status, "sex": sex, "age": age}
                    yield _estimate(number(value), "person", **key)


def _ledger(nation: China) -> Iterator[Row]:
    published = list(_with_region("china_ledger"))
    yield from published
    sources = {
        (int(str(row["year"])), row["scheme"], row["fund"], row["line"]): row
        for row in published
        if row["vintage"] == "final"
    }
    for key in sorted(nation.estimated):
        yield _ledger_row(key, nation.ledger[key])
    # An opening balance is written where the published figures close; elsewhere the gap is a fact and nothing is added.
    for key in sorted(nation.ledger):
        year, scheme, fund, line = key
        if line == "closing_balance" and (year, scheme, fund, "opening_balance") not in nation.ledger:
            before = (year - 1, scheme, fund, line)
            if (
                before in nation.ledger
                and nation.ledger[before] + _net(nation, year, scheme, fund) == nation.ledger[key]
            ):
                row = _ledger_row((year, scheme, fund, "opening_balance"), nation.ledger[before])
                source = sources.get(before)
                yield {**row, "provenance": source["provenance"], "source": source["source"]} if source else row


def _ledger_row(key: tuple[int, str, str, str], value: int) -> Row:
    year, scheme, fund, line = key
    return _estimate(yuan(value), "yuan", year=year, scheme=scheme, fund=fund, line=line, vintage="final")


def _net(nation: China, year: int, scheme: str, fund: str) -> int:
    inflows = (*REVENUE_LINES[scheme], *LEVEL_INFLOWS)
    total = 0
    for (at, owner, name, line), value in nation.ledger.items():
        if (at, owner, name) == (year, scheme, fund) and not line.endswith("balance"):
            total += value if line in inflows and line not in LEVEL_OUTFLOWS else -value
    return total


def _claims(nation: China) -> Iterator[Row]:
    last = nation.choice["city"]["last_year"]
    for scheme, table in nation.claims.items():
        for service in SERVICES:
            for sex in SEXES:
                cells = table.sel(region=CODE, service=service, sex=sex).values
                for age, value in zip(GROUPS, cells, strict=True):
                    key = {"year": last, "scheme": scheme, "service": service, "sex": sex, "age": age}
                    yield _estimate(yuan(value), "yuan", **key)


def _economy(nation: China) -> Iterator[Row]:
    yield from _with_region("china_economy")
    for year, value in nation.base.items():
        source = "由基金收入倒推 docs/method/estimates.md"
        yield _estimate(number(value), "yuan/person", source, year=year, indicator="contribution_base")


def _policy(nation: China) -> Iterator[Row]:
    yield from _with_region("china_policy")
    for year, share in account_shares(nation.ledger, nation.choice).items():
        key = {"scheme": "employee", "parameter": "account_share", "detail": "", "from_year": year}
        yield _estimate(number(share, 4), "1", "由个人账户与统筹基金收入推算", **key)
    yield from people_policy_rows(CODE, nation.choice)
    future, first = national_future().sel(year=LONG_RUN), nation.choice["city"]["last_year"]
    levels = {
        "long_run_fertility": ("total_fertility", "1", 2),
        "long_run_migration": ("net_migration_rate", "1/year", 6),
    }
    for parameter, (name, unit, digits) in levels.items():
        key = {"scheme": "all", "parameter": parameter, "detail": "", "from_year": first}
        yield _estimate(number(float(future[name]), digits), unit, f"{WPP} medium {LONG_RUN}", **key)
