"""Random benefit tables and random persons, for properties that every one of them must have."""

from itertools import product
from typing import Any

import pandas as pd
from hypothesis import strategies as st

from actuarial.benefit.rules import AREAS, SERVICES, TIERS
from tests.benefit.example import CITY, Example

Row = dict[str, Any]
YUAN = st.integers(0, 3_000).map(float)
LARGE = st.integers(0, 400_000).map(float)
CENTS = st.integers(0, 150_000_000).map(lambda fen: fen / 100)
RATES = st.integers(0, 100).map(lambda percent: percent / 100)


def row(layer: str, parameter: str, value: float, **others: Any) -> Row:
    everything = dict.fromkeys(("scheme", "group", "age", "service", "tier", "area"), "all")
    nothing = dict.fromkeys(("admission", "lower", "upper"))
    return {
        "region": CITY,
        "from_year": 2025,
        "layer": layer,
        "parameter": parameter,
        "value": value,
        **everything,
        **nothing,
        **others,
    }


@st.composite
def segments(draw: st.DrawFn, layer: str, **others: Any) -> list[Row]:
    """Up to three segments with rates that do not fall."""
    ends = sorted(draw(st.sets(st.integers(1, 200_000), max_size=2)))
    rates = sorted(draw(st.lists(RATES, min_size=len(ends) + 1, max_size=len(ends) + 1)))
    bounds = zip((0, *ends), (*ends, None), rates, strict=True)
    return [row(layer, "reimbursement_rate", rate, lower=lower, upper=upper, **others) for lower, upper, rate in bounds]


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """A benefits table with every layer, and with more for the assisted, of inpatient cost the most."""
    rows: list[Row] = [row("basic", "area_factor", draw(RATES), area=area) for area in AREAS[1:]]
    for tier in TIERS:
        for admission in (1, 2):
            rows.append(row("basic", "deductible", draw(YUAN), service="inpatient", tier=tier, admission=admission))
        for service, age in product(SERVICES[1:], draw(st.sampled_from((("all",), ("0-44", "45+"))))):
            rows.append(row("basic", "deductible", draw(YUAN), service=service, tier=tier, age=age))
        for service in SERVICES:
            rows += draw(segments("basic", service=service, tier=tier))
    rows += [row("basic", "cap", draw(LARGE), service=service) for service in SERVICES]
    rows.append(row("basic", "cap", draw(LARGE)))
    rows.append(row("basic", "full_cover", draw(YUAN), service="chronic"))
    rows.append(row("critical", "deductible", draw(LARGE)))
    rows += draw(segments("critical"))
    rows.append(row("critical", "cap", draw(LARGE)))
    rows.append(row("critical", "deductible_factor", draw(RATES), group="assisted"))
    rows.append(row("critical", "rate_floor", draw(RATES), group="assisted"))
    rows.append(row("critical", "is_uncapped", 1.0, group="assisted"))
    services = draw(st.sampled_from((SERVICES[:1], SERVICES)))
    rates = sorted(draw(st.lists(RATES, min_size=len(services), max_size=len(services))), reverse=True)
    for service, rate in zip(services, rates, strict=True):
        rows.append(row("assistance", "reimbursement_rate", rate, group="assisted", service=service))
    for parameter in ("deductible", "cap", "safety_net_threshold"):
        rows.append(row("assistance", parameter, draw(LARGE), group="assisted"))
    rows.append(row("assistance", "safety_net_rate", draw(RATES), group="assisted"))
    rows.append(row("assistance", "lookback", 12.0, group="impoverished_by_illness"))
    rows += draw(segments("commercial"))
    rows += [row("commercial", parameter, draw(LARGE)) for parameter in ("deductible", "cap")]
    rows.append(row("commercial", "participation", 0.5))
    return pd.DataFrame(rows).astype({"admission": float, "lower": float, "upper": float})


@st.composite
def bills(draw: st.DrawFn) -> tuple[str, str, str, float, float]:
    amount = draw(CENTS)
    in_scope = round(amount * draw(st.sampled_from((1.0, 0.9, 0.0))), 2)
    service, tier, area = (draw(st.sampled_from(labels)) for labels in (SERVICES, TIERS, AREAS))
    return service, tier, area, amount, in_scope


@st.composite
def people(draw: st.DrawFn, category: str | None = None) -> Example:
    kind = draw(st.sampled_from(("none", "destitute", "impoverished_by_illness"))) if category is None else category
    return Example(
        "employee",
        "active",
        tuple(draw(st.lists(bills(), max_size=5))),
        kind,
        draw(st.sampled_from((44, 45))),
        balance=draw(CENTS),
        earlier=draw(CENTS) if kind == "impoverished_by_illness" else 0.0,
        has_policy=draw(st.booleans()),
    )
