"""The benefits table read for one kind of member: the rows that win, as the rules of every layer.

Segments of basic insurance are written, and held, above the deductibles. Those of the yearly layers are written as they
are published, of the cost with the deductible in it, the first from 0: so they stay where they are when a deductible is
halved or follows income. They are held above the deductible too.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise, product
from math import inf

import pandas as pd

from actuarial.benefit.rows import NOT_ASSISTED, Member, MemberRows, Row, member_rows, scalar
from actuarial.benefit.rules import (
    AREAS,
    SERVICES,
    TIERS,
    Assistance,
    Basic,
    BenefitRules,
    Care,
    Commercial,
    Layer,
    SafetyNet,
    Segment,
)
from actuarial.errors import AssumptionError

_ALL = "all"


def benefit_rules(
    frame: pd.DataFrame,
    city: str,
    region: str,
    scheme: str,
    status: str,
    category: str,
    age: int,
    year: int,
    disposable_income: float | None,
) -> BenefitRules:
    """The rules that one kind of member meets in a year.

    Parameters
    ----------
    frame : the ``benefits`` table; see :func:`actuarial.benefit.rows.member_rows`
    city : code whose rows hold for every region without a row of its own
    category : of assistance, or ``none``
    age : completed years
    disposable_income : yuan a head and year, for deductibles that are a share of it; may be absent where none is

    Raises
    ------
    AssumptionError
        If a rule is missing that the layers cannot do without: deductible, rate and cap (or its absence) of basic and
        critical, cap of assistance, rate of the safety net; if two rows claim one case; if segments leave a gap, do not
        begin at 0 or end at an amount; if a share is outside [0, 1].

    Source
    ------
    Interview with the bureaus of Ningbo (2021) for the layers and their order; which rows win: own choice, see rows.
    """
    rows = member_rows(frame, Member(city, region, scheme, status, category, age, year))
    return BenefitRules(
        rows.member,
        _basic(rows),
        _critical(rows, disposable_income),
        _assistance(rows, disposable_income),
        _safety_net(rows),
        _commercial(rows),
    )


def _basic(rows: MemberRows) -> Basic:
    care: dict[tuple[str, str, str], Care] = {case: _care(rows, *case) for case in product(SERVICES, TIERS, AREAS)}
    caps = {service: _cap(rows, "basic", service) for service in SERVICES}
    joint = _optional(rows, "basic", "cap", _ALL)
    full_cover = _optional(rows, "basic", "full_cover", "chronic")
    return Basic(care, caps, inf if joint is None else joint, full_cover or 0.0)


def _care(rows: MemberRows, service: str, tier: str, area: str) -> Care:
    case = (service, tier, area)
    deductibles = rows.needed("basic", "deductible", *case)
    factor = 1.0 if area == "local" else scalar(rows.needed("basic", "area_factor", *case), "area_factor")
    rates = rows.needed("basic", "reimbursement_rate", *case)
    shares = rows.schedule("basic", "in_scope_share", *case)
    return Care(
        _by_admission(deductibles, service),
        _segments(rates, "basic", 0.0, lambda rate: rate * factor),
        _share(scalar(shares, "in_scope_share"), "in_scope_share") if shares else None,
    )


def _critical(rows: MemberRows, disposable_income: float | None) -> Layer:
    services = _services(rows, "critical", "reimbursement_rate")
    if not services:
        rows.needed("critical", "reimbursement_rate", _ALL, _ALL, _ALL)
    deductible = _deductible(rows, "critical", services, disposable_income)
    if deductible is None:
        raise AssumptionError(
            f"no deductible or deductible_income_share of layer 'critical' in force for {rows.member}: add one"
        )
    factor = _agreed(rows, "critical", "deductible_factor", services)
    deductible *= 1.0 if factor is None else factor
    floor = _agreed(rows, "critical", "rate_floor", services) or 0.0
    segments = _one_schedule(rows, "critical", services, deductible, lambda rate: max(rate, floor))
    return Layer(services, deductible, segments, _layer_cap(rows, "critical", services))


def _assistance(rows: MemberRows, disposable_income: float | None) -> Assistance | None:
    if rows.member.category == NOT_ASSISTED:
        return None
    services = _services(rows, "assistance", "reimbursement_rate")
    if "inpatient" not in services:
        rows.needed("assistance", "reimbursement_rate", "inpatient", _ALL, _ALL)
    rates = {service: _optional(rows, "assistance", "reimbursement_rate", service) or 0.0 for service in services}
    deductible = _deductible(rows, "assistance", services, disposable_income) or 0.0
    return Assistance(
        {service: _share(rate, "reimbursement_rate of layer 'assistance'") for service, rate in rates.items()},
        deductible,
        _layer_cap(rows, "assistance", services),
        round(_agreed(rows, "assistance", "lookback", services) or 0.0),
    )


def _safety_net(rows: MemberRows) -> SafetyNet | None:
    services = _services(rows, "assistance", "safety_net_threshold")
    if not services or rows.member.category == NOT_ASSISTED:
        return None
    for service in services:
        rows.needed("assistance", "safety_net_rate", service, _ALL, _ALL)
    threshold = _agreed(rows, "assistance", "safety_net_threshold", services) or 0.0
    rate = _agreed(rows, "assistance", "safety_net_rate", services) or 0.0
    return SafetyNet(services, threshold, _share(rate, "safety_net_rate"))


def _commercial(rows: MemberRows) -> Commercial | None:
    services = _services(rows, "commercial", "reimbursement_rate")
    if not services:
        return None
    for service, parameter in product(services, ("deductible", "participation")):
        rows.needed("commercial", parameter, service, _ALL, _ALL)
    deductible = _agreed(rows, "commercial", "deductible", services) or 0.0
    participation = _agreed(rows, "commercial", "participation", services) or 0.0
    segments = _one_schedule(rows, "commercial", services, deductible, lambda rate: rate)
    layer = Layer(services, deductible, segments, _layer_cap(rows, "commercial", services))
    return Commercial(layer, _share(participation, "participation"))


def _deductible(rows: MemberRows, layer: str, services: Sequence[str], disposable_income: float | None) -> float | None:
    """The yearly deductible of a layer, in yuan or as a share of income; none where the table rules neither."""
    amount = _agreed(rows, layer, "deductible", services)
    share = _agreed(rows, layer, "deductible_income_share", services)
    if amount is not None and share is not None:
        raise AssumptionError(
            f"layer {layer!r} has both a deductible and a deductible_income_share for {rows.member}: leave one"
        )
    if share is None:
        return amount
    if disposable_income is None:
        raise AssumptionError(
            f"the deductible of layer {layer!r} is a share of disposable income, which is not known for {rows.member}"
        )
    return share * disposable_income


def _cap(rows: MemberRows, layer: str, service: str) -> float:
    """The cap; none where ``is_uncapped`` frees the member of it, unless the cap is the narrower or later rule."""
    uncapped = rows.schedule(layer, "is_uncapped", service, _ALL, _ALL)
    if not uncapped:
        return scalar(rows.needed(layer, "cap", service, _ALL, _ALL), "cap")
    capped = rows.schedule(layer, "cap", service, _ALL, _ALL)
    return scalar(capped, "cap") if rows.overrules(capped, uncapped) else inf


def _layer_cap(rows: MemberRows, layer: str, services: Sequence[str]) -> float:
    return _equal([_cap(rows, layer, service) for service in services], layer, "cap", rows)


def _services(rows: MemberRows, layer: str, parameter: str) -> tuple[str, ...]:
    """The services for which a layer has the parameter."""
    return tuple(service for service in SERVICES if rows.schedule(layer, parameter, service, _ALL, _ALL))


def _optional(rows: MemberRows, layer: str, parameter: str, service: str) -> float | None:
    schedule = rows.schedule(layer, parameter, service, _ALL, _ALL)
    return scalar(schedule, parameter) if schedule else None


def _agreed(rows: MemberRows, layer: str, parameter: str, services: Sequence[str]) -> float | None:
    """The value of a layer that knows its services only together."""
    return _equal([_optional(rows, layer, parameter, service) for service in services], layer, parameter, rows)


def _one_schedule(
    rows: MemberRows, layer: str, services: Sequence[str], deductible: float, change: Callable[[float], float]
) -> tuple[Segment, ...]:
    schedules = [rows.needed(layer, "reimbursement_rate", service, _ALL, _ALL) for service in services]
    found = [_segments(schedule, layer, deductible, change) for schedule in schedules]
    return _equal(found, layer, "reimbursement_rate", rows)


def _equal[Value](values: Sequence[Value], layer: str, parameter: str, rows: MemberRows) -> Value:
    if any(value != values[0] for value in values):
        raise AssumptionError(
            f"{parameter} of layer {layer!r} differs between services for {rows.member}: the layer looks at the year's "
            "cost of its services together, give one value for all of them"
        )
    return values[0]


def _by_admission(rows: Sequence[Row], service: str) -> tuple[float, ...]:
    """Deductibles from the first admission on: each row holds until the next one."""
    firsts = [row.admission for row in rows]
    if firsts[0] != 1 or len(set(firsts)) < len(firsts) or (service != "inpatient" and len(rows) > 1):
        lines = ", ".join(f"{row.line} (admission {row.admission})" for row in rows)
        wanted = "one row for each admission, from the first on" if service == "inpatient" else "one row for the year"
        raise AssumptionError(f"deductible, service {service!r}: {lines}; give {wanted}")
    lasts = [*firsts[1:], firsts[-1] + 1]
    return tuple(row.value for row, last in zip(rows, lasts, strict=True) for _ in range(last - row.admission))


def _segments(
    rows: Sequence[Row], layer: str, deductible: float, change: Callable[[float], float]
) -> tuple[Segment, ...]:
    """Segments above the deductible. Rows of the yearly layers speak of the cost with the deductible in it."""
    ends = [(row.lower, row.upper) for row in rows]
    if ends[0][0] != 0 or ends[-1][1] != inf or any(first[1] != second[0] for first, second in pairwise(ends)):
        listed = ", ".join(f"{row.line}: {row.lower:g} to {row.upper:g}" for row in rows)
        raise AssumptionError(
            f"reimbursement_rate of layer {layer!r}: {listed}; segments must begin at 0, meet, "
            "and leave the last one open"
        )
    rates = [_share(change(row.value), f"reimbursement_rate of layer {layer!r}") for row in rows]
    return tuple(
        Segment(max(lower - deductible, 0.0), upper - deductible, rate)
        for (lower, upper), rate in zip(ends, rates, strict=True)
        if upper > deductible
    )


def _share(value: float, what: str) -> float:
    if not 0 <= value <= 1:
        raise AssumptionError(f"{what}: {value:g} is outside [0, 1]")
    return value
