"""What every layer pays of a yearly cost, one pattern of care at a time, as piecewise linear functions of that cost.

The same steps as for simulated persons (``kernel``), on functions of the cost in place of amounts:

1. the pattern says what part of the cost is inpatient, chronic and outpatient, and over how many admissions;
2. each layer pays of what the one before left; a payment for several services is taken off them in their order;
3. of a commercial policy the mean over those who hold it and those who do not;
4. what is left is the person's own.

Rounding to the fen is left out. Out-of-scope cost, personal accounts and payments of earlier months are not in it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from actuarial.benefit.care import CarePattern
from actuarial.benefit.piecewise import (
    Piecewise,
    combined,
    compose,
    constant,
    excess,
    lesser,
    limit,
    line,
    segments,
    total,
)
from actuarial.benefit.rules import SERVICES, Basic, BenefitRules, Layer, Segment
from actuarial.errors import AssumptionError

LAYERS = (
    "basic_inpatient",
    "basic_chronic",
    "basic_outpatient",
    "critical",
    "assistance",
    "safety_net",
    "commercial",
    "own",
)
# Shares written with decimals add up to 1 but for binary rounding.
_SUM = 1e-9
Left = Mapping[str, Piecewise]


@dataclass(frozen=True, slots=True)
class BandPayments:
    """What each layer pays for a person of one cost band, the mean over the patterns of care.

    lower, upper : yuan at the scale 1; the last upper end is infinite
    payments : by layer, of the person's cost
    """

    lower: float
    upper: float
    payments: Mapping[str, Piecewise]

    def __post_init__(self) -> None:
        for layer, function in self.payments.items():
            if function.values[0] != 0:
                raise AssumptionError(
                    f"payments of layer {layer!r}: {function.values[0]:g} yuan at no cost; 0 expected"
                )


def over_patterns(
    lower: float, upper: float, patterns: Sequence[Mapping[str, Piecewise]], shares: Sequence[float]
) -> BandPayments:
    """Mean payments of a band over its patterns of care.

    Parameters
    ----------
    patterns : by layer, the payments of one pattern
    shares : of the persons of the band

    Raises
    ------
    AssumptionError
        If a share is negative or they do not sum to 1, to the rounding of decimals.
    """
    if min(shares) < 0:
        raise AssumptionError(f"care from {lower:g} yuan on: shares of its patterns as low as {min(shares):g} (0 to 1)")
    if abs(sum(shares) - 1) > _SUM:
        raise AssumptionError(f"care from {lower:g} yuan on: shares of its patterns sum to {sum(shares):.9g}, not to 1")
    layers = patterns[0]
    mixed = {layer: combined([pattern[layer] for pattern in patterns], shares) for layer in layers}
    return BandPayments(lower, upper, mixed)


def band_payments(rules: BenefitRules, patterns: Sequence[CarePattern]) -> tuple[BandPayments, ...]:
    """Mean payments of every layer in each cost band, for one kind of member.

    Parameters
    ----------
    patterns : as :func:`actuarial.benefit.care.care_patterns` gives them

    Raises
    ------
    AssumptionError
        As layer_payments and over_patterns.
    """
    edges = [*dict.fromkeys(pattern.lower for pattern in patterns), inf]
    found = []
    for lower, upper in pairwise(edges):
        own = [pattern for pattern in patterns if pattern.lower == lower]
        payments = [layer_payments(rules, pattern) for pattern in own]
        found.append(over_patterns(lower, upper, payments, [pattern.share for pattern in own]))
    return tuple(found)


def layer_payments(rules: BenefitRules, pattern: CarePattern) -> dict[str, Piecewise]:
    """Payment of each of LAYERS for a person with the pattern, as a function of the yearly in-scope cost, yuan.

    Raises
    ------
    AssumptionError
        If the pattern has inpatient cost without admission.

    Source
    ------
    The rules are the city's (``rules``); that a year of them is piecewise linear in its cost needs no source.
    """
    paid, left = _basic(rules.basic, pattern)
    critical, left = _layer(rules.critical, left)
    assistance, left = _assistance(rules, left)
    safety_net, left = _safety_net(rules, left)
    own, commercial = total(*left.values()), line(0.0)
    if rules.commercial is not None:
        payment, _ = _layer(rules.commercial.layer, left)
        commercial = combined([payment], [rules.commercial.participation])
        own = combined((own, commercial), (1.0, -1.0))
    basic = {f"basic_{service}": paid[service] for service in SERVICES}
    above = {"critical": critical, "assistance": assistance, "safety_net": safety_net}
    return {**basic, **above, "commercial": commercial, "own": own}


def _basic(basic: Basic, pattern: CarePattern) -> tuple[Left, Left]:
    """What basic insurance pays for each service, and what it leaves."""
    cost = _parts(pattern)
    free = compose(limit(basic.full_cover), cost["chronic"])
    taxed = {**cost, "chronic": combined((cost["chronic"], free), (1.0, -1.0))}
    under_cap, paid = line(0.0), {}
    for service in SERVICES:
        care = basic.care[service, pattern.tier, pattern.area]
        if service == "inpatient":
            above = _above_admissions(care.deductibles, pattern, taxed[service])
        else:
            above = compose(excess(care.deductibles[0]), taxed[service])
        own = compose(limit(basic.caps[service]), compose(_rates(care.segments), above))
        together = compose(limit(basic.cap), total(under_cap, own))
        paid[service] = combined((together, under_cap), (1.0, -1.0))
        under_cap = together
    paid["chronic"] = total(paid["chronic"], free)
    return paid, _minus(cost, paid)


def _parts(pattern: CarePattern) -> dict[str, Piecewise]:
    """The cost of each service."""
    if pattern.inpatient_share > 0 and pattern.admissions < 1:
        raise AssumptionError(f"care from {pattern.lower:g} yuan on: inpatient cost without admission; give a number")
    inpatient, chronic = line(pattern.inpatient_share), line(pattern.chronic_share)
    outpatient = combined((line(1.0), inpatient, chronic), (1.0, -1.0, -1.0))
    return {"inpatient": inpatient, "chronic": chronic, "outpatient": outpatient}


def _above_admissions(deductibles: Sequence[float], pattern: CarePattern, cost: Piecewise) -> Piecewise:
    """Inpatient cost above the deductible of every admission; the last deductible holds from there on."""
    if pattern.admissions == 0:
        return line(0.0)
    bill = combined([cost], [1 / pattern.admissions])
    numbers = range(pattern.admissions)
    return total(*(compose(excess(deductibles[min(number, len(deductibles) - 1)]), bill) for number in numbers))


def _rates(rules: Sequence[Segment]) -> Piecewise:
    return segments([own.lower for own in rules], [own.upper for own in rules], [own.rate for own in rules])


def _layer(layer: Layer, left: Left) -> tuple[Piecewise, Left]:
    """Payment of a layer over the year's cost of its services, and what it leaves."""
    above = compose(excess(layer.deductible), _counted(left, layer.services))
    payment = compose(limit(layer.cap), compose(_rates(layer.segments), above))
    return payment, _take(payment, left, layer.services)


