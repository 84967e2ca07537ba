"""Who pays: persons, cost and rules tied to the accounts, each against another way to the same figure."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.benefit.protection import AID, BASIC, summed_over
from actuarial.errors import AssumptionError
from actuarial.fund.assistance_money import money_by_source
from actuarial.payers import PAYERS, Payers, members_by_kind, pay_layers, payers_views
from actuarial.people import People, project_people
from actuarial.projection import collect_flows, project
from actuarial.schema import STATUSES
from actuarial.streams import BLOCK
from tests.layered_city import (
    BENEFITS,
    LAST,
    REFORM,
    central_payers,
    frozen,
    layered_basis,
    layers_of,
    payers_of,
    reformed_basis,
)

# the scale is a root found to rounding, of curves of up to sixty times the cost
ROOT = 1e-9


@pytest.fixture(scope="module")
def basis() -> Basis:
    return layered_basis()


@pytest.fixture(scope="module")
def people(basis: Basis) -> People:
    return project_people(basis)


@pytest.fixture(scope="module")
def payers(basis: Basis) -> Payers:
    with xr.set_options(arithmetic_join="exact"):
        return central_payers(basis)


@pytest.fixture(scope="module")
def changed() -> Payers:
    with xr.set_options(arithmetic_join="exact"):
        return central_payers(reformed_basis())


def flows_of(basis: Basis, people: People, payers: Payers | None) -> xr.DataArray:
    central = basis.trends.central
    still = xr.zeros_like(central).expand_dims(draw=[0])
    return collect_flows(basis, people, payers, money_by_source(basis, central, still, None), central, still).isel(
        draw=0, drop=True
    )


def accounts(basis: Basis) -> xr.DataArray:
    return basis.history.ledger.sel(year=LAST, drop=True)


def basic(payers: Payers) -> xr.DataArray:
    return payers.amount.sel(layer=list(BASIC)).sum("layer")


def test_kinds_add_up_to_members(payers, people):
    by_scheme = summed_over(payers.persons, "scheme")
    for scheme, statuses in STATUSES.items():
        members = people.members.sel(status=list(statuses)).sum("status")
        np.testing.assert_allclose(by_scheme.sel(scheme=scheme), members, rtol=1e-12)


def test_kinds_of_a_category_add_up_to_its_assisted_persons(payers, people):
    by_category = summed_over(payers.persons, "category")
    by_category = by_category.sel(category=people.assisted["category"]).transpose(*people.assisted.dims)
    np.testing.assert_allclose(by_category, people.assisted, rtol=1e-12)


def test_payers_add_up_to_in_scope_cost(payers, basis):
    """In-scope cost is persons times the fitted mean of their kind times the scale."""
    kinds = [f"{row['scheme']} {row['category']} {row['age']}" for row in layers_of(basis).record]
    mean = xr.zeros_like(payers.persons.isel(year=0, drop=True))
    for kind, row in zip(kinds, layers_of(basis).record, strict=True):
        mean.loc[{"region": row["region"], "kind": kind}] = row["mean_fitted"]
    cost = payers.persons * payers.scale * mean
    # cubics in the scale add up to a line exactly; eight layers are added in float64
    np.testing.assert_allclose(payers.amount.sum("layer"), cost, rtol=1e-11)


def test_base_year_comes_out_at_scale_one(payers):
    np.testing.assert_allclose(payers.scale.sel(year=LAST), 1.0, rtol=ROOT)


def test_basic_payment_of_a_person_grows_as_the_fund_and_the_age_do(payers, people, basis):
    """Trend times how much dearer the members of a broad age became, for every kind in it, assisted or not."""
    one = basic(payers) / payers.persons
    growth = one.sel(year=basis.years) / one.sel(year=LAST, drop=True)
    assert people.bands is not None
    per_head = people.bands["band_expected"] / people.bands["band_members"]
    for scheme in STATUSES:
        trend = np.exp(basis.trends.central.sel(series=f"{scheme}_cost", drop=True))
        own = growth.isel(kind=np.flatnonzero(growth["scheme"].values == scheme))
        for band in (0, 60):
            cost = per_head.sel(scheme=scheme, band=band, drop=True)
            ageing = cost.sel(year=basis.years) / cost.sel(year=LAST, drop=True)
            here = own.isel(kind=np.flatnonzero(own["band"].values == band)).transpose("kind", "region", "year")
            wanted = (trend * ageing * _brought(people, scheme)).transpose("region", "year")
            np.testing.assert_allclose(here, np.broadcast_to(wanted, here.shape), rtol=ROOT)


def _members(people: People, scheme: str) -> xr.DataArray:
    return people.members.sel(status=list(STATUSES[scheme]), year=LAST).sum("status")


def _brought(people: People, scheme: str) -> xr.DataArray:
    """Cost of a member at the end of the last closed year over that of the year, whose ages are not known."""
    assert people.bands is not None
    end = people.bands.sel(scheme=scheme, year=LAST, drop=True).sum("band")
    of_year = people.expected.sel(scheme=scheme, year=LAST, drop=True).sum("service") / _members(people, scheme)
    return (end["band_expected"] / end["band_members"] / of_year).drop_vars("year", errors="ignore")


def test_basic_payments_follow_the_accounts_where_people_stand_still(basis, people):
    """Summed over kinds: what the layer pays grows exactly as the benefits of the fund."""
    still = frozen(people)
    payers = payers_of(basis, still)
    flows = flows_of(basis, still, payers)
    by_scheme = summed_over(basic(payers), "scheme")
    for scheme in STATUSES:
        fund = {"fund": f"{scheme}_pooled", "line": BENEFITS}
        benefits = flows.sel(fund).sum("line") / accounts(basis).sel(fund).sum("line")
        own = by_scheme.sel(scheme=scheme, drop=True)
        index = own.sel(year=basis.years) / own.sel(year=LAST, drop=True)
        np.testing.assert_allclose(index, benefits.transpose(*index.dims), rtol=ROOT)


def test_critical_illness_and_aid_follow_their_layers(basis, people, payers):
    flows, last = flows_of(basis, people, payers), accounts(basis)
    residents = payers.amount.isel(kind=np.flatnonzero(payers.amount["scheme"].values == "resident"))
    for fund, line, layers, series in (
        ("resident_pooled", "critical_illness", ["critical"], None),
        ("assistance", "inpatient_assistance", list(AID), "assistance_cost"),
        ("assistance", "outpatient_assistance", list(AID), "assistance_cost"),
    ):
        paid = residents.sel(layer=layers).sum(["layer", "kind"])
        index = paid.sel(year=basis.years) / paid.sel(year=LAST, drop=True)
        trend = 1.0 if series is None else np.exp(basis.trends.central.sel(series=series, drop=True))
        wanted = last.sel(fund=fund, line=line, drop=True) * index * trend
        got = flows.sel(fund=fund, line=line, drop=True)
        np.testing.assert_allclose(got, wanted.transpose(*got.dims), rtol=1e-12)


def test_doubled_cost_under_doubled_amounts_doubles_payments(basis, people):
    years = basis.years
    layers = layers_of(basis)

    def paid(level: float) -> xr.DataArray:
        index = xr.DataArray([1.0, *[level] * len(years)], {"year": [LAST, *years]}, ("year",))
        own = replace(basis, layers=replace(layers, index=index))
        return payers_of(own, people, np.log(level)).amount.sel(year=years)

    np.testing.assert_allclose(paid(2.0), 2 * paid(1.0), rtol=ROOT)


def test_indexed_amounts_move_the_layers_above_and_not_the_basic_one(basis, payers):
    """The fund's trend says what basic insurance pays; a raised deductible then leaves critical illness less."""
    assert float(layers_of(basis).index.sel(year=2030)) == pytest.approx(1.02**5, rel=1e-12)
    flat = replace(layers_of(basis), index=xr.ones_like(layers_of(basis).index))
    written = central_payers(replace(basis, layers=flat))
    np.testing.assert_allclose(basic(payers), basic(written), rtol=ROOT)
    raised, not_raised = (one.amount.sel(layer="critical", year=basis.years).sum("kind") for one in (payers, written))
    assert bool((raised < 0.99 * not_raised).all())


