"""Every rule of deposits, timing, commitments and levels at once, in every draw of a whole projection, to the fen."""

import numpy as np
import pytest
import xarray as xr

from actuarial.budget.forms import amounts, budget_rows
from actuarial.fund.accrual import accrual
from actuarial.fund.ledger import side_total
from actuarial.projection import project
from actuarial.schema import LEVEL_INFLOWS, LEVEL_OUTFLOWS, SCHEME_FUND
from actuarial.simulation import simulate
from tests.decided import decided, treasury


@pytest.fixture(scope="module")
def basis(tiny_basis):
    return treasury(tiny_basis)


@pytest.fixture(scope="module")
def block(basis):
    return project(basis, 11, 0, 60)


@pytest.fixture(scope="module")
def plain(tiny_basis):
    return project(tiny_basis, 11, 0, 60)


def totals(block: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    """All that comes in and goes out of a fund with the levels: (draw, region, fund, year), fen."""
    ledger = block["ledger"]
    inflow = side_total(ledger, "revenue") + ledger.sel(line=list(LEVEL_INFLOWS)).sum("line")
    return inflow, side_total(ledger, "spending") + ledger.sel(line=list(LEVEL_OUTFLOWS)).sum("line")


def test_ledger_closes_with_every_flow_between_levels(block):
    ledger, (inflow, outflow) = block["ledger"], totals(block)
    levels = ledger.sel(line=[*LEVEL_INFLOWS, *LEVEL_OUTFLOWS], fund=list(SCHEME_FUND.values()))
    assert (levels > 0).all()
    opening, closing = (ledger.sel(line=f"{name}_balance", drop=True) for name in ("opening", "closing"))
    assert (opening + inflow - outflow == closing).all()
    assert (opening.isel(year=slice(1, None)).values == closing.isel(year=slice(None, -1)).values).all()


def test_levels_never_reach_personal_accounts(block):
    levels = block["ledger"].sel(line=[*LEVEL_INFLOWS, *LEVEL_OUTFLOWS], fund="employee_account")
    assert (levels == 0).all()


def test_cash_closes_in_every_draw_region_and_year(block):
    inflow, outflow = totals(block)
    closing = block["closing_balance"]
    found = accrual(inflow, outflow, closing, block["commitments"])
    opening = block["ledger"].sel(line="opening_balance", drop=True)
    start = (
        block["commitments"].isel(year_end=slice(None, -1)).rename(year_end="year").assign_coords(year=closing["year"])
    )
    before = opening - start.sel(commitment="advance", drop=True) + start.sel(commitment="received_early", drop=True)
    assert (before + found["cash_in"] - found["cash_out"] == found["cash_balance"]).all()


def test_incurred_less_paid_telescopes_in_every_draw(block):
    inflow, outflow = totals(block)
    incurred = accrual(inflow, outflow, block["closing_balance"], block["commitments"])["incurred_spending"]
    owed = block["commitments"].sel(commitment="outstanding", drop=True)
    assert ((incurred - outflow).sum("year") == owed.isel(year_end=-1) - owed.isel(year_end=0)).all()
    assert (owed.sel(fund="employee_pooled") > 0).all()


def test_commitments_move_no_line_but_interest(tiny_basis, plain):
    city = tiny_basis.policy.city
    rules = {(city, "all", "settlement_lag", ""): 2.0, (city, "employee", "advance_payment", ""): 1.0}
    held = project(decided(tiny_basis, rules), 11, 0, 60)
    own = [line for line in plain["line"].values if line not in ("interest", "opening_balance", "closing_balance")]
    assert (held["ledger"].sel(line=own) == plain["ledger"].sel(line=own)).all()
    interest = held["ledger"].sel(line="interest") - plain["ledger"].sel(line="interest")
    assert (interest.sel(fund="employee_pooled") < 0).all()
    assert (interest.sel(fund=["employee_account", "resident_pooled", "assistance"]) == 0).all()


def test_forms_carry_the_levels_and_close(basis):
    run = simulate(basis, 11, 40)
    form = budget_rows(amounts(run), "city", "resident", "resident_pooled")["amount"]
    names = ("from_above", "from_below", "to_above", "to_below")
    wanted = [round(100 * sum(12_345.67 * n + 10_000.01 * place for n in (1, 2))) for place in range(4)]
    np.testing.assert_array_equal(form.sel(row=list(names)).isel(year=2), wanted)
    closing = form.sel(row="opening_balance") + form.sel(row="revenue_total") - form.sel(row="spending_total")
    assert (form.sel(row="closing_balance") == closing).all()


def test_run_keeps_what_is_owed_by_draw_and_the_rest_as_means(basis, block):
    run = simulate(basis, 11, 60)
    owed = block["commitments"].sel(commitment="outstanding", drop=True).isel(year_end=slice(1, None))
    np.testing.assert_array_equal(run["outstanding"], owed.rename(year_end="year").transpose(*run["outstanding"].dims))
    np.testing.assert_allclose(run["commitments_region"], block["commitments"].mean("draw"), rtol=1e-12)
