"""Kinds of members cut at the ages that rules name: shares by hand, and persons beside curves."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from actuarial.assumptions.history import read_history
from actuarial.benefit.bills import joined, simulate_bills
from actuarial.benefit.care import care_patterns
from actuarial.benefit.curves import payments
from actuarial.benefit.persons import ALONE, Persons, payers_of
from actuarial.benefit.protection import BASIC
from actuarial.experience.city_severity import fit_city_severity, member_severity
from actuarial.experience.kinds import Kind, distinct_rules, kind_severity, member_mix
from actuarial.experience.protection import Reach, protection_curves
from actuarial.spending.severity import PARAMETERS, Severity, sample
from actuarial.tables import CityData
from tests.tiny_city import CITY, LAST_YEAR

REGION, KIND = "339902", Kind("employee", "all", "0-59")
PERSONS = 200_000
# Yuan a year before outpatient care is paid: a difference that the tiny city's small outpatient bills show.
DEDUCTIBLES = {"0-44": 900.0, "45+": 100.0}


@pytest.fixture(scope="module")
def aged(protected_data: CityData) -> CityData:
    """The active have outpatient deductibles by age; the retired that of all."""
    rules = protected_data.frames["benefits"]
    own = rules[(rules["service"] == "outpatient") & (rules["parameter"] == "deductible")]
    assert len(own) == 1
    by_age = [own.assign(group="active", age=age, value=value) for age, value in DEDUCTIBLES.items()]
    frame = pd.concat([rules, *by_age], ignore_index=True)
    return replace(protected_data, frames={**protected_data.frames, "benefits": frame})


def heads(data: CityData, status: str, groups: list[int]) -> float:
    own = read_history(data).grouped_members.sel(region=REGION, status=status, group=groups)
    return float(own.sum())


def test_parts_are_statuses_cut_at_the_ages_of_rules(aged):
    """By hand from the groups of enrolment, 0-17, 18-44 and 45-59."""
    mix = member_mix(read_history(aged), aged.frames["benefits"], KIND).sel(region=REGION)
    found = {
        (status, age): share
        for status, age, share in zip(mix["status"].values, mix["age"].values, mix.values, strict=True)
    }
    counts = {("active", 0): heads(aged, "active", [0, 18]), ("active", 45): heads(aged, "active", [45])}
    counts[("retired", 45)] = heads(aged, "retired", [45])
    whole = sum(counts.values())
    assert found == pytest.approx({part: count / whole for part, count in counts.items()}, rel=1e-12)  # sums of floats


def test_a_broad_age_above_a_cut_begins_with_its_own_first_age(aged):
    mix = member_mix(read_history(aged), aged.frames["benefits"], KIND._replace(age="60+"))
    assert set(mix["age"].values.tolist()) == {60}


def test_parts_with_the_same_rules_are_one(protected_data):
    mix = member_mix(read_history(protected_data), protected_data.frames["benefits"], KIND)
    assert mix["age"].values.tolist() == [0, 0]
    ((_, parts),) = distinct_rules(protected_data, mix, KIND, REGION, LAST_YEAR)
    assert parts == [0, 1]


def test_persons_of_every_age_and_the_curve_of_their_kind_agree(aged):
    """Basic insurance of simulated persons, each under the rules of the own age, at four standard errors."""
    history, name = read_history(aged), "employee all 0-59"
    severity = member_severity(fit_city_severity(aged))
    curves = protection_curves(aged, history, severity, {name: KIND}, LAST_YEAR, Reach(0.5, 2.0, 40))
    expected = payments(curves, xr.DataArray(1.0)).sel(region=REGION, kind=name, layer=list(BASIC)).sum("layer").item()
    rng = np.random.default_rng(2026)
    own = kind_severity(severity, KIND)
    own = Severity(*(getattr(own, parameter).sel(region=REGION) for parameter in PARAMETERS))
    mix = member_mix(history, aged.frames["benefits"], KIND).sel(region=REGION)
    found = distinct_rules(aged, mix, KIND, REGION, LAST_YEAR)
    assert sorted(rules.basic.care["outpatient", "primary", "local"].deductibles[0] for rules, _ in found) == [
        100.0,
        200.0,
        900.0,
    ]
    patterns = care_patterns(aged.frames["care"], CITY, REGION, KIND.scheme, KIND.age, LAST_YEAR)
    sizes = rng.multinomial(PERSONS, [float(mix.isel(part=parts).sum()) for _, parts in found])
    bills = joined(
        [
            simulate_bills(sample(own, int(size), rng), patterns, _all_in_scope(rules).basic, 1.0, rng)
            for (rules, _), size in zip(found, sizes, strict=True)
        ]
    )
    none = np.zeros(PERSONS, "int64")
    persons = Persons(np.repeat(np.arange(len(found)), sizes), none.astype(bool), none, none + ALONE, none)
    paid = payers_of(bills, persons, [rules for rules, _ in found])["basic"].values / 100
    # Payments of persons are rounded to the fen.
    assert abs(paid.mean() - expected) <= 4 * paid.std() / np.sqrt(PERSONS) + 0.01
    # The ages are paid for differently, so that one rule for all of them would not agree.
    by_part = [part.mean() for part in np.split(paid, np.cumsum(sizes)[:-1])]
    assert by_part[0] + 100 < by_part[1]


def _all_in_scope(rules):
    care = {case: replace(own, in_scope_share=1.0) for case, own in rules.basic.care.items()}
    return replace(rules, basic=replace(rules.basic, care=care))
