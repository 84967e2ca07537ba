import numpy as np
import pytest
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.fund.commitments import commitments
from actuarial.schema import ALL_LINES, CARE_LINES, FUNDS
from tests.decided import decided
from tests.tiny_city import CITY


def flows_of(basis, **lines: float) -> xr.DataArray:
    """The same amount of each line in every fund, region and year of one draw; lines not named are not held."""
    regions = basis.history.ledger["region"].values
    coords = {"draw": [0], "region": regions, "fund": list(FUNDS), "line": list(ALL_LINES), "year": basis.years}
    flows = xr.DataArray(np.nan, dims=tuple(coords), coords=coords)
    for line, amount in lines.items():
        flows.loc[{"line": line}] = amount
    return flows


def held(basis, flows: xr.DataArray) -> xr.DataArray:
    found = commitments(basis, flows)
    assert found is not None
    return found


def test_without_rules_nothing_is_held(tiny_basis):
    assert commitments(tiny_basis, flows_of(tiny_basis, benefit_inpatient=12.0)) is None


def test_a_lag_of_two_months_owes_a_sixth_of_the_years_care(tiny_basis):
    """Care 120 + 60 a year: 30 owed at two months. Critical illness is a premium and owed to no hospital."""
    basis = decided(tiny_basis, {(CITY, "employee", "settlement_lag", ""): 2.0})
    flows = flows_of(basis, benefit_inpatient=120.0, benefit_outpatient=60.0, critical_illness=99.0)
    owed = held(basis, flows).sel(commitment="outstanding", year_end=basis.years)
    np.testing.assert_allclose(owed.sel(fund="employee_pooled"), 30.0, rtol=1e-12)
    assert (owed.sel(fund=["employee_account", "resident_pooled", "assistance"]) == 0).all()


def test_the_last_closed_year_is_owed_by_its_accounts(tiny_basis):
    basis = decided(tiny_basis, {(CITY, "all", "settlement_lag", ""): 1.0, (CITY, "all", "advance_payment", ""): 3.0})
    found = held(basis, flows_of(basis, benefit_inpatient=1.0)).sel(year_end=basis.last_year, draw=0)
    ledger = basis.history.ledger.sel(fund="resident_pooled", year=basis.last_year, line=list(CARE_LINES)).sum("line")
    resident = found.sel(fund="resident_pooled")
    np.testing.assert_allclose(resident.sel(commitment="outstanding"), ledger / 12, rtol=1e-12)
    np.testing.assert_allclose(resident.sel(commitment="advance"), ledger / 4, rtol=1e-12)


def test_contributions_arrive_in_the_year_before(tiny_basis):
    """100, then 110, then 120: 80% of each stands at the end of the year before it; after the last 5% more per head."""
    basis = decided(tiny_basis, {(CITY, "resident", "early_contribution_share", ""): 0.8})
    due = xr.DataArray(100.0 + 10 * np.arange(len(basis.years)), dims="year", coords={"year": basis.years})
    flows = flows_of(basis)
    flows.loc[{"fund": "resident_pooled", "line": "individual_contribution"}] = due
    early = held(basis, flows).sel(commitment="received_early", fund="resident_pooled", draw=0)
    wanted = [*(0.8 * due.values), 0.8 * float(due[-1]) * 1.05]
    for region in early["region"].values:
        np.testing.assert_allclose(early.sel(region=region), wanted, rtol=1e-12)


def test_early_contributions_without_their_line_are_refused(tiny_basis):
    basis = decided(tiny_basis, {(CITY, "resident", "early_contribution_share", ""): 0.8})
    with pytest.raises(AssumptionError) as error:
        commitments(basis, flows_of(basis))
    text = "early_contribution_share: the resident fund has no line individual_contribution to take it from"
    assert str(error.value) == text
