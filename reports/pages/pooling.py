"""Regions side by side, what one fund moves between them, and the reserve with and without it.

What the reserve is made of is in `reserve`, the steps on the way to one fund in `steps`.
"""

from markupsafe import Markup

from actuarial.schema import FUNDS
from reports.charts import Words, transfers
from reports.figures import outlook, pooled_funds, reserve
from reports.pages.long_range import long_range_tables
from reports.pages.reserve import against_band, reserve_tables
from reports.pages.section import Section, section
from reports.pages.step_rules import rules
from reports.pages.steps import steps_parts
from reports.reliability import reliability_tables
from reports.risk_figures import fund_risk, is_pooled
from reports.tables import Row, Table, people_note, region_table, share_notes
from reports.view import FEN, View


def regions(view: View) -> Section:
    """One table of regions for each pooled fund."""
    tables = share_notes([region_table(view, FUNDS[fund][0]) for fund in pooled_funds(view.dataset)])
    lead = view.say("regions.lead" if len(view.regions) > 1 else "regions.one")
    return section("regions", view, "tables.html", lead=lead, tables=tables)


def pooling(view: View) -> Section:
    """The reserve and its rule, and who pays and receives under one fund."""
    first = int(view.manifest["first_forecast_year"])
    rule = view.say(
        "pooling.rule",
        first=first,
        last=first + int(view.manifest["reserve"]["horizon"]) - 1,
        start=first - 1,
        confidence=view.percent(view.manifest["reserve"]["confidence"], 0),
    )
    funds = pooled_funds(view.dataset)
    charts = [transfer_chart(view, fund) for fund in funds] if len(view.regions) > 1 else []
    risks = [fund_risk(view.dataset, view.manifest, fund) for fund in funds]
    shared = [risk for risk in risks if is_pooled(risk)]
    return section(
        "pooling",
        view,
        "pooling.html",
        rule=rule,
        table=reserve_table(view),
        charts=charts,
        tables=reserve_tables(view, risks),
        reliability=reliability_tables(view, view.manifest.get("reliability", [])),
        long_range=long_range_tables(view, funds),
        lead=view.say("steps.lead"),
        rules=rules(view, shared),
        steps=steps_parts(view, shared),
    )


def reserve_table(view: View) -> Table:
    """The reserve as money, as months of cover and as a share of revenue, beside the balance that is there."""
    year = view.budget_year
    rows = []
    for fund in pooled_funds(view.dataset):
        parts = reserve(view.dataset, fund)
        alone, pooled = (round(parts[name] / view.step(fund)) for name in ("alone", "pooled"))
        likely = outlook(view.dataset, (fund,), year)
        held = int(view.dataset["opening_balance"].sel(fund=fund).sum())
        share = parts["pooled"] / likely.revenue.mean
        missing = parts["pooled"] - held
        is_enough = missing <= 0
        verdict = view.say("pooling.yes") if is_enough else view.say(
            "pooling.no", amount=view.money(missing, view.decimals(fund))
        )  # fmt: skip
        cells = (
            view.units(pooled, fund),
            view.units(alone, fund),
            view.units(alone - pooled, fund),
            view.number(parts["pooled"] / (likely.spending.mean / 12), 1),
            view.percent(share),
            Markup('<span class="{}">{}</span>').format(*against_band(view, share)),
            view.money(held, view.decimals(fund)),
            Markup('<span class="{}">{}</span>').format("normal" if is_enough else "low", verdict),
        )
        rows.append(Row(view.say(f"fund.{fund}"), cells))
    limits = {
        "low": view.percent(view.manifest["reserve"]["revenue_floor"], 0),
        "high": view.percent(view.manifest["reserve"]["revenue_ceiling"], 0),
    }
    heads = ("fund", "pooled", "alone", "benefit", "months", "share", "band", "held", "enough")
    shown_heads = tuple(
        view.say(f"pooling.{head}", year=year - 2 if head == "held" else year, **limits) for head in heads
    )
    last = view.manifest["last_year"]
    notes = (view.say("pooling.zero_note", year=last), view.say("pooling.cities_note"), people_note(view))
    return Table("reserves", view.say("pooling.caption"), shown_heads, tuple(rows), notes, unit=view.unit_name)


def transfer_chart(view: View, fund: str) -> tuple[str, Markup]:
    """Title and bars of the budget-year transfers, the figures those of the table of regions."""
    year, name = view.budget_year, view.say(f"fund.{fund}")
    table = region_table(view, FUNDS[fund][0])
    values = view.dataset["transfer"].sel(fund=fund, year=year).mean("draw").values / FEN[view.unit]
    rows = [(row.label, float(value), row.cells[6]) for row, value in zip(table.rows[:-1], values, strict=True)]
    ordered = sorted(rows, key=lambda row: row[1])
    title = view.say("pooling.chart", fund=name, year=year)
    description = view.say("pooling.chart_text", payer=ordered[0][0], receiver=ordered[-1][0])
    words = Words(f"transfer-{fund}", title, description, view.say("pooling.axis", fund=name, unit=view.unit_name))
    return title, transfers(words, rows, (view.say("pooling.pays"), view.say("pooling.receives")))
