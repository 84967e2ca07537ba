import dataclasses
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from actuarial.demography.life_table import fold_infancy, life_table, survival
from actuarial.demography.migration import FUNDAMENTAL, USUAL
from actuarial.demography.population import Projected, project_population, step_population
from actuarial.errors import AssumptionError, SchemaError
from tests.demography.united_nations import Prospects, worst

AGES = np.arange(101)
SEXES = ["female", "male"]


def cells(values: np.ndarray | float, years: int | None = None) -> xr.DataArray:
    shape = (1, 2, 101) if years is None else (1, 2, 101, years)
    dims = ("region", "sex", "age") + (() if years is None else ("year",))
    coords = {"region": ["r"], "sex": SEXES, "age": AGES} | ({} if years is None else {"year": 2026 + np.arange(years)})
    return xr.DataArray(np.broadcast_to(values, shape).astype(float).copy(), dims=dims, coords=coords)


def births_of(rate: float, years: int) -> xr.DataArray:
    fertile = np.where((AGES >= 20) & (AGES < 40), rate, 0.0)
    return xr.DataArray(
        np.broadcast_to(fertile[None, :, None], (1, 101, years)),
        dims=("region", "age", "year"),
        coords={"region": ["r"], "age": AGES, "year": 2026 + np.arange(years)},
    )


def boys(share: float) -> xr.DataArray:
    return xr.DataArray([share], dims="region", coords={"region": ["r"]})


def project(
    base: xr.DataArray,
    death: np.ndarray | float = 0.01,
    birth: float = 0.06,
    migration: np.ndarray | float = 0.0,
    years: int = 5,
) -> Projected:
    return project_population(base, cells(death, years), births_of(birth, years), boys(0.52), cells(migration, years))


def test_nobody_is_born_dies_or_moves_and_everyone_is_a_year_older():
    base = cells(np.arange(202).reshape(1, 2, 101))
    after = project_population(base, cells(1e-300, 1), births_of(0.0, 1), boys(0.5), cells(0.0, 1)).population.sel(
        year=2026
    )
    np.testing.assert_allclose(after.sel(age=slice(1, 99)).values, base.sel(age=slice(0, 98)).values, rtol=1e-12)
    np.testing.assert_allclose(after.sel(age=100), base.sel(age=[99, 100]).sum("age"), rtol=1e-12)
    assert float(after.sel(age=0).sum()) == 0.0


def test_balancing_equation_holds_every_year():
    moved = project(cells(1000.0), migration=np.linspace(-5, 5, 101)[None, None, :, None])
    change = moved.population.sum(["sex", "age"]).diff("year")
    flows = moved.births.sum("sex") + (moved.migrants - moved.deaths).sum(["sex", "age"])
    np.testing.assert_allclose(change, flows, atol=1e-8)


DEATH = np.linspace(0.001, 0.3, 101)
SHARE, BIRTH = 0.52, 0.1


def leslie_matrix() -> np.ndarray:
    """Second derivation: one dense matrix for both sexes, women first."""
    chance = survival(life_table(cells(DEATH).isel(region=0, drop=True)))
    matrix = np.zeros((202, 202))
    for sex in range(2):
        for age in range(101):
            matrix[sex * 101 + min(age + 1, 100), sex * 101 + age] = chance["aged"].values[sex, age]
    fertility = births_of(BIRTH, 1).values[0, :, 0]
    per_woman = (fertility + fertility @ matrix[:101, :101]) / 2
    for sex, part in ((0, 1 - SHARE), (1, SHARE)):
        matrix[sex * 101, :101] += per_woman * part * float(chance["newborn"].values[sex])
    return matrix


def project_constant(start: np.ndarray, years: int) -> np.ndarray:
    moved = project_population(
        cells(start.reshape(1, 2, 101)),
        cells(DEATH[None, None, :, None], years),
        births_of(BIRTH, years),
        boys(SHARE),
        cells(0.0, years),
    )
    return moved.population.isel(year=-1).values.reshape(-1)


def test_projection_agrees_with_a_leslie_matrix():
    start = 1000.0 + np.arange(202.0)
    expected = np.linalg.matrix_power(leslie_matrix(), 5) @ start
    np.testing.assert_allclose(project_constant(start, 5), expected, rtol=1e-10)


