"""Figures in the wrong unit are found by plan, neighbours or history; the factor is proposed and never applied."""

from decimal import Decimal
from pathlib import Path

import pytest

from actuarial.faults import Fault
from tests.faults.spoiled import Row, assert_text, edit, refusals

SCALED = ("amount_unit_large", "amount_unit_small")


def scaled(factor: str, **wanted: object):
    def spoil(rows: list[Row]) -> None:
        for row in rows:
            if all(row[name] == str(cell) for name, cell in wanted.items()):
                row["value"] = format(Decimal(row["value"]) * Decimal(factor), "f")

    return spoil


def unit_faults(folder: Path) -> list[Fault]:
    return [fault for fault in refusals(folder) if fault.rule in SCALED]


CASES = {
    "amount_unit_large-file": ("ledger", {}, "10000"),
    "amount_unit_large-region": ("ledger", {"region": "339902"}, "10000"),
    "amount_unit_small-region": ("ledger", {"region": "339902"}, "0.01"),
    "amount_unit_large-year": ("ledger", {"region": "339902", "year": 2021, "fund": "pooled"}, "100000000"),
    "amount_unit_small-enrolment": ("enrolment", {}, "0.0001"),
    "amount_unit_large-population": ("population", {}, "10000"),
    "amount_unit_small-economy": ("economy", {"indicator": "contribution_base"}, "0.0001"),
    "amount_unit_large-policy": ("policy", {"scheme": "resident", "unit": "yuan/person"}, "10000"),
    "amount_unit_small-claims": ("claims", {}, "0.01"),
    "amount_unit_small-history": ("economy", {"indicator": "average_wage", "year": 2022}, "0.0001"),
}


@pytest.mark.parametrize("case", CASES)
def test_wrong_unit_is_found_and_its_factor_proposed(case: str, folder: Path):
    table, wanted, factor = CASES[case]
    edit(folder, table, scaled(factor, **wanted))
    found = unit_faults(folder)
    assert {fault.file for fault in found} == {f"{table}.csv"}
    power = Decimal(factor) if Decimal(factor) > 1 else 1 / Decimal(factor)
    assert {str(fault.values["factor"]).replace(" ", "") for fault in found} == {f"{power:.0f}"}
    assert {fault.rule for fault in found} == {case.partition("-")[0]}
    assert_text(case, found[0])


def test_neighbours_tell_where_the_plan_is_silent(folder: Path):
    """Assistance has no standard per head; with a third region, the odd one is named."""
    wage = {"year": "2025", "unit": "yuan/person", "provenance": "estimated", "source": "made for tests"}

    def spoil(rows: list[Row]) -> None:
        for region, value in (("339901", "81000"), ("339902", "8.4")):
            rows.append({"region": region, "indicator": "disposable_income", "value": value, **wage})
        rows.append({"region": "339900", "indicator": "disposable_income", "value": "79000", **wage})

    edit(folder, "economy", spoil)
    (fault,) = unit_faults(folder)
    assert_text("amount_unit_small-neighbours", fault)
