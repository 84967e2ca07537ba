"""Where the money of assistance comes from: every source on its path, local budgets by region, and what was assumed."""

import xarray as xr
from markupsafe import Markup

from reports.figures import interval
from reports.tables import NOTHING, Row, Table
from reports.view import FEN, View

FUND, LOCAL, WHOLE = "assistance", "local_budget", "total"
ESTIMATED = "estimated"


def money_tables(view: View) -> list[Table]:
    """Money by source, medians with their 80% interval; none in a run that does not hold it."""
    return [_money_table(view)] if "money_city" in view.dataset else []


def _money_table(view: View) -> Table:
    city, years = view.dataset["money_city"], _years(view)
    rows = []
    for source in city["source"].values.tolist():
        kind = "total" if source == WHOLE else "line"
        rows.append(_row(view, _name(view, source), city.sel(source=source), years, _growth(view, source), kind))
        if source == LOCAL and len(view.regions) > 1:
            local = view.dataset["money_region"].sel(source=LOCAL)
            rows += [
                _row(view, name, local.sel(region=code), years, _growth(view, LOCAL, code), "part")
                for code, name in view.regions.items()
            ]
    heads = (
        view.say("assistance_money.source"),
        *(view.say("people.at", year=year) for year in years),
        view.say("assistance_money.growth", year=years[1]),
    )
    way = view.manifest["assistance_ways"]["money"]
    notes = (view.say("people.interval_note"), view.say(f"assistance_money.{way}"))
    caption = view.say("assistance_money.caption", city=view.city_name)
    return Table("assistance-sources", caption, heads, tuple(rows), notes, unit=view.unit_name)


def _row(view: View, name: str, quantiles: xr.DataArray, years: list[int], stated: dict | None, kind: str) -> Row:
    cells = [_cell(view, quantiles.sel(year_all=year)) for year in years]
    growth = NOTHING if stated is None else view.percent(stated["value"])
    is_estimated = stated is not None and stated["provenance"] == ESTIMATED
    # A path that rests on an estimate is one; the last closed year is as its ledger says.
    estimated = tuple(range(1, len(years) + 1)) if is_estimated else ()
    return Row(name, (*cells, growth), kind, estimated)


def _cell(view: View, quantiles: xr.DataArray) -> str:
    """Yuan of the run as the page's unit: the median, and its interval where the draws differ."""
    found = interval(quantiles * 100 / FEN[view.unit])
    decimals = view.decimals(FUND)
    middle = view.number(found.middle, decimals)
    if found.low == found.high:
        return middle
    band = view.say("report.band", low=view.number(found.low, decimals), high=view.number(found.high, decimals))
    return Markup("{}<br><small>{}</small>").format(middle, band)


def _growth(view: View, source: str, region: str | None = None) -> dict | None:
    """The stated growth of a source in the budget year: the region's own, else the city's; None where none is."""
    places = [region, view.manifest["city"]["code"]]
    for place in places:
        own = [
            row
            for row in view.manifest["policy"]
            if (row["parameter"], row["detail"], row["region"]) == ("money_growth", source, place)
            and row["from_year"] <= view.budget_year
        ]
        if own:
            return max(own, key=lambda row: row["from_year"])
    return None


def _name(view: View, source: str) -> str:
    return view.say("assistance_money.total") if source == WHOLE else view.say(f"line.{source}")


def _years(view: View) -> list[int]:
    known = view.dataset["year_all"].values.tolist()
    return sorted({known[0], view.budget_year, min(view.budget_year + 3, known[-1]), known[-1]})
