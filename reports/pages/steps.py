"""Pooling in steps on the same draws: risk of the regions and of the city, what moves, who gains and who pays."""

import numpy as np
import xarray as xr
from markupsafe import Markup

from actuarial.money import round_to_total
from actuarial.schema import FUNDS
from actuarial.settlement.adjustment_rule import preset
from reports.charts import Words, transfers
from reports.pages.reserve import in_units
from reports.risk_figures import STEPS, VARIANTS, FundRisk, city_reserve, pooling_steps
from reports.tables import NOTHING, Row, Table, share_notes, with_small
from reports.view import FEN, View

Part = tuple[str, Markup] | Table


def steps_parts(view: View, risks: list[FundRisk]) -> list[Part]:
    """Two tables and a chart for each fund; a fund that needs no reserve under any step has no chart."""
    if not risks:
        return []
    found = [(risk, pooling_steps(view.dataset, risk, view.budget_year)) for risk in risks]
    charts = [steps_chart(view, risk, steps) for risk, steps in found if bool((steps["reserve"] > 0).any())]
    after = share_notes([risk_table(view, risk, steps) for risk, steps in found])
    moved = share_notes([transfer_table(view, risk, steps) for risk, steps in found])
    return [*charts, *after, *moved]


def rules(view: View) -> list[str]:
    """The rule of each adjustment fund in words, for the first fund of the run and medical assistance alike."""
    said = []
    for name in VARIANTS:
        rule = preset(name, "all")
        first = rule.segments[0]
        words = {
            "name": view.say(f"steps.{name}"),
            "paid": view.percent(rule.paid_in_share, 0),
            "covered": view.percent(first.covered_share, 0),
        }
        if rule.basis == "excess":
            said.append(view.say("steps.rule_excess", lower=view.percent(first.lower, 0), **words))
        else:
            said.append(view.say("steps.rule_deficit", **words))
    return said


def risk_table(view: View, risk: FundRisk, steps: xr.Dataset) -> Table:
    """Reserve of the regions after each step, their sum as displayed, and the city as one, with the chance of ruin."""
    fund, whole = risk.fund, city_reserve(risk)
    units = {step: in_units(steps["reserve"].sel(step=step), view.step(fund)) for step in STEPS}
    rows = []
    for place, (code, name) in enumerate(view.regions.items()):
        cells = [
            _risk_cell(view, fund, units[step][place], "ruined", float(steps["ruin"].sel(step=step, region=code)))
            for step in STEPS
        ]
        rows.append(Row(name, tuple(cells)))
    total = [
        _risk_cell(view, fund, sum(units[step]), "any_ruined", float(steps["any_ruin"].sel(step=step)))
        for step in STEPS
    ]
    rows.append(Row(view.say("steps.together"), tuple(total), "total"))
    city = _risk_cell(view, fund, round(whole[0] / view.step(fund)), "ruined", whole[1])
    rows.append(Row(view.say("steps.city"), (city,) * len(STEPS), "total"))
    name, last = view.say(f"fund.{fund}"), risk.near["year"].values[-1]
    caption = view.say("steps.risk", fund=name, last=last)
    return Table(f"steps-{fund}", caption, _heads(view, STEPS), tuple(rows), (view.say("steps.risk_note"),),
                 unit=view.unit_name)  # fmt: skip


def _risk_cell(view: View, fund: str, units: int, word: str, probability: float) -> str:
    small = view.say(f"steps.{word}", probability=view.probability(probability))
    return with_small(view.units(units, fund), small)


def _heads(view: View, names: tuple[str, ...]) -> tuple[str, ...]:
    return (view.say("reserve.region"), *(view.say(f"steps.{name}") for name in names))


def transfer_table(view: View, risk: FundRisk, steps: xr.Dataset) -> Table:
    """Transfers of the budget year, which add up to nothing as displayed, with the gain per head beside."""
    fund, moving = risk.fund, STEPS[1:]
    columns = {}
    for step in moving:
        flows = steps["transfer"].sel(step=step).values / view.step(fund)
        columns[step] = round_to_total(np.append(flows, -flows.sum()), 0).tolist()
    rows = []
    for place, (code, name) in enumerate(view.regions.items()):
        cells = [
            with_small(view.units(columns[step][place], fund), _gain(view, steps.sel(step=step, region=code)))
            for step in moving
        ]
        rows.append(Row(name, tuple(cells)))
    kept = tuple(view.units(columns[step][-1], fund) if step in VARIANTS else NOTHING for step in moving)
    rows.append(Row(view.say("steps.kept"), kept, "part"))
    zero = view.units(0, fund)
    rows.append(Row(view.say("steps.sum"), (zero,) * len(moving), "total"))
    caption = view.say("steps.moved", fund=view.say(f"fund.{fund}"), year=view.budget_year)
    return Table(f"moved-{fund}", caption, _heads(view, moving), tuple(rows), (view.say("steps.moved_note"),),
                 unit=view.unit_name)  # fmt: skip


def _gain(view: View, found: xr.Dataset) -> str:
    amount = view.number(float(found["per_head"]), 1)
    word = "even" if not any(digit in amount for digit in "123456789") else "loses" if "-" in amount else "gains"
    return view.say(f"steps.{word}", amount=amount, probability=view.probability(float(found["gaining_share"])))


def steps_chart(view: View, risk: FundRisk, steps: xr.Dataset) -> tuple[str, Markup]:
    """Title and bars of what each step saves of the reserve against separate funds, the figures those of the table."""
    fund = risk.fund
    total = {step: sum(in_units(steps["reserve"].sel(step=step), view.step(fund))) for step in STEPS}
    saved = {step: total["separate"] - total[step] for step in STEPS[1:]}
    scale = view.step(fund) / FEN[view.unit]
    rows = [(view.say(f"steps.{step}"), units * scale, view.units(units, fund)) for step, units in saved.items()]
    best = max(saved, key=lambda step: saved[step])
    title = view.say("steps.chart", fund=view.say(f"fund.{fund}"))
    words = {"best": view.say(f"steps.{best}"), "amount": view.units(saved[best], fund), "unit": view.unit_name}
    description = view.say("steps.chart_text", **words)
    axis = view.say("pooling.axis", fund=view.say(f"scheme_short.{FUNDS[fund][0]}"), unit=view.unit_name)
    shown = Words(f"steps-chart-{fund}", title, description, axis)
    return title, transfers(shown, rows, (view.say("steps.more"), view.say("steps.saves")))
