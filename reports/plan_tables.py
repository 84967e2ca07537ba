"""The rolling plan as tables: three years and ten, by area, and whether the budget is set on revenue."""

import xarray as xr

from actuarial.budget.forms import CITY
from actuarial.budget.small_surplus import small_surplus
from actuarial.schema import FUNDS, SCHEME_FUND
from reports.figures import outlook, pooled_funds
from reports.forms import area_name
from reports.tables import Row, Table, band_text, people_note, with_small
from reports.view import View

QUANTITIES = ("revenue", "spending", "surplus", "closing_balance")
# The rolling fiscal plan of the State Council (Guofa 2015 no. 3) covers three years; ten are the outlook.
PLAN_YEARS, OUTLOOK_YEARS = 3, 10


def of_area(plan: xr.DataArray, area: str) -> xr.DataArray:
    """A plan (region, ...) of one region, or of the city."""
    return plan.sum("region") if area == CITY else plan.sel(region=area, drop=True)


def plan_ends(view: View) -> tuple[int, int]:
    """Last year of the three-year plan and of the ten-year outlook, as far as the run reaches."""
    years = view.dataset["year"].values.tolist()
    return min(view.budget_year + PLAN_YEARS - 1, years[-1]), years[:OUTLOOK_YEARS][-1]


def plan_table(view: View, scheme: str, area: str = CITY) -> Table:
    """Every forecast year of a pooled fund: means that carry forward as displayed, bands and probabilities."""
    fund, region = SCHEME_FUND[scheme], None if area == CITY else area
    plan = of_area(view.plan(fund), area)
    plan_end, last = plan_ends(view)
    starts = {
        plan["year"].values[0]: view.say("outlook.open_year"),
        view.budget_year: view.say("outlook.three_years", first=view.budget_year, last=plan_end),
        plan_end + 1: view.say("outlook.ten_years", last=last),
        last + 1: view.say("outlook.beyond"),
    }
    rows = []
    for year in plan["year"].values.tolist():
        if year in starts:
            rows.append(Row(starts[year], (), "side"))
        likely, own = outlook(view.dataset, (fund,), year, region), plan.sel(year=year)
        cells = [
            with_small(view.units(int(own.sel(quantity=name)), fund), band_text(view, getattr(likely, name), fund))
            for name in QUANTITIES
        ]
        cells += [view.number(likely.months_of_cover.mean, 1), view.chance(likely.deficit_probability)]
        cells.append(view.chance(likely.exhausted_probability))
        rows.append(Row(str(year), tuple(cells), "total" if year == view.budget_year else "line"))
    heads = ("year", "revenue", "spending", "surplus", "closing", "months", "deficit", "exhausted")
    caption = view.say("outlook.caption", city=area_name(view, area), fund=view.say(f"fund.{fund}"))
    shown = tuple(view.say(f"outlook.{head}") for head in heads)
    return Table(f"outlook-{scheme}", caption, shown, tuple(rows), _plan_notes(view), unit=view.unit_name)


def _plan_notes(view: View) -> tuple[str, ...]:
    last = int(view.dataset["year"].values[-1])
    short = (view.say("outlook.short", last=last),) if view.dataset.sizes["year"] < OUTLOOK_YEARS else ()
    return (people_note(view), view.say("note.rounding"), view.say("outlook.error_note"), *short)


def region_plan_table(view: View, scheme: str) -> Table:
    """Every region in the budget year, at the end of the three-year plan and of the outlook; the city is their sum."""
    fund, year = SCHEME_FUND[scheme], view.budget_year
    ends = tuple(dict.fromkeys(plan_ends(view)))
    rows = []
    for area in (*view.regions, CITY):
        plan, region = of_area(view.plan(fund), area), None if area == CITY else area
        likely = outlook(view.dataset, (fund,), year, region)
        surplus = view.units(int(plan.sel(quantity="surplus", year=year)), fund)
        cells = [with_small(surplus, band_text(view, likely.surplus, fund)), view.chance(likely.deficit_probability)]
        for end in ends:
            likely = outlook(view.dataset, (fund,), end, region)
            closing = view.units(int(plan.sel(quantity="closing_balance", year=end)), fund)
            cells.append(with_small(closing, band_text(view, likely.closing_balance, fund)))
            cells.append(view.chance(likely.exhausted_probability))
        rows.append(Row(area_name(view, area), tuple(cells), "total" if area == CITY else "line"))
    heads = [view.say("outlook.region"), view.say("outlook.surplus_of", year=year)]
    heads.append(view.say("outlook.deficit_of", year=year))
    for end in ends:
        heads += [view.say("outlook.closing_of", year=end), view.say("outlook.exhausted_of", year=end)]
    caption = view.say("outlook.by_region", fund=view.say(f"fund.{fund}"))
    notes = (view.say("outlook.error_note"),)
    return Table(f"plan-regions-{scheme}", caption, tuple(heads), tuple(rows), notes, unit=view.unit_name)


def set_on_revenue_table(view: View, areas: tuple[str, ...]) -> Table:
    """Whether the budget of every pooled fund is balanced with the small surplus, and what is missing if not."""
    year = view.budget_year
    targets = view.manifest.get("budget", {}).get("surplus_target", {})
    rows = []
    for fund in pooled_funds(view.dataset):
        rows.append(Row(view.say(f"fund.{fund}"), (), "side"))
        target = targets.get(FUNDS[fund][0])
        rows += [_balance_row(view, fund, area, year, target) for area in areas]
    heads = ("area", "revenue", "spending", "surplus", "share", "likely", "verdict", "cut", "increase")
    shown = tuple(view.say(f"set_on_revenue.{head}") for head in heads)
    stated = []
    for fund in pooled_funds(view.dataset):
        scheme = FUNDS[fund][0]
        name, target = view.say(f"scheme_short.{scheme}"), targets.get(scheme)
        if target is None:
            stated.append(view.say("set_on_revenue.no_target", scheme=name))
        else:
            stated.append(view.say("set_on_revenue.target_item", scheme=name, share=view.percent(target)))
    notes = (view.say("set_on_revenue.target", list=view.say("note.separator").join(stated)),)
    caption = view.say("set_on_revenue.caption", year=year)
    return Table("set-on-revenue", caption, shown, tuple(rows), notes, (6,), view.unit_name)


def _balance_row(view: View, fund: str, area: str, year: int, target: float | None) -> Row:
    plan = of_area(view.plan(fund), area).sel(year=year)
    drawn = view.dataset[["revenue", "spending"]].sel(fund=fund, year=year)
    own = drawn.sum("region") if area == CITY else drawn.sel(region=area)
    aim = 0.0 if target is None else target
    likely = float(small_surplus(own["revenue"], own["spending"], aim)["is_met"].mean())
    # The displayed figures decide, so that verdict, cut and raise follow from what the reader sees.
    revenue, spending = (plan.sel(quantity=name, drop=True) for name in ("revenue", "spending"))
    found = small_surplus(revenue, spending, aim)
    is_met = bool(found["is_met"])
    word = "met" if is_met else "below" if int(plan.sel(quantity="surplus")) >= 0 else "deficit"
    style = {"met": "normal", "below": "high", "deficit": "low"}[word]
    cells = [view.units(int(plan.sel(quantity=name)), fund) for name in QUANTITIES[:3]]
    cells += [view.percent(float(found["surplus_share"])), view.chance(likely)]
    cells.append(view.mark(style, view.say(f"set_on_revenue.{word}")))
    cells += [view.units(int(found[name]), fund) if not is_met else "" for name in ("cut", "increase")]
    return Row(area_name(view, area), tuple(cells), "total" if area == CITY else "line")
