"""Sums that a table implies without giving them: all ages from age groups, both sexes, all statuses, all regions.

A sum is formed where all of its parts are there. It carries the parts' slack (half digits of persons printed in 万人).
"""

from collections.abc import Iterable

import pandas as pd

from actuarial.rules.ages import OLDEST, complete, is_cell


def with_slack(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with what the printed digits of each row leave open; whole persons and money are exact."""
    is_coarse = (frame["half_digit"] > 0.5) & (frame["unit"] == "person")
    return frame.assign(slack=frame["half_digit"].where(is_coarse, 0.0))


def summed(parts: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Parts added up under one key; a bad part makes a bad sum."""
    how = {"value": "sum", "slack": "sum", "is_bad": "any", "row": "min", "unit": "first"}
    if "fen" in parts.columns:
        how["fen"] = "sum"
    return parts.groupby(key, as_index=False, dropna=False).agg(how)


def over(frame: pd.DataFrame, key: list[str], column: str, total: str, names: tuple[str, ...]) -> pd.DataFrame:
    """Sums over the named words of a column, under the word for their total, where every one of them is there."""
    parts = frame[frame[column].isin(names)]
    rest = [name for name in key if name != column]
    count = parts.groupby([parts[name] for name in rest], dropna=False)[column].transform("nunique")
    whole = parts[count == len(names)].copy()
    whole[column] = total
    return summed(whole, key)


def over_ages(frame: pd.DataFrame, key: list[str], name: str, labels: Iterable[str]) -> pd.DataFrame:
    """Sums over the age groups within each of the labels, where the groups cover all lives and fit the label."""
    group = [column for column in key if column != "age"]
    cells = frame[is_cell(frame, group, name)]
    if cells.empty:
        return summed(cells, key)
    cells = cells[complete(cells, group)]
    lower, upper = cells["age_lower"].astype("int64"), cells["age_upper"].fillna(OLDEST).astype("int64")
    parts = []
    for label in labels:
        first, last = _bounds(label)
        inside = cells[(lower >= first) & (upper <= last)].copy()
        straddles = ((lower < first) & (upper >= first)) | ((lower <= last) & (upper > last))
        if straddles.any():
            torn = pd.MultiIndex.from_frame(cells.loc[straddles, group])
            inside = inside[~pd.MultiIndex.from_frame(inside[group]).isin(torn)]
        inside["age"] = label
        parts.append(inside)
    return summed(pd.concat(parts), key) if parts else summed(cells.iloc[:0], key)


def added(frame: pd.DataFrame, sums: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """The frame with those sums whose key it does not hold itself."""
    return pd.concat([frame, sums], ignore_index=True).drop_duplicates(key, ignore_index=True)


def _bounds(label: str) -> tuple[int, int]:
    if label == "all":
        return 0, OLDEST
    lower, _, upper = label.removesuffix("+").partition("-")
    return int(lower), OLDEST if label.endswith("+") else int(upper or lower)
