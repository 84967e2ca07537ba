import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from actuarial.assistance.eligibility import entries_and_exits, follow_burden, recognised_persons, uncovered_months
from actuarial.errors import AssumptionError
from actuarial.schema import CATEGORIES

YEARS = np.arange(2025, 2030)


def stock(values) -> xr.DataArray:
    """(draw, region, category, year) from (category, year): one draw, one region."""
    table = np.asarray(values, float)[None, None]
    return xr.DataArray(
        table,
        dims=("draw", "region", "category", "year"),
        coords={"region": ["a"], "category": list(CATEGORIES[: table.shape[2]]), "year": YEARS[: table.shape[3]]},
    )


def rate(value: float) -> xr.DataArray:
    return xr.DataArray(value)


def region(values) -> xr.DataArray:
    table = np.asarray(values, float)[None]
    return xr.DataArray(table, dims=("region", "year"), coords={"region": ["a"], "year": YEARS[: table.shape[1]]})


ALL = stock([[100, 100, 100], [500, 500, 500], [300, 300, 300], [80, 90, 70]])


def test_impoverished_by_illness_follow_the_burden_and_nobody_else_does():
    moved = follow_burden(ALL, region([0.02, 0.03, 0.01]), region([10_000.0] * 3), "impoverished_by_illness")
    assert moved.sel(category="impoverished_by_illness").values.ravel().tolist() == [80, 135, 35]
    xr.testing.assert_equal(moved.sel(category="near_poor"), ALL.sel(category="near_poor"))


def test_constant_burden_leaves_the_drawn_persons():
    moved = follow_burden(ALL, region([0.02] * 3), region([10_000.0] * 3), "impoverished_by_illness")
    xr.testing.assert_equal(moved, ALL)


def test_entries_replace_exits_and_growth_by_hand():
    """100 -> 110 at 20% exits: 20 leave, 30 enter. 110 -> 70: nobody enters, 40 leave, more than the 22 of the rate."""
    flows = entries_and_exits(stock([[100, 110, 70]]), rate(0.2)).squeeze()
    np.testing.assert_allclose(flows["entries"], [30, 0])
    np.testing.assert_allclose(flows["exits"], [20, 40])


STOCKS = arrays(float, (2, 5), elements=st.floats(0, 1e6))


@settings(max_examples=40)
@given(STOCKS, st.floats(0, 1))
def test_stocks_follow_from_the_flows(values: np.ndarray, leaving: float):
    persons = stock(values)
    flows = entries_and_exits(persons, rate(leaving))
    before = persons.shift(year=1).isel(year=slice(1, None))
    after = before + flows["entries"] - flows["exits"]
    # sums of three numbers below 3e6: three roundings of 2^-52 of it
    np.testing.assert_allclose(after, persons.isel(year=slice(1, None)), rtol=0, atol=3e-9)
    assert bool((flows["entries"] >= 0).all())
    assert bool((flows["exits"] >= leaving * before - 3e-9).all())


@settings(max_examples=40)
@given(STOCKS, st.floats(0, 1), st.floats(0, 12), st.floats(0, 12))
def test_recognised_persons_stay_between_half_the_entitled_and_all_with_those_overdue(
    values, leaving, waiting, removal
):
    persons = stock(values)
    flows = entries_and_exits(persons, rate(leaving))
    now = persons.isel(year=slice(1, None))
    without = recognised_persons(persons, flows, rate(waiting), rate(0.0))
    assert bool((without >= now / 2 - 1e-8).all())
    assert bool((without <= now + 1e-8).all())
    assert bool((recognised_persons(persons, flows, rate(waiting), rate(removal)) >= without - 1e-8).all())


def test_no_lag_recognises_everybody_entitled():
    flows = entries_and_exits(ALL, rate(0.3))
    known = recognised_persons(ALL, flows, rate(0.0), rate(0.0))
    np.testing.assert_allclose(known, ALL.isel(year=slice(1, None)), rtol=1e-15)


def test_many_equal_years_follow_the_law_of_little():
    """1,000 entitled, a fifth replaced every year, six months to wait: 200 x 0.5 = 100 wait; overdue 200 x 0.25 = 50.

    Of those who waited at the end of the year before, a fifth has left.
    """
    persons = stock([[1000] * 5])
    flows = entries_and_exits(persons, rate(0.2))
    stayers = 200 * (0.5 - 0.125) + 200 * 0.8 * 0.125
    np.testing.assert_allclose(recognised_persons(persons, flows, rate(6.0), rate(0.0)), 1000 - stayers)
    np.testing.assert_allclose(recognised_persons(persons, flows, rate(0.0), rate(3.0)), 1050)


def test_queue_is_that_of_simulated_arrivals():
    """400,000 arrivals at even times of two years, 100 in the first for 300 in the second, nine months to wait."""
    rng = np.random.default_rng(1)
    arrivals = np.concatenate([rng.uniform(0, 1, 100_000), rng.uniform(1, 2, 300_000)])
    in_second_year = np.clip(np.minimum(arrivals + 0.75, 2) - np.maximum(arrivals, 1), 0, None)
    persons = stock([[0, 100_000, 400_000]])
    flows = entries_and_exits(persons, rate(0.0))
    known = recognised_persons(persons, flows, rate(9.0), rate(0.0)).sel(year=2027)
    error = in_second_year.std() * np.sqrt(len(arrivals))
    assert abs(float(400_000 - known.squeeze()) - in_second_year.sum()) < 4 * error


def test_look_back_makes_up_for_a_lag():
    lag = xr.DataArray([3.0, 6.0, 14.0], dims="category")
    uncovered = uncovered_months(lag, xr.DataArray([0.0, 12.0, 12.0], dims="category"))
    assert uncovered.values.tolist() == [3, 0, 2]


def test_what_is_impossible_is_refused():
    members, flows = region([10_000.0] * 3), entries_and_exits(ALL, rate(0.2))
    with pytest.raises(AssumptionError, match="no member is burdened in 2025"):
        follow_burden(ALL, region([0.0, 0.1, 0.1]), members, "impoverished_by_illness")
    with pytest.raises(AssumptionError, match=r"up to 1\.1900 of the resident members"):
        follow_burden(ALL, region([0.01, 0.012, 0.01]), region([900.0, 847.058823, 900.0]), "impoverished_by_illness")
    with pytest.raises(AssumptionError, match=r"exit rates from 1\.2 to 1\.2"):
        entries_and_exits(ALL, rate(1.2))
    with pytest.raises(AssumptionError, match="waiting from 13 to 13 months; from 0 to 12"):
        recognised_persons(ALL, flows, rate(13.0), rate(0.0))
