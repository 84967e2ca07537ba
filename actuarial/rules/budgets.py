"""Adopted budgets: versions that follow one another and are whole, each later than the last, with sums that hold.

A revised budget is a new version of its year; the old one stays as it was adopted.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from actuarial.cells import date_defect
from actuarial.city import City
from actuarial.faults import Fault, refuse
from actuarial.rules.amounts import plain, side, yuan
from actuarial.rules.ledger import closing_faults, undivided_faults
from actuarial.rules.records import records
from actuarial.rules.standards import FAR
from actuarial.rules.vintages import ACCOUNT, chosen

_ROW = ["region", "scheme", "fund", "line"]


def budget_faults(city: City, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> list[Fault]:
    """Versions that are missing, undated, out of order or not whole; balances that do not close; amounts far away."""
    frame = frames.get("budgets")
    if frame is None:
        return []
    file = files["budgets"]
    rows = frame[~frame["is_bad"]]
    own = rows[rows["region"].isin(city.region_codes)].assign(vintage=rows["version"])
    faults = _number_faults(rows, file)
    for _, versions in rows.groupby("year"):
        faults += _date_faults(versions, file) + _whole_faults(versions, file)
    faults += undivided_faults(own, file)
    for _, version in own.groupby("version"):
        faults += closing_faults(version, file)
    return faults + (far_faults(own, chosen(frames["ledger"]), file) if "ledger" in frames else [])


def _number_faults(rows: pd.DataFrame, file: str) -> list[Fault]:
    faults = []
    firsts = rows.groupby(["year", "version"], as_index=False).agg(row=("row", "min"))
    given = set(zip(firsts["year"], firsts["version"], strict=True))
    for row in records(firsts):
        shown = plain(row.version)
        if row.version < 1 or row.version != round(row.version):
            faults.append(refuse("count_not_whole", file, row.row, "version", shown, lowest=1))
        elif row.version > 1 and (row.year, row.version - 1) not in given:
            faults.append(refuse("budget_version_gap", file, row.row, "version", shown, year=row.year))
    return faults


def _date_faults(versions: pd.DataFrame, file: str) -> list[Fault]:
    """Dates that are none, that differ within a version, or that are not after the version before."""
    faults, before = [], ""
    firsts = versions.sort_values("row").drop_duplicates(["version", "adopted"]).sort_values(["version", "row"])
    dated: dict[float, str] = {}
    for row in records(firsts):
        defect = date_defect(row.adopted)
        values = {"year": row.year, "version": plain(row.version)}
        if defect is not None or len(row.adopted) < len("2026-01-01"):
            rule, more = (defect.rule, defect.values) if defect else ("budget_day", {})
            faults.append(refuse(rule, file, row.row, "adopted", row.adopted, **more))
        elif row.version in dated:
            faults.append(
                refuse("budget_two_dates", file, row.row, "adopted", row.adopted, other=dated[row.version], **values)
            )
        else:
            if row.adopted <= before:
                faults.append(
                    refuse("budget_date_order", file, row.row, "adopted", row.adopted, before=before, **values)
                )
            before = dated[row.version] = row.adopted
    return faults


def _whole_faults(versions: pd.DataFrame, file: str) -> list[Fault]:
    """Lines of a version that the next one does not state again."""
    faults = []
    parts = {float(str(number)): part.set_index(_ROW) for number, part in versions.groupby("version")}
    for number, part in parts.items():
        absent = list(parts[number - 1].index.difference(part.index, sort=False)) if number - 1 in parts else []
        if absent:
            words = ("year", "count", "first", "before")
            shown = (part["year"].iloc[0], len(absent), " ".join(absent[0]), plain(number - 1))
            values = dict(zip(words, shown, strict=True))
            faults.append(refuse("budget_not_whole", file, part["row"].min(), "version", plain(number), **values))
    return faults


def far_faults(rows: pd.DataFrame, ledger: pd.DataFrame, file: str) -> list[Fault]:
    """Sides of an account that are a power of ten away from the account of the nearest year."""
    sums = _sides(rows, [*ACCOUNT, "vintage"])
    known = _sides(ledger, ACCOUNT).drop(columns="row")
    pairs = sums.merge(known, on=["region", "scheme", "fund", "side"], suffixes=("", "_known"))
    pairs["distance"] = (pairs["year"] - pairs["year_known"]).abs()
    nearest = pairs.sort_values(["distance", "year_known"]).drop_duplicates([*ACCOUNT, "vintage", "side"])
    nearest = nearest[(nearest["fen"] > 0) & (nearest["fen_known"] > 0)]
    ratio = nearest["fen"].to_numpy("float64") / nearest["fen_known"].to_numpy("float64")
    faults = []
    for row in records(nearest[np.abs(np.log10(ratio)) >= FAR].sort_values("row")):
        values = {
            "known": yuan(row.fen_known),
            "known_year": row.year_known,
            **{name: getattr(row, name) for name in ACCOUNT},
        }
        faults.append(refuse("amount_far", file, row.row, "value", yuan(row.fen), **values))
    return faults


def _sides(rows: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    flows = rows.assign(side=side(rows))
    flows = flows[flows["side"].isin(("revenue", "spending"))]
    return flows.groupby([*key, "side"], as_index=False).agg(fen=("fen", "sum"), row=("row", "min"))
