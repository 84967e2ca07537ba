"""What a value of its kind can be at all: no negative people, no share above one, no interval that runs backwards."""

import pandas as pd

from actuarial.faults import Fault, refuse
from actuarial.rules.amounts import plain
from actuarial.rules.records import records
from actuarial.schema import BALANCES

# Corrections of earlier years may make these flows negative; a balance may be a debt.
SIGNED_LINES = ("other_revenue", "other_spending", "interest", *BALANCES)
_SIGNED_MEASURES = ("net_migration", "death_improvement")
_SIGNED_PARAMETERS = (
    "financing_growth",
    "interest_rate",
    "long_run_migration",
    "benefit_indexation",
    "intensity_growth",
)
# Own choice, in the base unit of the kind: beyond them a unit is wrong, or nobody has seen such a population.
# A wage ten percent off its trend moves a tenth of the people at most. "Without a cap" is said by 1 or not at all.
_LIMITS = {
    "life_expectancy": (20, 100),
    "long_run_fertility": (0.3, 6),
    "long_run_migration": (-0.2, 0.2),
    "migration_wage_response": (0, 1),
    "retirement_age": (40, 75),
    "retirement_age_limit": (40, 75),
    "retirement_delay": (0, 12),
    "recognition_lag": (0, 24),
    "settlement_lag": (0, 12),
    "advance_payment": (0, 12),
    "money_growth": (-0.5, 1),
    "prevention_correlation": (-1, 1),
    "is_uncapped": (1, 1),
    "lookback": (0, 60),
}
# Ratios that may exceed one: multiples of an average wage, of last year, of girls born, admissions of a patient.
_UNLIMITED = (
    "base_floor",
    "base_cap",
    "sex_ratio_at_birth",
    "gate_growth_limit",
    "gate_revision_limit",
    "balance_ceiling",
    "stress_limit",
    "prevention_admissions",
    "prevention_admissions_error",
)


def bound_faults(frame: pd.DataFrame, table: str, file: str) -> list[Fault]:
    """Values outside what their kind allows."""
    value = frame["value"]
    name = {
        "vital_rates": "measure",
        "policy": "parameter",
        "benefits": "parameter",
        "economy": "indicator",
        "adjustment_rules": "parameter",
    }.get(table)
    is_limited = frame[name].isin(tuple(_LIMITS)) if name else pd.Series(False, index=frame.index)
    negative = (value < 0) & ~is_limited & ~_may_be_negative(frame, table)
    faults = [refuse("value_negative", file, row.row, "value", plain(row.value)) for row in records(frame[negative])]
    if name:
        faults += _limit_faults(frame[is_limited & ~frame["is_bad"]], name, file)
        is_share = frame["unit"].isin(("1", "1/year")) & ~frame[name].isin(_UNLIMITED) & ~is_limited
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


def _limit_faults(frame: pd.DataFrame, name: str, file: str) -> list[Fault]:
    """Values outside the limits of their measure or parameter."""
    faults = []
    for row in records(frame):
        word = getattr(row, name)
        lowest, highest = _LIMITS[word]
        if not lowest <= row.value <= highest:
            values = {"name": word, "lowest": lowest, "highest": highest, "unit": row.unit}
            faults.append(refuse("value_limits", file, row.row, "value", plain(row.value), **values))
    return faults


def _may_be_negative(frame: pd.DataFrame, table: str) -> pd.Series:
    match table:
        case "ledger" | "budgets" | "outturn":
            return frame["line"].isin(SIGNED_LINES)
        case "vital_rates":
            return frame["measure"].isin(_SIGNED_MEASURES)
        case "policy":
            return frame["parameter"].isin(_SIGNED_PARAMETERS)
        case "scenarios" | "sensitivities":
            return frame["operation"] == "growth"
        case "selections" | "warning_rules":
            return pd.Series(True, index=frame.index)
    return pd.Series(False, index=frame.index)
