"""Page one: what the run answers, how solid its input is, and where the balances go."""

from markupsafe import Markup

from actuarial.schema import FUNDS
from reports.charts import Words, fan, shares
from reports.figures import (
    Outlook,
    balance_fan,
    balance_history,
    first_deficit_year,
    outlook,
    pooled_funds,
    provenance_totals,
)
from reports.pages.section import Section, section
from reports.tables import Row, Table, band_text, people_note, shown_totals
from reports.view import FEN, View


def overview(view: View) -> Section:
    """The first section of the report."""
    funds = pooled_funds(view.dataset)
    counts = provenance_totals(view.manifest)
    rows = sum(counts.values())
    parts = {name: view.percent(count / rows) for name, count in counts.items()}
    return section(
        "overview",
        view,
        "overview.html",
        answer=_answer(view),
        reserve=view.join([_reserve(view), _risk(view)]),
        deficits=view.join([*(_first_deficit(view, fund) for fund in funds), view.say("overview.personal")]),
        caution=view.join([view.say("report.estimated_legend"), people_note(view)]),
        input=view.say("overview.input", rows=view.number(rows), **parts),
        input_chart=shares(
            Words(
                "input", view.say("overview.input_title"), view.say("overview.input", rows=view.number(rows), **parts)
            ),
            [(view.say(f"provenance.{name}"), count / rows, parts[name]) for name, count in counts.items()],
        ),
        is_mostly_estimated=counts["estimated"] > rows / 2,
        table=scheme_table(view),
        fans=[balance_chart(view, fund) for fund in funds],
    )


def _answer(view: View) -> str:
    year = view.budget_year
    likely = outlook(view.dataset, pooled_funds(view.dataset), year)
    shown = {name: view.number(value, 2) for name, value in shown_totals(view, year)["all"].items()}
    return view.say(
        "overview.answer",
        year=year,
        city=view.city_name,
        unit=view.unit_name,
        revenue=shown["revenue"],
        spending=shown["spending"],
        surplus=shown["surplus"],
        closing=shown["closing_balance"],
        closing_band=band_text(view, likely.closing_balance, pooled_funds(view.dataset)[0]),
        months=view.number(likely.months_of_cover.mean, 1),
    )


def _reserve(view: View) -> str:
    amount = shown_totals(view, view.budget_year)["all"]["reserve"]
    confidence = view.percent(view.manifest["reserve"]["confidence"], 0)
    key = "overview.reserve" if len(view.regions) > 1 else "overview.reserve_one"
    return view.say(
        key,
        years=view.number(view.manifest["reserve"]["horizon"]),
        confidence=confidence,
        reserve=view.number(amount, 2),
        unit=view.unit_name,
    )


def _risk(view: View) -> str:
    items = [
        view.say(
            "overview.risk_item",
            scheme=view.say(f"scheme_short.{FUNDS[fund][0]}"),
            probability=view.probability(outlook(view.dataset, (fund,), view.budget_year).deficit_probability),
        )
        for fund in pooled_funds(view.dataset)
    ]
    return view.say("overview.risk", year=view.budget_year, list=view.say("note.separator").join(items))


def _first_deficit(view: View, fund: str) -> str:
    year = first_deficit_year(view.dataset, fund)
    scheme = view.say(f"scheme_short.{FUNDS[fund][0]}")
    if year is None:
        return view.say("overview.no_deficit", scheme=scheme)
    return view.say("overview.first_deficit", scheme=scheme, deficit=year)


def cover_status(view: View, months: float, fund: str) -> str:
    """Months of cover; of the employee pooled fund against its thresholds, as a shape and a word."""
    if fund != "employee_pooled":
        return view.number(months, 1)
    limits = view.manifest["cover"]
    name = "low" if months < limits["low"] else "high" if months > limits["high"] else "normal"
    return f'{view.number(months, 1)} <span class="{name}">{view.say(f"overview.cover_{name}")}</span>'


def scheme_table(view: View) -> Table:
    """Budget-year figures of each pooled fund and of the city, which adds up as displayed."""
    year = view.budget_year
    totals = shown_totals(view, year)
    rows = []
    for name, shown in totals.items():
        funds = pooled_funds(view.dataset) if name == "all" else (name,)
        likely = outlook(view.dataset, funds, year)
        label = view.say("overview.city", city=view.city_name) if name == "all" else view.say(f"fund.{name}")
        rows.append(Row(label, _cells(view, shown, likely, name), "total" if name == "all" else "line"))
    limits = {name: view.number(value) for name, value in view.manifest["cover"].items()}
    heads = ("fund", "revenue", "spending", "surplus", "closing", "months", "deficit", "reserve_head")
    return Table(
        "schemes",
        view.say("overview.table", year=year),
        tuple(view.say(f"overview.{head}") for head in heads),
        tuple(rows),
        (
            view.say("note.mean", draws=view.number(view.manifest["draws"])),
            view.say("overview.total_note"),
            view.say("overview.cover_note", **limits),
        ),
        unit=view.unit_name,
    )


def _cells(view: View, shown: dict[str, float], likely: Outlook, name: str) -> tuple[str, ...]:
    fund = pooled_funds(view.dataset)[0]
    cells = [
        Markup("{}<br><small>{}</small>").format(
            view.number(shown[quantity], 2), band_text(view, getattr(likely, quantity), fund)
        )
        for quantity in ("revenue", "spending", "surplus", "closing_balance")
    ]
    return (
        *cells,
        Markup(cover_status(view, likely.months_of_cover.mean, name)),
        view.probability(likely.deficit_probability),
        view.number(shown["reserve"], 2),
    )


def balance_chart(view: View, fund: str) -> tuple[str, Markup]:
    """Title and fan chart of a pooled fund's balance in the city."""
    scale = FEN[view.unit]
    history = balance_history(view.dataset, fund).dropna("history_year") / scale
    quantiles = balance_fan(view.dataset, fund) / scale
    past = list(zip(history["history_year"].values.tolist(), history.values.tolist(), strict=True))
    years = quantiles["year"].values.tolist()
    is_estimated = bool((view.dataset["line_provenance"].sel(fund=fund, line="closing_balance") == "estimated").any())
    name = view.say(f"fund.{fund}")
    title = view.say("fan.title", fund=name, first=past[0][0] if past else years[0], last=years[-1])
    low, middle, high = (view.number(quantiles.values[row][-1], 2) for row in (0, 2, 4))
    description = view.say("fan.text", last=years[-1], median=middle, low=low, high=high, unit=view.unit_name)
    words = Words(f"fan-{fund}", title, description, view.say("fan.axis", fund=name, unit=view.unit_name))
    history_word = view.say("fan.history_estimated" if is_estimated else "fan.history")
    legend = (history_word, view.say("fan.median"), view.say("fan.half"), view.say("fan.wide"))
    ends = (view.say("fan.high_end"), view.say("fan.middle_end"), view.say("fan.low_end"))
    return title, fan(words, past, years, quantiles.values.tolist(), legend, ends, view.number)
