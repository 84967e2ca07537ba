"""Every way in which patterns of care can be wrong, each in a copy of the tiny city that has them."""

import shutil
from pathlib import Path

import pytest

from actuarial.checks import check_folder
from tests.faults.spoiled import Spoil, assert_text, edit, refusals
from tests.faults.test_rows import both, copy, drop, put

LOW = {"scheme": "resident", "lower": 0, "admissions": 1}
HIGH = {"scheme": "resident", "lower": 10000}

# case in messages.toml: table, what is done to the rows
CASES: dict[str, tuple[str, Spoil]] = {
    "care_share_sum": ("care", put({"value": "0.2"}, **LOW)),
    "care_share_sum-missing": ("care", drop(**HIGH, tier="tertiary", admissions=2)),
    "share_range-inpatient": ("care", put({"inpatient_share": "80"}, **LOW)),
    "share_range-pattern": ("care", put({"value": "90"}, **LOW)),
    "value_negative-chronic": ("care", put({"chronic_share": "-0.1"}, **LOW)),
    "care_parts": ("care", put({"chronic_share": "0.3"}, **LOW)),
    "care_admission": ("care", put({"admissions": "0"}, **LOW)),
    "care_admission-without": ("care", put({"inpatient_share": "0"}, **LOW)),
    "count_not_whole-admissions": ("care", put({"admissions": "1.5"}, **LOW)),
    "care_start": ("care", drop(scheme="resident", lower=0)),
    "care_needed": ("care", drop(scheme="resident")),
    "care_needed-late": (
        "care",
        lambda rows: [row.update(year="2026") for row in rows if row["scheme"] == "employee"],
    ),
    "duplicate_different-care": ("care", copy({"value": "0.2"}, **LOW)),
}


@pytest.fixture
def protected(protected_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(protected_folder, tmp_path / "spoiled"))


@pytest.mark.parametrize("case", CASES)
def test_wrong_pattern_is_refused(case: str, protected: Path):
    table, spoil = CASES[case]
    edit(protected, table, spoil)
    rule = case.partition("-")[0]
    found = refusals(protected)
    assert {fault.rule for fault in found} == {rule}
    assert_text(case, found[0])


def test_more_entitled_than_members_are_refused(protected: Path):
    edit(protected, "assistance", put({"value": "50000"}, region="339902", year=2021, measure="eligible"))
    fault = next(fault for fault in refusals(protected) if fault.rule == "entitled_above_members")
    assert_text("entitled_above_members", fault)


def test_pattern_of_one_region_is_whole_on_its_own(protected: Path):
    """A region with patterns of its own for one scheme keeps those of the city for the other."""
    edit(
        protected,
        "care",
        lambda rows: rows.extend([row | {"region": "339901"} for row in rows if row["scheme"] == "resident"]),
    )
    assert check_folder(protected) == ()


def test_faults_of_single_patterns_do_not_set_off_the_sums(protected: Path):
    edit(protected, "care", both(put({"inpatient_share": "80"}, **LOW), put({"value": "0.7"}, **HIGH)))
    assert [fault.rule for fault in refusals(protected)] == ["share_range"]
