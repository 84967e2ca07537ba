"""Budget against outturn as tables: closed years, the year under way, and the adjustment it calls for."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from actuarial.budget.execution import adjustment, adopted, areas, closed_year, landing, year_under_way
from actuarial.budget.forms import CITY, GRAND_TOTALS, FormLine, form, form_amounts, ledger_terms
from actuarial.money import round_to_total
from actuarial.schema import BALANCES, FUNDS
from reports.figures import outlook, pooled_funds
from reports.forms import TOTALS, area_name, form_label, scheme_funds
from reports.rounding import rounded_ledger
from reports.tables import NOTHING, Row, Table, band_text, with_small
from reports.view import View

SIDES = ("revenue", "spending")


@dataclass(frozen=True, slots=True)
class Column:
    """One amount by printed line of a scheme in one area: displayed units, and which lines state anything."""

    units: xr.DataArray
    is_stated: xr.DataArray


def execution_tables(view: View, schemes: list[str], area: str = CITY) -> list[Table]:
    """Everything that the folder allows: where the year is heading, its progress by line, the last closed year."""
    by_line = [table for scheme in schemes for table in line_tables(view, scheme, area)]
    return [*landing_tables(view, schemes, area), *by_line]


def landing_tables(view: View, schemes: list[str], area: str = CITY) -> list[Table]:
    """Where the year under way is heading: the area and, for the city, its regions."""
    found = [landing_table(view, schemes, area)]
    if area == CITY and len(view.regions) > 1:
        found.append(landing_regions_table(view, schemes))
    return [table for table in found if table is not None]


def line_tables(view: View, scheme: str, area: str = CITY) -> list[Table]:
    """Line by line: the progress of the year under way, and the last closed year."""
    found = (progress_table(view, scheme, area), closed_table(view, scheme, area))
    return [table for table in found if table is not None]


def execution_notes(view: View) -> list[str]:
    """Which budgets were adopted and when, or why nothing is set side by side."""
    versions = view.manifest.get("budget", {}).get("versions", [])
    if not versions:
        return [view.say("execution.no_budget")]
    listed = [
        view.say("execution.version", **{key: row[key] for key in ("year", "version", "adopted")}) for row in versions
    ]
    said = [view.say("execution.versions", list=view.say("note.separator").join(listed))]
    return said if year_under_way(view.dataset) is not None else [*said, view.say("execution.no_months")]


def landing_table(view: View, schemes: list[str], area: str) -> Table | None:
    """Revenue, spending and balance of the year under way: budget, months, forecast, both together, adjustment."""
    lines, year = year_under_way(view.dataset), int(view.dataset["year"].values[0])
    if lines is None:
        return None
    found = landing(view.dataset, lines)
    rows = []
    for fund in _funds(view, schemes):
        rows.append(Row(view.say(f"fund.{fund}"), (), "side"))
        here, units = found.sel(fund=fund, area=area), _landing_units(view, fund, lines, found).sel(area=area)
        likely = outlook(view.dataset, (fund,), year, None if area == CITY else area)
        for side in SIDES:
            drawn = band_text(view, getattr(likely, side), fund)
            rows.append(_landing_row(view, fund, side, here.sel(side=side), units.sel(side=side), drawn))
        rows.append(_surplus_row(view, fund, units))
    heads = ("budget", "so_far", "so_far_share", "usual", "months", "forecast", "together", "band", "weight",
             "adjustment", "adjustment_share", "verdict")  # fmt: skip
    words = {"month": int(lines["month"]), "year": year}
    shown = (view.say("form.item"), *(view.say(f"execution.{head}", **words) for head in heads))
    caption = view.say("execution.landing", area=area_name(view, area), **words)
    notes = (view.say("execution.together_note"), _threshold_note(view, schemes))
    return Table("landing", caption, shown, tuple(rows), notes, (12,), view.unit_name)


def _landing_units(view: View, fund: str, lines: xr.Dataset, found: xr.Dataset) -> xr.Dataset:
    """Displayed units of (area, side), where regions add up to the city; not a number where nothing is known."""
    year = int(view.dataset["year"].values[0])
    budget = adopted(view.dataset, year)
    parts = {"so_far": lines["so_far"], "months": lines["projected"]}
    if budget is not None:
        parts["budget"] = budget["last"]
    rows = {name: f"{name}_total" for name in SIDES}
    units = {}
    for name, amount in parts.items():
        whole = _units(view, (name, year), fund, amount).sel(row=list(rows.values())).rename(row="side")
        units[name] = areas(whole.assign_coords(side=list(SIDES)).astype("float64"))
    plan = view.plan(fund).sel(year=year, quantity=list(SIDES), drop=True).rename(quantity="side")
    units["forecast"] = areas(plan.astype("float64"))
    units["together"] = _rounded(found["together"].sel(fund=fund, drop=True), view.step(fund))
    units.setdefault("budget", xr.full_like(units["so_far"], np.nan))
    return xr.Dataset(units)


def _rounded(amount: xr.DataArray, step: int) -> xr.DataArray:
    """Amounts (area, side) as units whose regions add up to the rounded city."""
    own = amount.drop_sel(area=CITY).rename(area="region").transpose("side", "region")
    values = [
        round_to_total(row / step, round(row.sum() / step)) if np.isfinite(row).all() else np.full(len(row), np.nan)
        for row in own.values
    ]
    return areas(own.copy(data=np.array(values, dtype="float64")))


def _landing_row(view: View, fund: str, side: str, here: xr.Dataset, units: xr.Dataset, drawn: str) -> Row:
    shown = {str(name): float(units[name]) for name in units}
    is_both = bool(np.isfinite(shown["together"]))
    cells = [
        _whole(view, shown["budget"], fund),
        _whole(view, shown["so_far"], fund),
        _share(view, shown["so_far"] / shown["budget"] if shown["budget"] > 0 else None),
        _share(view, float(here["usual_share"])),
        _banded(view, shown["months"], here, fund),
        with_small(_whole(view, shown["forecast"], fund), drawn),
        _whole(view, shown["together"], fund),
        _band(view, float(here["together"]), float(here["spread"]), fund) if is_both else NOTHING,
        _share(view, float(here["weight"]), 0),
    ]
    expected = shown["together"] if is_both else shown["months"]
    return Row(view.say(f"execution.{side}"), (*cells, *_adjustment_cells(view, fund, side, shown["budget"], expected)))


def _adjustment_cells(view: View, fund: str, side: str, budget: float, expected: float) -> tuple[str, str, str]:
    threshold = view.manifest.get("budget", {}).get("adjustment_threshold", {}).get(FUNDS[fund][0])
    if not budget > 0:
        return NOTHING, NOTHING, NOTHING
    found = adjustment(xr.DataArray(budget), xr.DataArray(expected), np.inf if threshold is None else threshold, side)
    amount, share = _whole(view, float(found["amount"]), fund), _share(view, float(found["share"]))
    if threshold is None:
        return amount, share, NOTHING
    is_called = bool(found["is_called"])
    word = view.say("execution.called" if is_called else "execution.not_called")
    return amount, share, view.mark("low" if is_called else "normal", word)


def _surplus_row(view: View, fund: str, units: xr.Dataset) -> Row:
    of = units.sel(side="revenue", drop=True) - units.sel(side="spending", drop=True)
    names = ("budget", "so_far", "months", "forecast", "together")
    budget, so_far, months, forecast, together = (_whole(view, float(of[name]), fund) for name in names)
    gap = _whole(view, float(of["together"] - of["budget"]), fund)
    return Row(
        view.say("outlook.surplus"), (budget, so_far, "", "", months, forecast, together, "", "", gap, "", ""), "total"
    )


def landing_regions_table(view: View, schemes: list[str]) -> Table | None:
    """Every region: budget, what both together expect, and how far apart they are; the city is their sum."""
    lines, year = year_under_way(view.dataset), int(view.dataset["year"].values[0])
    if lines is None or adopted(view.dataset, year) is None:
        return None
    found = landing(view.dataset, lines)
    rows = []
    for fund in _funds(view, schemes):
        rows.append(Row(view.say(f"fund.{fund}"), (), "side"))
        units = _landing_units(view, fund, lines, found)
        for area in (*view.regions, CITY):
            cells = []
            for side in SIDES:
                stated, expected = (float(units[name].sel(area=area, side=side)) for name in ("budget", "together"))
                share = expected / stated - 1 if stated > 0 else None
                cells += [_whole(view, stated, fund), _whole(view, expected, fund), _share(view, share)]
            here = units["together"].sel(area=area)
            cells.append(_whole(view, float(here.sel(side="revenue") - here.sel(side="spending")), fund))
            rows.append(Row(area_name(view, area), tuple(cells), "total" if area == CITY else "line"))
    heads = [view.say("execution.region")]
    for side in SIDES:
        name = view.say(f"execution.{side}")
        heads += [view.say(f"execution.{head}", side=name) for head in ("side_budget", "side_together", "side_share")]
    heads.append(view.say("execution.surplus_together"))
    caption = view.say("execution.regions", year=year)
    return Table(
        "landing-regions", caption, tuple(heads), tuple(rows), (view.say("note.rounding"),), (), view.unit_name
    )


def progress_table(view: View, scheme: str, area: str) -> Table | None:
    """The year under way line by line: budget, so far, share of the budget, usual share, projected year."""
    lines, year = year_under_way(view.dataset), int(view.dataset["year"].values[0])
    budget = adopted(view.dataset, year)
    if lines is None or budget is None:
        return None
    parts = {"budget": budget["last"], "so_far": lines["so_far"], "months": lines["projected"]}
    stated, so_far, projected = (_column(view, scheme, area, (name, year), part) for name, part in parts.items())
    usual = _usual(lines, scheme, area)
    fund = scheme_funds(scheme)[0]
    guessed = _guessed(lines, scheme, area)
    rows = []
    for line in _flow_lines(view, scheme, (stated, so_far)):
        amount = {name: column.units.sel(row=line.name).item() for name, column in
                  (("budget", stated), ("so_far", so_far), ("projected", projected))}  # fmt: skip
        has_budget, has_months = (bool(column.is_stated.sel(row=line.name)) for column in (stated, so_far))
        figure = view.units(amount["projected"], fund)
        if has_months and bool(guessed.sel(row=line.name)):
            figure = view.say("execution.by_forecast", figure=figure)
        is_sum = line.name == "current_balance"
        cells = (
            view.units(amount["budget"], fund) if has_budget else NOTHING,
            view.units(amount["so_far"], fund) if has_months else NOTHING,
            _share(view, amount["so_far"] / amount["budget"] if amount["budget"] > 0 and not is_sum else None),
            _share(view, None if is_sum else float(usual.sel(row=line.name))),
            figure if has_months else NOTHING,
            view.units(amount["projected"] - amount["budget"], fund) if has_budget and has_months else NOTHING,
        )
        rows.append(Row(form_label(view, scheme, line), cells, _kind(line)))
    month = int(lines["month"])
    heads = ("budget", "so_far", "so_far_share", "usual", "projected", "gap")
    shown = (view.say("form.item"), *(view.say(f"execution.{head}", month=month) for head in heads))
    earlier = view.say("note.separator").join(str(of) for of in lines["earlier_year"].values.tolist())
    notes = (view.say("note.rounding"), view.say("execution.method_note", years=earlier))
    if bool(guessed.any()):
        notes = (*notes, view.say("execution.forecast_note"))
    words = {"area": area_name(view, area), "year": year, "month": month, "scheme": view.say(f"scheme.{scheme}")}
    return Table(
        f"progress-{scheme}",
        view.say("execution.progress", **words),
        shown,
        _sided(view, rows, scheme, (stated, so_far)),
        notes,
        unit=view.unit_name,
    )


def closed_table(view: View, scheme: str, area: str) -> Table | None:
    """The last closed year line by line: first and last version of the budget, outturn, execution rate."""
    year = int(view.dataset["history_year"].values[-1])
    found = closed_year(view.dataset, year)
    if found is None:
        return None
    names = ("first", "last", "outturn") if int(found["versions"]) > 1 else ("last", "outturn")
    columns = {name: _column(view, scheme, area, (name, year), found[name]) for name in names}
    fund = scheme_funds(scheme)[0]
    rows = []
    for line in _flow_lines(view, scheme, tuple(columns.values())):
        units = {name: int(column.units.sel(row=line.name)) for name, column in columns.items()}
        stated = {name: bool(column.is_stated.sel(row=line.name)) for name, column in columns.items()}
        cells = [view.units(units[name], fund) if stated[name] else NOTHING for name in names]
        is_both = stated["last"] and stated["outturn"]
        is_rated = is_both and units["last"] > 0 and line.name != "current_balance"
        cells.append(_share(view, units["outturn"] / units["last"] if is_rated else None))
        cells.append(view.units(units["outturn"] - units["last"], fund) if is_both else NOTHING)
        rows.append(Row(form_label(view, scheme, line), tuple(cells), _kind(line)))
    heads = [view.say("form.item")]
    if len(names) > 2:
        heads += [view.say("execution.original"), view.say("execution.last", version=int(found["versions"]))]
    else:
        heads.append(view.say("execution.only"))
    heads += [view.say(f"execution.{head}") for head in ("outturn", "rate", "difference")]
    words = {"area": area_name(view, area), "year": year, "scheme": view.say(f"scheme.{scheme}")}
    notes = (view.say("note.rounding"), view.say("execution.rate_note"))
    shown = _sided(view, rows, scheme, tuple(columns.values()))
    return Table(
        f"closed-{scheme}", view.say("execution.closed", **words), tuple(heads), shown, notes, unit=view.unit_name
    )


def _column(view: View, scheme: str, area: str, key: tuple[str, int], amount: xr.DataArray) -> Column:
    """Amounts of the flow lines of a scheme, rounded together so that lines, regions and totals add up as displayed."""
    lines, funds = form(scheme), scheme_funds(scheme)
    units = [_units(view, key, fund, amount) for fund in funds]
    whole = sum(units[1:], start=units[0])
    regions = list(view.regions) if area == CITY else [area]
    is_held = amount.sel(region=regions, fund=list(funds)).notnull().any(["region", "fund"])
    is_stated = [bool(is_held.sel(line=list(ledger_terms(lines, line.name))).any()) for line in lines]
    total = whole.sum("region") if area == CITY else whole.sel(region=area, drop=True)
    return Column(total, xr.DataArray(is_stated, dims="row", coords={"row": total["row"]}))


def _units(view: View, key: tuple[str, int], fund: str, amount: xr.DataArray) -> xr.DataArray:
    """Printed lines of the flows of a fund, (region, row), displayed units; found once for a key."""
    name, year = key
    if (name, year, fund) not in view.kept:
        flows = amount.sel(fund=fund, drop=True).fillna(0.0)
        flows = flows.where(~flows["line"].isin(BALANCES), 0.0)
        fen = xr.ufuncs.rint(flows).astype("int64").expand_dims(year=[year]).transpose("region", "line", "year")
        lines = form(FUNDS[fund][0])
        whole = rounded_ledger(fen, lines, view.step(fund)).sel(year=year, drop=True)
        view.kept[name, year, fund] = form_amounts(lines, whole)
    return view.kept[name, year, fund]


def _flow_lines(view: View, scheme: str, columns: tuple[Column, ...]) -> list[FormLine]:
    """Printed lines without balances; an own row of the project only where it holds anything."""
    return [
        line
        for line in form(scheme)
        if line.name not in (*GRAND_TOTALS, "opening_balance", "closing_balance")
        and (line.is_always_shown or any(int(column.units.sel(row=line.name)) for column in columns))
    ]


def _sided(view: View, rows: list[Row], scheme: str, columns: tuple[Column, ...]) -> tuple[Row, ...]:
    """Rows with the head of each side before its first line."""
    found: list[Row] = []
    side = ""
    for row, line in zip(rows, _flow_lines(view, scheme, columns), strict=True):
        if line.side != side:
            side = line.side
            found.append(Row(view.say(f"form.{side}"), (), "side"))
        found.append(row)
    return tuple(found)


def _usual(lines: xr.Dataset, scheme: str, area: str) -> xr.DataArray:
    """Share of the year that the same months of earlier years made up, by printed line; mean of the logs."""
    parts = []
    for name in ("earlier", "final"):
        own = lines[name].sel(fund=list(scheme_funds(scheme))).fillna(0.0).sum("fund")
        parts.append(form_amounts(form(scheme), own.sum("region") if area == CITY else own.sel(region=area, drop=True)))
    share = parts[0].where(parts[0] > 0) / parts[1].where(parts[1] > 0)
    return xr.ufuncs.exp(xr.ufuncs.log(share).mean("earlier_year", skipna=False))


def _guessed(lines: xr.Dataset, scheme: str, area: str) -> xr.DataArray:
    """Printed lines any of whose amounts is the forecast, since its months say nothing: (row), bool."""
    marks = lines["is_forecast"].sel(fund=list(scheme_funds(scheme))).any("fund").astype("int64")
    own = marks.max("region") if area == CITY else marks.sel(region=area, drop=True)
    return form_amounts(form(scheme), own) > 0


def _funds(view: View, schemes: list[str]) -> list[str]:
    held = pooled_funds(view.dataset)
    return [fund for fund, (scheme, _) in FUNDS.items() if scheme in schemes and fund in (*held, "employee_account")]


def _threshold_note(view: View, schemes: list[str]) -> str:
    limits = view.manifest.get("budget", {}).get("adjustment_threshold", {})
    said = []
    for scheme in schemes:
        name, limit = view.say(f"scheme_short.{scheme}"), limits.get(scheme)
        if limit is None:
            said.append(view.say("execution.no_threshold", scheme=name))
        else:
            said.append(view.say("set_on_revenue.target_item", scheme=name, share=view.percent(limit)))
    return view.say("execution.threshold", list=view.say("note.separator").join(said))


def _kind(line: FormLine) -> str:
    return "total" if line.name in TOTALS else "part" if line.level else "line"


def _whole(view: View, units: float, fund: str) -> str:
    return view.units(round(units), fund) if np.isfinite(units) else NOTHING


def _share(view: View, share: float | None, decimals: int = 1) -> str:
    return view.percent(share, decimals) if share is not None and np.isfinite(share) else NOTHING


def _band(view: View, amount: float, spread: float, fund: str) -> str:
    low, high = (view.money(amount * np.exp(sign * spread), view.decimals(fund)) for sign in (-1, 1))
    return view.say("report.band", low=low, high=high)


def _banded(view: View, units: float, here: xr.Dataset, fund: str) -> str:
    amount, spread = float(here["months"]), float(here["months_spread"])
    figure = _whole(view, units, fund)
    return with_small(figure, _band(view, amount, spread, fund)) if np.isfinite(spread) else figure
