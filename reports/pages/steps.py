"""Pooling in steps on the same draws: risk of the regions and of the city, what moves, who gains and who pays."""

import numpy as np
import xarray as xr
from markupsafe import Markup

from actuarial.money import round_to_total
from actuarial.schema import FUNDS
from reports.charts import Words, transfers
from reports.pages.reserve import in_units
from reports.pooling_figures import OWN, TARGETS, VARIANTS, benefit_level, one_policy, pooling_steps
from reports.risk_figures import FundRisk
from reports.tables import NOTHING, Row, Table, share_notes, with_small
from reports.view import FEN, View

Part = tuple[str, Markup] | Table


def steps_parts(view: View, risks: list[FundRisk]) -> list[Part]:
    """What harmonised benefits cost, then two tables and a chart for each fund.

    A fund that needs no reserve under any step has no chart.
    """
    if not risks:
        return []
    levels = [(risk, benefit_level(view.dataset, risk.fund)) for risk in risks]
    policies = share_notes([policy_table(view, risk, level) for risk, level in levels if level is not None])
    found = [(risk, pooling_steps(view.dataset, risk, view.budget_year)) for risk in risks]
    charts = [steps_chart(view, risk, steps) for risk, steps in found if bool((steps["reserve"] > 0).any())]
    after = share_notes([risk_table(view, risk, steps) for risk, steps in found])
    moved = share_notes([transfer_table(view, risk, steps) for risk, steps in found])
    return [*charts, *policies, *after, *moved]


def policy_table(view: View, risk: FundRisk, level: xr.DataArray) -> Table:
    """Level of benefits by region, and what each common level costs in the budget year, with the reserve after it."""
    fund = risk.fund
    found = one_policy(view.dataset, risk, view.budget_year)
    costs = {name: in_units(found["cost"].sel(target=name), view.step(fund)) for name in TARGETS}
    needed = {name: in_units(found["reserve"].sel(target=name), view.step(fund)) for name in TARGETS}
    rows = []
    for place, (code, name) in enumerate(view.regions.items()):
        cells = [
            _policy_cell(view, fund, costs[each][place], needed[each][place], "ruined",
                         float(found["ruin"].sel(target=each, region=code)))
            for each in TARGETS
        ]  # fmt: skip
        rows.append(Row(name, (view.number(float(level.sel(region=code)), 0), *cells)))
    total = [
        _policy_cell(view, fund, sum(costs[each]), sum(needed[each]), "any_ruined",
                     float(found["any_ruin"].sel(target=each)))
        for each in TARGETS
    ]  # fmt: skip
    rows.append(Row(view.say("steps.together"), (NOTHING, *total), "total"))
    city = [
        _policy_cell(view, fund, sum(costs[each]), round(int(found["city_reserve"].sel(target=each)) / view.step(fund)),
                     "ruined", float(found["city_ruin"].sel(target=each)))
        for each in TARGETS
    ]  # fmt: skip
    rows.append(Row(view.say("steps.city"), (NOTHING, *city), "total"))
    caption = view.say("steps.policy", fund=view.say(f"fund.{fund}"), year=view.budget_year)
    heads = tuple(view.say(f"steps.{head}") for head in ("level", *TARGETS))
    return Table(f"policy-{fund}", caption, (view.say("reserve.region"), *heads), tuple(rows),
                 (view.say("steps.policy_note", year=view.budget_year, last=risk.near["year"].values[-1]),),
                 unit=view.unit_name)  # fmt: skip


def _policy_cell(view: View, fund: str, cost: int, needed: int, word: str, probability: float) -> str:
    ruined = view.say(f"steps.{word}", probability=view.probability(probability))
    small = view.say("steps.reserve_after", reserve=view.units(needed, fund), ruined=ruined)
    return with_small(view.units(cost, fund), small)


def risk_table(view: View, risk: FundRisk, steps: xr.Dataset) -> Table:
    """Reserve of the regions after each step, their sum as displayed, and the city as one, with the chance of ruin."""
    fund, names = risk.fund, names_of(steps)
    units = {step: in_units(steps["reserve"].sel(step=step), view.step(fund)) for step in names}
    rows = []
    for place, (code, name) in enumerate(view.regions.items()):
        cells = [
            _risk_cell(view, fund, units[step][place], "ruined", float(steps["ruin"].sel(step=step, region=code)))
            for step in names
        ]
        rows.append(Row(name, tuple(cells)))
    total = [
        _risk_cell(view, fund, sum(units[step]), "any_ruined", float(steps["any_ruin"].sel(step=step)))
        for step in names
    ]
    rows.append(Row(view.say("steps.together"), tuple(total), "total"))
    city = [
        _risk_cell(view, fund, round(int(steps["city_reserve"].sel(step=step)) / view.step(fund)), "ruined",
                   float(steps["city_ruin"].sel(step=step)))
        for step in names
    ]  # fmt: skip
    rows.append(Row(view.say("steps.city"), tuple(city), "total"))
    name, last = view.say(f"fund.{fund}"), risk.near["year"].values[-1]
    caption = view.say("steps.risk", fund=name, last=last)
    return Table(f"steps-{fund}", caption, _heads(view, names), tuple(rows), (view.say("steps.risk_note"),),
                 unit=view.unit_name)  # fmt: skip


def _risk_cell(view: View, fund: str, units: int, word: str, probability: float) -> str:
    small = view.say(f"steps.{word}", probability=view.probability(probability))
    return with_small(view.units(units, fund), small)


def names_of(steps: xr.Dataset) -> tuple[str, ...]:
    """Names of the steps, in their order."""
    return tuple(steps["step"].values.tolist())


def _heads(view: View, names: tuple[str, ...]) -> tuple[str, ...]:
    return (view.say("reserve.region"), *(view.say(f"steps.{name}") for name in names))


def transfer_table(view: View, risk: FundRisk, steps: xr.Dataset) -> Table:
    """Transfers of the budget year, which add up to nothing as displayed, with the gain per head beside."""
    fund, moving = risk.fund, tuple(name for name in names_of(steps) if name not in ("separate", "one_policy"))
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
    kept = tuple(view.units(columns[step][-1], fund) if step in (OWN, *VARIANTS) else NOTHING for step in moving)
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
    fund, names = risk.fund, names_of(steps)
    total = {step: sum(in_units(steps["reserve"].sel(step=step), view.step(fund))) for step in names}
    saved = {step: total["separate"] - total[step] for step in names[1:]}
    scale = view.step(fund) / FEN[view.unit]
    rows = [(view.say(f"steps.{step}"), units * scale, view.units(units, fund)) for step, units in saved.items()]
    best = max(saved, key=lambda step: saved[step])
    title = view.say("steps.chart", fund=view.say(f"fund.{fund}"))
    words = {"best": view.say(f"steps.{best}"), "amount": view.units(saved[best], fund), "unit": view.unit_name}
    description = view.say("steps.chart_text", **words)
    axis = view.say("pooling.axis", fund=view.say(f"scheme_short.{FUNDS[fund][0]}"), unit=view.unit_name)
    shown = Words(f"steps-chart-{fund}", title, description, axis)
    return title, transfers(shown, rows, (view.say("steps.more"), view.say("steps.saves")))
