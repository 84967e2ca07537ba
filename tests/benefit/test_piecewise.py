from functools import partial
from math import inf

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from actuarial.benefit.piecewise import (
    Piecewise,
    combined,
    compose,
    constant,
    excess,
    lesser,
    limit,
    line,
    payment,
    segments,
    total,
)
from actuarial.errors import AssumptionError

# A handful of roundings of numbers of this size.
close = partial(pytest.approx, rel=1e-12, abs=1e-9)
AMOUNTS = xr.DataArray([0.0, 1.0, 799.99, 800.0, 801.0, 5_000.0, 39_999.0, 80_000.0, 2.5e6], dims="amount")


def rest(function: Piecewise) -> Piecewise:
    return combined((line(1.0), function), (1.0, -1.0))


def test_segments_pay_each_part_at_its_own_rate():
    """10,000 at 60%, 20,000 at 70%, the rest at 80%: 50,000 yuan give 6,000 + 14,000 + 16,000."""
    rule = segments([0, 10_000, 30_000], [10_000, 30_000, inf], [0.6, 0.7, 0.8])
    assert payment(rule, 50_000.0).item() == pytest.approx(36_000)
    assert rule == Piecewise((0, 10_000, 30_000), (0, 6_000, 20_000), 0.8)


def test_what_lies_between_and_below_segments_is_not_paid():
    rule = segments([1_000, 5_000], [2_000, 6_000], [0.5, 1.0])
    assert [payment(rule, amount).item() for amount in (900.0, 1_500.0, 4_000.0, 5_500.0, 9e9)] == [
        0,
        250,
        500,
        1_000,
        1_500,
    ]


def test_a_deductible_then_a_rate_then_a_cap():
    """min(0.75 max(x - 800, 0), 30,000): nothing up to 800, the cap from 40,800 on."""
    rule = compose(limit(30_000), compose(line(0.75), excess(800)))
    assert rule.breakpoints == (0.0, 800.0, 40_800.0)
    assert rule.values == (0.0, 0.0, 30_000.0)
    assert rule.last_slope == 0


def test_a_kink_takes_the_value_of_the_outer_function_exactly():
    rule = compose(limit(0.3), line(0.1))
    assert rule.values[-1] == 0.3


def test_a_cap_that_is_never_reached_changes_nothing():
    rule = segments([0, 4_000], [4_000, 9_000], [0.5, 0.6])
    assert compose(limit(5_001), rule) == rule
    assert compose(limit(inf), rule) == rule


def test_points_on_a_straight_line_go():
    assert total(excess(500), limit(500)) == line(1.0)
    assert rest(line(1.0)) == line(0.0)


def test_of_a_falling_piece_the_kinks_are_met_in_their_order():
    hill = Piecewise((0.0, 10.0, 20.0), (0.0, 10.0, 0.0), 0.0)
    outer = segments([2, 6], [4, inf], [1.0, 3.0])
    found = compose(outer, hill)
    assert found.breakpoints == (0, 2, 4, 6, 10, 14, 16, 18)
    assert found.values == (0, 0, 2, 2, 14, 2, 2, 0)


rates = st.floats(0, 1)


@st.composite
def payments(draw: st.DrawFn) -> Piecewise:
    """A rule as laws make them: segments at rates, above a deductible, up to a cap."""
    edges = sorted(draw(st.lists(st.integers(1, 200_000), min_size=1, max_size=4, unique=True)))
    shares = [draw(rates) for _ in range(len(edges) + 1)]
    of_excess = segments([0, *edges], [*edges, inf], shares)
    inner = compose(of_excess, excess(draw(st.integers(1, 5_000))))
    return compose(limit(draw(st.integers(1, 500_000))), inner)


amounts = st.lists(st.floats(0, 1e6) | st.just(1e9), min_size=1, max_size=8).map(
    lambda values: xr.DataArray(values, dims="amount")
)


