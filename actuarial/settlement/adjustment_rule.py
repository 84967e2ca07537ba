"""The rules of an adjustment fund (调剂金) as data: what is paid in, which gap is covered, how much of it."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Literal

from actuarial.errors import AssumptionError
from actuarial.schema import EVERY_PAYER, PAYERS_BETWEEN

Basis = Literal["deficit", "excess"]
_COVERED: dict[str, Basis] = {"covered_share_of_deficit": "deficit", "covered_share_of_excess": "excess"}


@dataclass(frozen=True, slots=True)
class Segment:
    """The share covered of the part of a gap between two thresholds, both as shares of the base."""

    lower: float
    upper: float
    covered_share: float


@dataclass(frozen=True, slots=True)
class AdjustmentRule:
    """Rules of one adjustment fund.

    A ``deficit`` is spending above revenue, its base revenue; an ``excess`` is spending above what was expected, its
    base that. Only the part of a gap beyond a threshold is covered: were the whole covered once the threshold is
    passed, the last fen of a deficit would earn all of it. The upper end of the last segment is the cap.

    balance_ceiling : what the fund may hold at the end of a year, as a share of the revenue of its payers; None for any
    interest_rate : 1/year, on what the fund held at the start of the year; None for none
    """

    paid_in_share: float
    basis: Basis
    segments: tuple[Segment, ...]
    is_prorated: bool
    balance_ceiling: float | None = None
    interest_rate: float | None = None


def preset(variant: str, scheme: str) -> AdjustmentRule:
    """The published variant of a name for a scheme; rows of the scheme go before those of all schemes.

    Raises
    ------
    AssumptionError
        If there is no such variant; the message lists those there are.

    Source
    ------
    The rows of adjustment_rules.csv name theirs, and what in them is an own choice.
    """
    rows = [row for row in _rows() if row["variant"] == variant]
    if not rows:
        known = ", ".join(dict.fromkeys(row["variant"] for row in _rows()))
        raise AssumptionError(f"adjustment fund: no variant {variant!r}; there are: {known}")
    return read_rule(rows, scheme, variant)


def read_rule(rows: Iterable[Mapping[str, str]], scheme: str, place: str) -> AdjustmentRule:
    """A rule from rows with ``scheme, parameter, lower, upper, value``, checked.

    Parameters
    ----------
    scheme : its rows of a parameter replace those of ``all``
    place : named in messages, such as the variant or the file

    Raises
    ------
    AssumptionError
        If a parameter is missing, a share is outside [0, 1], or thresholds are out of order.
    """
    by_parameter: dict[str, list[Mapping[str, str]]] = {}
    for row in (*_of(rows, "all"), *(_of(rows, scheme) if scheme != "all" else ())):
        held = by_parameter.get(row["parameter"], [])
        by_parameter[row["parameter"]] = [row] if held and held[0]["scheme"] != row["scheme"] else [*held, row]
    covered = [parameter for parameter in by_parameter if parameter in _COVERED]
    missing = [name for name in ("paid_in_share", "is_prorated") if name not in by_parameter]
    if missing or len(covered) != 1:
        need = [*missing, *([] if len(covered) == 1 else [f"one of {', '.join(_COVERED)}"])]
        raise AssumptionError(f"adjustment fund {place}, {scheme}: needs {' and '.join(need)}; add the rows")
    segments = tuple(
        Segment(float(row["lower"] or 0), float(row["upper"] or "inf"), float(row["value"]))
        for row in by_parameter[covered[0]]
    )
    rule = AdjustmentRule(
        paid_in_share=float(by_parameter["paid_in_share"][0]["value"]),
        basis=_COVERED[covered[0]],
        segments=segments,
        is_prorated=float(by_parameter["is_prorated"][0]["value"]) == 1,
        balance_ceiling=_stated(by_parameter, "balance_ceiling"),
        interest_rate=_stated(by_parameter, "interest_rate"),
    )
    check_rule(rule, f"{place}, {scheme}")
    return rule


def read_funds(
    rows: Iterable[Mapping[str, str]], scheme: str, regions: Iterable[str]
) -> tuple[dict[str, AdjustmentRule], dict[str, str]]:
    """A city's own adjustment funds: the rule of each fund, and the fund that each region or fund pays into.

    Parameters
    ----------
    rows : with ``fund, payers`` beside the columns of :func:`read_rule`; payers are codes of regions or names of funds
        with ; between them, or ``all`` for the regions that no other fund names
    regions : of one pool

    Raises
    ------
    AssumptionError
        If somebody pays into two funds, or as :func:`read_rule`.
    """
    own: dict[str, list[Mapping[str, str]]] = {}
    for row in rows:
        own.setdefault(row["fund"], []).append(row)
    regions = list(regions)
    named = {payer for held in own.values() for payer in held[0]["payers"].split(PAYERS_BETWEEN)}
    pays_into: dict[str, str] = {}
    for fund, held in own.items():
        listed = held[0]["payers"].split(PAYERS_BETWEEN)
        rest = [region for region in regions if region not in named] if listed == [EVERY_PAYER] else listed
        for payer in (payer for payer in rest if payer in regions or payer in own):
            if pays_into.setdefault(payer, fund) != fund:
                raise AssumptionError(
                    f"adjustment funds: {payer!r} pays into {pays_into[payer]!r} and {fund!r}; name it once"
                )
    return {fund: read_rule(held, scheme, fund) for fund, held in own.items()}, pays_into


def check_rule(rule: AdjustmentRule, place: str) -> None:
    """Refuse shares that are none, thresholds out of order, and a fund that covers gaps but is paid nothing.

    Raises
    ------
    AssumptionError
        Naming the place, the value and what to do.
    """
    shares = {"paid_in_share": rule.paid_in_share}
    shares |= {f"covered_share from {each.lower:g}": each.covered_share for each in rule.segments}
    for name, share in shares.items():
        if not 0 <= share <= 1:
            raise AssumptionError(f"adjustment fund {place}: {name} is {share:g}; it must lie in [0, 1]")
    for name in ("balance_ceiling", "interest_rate"):
        stated = getattr(rule, name)
        if stated is not None and stated < 0:
            raise AssumptionError(f"adjustment fund {place}: {name} is {stated:g}; it must not be negative")
    for each in rule.segments:
        if not 0 <= each.lower < each.upper:
            raise AssumptionError(
                f"adjustment fund {place}: threshold {each.lower:g} is not below its upper end {each.upper:g} or is "
                "negative; put the lower one first"
            )
    for first, second in pairwise(rule.segments):
        if second.lower < first.upper:
            raise AssumptionError(
                f"adjustment fund {place}: threshold {second.lower:g} comes after {first.upper:g}, the end of the "
                "segment before; order the segments so that none overlap"
            )
    if rule.paid_in_share == 0 and any(each.covered_share > 0 for each in rule.segments):
        raise AssumptionError(
            f"adjustment fund {place}: pays out but is paid nothing; set paid_in_share above 0 or cover nothing"
        )


def _stated(by_parameter: Mapping[str, list[Mapping[str, str]]], parameter: str) -> float | None:
    return float(by_parameter[parameter][0]["value"]) if parameter in by_parameter else None


def _of(rows: Iterable[Mapping[str, str]], scheme: str) -> list[Mapping[str, str]]:
    return [row for row in rows if row["scheme"] == scheme]


@cache
def _rows() -> tuple[dict[str, str], ...]:
    with files("actuarial.settlement").joinpath("adjustment_rules.csv").open(encoding="utf-8") as file:
        return tuple(csv.DictReader(file))