def test_stable_population_keeps_its_growth_rate():
    """The dominant eigenvector grows in every cell by the dominant eigenvalue (Lotka)."""
    roots, vectors = np.linalg.eig(leslie_matrix())
    dominant = np.argmax(np.real(roots))
    stable = np.abs(np.real(vectors[:, dominant])) * 1e6
    np.testing.assert_allclose(project_constant(stable, 1), stable * np.real(roots[dominant]), rtol=1e-9)


@pytest.mark.parametrize("region_count", [1, 3])
def test_regions_do_not_touch_each_other(region_count):
    one = project(cells(1000.0)).population
    base = xr.concat([cells(1000.0)] * region_count, dim="region").assign_coords(region=list("abc")[:region_count])
    names = base["region"].values
    many = project_population(
        base,
        *(
            xr.concat([part] * region_count, dim="region").assign_coords(region=names)
            for part in (cells(0.01, 5), births_of(0.06, 5), boys(0.52), cells(0.0, 5))
        ),
    ).population
    for name in names:
        np.testing.assert_array_equal(many.sel(region=name), one.isel(region=0))


GROUPS = np.arange(0, 101, 5)
ABRIDGED = np.array([0, 1, *GROUPS[1:]])
# Own choice: half of the constant of the fundamental parameters, so that fewer move in old age.
MOVES = USUAL


def grouped(values: np.ndarray | float, ages: np.ndarray = GROUPS, years: tuple[int, ...] = ()) -> xr.DataArray:
    shape = (1, 2, len(ages), *([len(years)] if years else []))
    coords = {"region": ["r"], "sex": SEXES, "age": ages} | ({"year": list(years)} if years else {})
    return xr.DataArray(np.broadcast_to(values, shape).astype(float).copy(), coords=coords, dims=tuple(coords))


def test_five_year_step_agrees_with_its_sums_by_hand():
    """One step: survivors by L(x+5) / L(x), births five times the yearly ones, newborn by (L0 + L1) / 5."""
    years = (2025,)
    rates = grouped((0.0002 * np.exp(0.08 * ABRIDGED))[None, None, :, None], ABRIDGED, years)
    fertile = np.where((GROUPS >= 20) & (GROUPS < 40), 0.06, 0.0)
    asfr = xr.DataArray(fertile[None, :, None], coords={"region": ["r"], "age": GROUPS, "year": [2025]})
    moved = project_population(grouped(1000.0), rates, asfr, boys(0.52), grouped(40.0, GROUPS, years))
    table = fold_infancy(life_table(rates.isel(year=0, drop=True))).isel(region=0)
    lived = table["Lx"].sel(sex="female")
    after = moved.population.sel(region="r", sex="female", year=2025)
    np.testing.assert_allclose(after.sel(age=30), 1020 * lived.sel(age=30) / lived.sel(age=25) + 20, rtol=1e-12)
    born = 5 * 0.06 * (1000 + after.sel(age=[20, 25, 30, 35])).sum() / 2
    np.testing.assert_allclose(after.sel(age=0), 0.48 * born * lived.sel(age=0) / 5 + 20, rtol=1e-12)
    assert moved.population["year"].values.tolist() == [2020, 2025]
    flows = moved.births.sum("sex") + (moved.migrants - moved.deaths).sum(["sex", "age"])
    np.testing.assert_allclose(moved.population.sum(["sex", "age"]).diff("year"), flows, rtol=1e-10)


def test_medium_projections_of_the_united_nations_are_reproduced(published: Path):
    """World Population Prospects 2019, medium variant of Japan and the Republic of Korea, 2020-2070.

    Largest error of any of the ten dates, measured: total 0.102% and 0.241%, 65 and over 0.096% and 0.125%. The age
    profile of migrants is not published: the schedule is Rogers and Castro's with half of their constant, as many men
    as women, nobody at 100 and over, half of the migrants at the start of each step. With their own constant the four
    are 0.289%, 0.043%, 0.146% and 0.245%; with none 0.161%, 0.578%, 0.228% and 0.064%.
    """
    prospects = Prospects.read(published / "wpp")
    projected = prospects.project(["Japan", "Republic of Korea"], 2020, 2070, MOVES)
    total, old = worst(prospects.errors(projected)), worst(prospects.errors(projected, 65))
    assert total["Japan"] < 0.15
    assert total["Republic of Korea"] < 0.25
    assert max(old.values()) < 0.2


