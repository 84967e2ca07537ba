from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from actuarial.demography.coherent import CoherentModel, central_change, central_mortality, fit_coherent
from actuarial.demography.life_table import life_table
from actuarial.demography.rate_deviation import index_deviation, rate_deviation, step_deviation
from actuarial.demography.reversion import fit_reversion
from tests.demography.two_sexes import AHEAD, OWN, SEXES, YEARS, by_group, rates
from tests.demography.united_nations import Prospects

DRAWS = 20_000


def rough(years: np.ndarray = YEARS) -> xr.DataArray:
    """The rates with steps of 1% that each age of each sex takes by itself."""
    return rates(years) * np.exp(np.random.default_rng(4).normal(0, 0.01, (2, 12, 15)).cumsum(axis=-1))


MODEL, ROUGH = fit_coherent(rates()), fit_coherent(rough())


def deviation(model: CoherentModel, is_parameter: bool, is_process: bool, years=AHEAD, draws: int = DRAWS):
    parameter = np.random.default_rng(5) if is_parameter else None
    return index_deviation(model, years, draws, parameter, np.random.default_rng(6) if is_process else None)


@pytest.mark.parametrize(("is_parameter", "is_process"), [(True, False), (False, True), (True, True)])
def test_variance_of_the_common_index_has_its_closed_form(is_parameter: bool, is_process: bool):
    """h variance for the steps, h squared variance / span for the drift; four standard errors of a variance."""
    found = deviation(MODEL, is_parameter, is_process).sel(component="common").var("draw", ddof=1)
    horizon, variance = np.arange(1, 31), MODEL.walk.covariance.item()
    expected = variance * (is_process * horizon + is_parameter * horizon**2 / MODEL.walk.steps)
    np.testing.assert_allclose(found, expected, rtol=4 * np.sqrt(2 / DRAWS))


def test_variance_of_a_group_index_has_its_closed_form():
    """variance (1 - persistence^2h) / (1 - persistence^2); four standard errors of a sample variance."""
    reversion = MODEL.reversion
    step, variance = reversion.persistence.sel(component="male").item(), reversion.covariance.values[1, 1]
    expected = variance * (1 - step ** (2 * np.arange(1, 31))) / (1 - step**2)
    found = deviation(MODEL, False, True).sel(component="male").var("draw", ddof=1)
    np.testing.assert_allclose(found, expected, rtol=4 * np.sqrt(2 / DRAWS))


def test_five_yearly_patterns_keep_their_five_year_variance():
    """After 5 years the variance of the fitted step, after 10 that times 1 + persistence^2: no yearly formula used."""
    model = fit_coherent(rates(np.arange(1948, 2023, 5)))
    years = np.arange(2019, 2029)
    found = deviation(model, False, True, years).sel(component="male").var("draw", ddof=1)
    step, variance = model.reversion.persistence.values[1], model.reversion.covariance.values[1, 1]
    np.testing.assert_allclose(
        found.sel(year=[2023, 2028]), [variance, variance * (1 + step**2)], rtol=4 * np.sqrt(2 / DRAWS)
    )
    change = central_change(model, years).sel(component="male", year=[2023, 2028])
    np.testing.assert_allclose(change, model.reversion.last.values[1] * (step ** np.array([1, 2]) - 1))


def test_mirrored_groups_stay_mirrored_in_every_draw():
    found = deviation(MODEL, False, True, draws=50)
    mirror = (found * MODEL.response).sum("component") - (found * MODEL.response).sel(component="common")
    np.testing.assert_allclose(mirror.sel(sex="female"), -mirror.sel(sex="male"), atol=1e-12)


def test_ratio_of_the_sexes_keeps_a_bounded_variance():
    """Its variance at 400 years is that at 200 and the stationary one, while the level's is twice as large."""
    years = np.arange(2015, 2415)
    moved = deviation(MODEL, False, True, years, 4000).sel(year=[2214, 2414])
    gap = (MODEL.response * moved).sum("component").isel(age=-1)
    ratio = (gap.sel(sex="male") - gap.sel(sex="female")).var("draw", ddof=1)
    step, variance = MODEL.reversion.persistence.values[1], MODEL.reversion.covariance.values[1, 1]
    stationary = (2 * OWN[-1]) ** 2 * variance / (1 - step**2)
    np.testing.assert_allclose(ratio, stationary, rtol=4 * np.sqrt(2 / 4000))
    common = moved.sel(component="common").var("draw", ddof=1)
    assert 1.7 < float(common[1] / common[0]) < 2.3