@given(outer=payments(), inner=payments(), amount=amounts)
def test_composition_is_one_after_the_other(outer, inner, amount):
    expected = payment(outer, payment(inner, amount))
    assert payment(compose(outer, inner), amount).values == close(expected.values)


@given(first=payments(), second=payments(), amount=amounts, weight=st.floats(-2, 2))
def test_a_weighted_sum_is_the_sum_of_its_parts(first, second, amount, weight):
    expected = payment(first, amount) + weight * payment(second, amount)
    assert payment(combined((first, second), (1.0, weight)), amount).values == close(expected.values)


@given(first=payments(), second=payments() | st.floats(0, 1).map(line), amount=amounts)
def test_the_lesser_of_two_is_the_lesser_everywhere(first, second, amount):
    expected = xr.ufuncs.minimum(payment(first, amount), payment(second, amount))
    assert payment(lesser(first, second), amount).values == close(expected.values)
    assert payment(lesser(second, first), amount).values == close(expected.values)


def test_the_lesser_of_two_changes_over_where_they_cross():
    assert lesser(line(0.5), constant(400.0)) == Piecewise((0.0, 800.0), (0.0, 400.0), 0.0)
    assert lesser(segments([100], [inf], [1.0]), line(0.5)) == Piecewise((0, 100, 200), (0, 0, 100), 0.5)


def test_after_a_last_crossing_that_rounding_moves_the_lesser_is_the_one_that_rises_less():
    first, second = segments([0.7], [inf], [0.9]), line(0.8)
    assert lesser(first, second).last_slope == 0.8
    assert payment(lesser(second, first), 1_000.0).item() == close(800.0)


def test_terms_that_cancel_to_rounding_leave_nothing():
    assert combined((line(1.0), line(0.9), line(0.1)), (1.0, -1.0, -1.0)) == line(0.0)


@given(rule=payments(), amount=amounts)
def test_a_payment_and_its_rest_are_the_amount(rule, amount):
    assert (payment(rule, amount) + payment(rest(rule), amount)).values == close(amount.values)


@given(rule=payments(), second=payments())
def test_a_payment_of_the_rest_never_falls_and_never_passes_the_amount(rule, second):
    left = compose(rest(second), rest(rule))
    assert min(left.slopes) >= -1e-9  # a slope is a difference of roundings over the length of its piece
    assert max(left.slopes) <= 1 + 1e-9


def test_payment_has_the_dims_of_the_amount():
    found = payment(excess(800), AMOUNTS)
    np.testing.assert_array_equal(found, np.maximum(AMOUNTS - 800, 0))
    assert found.dims == AMOUNTS.dims
    assert found.attrs["units"] == "yuan"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: segments([0, 900], [1_000, inf], [0.5, 0.6]),
            r"segments: from 900 to inf after one that ends at 1000",
        ),
        (lambda: segments([0, 9], [inf, 10], [0.5, 0.6]), r"segments: from 9 to 10 after one that ends at inf"),
        (lambda: segments([5], [5], [0.5]), r"segments: from 5 to 5 after one that ends at 0; give them in order"),
        (lambda: Piecewise((1.0,), (0.0,), 0.0), r"breakpoints: \(1.0,\) and 1 values; as many, and the first is 0"),
        (lambda: Piecewise((0.0, 3.0, 3.0), (0.0, 1.0, 2.0), 0.0), r"breakpoints: \(0.0, 3.0, 3.0\) do not rise"),
        (lambda: line(inf), r"values: \(0.0,\) at \(0.0,\), then inf; not all finite"),
        (
            lambda: compose(excess(1), line(-0.5)),
            r"inner: as little as 0 yuan, then -0.5 a yuan; a payment is of no negative amount",
        ),
        (lambda: payment(line(1.0), AMOUNTS - 1), r"amount: 1 of 9 values negative, infinite or missing"),
    ],
)
def test_what_is_no_payment_is_refused(call, message):
    with pytest.raises(AssumptionError, match=message):
        call()
