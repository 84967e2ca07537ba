"""Every way in which a selected assumption can be wrong, each in a copy of the tiny city."""

from pathlib import Path

import pytest

from actuarial.checks import check_folder
from actuarial.contract import TABLES
from tests.faults.spoiled import Spoil, assert_text, edit, refusals
from tests.faults.test_rows import copy, put
from tests.tiny_city import CITY, write_catalogue, write_table

EAST = "339901"
END = ("1/year", "2026-03-01", "集中采购", "central purchasing", "estimated", "minutes")
ROWS = [
    (CITY, "employee_cost", 2026, 2027, "0.04", *END),
    (EAST, "employee_cost", 2026, 2026, "-0.01", *END),
    (EAST, "employee_cost", 2027, 2030, "0.03", *END),
]
MINE = {"region": EAST, "from_year": 2027}

# case in messages.toml: what is done to the rows
CASES: dict[str, Spoil] = {
    "selection_overlap": put({"from_year": "2026"}, **MINE),
    "selection_overlap-third": copy({"from_year": "2029", "to_year": "2029"}, **MINE),
    "selection_closed": put({"from_year": "2025"}, region=CITY),
    "selection_by_policy": put({"series": "resident_financing"}, region=CITY),
    "value_limits-selection": put({"value": "4.5"}, region=CITY),
    "date_text-selection": put({"decided": "2026年3月1日"}, region=CITY),
    "date_impossible-selection": put({"decided": "2026-02-30"}, region=CITY),
    "value_missing-reason": put({"reason_en": ""}, region=CITY),
    "choice_unknown-series": put({"series": "employee_costs"}, region=CITY),
    "unit_kind-selection": put({"unit": "percent"}, region=CITY),
    "interval_reversed-selection": put({"to_year": "2025"}, region=EAST),
    "duplicate_different-selection": copy({"value": "0.05"}, region=CITY),
}


@pytest.fixture
def selected(folder: Path) -> Path:
    write_table(folder / "selections.csv", TABLES["selections"].column_names, ROWS)
    return write_catalogue(folder)


def test_selections_of_forecast_years_have_no_fault(selected: Path):
    assert check_folder(selected) == ()


@pytest.mark.parametrize("case", CASES)
def test_wrong_selection_is_refused(case: str, selected: Path):
    edit(selected, "selections", CASES[case])
    (fault,) = refusals(selected)
    assert fault.rule == case.partition("-")[0]
    assert_text(case, fault)
