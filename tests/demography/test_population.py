import numpy as np
import pytest
import xarray as xr

from actuarial.demography.life_table import life_table, survival
from actuarial.demography.population import Projected, project_population

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
    flows = (moved.births - moved.deaths).sum("sex") + moved.migrants.sum(["sex", "age"])
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
