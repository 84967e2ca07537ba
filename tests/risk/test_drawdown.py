import numpy as np
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm

from actuarial.risk.drawdown import drawdown_parts, first_year_loss, maximum_drawdown


def path(values: np.ndarray | list) -> xr.DataArray:
    return xr.DataArray(np.atleast_2d(values), dims=("draw", "year"))


def test_drawdown_is_the_deepest_fall_below_the_opening_balance():
    opening = xr.DataArray(100)
    np.testing.assert_array_equal(maximum_drawdown(opening, path([[90, 120, 70, 95], [110, 130, 120, 101]])), [30, 0])


def test_loss_of_the_first_year_may_be_a_surplus():
    np.testing.assert_array_equal(first_year_loss(xr.DataArray(100), path([[90, 0], [110, 0]])), [10, -10])


def test_drawdown_of_a_random_walk_follows_the_reflection_principle():
    """P(max fall over t steps >= 30) = P(S >= 30) + P(S > 30): 400 steps of a fair walk of unit steps.

    Feller (1968), An Introduction to Probability Theory, volume I, chapter III.
    """
    steps, draws, deep = 400, 40_000, 30
    walk = np.random.Generator(np.random.Philox(7)).choice([-1, 1], size=(draws, steps)).cumsum(axis=1)
    share = float((maximum_drawdown(xr.DataArray(0), path(walk)) >= deep).mean())
    # S of 400 steps is even: P(S >= 30) + P(S > 30), by the normal law with the continuity step of an even lattice
    expected = norm.sf(29 / 20) + norm.sf(31 / 20)
    assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / draws)


def test_parts_are_the_falls_of_the_regions_in_the_year_of_the_deepest_common_fall():
    """Common balance 200, then 180, 150, 190: deepest in the second year, where a has lost 60 and b has gained 10."""
    closing = xr.DataArray([[[70, 40, 80], [110, 110, 110]]], dims=("draw", "region", "year"))
    parts = drawdown_parts(xr.DataArray([100, 100], dims="region"), closing)
    np.testing.assert_array_equal(parts, [[60, -10]])


balances = arrays("int64", (5, 3, 6), elements=st.integers(-(10**14), 10**14))


@given(balances, arrays("int64", 3, elements=st.integers(0, 10**14)))
def test_parts_add_up_to_the_common_drawdown_in_every_draw(values, start):
    closing = xr.DataArray(values, dims=("draw", "region", "year"))
    opening = xr.DataArray(start, dims="region")
    common = maximum_drawdown(opening.sum("region"), closing.sum("region"))
    xr.testing.assert_equal(drawdown_parts(opening, closing).sum("region"), common)


@given(arrays("int64", (5, 6), elements=st.integers(-(10**14), 10**14)), st.integers(0, 10**14))
def test_fund_with_its_drawdown_added_never_falls_below_its_opening_balance(closing, opening):
    drawdown = maximum_drawdown(xr.DataArray(opening), path(closing))
    assert (path(closing) + drawdown >= opening).all()
