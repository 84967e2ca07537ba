"""Every way in which stated paths of assistance money can be wrong, each in a copy of the tiny city that has them."""

from pathlib import Path

import pytest

from actuarial.checks import check_folder
from actuarial.contract import TABLES
from tests.faults.spoiled import Row, Spoil, assert_text, edit, refusals
from tests.faults.test_rows import copy, drop, put
from tests.faults.test_selections import END
from tests.tiny_city import CITY, LAST_YEAR, money_rows, write_catalogue, write_table

LOCAL = {"detail": "local_budget"}
COMMON = LOCAL | {"parameter": "money_common_share"}

# case in messages.toml: what is done to the rows of the policy table
CASES: dict[str, Spoil] = {
    "parameter_of_assistance": put({"scheme": "resident"}, parameter="money_growth"),
    "detail_unknown-source": put({"detail": "county"}, parameter="money_spread"),
    "money_of_city": put({"region": "339901"}, parameter="money_spread", **LOCAL),
    "money_shares": put({"value": "0.9"}, **COMMON),
    "money_incomplete": drop(**LOCAL),
    "money_incomplete-late": put({"from_year": "2027"}, **COMMON),
    "money_without_line": copy({"detail": "lottery"}, **COMMON),
    "value_limits-money_growth": put({"value": "6"}, parameter="money_growth"),
    "paid_share_needed": lambda rows: rows.append(paid_for_destitute(rows)),
}


def paid_for_destitute(rows: list[Row]) -> Row:
    """The part of the contribution that is paid for a category that has nobody, and for no other."""
    stated = {"parameter": "subsidised_share", "detail": "destitute", "value": "1", "unit": "1"}
    return rows[-1] | stated | {"from_year": str(LAST_YEAR)}


@pytest.fixture
def financed(folder: Path) -> Path:
    edit(folder, "policy", lambda rows: rows.extend(map(named, money_rows(2026))))
    return folder


def named(row: tuple) -> dict[str, str]:
    return dict(zip(TABLES["policy"].column_names, map(str, row), strict=True))


def test_whole_paths_have_no_fault(financed: Path):
    assert check_folder(financed) == ()


@pytest.mark.parametrize("case", CASES)
def test_wrong_path_is_refused(case: str, financed: Path):
    edit(financed, "policy", CASES[case])
    (fault,) = refusals(financed)
    assert fault.rule == case.partition("-")[0]
    assert_text(case, fault)


def test_growth_of_every_region_is_growth_of_the_city(financed: Path):
    east, west = (
        copy({"region": code, "value": "0.1"}, parameter="money_growth", **LOCAL) for code in ("339901", "339902")
    )
    edit(financed, "policy", east)
    edit(financed, "policy", west)
    edit(financed, "policy", drop(region=CITY, parameter="money_growth", **LOCAL))
    assert check_folder(financed) == ()


def test_selection_of_a_trend_that_sources_stand_in_for_is_refused(financed: Path):
    rows = [(CITY, "assistance_income", 2026, 2027, "0.04", *END)]
    write_table(financed / "selections.csv", TABLES["selections"].column_names, rows)
    (fault,) = refusals(write_catalogue(financed))
    assert_text("selection_by_sources", fault)
