"""A city's own early-warning rules: one indicator each, graver thresholds for graver colours, a safe value to clear."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

import pandas as pd

from actuarial.city import City
from actuarial.faults import Fault, refuse
from actuarial.rules.amounts import plain
from actuarial.rules.records import records
from actuarial.schema import WARNING_COLOURS


def warning_faults(city: City, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> list[Fault]:
    """Rules whose rows compare different things, whose thresholds are out of order, or that never go out."""
    frame = frames.get("warning_rules")
    if frame is None:
        return []
    rows, file = frame[~frame["is_bad"]], files["warning_rules"]
    faults = []
    for _, own in rows.groupby(["rule", "scheme"], sort=False):
        mixed = list(_mixed_faults(own, file))
        faults += mixed or [*_clear_faults(own, file), *_order_faults(own, file)]
    return faults


def _mixed_faults(own: pd.DataFrame, file: str) -> Iterator[Fault]:
    first = own.iloc[0]
    for row in records(own):
        for name in ("indicator", "comparison"):
            if getattr(row, name) != first[name]:
                values = {"rule_name": row.rule, "other": int(first["row"]), "wanted": first[name]}
                yield refuse("warning_mixed", file, row.row, name, getattr(row, name), **values)


def _clear_faults(own: pd.DataFrame, file: str) -> Iterator[Fault]:
    for row in records(own):
        if _is_beyond(row.clear, row.value, row.comparison):
            yield refuse("warning_clear", file, row.row, "clear", plain(row.clear), threshold=plain(row.value))


def _order_faults(own: pd.DataFrame, file: str) -> Iterator[Fault]:
    ordered = sorted(records(own), key=lambda row: WARNING_COLOURS.index(row.colour))
    for mild, grave in pairwise(ordered):
        if not _is_beyond(grave.value, mild.value, mild.comparison):
            name = "value"
        elif _is_beyond(mild.clear, grave.clear, mild.comparison):
            name = "clear"
        else:
            continue
        values = {
            "colour": grave.colour,
            "milder": mild.colour,
            "other": mild.row,
            "before": plain(getattr(mild, name)),
        }
        yield refuse("warning_order", file, grave.row, name, plain(getattr(grave, name)), **values)


def _is_beyond(one: float, other: float, comparison: str) -> bool:
    return one > other if comparison == "above" else one < other
