import numpy as np
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm

from actuarial.reserve import maximum_drawdown, risk_reserve


def path(values: np.ndarray | list) -> xr.DataArray:
    array = np.atleast_2d(values)
    return xr.DataArray(array, dims=("draw", "year"))


def test_drawdown_is_the_deepest_fall_below_the_opening_balance():
    opening = xr.DataArray(100)
    np.testing.assert_array_equal(maximum_drawdown(opening, path([[90, 120, 70, 95], [110, 130, 120, 101]])), [30, 0])


def test_reserve_is_a_drawn_value_that_the_stated_share_does_not_pass():
    drawdown = xr.DataArray(np.arange(1, 101), dims="draw")
    assert int(risk_reserve(drawdown, 0.95)) == 95
    assert int(risk_reserve(drawdown, 0.951)) == 96


def test_drawdown_of_a_random_walk_follows_the_reflection_principle():
    """P(max fall over t steps > x) is about 2 P(fall at t > x): 400 steps of a fair walk of unit steps, x = 30.

    Feller (1968), An Introduction to Probability Theory, volume I, chapter III: exactly P(S > 30) + P(S >= 30).
    """
    steps, draws, deep = 400, 40_000, 30
    walk = np.random.Generator(np.random.Philox(7)).choice([-1, 1], size=(draws, steps)).cumsum(axis=1)
    share = float((maximum_drawdown(xr.DataArray(0), path(walk)) >= deep).mean())
    # S of 400 steps is even: P(S >= 30) + P(S > 30), by the normal law with the continuity step of an even lattice
    expected = norm.sf(29 / 20) + norm.sf(31 / 20)
    assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / draws)


@given(arrays("int64", (5, 6), elements=st.integers(-(10**14), 10**14)), st.integers(0, 10**14))
def test_fund_with_its_drawdown_added_never_falls_below_its_opening_balance(closing, opening):
    drawdown = maximum_drawdown(xr.DataArray(opening), path(closing))
    assert (path(closing) + drawdown >= opening).all()
