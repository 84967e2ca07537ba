"""The rolling plan as a block of cells: every area and year, balances and the city as live formulas."""

from typing import Any

import numpy as np
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from actuarial.budget.forms import CITY
from reports.figures import outlook
from reports.forms import area_name
from reports.plan_tables import QUANTITIES, of_area
from reports.view import FEN, View

# Columns of a quantity: mean, 5% and 95% quantiles; then two probabilities with their errors.
_SPAN = 3
_HEADS = ("revenue", "spending", "surplus", "closing")


def write_plan(view: View, sheet: Worksheet, top: int, fund: str, formats: dict[str, Format]) -> int:
    """Write the plan of a fund and return the row after it.

    Regions stand first, each with its opening balance; the city sums them year by year.
    """
    caption = view.say("outlook.caption", city=view.city_name, fund=view.say(f"fund.{fund}"))
    sheet.write_string(top, 0, f"{caption}  {view.say('report.unit', unit=view.unit_name)}", formats["title"])
    heads = [view.say("outlook.region"), view.say("outlook.year")]
    for head in _HEADS:
        heads += [view.say(f"outlook.{name}") for name in (head, "p05", "p95")]
    heads += [view.say(f"outlook.{name}") for name in ("deficit", "error", "exhausted", "error")]
    for column, head in enumerate(heads):
        sheet.write_string(top + 1, column, head, formats["head"])
    years = view.dataset["year"].values.tolist()
    many = len(view.regions) > 1
    starts = {area: top + 2 + place * (len(years) + 1) for place, area in enumerate(view.regions)}
    if many:
        starts[CITY] = top + 2 + len(starts) * (len(years) + 1)
    parts = [start for area, start in starts.items() if area != CITY]
    for area, start in starts.items():
        _write_area(view, sheet, fund, area, start, parts if area == CITY else [], formats)
    return max(starts.values()) + len(years) + 3


def _write_area(
    view: View, sheet: Worksheet, fund: str, area: str, start: int, parts: list[int], formats: dict[str, Format]
) -> None:
    plan, scale = of_area(view.plan(fund), area), 10 ** view.decimals(fund)
    number = formats[f"number{view.decimals(fund)}"]
    years = plan["year"].values.tolist()
    revenue, spending, surplus, closing = (2 + _SPAN * place for place in range(len(QUANTITIES)))

    def amount(quantity: str, year: int) -> Any:
        return int(plan.sel(quantity=quantity, year=year)) / scale

    def sum_of(column: int, offset: int) -> str:
        return f"=SUM({','.join(xl_rowcol_to_cell(part + offset, column) for part in parts)})"

    opening = amount("closing_balance", years[0]) - amount("surplus", years[0])
    sheet.write_string(start, 0, area_name(view, area), formats["label"])
    sheet.write_number(start, 1, years[0] - 1, formats["plain"])
    if parts:
        sheet.write_formula(start, closing, sum_of(closing, 0), number, opening)
    else:
        sheet.write_number(start, closing, opening, number)
    for offset, year in enumerate(years, start=1):
        row = start + offset
        sheet.write_string(row, 0, area_name(view, area), formats["label"])
        sheet.write_number(row, 1, year, formats["plain"])
        for column, quantity in ((revenue, "revenue"), (spending, "spending")):
            if parts:
                sheet.write_formula(row, column, sum_of(column, offset), number, amount(quantity, year))
            else:
                sheet.write_number(row, column, amount(quantity, year), number)
        cells = [xl_rowcol_to_cell(row, column) for column in (revenue, spending, surplus)]
        sheet.write_formula(row, surplus, f"={cells[0]}-{cells[1]}", number, amount("surplus", year))
        before = xl_rowcol_to_cell(row - 1, closing)
        sheet.write_formula(row, closing, f"={before}+{cells[2]}", number, amount("closing_balance", year))
        _write_spread(view, sheet, fund, area, year, row, formats)


def _write_spread(
    view: View, sheet: Worksheet, fund: str, area: str, year: int, row: int, formats: dict[str, Format]
) -> None:
    """Quantiles of every quantity, and both probabilities with their Monte Carlo errors."""
    likely = outlook(view.dataset, (fund,), year, None if area == CITY else area)
    number, unit = formats[f"number{view.decimals(fund)}"], FEN[view.unit]
    for place, quantity in enumerate(QUANTITIES):
        values = getattr(likely, quantity)
        for offset, level in ((1, values.p05), (2, values.p95)):
            sheet.write_number(row, 2 + _SPAN * place + offset, round(level / unit, view.decimals(fund)), number)
    column = 2 + _SPAN * len(QUANTITIES)
    for share in (likely.deficit_probability, likely.exhausted_probability):
        error = float(np.sqrt(share * (1 - share) / view.manifest["draws"]))
        sheet.write_number(row, column, share, formats["percent"])
        sheet.write_number(row, column + 1, error, formats["percent"])
        column += 2