def test_amounts_that_follow_cost_keep_their_place(basis, people):
    """From the year in which they begin to, a cost whose growth is the trend's is divided over the payers as before.

    Members and their ages stand still, so that only the trend moves cost; ten times as dear leaves shares as they are.
    """
    years, start = basis.years, REFORM
    response = xr.DataArray((years >= start).astype(float), {"year": years}, ("year",))
    layers = replace(layers_of(basis), index=xr.ones_like(layers_of(basis).index))
    flat, own = (replace(basis, layers=one) for one in (layers, replace(layers, response=response)))
    still, central = frozen(people), basis.trends.central
    dearer = xr.where(central["year"] >= start, np.log(10.0), 0.0) * xr.ones_like(central)
    found = pay_layers(own, still, central, dearer)
    assert found is not None
    before = {"year": years[years < start]}
    np.testing.assert_allclose(found.amount.sel(before), payers_of(flat, still).amount.sel(before), rtol=ROOT)
    share = found.amount / found.amount.sum("layer")
    after = share.sel(year=years[years >= start])
    np.testing.assert_allclose(after, share.sel(year=start - 1).broadcast_like(after).transpose(*after.dims), rtol=ROOT)
    growth = np.exp(central.sel(year=years[-1]) - central.sel(year=start - 1)) * 10
    level = found.level.sel(year=years[-1]) / found.level.sel(year=start - 1)
    for scheme in STATUSES:
        wanted = growth.sel(series=f"{scheme}_cost", drop=True)
        here = level.isel(kind=np.flatnonzero(level["scheme"].values == scheme)).transpose("kind", "region")
        np.testing.assert_allclose(here, np.broadcast_to(wanted, here.shape), rtol=1e-12)


