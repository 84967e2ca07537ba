import numpy as np
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from actuarial.settlement.adjustment_fund import settle_adjustment_funds
from actuarial.settlement.adjustment_rule import preset
from actuarial.settlement.comparison import balance_after, gains_per_head
from actuarial.settlement.one_fund import settle_one_fund


def table(values: list) -> xr.DataArray:
    return xr.DataArray(values, dims=("draw", "region", "year"), coords={"year": [2026, 2027]})


def test_balances_carry_transfers_and_dearer_benefits_on():
    closing, transfer, extra = table([[[100, 200]]]), table([[[-10, 5]]]), table([[[1, 2]]])
    np.testing.assert_array_equal(balance_after(closing, transfer, extra), [[[89, 192]]])


def test_winners_and_losers_per_head():
    """Fen 400 and 200 over members 2 and 1, and one draw in two where the region pays 300 in each year."""
    transfer = table([[[400, 200]], [[-300, -300]]])
    members = xr.DataArray([[2.0, 1.0]], dims=("region", "year"), coords={"year": [2026, 2027]})
    found = gains_per_head(transfer, members)
    np.testing.assert_allclose(found["by_year"], [[(2 - 1.5) / 2, (2 - 3) / 2]], rtol=1e-12)
    np.testing.assert_allclose(found["over_all"], [(2 - 2) / 2], atol=1e-12)
    np.testing.assert_array_equal(found["gaining_share"], [0.5])


amounts = arrays("int64", (3, 3, 4), elements=st.integers(1, 10**13))


@settings(max_examples=40)
@given(amounts, amounts)
def test_money_of_the_city_is_the_same_after_every_step(revenue, spending):
    """Only its place changes: with the adjustment fund beside the regions, the city has what it had."""
    coords = {"region": ["a", "b", "c"], "year": range(2026, 2030)}
    income, outgo = (xr.DataArray(side, dims=("draw", "region", "year"), coords=coords) for side in (revenue, spending))
    closing, none = (income - outgo).cumsum("year"), xr.zeros_like(outgo)
    one = settle_one_fund(income, outgo, income + 7, 1.0, xr.full_like(income["region"], "x"))
    xr.testing.assert_equal(balance_after(closing, one["transfer"], none).sum("region"), closing.sum("region"))
    shared = settle_adjustment_funds(
        {"city": preset("zhejiang", "resident")}, dict.fromkeys("abc", "city"), income, outgo, None
    )
    held = balance_after(closing, shared["transfer"], none).sum("region") + shared["balance"].sum("fund")
    xr.testing.assert_equal(held, closing.sum("region"))
