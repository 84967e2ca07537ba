from typing import Any, cast

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from actuarial.demography.regional_walk import RegionalWalk, fit_regional_walk, walk_deviation
from actuarial.errors import AssumptionError

REGIONS, YEARS = ["a", "b", "c", "d"], np.arange(2015, 2026)
AHEAD = np.arange(2026, 2036)
DRAWS = 20_000


def levels(seed: int, spread: list[float], items: int = 2) -> xr.DataArray:
    """Walks of which every region has steps of its own size, and a common part."""
    rng = np.random.default_rng(seed)
    own = np.array(spread)[:, None, None] * rng.standard_normal((len(spread), items, len(YEARS)))
    common = 0.05 * rng.standard_normal((items, len(YEARS)))
    return xr.DataArray(
        np.cumsum(own + common, axis=2),
        dims=("region", "item", "year"),
        coords={"region": REGIONS[: len(spread)], "item": [f"i{place}" for place in range(items)], "year": YEARS},
    )


def unbroken(level: xr.DataArray) -> xr.DataArray:
    return xr.zeros_like(level["year"], dtype=bool)


def walk_of(level: xr.DataArray) -> RegionalWalk:
    return fit_regional_walk(level, unbroken(level), "test")


LEVEL = levels(1, [0.02, 0.03, 0.02, 0.08])
WALK = walk_of(LEVEL)


def estimate(walk: RegionalWalk) -> tuple[np.ndarray, np.ndarray]:
    """Covariance of the common step, and of every region's own."""
    common, *own = (part.basis @ part.basis.T / part.divisor for part in (walk.common, *walk.regional))
    return common, np.array(own)


def sample(walk: RegionalWalk, is_parameter: bool, is_process: bool, draws: int = DRAWS) -> xr.DataArray:
    parameter = np.random.default_rng(5) if is_parameter else None
    process = np.random.default_rng(6) if is_process else None
    return walk_deviation(walk, AHEAD, draws, parameter, process)


def test_common_covariance_is_the_mean_square_of_the_mean_step():
    step = LEVEL.diff("year").mean("region").values
    np.testing.assert_allclose(estimate(WALK)[0], step @ step.T / 10)


def test_regional_covariance_lies_between_its_own_and_the_pooled_one():
    step = LEVEL.diff("year")
    rest = (step - step.mean("region")).transpose("region", "item", "year").values * np.sqrt(4 / 3)
    own = rest @ np.swapaxes(rest, 1, 2) / 10
    np.testing.assert_allclose(estimate(WALK)[1], WALK.weight * own.mean(axis=0) + (1 - WALK.weight) * own)
    assert 0 < WALK.weight < 1


def test_weight_maximises_the_likelihood_of_a_t_distribution():
    """One item: steps given an inverse gamma variance are jointly Student t, taken from scipy."""
    level = levels(2, [0.02, 0.03, 0.02, 0.08], items=1)
    step = level.diff("year")
    rest = (step - step.mean("region")).values[:, 0] * np.sqrt(4 / 3)
    pooled = (rest**2).mean()

    def likelihood(weight: float) -> float:
        prior = 10 * weight / (1 - weight)
        freedom = prior + 2
        shape = prior * pooled / freedom * np.eye(10)
        t = cast(Any, stats.multivariate_t)  # its stub wants whole degrees of freedom
        return float(sum(t.logpdf(row, None, shape, freedom) for row in rest))

    best = walk_of(level).weight
    assert likelihood(best) >= max(likelihood(best - 0.01), likelihood(best + 0.01), likelihood(0.05), likelihood(0.95))


def test_like_regions_are_pooled_and_unlike_ones_are_not():
    assert walk_of(levels(3, [0.03] * 4)).weight > walk_of(levels(3, [0.001, 0.01, 0.1, 1.0])).weight


def test_one_year_variance_is_the_mean_square_step_of_the_history():
    """Over the regions together nothing is lost and nothing counted twice."""
    common, own = estimate(WALK)
    np.testing.assert_allclose(
        common + 3 / 4 * own.mean(axis=0),
        np.einsum("rit,rjt->ij", *[LEVEL.diff("year").values] * 2) / 40,
    )


