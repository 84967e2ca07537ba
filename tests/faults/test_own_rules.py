"""Every way in which a city's own adjustment funds and warning rules can be wrong, each in a copy of the tiny city."""

from pathlib import Path

import pytest

from actuarial.checks import check_folder
from actuarial.contract import TABLES
from tests.faults.spoiled import Spoil, assert_text, edit, refusals
from tests.faults.test_rows import both, copy, drop, put
from tests.tiny_city import write_catalogue, write_table

EAST, WEST = "339901", "339902"
END = ("estimated", "minutes")
FUNDS = [
    ("city", "all", "all", "paid_in_share", "", "", "0.05", "1", *END),
    ("city", "all", "all", "covered_share_of_deficit", "0.02", "0.1", "0.5", "1", *END),
    ("city", "all", "all", "covered_share_of_deficit", "0.1", "", "0.8", "1", *END),
    ("city", "all", "all", "is_prorated", "", "", "1", "1", *END),
    ("city", "all", "all", "balance_ceiling", "", "", "1.5", "1", *END),
    ("city", "all", "all", "interest_rate", "", "", "0.0155", "1/year", *END),
]
BELOW = ("months_of_cover", "below")
RULES = [
    ("reserve", "employee", *BELOW, "yellow", "7", "8", "month", "低", "low", *END),
    ("reserve", "employee", *BELOW, "red", "2", "3", "month", "很低", "very low", *END),
    ("surplus", "all", "surplus_ratio", "below", "orange", "-5", "-3", "percent", "赤字", "deficit", *END),
]
COVER = {"parameter": "covered_share_of_deficit"}
ADJUSTMENT: dict[str, Spoil] = {
    "adjustment_needs": drop(parameter="is_prorated"),
    "adjustment_order": put({"lower": "0.05"}, **COVER, lower="0.1"),
    "adjustment_unpaid": put({"value": "0"}, parameter="paid_in_share"),
    "adjustment_unlimited": put({"value": "0"}, parameter="is_prorated"),
    "adjustment_promise": both(
        put({"value": "0"}, parameter="is_prorated"), put({"upper": "0.2"}, **COVER, lower="0.1")
    ),
    "adjustment_payers": put({"payers": EAST}, parameter="is_prorated"),
    "adjustment_payer_unknown": lambda rows: [row.update(payers=f"{EAST};339903") for row in rows],
    "adjustment_idle": lambda rows: [row.update(payers=EAST) for row in rows],
    "adjustment_payer_twice": lambda rows: (
        rows.extend([row | {"fund": "west", "payers": f"{WEST};{EAST}"} for row in rows])
        or [row.update(payers=EAST) for row in rows if row["fund"] == "city"]
    ),
    "share_range-adjustment": put({"value": "1.5"}, parameter="paid_in_share"),
    "choice_unknown-adjustment": put({"parameter": "paid_share"}, parameter="paid_in_share"),
    "unit_kind-adjustment": put({"unit": "month"}, parameter="paid_in_share"),
    "duplicate_different-adjustment": copy({"value": "0.06"}, parameter="paid_in_share"),
}
WARNING: dict[str, Spoil] = {
    "warning_order": put({"value": "7.5", "clear": "8"}, colour="red"),
    "warning_order-clear": put({"clear": "8.5"}, colour="red"),
    "warning_clear": put({"clear": "6"}, colour="yellow"),
    "warning_mixed": put({"comparison": "above"}, colour="red"),
    "choice_unknown-indicator": put({"indicator": "months_cover"}, colour="orange"),
    "choice_unknown-colour": put({"colour": "amber"}, colour="orange"),
    "unit_kind-warning": put({"unit": "month"}, colour="orange"),
    "value_missing-clear": put({"clear": ""}, colour="red"),
}


@pytest.fixture
def ruled(folder: Path) -> Path:
    write_table(folder / "adjustment_rules.csv", TABLES["adjustment_rules"].column_names, FUNDS)
    write_table(folder / "warning_rules.csv", TABLES["warning_rules"].column_names, RULES)
    return write_catalogue(folder)


def test_own_rules_have_no_fault(ruled: Path):
    assert check_folder(ruled) == ()


def test_promise_that_is_kept_has_no_fault(ruled: Path):
    """At most half of a deficit between 2% and 10% of revenue, 4%, and 5% are paid in."""
    kept = both(drop(**COVER, lower="0.1"), put({"value": "0"}, parameter="is_prorated"))
    edit(ruled, "adjustment_rules", kept)
    assert check_folder(ruled) == ()


@pytest.mark.parametrize("case", ADJUSTMENT)
def test_wrong_adjustment_fund_is_refused(case: str, ruled: Path):
    edit(ruled, "adjustment_rules", ADJUSTMENT[case])
    (fault,) = refusals(ruled)
    assert fault.rule == case.partition("-")[0]
    assert_text(case, fault)


@pytest.mark.parametrize("case", WARNING)
def test_wrong_warning_rule_is_refused(case: str, ruled: Path):
    edit(ruled, "warning_rules", WARNING[case])
    (fault,) = refusals(ruled)
    assert fault.rule == case.partition("-")[0]
    assert_text(case, fault)


def test_circle_and_rules_of_a_higher_fund_are_refused(ruled: Path):
    plain = [row for row in FUNDS if row[3] != "interest_rate"]
    lower = [("east", f"{EAST};{WEST}", *row[2:]) for row in plain]
    higher = [("city", "east", *row[2:]) for row in FUNDS]
    write_table(ruled / "adjustment_rules.csv", TABLES["adjustment_rules"].column_names, [*lower, *higher])
    write_catalogue(ruled)
    (fault,) = refusals(ruled)
    assert_text("adjustment_above", fault)
    circle = [("east", f"{EAST};{WEST};city", *row[2:]) for row in plain]
    write_table(ruled / "adjustment_rules.csv", TABLES["adjustment_rules"].column_names, [*circle, *higher])
    write_catalogue(ruled)
    (fault,) = refusals(ruled)
    assert_text("adjustment_circle", fault)
