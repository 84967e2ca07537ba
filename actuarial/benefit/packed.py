"""Rules as flat tables of whole numbers, so that compiled loops apply them without losing a fen.

Amounts are fen; an infinite one is NONE. Rates are hundred-millionths, so that a rate times an amount is a whole number
too: the product of a rate of four decimals and a factor of four is held as it is.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import product
from math import isinf
from typing import NamedTuple

import numpy as np

from actuarial.benefit.rules import AREAS, SERVICES, TIERS, BenefitRules, Layer, Segment
from actuarial.errors import AssumptionError

RATE_DECIMALS = 8
RATE_UNIT = 10**RATE_DECIMALS
# No amount: far above any, and still room to add one to it.
NONE = 2**62
# A person's bill of a year above this, times a rate, would leave int64.
LARGEST_BILL = (2**63 - RATE_UNIT) // RATE_UNIT
# A product of decimals in binary misses a whole number of units by less than this.
_NOISE = 1e-4

CASES = tuple(product(SERVICES, TIERS, AREAS))
LAYERS = ("critical", "assistance", "safety_net", "commercial")
PAYERS = ("basic", *LAYERS, "account", "out_of_pocket", "out_of_scope")


class RuleTables(NamedTuple):
    """Rules of several kinds of members, one row for each; case = service, tier, area in the order of CASES.

    Attributes
    ----------
    deductible : (rule, case, admission), fen; basic
    upper, rate : (rule, case, segment), fen above the deductible and rate units; basic
    cap : (rule, service + 1), fen; of each service, then of all
    full_cover : (rule,), fen
    counts : (rule, layer, service), whether critical, assistance, safety net, commercial look at the service
    layer_deductible, layer_cap : (rule, layer), fen; the threshold of the safety net is its deductible
    layer_upper, layer_rate : (rule, layer, segment); assistance and safety net have none
    service_rate : (rule, service), rate units; assistance
    net_rate : (rule,), rate units; safety net
    has_layer : (rule, layer)
    lookback : (rule,), month
    """

    deductible: np.ndarray
    upper: np.ndarray
    rate: np.ndarray
    cap: np.ndarray
    full_cover: np.ndarray
    counts: np.ndarray
    layer_deductible: np.ndarray
    layer_cap: np.ndarray
    layer_upper: np.ndarray
    layer_rate: np.ndarray
    service_rate: np.ndarray
    net_rate: np.ndarray
    has_layer: np.ndarray
    lookback: np.ndarray


def pack(rules: Sequence[BenefitRules]) -> RuleTables:
    """The rules as tables, in the order given.

    Raises
    ------
    AssumptionError
        If there are no rules, or a rate, with the factor of its area, has more than eight decimals.
    """
    if not rules:
        raise AssumptionError("rules: none; give those of one kind of member at least")
    cares = [care for rule in rules for care in rule.basic.care.values()]
    admissions = max(len(care.deductibles) for care in cares)
    segments = max(len(care.segments) for care in cares)
    layers = [layer for rule in rules for layer in (rule.critical, _policy(rule)) if layer is not None]
    tables = _empty(len(rules), admissions, segments, max(len(layer.segments) for layer in layers))
    for place, rule in enumerate(rules):
        _pack_basic(tables, place, rule)
        _pack_layer(tables, place, LAYERS.index("critical"), rule.critical)
        _pack_assistance(tables, place, rule)
        policy = _policy(rule)
        if policy is not None:
            _pack_layer(tables, place, LAYERS.index("commercial"), policy)
    return tables


def fen(yuan: float) -> int:
    """Whole fen of an amount as written, half a fen up; NONE where it is infinite."""
    if isinf(yuan):
        return NONE
    return int((Decimal(repr(float(yuan))) * 100).to_integral_value(ROUND_HALF_UP))


def rate_units(rate: float) -> int:
    """A rate in units of the eighth decimal.

    Raises
    ------
    AssumptionError
        If it has more decimals.
    """
    units = rate * RATE_UNIT
    if abs(units - round(units)) > _NOISE:
        raise AssumptionError(f"rate: {rate!r} has more than {RATE_DECIMALS} decimals: round it")
    return round(units)


def _empty(rules: int, admissions: int, segments: int, layer_segments: int) -> RuleTables:
    cases, layers, services = len(CASES), len(LAYERS), len(SERVICES)
    shapes = {
        "deductible": (cases, admissions),
        "upper": (cases, segments),
        "rate": (cases, segments),
        "cap": (services + 1,),
        "full_cover": (),
        "counts": (layers, services),
        "layer_deductible": (layers,),
        "layer_cap": (layers,),
        "layer_upper": (layers, layer_segments),
        "layer_rate": (layers, layer_segments),
        "service_rate": (services,),
        "net_rate": (),
        "has_layer": (layers,),
        "lookback": (),
    }
    return RuleTables(**{name: np.zeros((rules, *shape), dtype="int64") for name, shape in shapes.items()})


def _pack_basic(tables: RuleTables, place: int, rule: BenefitRules) -> None:
    for case, key in enumerate(CASES):
        care = rule.basic.care[key]
        missing = tables.deductible.shape[2] - len(care.deductibles)
        amounts = (*care.deductibles, *care.deductibles[-1:] * missing)
        tables.deductible[place, case] = [fen(amount) for amount in amounts]
        _pack_segments(tables.upper[place, case], tables.rate[place, case], care.segments)
    caps = [rule.basic.caps[service] for service in SERVICES]
    tables.cap[place] = [fen(cap) for cap in (*caps, rule.basic.cap)]
    tables.full_cover[place] = fen(rule.basic.full_cover)


def _pack_layer(tables: RuleTables, place: int, number: int, layer: Layer) -> None:
    tables.has_layer[place, number] = 1
    tables.counts[place, number] = [service in layer.services for service in SERVICES]
    tables.layer_deductible[place, number] = fen(layer.deductible)
    tables.layer_cap[place, number] = fen(layer.cap)
    _pack_segments(tables.layer_upper[place, number], tables.layer_rate[place, number], layer.segments)


def _pack_assistance(tables: RuleTables, place: int, rule: BenefitRules) -> None:
    aid, net = rule.assistance, rule.safety_net
    if aid is not None:
        number = LAYERS.index("assistance")
        tables.has_layer[place, number] = 1
        tables.counts[place, number] = [service in aid.rates for service in SERVICES]
        tables.layer_deductible[place, number] = fen(aid.deductible)
        tables.layer_cap[place, number] = fen(aid.cap)
        tables.service_rate[place] = [rate_units(aid.rates.get(service, 0.0)) for service in SERVICES]
        tables.lookback[place] = aid.lookback
    if net is not None:
        number = LAYERS.index("safety_net")
        tables.has_layer[place, number] = 1
        tables.counts[place, number] = [service in net.services for service in SERVICES]
        tables.layer_deductible[place, number] = fen(net.threshold)
        tables.net_rate[place] = rate_units(net.rate)


def _pack_segments(upper: np.ndarray, rate: np.ndarray, segments: Sequence[Segment]) -> None:
    """Fill one row of each table; places beyond the last segment are never reached."""
    upper[:] = NONE
    upper[: len(segments)] = [fen(segment.upper) for segment in segments]
    rate[: len(segments)] = [rate_units(segment.rate) for segment in segments]


def _policy(rule: BenefitRules) -> Layer | None:
    return rule.commercial.layer if rule.commercial is not None else None
