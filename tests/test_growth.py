"""What the growth of benefits is made of: against the accounts it explains, and worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.evaluation.decomposition import FACTORS
from actuarial.growth import growth_parts
from actuarial.people import project_people
from actuarial.projection import project
from actuarial.schema import STATUSES
from actuarial.simulation import simulate
from tests.layered_city import BENEFITS, LAST, REFORM, central_payers, frozen, layered_basis, reformed_basis

DRAWS = 20


@pytest.fixture(scope="module")
def basis() -> Basis:
    return layered_basis()


@pytest.fixture(scope="module")
def drawn(basis: Basis) -> xr.Dataset:
    with xr.set_options(arithmetic_join="exact"):
        return project(basis, 1, 0, DRAWS)


@pytest.fixture(scope="module")
def reformed_draws() -> xr.Dataset:
    with xr.set_options(arithmetic_join="exact"):
        return project(reformed_basis(), 1, 0, DRAWS)


def central_parts(basis: Basis, people=None, rules=None) -> xr.DataArray:
    central = basis.trends.central
    parts = growth_parts(basis, people or project_people(basis), rules, central, xr.zeros_like(central))
    assert parts is not None
    return parts


def benefit_change(basis: Basis, ledger: xr.DataArray) -> xr.DataArray:
    """Change of the benefits in the accounts since the last closed year: (draw, region, scheme, year), fen."""
    parts = []
    for scheme in STATUSES:
        lines = {"fund": f"{scheme}_pooled", "line": BENEFITS}
        last = (basis.history.ledger.sel(year=LAST, drop=True).sel(lines) * 100).round().sum("line")
        parts.append((ledger.sel(lines).sum("line") - last).drop_vars("fund"))
    return xr.concat(parts, dim="scheme").assign_coords(scheme=list(STATUSES))


@pytest.mark.parametrize("name", ["drawn", "reformed_draws"])
def test_parts_add_up_to_the_change_of_benefits(name, request, basis):
    """In every draw, region and year; the accounts round two lines of benefits where the parts round their sum."""
    dataset = request.getfixturevalue(name)
    whole = dataset["growth"].sum("factor")
    change = benefit_change(basis, dataset["ledger"]).transpose(*whole.dims)
    assert dataset["growth"].dtype == np.int64
    assert int(abs(whole - change).max()) <= 1
    assert int(abs(whole).min()) > 1000


def test_parts_are_those_of_the_log_mean_by_hand(basis):
    people = project_people(basis)
    parts = central_parts(basis, people)
    place = {"region": "339902", "scheme": "resident", "year": 2030}
    heads = people.members.sel(region="339902", status=list(STATUSES["resident"])).sum("status")
    cost = people.expected.sel(region="339902", scheme="resident").sum("service")
    trend = float(np.exp(basis.trends.central.sel(series="resident_cost", region="339902", year=2030)))
    before, after = float(cost.sel(year=LAST)), float(cost.sel(year=2030)) * trend
    mean = (after - before) / np.log(after / before) * 100
    members = float(heads.sel(year=2030) / heads.sel(year=LAST))
    per_member = float(cost.sel(year=2030) / cost.sel(year=LAST)) / members
    by_hand = {
        "enrolment": mean * np.log(members),
        "age_structure": mean * np.log(per_member),
        "intensity": mean * 5 * np.log(1.02),
        "price_technology": mean * (np.log(trend) - 5 * np.log(1.02)),
        "policy": 0.0,
    }
    assert parts["factor"].values.tolist() == list(FACTORS) == list(by_hand)
    for name, value in by_hand.items():
        # half a fen each for five factors and for the totals at both ends
        assert float(parts.sel(place).sel(factor=name)) == pytest.approx(value, abs=4)


def test_nothing_is_of_people_who_stand_still(basis):
    parts = central_parts(basis, frozen(project_people(basis)))
    np.testing.assert_array_equal(parts.sel(factor=["enrolment", "age_structure"]), 0)
    assert bool((parts.sel(factor="intensity") > 0).all())


def test_ageing_is_that_of_the_cost_of_a_member(basis):
    """The sign of its part is that of the growth of cost per member at the prices of the base year."""
    people = project_people(basis)
    parts = central_parts(basis, people).sel(factor="age_structure", drop=True)
    for scheme, statuses in STATUSES.items():
        heads = people.members.sel(status=list(statuses)).sum("status")
        per_member = people.expected.sel(scheme=scheme, drop=True).sum("service") / heads
        growth = np.log(per_member.sel(year=basis.years) / per_member.sel(year=LAST, drop=True))
        np.testing.assert_array_equal(np.sign(parts.sel(scheme=scheme)), np.sign(growth))


def test_policy_is_zero_without_a_change_of_rules(drawn):
    np.testing.assert_array_equal(drawn["growth"].sel(factor="policy"), 0)


def test_policy_begins_in_the_year_of_the_rule(drawn, reformed_draws):
    policy = reformed_draws["growth"].sel(factor="policy")
    np.testing.assert_array_equal(policy.sel(year=slice(None, REFORM - 1)), 0)
    assert bool((policy.sel(year=slice(REFORM, None)) > 0).all())
    before = {"year": slice(None, REFORM - 1)}
    np.testing.assert_array_equal(reformed_draws["growth"].sel(before), drawn["growth"].sel(before))


def test_a_scenario_of_spending_is_policy(basis):
    """Ten percent more spending for ever: the same log growth in every year, all of it policy."""
    raised = basis.factors.copy(deep=True)
    raised.loc[{"quantity": "spending", "scheme": "resident"}] = 1.1
    people = project_people(basis)
    parts = central_parts(replace(basis, factors=raised), people)
    shares = parts.sel(scheme="resident", factor="policy") / parts.sel(scheme="resident", factor="intensity")
    wanted = np.log(1.1) / (np.arange(1, 6) * np.log(1.02))
    np.testing.assert_allclose(shares, np.broadcast_to(wanted, shares.shape), rtol=1e-6)  # whole fen of a million yuan
    np.testing.assert_array_equal(parts.sel(scheme="employee", factor="policy"), 0)


def test_regions_add_up_to_the_city(basis):
    table = simulate(basis, 1, DRAWS)
    city = table["growth_city"].mean("draw")
    # sums of whole fen up to 1e10, divided by the number of draws in float64
    np.testing.assert_allclose(table["growth_region"].sum("region").transpose(*city.dims), city, rtol=1e-12)


def test_growth_is_not_divided_without_a_stated_intensity(tiny_basis):
    central = tiny_basis.trends.central
    assert growth_parts(tiny_basis, project_people(tiny_basis), None, central, xr.zeros_like(central)) is None


def test_rules_of_the_layers_are_the_policy_part(basis):
    """With people and trend at rest nothing but the rule is left to move the benefits."""
    own = reformed_basis()
    still = replace(own, trends=replace(own.trends, central=xr.zeros_like(own.trends.central)))
    rules = central_payers(still).rules
    assert rules is not None
    people = frozen(project_people(still))
    parts = central_parts(still, people, rules).sel(year=2030)
    others = ["enrolment", "age_structure"]
    np.testing.assert_array_equal(parts.sel(factor=others), 0)
    both = parts.sel(factor=["intensity", "price_technology"]).sum("factor")
    # a trend of nothing is stated intensity and as much less of price, each to half a fen
    assert int(abs(both).max()) <= 1
    base = people.expected.sel(year=LAST, drop=True).sum("service") * 100
    wanted = base * (rules.sel(year=2030, drop=True) - 1)
    np.testing.assert_allclose(parts.sel(factor="policy").transpose(*wanted.dims), wanted, rtol=0, atol=2)
