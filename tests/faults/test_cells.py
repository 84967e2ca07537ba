"""Every way in which one cell can be wrong, each read from a table of one row."""

import csv
import io
from pathlib import Path

import pytest

from actuarial.city import City, read_city
from actuarial.contract import TABLES
from actuarial.faults import Fault
from actuarial.rules.bounds import bound_faults
from actuarial.rules.columns import typed
from actuarial.rules.keys import duplicate_faults, scheme_faults
from actuarial.sheet import read_sheet
from tests.faults.spoiled import assert_text

GOOD = {
    "ledger": "339901,2025,resident,pooled,interest,final,12.34,yuan,official,Annual accounts",
    "population": "339901,2025,female,60,1200,person,official,Yearbook",
    "enrolment": "339901,2025,resident,adult,total,all,900,person,official,Bulletin",
    "vital_rates": "339900,2025,death_rate,female,60,0.01,1/year,official,Yearbook",
    "policy": "339900,assistance,subsidised_share,near_poor,2025,0.7,1,official,Decree 1",
    "claim_bands": "339901,2025,resident,all,all,0,10000,12,3000,yuan,official,Bulletin",
    "scenarios": "low,低,Low,employee,contribution_base,growth,2026,2027,-0.01,1/year,理由,Reason,official,Bulletin",
}

# case in messages.toml: table, column, cell
CASES = {
    "value_missing-blank": ("ledger", "value", ""),
    "value_missing-dash": ("ledger", "value", "-"),
    "value_missing-na": ("ledger", "value", "N/A"),
    "value_missing-dots": ("ledger", "value", "…"),
    "value_missing-wu": ("ledger", "value", "无"),
    "value_missing-source": ("ledger", "source", ""),
    "value_missing-region": ("ledger", "region", ""),
    "number_text": ("ledger", "value", "about twelve"),
    "number_infinite-inf": ("ledger", "value", "inf"),
    "number_infinite-nan": ("ledger", "value", "nan"),
    "number_full_width": ("ledger", "value", "１２３４．５"),
    "number_separators": ("ledger", "value", "1,234.50"),
    "number_brackets": ("ledger", "value", "（1,234.50）"),
    "number_scientific": ("ledger", "value", "1.2E+08"),
    "number_with_unit": ("ledger", "value", "12.3亿"),
    "number_too_large": ("ledger", "value", "99999999999999999999"),
    "fen_fraction": ("ledger", "value", "12.345"),
    "year_suffix": ("ledger", "year", "2025年"),
    "year_text": ("ledger", "year", "25"),
    "year_range": ("ledger", "year", "1904"),
    "age_unknown": ("population", "age", "60至64岁"),
    "age_unknown-date": ("population", "age", "10月14日"),
    "age_unknown-order": ("population", "age", "64-60"),
    "region_unknown": ("ledger", "region", "339911"),
    "choice_unknown-scheme": ("ledger", "scheme", "residents"),
    "choice_unknown-line": ("ledger", "line", "intrest"),
    "subtotal_row": ("ledger", "line", "收入合计"),
    "provenance_missing": ("ledger", "provenance", ""),
    "unit_unknown": ("ledger", "unit", "万"),
    "unit_kind": ("ledger", "unit", "person"),
    "unit_kind-policy": ("policy", "unit", "yuan"),
    "value_negative": ("population", "value", "-5"),
    "value_negative-count": ("claim_bands", "persons", "-5"),
    "share_range": ("policy", "value", "70"),
    "share_range-death_rate": ("vital_rates", "value", "1.2"),
    "interval_reversed": ("claim_bands", "upper", "0"),
    "interval_reversed-years": ("scenarios", "to_year", "2025"),
    "text_unsafe-formula": ("ledger", "source", '=HYPERLINK("http://x","y")'),
    "text_unsafe-script": ("ledger", "source", "<script>alert(1)</script>"),
    "text_unsafe-address": ("ledger", "source", "see javascript:alert(1)"),
    "text_unsafe-control": ("ledger", "source", "Annual\x07accounts"),
    "text_damaged": ("ledger", "source", "锟斤拷年报"),
    "line_of_other_scheme": ("ledger", "line", "employer_contribution"),
    "fund_of_other_scheme": ("ledger", "fund", "personal_account"),
    "status_of_other_scheme": ("enrolment", "status", "active"),
}


@pytest.fixture(scope="module")
def city(tiny_folder: Path) -> City:
    return read_city(tiny_folder)


def faults_of(table: str, rows: list[dict[str, str]], city: City) -> list[Fault]:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, TABLES[table].column_names)
    writer.writeheader()
    writer.writerows(rows)
    file = f"{table}.csv"
    sheet, faults = read_sheet(file, stream.getvalue().encode(), TABLES[table].column_names)
    assert sheet is not None
    frame, found = typed(sheet, TABLES[table], city)
    assert frame is not None
    faults += found + scheme_faults(frame, TABLES[table], file)
    return faults + bound_faults(frame, table, file) + duplicate_faults(frame, TABLES[table], file)


def good(table: str) -> dict[str, str]:
    return dict(zip(TABLES[table].column_names, GOOD[table].split(","), strict=True))


@pytest.mark.parametrize("table", GOOD)
def test_good_row_has_no_fault(table: str, city: City):
    assert faults_of(table, [good(table)], city) == []


@pytest.mark.parametrize("case", CASES)
def test_wrong_cell_is_one_refusal(case: str, city: City):
    table, column, cell = CASES[case]
    (fault,) = faults_of(table, [good(table) | {column: cell}], city)
    assert (fault.severity, fault.rule, fault.row) == ("refuse", case.partition("-")[0], 2)
    assert fault.column == column or fault.rule in ("line_of_other_scheme", "unit_kind", "share_range")
    assert_text(case, fault)


@pytest.mark.parametrize(
    "cell",
    ["0", "-3.10", "007", "12345678901.23", "1.5e-05"],
)
def test_plain_number_is_read(cell: str, city: City):
    row = good("scenarios") | {"value": cell}
    assert faults_of("scenarios", [row], city) == []


def test_equal_row_is_a_warning(city: City):
    row = good("ledger")
    (fault,) = faults_of("ledger", [row, row | {"value": "0.001234", "unit": "万元"}], city)
    assert (fault.severity, fault.row) == ("warn", 3)
    assert_text("duplicate_equal", fault)


def test_different_row_of_the_same_key_is_refused(city: City):
    row = good("ledger")
    (fault,) = faults_of("ledger", [row, row | {"value": "12.35"}], city)
    assert (fault.severity, fault.row) == ("refuse", 3)
    assert_text("duplicate_different", fault)


def test_space_around_a_cell_is_a_warning(city: City):
    (fault,) = faults_of("ledger", [good("ledger") | {"region": " 339901\u3000"}], city)
    assert fault.severity == "warn"
    assert_text("space_around", fault)


def test_optional_cell_may_be_blank_and_nothing_else(city: City):
    assert faults_of("policy", [good("policy") | {"detail": ""}], city) == []
    (fault,) = faults_of("policy", [good("policy") | {"detail": "-"}], city)
    assert fault.rule == "value_missing"


def test_number_in_parentheses_is_never_converted(city: City):
    (fault,) = faults_of("ledger", [good("ledger") | {"value": "(5)"}], city)
    assert fault.values["proposal"] == "-5"
