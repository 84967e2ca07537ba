"""The official forms as printed: last year's actual, this year's estimate, next year's budget."""

import numpy as np
import xarray as xr

from actuarial.budget.forms import CITY, FormLine, budget_rows, form, form_amounts
from actuarial.schema import ALL_LINES, FUNDS, SCHEME_FUND
from reports.figures import Outlook, outlook
from reports.tables import NOTHING, Row, Table, band_text
from reports.view import View

NUMERALS = ("", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一")
TOTALS = (
    "revenue_subtotal",
    "revenue_total",
    "spending_subtotal",
    "spending_total",
    "current_balance",
    "closing_balance",
)
BANDED = {
    "revenue_subtotal": "revenue",
    "revenue_total": "revenue",
    "spending_subtotal": "spending",
    "spending_total": "spending",
    "current_balance": "surplus",
    "closing_balance": "closing_balance",
}


def form_label(view: View, scheme: str, line: FormLine) -> str:
    """Printed name of a form line, with the numeral of the Chinese form."""
    name = view.say(f"line.{line.name}" if line.name in ALL_LINES else f"form.{line.name}")
    if view.language == "zh" and line.code.isdigit() and not line.name.endswith("grand_total"):
        name = f"{NUMERALS[int(line.code)]}、{name}"
    siblings = [other for other in form(scheme) if other.side == line.side and other.level == 1]
    if line.level == 1 and (line.code.endswith(".1") or (not line.code and line == siblings[0])):
        name = view.say("form.of_which", name=name)
    return name


def scheme_funds(scheme: str) -> tuple[str, ...]:
    """Funds of a scheme, the pooled one first."""
    return tuple(fund for fund, (owner, _) in FUNDS.items() if owner == scheme)


def shown_form(view: View, scheme: str, fund: str, area: str) -> xr.DataArray:
    """(row, year): the form in displayed units of the fund."""
    shown = view.shown(fund)
    shown = shown.sum("region") if area == CITY else shown.sel(region=area, drop=True)
    return form_amounts(form(scheme), shown)


def form_table(view: View, scheme: str, area: str = CITY) -> Table:
    """The official form of an area: actual, estimate, budget, change, and for the city what is uncertain about it."""
    funds = scheme_funds(scheme)
    main = SCHEME_FUND[scheme]
    parts = {fund: shown_form(view, scheme, fund, area) for fund in funds}
    whole = sum(parts.values(), start=xr.zeros_like(parts[main]))
    exact = budget_rows(view.amounts, area, scheme, "all")
    known_in = {fund: budget_rows(view.amounts, area, scheme, fund)["published"] for fund in funds}
    likely = outlook(view.dataset, (main,), view.budget_year, None if area == CITY else area)
    rows, side = [], ""
    for line in form(scheme):
        values = whole.sel(row=line.name).values.tolist()
        if not line.is_always_shown and not any(values):
            continue
        if line.side != side:
            side = line.side
            rows.append(Row(view.say(f"form.{side}"), (), "side"))
        published = exact["published"].sel(row=line.name).values.tolist()
        cells = [view.units(value, main) if known else NOTHING for value, known in zip(values, published, strict=True)]
        is_known = all(published[1:])
        cells.append(view.units(values[2] - values[1], main) if is_known else NOTHING)
        cells.append(_change(view, exact["change"].sel(row=line.name).item(), values))
        if len(funds) > 1:
            cells += [
                view.units(parts[fund].sel(row=line.name).values[2], main)
                if bool(known_in[fund].sel(row=line.name)[2])
                else NOTHING
                for fund in funds
            ]
        cells += _uncertainty(view, likely, line.name, main)
        kind = (
            "total" if line.name in TOTALS or line.name.endswith("grand_total") else ("part" if line.level else "line")
        )
        estimated = (0,) if bool(exact["is_estimated"].sel(row=line.name)) and published[0] else ()
        rows.append(Row(form_label(view, scheme, line), tuple(cells), kind, estimated))
    caption = view.say(
        "form.caption", area=area_name(view, area), scheme=view.say(f"scheme.{scheme}"), year=view.budget_year
    )
    return Table(
        f"form-{scheme}", caption, _form_heads(view, funds), tuple(rows), form_notes(view, scheme), unit=view.unit_name
    )


def area_name(view: View, area: str) -> str:
    """Name of a region, or of the city."""
    return view.city_name if area == CITY else view.regions[area]


def _form_heads(view: View, funds: tuple[str, ...]) -> tuple[str, ...]:
    year = view.budget_year
    heads = [view.say("form.item"), *form_years(view), view.say("form.change_amount"), view.say("form.change")]
    if len(funds) > 1:
        heads += [view.say("form.of_budget", fund=view.say(f"fund.{FUNDS[fund][1]}"), year=year) for fund in funds]
    band = "form.band_pooled" if len(funds) > 1 else "form.band"
    return (*heads, view.say(band), view.say("form.probability"))


def form_years(view: View) -> tuple[str, str, str]:
    """Heads of the three columns of a form."""
    year = view.budget_year
    return (
        view.say("form.last_year", year=year - 2),
        view.say("form.this_year", year=year - 1),
        view.say("form.next_year", year=year),
    )


def form_notes(view: View, scheme: str) -> tuple[str, ...]:
    """Footnotes of a form: rounding, means, what is not published, and lines whose layout is not confirmed."""
    lines = form(scheme)
    notes = [view.say("note.rounding"), view.say("note.mean", draws=view.number(view.manifest["draws"]))]
    unverified = [line for line in lines if line.provenance == "unverified" and line.is_always_shown]
    if len(unverified) > len(lines) / 2:
        notes.append(view.say("note.layout_unverified"))
    elif unverified:
        names = view.say("note.separator").join(form_label(view, scheme, line).strip() for line in unverified)
        notes.append(view.say("note.lines_unverified", lines=names))
    if any(line.name == "standard_subsidy" for line in lines):
        notes.append(view.say("note.standard_subsidy"))
    if scheme == "assistance":
        notes.append(view.say("note.assistance_total"))
    shown = sum(int(np.abs(view.shown(fund).sel(line=["revenue_undivided", "spending_undivided"])).sum())
                for fund in scheme_funds(scheme))  # fmt: skip
    return (*notes, view.say("note.undivided")) if shown else tuple(notes)


def _change(view: View, change: float, values: list[int]) -> str:
    return view.percent(change) if np.isfinite(change) and values[1] > 0 and values[2] >= 0 else NOTHING


def _uncertainty(view: View, likely: Outlook, name: str, fund: str) -> list[str]:
    cells = [band_text(view, getattr(likely, BANDED[name]), fund) if name in BANDED else "", ""]
    if name == "current_balance":
        cells[1] = view.say("form.deficit", probability=view.chance(likely.deficit_probability))
    if name == "closing_balance":
        cells[1] = view.say("form.exhausted", probability=view.chance(likely.exhausted_probability))
    return cells
