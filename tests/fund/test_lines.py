"""Every line of every fund against the closed year it starts from, and against the formula of DOMAIN by hand."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.fund.assistance_money import money_by_source
from actuarial.people import People, project_people
from actuarial.projection import collect_flows
from actuarial.schema import ALL_LINES
from tests.tiny_city import ACCOUNT_SHARE, COLLECTION, EMPLOYER_RATE, OWN_RATE, REGIONS, contribution_base, wobble_of

LAST = 2025
STANDARD = ("individual_contribution", "collective_support", "assisted_contribution", "fiscal_assisted_contribution")


def still(basis: Basis) -> tuple[xr.DataArray, xr.DataArray]:
    """No growth and no shock: the central path and one draw of deviations, all zero."""
    central = xr.zeros_like(basis.trends.central)
    return central, central.expand_dims(draw=[0])


def money_of(basis: Basis) -> dict[str, xr.DataArray]:
    """Assistance money of the same year and draw."""
    return money_by_source(basis, *still(basis), None)


def frozen(basis: Basis) -> People:
    """The members of the last closed year and their cost, again in every forecast year."""
    people = project_people(basis)
    years = [LAST, *basis.years]

    def held(array: xr.DataArray) -> xr.DataArray:
        return xr.concat([array.sel(year=LAST, drop=True)] * len(years), dim="year").assign_coords(year=years)

    births = xr.ones_like(people.births)
    return replace(people, members=held(people.members), expected=held(people.expected), births=births)


@pytest.fixture(scope="module")
def repeated(tiny_basis) -> xr.DataArray:
    with xr.set_options(arithmetic_join="exact"):
        return collect_flows(tiny_basis, frozen(tiny_basis), None, money_of(tiny_basis), *still(tiny_basis)).isel(
            draw=0, year=0, drop=True
        )


@pytest.mark.parametrize("fund", ["employee_pooled", "employee_account", "resident_pooled", "assistance"])
def test_year_without_change_repeats_the_accounts_of_the_last(repeated, tiny_basis, fund):
    """Second derivation: with the same people, prices and rules every line is the published one; standards apart."""
    published = tiny_basis.history.ledger.sel(year=LAST, fund=fund, drop=True)
    moved = ("interest", "opening_balance", "closing_balance", "fiscal_subsidy", *STANDARD, "subsidised_enrolment")
    lines = [line for line in ALL_LINES if line not in moved]
    if not fund.startswith("resident"):
        lines += ["fiscal_subsidy"]
    held = [line for line in lines if bool(published.sel(line=line).notnull().any())]
    assert held
    # amounts of up to a hundred million yuan, added up and divided again in float64
    np.testing.assert_allclose(repeated.sel(fund=fund, line=held), published.sel(line=held), rtol=1e-10)


def test_resident_financing_follows_the_standard(repeated, tiny_basis):
    published = tiny_basis.history.ledger.sel(year=LAST, fund="resident_pooled", drop=True)
    for line in ("individual_contribution", "fiscal_subsidy"):
        standard = tiny_basis.policy.value(line, "resident", "339901", LAST)
        growth = tiny_basis.policy.value("financing_growth", "resident", "339901", 2026)
        latest = tiny_basis.policy.dated(line, "resident", "339901", 2026)
        ahead = latest.value * (1 + growth if latest.from_year < 2026 else 1)
        expected = published.sel(line=line) * ahead / standard
        np.testing.assert_allclose(repeated.sel(fund="resident_pooled", line=line), expected, rtol=1e-12)


def test_contributions_are_members_base_rate_and_collection(tiny_basis):
    """By hand from the figures that the tiny city is made of; accounts take their share of it."""
    people = project_people(tiny_basis)
    flows = (
        collect_flows(tiny_basis, people, None, money_of(tiny_basis), *still(tiny_basis))
        .isel(draw=0, drop=True)
        .sel(year=2026, drop=True)
    )
    lines = ["employer_contribution", "own_contribution", "flexible_contribution"]
    received = flows.sel(fund=["employee_pooled", "employee_account"], line=lines).sum("line")
    active = people.members.sel(status="active", year=2026, drop=True)
    collected = xr.DataArray(
        [COLLECTION * wobble_of(region, LAST) for region in REGIONS], dims="region", coords={"region": list(REGIONS)}
    )
    by_hand = active * contribution_base(LAST) * (EMPLOYER_RATE + OWN_RATE) * collected
    # the accounts of the tiny city are whole fen of whole persons
    np.testing.assert_allclose(received.sum("fund"), by_hand, rtol=1e-6)
    np.testing.assert_allclose(received.sel(fund="employee_account"), by_hand * ACCOUNT_SHARE, rtol=1e-6)


def test_retirees_pay_no_contribution(tiny_basis):
    people = frozen(tiny_basis)
    more = people.members.where(people.members["status"] != "retired", people.members * 2)
    both = [
        collect_flows(tiny_basis, replace(people, members=members), None, money_of(tiny_basis), *still(tiny_basis)).sel(
            fund="employee_pooled", line="employer_contribution"
        )
        for members in (people.members, more)
    ]
    np.testing.assert_array_equal(both[0], both[1])
