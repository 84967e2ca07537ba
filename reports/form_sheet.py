"""An official form as a block of cells: amounts as numbers, sums as live formulas, each with its value beside."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from actuarial.budget.forms import CITY, FormLine, budget_rows, form
from actuarial.schema import FUNDS
from reports.forms import TOTALS, form_label, form_notes, form_years, scheme_funds, shown_form
from reports.svg import text_width
from reports.tables import NOTHING
from reports.view import View

FIRST_COLUMN = 1
# Column widths in characters, and the width of a Chinese character of a footnote on the same scale.
LABEL_WIDTH, AMOUNT_WIDTH, NOTE_CHARACTER = 32, 13, 1.9


@dataclass(frozen=True, slots=True)
class Block:
    """Where a form stands on a sheet, and what it says."""

    scheme: str
    area: str
    top: int
    sheet: str

    def row(self, name: str) -> int:
        """Sheet row of a printed line."""
        lines = form(self.scheme)
        index = [line.name for line in lines].index(name)
        return self.top + 4 + index + (lines[index].side == "spending")

    @property
    def height(self) -> int:
        """Rows from the caption to the check, without footnotes."""
        return 6 + len(form(self.scheme))


def write_form(view: View, sheet: Worksheet, block: Block, parts: tuple[Block, ...], formats: dict[str, Format]) -> int:
    """Write a form and return the row after it.

    Parameters
    ----------
    parts : the same form of each region, for a city form; its amounts are then sums over those cells
    """
    lines, funds = form(block.scheme), scheme_funds(block.scheme)
    width = 3 * _width(funds) + 3
    scale = 10 ** view.decimals(funds[0])
    number = formats[f"number{view.decimals(funds[0])}"], formats[f"total{view.decimals(funds[0])}"]
    values = {fund: shown_form(view, block.scheme, fund, block.area) for fund in funds}
    exact = {fund: budget_rows(view.amounts, block.area, block.scheme, fund) for fund in funds}
    _write_heads(view, sheet, block, funds, width, formats)
    for side in ("revenue", "spending"):
        first = next(block.row(line.name) for line in lines if line.side == side)
        sheet.merge_range(first - 1, 0, first - 1, width, view.say(f"form.{side}"), formats["side"])
    for line in lines:
        row, is_total = block.row(line.name), line.name in TOTALS or line.name.endswith("grand_total")
        cell_format = number[is_total]
        sheet.write_string(row, 0, form_label(view, block.scheme, line), formats[_label_format(line, is_total)])
        for year in range(3):
            for place, fund in enumerate(funds):
                column = _column(funds, year, place)
                value = int(values[fund].sel(row=line.name)[year]) / scale
                if not bool(exact[fund]["published"].sel(row=line.name)[year]):
                    sheet.write_string(row, column, NOTHING, formats["nothing"])
                    continue
                formula = _formula(block, parts, line, funds, year, place)
                if formula is None:
                    sheet.write_number(row, column, value, cell_format)
                else:
                    sheet.write_formula(row, column, formula, cell_format, value)
            if len(funds) > 1:
                _write_sum(sheet, row, year, funds, values, line, scale, cell_format)
        _write_change(sheet, row, funds, values, line, scale, (cell_format, formats["percent"]))
        if not line.is_always_shown and not any(int(np.abs(part.sel(row=line.name)).sum()) for part in values.values()):
            sheet.set_row(row, None, None, {"hidden": True})
        estimated = any(bool(exact[fund]["is_estimated"].sel(row=line.name)) for fund in funds)
        mark = view.say("report.estimated_mark") if estimated else ""
        sheet.write_string(row, width, mark, formats["mark"])
    return _write_check(view, sheet, block, funds, width, formats)


def _width(funds: tuple[str, ...]) -> int:
    return len(funds) + 1 if len(funds) > 1 else 1


def _column(funds: tuple[str, ...], year: int, place: int) -> int:
    """Column of a fund; where there are several, the first column of a year is their sum."""
    return FIRST_COLUMN + year * _width(funds) + (place + 1 if len(funds) > 1 else 0)


def _label_format(line: FormLine, is_total: bool) -> str:
    return "label_total" if is_total else "label_part" if line.level else "label"


def _formula(
    block: Block, parts: tuple[Block, ...], line: FormLine, funds: tuple[str, ...], year: int, place: int
) -> str | None:
    column = _column(funds, year, place)
    if line.kind == "sum":
        plus = [term for term in line.terms if not term.startswith("-")]
        minus = [term[1:] for term in line.terms if term.startswith("-")]
        sums = [_sum([xl_rowcol_to_cell(block.row(term), column) for term in part]) for part in (plus, minus) if part]
        return "=" + "-".join(sums)
    if line.name == "opening_balance" and year > 0:
        return "=" + xl_rowcol_to_cell(block.row("closing_balance"), _column(funds, year - 1, place))
    if parts:
        cells = [f"'{part.sheet}'!{xl_rowcol_to_cell(part.row(line.name), column)}" for part in parts]
        return "=" + _sum(cells)
    return None


def _sum(cells: list[str]) -> str:
    return f"SUM({','.join(cells)})"


def _write_sum(
    sheet: Worksheet,
    row: int,
    year: int,
    funds: tuple[str, ...],
    values: dict[str, xr.DataArray],
    line: FormLine,
    scale: int,
    cell_format: Format,
) -> None:
    first = _column(funds, year, 0)
    cells = [xl_rowcol_to_cell(row, first), xl_rowcol_to_cell(row, first + len(funds) - 1)]
    total: Any = sum(int(values[fund].sel(row=line.name)[year]) for fund in funds) / scale
    sheet.write_formula(row, first - 1, f"=SUM({cells[0]}:{cells[1]})", cell_format, total)


def _write_change(
    sheet: Worksheet,
    row: int,
    funds: tuple[str, ...],
    values: dict[str, xr.DataArray],
    line: FormLine,
    scale: int,
    cell_formats: tuple[Format, Format],
) -> None:
    """Budget less estimate, and the same in percent."""
    this, following = (sum(int(values[fund].sel(row=line.name)[year]) for fund in funds) for year in (1, 2))
    cells = [xl_rowcol_to_cell(row, FIRST_COLUMN + year * _width(funds)) for year in (1, 2)]
    first = FIRST_COLUMN + 3 * _width(funds)
    amount: Any = (following - this) / scale
    sheet.write_formula(row, first, f"=N({cells[1]})-N({cells[0]})", cell_formats[0], amount)
    change: Any = following / this - 1 if this > 0 and following >= 0 else NOTHING
    test = f"AND(N({cells[0]})>0,N({cells[1]})>=0)"
    formula = f'=IF({test},{cells[1]}/{cells[0]}-1,"{NOTHING}")'
    sheet.write_formula(row, first + 1, formula, cell_formats[1], change)


def _write_heads(
    view: View, sheet: Worksheet, block: Block, funds: tuple[str, ...], width: int, formats: dict[str, Format]
) -> None:
    area = view.city_name if block.area == CITY else view.regions[block.area]
    scheme = view.say(f"scheme.{block.scheme}")
    caption = view.say("form.caption", area=area, scheme=scheme, year=view.budget_year)
    sheet.merge_range(block.top, 0, block.top, width - 1, caption, formats["title"])
    sheet.write_string(block.top, width, view.say("report.unit", unit=view.unit_name), formats["unit"])
    head = block.top + 1
    span = _width(funds)
    sheet.merge_range(head, 0, head + 1, 0, view.say("form.item"), formats["head"])
    for year, name in enumerate(form_years(view)):
        column = FIRST_COLUMN + year * span
        if span == 1:
            sheet.merge_range(head, column, head + 1, column, name, formats["head"])
            continue
        sheet.merge_range(head, column, head, column + span - 1, name, formats["head"])
        names = [view.say("workbook.total"), *(view.say(f"fund.{FUNDS[fund][1]}") for fund in funds)]
        for offset, fund_name in enumerate(names):
            sheet.write_string(head + 1, column + offset, fund_name, formats["head"])
    sheet.merge_range(head, width - 2, head + 1, width - 2, view.say("form.change_amount"), formats["head"])
    sheet.merge_range(head, width - 1, head + 1, width - 1, view.say("form.change"), formats["head"])
    sheet.merge_range(head, width, head + 1, width, view.say("workbook.estimated"), formats["head"])


def _write_check(
    view: View, sheet: Worksheet, block: Block, funds: tuple[str, ...], width: int, formats: dict[str, Format]
) -> int:
    row = block.top + block.height - 1
    sheet.write_string(row, 0, view.say("workbook.check"), formats["note"])
    for year in range(3):
        column = FIRST_COLUMN + year * _width(funds)
        closing, opening, balance = (
            xl_rowcol_to_cell(block.row(name), column)
            for name in ("closing_balance", "opening_balance", "current_balance")
        )
        sheet.write_formula(row, column, f"=ROUND(N({closing})-N({opening})-N({balance}),6)", formats["check"], 0)
    for note in form_notes(view, block.scheme):
        row += 1
        write_note(sheet, row, note, width, formats)
    return row + 2


def write_note(sheet: Worksheet, row: int, text: str, last_column: int, formats: dict[str, Format]) -> None:
    """Write a footnote over the width of a table, wrapped, in a row high enough for it."""
    pixels = LABEL_WIDTH + last_column * AMOUNT_WIDTH
    count = math.ceil(text_width(text, 1.0) * NOTE_CHARACTER / pixels)
    sheet.merge_range(row, 0, row, last_column, text, formats["note"])
    sheet.set_row(row, 14 * count)
