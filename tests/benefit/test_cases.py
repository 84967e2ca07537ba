"""The hand-worked persons of docs/method/benefits.md: the expected payers are typed from the page."""

import re

import numpy as np
import pytest

from actuarial.benefit.persons import PAYERS, payers_of
from tests.benefit.example import PAGE, Example, example_frame, fen, rules_of, written_down


def stay(tier: str, amount: float, in_scope: float | None = None, area: str = "local"):
    return ("inpatient", tier, area, amount, amount if in_scope is None else in_scope)


def visit(tier: str, amount: float):
    return ("outpatient", tier, "local", amount, amount)


def chronic(tier: str, amount: float):
    return ("chronic", tier, "local", amount, amount)


def employee(status: str, *bills, **others) -> Example:
    return Example("employee", status, bills, **others)


def resident(status: str, *bills, **others) -> Example:
    return Example("resident", status, bills, **others)


CASES = {
    1: employee("active", stay("tertiary", 31_200, 28_000), balance=3_000),
    2: employee(
        "retired",
        stay("primary", 10_000),
        stay("secondary", 20_000, 19_000),
        stay("tertiary", 60_000, 52_000),
        visit("primary", 1_500),
        visit("secondary", 2_000),
    ),
    3: employee("active", stay("tertiary", 500_000, 450_000)),
    4: employee("active", visit("primary", 700), visit("primary", 300), balance=6_000, household=0),
    5: resident("adult", stay("secondary", 12_000), household=0),
    6: resident("child", visit("tertiary", 4_000), household=0),
    7: resident("adult", chronic("primary", 4_300), visit("primary", 5_000)),
    8: resident("adult", stay("tertiary", 1_000_000), has_policy=True),
    9: resident("adult", stay("secondary", 40_000), category="destitute"),
    10: resident("adult", stay("tertiary", 120_000), category="subsistence"),
    11: resident("adult", stay("tertiary", 120_000)),
    12: resident("adult", stay("tertiary", 2_150_000, 2_000_000, "unreferred"), category="near_poor"),
    13: resident(
        "adult",
        stay("tertiary", 50_000, area="referred"),
        stay("tertiary", 30_000, area="referred"),
        category="impoverished_by_illness",
        earlier=9_000,
    ),
    14: resident("student", stay("tertiary", 90_000), region="330282", has_policy=True),
    15: employee("active", visit("tertiary", 1_234.57), visit("tertiary", 0.01)),
    16: resident("child"),
    17: resident("adult", stay("primary", 20_000), chronic("tertiary", 30_000), category="subsistence"),
    18: employee("active", stay("primary", 250), stay("tertiary", 1_200)),
    19: employee("retired", visit("tertiary", 40_000)),
    20: employee(
        "active",
        stay("secondary", 100_000),
        stay("secondary", 210_000, 200_000),
        stay("secondary", 210_000, 200_000),
        category="impoverished_by_illness",
    ),
    21: employee("active", visit("tertiary", 2_000), age=44),
    22: employee("active", visit("tertiary", 2_000), age=45),
}

# basic, critical, assistance, safety net, commercial, account, out of pocket, out of scope; yuan
EXPECTED = {
    1: (23_048, 0, 0, 0, 0, 3_000, 1_952, 3_200),
    2: (75_764, 0, 0, 0, 0, 0, 8_736, 9_000),
    3: (300_000, 99_500, 0, 0, 0, 0, 50_500, 50_000),
    4: (86, 0, 0, 0, 0, 914, 0, 0),
    5: (8_550, 0, 0, 0, 0, 3_450, 0, 0),
    6: (1_480, 0, 0, 0, 0, 1_636, 884, 0),
    7: (4_140, 0, 0, 0, 0, 0, 5_160, 0),
    8: (300_000, 400_000, 0, 0, 90_000, 0, 210_000, 0),
    9: (29_550, 360, 10_090, 0, 0, 0, 0, 0),
    10: (77_220, 26_224, 11_589.20, 0, 0, 0, 4_966.80, 0),
    11: (77_220, 13_668, 0, 0, 0, 0, 29_112, 0),
    12: (300_000, 1_352_000, 50_000, 268_000, 0, 0, 30_000, 150_000),
    13: (45_747, 19_402.40, 16_695.42, 0, 0, 0, 7_155.18, 0),
    14: (57_160, 7_704, 0, 0, 2_568, 0, 22_568, 0),
    15: (250.94, 0, 0, 0, 0, 0, 983.64, 0),
    16: (0, 0, 0, 0, 0, 0, 0, 0),
    17: (27_345, 10_124, 0, 0, 0, 0, 12_531, 0),
    18: (516, 0, 0, 0, 0, 0, 934, 0),
    19: (20_000, 0, 0, 0, 0, 0, 20_000, 0),
    20: (300_000, 157_000, 30_100, 0, 0, 0, 12_900, 20_000),
    21: (825, 0, 0, 0, 0, 0, 1_175, 0),
    22: (1_050, 0, 0, 0, 0, 0, 950, 0),
}


@pytest.fixture(scope="module")
def settled():
    frame = example_frame()
    bills, persons = written_down(list(CASES.values()))
    return payers_of(bills, persons, [rules_of(frame, person) for person in CASES.values()])


@pytest.mark.parametrize("number", CASES)
def test_hand_worked_person_is_paid_for_as_on_the_page(settled, number):
    paid = settled.isel(person=list(CASES).index(number))
    assert {name: paid[name].item() for name in PAYERS} == {
        name: fen(amount) for name, amount in zip(PAYERS, EXPECTED[number], strict=True)
    }


def test_payers_of_every_case_add_up_to_its_bills(settled):
    total = settled.to_array().sum("variable").values
    billed = [sum(fen(bill[3]) for bill in person.bills) + fen(person.earlier) for person in CASES.values()]
    np.testing.assert_array_equal(total, billed)


def test_page_shows_the_figures_that_are_tested():
    rows = re.findall(r"^\| (\d+) \|(.*)\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    shown = {int(number): tuple(float(cell) for cell in cells.split("|")) for number, cells in rows}
    assert shown == EXPECTED


def arithmetic() -> list[tuple[str, str]]:
    """Every line of arithmetic on the page: expression and value."""
    return re.findall(r"^ {4}[a-z ]+? {2,}(.+) = ([\d.]+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


def test_every_line_of_arithmetic_on_the_page_is_right():
    lines = arithmetic()
    assert len(lines) > 60
    for expression, value in lines:
        assert re.fullmatch(r"(?:min|max|[\d.,+\-x() ])+", expression), expression
        worked_out = eval(
            expression.replace("x", "*").replace("ma*", "max"), {"__builtins__": {}, "min": min, "max": max}
        )
        # Decimals in binary: far less than a fen.
        assert worked_out == pytest.approx(float(value), abs=1e-6), expression


def test_every_line_indented_as_arithmetic_is_read():
    text = PAGE.read_text(encoding="utf-8")
    indented = re.findall(r"^ {4}\S.*$", text[text.index("## Hand-worked") :], re.MULTILINE)
    assert len(indented) == len(arithmetic())
