"""The committed facts and choices that every estimate starts from; the only reader of ``facts/`` and ``choices``."""

import tomllib
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from actuarial.schema import AGES, SEXES, UNITS

HERE = Path(__file__).parent
AGE_LABELS = (*(str(age) for age in AGES[:-1]), "100+")
GROUPS = (*(f"{low}-{low + 4}" for low in range(0, 100, 5)), "100+")


def choices(city: str) -> dict[str, Any]:
    """The own choices of a city, with their reasons as comments in ``choices/<city>.toml``."""
    return tomllib.loads((HERE / "choices" / f"{city}.toml").read_text(encoding="utf-8"))


@cache
def read_facts(name: str) -> pd.DataFrame:
    """A table of ``facts/`` as text, with the value in the basic unit of its kind beside it where it has a unit."""
    frame = pd.read_csv(HERE / "facts" / f"{name}.csv", dtype=str, keep_default_na=False)
    if "unit" in frame:
        frame["amount"] = [
            float(Decimal(value) * UNITS[unit][1]) for value, unit in zip(frame["value"], frame["unit"], strict=True)
        ]
    return frame


def fact_rows(name: str) -> list[dict[str, Any]]:
    """The rows of a table of ``facts/``: texts, and ``amount`` as a number."""
    return [{str(column): value for column, value in row.items()} for row in read_facts(name).to_dict("records")]


def chosen_rows(name: str) -> list[dict[str, str]]:
    """The rows of a table of ``choices/``, as text: own choices, each with its reason as its source."""
    frame = pd.read_csv(HERE / "choices" / f"{name}.csv", dtype=str, keep_default_na=False)
    return [{str(column): str(value) for column, value in row.items()} for row in frame.to_dict("records")]


def figure(name: str, region: str, year: int, indicator: str) -> float:
    """One published figure, in the basic unit of its kind.

    Raises
    ------
    KeyError
        If the figure is not among the facts.
    """
    frame = read_facts(name)
    match = frame[(frame["region"] == region) & (frame["year"] == str(year)) & (frame["indicator"] == indicator)]
    if len(match) != 1:
        raise KeyError(f"{name}: {len(match)} rows for {region} {year} {indicator}")
    return float(match["amount"].iloc[0])


def national_structure() -> xr.DataArray:
    """People of China by sex and single age at mid-year of 1995, 2000, ..., 2020.

    Source
    ------
    World Population Prospects 2019, five-year groups graduated by a monotone cubic through the cumulative numbers.
    """
    return _by_sex_and_age("national_structure", "year", "persons")


def national_mortality() -> xr.DataArray:
    """Central death rates of China by sex and single age, by period, 1/year.

    Source
    ------
    World Population Prospects 2024, abridged rates interpolated in logs between the middles of the groups.
    """
    return _by_sex_and_age("national_mortality", "period", "death_rate")


def national_life_expectancy() -> xr.DataArray:
    """(sex, year) life expectancy at birth of China, 1990-2023, year.

    Source
    ------
    World Population Prospects 2024, estimates.
    """
    frame = read_facts("national_life_expectancy")
    rows = frame.assign(year=frame["year"].astype(int), years=frame["years"].astype(float))
    return xr.DataArray(rows.set_index(["sex", "year"])["years"].to_xarray()).sel(sex=list(SEXES))


def national_future() -> xr.Dataset:
    """(year,) what the World Population Prospects 2024 expect of China, medium variant, year ends 2025-2055.

    ``persons``; ``total_fertility``, of the high and the low variant too; ``net_migration_rate``, 1/year.
    """
    frame = read_facts("national_future").astype(float).assign(year=lambda rows: rows["year"].astype(int))
    future = frame.set_index("year").to_xarray()
    return future.assign(
        persons=future["thousand_persons"] * 1000, net_migration_rate=future["crude_net_migration_rate"] / 1000
    )


def fertility_schedule() -> xr.DataArray:
    """Share of total fertility at each single age 15..49; sums to 1.

    Source
    ------
    World Population Prospects 2024, China 2025, five-year shares graduated as the population is.
    """
    frame = read_facts("national_fertility")
    return xr.DataArray(
        frame["share"].astype(float).to_numpy(), dims="age", coords={"age": frame["age"].astype(int).to_numpy()}
    )


def _by_sex_and_age(name: str, outer: str, column: str) -> xr.DataArray:
    frame = read_facts(name).assign(age=lambda rows: rows["age"].str.rstrip("+").astype(int))
    series = frame.assign(**{column: frame[column].astype(float)}).set_index([outer, "sex", "age"])[column]
    return xr.DataArray(series.to_xarray()).sel(sex=list(SEXES))
