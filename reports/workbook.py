"""The official forms as a workbook: the city and each region, sums as live formulas that add up as displayed."""

import re
from datetime import datetime
from pathlib import Path

import xlsxwriter
from markupsafe import Markup
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from actuarial.budget.forms import CITY
from actuarial.runs.store import Run
from actuarial.schema import FUNDS
from reports.accrual_table import accrual_table
from reports.execution_tables import execution_tables
from reports.figures import pooled_funds
from reports.form_sheet import AMOUNT_WIDTH, LABEL_WIDTH, Block, write_form, write_note
from reports.pages.budget import areas
from reports.pages.quality import facts, policy_table, provenance_table, source_table
from reports.plan_sheet import write_plan
from reports.plan_tables import set_on_revenue_table
from reports.tables import Table, band_table, people_note, region_table
from reports.view import View

FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
NUMBER = re.compile(r"-?\d{1,3}(,\d{3})*(\.(\d|\d{2}|\d{4}))?")
LONGEST_NAME = 31
# Rows kept free under each form for its footnotes.
LONGEST_NOTES = 8


def write_workbook(run: Run, language: str, folder: Path, unit: str = "10k_yuan") -> Path:
    """Write the workbook of a run and return its path.

    Parameters
    ----------
    language : "zh" or "en"
    unit : "10k_yuan" or "100m_yuan"
    """
    view = View(run, language, unit)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{run.manifest['city']['code']}-{run.manifest['budget_year']}-{run.id}.{language}.xlsx"
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, options) as book:
        made = datetime.fromisoformat(run.manifest["created"]).replace(tzinfo=None)
        title = view.say("report.title", city=view.city_name)
        book.set_properties({"title": title, "comments": run.id, "created": made})
        formats = _formats(book)
        _write_summary(view, book, formats)
        _write_forms(view, book, formats)
        _write_plan(view, book, formats)
        _write_execution(view, book, formats)
        _write_notes(view, book, formats)
    return path


def _formats(book: xlsxwriter.Workbook) -> dict[str, Format]:
    font = {"font_name": "Noto Sans CJK SC", "font_size": 10, "valign": "vcenter"}
    number = {**font, "align": "right", "bottom": 4}
    made = {
        "title": {**font, "bold": True, "font_size": 14},
        "unit": {**font, "align": "right"},
        "side": {**font, "bold": True, "font_color": "#174A7C", "bg_color": "#EAF1F7"},
        "mark": {**font, "align": "center", "font_color": "#8A5A00", "bottom": 4},
        "head": {**font, "bold": True, "align": "center", "text_wrap": True, "bg_color": "#EAF1F7", "border": 1},
        "label": {**font, "bottom": 4},
        "label_part": {**font, "bottom": 4, "indent": 2},
        "label_total": {**font, "bottom": 4, "bold": True, "bg_color": "#F4F6F8"},
        "text": {**font, "bottom": 4, "align": "left", "text_wrap": True},
        "nothing": {**number, "font_color": "#52606D"},
        "percent": {**number, "num_format": "0.0%"},
        "plain": {**number, "num_format": "0"},
        "note": {**font, "font_color": "#52606D", "font_size": 9, "text_wrap": True, "valign": "top"},
        "check": {**number, "num_format": "0.00", "font_color": "#52606D", "font_size": 9},
    }
    for decimals in (0, 1, 2, 4):
        shape = "#,##0" + "." * (decimals > 0) + "0" * decimals
        made[f"number{decimals}"] = {**number, "num_format": shape}
        made[f"total{decimals}"] = {**number, "num_format": shape, "bold": True, "bg_color": "#F4F6F8"}
    return {name: book.add_format(properties) for name, properties in made.items()}


def _sheet(book: xlsxwriter.Workbook, name: str) -> Worksheet:
    """Add a sheet that prints on A4, landscape, one page wide."""
    sheet = book.add_worksheet(name)
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
    sheet.set_footer("&L&A&R&P / &N")
    return sheet


def sheet_names(labels: list[str]) -> list[str]:
    """Names that a workbook allows and that differ, in the order given."""
    names: list[str] = []
    for label in labels:
        plain = FORBIDDEN.sub(" ", label).strip()[:LONGEST_NAME]
        same = sum(other.startswith(plain) for other in names)
        names.append(plain if plain not in names else f"{plain[: LONGEST_NAME - 4]} {same + 1}")
    return names


def _write_forms(view: View, book: xlsxwriter.Workbook, formats: dict[str, Format]) -> None:
    schemes = [FUNDS[fund][0] for fund in pooled_funds(view.dataset)]
    areas = list(view.regions) if len(view.regions) > 1 else []
    city = [
        view.say("workbook.sheet", scheme=view.say(f"scheme_short.{scheme}"), area=view.city_name) for scheme in schemes
    ]
    names = sheet_names([*city, *(view.regions[area] for area in areas)])
    tops, top = {}, 0
    for scheme in schemes:
        tops[scheme] = top
        top += Block(scheme, CITY, 0, "").height + LONGEST_NOTES
    parts = {
        scheme: tuple(
            Block(scheme, area, tops[scheme], name) for area, name in zip(areas, names[len(schemes) :], strict=True)
        )
        for scheme in schemes
    }
    for scheme, name in zip(schemes, names, strict=False):
        sheet = _form_sheet(book, name)
        sheet.freeze_panes(3, 1)
        sheet.fit_to_pages(1, 1)
        write_form(view, sheet, Block(scheme, CITY, 0, name), parts[scheme], formats)
    for index, name in enumerate(names[len(schemes) :]):
        sheet = _form_sheet(book, name)
        sheet.freeze_panes(0, 1)
        sheet.set_h_pagebreaks([top for top in tops.values() if top > 0])
        for scheme in schemes:
            write_form(view, sheet, parts[scheme][index], (), formats)


