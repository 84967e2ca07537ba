"""What a value of its kind can be at all: no negative people, no share above one, no interval that runs backwards."""

import pandas as pd

from actuarial.faults import Fault, refuse
from actuarial.rules.amounts import plain
from actuarial.rules.records import records
from actuarial.schema import BALANCES

# Corrections of earlier years may make these flows negative; a balance may be a debt.
_SIGNED_LINES = ("other_revenue", "other_spending", "interest", *BALANCES)
_SIGNED_MEASURES = ("net_migration", "death_improvement")
_SIGNED_PARAMETERS = ("financing_growth", "interest_rate")
# Ratios that may exceed one: multiples of an average wage, of last year, of girls born.
_UNLIMITED = ("base_floor", "base_cap", "sex_ratio_at_birth", "gate_growth_limit", "gate_revision_limit")


def bound_faults(frame: pd.DataFrame, table: str, file: str) -> list[Fault]:
    """Values outside what their kind allows."""
    value = frame["value"]
    negative = (value < 0) & ~_may_be_negative(frame, table)
    faults = [refuse("value_negative", file, row.row, "value", plain(row.value)) for row in records(frame[negative])]
    name = {"vital_rates": "measure", "policy": "parameter", "economy": "indicator"}.get(table)
    if name:
        is_share = frame["unit"].isin(("1", "1/year")) & ~frame[name].isin(_UNLIMITED)
        faults += [
            refuse(
                "share_range",
                file,
                row.row,
                "value",
                plain(row.value),
                name=getattr(row, name),
                percent=plain(row.value),
            )
            for row in records(frame[is_share & (value > 1)])
        ]
    for first, last in (("lower", "upper"), ("from_year", "to_year")):
        if last in frame.columns:
            is_reversed = (frame[last] <= frame[first]) if last == "upper" else (frame[last] < frame[first])
            faults += [
                refuse(
                    "interval_reversed", file, row["row"], last, plain(row[last]), first=plain(row[first]), name=first
                )
                for _, row in frame[is_reversed & ~frame["is_bad"]].iterrows()
            ]
    return faults


def _may_be_negative(frame: pd.DataFrame, table: str) -> pd.Series:
    match table:
        case "ledger":
            return frame["line"].isin(_SIGNED_LINES)
        case "vital_rates":
            return frame["measure"].isin(_SIGNED_MEASURES)
        case "policy":
            return frame["parameter"].isin(_SIGNED_PARAMETERS)
        case "scenarios":
            return frame["operation"] == "growth"
    return pd.Series(False, index=frame.index)