def test_people_of_90_are_reproduced_where_nobody_old_moves(published: Path):
    """The same without a constant in the schedule: only survival counts there; 0.14% and 0.03% to 2070, measured."""
    prospects = Prospects.read(published / "wpp")
    young = dataclasses.replace(FUNDAMENTAL, constant=0.0)
    projected = prospects.project(["Japan", "Republic of Korea"], 2020, 2070, young)
    assert max(worst(prospects.errors(projected, 90)).values()) < 0.15


def test_estimates_of_six_countries_are_reproduced_from_1990(published: Path):
    """World Population Prospects 2019, estimates to 2020 from the population of 1990; largest error, %.

    China, Japan and Korea have little migration and come out within 0.10% (65 and over 0.11%, 0.42%, 0.55%). Germany,
    Switzerland and the United States took in people for thirty years, whose ages no model schedule knows: the figures
    below are what is measured, and are the price of the schedule.
    """
    measured = {
        "China": (0.038, 0.111),
        "Germany": (0.992, 3.440),
        "Japan": (0.094, 0.424),
        "Republic of Korea": (0.049, 0.553),
        "Switzerland": (2.910, 9.855),
        "United States of America": (0.958, 1.346),
    }
    prospects = Prospects.read(published / "wpp")
    projected = prospects.project(list(measured), 1990, 2020, MOVES)
    total, old = worst(prospects.errors(projected)), worst(prospects.errors(projected, 65))
    assert {name: (total[name], old[name]) for name in measured} == {
        name: pytest.approx(pair, abs=0.001) for name, pair in measured.items()
    }


def test_migration_that_empties_a_cell_is_refused():
    leaving = np.where(AGES == 97, -300.0, 0.0)[None, None, :, None]
    message = (
        r"net_migration: 50\.0 more move away than there are in 2026 at "
        r"\{'region': 'r', 'sex': 'female', 'age': 97\}"
    )
    with pytest.raises(AssumptionError, match=message):
        project(cells(100.0), migration=leaving)


def leave(base: xr.DataArray, death: float, leaving: np.ndarray | float, migrants: float = 0.0):
    still = births_of(0.0, 1).isel(year=0, drop=True)
    return step_population(base, cells(death), still, boys(0.5), cells(migrants), 2026, cells(leaving))


def test_those_who_leave_at_a_rate_leave_what_the_exponential_leaves():
    """Nobody dies; half a year's rate at either end of the step: exp(-0.3) of every cohort stays."""
    step = leave(cells(1000.0), 1e-300, 0.3)
    np.testing.assert_allclose(step.population.sel(age=slice(1, 99)), 1000 * np.exp(-0.3), rtol=1e-12)
    np.testing.assert_allclose(step.population.sum() - 2 * 101_000.0, step.migrants.sum(), rtol=1e-12)


def test_rate_of_leaving_never_empties_a_cell_and_people_balance():
    small_after_large = np.where(AGES % 2 == 0, 1000.0, 1.0)
    step = leave(cells(small_after_large), 0.02, np.linspace(0, 8, 101), migrants=3.0)
    assert float(step.population.min()) >= 0
    change = step.population.sum("age") - cells(small_after_large).sum("age")
    moved = step.births + (step.migrants - step.deaths).sum("age")
    np.testing.assert_allclose(change, moved, rtol=1e-9)


def test_missing_sex_is_refused():
    with pytest.raises(SchemaError, match=r"population: both sexes are needed, found \['female'\]"):
        project(cells(100.0).sel(sex=["female"]))


def test_tables_of_different_open_ages_are_refused():
    with pytest.raises(SchemaError, match="birth_rate: its ages, open one included, are not those of the population"):
        project(cells(100.0).sel(age=slice(0, 90)))


def test_negative_people_are_refused():
    with pytest.raises(SchemaError, match="population: people must be finite and not negative"):
        project(cells(-1.0))


def test_births_to_children_are_refused():
    young = births_of(0.06, 5).where(AGES[:, None] != 9, 0.01)
    with pytest.raises(SchemaError, match="birth_rate: women give birth from 10 to 54 alone"):
        project_population(cells(1.0), cells(0.01, 5), young, boys(0.52), cells(0.0, 5))
