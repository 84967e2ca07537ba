"""Early-warning rules as data: indicator, comparison, thresholds by colour, where each is cleared, and the clause."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Literal, cast

from actuarial.errors import AssumptionError
from actuarial.schema import WARNING_COLOURS

COLOURS = WARNING_COLOURS
Comparison = Literal["above", "below"]


@dataclass(frozen=True, slots=True)
class Level:
    """One colour of a rule: it lights beyond the threshold and goes out only when ``clear`` is not passed any more."""

    colour: str
    threshold: float
    clear: float
    clause_zh: str
    clause_en: str
    provenance: str
    source: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of one indicator and its levels, from the mildest on."""

    name: str
    scheme: str
    indicator: str
    comparison: Comparison
    unit: str
    levels: tuple[Level, ...]


def preset_rules() -> tuple[Rule, ...]:
    """The rules of warning_rules.csv, each row with its clause, provenance and source."""
    return read_rules(_rows(), "warning_rules.csv")


def overridden(presets: Iterable[Rule], own: Iterable[Rule]) -> tuple[Rule, ...]:
    """Presets with a city's own rules in place of those of the same name and scheme; new ones come last."""
    by_key = {(rule.name, rule.scheme): rule for rule in presets}
    return tuple((by_key | {(rule.name, rule.scheme): rule for rule in own}).values())


def read_rules(rows: Iterable[Mapping[str, str]], place: str) -> tuple[Rule, ...]:
    """Rules from rows with the columns of warning_rules.csv, checked.

    Parameters
    ----------
    place : named in messages, such as the file

    Raises
    ------
    AssumptionError
        If a comparison or a colour is unknown, the rows of a rule differ in what they compare, thresholds do not get
        graver with the colours, or a warning would be cleared on the wrong side of its threshold.
    """
    grouped: dict[tuple[str, str], list[Mapping[str, str]]] = {}
    for row in rows:
        grouped.setdefault((row["rule"], row["scheme"]), []).append(row)
    return tuple(_rule(own, place) for own in grouped.values())


def _rule(rows: list[Mapping[str, str]], place: str) -> Rule:
    first, where = rows[0], f"{place}, rule {rows[0]['rule']!r} of {rows[0]['scheme']}"
    if any(row[key] != first[key] for row in rows for key in ("indicator", "comparison", "unit")):
        raise AssumptionError(f"{where}: indicator, comparison and unit must be the same in all its rows")
    if first["comparison"] not in ("above", "below"):
        raise AssumptionError(f"{where}: comparison {first['comparison']!r}; it must be above or below")
    unknown = [row["colour"] for row in rows if row["colour"] not in COLOURS]
    if unknown:
        raise AssumptionError(f"{where}: colour {unknown[0]!r}; it must be one of {', '.join(COLOURS)}")
    texts = ("clause_zh", "clause_en", "provenance", "source")
    levels = tuple(
        Level(row["colour"], float(row["value"]), float(row["clear"]), *(row[name] for name in texts))
        for row in sorted(rows, key=lambda row: COLOURS.index(row["colour"]))
    )
    rule = Rule(
        first["rule"],
        first["scheme"],
        first["indicator"],
        cast("Comparison", first["comparison"]),
        first["unit"],
        levels,
    )
    _check_order(rule, where)
    return rule


def _check_order(rule: Rule, where: str) -> None:
    sign = 1 if rule.comparison == "above" else -1
    for level in rule.levels:
        if sign * level.clear > sign * level.threshold:
            raise AssumptionError(
                f"{where}: {level.colour} is cleared at {level.clear:g}, which is beyond its threshold "
                f"{level.threshold:g}; clear it at the threshold or on the safe side of it"
            )
    for mild, grave in pairwise(rule.levels):
        if mild.colour == grave.colour:
            raise AssumptionError(f"{where}: colour {mild.colour} twice; give each colour one row")
        for name in ("threshold", "clear"):
            before, after = getattr(mild, name), getattr(grave, name)
            if sign * after < sign * before or (name == "threshold" and after == before):
                raise AssumptionError(
                    f"{where}: {name} {after:g} of {grave.colour} is not beyond {before:g} of {mild.colour}; order the "
                    "values so that graver colours come later"
                )


@cache
def _rows() -> tuple[dict[str, str], ...]:
    with files("actuarial").joinpath("warning_rules.csv").open(encoding="utf-8") as file:
        return tuple(csv.DictReader(file))
