"""Tables as pages print them: rows of text ready to show, the same for the file, the app and the tests."""

from dataclasses import dataclass, replace

from markupsafe import Markup

from actuarial.budget.forms import form, form_amounts
from actuarial.money import round_to_total
from actuarial.schema import FUNDS, SCHEME_FUND
from reports.figures import Band, cumulative_transfer, outlook, pooled_funds, reserve
from reports.view import FEN, View

NOTHING = "—"
# The method of a source of the population that keeps to one path, and the source that only the law moves.
HELD, LAW = "held", "retirement"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its label, its cells, how it is set (`line`, `part`, `total`, `side`), which cells are estimates."""

    label: str
    cells: tuple[str, ...]
    kind: str = "line"
    estimated: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its caption, the head of each column, and footnotes."""

    key: str
    caption: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    text_columns: tuple[int, ...] = ()
    unit: str = ""


def people_note(view: View) -> str:
    """Which sources of uncertainty of the population the bands hold, and which they do not, by the run's record."""
    kinds = view.manifest.get("people_uncertainty", [])
    sources = [entry for entry in view.manifest.get("people_record", []) if entry["source"] != LAW]
    random = [entry["source"] for entry in sources if entry["method"] != HELD]
    if not random or not kinds:
        return view.say("note.people_central")
    held = [entry["source"] for entry in sources if entry["method"] == HELD]
    said = [view.say("note.people_bands", list=_named(view, "people_source", random))]
    if len(kinds) == 1:
        said.append(view.say("note.people_only", kind=view.say(f"people_kind.{kinds[0]}")))
    if held:
        said.append(view.say("note.people_held", list=_named(view, "people_source", held)))
    return view.join(said)


def _named(view: View, section: str, names: list[str]) -> str:
    return view.say("note.separator").join(view.say(f"{section}.{name}") for name in names)


def share_notes(tables: list[Table]) -> list[Table]:
    """Tables with the same footnotes, which stand under the last one only."""
    return [*(replace(table, notes=()) for table in tables[:-1]), *tables[-1:]]


def with_small(figure: str, small: str) -> str:
    """A figure with what belongs to it in small type below."""
    return Markup("{}<br><small>{}</small>").format(figure, small)


def band_text(view: View, values: Band, fund: str) -> str:
    """From the 5% to the 95% quantile; bands add up to nothing, so 万元 go without decimals."""
    decimals = 0 if view.unit == "10k_yuan" else view.decimals(fund)
    return view.say("report.band", low=view.money(values.p05, decimals), high=view.money(values.p95, decimals))


def region_table(view: View, scheme: str) -> Table:
    """The regions in the budget year, with the transfers of one fund; the city is their sum as displayed."""
    fund, year = SCHEME_FUND[scheme], view.budget_year
    shown = form_amounts(form(scheme), view.shown(fund).sel(year=year))
    step, regions = view.step(fund), list(view.regions)
    flows = view.dataset["transfer"].sel(fund=fund, year=year).mean("draw").values / step
    transfer = round_to_total(flows, round(flows.sum()))
    gathered = cumulative_transfer(view.dataset, fund, year).values / step
    total = round_to_total(gathered, round(gathered.sum()))
    alone = view.dataset["reserve_region"].sel(fund=fund).values / step
    reserves = round_to_total(alone, round(alone.sum()))
    names = ("opening_balance", "revenue_total", "spending_total", "current_balance")
    columns = [shown.sel(row=name).values for name in names]
    closing = shown.sel(row="closing_balance").values
    columns += [closing, transfer, total, closing + total, reserves]
    months = [outlook(view.dataset, (fund,), year, region).months_of_cover.mean for region in regions]
    months.append(outlook(view.dataset, (fund,), year).months_of_cover.mean)
    rows = []
    for index, name in enumerate([*view.regions.values(), view.say("regions.city", city=view.city_name)]):
        amounts = [column[index] if index < len(regions) else column.sum() for column in columns]
        cells = [view.units(int(amount), fund) for amount in amounts]
        cells.insert(5, view.number(months[index], 1))
        rows.append(Row(name, tuple(cells), "total" if index == len(regions) else "line"))
    heads = ("region", "opening", "revenue", "spending", "surplus", "closing", "months", "transfer", "transfers",
             "closing_pooled", "reserve")  # fmt: skip
    caption = view.say("regions.caption", fund=view.say(f"fund.{fund}"), year=year)
    notes = (view.say("note.regions"), view.say("note.transfer_rule"), view.say("note.rounding"))
    shown_heads = tuple(view.say(f"regions.{head}", year=year) for head in heads)
    return Table(f"regions-{scheme}", caption, shown_heads, tuple(rows), notes, unit=view.unit_name)


