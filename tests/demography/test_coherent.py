from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
import xarray as xr

from actuarial.demography.coherent import (
    CoherentModel,
    central_change,
    central_mortality,
    fit_coherent,
    fit_reversion,
    fit_walk,
    index_deviation,
    with_common_index,
)
from actuarial.demography.life_table import life_table
from actuarial.demography.random_walk import fit_random_walk
from actuarial.errors import AssumptionError, SchemaError
from tests.demography.united_nations import Prospects

AGES, YEARS, AHEAD = np.arange(60, 72), np.arange(2000, 2015), np.arange(2015, 2045)
SEXES, DRAWS = ["female", "male"], 20_000
LEVEL = np.array([[-5.0], [-4.5]]) + 0.1 * (AGES - 60.0)
COMMON = np.linspace(1.4, 0.6, 12) / 12
OWN = np.linspace(0.1, 0.5, 12) / np.linalg.norm(np.linspace(0.1, 0.5, 12))
TREND = 7 - np.arange(15.0) + np.sin(np.arange(15.0)) - np.sin(np.arange(15.0)).mean()
WAVES = np.array([0.9, 0.3, 0.5, 0.8, 0.2, -0.4, -0.6, -0.1, -0.3, -0.7, -0.6, 0.1, 0.2, -0.2, -0.1])
WAVE = WAVES - WAVES.mean()


def rates(years: np.ndarray = YEARS, swing: float = 1.0) -> xr.DataArray:
    """Women and men about one trend, the gap of one of them the mirror of the other's."""
    mirrored = swing * np.array([1.0, -1.0])[:, None, None] * np.outer(OWN, WAVE)
    values = np.exp(LEVEL[:, :, None] + np.outer(COMMON, TREND) + mirrored)
    return xr.DataArray(values, {"sex": SEXES, "age": AGES, "year": years}, ("sex", "age", "year"))


def by_group(values: list[list[float]], years: np.ndarray) -> xr.DataArray:
    return xr.DataArray(values, {"component": SEXES[: len(values)], "year": years}, ("component", "year"))


def deviation(model: CoherentModel, is_parameter: bool, is_process: bool, years=AHEAD, draws: int = DRAWS):
    parameter = np.random.default_rng(5) if is_parameter else None
    return index_deviation(model, years, draws, parameter, np.random.default_rng(6) if is_process else None)


MODEL = fit_coherent(rates())


def test_known_responses_and_indices_are_recovered():
    """Of a group the product of response and index is what is known; here their length is, too."""
    np.testing.assert_allclose(MODEL.level, LEVEL, rtol=1e-12)
    for sex in SEXES:
        np.testing.assert_allclose(MODEL.response.sel(component="common", sex=sex), COMMON, rtol=1e-10)
        other = SEXES[1 - SEXES.index(sex)]
        assert bool((MODEL.response.sel(component=sex, sex=other) == 0).all())
    np.testing.assert_allclose(MODEL.index.sel(component="common"), TREND, atol=1e-10)
    own = [MODEL.response.sel(component=sex, sex=sex) * MODEL.index.sel(component=sex) for sex in SEXES]
    np.testing.assert_allclose(own[0], np.outer(OWN, WAVE), atol=1e-12)
    np.testing.assert_allclose(own[1], -np.outer(OWN, WAVE), atol=1e-12)
    fitted = np.exp(MODEL.level + (MODEL.response * MODEL.index).sum("component"))
    np.testing.assert_allclose(fitted, rates(), rtol=1e-10)


def test_noise_leaves_the_trend_near():
    """Noise of 1% in two groups gives the index an error of 0.01 / sqrt(2 sum of response^2); four times that."""
    noise = np.random.default_rng(4).normal(0, 0.01, (2, 12, 15))
    index = fit_coherent(rates(swing=0.05) * np.exp(noise)).index.sel(component="common")
    assert float(abs(index - TREND).max()) < 4 * 0.01 / np.sqrt(2 * (COMMON**2).sum())


