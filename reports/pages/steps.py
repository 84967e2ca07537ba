"""Pooling in steps on the same draws: risk of the regions and of the city, what moves, who gains and who pays."""

from math import isfinite

import numpy as np
import xarray as xr
from markupsafe import Markup

from actuarial.money import round_to_total
from actuarial.schema import FUNDS
from actuarial.settlement.adjustment_rule import AdjustmentRule, preset, read_funds
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
    policies = share_notes([policy_table(view, risk) for risk in risks if has_one_policy(view, risk)])
    found = [(risk, pooling_steps(view.dataset, risk, view.budget_year)) for risk in risks]
    charts = [steps_chart(view, risk, steps) for risk, steps in found if bool((steps["reserve"] > 0).any())]
    after = share_notes([risk_table(view, risk, steps) for risk, steps in found])
    moved = share_notes([transfer_table(view, risk, steps) for risk, steps in found])
    return [*charts, *policies, *after, *moved]


def rules(view: View, risks: list[FundRisk]) -> list[str]:
    """What every step does, in words: one policy, each adjustment fund with its source, responsibility of the regions.

    Adjustment funds are told by the rule of all schemes, or of the first that a city has written one for.
    """
    said = [_policy_said(view, risks)]
    own = view.manifest.get("adjustment_rules", [])
    if own:
        said += [_own_said(view, own, fund) for fund in dict.fromkeys(row["fund"] for row in own)]
    else:
        said += [_rule_said(view, view.say(f"steps.{name}"), preset(name, "all")) for name in VARIANTS]
    for scheme, stated in view.manifest.get("collection", {}).items():
        words = {"scheme": view.say(f"scheme_short.{scheme}"), "share": view.percent(stated["responsibility_share"], 0)}
        ends = [min(map(min, stated["target"].values())), max(map(max, stated["target"].values()))]
        target = view.say("steps.range_of", low=view.percent(ends[0], 0), high=view.percent(ends[1], 0))
        said.append(
            view.say(
                "steps.rule_responsible", target=view.percent(ends[0], 0) if ends[0] == ends[1] else target, **words
            )
        )
    return said


def _policy_said(view: View, risks: list[FundRisk]) -> str:
    if any(has_one_policy(view, risk) for risk in risks):
        return view.say("steps.rule_policy", year=view.budget_year)
    return view.say("steps.same_rules" if view.manifest.get("layers") else "steps.no_rules")


def _own_said(view: View, rows: list[dict[str, str]], fund: str) -> str:
    """A city's own fund with where its rules come from."""
    held = [row for row in rows if row["fund"] == fund]
    scheme = "all" if any(row["scheme"] == "all" for row in held) else held[0]["scheme"]
    found, _ = read_funds(held, scheme, ())
    kinds = dict.fromkeys(view.say(f"provenance.{row['provenance']}") for row in held)
    sources = dict.fromkeys(row["source"] for row in held)
    origin = view.say("steps.origin", provenance=_listed(view, kinds), source=_listed(view, sources))
    return view.join([_rule_said(view, fund, found[fund]), origin])


def _listed(view: View, names: dict[str, None]) -> str:
    return view.say("note.separator").join(names)


def _rule_said(view: View, name: str, rule: AdjustmentRule) -> str:
    """What is paid in, every segment covered, and, where the rule states them, ceiling and interest."""
    said = [view.say("steps.rule_paid", name=name, paid=view.percent(rule.paid_in_share, 0))]
    for each in rule.segments:
        ends = {
            "lower": view.percent(each.lower, 0),
            "upper": view.percent(each.upper, 0) if isfinite(each.upper) else "",
        }
        kind = "open" if not isfinite(each.upper) else "segment"
        covered = view.percent(each.covered_share, 0)
        said.append(view.say(f"steps.rule_{rule.basis}_{kind}", covered=covered, **ends))
    if rule.balance_ceiling is not None:
        said.append(view.say("steps.rule_ceiling", ceiling=view.percent(rule.balance_ceiling, 0)))
    if rule.interest_rate is not None:
        said.append(view.say("steps.rule_interest", rate=view.percent(rule.interest_rate, 1)))
    return view.join(said)


def has_one_policy(view: View, risk: FundRisk) -> bool:
    """Whether the regions' rules pay differently for the same care."""
    return benefit_level(view.dataset, risk.fund) is not None


def policy_table(view: View, risk: FundRisk) -> Table:
    """Level of benefits by region, and what each common level costs in the budget year, with the reserve after it."""
    fund, level = risk.fund, benefit_level(view.dataset, risk.fund)
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