def shown_totals(view: View, year: int) -> dict[str, dict[str, float]]:
    """Revenue, spending, surplus and closing balance of each pooled fund as displayed, in the unit, two decimals.

    The city under the key ``all`` is the sum of what the funds show.
    """
    totals = {}
    for fund in pooled_funds(view.dataset):
        shown = form_amounts(form(FUNDS[fund][0]), view.shown(fund).sel(year=year).sum("region"))
        scale = 10 ** view.decimals(fund)
        part = {
            name: round(int(shown.sel(row=row)) / scale, 2)
            for name, row in (("revenue", "revenue_total"), ("spending", "spending_total"))
        }
        part["closing_balance"] = round(int(shown.sel(row="closing_balance")) / scale, 2)
        part["surplus"] = round(part["revenue"] - part["spending"], 2)
        part["reserve"] = round(reserve(view.dataset, fund)["pooled"] / FEN[view.unit], 2)
        totals[fund] = part
    totals["all"] = {
        name: round(sum(part[name] for part in totals.values()), 2) for name in next(iter(totals.values()))
    }
    return totals


def band_table(view: View) -> Table:
    """Each quantity of the budget year by fund: mean, 5%, 50% and 95% quantiles; the means add up as displayed."""
    rows = []
    for name, shown in shown_totals(view, view.budget_year).items():
        funds = pooled_funds(view.dataset) if name == "all" else (name,)
        likely = outlook(view.dataset, funds, view.budget_year)
        label = view.say("overview.city", city=view.city_name) if name == "all" else view.say(f"fund.{name}")
        for quantity in ("revenue", "spending", "surplus", "closing_balance"):
            values = getattr(likely, quantity)
            cells = [
                view.number(shown[quantity], 2),
                *(view.money(part) for part in (values.p05, values.p50, values.p95)),
            ]
            word = view.say("overview.closing" if quantity == "closing_balance" else f"overview.{quantity}")
            rows.append(Row(view.say("workbook.quantity", fund=label, quantity=word), tuple(cells), _kind(quantity)))
        months = likely.months_of_cover
        cells = [view.number(part, 1) for part in (months.mean, months.p05, months.p50, months.p95)]
        rows.append(Row(view.say("workbook.quantity", fund=label, quantity=view.say("outlook.months")), tuple(cells)))
        word = view.say("workbook.quantity", fund=label, quantity=view.say("overview.reserve_head"))
        rows.append(Row(word, (view.number(shown["reserve"], 2), "", "", "")))
        word = view.say("workbook.quantity", fund=label, quantity=view.say("outlook.deficit"))
        rows.append(Row(word, (view.probability(likely.deficit_probability), "", "", "")))
    heads = tuple(view.say(f"workbook.{head}") for head in ("item", "mean", "p05", "p50", "p95"))
    caption = view.say("overview.table", year=view.budget_year)
    notes = (view.say("note.mean", draws=view.number(view.manifest["draws"])), view.say("overview.total_note"))
    return Table("bands", caption, heads, tuple(rows), notes, unit=view.unit_name)


def _kind(quantity: str) -> str:
    return "total" if quantity == "closing_balance" else "line"
