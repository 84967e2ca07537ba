"""Outturn by month: amounts since the first of January, whole in every month, and in December those of the accounts."""

from collections.abc import Mapping

import pandas as pd

from actuarial.city import City
from actuarial.faults import Fault, refuse, warn
from actuarial.rules.amounts import yuan
from actuarial.rules.bounds import SIGNED_LINES
from actuarial.rules.budgets import far_faults
from actuarial.rules.ledger import undivided_faults
from actuarial.rules.vintages import chosen
from actuarial.schema import MONTHS

_ROW = ["region", "scheme", "fund", "line"]
_DECEMBER = MONTHS[-1]


def outturn_faults(city: City, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> list[Fault]:
    """Years to come, lines that a month lacks, amounts that fall, and Decembers that are not the accounts."""
    frame = frames.get("outturn")
    if frame is None:
        return []
    file = files["outturn"]
    rows = frame[~frame["is_bad"]]
    rows = rows.assign(month=rows["month"].astype("int64"), vintage=rows["month"])
    faults = []
    for year, part in rows.groupby("year"):
        if int(str(year)) > city.first_forecast_year:
            faults.append(refuse("outturn_ahead", file, part["row"].min(), "year", year, open=city.first_forecast_year))
    own = rows[rows["region"].isin(city.region_codes) & (rows["year"] <= city.first_forecast_year)]
    for _, part in own.groupby("year"):
        faults += _hole_faults(part, file) + _fall_faults(part, file)
    faults += undivided_faults(own, file)
    if "ledger" in frames:
        ledger = chosen(frames["ledger"])
        december = own[own["month"] == _DECEMBER]
        faults += far_faults(december, ledger, file) + _final_faults(december, ledger, file)
    return faults


def _hole_faults(rows: pd.DataFrame, file: str) -> list[Fault]:
    """Lines of a year that one of its months does not have."""
    every = rows.set_index(_ROW).index.unique()
    faults = []
    for month, part in rows.groupby("month"):
        absent = every.difference(part.set_index(_ROW).index, sort=False)
        if len(absent):
            values = {"year": part["year"].iloc[0], "count": len(absent), "first": " ".join(absent[0])}
            faults.append(refuse("outturn_hole", file, part["row"].min(), "month", month, **values))
    return faults


def _fall_faults(rows: pd.DataFrame, file: str) -> list[Fault]:
    """One warning for a year whose amounts fall from one month to a later one: monthly amounts are not cumulative."""
    ordered = rows[~rows["line"].isin(SIGNED_LINES)].sort_values("month")
    ordered = ordered.assign(before=ordered.groupby(_ROW)["fen"].shift())
    fallen = ordered[(ordered["fen"] < ordered["before"]).fillna(False)]
    if fallen.empty:
        return []
    first = fallen.sort_values("row").iloc[0]
    words = {"year": first["year"], "month": first["month"], "count": len(fallen)}
    shown = " ".join(str(first[name]) for name in _ROW)
    value = {"before": yuan(first["before"]), "place": shown}
    return [warn("outturn_falls", file, first["row"], "value", yuan(first["fen"]), **words, **value)]


def _final_faults(december: pd.DataFrame, ledger: pd.DataFrame, file: str) -> list[Fault]:
    """One warning for a closed year whose December differs from the accounts by more than half of its last digit."""
    both = december.merge(ledger[[*_ROW, "year", "fen"]], on=[*_ROW, "year"], suffixes=("", "_final"))
    off = both[(both["fen"] - both["fen_final"]).abs() > both["half_digit"] * 100]
    faults = []
    for year, part in off.groupby("year"):
        first = part.sort_values("row").iloc[0]
        values = {"year": year, "count": len(part), "final": yuan(first["fen_final"])}
        place = " ".join(str(first[name]) for name in _ROW)
        faults.append(warn("outturn_not_final", file, first["row"], "value", yuan(first["fen"]), place=place, **values))
    return faults