def test_a_kind_without_cost_costs_nobody_anything_and_leaves_the_others(basis, people, payers):
    """Bands in which nobody has cost: no scale is looked for there, and none moves elsewhere."""
    layers = layers_of(basis)
    first = layers.curves[LAST]
    here = {"region": "339902", "kind": "resident destitute 0-59"}
    coefficients = first.coefficients.copy(deep=True)
    coefficients.loc[here] = 0.0
    without = replace(layers, curves={LAST: replace(first, coefficients=coefficients)})
    found = payers_of(replace(basis, layers=without), people)
    np.testing.assert_array_equal(found.amount.sel(here), 0.0)
    others = [kind for kind in payers.persons["kind"].values if kind != here["kind"]]
    np.testing.assert_allclose(found.amount.sel(kind=others), payers.amount.sel(kind=others), rtol=ROOT)
    np.testing.assert_allclose(found.amount.sel(region="339901"), payers.amount.sel(region="339901"), rtol=ROOT)


def test_a_rule_moves_nothing_before_its_year(payers, changed):
    assert payers.rules is None
    before = {"year": slice(None, REFORM - 1)}
    np.testing.assert_array_equal(changed.amount.sel(before), payers.amount.sel(before))
    np.testing.assert_array_equal(changed.rules.sel(before), 1.0)


def test_a_rule_moves_benefits_by_the_ratio_of_its_layer(basis, people, payers, changed):
    old, new = flows_of(basis, people, payers), flows_of(reformed_basis(), people, changed)
    after = {"year": [year for year in basis.years.tolist() if year >= REFORM]}
    for scheme in STATUSES:
        ratio = summed_over(basic(changed), "scheme") / summed_over(basic(payers), "scheme")
        ratio = ratio.sel(scheme=scheme, drop=True)
        assert bool((ratio.sel(after) > 1.03).all())
        lines = {"fund": f"{scheme}_pooled", "line": BENEFITS}
        moved = (new.sel(lines) / old.sel(lines)).sel(after)
        np.testing.assert_allclose(moved, ratio.sel(after).expand_dims(line=BENEFITS).transpose(*moved.dims), rtol=ROOT)


