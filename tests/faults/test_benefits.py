"""Every way in which benefit rules can be wrong, each in a copy of the tiny city that has them."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from actuarial.checks import check_folder
from actuarial.rules.benefit_cases import CASE, meeting
from actuarial.schema import TIERS
from actuarial.tables import read_folder
from tests.faults.spoiled import Row, Spoil, assert_text, edit, find, refusals
from tests.faults.test_rows import both, copy, drop, put
from tests.tiny_city import CITY, write_catalogue

RATE = {"parameter": "reimbursement_rate"}
TERTIARY = {"layer": "basic", "service": "inpatient", "tier": "tertiary"} | RATE
CRITICAL = {"layer": "critical"} | RATE
INPATIENT_CAP = {"layer": "basic", "service": "inpatient", "parameter": "cap"}
AID = {"layer": "assistance"} | RATE
OUTPATIENT = {"service": "outpatient", "parameter": "deductible"}
ACTIVE = {"group": "active"}
CRITICAL_CAP = {"layer": "critical", "group": "none", "parameter": "cap"}


def other_decree(rows: list[Row]) -> None:
    """Critical rates of the same year from a second decree, with segments of its own."""
    rows.extend(
        find(rows, **CRITICAL, lower=lower) | {"lower": start, "upper": end, "source": "Decree 2"}
        for lower, start, end in (("0", "0", "40000"), ("30000", "40000", ""))
    )


# case in messages.toml: what is done to the rows, other rules that must follow from the same defect
CASES: dict[str, tuple[Spoil, set[str]]] = {
    "segment_gap": (put({"lower": "25000"}, **TERTIARY, lower=20000), set()),
    "segment_gap-start": (put({"lower": "100"}, **CRITICAL, lower=0), set()),
    "segment_gap-missing": (drop(**TERTIARY, lower=0), set()),
    "segment_overlap": (put({"lower": "15000"}, **TERTIARY, lower=20000), set()),
    "segment_open_below": (put({"upper": ""}, **TERTIARY, lower=0), set()),
    "segment_not_open": (put({"upper": "90000"}, **CRITICAL, lower=30000), set()),
    "rate_falls": (put({"value": "0.55"}, **CRITICAL, lower=30000), set()),
    "share_range-benefit": (put({"value": "70"}, **TERTIARY, lower=0), set()),
    "share_range-rate_floor": (put({"value": "80"}, parameter="rate_floor"), set()),
    "cap_below_deductible": (put({"value": "500"}, **INPATIENT_CAP), set()),
    "cap_below_deductible-critical": (put({"value": "3000"}, **CRITICAL_CAP), set()),
    "duplicate_different-benefit": (copy({"value": "0.65", "source": "Decree 2"}, **TERTIARY, lower=0), set()),
    "two_sources": (
        other_decree,
        {"segment_overlap", "segment_open_below"},
    ),
    "benefit_tie": (copy({"group": "adult", "tier": "all", "lower": "", "upper": ""}, **TERTIARY, lower=0), set()),
    "benefit_tie-unnamed": (
        both(
            copy({"group": "adult", "lower": "", "upper": ""}, **TERTIARY, lower=0),
            copy({"group": "assisted", "lower": "", "upper": ""}, **TERTIARY, lower=0),
        ),
        set(),
    ),
    "benefit_tie-age": (copy({"age": "45+", "lower": "", "upper": "", "tier": "all"}, **TERTIARY, lower=0), set()),
    "benefit_ages_overlap": (both(copy({"age": "0-59"}, **OUTPATIENT), copy({"age": "45+"}, **OUTPATIENT)), set()),
    "benefit_ages_overlap-within": (
        both(copy({"age": "0-59"} | ACTIVE, **OUTPATIENT), copy({"age": "45-59"} | ACTIVE, **OUTPATIENT)),
        set(),
    ),
    "benefit_age_inside": (copy({"age": "0-39"}, **OUTPATIENT), set()),
    "age_unknown-benefit": (copy({"age": "45岁以上"}, **OUTPATIENT), set()),
    "duplicate_different-every_age": (copy({"age": "all", "value": "7"}, **OUTPATIENT), set()),
    "benefit_needed-age": (put({"age": "45+"}, **CRITICAL_CAP), set()),
    "benefit_needed": (drop(layer="basic", service="inpatient", tier="secondary", **RATE), set()),
    "benefit_needed-late": (
        lambda rows: [row.update(from_year="2026") for row in rows if row["layer"] == "critical"],
        set(),
    ),
    "benefit_needed-category": (put({"group": "destitute"}, **AID), set()),
    "benefit_needed-cap": (drop(**CRITICAL_CAP), set()),
    "choice_unknown-category": (put({"group": "poor"}, **AID), set()),
    "parameter_of_other_layer": (put({"layer": "critical"}, parameter="safety_net_threshold"), set()),
    "benefit_cell_unexpected": (put({"lower": "100"}, parameter="deductible_factor"), set()),
    "benefit_cell_unexpected-admission": (put({"admission": "2"}, parameter="deductible_factor"), set()),
    "benefit_cell_unexpected-tier": (copy({"tier": "tertiary"}, **INPATIENT_CAP), set()),
    "count_not_whole": (put({"admission": "1.5"}, tier="primary", admission=2), set()),
    "status_of_other_scheme-benefit": (
        copy({"scheme": "employee", "group": "child"}, **INPATIENT_CAP),
        set(),
    ),
    "value_limits-uncapped": (put({"value": "0"}, parameter="is_uncapped"), set()),
    "unit_kind-benefit": (put({"unit": "person"}, **INPATIENT_CAP), set()),
}


@pytest.fixture
def protected(protected_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(protected_folder, tmp_path / "spoiled"))


def test_whole_rules_have_no_fault(protected: Path):
    assert check_folder(protected) == ()


@pytest.mark.parametrize("case", CASES)
def test_wrong_rule_is_refused(case: str, protected: Path):
    spoil, consequences = CASES[case]
    edit(protected, "benefits", spoil)
    rule = case.partition("-")[0]
    found = refusals(protected)
    assert {fault.rule for fault in found} <= {rule} | consequences
    assert_text(case, next(fault for fault in found if fault.rule == rule))


def test_amounts_without_a_decision_how_they_go_on_are_refused(protected: Path):
    edit(protected, "policy", drop(parameter="benefit_indexation"))
    (fault,) = refusals(protected)
    assert_text("policy_needed-indexation", fault)


def test_rule_for_what_two_have_in_common_settles_the_tie(protected: Path):
    """A rule for adults at every hospital ties with those of the three tiers, until adults have one at each of them."""
    edit(protected, "benefits", CASES["benefit_tie"][0])
    assert [fault.rule for fault in refusals(protected)] == ["benefit_tie"] * 3
    for tier in TIERS:
        adult = {"group": "adult", "lower": "", "upper": ""}
        edit(protected, "benefits", copy(adult, **TERTIARY | {"tier": tier}))
    assert refusals(protected) == []


def test_ages_that_follow_one_another_are_right(protected: Path):
    """Of the city and, cut elsewhere, of a region; the rule of all ages is there besides."""
    for ages in ({"age": "0-44"}, {"age": "45+"}, {"age": "0-59", "region": "339901"}):
        edit(protected, "benefits", copy(ages, **OUTPATIENT))
    assert check_folder(protected) == ()


def test_table_without_ages_is_of_every_age(protected: Path):
    whole = read_folder(protected).frames["benefits"]
    path = protected / "benefits.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame.drop(columns="age").to_csv(path, index=False)
    write_catalogue(protected)
    assert check_folder(protected) == ()
    pd.testing.assert_frame_equal(read_folder(protected).frames["benefits"], whole)


def test_rules_are_not_needed_where_nothing_says_how_people_are_treated(protected: Path):
    edit(protected, "benefits", drop(layer="critical"))
    assert "benefit_needed" in {fault.rule for fault in refusals(protected)}
    (protected / "care.csv").unlink()
    edit(protected, "benefits", lambda rows: None)
    assert refusals(protected) == []


def test_all_faults_of_the_rules_are_told_at_once(protected: Path):
    for case in ("rate_falls", "cap_below_deductible", "benefit_needed", "count_not_whole"):
        edit(protected, "benefits", CASES[case][0])
    assert {fault.rule for fault in refusals(protected)} == {
        "rate_falls",
        "cap_below_deductible",
        "benefit_needed",
        "count_not_whole",
    }


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        ({"tier": "tertiary"}, {"group": "adult"}, {"tier": "tertiary", "group": "adult"}),
        ({"region": "339901"}, {"tier": "primary"}, {"region": "339901", "tier": "primary"}),
        ({"region": "339901"}, {"region": "339902"}, None),
        ({"group": "assisted"}, {"group": "near_poor"}, {"group": "near_poor"}),
        ({"group": "assisted"}, {"group": "none"}, None),
        ({"group": "active"}, {"group": "adult"}, None),
        ({"group": "active"}, {"scheme": "resident"}, None),
        ({"group": "active"}, {"group": "near_poor"}, {"group": None}),
        ({"age": "0-44"}, {"age": "45+"}, None),
        ({"age": "0-44"}, {"group": "active"}, {"age": "0-44", "group": "active"}),
        ({"age": "0-59"}, {"age": "45+"}, {"age": "45-59"}),
        ({"age": "18-59"}, {"age": "45-59"}, {"age": "45-59"}),
        ({"age": "45+"}, {"age": "60+"}, {"age": "60+"}),
        ({"age": "18-45"}, {"age": "45+"}, {"age": "45"}),
    ],
)
def test_cases_meet_where_somebody_belongs_to_both(one: dict, other: dict, common: dict | None):
    widest = dict.fromkeys(CASE, "all") | {"region": CITY}
    found = meeting(tuple((widest | one).values()), tuple((widest | other).values()), CITY)
    assert found == (None if common is None else tuple((widest | common).values()))