def test_drawn_persistence_always_returns():
    """A persistence as uncertain as it can be leaves the ratio bounded in every draw at 2000 years."""
    far = index_deviation(MODEL, np.arange(2015, 4015), 200, np.random.default_rng(5), None)
    groups = far.sel(component=SEXES)
    start = abs(MODEL.reversion.last)
    assert bool((abs(groups) <= start + 1e-12).all())
    assert float(abs(groups.sel(year=2020)).max()) > 0.01


@pytest.mark.parametrize("values", [[1.0, 1.2, 1.5, 1.9], [1.0, -0.6, 0.7, -0.4]], ids=["explosive", "alternating"])
def test_group_that_does_not_return_smoothly_is_held_and_marked(values: list[float]):
    held = replace(MODEL, reversion=fit_reversion(by_group([values, [4.0, 2.0, 2.0, 1.0]], np.arange(2011, 2015))))
    assert held.reversion.is_held.values.tolist() == [True, False]
    moved = deviation(held, True, True, draws=20)
    assert bool((moved.sel(component="female") == 0).all())
    assert bool((central_change(held, AHEAD).sel(component="female") == 0).all())
    assert bool((moved.sel(component="male") != 0).all())


def test_group_that_is_the_trend_has_no_term_of_its_own():
    model = fit_coherent(rates(swing=0.0))
    assert model.reversion.is_held.all()
    assert bool((model.response.sel(component=SEXES) == 0).all())
    assert bool((deviation(model, True, True, draws=5).sel(component=SEXES) == 0).all())


def test_equal_groups_stay_equal_in_every_draw():
    """What one trend leaves of both goes into two terms that move as one."""
    same = xr.concat([rates().sel(sex="male", drop=True)] * 2, "sex").assign_coords(sex=SEXES)
    model = fit_coherent(same)
    rate = central_mortality(model, same.isel(year=-1, drop=True), AHEAD)
    np.testing.assert_allclose(rate.sel(sex="male"), rate.sel(sex="female"), rtol=1e-12)
    moved = (model.response * deviation(model, False, True, draws=20)).sum("component")
    np.testing.assert_allclose(moved.sel(sex="male"), moved.sel(sex="female"), rtol=1e-6, atol=1e-9)


def test_switched_off_uncertainty_is_no_deviation_and_the_parts_add_up():
    none, both = deviation(MODEL, False, False, draws=9), deviation(MODEL, True, True, draws=9)
    assert none.dims == ("draw", "component", "year")
    assert bool((none == 0).all())
    parts = deviation(MODEL, True, False, draws=9) + deviation(MODEL, False, True, draws=9)
    np.testing.assert_allclose(both.sel(component="common"), parts.sel(component="common"), rtol=1e-12)


def test_first_years_do_not_depend_on_how_many_follow():
    near, far = (
        rate_deviation(ROUGH, AHEAD[:longest], 100, np.random.default_rng(1), np.random.default_rng(2))
        for longest in (5, len(AHEAD))
    )
    np.testing.assert_array_equal(near, far.isel(year=slice(5)))


def steps(model: CoherentModel, is_parameter: bool, is_process: bool, years=AHEAD, draws: int = DRAWS):
    parameter = np.random.default_rng(5) if is_parameter else None
    return step_deviation(model, years, draws, parameter, np.random.default_rng(6) if is_process else None)


def four_errors(model: CoherentModel) -> float:
    """Four standard errors of a variance, as a part of it; sums of steps have lighter tails than one step."""
    kurtosis = (model.left**4).mean("step") / (model.left**2).mean("step") ** 2
    return 4 * float(np.sqrt((kurtosis.max() - 1) / DRAWS))


@pytest.mark.parametrize(("is_parameter", "is_process"), [(True, False), (False, True), (True, True)])
@pytest.mark.parametrize("spacing", [1, 5])
def test_variance_of_the_ages_has_its_closed_form(is_parameter: bool, is_process: bool, spacing: int):
    """h C / d for the steps, h^2 C / (n d^2) for the ages' own drift, C the sample variance of what is left."""
    model = fit_coherent(rough(np.arange(2014 - 14 * spacing, 2015, spacing)))
    found = steps(model, is_parameter, is_process).var("draw", ddof=1)
    horizon = xr.DataArray(np.arange(1.0, 31), {"year": AHEAD}, ("year",))
    sample = (model.left**2).mean("step") / spacing
    expected = sample * (is_process * horizon + is_parameter * horizon**2 / (14 * spacing))
    np.testing.assert_allclose(found, expected.transpose(*found.dims), rtol=four_errors(model))