def _form_sheet(book: xlsxwriter.Workbook, name: str) -> Worksheet:
    sheet = _sheet(book, name)
    sheet.set_column(0, 0, LABEL_WIDTH)
    sheet.set_column(1, 12, AMOUNT_WIDTH)
    return sheet


def _write_summary(view: View, book: xlsxwriter.Workbook, formats: dict[str, Format]) -> None:
    sheet = _sheet(book, view.say("workbook.overview"))
    sheet.set_column(0, 0, LABEL_WIDTH)
    sheet.set_column(1, 11, AMOUNT_WIDTH)
    sheet.freeze_panes(1, 1)
    row = write_table(sheet, 0, band_table(view), formats)
    for fund in pooled_funds(view.dataset) if len(view.regions) > 1 else ():
        row = write_table(sheet, row, region_table(view, FUNDS[fund][0]), formats)


def _write_plan(view: View, book: xlsxwriter.Workbook, formats: dict[str, Format]) -> None:
    sheet = _sheet(book, view.say("outlook.plan"))
    sheet.set_column(0, 0, LABEL_WIDTH)
    sheet.set_column(1, 17, AMOUNT_WIDTH)
    sheet.freeze_panes(0, 2)
    write_note(sheet, 0, view.say("outlook.sheet_note"), 9, formats)
    row = write_table(sheet, 2, set_on_revenue_table(view, areas(view)), formats)
    for fund in pooled_funds(view.dataset):
        row = write_plan(view, sheet, row, fund, formats)


def _write_execution(view: View, book: xlsxwriter.Workbook, formats: dict[str, Format]) -> None:
    """Budget against outturn of the city and of every region; no sheet where the folder says nothing of either."""
    schemes = [FUNDS[fund][0] for fund in pooled_funds(view.dataset)]
    tables = [table for area in reversed(areas(view)) for table in execution_tables(view, schemes, area)]
    if not tables:
        return
    sheet = _sheet(book, view.say("workbook.execution"))
    sheet.set_column(0, 0, LABEL_WIDTH)
    sheet.set_column(1, 12, AMOUNT_WIDTH)
    sheet.freeze_panes(0, 1)
    row = 0
    for table in tables:
        row = write_table(sheet, row, table, formats)


def _write_notes(view: View, book: xlsxwriter.Workbook, formats: dict[str, Format]) -> None:
    sheet = _sheet(book, view.say("workbook.notes"))
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 7, 22)
    row = 0
    texts = ["workbook.formula_note", "note.rounding", "report.estimated_legend"]
    for text in [*(view.say(key) for key in texts), people_note(view)]:
        write_note(sheet, row, text, 7, formats)
        row += 1
    for name, value in facts(view):
        sheet.write_string(row, 0, name, formats["label"])
        sheet.merge_range(row, 1, row, 7, value, formats["text"])
        row += 1
    memoranda = (accrual_table(view, FUNDS[fund][0]) for fund in pooled_funds(view.dataset))
    held = [table for table in memoranda if table is not None]
    for table in (*held, provenance_table(view), policy_table(view), source_table(view)):
        row = write_table(sheet, row + 1, table, formats)


def write_table(sheet: Worksheet, row: int, table: Table, formats: dict[str, Format]) -> int:
    """Write a table as text with its numbers as numbers, and return the row after it."""
    sheet.write_string(row, 0, f"{table.caption}  {table.unit}".strip(), formats["title"])
    row += 1
    for column, head in enumerate(table.heads):
        sheet.write_string(row, column, head, formats["head"])
    for line in table.rows:
        row += 1
        is_total = line.kind == "total"
        if line.kind == "side":
            sheet.merge_range(row, 0, row, len(table.heads) - 1, line.label, formats["side"])
            continue
        sheet.write_string(row, 0, line.label, formats["label_total" if is_total else "label"])
        for column, cell in enumerate(line.cells, start=1):
            _write_cell(sheet, row, column, cell, is_total, formats)
    for note in table.notes:
        row += 1
        write_note(sheet, row, note, len(table.heads) - 1, formats)
    return row + 2


def _write_cell(sheet: Worksheet, row: int, column: int, cell: str, is_total: bool, formats: dict[str, Format]) -> None:
    # A band in small type belongs to a page; a sheet has the figure alone.
    cell = cell.partition("<br>")[0] if isinstance(cell, Markup) else cell
    cell = Markup(cell).striptags() if isinstance(cell, Markup) else cell
    decimals = len(cell.partition(".")[2])
    if NUMBER.fullmatch(cell):
        name = f"{'total' if is_total else 'number'}{decimals}"
        sheet.write_number(row, column, float(cell.replace(",", "")), formats[name])
    else:
        sheet.write_string(row, column, cell, formats["nothing" if cell.endswith("%") else "text"])
