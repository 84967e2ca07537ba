import numpy as np
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from actuarial.fund.ledger import close_ledger, side_total
from actuarial.schema import ALL_LINES, FUNDS, ledger_lines

YEARS = [2026, 2027]


def no_flows(draws: int = 1) -> xr.DataArray:
    shape = (draws, 1, len(FUNDS), len(ALL_LINES), len(YEARS))
    return xr.DataArray(
        np.full(shape, np.nan),
        dims=("draw", "region", "fund", "line", "year"),
        coords={"draw": np.arange(draws), "region": ["r"], "fund": list(FUNDS), "line": list(ALL_LINES), "year": YEARS},
    )


def opening_of(fen: int) -> xr.DataArray:
    return xr.DataArray(
        np.full((1, len(FUNDS)), fen), dims=("region", "fund"), coords={"region": ["r"], "fund": list(FUNDS)}
    )


def rate(value: float) -> xr.DataArray:
    return xr.DataArray([[value] * 2], dims=("region", "year"), coords={"region": ["r"], "year": YEARS})


def test_hand_worked_assistance_fund():
    """Opening 100.00; income 60.00 a year, aid 50.00; interest 2% of (opening + half of the net flow), to the fen.

    2026: net 10.00, interest 2% x 105.00 = 2.10, closing 112.10.
    2027: net 10.00, interest 2% x 117.10 = 2.342, so 2.34; closing 124.44.
    """
    flows = no_flows()
    for line, amount in (("local_budget", 60.0), ("inpatient_assistance", 50.0), ("interest", 0.0)):
        flows.loc[{"fund": "assistance", "line": line}] = amount
    fund = close_ledger(flows, opening_of(10_000), rate(0.02)).sel(fund="assistance", region="r", draw=0)
    np.testing.assert_array_equal(fund.sel(line="interest"), [210, 234])
    np.testing.assert_array_equal(fund.sel(line="opening_balance"), [10_000, 11_210])
    np.testing.assert_array_equal(fund.sel(line="closing_balance"), [11_210, 12_444])


def test_fund_in_deficit_earns_no_interest_and_is_charged_none():
    flows = no_flows()
    flows.loc[{"fund": "assistance", "line": "inpatient_assistance"}] = 50.0
    flows.loc[{"fund": "assistance", "line": "interest"}] = 0.0
    fund = close_ledger(flows, opening_of(-10_000), rate(0.02)).sel(fund="assistance", region="r", draw=0)
    np.testing.assert_array_equal(fund.sel(line="interest"), [0, 0])
    np.testing.assert_array_equal(fund.sel(line="closing_balance"), [-15_000, -20_000])


def test_fund_without_an_interest_line_gets_no_interest():
    flows = no_flows()
    flows.loc[{"fund": "resident_pooled", "line": "revenue_undivided"}] = 10.0
    fund = close_ledger(flows, opening_of(10_000), rate(0.02)).sel(fund="resident_pooled", region="r", draw=0)
    np.testing.assert_array_equal(fund.sel(line="closing_balance"), [11_000, 12_000])


@given(arrays("float64", (2, len(ALL_LINES), 2), elements=st.floats(0, 1e11)), st.integers(-(10**13), 10**13))
def test_ledger_closes_to_the_fen_in_every_draw_fund_and_year(amounts, start):
    flows = no_flows(2)
    for fund, (scheme, _) in FUNDS.items():
        lines = [line for line in ledger_lines(scheme) if not line.endswith("_balance")]
        index = [ALL_LINES.index(line) for line in lines]
        flows.loc[{"fund": fund, "line": lines}] = amounts[:, None, index, :]
    ledger = close_ledger(flows, opening_of(start), rate(0.015))
    level = ledger.sel(line=["from_above", "from_below"]).sum("line") - ledger.sel(line=["to_above", "to_below"]).sum(
        "line"
    )
    opening, closing = ledger.sel(line="opening_balance", drop=True), ledger.sel(line="closing_balance", drop=True)
    assert ((opening + side_total(ledger, "revenue") + level - side_total(ledger, "spending")) == closing).all()
    assert (opening.sel(year=2027, drop=True) == closing.sel(year=2026, drop=True)).all()
    assert (opening.sel(year=2026) == start).all()


@given(st.integers(-(10**13), 10**13), st.floats(0, 1e11), st.floats(0, 1e11))
def test_account_never_covers_the_pool(start, credited, spent):
    """Whatever an account holds, gets or pays, every other fund ends as before, in deficit or not."""
    flows = no_flows()
    flows.loc[{"fund": "employee_pooled", "line": ["benefit_inpatient", "interest"]}] = 50.0
    flows.loc[{"fund": "employee_account", "line": ["own_contribution", "interest"]}] = 10.0
    before = close_ledger(flows, opening_of(-10_000), rate(0.02))
    flows.loc[{"fund": "employee_account", "line": "own_contribution"}] = credited
    flows.loc[{"fund": "employee_account", "line": "benefit_outpatient"}] = spent
    opening = opening_of(-10_000)
    opening.loc[{"fund": "employee_account"}] = start
    after = close_ledger(flows, opening, rate(0.02))
    others = ["employee_pooled", "resident_pooled", "assistance"]
    assert (after.sel(fund=others) == before.sel(fund=others)).all()
    assert (after.sel(fund="employee_pooled", line="closing_balance") < 0).all()


def test_timing_of_money_moves_interest_alone():
    """Opening 100.00, nothing moves, 50.00 less on deposit on average: 2% of 50.00 is 1.00."""
    flows = no_flows()
    flows.loc[{"fund": "assistance", "line": "interest"}] = 0.0
    timing = xr.zeros_like(flows.isel(line=0, drop=True).fillna(0.0)) - 50.0
    fund = close_ledger(flows, opening_of(10_000), rate(0.02), timing).sel(fund="assistance", region="r", draw=0)
    np.testing.assert_array_equal(fund.sel(line="interest"), [100, 102])
