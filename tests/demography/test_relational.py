from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from actuarial.demography.life_table import life_table
from actuarial.demography.relational import adjust_to_deaths, alpha_of_deaths, fit_relation, relational_rates
from actuarial.errors import AssumptionError
from tests.demography.united_nations import Prospects

AGES, SEXES, REGIONS = np.arange(101), ["female", "male"], ["a", "b", "c"]
STANDARD = xr.DataArray(
    np.array([[1.0], [1.6]]) * (2e-5 * np.exp(0.095 * AGES) + 4e-3 * np.exp(-AGES)),
    {"sex": SEXES, "age": AGES},
    ("sex", "age"),
)
LIVES = xr.DataArray(
    np.random.default_rng(3).uniform(500, 1500, (3, 2, 101)) * np.exp(-((AGES / 70.0) ** 4)),
    {"region": REGIONS, "sex": SEXES, "age": AGES},
    ("region", "sex", "age"),
)
ONE = xr.DataArray(1.0)
levels = st.floats(-2, 2)


def by_region(values: list[float]) -> xr.DataArray:
    return xr.DataArray(values, {"region": REGIONS}, ("region",))


def logits(lx: xr.DataArray) -> xr.DataArray:
    return xr.apply_ufunc(np.log, (1 - lx) / lx) / 2


def test_zero_and_one_return_the_standard():
    np.testing.assert_allclose(relational_rates(STANDARD, xr.DataArray(0.0), ONE), STANDARD, rtol=1e-10)


def test_half_that_survive_become_a_quarter():
    """l = 1/2 has logit 0; alpha = log(3) / 2 triples the odds of having died: l = 1/4."""
    mx = xr.DataArray([[0.5, 0.4, 0.6]], {"sex": ["male"], "age": [0, 1, 2]}, ("sex", "age"))
    half = xr.DataArray([[0.5, 0.5, 1.0]], mx.coords, mx.dims)
    start = mx.copy(data=[[0.5 / 0.75, 0.4, 0.6]])
    assert life_table(start, half)["lx"].values[0, 1] == pytest.approx(0.5)
    table = life_table(relational_rates(start, xr.DataArray(np.log(3) / 2), ONE), life_table(start)["ax"])
    old = life_table(start)["lx"].values[0, 1]
    assert table["lx"].values[0, 1] == pytest.approx(old / (old + 3 * (1 - old)), rel=1e-12)


@settings(max_examples=25)
@given(alpha=levels, beta=st.floats(0.6, 1.6))
def test_survival_has_the_moved_logit(alpha: float, beta: float):
    mx = relational_rates(STANDARD, xr.DataArray(alpha), xr.DataArray(beta))
    moved = life_table(mx, life_table(STANDARD)["ax"])["lx"].isel(age=slice(1, None))
    expected = alpha + beta * logits(life_table(STANDARD)["lx"].isel(age=slice(1, None)))
    np.testing.assert_allclose(logits(moved), expected, rtol=1e-7, atol=1e-7)


@settings(max_examples=25)
@given(low=levels, rise=st.floats(1e-3, 1))
def test_rates_rise_with_alpha_at_every_age(low: float, rise: float):
    lower, higher = (relational_rates(STANDARD, xr.DataArray(alpha), ONE) for alpha in (low, low + rise))
    assert bool((higher > lower).all())


@settings(max_examples=25)
@given(st.lists(st.floats(0.5, 1.6), min_size=3, max_size=3))
def test_deaths_of_every_region_are_reproduced(factors: list[float]):
    deaths = (STANDARD * LIVES).sum(["sex", "age"]) * by_region(factors)
    mx = adjust_to_deaths(STANDARD, LIVES, deaths)
    assert mx.dims == ("region", "sex", "age")
    np.testing.assert_allclose((mx * LIVES).sum(["sex", "age"]), deaths, rtol=1e-9)


def test_deaths_of_each_sex_are_reproduced():
    deaths = by_region([0.8, 1.0, 1.3]) * (STANDARD * LIVES).sum("age")
    mx = adjust_to_deaths(STANDARD, LIVES, deaths)
    np.testing.assert_allclose((mx * LIVES).sum("age"), deaths, rtol=1e-9)
    np.testing.assert_allclose(mx.sel(region="b"), STANDARD, rtol=1e-9)


def test_alpha_is_found_from_the_deaths_it_gives():
    alpha = by_region([-0.3, 0.0, 0.45])
    deaths = (relational_rates(STANDARD, alpha, ONE) * LIVES).sum(["sex", "age"])
    np.testing.assert_allclose(alpha_of_deaths(STANDARD, LIVES, deaths), alpha, atol=1e-10)


def test_relation_is_found_from_survival_at_a_few_ages():
    alpha, beta = by_region([-0.3, 0.1, 0.45]), by_region([0.8, 1.0, 1.25])
    table = life_table(STANDARD)
    mx = relational_rates(STANDARD, alpha, beta)
    lx = life_table(mx, table["ax"])["lx"].sel(age=[5, 30, 60, 85])
    found = fit_relation(table["lx"], lx)
    np.testing.assert_allclose(found["alpha"].sel(sex="male"), alpha, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(found["beta"].sel(sex="female"), beta, rtol=1e-8)


def test_relation_of_published_tables_agrees_with_a_regression(published: Path):
    """Second derivation: statsmodels, Korea's survival of 2015-2020 on Japan's (World Population Prospects 2019)."""
    mx = Prospects.read(published / "wpp").mx.sel(year=2020, drop=True)
    lx = life_table(mx.sel(region=["Japan", "Republic of Korea"]))["lx"].sel(age=slice(1, None))
    found = fit_relation(lx.sel(region="Japan", drop=True), lx.sel(region="Republic of Korea", drop=True))
    x, y = (logits(lx.sel(region=region, sex="male")).values for region in ("Japan", "Republic of Korea"))
    peer = sm.OLS(y, sm.add_constant(x)).fit()
    np.testing.assert_allclose([found["alpha"].sel(sex="male"), found["beta"].sel(sex="male")], peer.params, rtol=1e-9)


@pytest.mark.parametrize(
    ("deaths", "message"),
    [
        (0.0, r"deaths: 0 of \{'region': 'b'\}; a relational table needs some"),
        (1e9, r"deaths: 1e\+09 of \{'region': 'b'\}; relational tables allow between .* and .*"),
    ],
)
def test_impossible_deaths_are_refused(deaths: float, message: str):
    with pytest.raises(AssumptionError, match=message):
        alpha_of_deaths(STANDARD, LIVES, by_region([20.0, deaths, 20.0]))


def test_relation_without_survivors_is_refused():
    lx = life_table(STANDARD)["lx"]
    with pytest.raises(AssumptionError, match="two ages or more, with survival strictly between 0 and 1"):
        fit_relation(lx, lx)
