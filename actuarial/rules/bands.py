"""Bands of cost: those of a group follow one another up to an open one, and the mean cost of each lies inside it."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from actuarial.city import City
from actuarial.faults import Fault, refuse
from actuarial.rules.amounts import plain
from actuarial.rules.records import records

_GROUP = ["region", "year", "scheme", "category", "age"]


def band_faults(city: City, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> list[Fault]:
    """Means outside their bands, gaps and overlaps, and groups whose highest band alone is not open."""
    if "claim_bands" not in frames:
        return []
    frame, file = frames["claim_bands"], files["claim_bands"]
    rows = frame.assign(end=frame["upper"].fillna(np.inf))
    rows = rows.assign(band=[_band(lower, end) for lower, end in zip(rows["lower"], rows["end"], strict=True)])
    wrong = rows["is_bad"] | (rows["end"] <= rows["lower"])
    whole = ~wrong.groupby([rows[name] for name in _GROUP]).transform("any")
    return _mean_faults(rows[~wrong], file) + _order_faults(rows[whole], file)


def _band(lower: float, end: float) -> str:
    return f"{plain(lower)}+" if np.isinf(end) else f"{plain(lower)}-{plain(end)}"


def _mean_faults(rows: pd.DataFrame, file: str) -> list[Fault]:
    """Cost that its persons cannot have, to half of the last digit as printed."""
    empty = rows[(rows["persons"] == 0) & (rows["value"] > rows["half_digit"])]
    faults = [
        refuse("band_without_persons", file, row.row, "value", plain(row.value), band=row.band)
        for row in records(empty)
    ]
    filled = rows[rows["persons"] > 0]
    low = filled["value"] + filled["half_digit"] < filled["lower"] * filled["persons"]
    high = filled["value"] - filled["half_digit"] >= filled["end"] * filled["persons"]
    for row in records(filled[low | high]):
        values = {"persons": plain(row.persons), "mean": f"{row.value / row.persons:.2f}", "band": row.band}
        faults.append(refuse("band_mean", file, row.row, "value", plain(row.value), **values))
    return faults


def _order_faults(rows: pd.DataFrame, file: str) -> list[Fault]:
    """Bands of a group that leave something out, count it twice, or have no upper end in the wrong place."""
    rows = rows.sort_values([*_GROUP, "lower", "end"], kind="stable")
    keys = [rows[name] for name in _GROUP]
    before = rows["end"].groupby(keys).shift(fill_value=0.0)
    is_last = ~rows.duplicated(_GROUP, keep="last")
    rows = rows.assign(before=before, above=rows["lower"].groupby(keys).shift(-1))
    overlaps = rows[(rows["lower"] < before) & np.isfinite(before)]
    faults = [
        refuse("band_overlap", file, row.row, "lower", row.band, before=plain(row.before)) for row in records(overlaps)
    ]
    faults += [
        refuse("band_gap", file, row.row, "lower", row.band, first=plain(row.before), last=plain(row.lower))
        for row in records(rows[rows["lower"] > before])
    ]
    faults += [
        refuse("band_open_below", file, row.row, "upper", row.band, other=plain(row.above))
        for row in records(rows[np.isinf(rows["end"]) & ~is_last])
    ]
    return faults + [
        refuse("band_not_open", file, row.row, "upper", row.band)
        for row in records(rows[is_last & np.isfinite(rows["end"])])
    ]
