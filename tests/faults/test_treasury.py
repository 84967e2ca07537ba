"""Every way in which deposits, timing, commitments and flows between levels can be stated wrongly."""

import shutil
from pathlib import Path

import pytest

from tests.faults.spoiled import Row, Spoil, assert_text, edit, find, refusals
from tests.tiny_city import CITY, write_tiny_city

REGION = "339901"


def said(*values: tuple[str, str, str, str, str, str], is_split: bool = False) -> Spoil:
    """Adds policy values (region, scheme, parameter, detail, value, unit); a split balance has no single rate."""

    def spoil(rows: list[Row]) -> None:
        row = find(rows, parameter="interest_rate")
        if is_split:
            rows.remove(row)
        names = ("region", "scheme", "parameter", "detail", "value", "unit")
        rows.extend(row | {"from_year": "2025"} | dict(zip(names, value, strict=True)) for value in values)

    return spoil


def share(detail: str, value: str, scheme: str = "all") -> tuple[str, str, str, str, str, str]:
    return (CITY, scheme, "deposit_share", detail, value, "1")


def earns(detail: str, value: str) -> tuple[str, str, str, str, str, str]:
    return (CITY, "all", "deposit_rate", detail, value, "1/year")


def spent(quarter: str, value: str) -> tuple[str, str, str, str, str, str]:
    return (CITY, "resident", "spending_quarter_share", quarter, value, "1")


RATES = (earns("demand", "0.0035"), earns("1-year", "0.015"))
GOOD = said(
    share("demand", "0.4"),
    share("1-year", "0.6"),
    *RATES,
    *(spent(f"q{n}", "0.25") for n in range(1, 5)),
    (CITY, "resident", "early_contribution_share", "", "0.9", "1"),
    (CITY, "all", "settlement_lag", "", "2", "month"),
    (REGION, "employee", "from_above", "", "1000", "yuan"),
    is_split=True,
)
# case in messages.toml: what is done to the policy table of the tiny city
CASES: dict[str, Spoil] = {
    "interest_twice": said(share("demand", "0.4"), share("1-year", "0.6"), *RATES),
    "shares_not_one": said(share("demand", "0.4"), share("1-year", "0.5"), *RATES, is_split=True),
    "shares_not_one-scheme": said(
        share("demand", "0.4"), share("1-year", "0.6"), share("demand", "0.3", "resident"), *RATES, is_split=True
    ),
    "shares_not_one-quarter": said(spent("q1", "0.25"), spent("q2", "0.25")),
    "rate_without_share": said(earns("demand", "0.0035")),
    "policy_needed-term": said(
        share("demand", "0.4"), share("1-year", "0.6"), earns("demand", "0.0035"), is_split=True
    ),
    "detail_unknown-term": said(share("4-year", "1"), *RATES, is_split=True),
    "detail_unknown-lag": said((CITY, "all", "settlement_lag", "inpatient", "2", "month")),
    "value_limits-lag": said((CITY, "all", "settlement_lag", "", "-1", "month")),
    "value_limits-advance": said((CITY, "all", "advance_payment", "", "13", "month")),
    "level_owner": said((CITY, "resident", "from_above", "", "1000", "yuan")),
    "level_owner-scheme": said((REGION, "all", "to_above", "", "1000", "yuan")),
    "early_of_residents": said((CITY, "employee", "early_contribution_share", "", "0.9", "1")),
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_city(tmp_path_factory.mktemp("treasury") / "tiny")


@pytest.fixture
def folder(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good, tmp_path / "tiny"))


def test_everything_stated_well_is_accepted(folder: Path):
    edit(folder, "policy", GOOD)
    assert refusals(folder) == []


@pytest.mark.parametrize("case", CASES)
def test_contradiction_is_refused(case: str, folder: Path):
    edit(folder, "policy", CASES[case])
    rule = case.partition("-")[0]
    found = refusals(folder)
    assert {fault.rule for fault in found} == {rule}
    assert_text(case, found[0])
