"""A scenario changes no year twice, and no row of it is lost for the years that it ends in."""

from pathlib import Path

import pytest

from actuarial.checks import check_folder
from actuarial.tables import read_folder
from tests.faults.spoiled import assert_text, edit, refusals
from tests.faults.test_rows import copy, put

ROW = {"scenario": "weak_wages"}

CHANGES = {
    "later years": {"from_year": "2028", "to_year": "2029"},
    "another operation": {"operation": "growth", "unit": "1/year", "value": "0.97"},
    "another quantity": {"quantity": "collection"},
    "another scheme": {"quantity": "spending", "scheme": "resident"},
}


@pytest.mark.parametrize("change", CHANGES)
def test_change_of_other_years_or_in_another_way_is_one_more(change: str, folder: Path):
    edit(folder, "scenarios", copy(CHANGES[change], **ROW))
    assert check_folder(folder) == ()
    assert len(read_folder(folder).frames["scenarios"]) == 2


def test_same_start_and_value_with_another_end_is_not_dropped_as_a_repetition(folder: Path):
    edit(folder, "scenarios", copy({"to_year": "2030"}, **ROW))
    (fault,) = check_folder(folder)
    assert_text("scenario_overlap", fault)


def test_years_that_an_earlier_row_changes_are_refused(folder: Path):
    edit(folder, "scenarios", put({"to_year": "2029"}, **ROW))
    edit(folder, "scenarios", copy({"from_year": "2028", "to_year": "2033", "value": "0.9"}, **ROW))
    (fault,) = refusals(folder)
    assert_text("scenario_overlap-part", fault)


def test_the_same_row_twice_counts_once(folder: Path):
    edit(folder, "scenarios", copy({}, **ROW))
    (fault,) = check_folder(folder)
    assert (fault.severity, fault.rule) == ("warn", "duplicate_equal")
    assert len(read_folder(folder).frames["scenarios"]) == 1
