import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from actuarial.fund.accrual import accrual
from actuarial.schema import COMMITMENTS

YEARS = [2026, 2027]
MONEY = st.integers(0, 10**14)


def by_year(values: list[int]) -> xr.DataArray:
    return xr.DataArray(values, dims="year", coords={"year": YEARS})


def held(outstanding: list[int], advance: list[int], early: list[int]) -> xr.DataArray:
    return xr.DataArray(
        [outstanding, advance, early],
        dims=("commitment", "year_end"),
        coords={"commitment": list(COMMITMENTS), "year_end": [2025, *YEARS]},
    )


def test_hand_worked_memorandum():
    """Income 100, paid 90, balance 50 to 60; owed 20 to 26, advanced 5 to 8, received early 30 to 33."""
    found = accrual(by_year([100, 0]), by_year([90, 0]), by_year([60, 60]), held([20, 26, 0], [5, 8, 0], [30, 33, 0]))
    first = {name: int(table.sel(year=2026)) for name, table in found.data_vars.items()}
    assert first == {"cash_in": 103, "cash_out": 93, "cash_balance": 85, "incurred_spending": 96, "net_balance": 34}


@given(arrays("int64", (2, 2), elements=MONEY), arrays("int64", (3, 3), elements=MONEY), MONEY)
def test_cash_closes_and_incurred_telescopes(flows, stocks, opening):
    inflow, outflow = by_year(list(flows[0])), by_year(list(flows[1]))
    closing = opening + (inflow - outflow).cumsum("year")
    found = accrual(inflow, outflow, closing, held(*stocks.tolist()))
    cash = opening - stocks[1, 0] + stocks[2, 0]
    for year in YEARS:
        now = found.sel(year=year)
        cash = cash + now["cash_in"] - now["cash_out"]
        assert int(cash) == int(now["cash_balance"])
    owed = int((found["incurred_spending"] - outflow).sum())
    assert owed == stocks[0, -1] - stocks[0, 0]
