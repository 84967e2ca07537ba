"""The past of mortality, the long-run levels and the ages of retirement of the shipped folders."""

from pathlib import Path

import pandas as pd
import pytest
import xarray as xr

from actuarial.demography.life_table import life_table
from actuarial.schema import AGES, SEXES
from data.estimates.facts import fact_rows, figure, national_life_expectancy
from data.estimates.history import past_death_rates

DATA = Path(__file__).parents[2] / "data"
CODES = {"ningbo": "330200", "china": "100000"}
YEARS = (1988, 1993, 1998, 2003, 2008, 2013, 2018)
LAST = "2025"


def rows_of(city: str, table: str, **wanted: str) -> pd.DataFrame:
    frame = pd.read_csv(DATA / city / f"{table}.csv", dtype=str, keep_default_na=False)
    for column, cell in wanted.items():
        frame = frame[frame[column] == cell]
    return frame


def death_rates(city: str, year: str) -> xr.DataArray:
    rows = rows_of(city, "vital_rates", measure="death_rate", year=year)
    frame = rows.assign(age=rows["age"].str.rstrip("+").astype(int), value=rows["value"].astype(float))
    return xr.DataArray(frame.set_index(["sex", "age"])["value"].to_xarray()).sel(sex=list(SEXES))


def expectancy(rate: xr.DataArray) -> xr.DataArray:
    return life_table(rate)["ex"].sel(age=0, drop=True)


def one_value(city: str, parameter: str, detail: str = "") -> float:
    return float(rows_of(city, "policy", parameter=parameter, detail=detail)["value"].iloc[0])


@pytest.mark.parametrize("year", [year for year in YEARS if year > 1990])
def test_graduated_death_rates_give_the_life_expectancy_of_their_years(year: int):
    """World Population Prospects 2024 gives both, apart: rates of five years, and life expectancy of every year.

    A period runs from the middle of its first year to that of its last, so six years touch it. 0.1 years: the rates of
    single ages are ours, and the expectancy of mean rates is not the mean of expectancies.
    """
    published = national_life_expectancy().sel(year=slice(year - 3, year + 2)).mean("year")
    assert abs(expectancy(past_death_rates()[year]) - published).max() < 0.1


def test_life_expectancy_of_the_nation_is_as_published():
    """World Population Prospects 2024, China: men 75.20 and women 80.93 in 2023, 66.02 and 70.56 in 1990."""
    known = national_life_expectancy()
    assert [round(float(known.sel(sex=sex, year=2023)), 2) for sex in ("male", "female")] == [75.2, 80.93]
    assert round(float(known.sel(sex="female", year=1990)), 2) == 70.56
    shipped = rows_of("china", "vital_rates", measure="life_expectancy")
    assert len(shipped) == known.size == 68
    assert set(shipped["provenance"]) == {"official"}


@pytest.mark.parametrize("city", CODES)
def test_history_of_death_rates_is_whole(city: str):
    for year in YEARS:
        assert dict(death_rates(city, str(year)).sizes) == {"sex": 2, "age": len(AGES)}


def test_city_has_the_past_of_the_nation_at_its_own_level():
    ratios = [death_rates("ningbo", str(year)) / death_rates("china", str(year)) for year in YEARS]
    factor = float(ratios[0].mean())
    assert 0.7 < factor < 0.9
    for ratio in ratios:
        # Rates are shipped with eight digits, the smallest is 0.00011.
        xr.testing.assert_allclose(ratio, xr.full_like(ratio, factor), rtol=2e-4)


def test_city_outlives_the_nation_by_the_same_years_throughout():
    both = [
        rows_of(city, "vital_rates", measure="life_expectancy").set_index(["sex", "year"])["value"].astype(float)
        for city in CODES
    ]
    gain = (both[0] - both[1]).groupby("sex")
    assert (gain.max() - gain.min()).max() <= 0.011
    assert gain.mean().to_dict() == pytest.approx({"female": 2.30, "male": 2.57}, abs=0.01)


