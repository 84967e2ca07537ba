import numpy as np
import pytest
import xarray as xr

from actuarial.demography.mortality import fit_lee_carter_svd
from actuarial.demography.random_walk import (
    RandomWalk,
    fit_random_walk,
    fitted_jump_off,
    observed_jump_off,
    project_rates,
    sample_walk,
)
from actuarial.errors import AssumptionError
from tests.demography.test_mortality import RATE

DRAWS, YEARS = 20_000, 30


def index(values: list[list[float]]) -> xr.DataArray:
    coords = {"component": [f"c{place}" for place in range(len(values))], "year": 2000 + np.arange(len(values[0]))}
    return xr.DataArray(values, coords=coords, dims=("component", "year"))


WALK = fit_random_walk(index([[0.0, -1.0, -3.0, -3.0, -6.0, -7.0]]))


def sample(is_drift_uncertain: bool, is_process_uncertain: bool, walk: RandomWalk = WALK, draws: int = DRAWS):
    return sample_walk(walk, YEARS, draws, is_drift_uncertain, is_process_uncertain, np.random.default_rng(7))


def test_drift_is_the_mean_step():
    """Steps -1, -2, 0, -3, -1: mean -1.4, variance (0.16 + 0.36 + 1.96 + 2.56 + 0.16) / 4 = 1.3."""
    np.testing.assert_allclose([WALK.drift.item(), WALK.covariance.item()], [-1.4, 1.3])
    assert (WALK.steps, WALK.last_year, WALK.last.item()) == (5, 2005, -7.0)


def test_central_path_is_a_straight_line():
    path = sample(False, False, draws=2)
    np.testing.assert_allclose(path.isel(draw=1, component=0), -7 - 1.4 * np.arange(1, YEARS + 1))
    assert path["year"].values[[0, -1]].tolist() == [2006, 2035]


@pytest.mark.parametrize(("is_drift", "is_process"), [(True, False), (False, True), (True, True)])
def test_variance_has_its_closed_form(is_drift: bool, is_process: bool):
    """h variance for the steps and h squared variance / 5 for the drift; four standard errors of a sample variance."""
    path = sample(is_drift, is_process)
    horizon = np.arange(1, YEARS + 1)
    expected = 1.3 * (is_process * horizon + is_drift * horizon**2 / 5)
    np.testing.assert_allclose(path.isel(component=0).var("draw", ddof=1), expected, rtol=4 * np.sqrt(2 / DRAWS))
    np.testing.assert_array_less(
        abs(path.isel(component=0).mean("draw") + 7 + 1.4 * horizon), 4 * np.sqrt(expected / DRAWS)
    )


def test_components_move_together():
    steps = np.random.default_rng(3).multivariate_normal([-0.02, 0.001], [[4e-4, 3e-5], [3e-5, 9e-6]], 40)
    walk = fit_random_walk(index(np.cumsum(steps, axis=0).T.tolist()))
    step = sample(False, True, walk).diff("year").isel(year=0)
    np.testing.assert_allclose(
        np.cov(step.transpose("component", "draw")), walk.covariance, rtol=0.06, atol=4 * 2e-2 * 3e-3 / np.sqrt(DRAWS)
    )


def test_first_draws_do_not_depend_on_their_number():
    np.testing.assert_array_equal(sample(True, True, draws=100), sample(True, True, draws=1000).isel(draw=slice(100)))


def test_fitted_jump_off_continues_the_fit_and_observed_the_data():
    noisy = RATE * np.exp(0.05 * np.sin(np.arange(180.0)).reshape(12, 15))
    model = fit_lee_carter_svd(noisy)
    last, still = noisy.isel(year=-1, drop=True), model.index.isel(year=-1, drop=True).expand_dims(year=[2015])
    fitted = project_rates(model, still, fitted_jump_off(model)).sel(year=2015)
    observed = project_rates(model, still, observed_jump_off(model, last)).sel(year=2015)
    np.testing.assert_allclose(observed, last, rtol=1e-12)
    np.testing.assert_allclose(fitted, model.rate(model.predictor(model.index)).isel(year=-1), rtol=1e-12)
    assert float(abs(fitted - observed).max()) > 1e-4


def test_missing_year_is_refused():
    with pytest.raises(
        AssumptionError, match=r"random walk: the years are not consecutive, found \[2000, 2001, 2003\]"
    ):
        fit_random_walk(index([[0.0, 1.0, 2.0, 3.0]]).sel(year=[2000, 2001, 2003]))


def test_short_index_is_refused():
    with pytest.raises(AssumptionError, match="random walk: 2 steps are too few for 1 components"):
        fit_random_walk(index([[0.0, 1.0, 2.0]]))


def test_observed_rate_of_zero_is_refused():
    model = fit_lee_carter_svd(RATE)
    with pytest.raises(AssumptionError, match="must lie strictly between their limits"):
        observed_jump_off(model, RATE.isel(year=-1, drop=True) * 0)