def _assistance(rules: BenefitRules, left: Left) -> tuple[Piecewise, Left]:
    """Payment of medical assistance; its deductible, too, is taken off services in their order."""
    aid = rules.assistance
    if aid is None:
        return line(0.0), left
    above = _take(constant(aid.deductible), left, aid.rates)
    served = [service for service in SERVICES if service in aid.rates]
    at_rates = combined([above[service] for service in served], [aid.rates[service] for service in served])
    payment = compose(limit(aid.cap), at_rates)
    return payment, _take(payment, left, aid.rates)


def _safety_net(rules: BenefitRules, left: Left) -> tuple[Piecewise, Left]:
    net = rules.safety_net
    if net is None:
        return line(0.0), left
    above = compose(excess(net.threshold), _counted(left, net.services))
    payment = combined([above], [net.rate])
    return payment, _take(payment, left, net.services)


def _counted(left: Left, services: Collection[str]) -> Piecewise:
    return total(*(left[service] for service in SERVICES if service in services))


def _take(payment: Piecewise, left: Left, services: Collection[str]) -> dict[str, Piecewise]:
    """What a payment leaves of the services it is for, taken off them in their order."""
    found = dict(left)
    for service in (service for service in SERVICES if service in services):
        part = lesser(payment, found[service])
        found[service] = combined((found[service], part), (1.0, -1.0))
        payment = combined((payment, part), (1.0, -1.0))
    return found


def _minus(cost: Left, paid: Left) -> dict[str, Piecewise]:
    return {service: combined((cost[service], paid[service]), (1.0, -1.0)) for service in SERVICES}
