"""Every way in which adopted budgets and outturn by month can be wrong, each in a copy of the tiny city."""

import csv
from pathlib import Path

import pytest

from actuarial.checks import check_folder
from actuarial.contract import TABLES
from actuarial.faults import refuses
from tests.faults.spoiled import Spoil, assert_text, edit, refusals
from tests.faults.test_rows import copy, drop, plus, put
from tests.tiny_city import write_budgets, write_catalogue

EAST = "339901"
REVISED = {"region": EAST, "version": 2, "scheme": "resident", "fund": "pooled"}
JUNE = {"region": EAST, "year": 2026, "month": 6, "scheme": "resident"}


def dated(date: str, version: str) -> Spoil:
    def spoil(rows: list[dict[str, str]]) -> None:
        for row in rows:
            if row["version"] == version:
                row["adopted"] = date

    return spoil


def renumbered(rows: list[dict[str, str]]) -> None:
    for row in rows:
        row["version"] = {"2": "3"}.get(row["version"], row["version"])


def times(factor: float, **wanted: object) -> Spoil:
    def spoil(rows: list[dict[str, str]]) -> None:
        for row in rows:
            if all(row[name] == str(cell) for name, cell in wanted.items()):
                row["value"] = f"{float(row['value']) * factor:.2f}"

    return spoil


# case in messages.toml: table, what is done to the rows
CASES: dict[str, tuple[str, Spoil]] = {
    "budget_version_gap": ("budgets", renumbered),
    "budget_day": ("budgets", dated("2026-08", "2")),
    "date_impossible-budget": ("budgets", dated("2026-02-30", "2")),
    "budget_two_dates": ("budgets", put({"adopted": "2026-08-02"}, **REVISED, line="fiscal_subsidy")),
    "budget_date_order": ("budgets", dated("2026-01-15", "2")),
    "budget_not_whole": ("budgets", drop(**{**REVISED, "scheme": "assistance", "fund": "assistance"})),
    "closing_not_flows-budget": ("budgets", plus("0.01", **REVISED, line="fiscal_subsidy")),
    "count_not_whole-version": ("budgets", copy({"version": "2.5"}, **REVISED, line="fiscal_subsidy")),
    "line_of_other_scheme-budget": ("budgets", copy({"line": "lottery"}, **REVISED, line="fiscal_subsidy")),
    "choice_unknown-outturn": ("outturn", put({"line": "opening_balance"}, **JUNE, line="fiscal_subsidy")),
    "outturn_ahead": ("outturn", copy({"year": "2027"}, **JUNE, line="fiscal_subsidy")),
    "outturn_hole": ("outturn", drop(**JUNE, line="fiscal_subsidy")),
    "amount_far": ("outturn", times(10_000, region=EAST, year=2025, month=12, scheme="employee", fund="pooled")),
}


@pytest.fixture
def budgeted(folder: Path) -> Path:
    write_budgets(folder)
    return write_catalogue(folder)


def test_budgets_with_a_revision_and_months_have_no_fault(budgeted: Path) -> None:
    assert check_folder(budgeted) == ()


@pytest.mark.parametrize("case", CASES)
def test_wrong_budget_is_refused(case: str, budgeted: Path) -> None:
    table, spoil = CASES[case]
    edit(budgeted, table, spoil)
    fault = refusals(budgeted)[0]
    assert fault.rule == case.partition("-")[0]
    assert_text(case, fault)


@pytest.mark.parametrize(
    ("case", "spoil"),
    [
        ("outturn_falls", times(0.4, **JUNE, line="fiscal_subsidy")),
        ("outturn_not_final", times(1.01, region=EAST, year=2025, month=12, scheme="resident", line="fiscal_subsidy")),
    ],
)
def test_doubtful_outturn_is_a_warning(case: str, spoil: Spoil, budgeted: Path) -> None:
    edit(budgeted, "outturn", spoil)
    (fault,) = check_folder(budgeted)
    assert not refuses([fault])
    assert fault.rule == case
    assert_text(case, fault)


def test_a_published_total_of_the_city_is_held_against_its_regions(budgeted: Path) -> None:
    with (budgeted / "budgets.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if (row["line"], row["year"]) == ("fiscal_subsidy", "2025")]
    total = sum(float(row["value"]) for row in rows)
    edit(budgeted, "budgets", lambda lines: lines.append({**rows[0], "region": "339900", "value": f"{total:.2f}"}))
    assert check_folder(budgeted) == ()
    edit(budgeted, "budgets", plus("1", region="339900"))
    assert [fault.rule for fault in check_folder(budgeted)] == ["total_differs"]


def test_every_column_of_both_tables_is_needed() -> None:
    assert all(column.is_required for name in ("budgets", "outturn") for column in TABLES[name].columns)