def test_groups_of_regions_and_sexes_are_named_by_both():
    wide = xr.concat([rates(), rates() * 1.3], "region").assign_coords(region=["330203", "330205"])
    model = fit_coherent(wide)
    assert model.response["component"].values.tolist() == [
        "common",
        "330203/female",
        "330203/male",
        "330205/female",
        "330205/male",
    ]
    assert model.response.dims == ("component", "region", "sex", "age")
    np.testing.assert_allclose(np.exp(model.level.sel(region="330205") - model.level.sel(region="330203")), 1.3)
    own = model.response.sel(component="330205/male")
    assert bool((own.sel(region="330203") == 0).all())
    assert float(abs(own.sel(region="330205", sex="male")).max()) > 0.1
    assert bool((own.sel(region="330205", sex="female") == 0).all())


def test_walk_of_consecutive_years_is_the_random_walk():
    walk, usual = fit_walk(MODEL.index.sel(component="common")), fit_random_walk(MODEL.index.sel(component=["common"]))
    for name in ("last", "drift", "covariance"):
        np.testing.assert_allclose(getattr(walk, name), getattr(usual, name), rtol=1e-12)
    assert (walk.steps, walk.last_year) == (usual.steps, usual.last_year) == (14, 2014)


def test_walk_over_gaps_weighs_each_step_by_its_years():
    """0, -1, -4, -6 in 2000, 2001, 2003, 2006: drift -1; (0 + 1 / 2 + 1 / 3) / 2 = 5 / 12."""
    gaps = xr.DataArray([0.0, -1.0, -4.0, -6.0], {"year": [2000, 2001, 2003, 2006]}, ("year",))
    walk = fit_walk(gaps)
    np.testing.assert_allclose([walk.drift.item(), walk.covariance.item()], [-1, 5 / 12])
    assert (walk.steps, walk.last_year) == (6, 2006)


def test_persistence_is_the_regression_through_the_origin():
    """4, 2, 2, 1: 14 / 24 = 7 / 12; what is left, -1/3, 5/6, -1/6, has variance 5 / 12."""
    values = [4.0, 2.0, 2.0, 1.0]
    reversion = fit_reversion(by_group([values], np.arange(2000, 2004)))
    np.testing.assert_allclose([reversion.persistence.item(), reversion.covariance.item()], [7 / 12, 5 / 12])
    peer = sm.OLS(values[1:], values[:-1]).fit()
    np.testing.assert_allclose(reversion.persistence_error, peer.bse, rtol=1e-12)
    assert not reversion.is_held.item()


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


def test_central_ratio_of_the_sexes_settles():
    jump_off = rates().isel(year=-1, drop=True)
    rate = central_mortality(MODEL, jump_off, np.arange(2015, 2415))
    ratio = rate.sel(sex="male") / rate.sel(sex="female")
    np.testing.assert_allclose(ratio.sel(year=2214), ratio.sel(year=2414), rtol=1e-10)
    np.testing.assert_allclose(ratio.sel(year=2414), np.exp(LEVEL[1] - LEVEL[0]), rtol=1e-10)


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


def test_rates_that_never_changed_stay():
    still = rates().isel(year=[0] * 15).assign_coords(year=YEARS)
    model = fit_coherent(still)
    start = still.isel(year=-1, drop=True)
    rate = central_mortality(model, start, AHEAD)
    np.testing.assert_allclose(rate, start.expand_dims(year=AHEAD).transpose(*rate.dims), rtol=1e-12)
    np.testing.assert_allclose(deviation(model, True, True, draws=5), 0, atol=1e-12)


def test_rates_start_from_the_observed_ones_of_every_region():
    observed = rates().isel(year=-1, drop=True) * xr.DataArray(
        [0.8, 1.0, 1.1], {"region": ["a", "b", "c"]}, ("region",)
    )
    jump_off = observed.transpose("region", "sex", "age")
    rate = central_mortality(MODEL, jump_off, AHEAD)
    assert rate.dims == ("region", "sex", "age", "year")
    own = MODEL.reversion.persistence.sel(component="male").item() - 1
    change = COMMON * MODEL.walk.drift.item() - OWN * WAVE[-1] * own
    np.testing.assert_allclose(
        rate.sel(year=2015, sex="male", region="c"), jump_off.sel(sex="male", region="c") * np.exp(change), rtol=1e-9
    )


