import numpy as np
import pytest
import xarray as xr

from actuarial.demography.coherent import (
    central_change,
    central_mortality,
    fit_coherent,
    fit_walk,
    with_common_index,
)
from actuarial.demography.random_walk import fit_random_walk
from actuarial.demography.rate_deviation import rate_deviation
from actuarial.errors import AssumptionError, SchemaError
from tests.demography.two_sexes import AHEAD, COMMON, LEVEL, OWN, SEXES, TREND, WAVE, YEARS, rates

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


def test_steps_that_are_left_have_the_mean_square_of_a_sample_variance():
    """The log rates less what is fitted, differenced: variance over one less than the steps, nothing on average."""
    rough = rates() * np.exp(np.random.default_rng(4).normal(0, 0.01, (2, 12, 15)))
    model = fit_coherent(rough)
    assert not model.reversion.is_held.any()
    own = xr.ufuncs.log(rough) - model.level - (model.response * model.index).sum("component")
    assert model.left.dims == ("step", "sex", "age")
    np.testing.assert_allclose((model.left**2).mean("step"), np.diff(own.values).var(axis=-1, ddof=1), rtol=1e-10)
    np.testing.assert_allclose(model.left.mean("step"), 0, atol=1e-15)
    np.testing.assert_allclose(MODEL.left, 0, atol=1e-12)


def test_steps_of_a_held_group_stay_with_its_ages():
    """A gap that doubles does not return, has no shocks, and is left to the ages."""
    gap = 0.01 * np.outer(OWN, 2.0 ** np.arange(6))
    both = rates().isel(year=slice(6)) * np.exp(np.array([1.0, -1.0])[:, None, None] * gap)
    model = fit_coherent(both)
    assert model.reversion.is_held.all()
    shared = (model.response * model.index).sel(component="common")
    steps = np.diff((xr.ufuncs.log(both) - shared).transpose("sex", "age", "year").values)
    centred = (steps - steps.mean(axis=-1, keepdims=True)) * np.sqrt(5 / 4)
    assert abs(centred).max() > 0.05
    np.testing.assert_allclose(model.left.transpose("sex", "age", "step"), centred, atol=1e-12)


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


def test_central_ratio_of_the_sexes_settles():
    jump_off = rates().isel(year=-1, drop=True)
    rate = central_mortality(MODEL, jump_off, np.arange(2015, 2415))
    ratio = rate.sel(sex="male") / rate.sel(sex="female")
    np.testing.assert_allclose(ratio.sel(year=2214), ratio.sel(year=2414), rtol=1e-10)
    np.testing.assert_allclose(ratio.sel(year=2414), np.exp(LEVEL[1] - LEVEL[0]), rtol=1e-10)


def test_rates_that_never_changed_stay():
    still = rates().isel(year=[0] * 15).assign_coords(year=YEARS)
    model = fit_coherent(still)
    start = still.isel(year=-1, drop=True)
    rate = central_mortality(model, start, AHEAD)
    np.testing.assert_allclose(rate, start.expand_dims(year=AHEAD).transpose(*rate.dims), rtol=1e-12)
    moved = rate_deviation(model, AHEAD, 5, np.random.default_rng(5), np.random.default_rng(6))
    np.testing.assert_allclose(moved, 0, atol=1e-12)


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
        rate_deviation(MODEL, np.arange(2014, 2016), 1, None, None)
    with pytest.raises(AssumptionError, match=r"needs consecutive years after 2014, .*, found \[2015, 2017\]"):
        central_change(MODEL, np.array([2015, 2017]))