def test_steps_are_drawn_whole():
    """Every year of every draw is one of the past steps, of both sexes and all ages: they keep their correlation."""
    drawn = steps(ROUGH, False, True, AHEAD[:4], 30)
    change = drawn.diff("year").stack(cell=["draw", "year"]).transpose("cell", "sex", "age").values
    away = abs(change[:, None] - ROUGH.left.transpose("step", "sex", "age").values).max(axis=(-2, -1))
    assert away.min(axis=1).max() < 1e-12
    assert len(set(away.argmin(axis=1).tolist())) > 10


def test_rates_move_by_indices_and_ages():
    parameter, process = (np.random.default_rng(seed).spawn(2) for seed in (5, 6))
    by_index = index_deviation(ROUGH, AHEAD, 20, parameter[0], process[0])
    by_age = step_deviation(ROUGH, AHEAD, 20, parameter[1], process[1])
    found = rate_deviation(ROUGH, AHEAD, 20, np.random.default_rng(5), np.random.default_rng(6))
    assert found.dims == ("draw", "sex", "age", "year")
    np.testing.assert_allclose(found, ((ROUGH.response * by_index).sum("component") + by_age).transpose(*found.dims))
    assert bool((by_age.std("draw") > 0).all())


def test_without_steps_that_are_left_the_indices_move_alone():
    still = replace(ROUGH, left=xr.zeros_like(ROUGH.left))
    found = rate_deviation(still, AHEAD, 20, np.random.default_rng(5), np.random.default_rng(6))
    parameter, process = (np.random.default_rng(seed).spawn(2)[0] for seed in (5, 6))
    alone = (ROUGH.response * index_deviation(ROUGH, AHEAD, 20, parameter, process)).sum("component")
    np.testing.assert_allclose(found, alone.transpose(*found.dims), rtol=1e-12, atol=1e-15)


def test_uncertainty_of_the_rates_is_switched_by_its_kind():
    """Alone and together; a persistence drawn otherwise shows only from the second year on."""

    def drawn(*kinds: str) -> xr.DataArray:
        rngs = [np.random.default_rng(seed) if kind in kinds else None for kind, seed in (("own", 5), ("step", 6))]
        return rate_deviation(ROUGH, AHEAD, 9, *rngs)

    none = drawn()
    assert none.dims == ("draw", "sex", "age", "year")
    assert none.sizes["draw"] == 9
    assert bool((none == 0).all())
    parts, both = (part.isel(year=0) for part in (drawn("own") + drawn("step"), drawn("own", "step")))
    np.testing.assert_allclose(both, parts, rtol=1e-10, atol=1e-15)
    assert bool((drawn("own").std("draw") > 0).all())
    assert bool((drawn("step").std("draw") > 0).all())


@pytest.mark.parametrize("country", ["Japan", "Republic of Korea"])
def test_life_expectancy_held_out_lies_in_its_band(published: Path, country: str):
    """World Population Prospects 2019: fitted to 1950-2010, 2010-2015 and 2015-2020 lie in the 95% band.

    Measured, central less published in 2015-2020, women and men: Japan -0.12 and 0.64 years, Korea -0.31 and -0.22.
    """
    prospects = Prospects.read(published / "wpp")
    mx = prospects.mx.sel(region=country, drop=True)
    years = np.arange(2011, 2021)
    model = fit_coherent(mx.sel(year=slice(None, 2010)))
    central = central_mortality(model, mx.sel(year=2010, drop=True), years)
    moved = rate_deviation(model, years, 400, np.random.default_rng(5), np.random.default_rng(6)).sel(year=[2015, 2020])
    drawn = central.sel(year=[2015, 2020]) * np.exp(moved)
    expectancy = life_table(drawn.transpose("draw", "year", "sex", "age"))["ex"].sel(age=0, drop=True)
    low, high = (expectancy.quantile(level, "draw", method="linear").drop_vars("quantile") for level in (0.025, 0.975))
    true = prospects.life_expectancy.sel(region=country, drop=True).sel(sex=SEXES, year=[2015, 2020])
    true = true.transpose("year", "sex")
    assert bool(((low < true) & (true < high)).all())
    middle = life_table(central.sel(year=2020, drop=True))["ex"].sel(age=0, drop=True)
    assert float(abs(middle - true.sel(year=2020)).max()) < 0.7