def test_yearly_index_drives_a_pattern_of_few_years():
    few = fit_coherent(rates(np.arange(1948, 2023, 5)))
    yearly = xr.DataArray(-0.3 * np.arange(20.0) ** 1.1, {"year": np.arange(2005, 2025)}, ("year",))
    model = with_common_index(few, yearly)
    assert (model.walk.last_year, model.reversion.last_year) == (2024, 2018)
    change = central_change(model, np.arange(2026, 2031))
    np.testing.assert_allclose(change.sel(component="common"), yearly.diff("year").mean().item() * np.arange(1, 6))
    persistence, last = few.reversion.persistence.values[0] ** 0.2, few.reversion.last.values[0]
    np.testing.assert_allclose(
        change.sel(component="female"), last * (persistence ** np.arange(8, 13) - persistence**7), rtol=1e-10
    )


def test_switched_off_uncertainty_is_no_deviation_and_the_parts_add_up():
    none, both = deviation(MODEL, False, False, draws=9), deviation(MODEL, True, True, draws=9)
    assert none.dims == ("draw", "component", "year")
    assert bool((none == 0).all())
    parts = deviation(MODEL, True, False, draws=9) + deviation(MODEL, False, True, draws=9)
    np.testing.assert_allclose(both.sel(component="common"), parts.sel(component="common"), rtol=1e-12)


def test_first_years_do_not_depend_on_how_many_follow():
    near, far = (
        index_deviation(MODEL, AHEAD[:longest], 100, np.random.default_rng(1), np.random.default_rng(2))
        for longest in (5, len(AHEAD))
    )
    np.testing.assert_array_equal(near, far.isel(year=slice(5)))


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
    moved = (model.response * deviation(model, True, True, years, 400)).sum("component").sel(year=[2015, 2020])
    drawn = central.sel(year=[2015, 2020]) * np.exp(moved)
    expectancy = life_table(drawn.transpose("draw", "year", "sex", "age"))["ex"].sel(age=0, drop=True)
    low, high = (expectancy.quantile(level, "draw", method="linear").drop_vars("quantile") for level in (0.025, 0.975))
    true = prospects.life_expectancy.sel(region=country, drop=True).sel(sex=SEXES, year=[2015, 2020])
    true = true.transpose("year", "sex")
    assert bool(((low < true) & (true < high)).all())
    middle = life_table(central.sel(year=2020, drop=True))["ex"].sel(age=0, drop=True)
    assert float(abs(middle - true.sel(year=2020)).max()) < 0.7


def test_rate_of_zero_is_refused():
    with pytest.raises(SchemaError, match="mx: coherent mortality needs positive rates in every cell"):
        fit_coherent(rates().where(rates() < rates().max(), 0.0))


def test_one_group_alone_is_refused():
    with pytest.raises(AssumptionError, match="mortality: one group alone has nothing to be coherent with"):
        fit_coherent(rates().sel(sex=["male"]))


def test_uneven_or_few_years_are_refused():
    with pytest.raises(
        AssumptionError, match=r"groups need four years or more, equally far apart, found \[2000, 2001, 2003, 2004\]"
    ):
        fit_coherent(rates().sel(year=[2000, 2001, 2003, 2004]))
    with pytest.raises(AssumptionError, match=r"a random walk needs four rising years or more, found \[2000, 2001\]"):
        fit_coherent(rates().sel(year=[2000, 2001]))


def test_forecast_that_starts_inside_the_fit_is_refused():
    with pytest.raises(
        AssumptionError, match=r"mortality: the forecast needs consecutive years after 2014, .*, found \[2014, 2015\]"
    ):
        index_deviation(MODEL, np.arange(2014, 2016), 1, None, None)
    with pytest.raises(AssumptionError, match=r"needs consecutive years after 2014, .*, found \[2015, 2017\]"):
        central_change(MODEL, np.array([2015, 2017]))