def test_official_totals_grow_as_the_medium_variant_from_the_published_total():
    """World Population Prospects 2024, year ends 2025 and 2055: 1 414 458.552 and 1 195 982.896 thousand."""
    rows = rows_of("china", "population", sex="total", age="all").set_index("year")["value"].astype(float)
    future = rows[rows.index > LAST]
    assert list(future.index) == [str(year) for year in range(2026, 2056)]
    published = next(
        row["amount"] for row in fact_rows("china_population") if (row["year"], row["age"]) == (LAST, "all")
    )
    assert future["2055"] == pytest.approx(published * 1_195_982.896 / 1_414_458.552, abs=1)


@pytest.mark.parametrize("city", CODES)
@pytest.mark.parametrize(("detail", "first", "last"), [("male", 1965, 1976), ("female_cadre", 1970, 1981)])
def test_retirement_moves_over_the_cohorts_of_the_decree(city: str, detail: str, first: int, last: int):
    """Decree of 13 September 2024, annex: men born 1965-1976, women of 55 born 1970-1981; three years later."""
    moved = one_value(city, "retirement_age_limit", detail) - one_value(city, "retirement_age", detail)
    assert moved == 3
    assert moved * 12 / one_value(city, "retirement_delay", detail) == last - first + 1


@pytest.mark.parametrize("city", CODES)
def test_women_of_fifty_retire_at_fifty_five_in_the_end(city: str):
    """Decree of 13 September 2024, annex: born 1975-1984, a month for every two."""
    assert one_value(city, "retirement_age", "female_worker") == 50
    assert one_value(city, "retirement_age_limit", "female_worker") == 55
    assert 60 / one_value(city, "retirement_delay", "female_worker") == 1984 - 1975 + 1


def test_long_run_migration_of_a_region_is_half_of_what_was_left_over():
    people = rows_of("ningbo", "population")
    people = people[people["sex"].isin(SEXES) & people["age"].str.fullmatch(r"\d+|100\+")]
    total = people.assign(value=people["value"].astype(float)).groupby(["region", "year"])["value"].sum().unstack()
    natural = [
        figure("ningbo_figures", CODES["ningbo"], year, "crude_birth_rate")
        - figure("ningbo_figures", CODES["ningbo"], year, "crude_death_rate")
        for year in range(2021, 2025)
    ]
    # 2025 is not published: births 5.6, deaths 6.7 per thousand are the choices of the folder.
    natural.append((5.6 - 6.7) / 1000)
    growth = [total[str(year)] / total[str(year - 1)] - 1 for year in range(2021, 2026)]
    wanted = (pd.concat(growth, axis="columns").mean(axis="columns") - sum(natural) / 5) / 2
    shipped = rows_of("ningbo", "policy", parameter="long_run_migration").set_index("region")["value"].astype(float)
    assert shipped.to_dict() == pytest.approx(wanted.to_dict(), abs=0.00005)


def test_long_run_fertility_is_that_of_the_medium_variant_in_2050():
    """World Population Prospects 2024, China: 1.184 in 2050, 1.0209 in 2025, to which the city's level is held."""
    assert one_value("china", "long_run_fertility") == 1.18
    rates = {city: rows_of(city, "vital_rates", measure="birth_rate")["value"].astype(float).sum() for city in CODES}
    assert one_value("ningbo", "long_run_fertility") == pytest.approx(1.184 * rates["ningbo"] / 1.0209, abs=0.006)


@pytest.mark.parametrize("city", CODES)
def test_scenarios_of_people_are_shipped(city: str):
    names = set(rows_of(city, "scenarios")["scenario"])
    assert {"people_high", "people_low", "zero_migration", "recession", "pandemic"} <= names
    assert ("official" in names) == (city == "china")
    assert ("migration_stop" in names) == (city == "ningbo")