def test_process_variance_has_its_closed_form():
    common, own = estimate(WALK)
    path = sample(WALK, is_parameter=False, is_process=True)
    for place, region in enumerate(REGIONS):
        others = own.sum(axis=0) - own[place]
        one_year = np.diag(common + 9 / 16 * own[place] + others / 16)
        expected = one_year[:, None] * np.arange(1, 11)
        np.testing.assert_allclose(path.sel(region=region).var("draw"), expected, rtol=4 * np.sqrt(2 / DRAWS))


def test_regional_parts_sum_to_zero():
    """The mean over the regions has the common variance and no more, in every draw of the same common shocks."""
    path = sample(WALK, is_parameter=False, is_process=True).mean("region").diff("year").isel(year=0)
    np.testing.assert_allclose(path.var("draw"), np.diag(estimate(WALK)[0]), rtol=4 * np.sqrt(2 / DRAWS))


def test_parameter_draws_have_the_moments_of_the_inverse_wishart():
    """Drift alone: E of its square is E of the covariance / steps, scale / (freedom - 3) of an inverse Wishart."""
    path = sample(WALK, is_parameter=True, is_process=False).mean("region").isel(year=0)
    scale = WALK.common.basis @ WALK.common.basis.T
    mean = np.diag(np.asarray(stats.invwishart.mean(WALK.common.freedom, scale)))
    square = (path**2).transpose("draw", "item").values
    error = square.std(axis=0) / np.sqrt(DRAWS)
    np.testing.assert_array_less(np.abs(square.mean(axis=0) - mean / 10), 4 * error)


def test_drift_grows_with_the_years():
    path = sample(WALK, is_parameter=True, is_process=False, draws=50)
    np.testing.assert_allclose(path.isel(year=9), 10 * path.isel(year=0), rtol=1e-9)


def test_both_switched_off_is_the_central_path():
    assert float(abs(sample(WALK, False, False, draws=3)).max()) == 0


def test_first_years_do_not_depend_on_how_many_follow():
    near, far = (
        walk_deviation(WALK, AHEAD[:longest], 10, np.random.default_rng(1), np.random.default_rng(2))
        for longest in (2, len(AHEAD))
    )
    np.testing.assert_array_equal(near, far.isel(year=slice(2)))


def test_a_single_region_has_the_common_part_alone():
    walk = walk_of(levels(1, [0.02]))
    assert np.isnan(walk.weight)
    path = sample(walk, is_parameter=False, is_process=True).isel(year=0, region=0)
    np.testing.assert_allclose(path.var("draw"), np.diag(estimate(walk)[0]), rtol=4 * np.sqrt(2 / DRAWS))


def test_items_that_move_as_one_stay_together():
    level = LEVEL.isel(item=[0, 0]).assign_coords(item=["i0", "i1"])
    path = sample(walk_of(level), is_parameter=True, is_process=True, draws=100)
    np.testing.assert_allclose(path.sel(item="i0"), path.sel(item="i1"), atol=1e-9)


def test_broken_and_missing_steps_are_left_out():
    broken = unbroken(LEVEL)
    broken.loc[{"year": 2018}] = True
    jump = LEVEL + (LEVEL["year"] >= 2018) * 5.0
    gap = LEVEL.where(LEVEL["year"] != 2015)
    assert fit_regional_walk(jump, broken, "test").steps == 9
    assert walk_of(gap).steps == 9
    assert estimate(fit_regional_walk(jump, broken, "test"))[0].max() < 0.1


def test_too_few_steps_are_refused():
    level = LEVEL.isel(year=slice(4))
    with pytest.raises(
        AssumptionError, match="test: 3 yearly steps are known in every region; 4 are needed for 2 item"
    ):
        walk_of(level)


def test_missing_year_is_refused():
    with pytest.raises(AssumptionError, match=r"test: the years are not consecutive, found \[2015, 2017\]"):
        walk_of(LEVEL.sel(year=[2015, 2017]))
