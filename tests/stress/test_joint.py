"""The mildest joint shock against funds that are linear in normal shocks, whose nearest point is known."""

import numpy as np
import xarray as xr

from actuarial.stress.joint import FURTHEST, mildest_shock, principal_shocks

COVARIANCE = np.array([[4.0, 1.0], [1.0, 2.0]])
FACTOR = np.linalg.cholesky(COVARIANCE)
SLOPE = np.array([3.0, -1.0])


def balances(weights: np.ndarray) -> np.ndarray:
    """Years 1 and 2 of three funds: 10 + c x and 8 + c x; 1000 + c x; exhausted."""
    moved = weights @ FACTOR.T @ SLOPE
    near = np.stack([10 + moved, 8 + moved], -1)
    return np.stack([near, near + 1000, near - 1000], axis=1)


def test_mildest_shock_of_a_linear_balance_is_the_closed_form():
    """Distance b / sqrt(c' S c), at x = -b S c / (c' S c): 8 / sqrt(32), in the second year."""
    distance, point, year = mildest_shock(balances, 2)
    spread = SLOPE @ COVARIANCE @ SLOPE
    # linear: only the rounding of the differences remains
    np.testing.assert_allclose(distance[0], 8 / np.sqrt(spread), rtol=1e-9)
    np.testing.assert_allclose(FACTOR @ point[0], -8 * COVARIANCE @ SLOPE / spread, rtol=1e-9)
    assert year[0] == 1


def test_fund_out_of_reach_and_fund_already_exhausted():
    distance = mildest_shock(balances, 2)[0]
    assert 1000 / np.sqrt(SLOPE @ COVARIANCE @ SLOPE) > FURTHEST
    assert (distance[1], distance[2]) == (np.inf, 0.0)


def test_curved_balance_is_met_where_the_circle_touches_it():
    """exp(x) + exp(y) = 1 is nearest to zero at x = y = -log 2."""
    distance, point, _ = mildest_shock(lambda weights: (np.exp(weights).sum(1) - 1)[:, None, None], 2)
    # the search rests within a hundredth
    np.testing.assert_allclose(point[0], -np.log(2), atol=0.01)
    np.testing.assert_allclose(distance, np.sqrt(2) * np.log(2), atol=0.01)


def test_directions_have_the_covariance_of_the_paths():
    rng = np.random.default_rng(1)
    paths = xr.DataArray(rng.normal(size=(500, 3)) @ rng.normal(size=(3, 3)), dims=("draw", "year"))
    found = principal_shocks(paths).transpose("component", "year").values
    whole = np.cov(paths.values.T)
    # what is left out holds at most a hundredth of the variance
    np.testing.assert_allclose(found.T @ found, whole, atol=0.01 * np.trace(whole))
