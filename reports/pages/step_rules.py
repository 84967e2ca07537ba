"""What every step of pooling does, in words, with the basis of a city's own rules."""

from math import isfinite

from actuarial.settlement.adjustment_rule import AdjustmentRule, preset, read_funds
from reports.pooling_figures import VARIANTS, benefit_level
from reports.risk_figures import FundRisk
from reports.view import View


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
    if any(benefit_level(view.dataset, risk.fund) is not None for risk in risks):
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
        is_whole = rule.basis == "deficit" and each.lower == 0
        kind = "segment" if isfinite(each.upper) else "whole" if is_whole else "open"
        covered = view.percent(each.covered_share, 0)
        said.append(view.say(f"steps.rule_{rule.basis}_{kind}", covered=covered, **ends))
    if rule.balance_ceiling is not None:
        said.append(view.say("steps.rule_ceiling", ceiling=view.percent(rule.balance_ceiling, 0)))
    if rule.interest_rate is not None:
        said.append(view.say("steps.rule_interest", rate=view.percent(rule.interest_rate, 1)))
    return view.join(said)
