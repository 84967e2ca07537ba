import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from actuarial.errors import AssumptionError
from actuarial.risk.accumulation import reserve_path


def by_year(values: list | np.ndarray) -> xr.DataArray:
    return xr.DataArray(values, dims="year", coords={"year": 2026 + np.arange(len(values))})


def test_hand_worked_path():
    """Balance 100, target 40, at most 10% of revenue 200 a year.

    2026: 110 left, 20 set aside. 2027: 20 more, full. 2028: balance 30, 30 - 40 lacking 10: released. 2029: balance 35,
    of which 30 reserved: 5 is all there is. 2030: 80, 5 lacking to 40. Then the target falls to 25: 15 go back.
    """
    closing = by_year([110, 120, 30, 35, 80, 90])
    target = by_year([40, 40, 40, 40, 40, 25])
    found = reserve_path(xr.DataArray(0), xr.DataArray(100), closing, by_year([200] * 6), target, 0.1)
    np.testing.assert_array_equal(found["set_aside"], [20, 20, 0, 5, 5, 0])
    np.testing.assert_array_equal(found["release"], [0, 0, 10, 0, 0, 0])
    np.testing.assert_array_equal(found["returned"], [0, 0, 0, 0, 0, 15])
    np.testing.assert_array_equal(found["reserve"], [20, 40, 30, 35, 40, 25])


amounts = arrays("int64", (4, 5), elements=st.integers(-(10**13), 10**13))


@settings(max_examples=40)
@given(amounts, arrays("int64", (4, 5), elements=st.integers(0, 10**13)), st.integers(0, 10**13), st.floats(0, 1))
def test_reserve_is_a_part_of_the_balance_and_accounts_for_every_fen(closing, revenue, target, rate):
    dims = {"dims": ("draw", "year"), "coords": {"year": range(5)}}
    balance = xr.DataArray(closing, **dims)
    found = reserve_path(
        xr.DataArray(5), xr.DataArray(10**12), balance, xr.DataArray(revenue, **dims), xr.DataArray(target), rate
    )
    before = found["reserve"].shift(year=1, fill_value=5)
    after = before + found["set_aside"] - found["release"] - found["returned"]
    xr.testing.assert_equal(after, found["reserve"])
    assert (found["reserve"] >= 0).all()
    assert (found["reserve"] <= balance.where(balance > 0, 0)).all()
    assert (found["reserve"] <= max(target, 5)).all()


def test_reserve_beyond_the_balance_is_refused():
    with pytest.raises(AssumptionError, match="reserve: what is brought in is negative or more than the fund holds"):
        reserve_path(xr.DataArray(5), xr.DataArray(4), by_year([1]), by_year([1]), xr.DataArray(9), 0.05)


def test_rate_in_percent_is_refused():
    with pytest.raises(AssumptionError, match=r"set_aside_rate 5: must lie in \[0, 1\]; it is a share of revenue"):
        reserve_path(xr.DataArray(0), xr.DataArray(4), by_year([1]), by_year([1]), xr.DataArray(9), 5.0)
