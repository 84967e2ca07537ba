"""Curves of a city's kinds of members: from its bands, patterns and rules, against each of these by itself."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from actuarial.assumptions.basis import Basis, History
from actuarial.assumptions.history import read_history
from actuarial.assumptions.policy import Policy, read_policy
from actuarial.benefit.care import care_patterns
from actuarial.benefit.curves import Curves, payments, scale_of
from actuarial.benefit.entitlement import benefit_rules
from actuarial.benefit.expectation import expected_payments
from actuarial.benefit.layers import band_payments
from actuarial.benefit.protection import AID, BASIC, Protection
from actuarial.errors import AssumptionError
from actuarial.experience.city_severity import fit_city_severity, member_severity
from actuarial.experience.fit import AID as AID_LINES
from actuarial.experience.fit import beyond_layers, fit, series_levels
from actuarial.experience.protection import expected_aid, fit_protection
from actuarial.fund.assistance_money import money_by_source
from actuarial.payers import pay_layers
from actuarial.people import project_people
from actuarial.projection import central_views, collect_flows
from actuarial.schema import STATUSES
from actuarial.spending.severity import PARAMETERS, Severity
from actuarial.tables import CityData
from tests.layered_city import ELIGIBLE, REFORM, layered_basis, layered_data, layers_of, reformed_basis
from tests.tiny_city import CITY, LAST_YEAR

YEARS = np.arange(2026, 2031)
RETIRED_RATE = 0.9


def with_rows(data: CityData, table: str, rows: pd.DataFrame) -> CityData:
    return replace(data, frames={**data.frames, table: rows})


def assumed(data: CityData) -> tuple[History, Policy]:
    return read_history(data), read_policy(data.city.code, data.frames["policy"])


@pytest.fixture(scope="module")
def retired_data(protected_data: CityData) -> CityData:
    """Retired employees are paid more for outpatient care than the active; a rule beyond the horizon is there too."""
    rules = protected_data.frames["benefits"]
    own = (
        (rules["layer"] == "basic") & (rules["service"] == "outpatient") & (rules["parameter"] == "reimbursement_rate")
    )
    retired = rules[own].assign(scheme="employee", group="retired", value=RETIRED_RATE)
    assert len(retired) == 1
    distant = rules[own].assign(value=0.7, from_year=2040)
    return with_rows(protected_data, "benefits", pd.concat([rules, retired, distant], ignore_index=True))


@pytest.fixture(scope="module")
def protection(retired_data: CityData) -> Protection:
    with xr.set_options(arithmetic_join="exact"):
        found = fit_protection(retired_data, *assumed(retired_data), YEARS)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def unsplit(protected_data: CityData) -> Basis:
    """Bands of cost that do not set the assisted apart."""
    with xr.set_options(arithmetic_join="exact"):
        return fit(protected_data, 5)


def test_a_kind_is_a_group_of_the_bands(protection):
    assert protection.kinds.values.tolist() == [
        "employee all 0-59",
        "employee all 60+",
        "resident all 0-59",
        "resident all 60+",
    ]
    assert protection.bands.tolist() == [0, 60]
    assert not protection.has_assisted
    np.testing.assert_array_equal(protection.persons.sel(region="339901"), 20_000)  # the sum of COST_BANDS
    assert layers_of(layered_basis()).has_assisted


def test_a_broad_age_mixes_the_rules_of_its_statuses(protection, retired_data):
    """At the cost of the base year, in closed form for the active and the retired, by their heads at the year end."""
    data, region, age = retired_data, "339902", "60+"
    history, _ = assumed(data)
    members = history.grouped_members.sel(region=region, group=[60, 80]).sum(["sex", "group"])
    heads = {status: float(members.sel(status=status)) for status in STATUSES["employee"]}
    table = member_severity(fit_city_severity(data))
    place = {"region": region, "scheme": "employee", "category": "none", "age": age}
    severity = Severity(*(getattr(table, name).sel(place, drop=True) for name in PARAMETERS))
    patterns = care_patterns(data.frames["care"], CITY, region, "employee", age, LAST_YEAR)
    by_hand, rates = 0.0, []
    for status, count in heads.items():
        kind = (CITY, region, "employee", status, "none", 60, LAST_YEAR)
        rules = benefit_rules(data.frames["benefits"], *kind, 40_000.0)
        rates.append(rules.basic.care["outpatient", "primary", "local"].segments[0].rate)
        paid = expected_payments(severity, band_payments(rules, patterns), 1.0)["payment"]
        by_hand = by_hand + paid * count / sum(heads.values())
    assert rates == [0.6, RETIRED_RATE]
    assert min(heads.values()) > 100
    curves = protection.curves[LAST_YEAR]
    found = payments(curves, xr.DataArray(1.0)).sel(region=region, kind=f"employee all {age}")
    error = curves.error.sel(region=region, kind=f"employee all {age}")
    assert bool((abs(found - by_hand) <= error + 1e-9).all())


def test_layers_of_a_person_add_up_to_the_mean_of_the_bands(protection):
    whole = payments(protection.curves[LAST_YEAR], xr.DataArray(1.0)).sum("layer")
    for row in protection.record:
        kind = f"{row['scheme']} {row['category']} {row['age']}"
        mean = float(whole.sel(region=row["region"], kind=kind))
        assert mean == pytest.approx(row["mean_fitted"], rel=1e-10)  # cubics that are lines, added in float64
        assert mean == pytest.approx(row["mean_seen"], rel=0.02)  # whole persons of 20,000 and means in whole yuan


def test_rules_are_those_of_the_last_closed_year_and_of_changes_within_the_horizon(protection):
    assert list(protection.curves) == [LAST_YEAR]
    assert list(layers_of(reformed_basis()).curves) == [LAST_YEAR, REFORM]


def test_amounts_rise_by_the_decided_rate(protection):
    np.testing.assert_allclose(protection.index, 1.02 ** np.arange(6), rtol=1e-12)
    assert protection.index["year"].values.tolist() == [LAST_YEAR, *YEARS.tolist()]


@pytest.mark.parametrize("absent", ["care", "benefits"])
def test_a_folder_without_rules_or_patterns_has_no_layers(protected_data, absent):
    frames = {name: frame for name, frame in protected_data.frames.items() if name != absent}
    data = replace(protected_data, frames=frames)
    assert fit_protection(data, *assumed(data), YEARS) is None


def test_a_run_without_layers_counts_no_payers_and_keeps_aid_by_member(tiny_basis):
    assert tiny_basis.layers is None
    assert not {name for name in central_views(tiny_basis) if str(name).startswith(("paid", "aid", "reimbursed"))}


def test_patterns_without_bands_are_refused(protected_data):
    frames = {name: frame for name, frame in protected_data.frames.items() if name != "claim_bands"}
    data = replace(protected_data, frames=frames)
    with pytest.raises(AssumptionError) as refused:
        fit_protection(data, *assumed(data), YEARS)
    assert str(refused.value) == "care: patterns of care are given and claim_bands is not; layers need both"


def test_bands_of_nobody_are_refused(protected_data):
    history, policy = assumed(protected_data)
    nobody = history.grouped_members.copy(deep=True)
    nobody.loc[{"region": "339902", "group": [60, 80], "status": list(STATUSES["employee"])}] = 0
    with pytest.raises(AssumptionError) as refused:
        fit_protection(protected_data, replace(history, grouped_members=nobody), policy, YEARS)
    assert str(refused.value) == ("claim_bands: employee, age 60+, region 339902: bands of a group that has no members")


def test_expected_aid_is_entitled_persons_times_what_their_layers_pay():
    """By hand in two years: at the cost of the base year, and where the fund paid a fifth less for everybody."""
    data, layers = layered_data(), layers_of(layered_basis())
    regions = list(data.city.region_codes)
    cost = xr.DataArray(
        [[np.nan, 0.8, 1.0]] * 2, {"region": regions, "year": [2019, 2020, LAST_YEAR]}, ("region", "year")
    )
    found = expected_aid(data, layers, cost)
    assert bool(found.sel(year=2019).isnull().all())
    eligible = data.frames["assistance"].query("measure == 'eligible'")
    curves = layers.curves[LAST_YEAR]
    for region in regions:
        for year, level in ((2020, 0.8), (LAST_YEAR, 1.0)):
            whole = 0.0
            for category in ELIGIBLE:
                entitled = eligible.query("region == @region and year == @year and category == @category")["value"]
                kinds = [f"resident {category} {age}" for age in ("0-59", "60+")]
                heads = layers.persons.sel(region=region, kind=kinds)
                for kind in kinds:
                    own = {"region": region, "kind": kind}
                    one = Curves(
                        curves.nodes, curves.coefficients.sel(own, drop=True), curves.error.sel(own, drop=True)
                    )
                    now = payments(one, xr.DataArray(1.0)).sel(layer=list(BASIC)).sum()
                    aid = payments(one, scale_of(one, BASIC, level * now)).sel(layer=list(AID)).sum()
                    whole += float(entitled.iloc[0] * heads.sel(kind=kind) / heads.sum() * aid)
            assert float(found.sel(region=region, year=year)) == pytest.approx(whole, rel=1e-9)


def test_rules_that_would_have_paid_no_aid_are_refused():
    """Accounts that show aid cannot be set against nothing."""
    protection = layers_of(layered_basis())
    flat = {
        start: Curves(own.nodes, own.coefficients.where(~own.coefficients["layer"].isin(AID), 0.0), own.error)
        for start, own in protection.curves.items()
    }
    cost = xr.DataArray(
        np.ones((protection.persons.sizes["region"], 1)),
        {"region": protection.persons["region"], "year": [LAST_YEAR]},
        ("region", "year"),
    )
    with pytest.raises(AssumptionError, match="the layers would have paid nothing for the entitled persons of region"):
        expected_aid(layered_data(), replace(protection, curves=flat), cost)


def test_assistance_cost_is_aid_over_what_the_layers_would_have_paid():
    data, basis = layered_data(), layered_basis()
    layers = layers_of(basis)
    levels = series_levels(data.city, basis.history, basis.base_year, basis.policy)
    beyond = beyond_layers(data, basis.history, layers, levels)
    others = [name for name in levels["series"].values if name != "assistance_cost"]
    np.testing.assert_array_equal(beyond.sel(series=others), levels.sel(series=others))
    cost = levels.sel(series="resident_cost", drop=True)
    expected = expected_aid(data, layers, cost / cost.sel(year=LAST_YEAR, drop=True))
    aid = basis.history.ledger.sel(fund="assistance", line=list(AID_LINES), year=levels["year"], drop=True)
    found = beyond.sel(series="assistance_cost", drop=True)
    np.testing.assert_allclose(found * expected, aid.sum("line", min_count=1), rtol=1e-12)


def test_bands_that_are_not_split_leave_aid_to_the_members(unsplit, tiny_basis):
    """Trend and cause of aid are those of a folder without rules; the other layers are paid all the same."""
    series = {"series": "assistance_cost"}
    np.testing.assert_array_equal(unsplit.trends.central.sel(series), tiny_basis.trends.central.sel(series))
    people, central = project_people(unsplit), unsplit.trends.central
    still = xr.zeros_like(central)
    payers = pay_layers(unsplit, people, central, still)
    money = money_by_source(unsplit, central, still, None)
    flows = collect_flows(unsplit, people, payers, money, central, still.expand_dims(draw=[0])).isel(draw=0, drop=True)
    heads = people.members.sel(status=list(STATUSES["resident"])).sum("status")
    index = heads.sel(year=unsplit.years) / heads.sel(year=LAST_YEAR, drop=True)
    aid = {"fund": "assistance", "line": "inpatient_assistance"}
    last = unsplit.history.ledger.sel(aid).sel(year=LAST_YEAR, drop=True)
    np.testing.assert_allclose(flows.sel(aid), last * index * np.exp(central.sel(series, drop=True)), rtol=1e-12)
    views = central_views(unsplit)
    assert "paid_city" in views
    assert "aid_city" not in views
