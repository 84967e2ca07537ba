"""The workbook holds the official forms with live sums whose stored values add up."""

import re
import subprocess
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from actuarial.runs.store import Run
from actuarial.wording import LANGUAGES
from reports.static import html
from reports.view import View
from reports.workbook import sheet_names, write_workbook


@pytest.fixture(scope="module", params=LANGUAGES)
def path(run: Run, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    return write_workbook(run, request.param, tmp_path_factory.mktemp("workbook"))


REGION_SHEETS = ("市五区", "奉化区", "余姚市", "慈溪市", "宁海县", "象山县")


def row_of(sheet: Worksheet, label: str) -> int:
    return next(cell.row for cell in sheet["A"] if cell.value == label)


def test_sheets_are_the_city_its_regions_and_the_notes(path: Path) -> None:
    names = openpyxl.load_workbook(path).sheetnames
    if ".zh." in path.name:
        city = ["汇总", "职工医保-宁波市", "居民医保-宁波市", "医疗救助-宁波市"]
        assert names == [*city, *REGION_SHEETS, "滚动规划", "说明与来源"]
    assert len(names) == 12


def test_totals_are_formulas_and_the_city_sums_its_regions(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book[book.sheetnames[2]]
    label = "一、基本医疗保险费收入" if ".zh." in path.name else "Contributions"
    formula = str(sheet.cell(row_of(sheet, label), 2).value)
    assert formula.startswith("=SUM('")
    assert formula.count("!") == 6
    total = "五、本年收入小计" if ".zh." in path.name else "Revenue of the year, before levels"
    assert re.fullmatch(r"=SUM\(B\d+(,B\d+){4}\)", str(sheet.cell(row_of(sheet, total), 2).value))


def test_stored_values_are_those_of_the_page(run: Run, path: Path) -> None:
    language = "zh" if ".zh." in path.name else "en"
    page = html(View(run, language, "10k_yuan"))
    values = openpyxl.load_workbook(path, data_only=True)
    for sheet in values.worksheets[1:4]:
        shown = [cell.value for row in sheet.iter_rows(min_col=2, max_col=4) for cell in row]
        amounts = [f"{value:,.2f}" for value in shown if isinstance(value, float) and abs(value) > 1]
        assert len(amounts) > 20
        pooled = sheet is values.worksheets[1]
        assert [amount for amount in amounts if f">{amount}<" not in page and not pooled] == []


def test_checks_at_the_foot_are_zero(path: Path) -> None:
    values = openpyxl.load_workbook(path, data_only=True)
    label = "核对" if ".zh." in path.name else "Check"
    checks = [
        cell.value
        for sheet in values.worksheets[1:-1]
        for row in sheet.iter_rows()
        if str(row[0].value).startswith(label)
        for cell in row[1:]
        if cell.value is not None
    ]
    assert len(checks) == 3 * (3 + 6 * 3)
    assert set(checks) == {0}


def test_pages_print_on_a4_across(path: Path) -> None:
    for sheet in openpyxl.load_workbook(path).worksheets:
        assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")


def test_a_name_that_looks_like_a_formula_stays_text(run: Run, tmp_path: Path) -> None:
    regions = [dict(region) for region in run.manifest["city"]["regions"]]
    regions[0]["name"] = {"zh": "=1+1", "en": "=1+1"}
    hostile = {**run.manifest, "city": {**run.manifest["city"], "regions": regions}}
    book = openpyxl.load_workbook(write_workbook(Run(run.id, run.dataset, hostile), "zh", tmp_path))
    cells = [cell for row in book["汇总"].iter_rows() for cell in row if cell.value == "=1+1"]
    assert cells
    assert {cell.data_type for cell in cells} == {"s"}


def test_sheet_names_are_allowed_and_differ() -> None:
    names = sheet_names(["a/b:c", "x" * 40, "x" * 40])
    assert names == ["a b c", "x" * 31, "x" * 27 + " 2"]


@pytest.mark.office
def test_recalculation_changes_no_value(path: Path, tmp_path: Path) -> None:
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir"]
    subprocess.run([*command, str(tmp_path / "new"), str(path)], check=True, capture_output=True, timeout=180)
    stored = openpyxl.load_workbook(path, data_only=True)
    again = openpyxl.load_workbook(tmp_path / "new" / path.name, data_only=True)
    compared = 0
    for sheet in stored.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                other = again[sheet.title][cell.coordinate].value
                if isinstance(cell.value, int | float):
                    compared += 1
                    # Sums of two-decimal floats: 1e-7 of 万元 is a tenth of a fen.
                    assert other == pytest.approx(cell.value, abs=1e-7), (sheet.title, cell.coordinate)
    assert compared > 2000
