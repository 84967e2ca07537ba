"""A scenario changes no year twice, no row of it is lost for the years that it ends in; a range has two ends."""

from pathlib import Path

import pytest

from actuarial.checks import check_folder
from actuarial.contract import TABLES
from actuarial.tables import read_folder
from tests.faults.spoiled import Spoil, assert_text, edit, refusals
from tests.faults.test_rows import copy, drop, put
from tests.tiny_city import write_catalogue, write_table

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


SCENARIO_CASES: dict[str, Spoil] = {
    "scenario_name": put({"scenario": "weak+wages"}, **ROW),
    "scenario_name-baseline": put({"scenario": "baseline"}, **ROW),
    "scenario_scheme": put({"scheme": "resident"}, **ROW),
    "choice_unknown-quantity": put({"quantity": "wages"}, **ROW),
    "interval_reversed-scenario": put({"from_year": "2028", "to_year": "2027"}, **ROW),
}


@pytest.mark.parametrize("case", SCENARIO_CASES)
def test_scenario_that_nobody_could_run_is_refused(case: str, folder: Path):
    edit(folder, "scenarios", SCENARIO_CASES[case])
    (fault,) = refusals(folder)
    assert_text(case, fault)


RANGE = ("wages", "工资增速", "Growth of wages", "employee", "contribution_base", "growth", 2026, 2030)
END = ("1/year", "estimated", "own choice")
LOW = {"bound": "low"}
RANGE_CASES: dict[str, Spoil] = {
    "sensitivity_ends": drop(**LOW),
    "sensitivity_ends-years": put({"to_year": "2029"}, **LOW),
    "sensitivity_order": put({"value": "0.03"}, **LOW),
    "scenario_scheme-range": lambda rows: [row.update(scheme="resident") for row in rows],
    "choice_unknown-range": put({"quantity": "official_population"}, **LOW),
}


@pytest.mark.parametrize("case", RANGE_CASES)
def test_range_that_says_nothing_is_refused(case: str, folder: Path):
    rows = [(*RANGE, bound, value, *END) for bound, value in (("low", "-0.01"), ("high", "0.01"))]
    write_table(folder / "sensitivities.csv", TABLES["sensitivities"].column_names, rows)
    write_catalogue(folder)
    assert check_folder(folder) == ()
    edit(folder, "sensitivities", RANGE_CASES[case])
    assert_text(case, refusals(folder)[0])