def test_a_better_basic_rule_leaves_less_to_aid(basis, people, payers, changed):
    old, new = flows_of(basis, people, payers), flows_of(reformed_basis(), people, changed)
    after = {"year": [year for year in basis.years.tolist() if year >= REFORM]}
    aid = {"fund": "assistance", "line": "inpatient_assistance"}
    moved = (new.sel(aid) / old.sel(aid)).sel(after)
    layers = {"layer": list(AID)}
    paid = [one.amount.sel(layers).sum(["layer", "kind"]).sel(after) for one in (changed, payers)]
    np.testing.assert_allclose(moved, paid[0] / paid[1], rtol=ROOT)
    assert bool((moved < 0.95).all())


def test_more_assisted_than_members_are_refused(basis, people):
    many = replace(people, assisted=people.assisted * 60)
    with pytest.raises(AssumptionError) as refused:
        members_by_kind(layers_of(basis), many)
    assert people.assisted is not None
    assert people.bands is not None
    own = layers_of(basis).persons.isel(region=0)
    old = 0.0
    for category in people.assisted["category"].values.tolist():
        here = own.sel(kind=[f"resident {category} 0-59", f"resident {category} 60+"])
        share = float(here[1] / here.sum())
        old += share * float(many.assisted.sel(region="339901", year=LAST, category=category))
    bands = people.bands.sel(scheme="resident", region="339901", year=LAST)["band_members"]
    members = float(_members(people, "resident")[0] * bands.sel(band=60) / bands.sum())
    assert str(refused.value) == (
        f"assistance: {old:,.0f} assisted persons in region 339901 in {LAST} in the broad age from 60 on, which has "
        f"{members:,.0f} resident members; see eligible persons and how claim_bands divide them over ages"
    )


def test_bands_by_category_need_a_history_of_the_assisted(basis, people):
    with pytest.raises(AssumptionError) as refused:
        members_by_kind(layers_of(basis), replace(people, assisted=None))
    assert str(refused.value) == (
        "assistance: no history of assisted persons, and the claim bands divide members by category"
    )


def test_views_are_the_layers_by_who_pays(payers):
    views = payers_views(payers)
    paid = views["paid_region"]
    assert paid["payer"].values.tolist() == list(PAYERS)
    np.testing.assert_allclose(paid.sum(["scheme", "payer"]), payers.amount.sum(["kind", "layer"]), rtol=1e-12)
    aid = views["aid_region"].sum("category")
    np.testing.assert_allclose(aid, paid.sel(payer="assistance").sum("scheme"), rtol=1e-12)
    assert set(views["aid_region"]["category"].values.tolist()) == {
        "destitute",
        "impoverished_by_illness",
        "near_poor",
        "subsistence",
    }


def test_regions_add_up_to_the_city(payers):
    views = payers_views(payers)
    for name in ("paid", "aid"):
        np.testing.assert_array_equal(views[f"{name}_region"].sum("region"), views[f"{name}_city"])


def test_reimbursed_share_of_the_city_weighs_regions_by_cost(payers):
    """By hand from the amounts of one year; the assisted are reimbursed more, by rules of their own."""
    year = {"year": 2030}
    category = payers.amount["category"].values
    for group, kinds in (("assisted", ~np.isin(category, ("none", "all"))), ("others", category == "none")):
        own = payers.amount.isel(kind=np.flatnonzero(kinds)).sel(year)
        by_hand = 1 - float(own.sel(layer="own").sum()) / float(own.sum())
        view = payers_views(payers)["reimbursed_city"].sel(protected=group, year_all=2030)
        assert float(view) == pytest.approx(by_hand, rel=1e-12)
    views = payers_views(payers)["reimbursed_region"]
    assert bool((views.sel(protected="assisted") > views.sel(protected="others")).all())


def test_first_draws_of_a_longer_run_are_those_of_a_shorter_one(basis):
    few, many = project(basis, 1, 0, 100), project(basis, 1, 0, BLOCK)
    assert BLOCK > 100
    for name in ("paid_region", "aid_region", "reimbursed_city", "growth", "ledger"):
        np.testing.assert_array_equal(many[name].isel(draw=slice(0, 100)), few[name])
