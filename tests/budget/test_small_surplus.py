"""A budget set on revenue: what is missing of the small surplus, by cutting or by raising."""

import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from actuarial.budget.small_surplus import small_surplus
from actuarial.errors import AssumptionError


def test_a_deficit_of_ten_with_a_target_of_two_percent() -> None:
    """1,000 received, 1,010 spent: cut to 980, or receive 1,010 / 0.98 = 1,030.61."""
    found = small_surplus(xr.DataArray(1000.0), xr.DataArray(1010.0), 0.02)
    assert not bool(found["is_met"])
    assert (int(found["cut"]), int(found["increase"])) == (30, 31)
    assert float(found["surplus_share"]) == pytest.approx(-0.01, rel=1e-12)


@given(st.integers(1, 10**13), st.integers(0, 10**13), st.integers(0, 99))
def test_either_way_out_meets_the_target(revenue: int, spending: int, percent: int) -> None:
    # In whole hundredths, so that the claim is not about the last bit of a float; one fen is left for it.
    found = small_surplus(xr.DataArray(revenue), xr.DataArray(spending), percent / 100)
    cut, increase = int(found["cut"]), int(found["increase"])
    assert 100 * (spending - cut) <= (100 - percent) * revenue + 100
    assert 100 * spending <= (100 - percent) * (revenue + increase) + 100
    if bool(found["is_met"]):
        assert cut == 0


def test_a_target_of_all_revenue_is_refused() -> None:
    with pytest.raises(AssumptionError, match=r"surplus_target 1 is not in \[0, 1\)"):
        small_surplus(xr.DataArray(1.0), xr.DataArray(1.0), 1.0)
