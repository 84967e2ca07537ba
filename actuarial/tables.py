"""A city folder as checked, typed tables, and a table as a labelled array; the only way into the model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from actuarial.checks import examine
from actuarial.city import City
from actuarial.errors import SchemaError
from actuarial.faults import Fault, refuses
from actuarial.rules.vintages import chosen
from actuarial.wording import LANGUAGES, text

_LISTED = 5


@dataclass(frozen=True, slots=True)
class CityData:
    """A folder without a refusal.

    Attributes
    ----------
    frames : by table
        Columns of the contract plus ``row`` (line of the file),
        ``fen`` (int64 whole fen) where values are money, ``age_lower`` and ``age_upper`` where the table has ages.
        ``value`` is in the unit that ``unit`` names: yuan, person, visit, yuan/person, 1, 1/year, month.
        Rows of the city's own code are kept. The ledger holds one vintage per region, year and fund.
    digests : by file
        SHA-256 of every data file as read.
    catalogue : rows of ``catalogue.csv``
    warnings : faults that do not refuse
    """

    city: City
    frames: dict[str, pd.DataFrame]
    digests: dict[str, str]
    catalogue: list[dict[str, str]]
    warnings: tuple[Fault, ...]


def read_folder(folder: Path) -> CityData:
    """The checked tables of a city folder.

    Raises
    ------
    SchemaError
        If any fault refuses; the message counts them and lists the first five.
    """
    examined = examine(Path(folder))
    if refuses(examined.faults) or examined.city is None:
        raise SchemaError(_summary(Path(folder), examined.faults))
    frames = {name: frame.drop(columns=["is_bad", "is_lost", "half_digit"]) for name, frame in examined.frames.items()}
    frames["ledger"] = chosen(frames["ledger"])
    contents = examined.contents
    return CityData(examined.city, frames, contents.digests, list(contents.rows), examined.faults)


def _summary(folder: Path, faults: Sequence[Fault]) -> str:
    refused = [fault for fault in faults if fault.severity == "refuse"]
    lines = []
    for language in LANGUAGES:
        lines.append(text("fault_summary.count", language, folder=folder.name, count=len(refused)))
        lines += [
            f"  {fault.place(language)}: {fault.message(language)} {fault.remedy(language)}"
            for fault in refused[:_LISTED]
        ]
        if len(refused) > _LISTED:
            lines.append(f"  {text('fault_summary.more', language, count=len(refused) - _LISTED)}")
    return "\n".join(lines)


def to_array(
    frame: pd.DataFrame,
    dims: Sequence[str],
    coords: Mapping[str, Sequence] | None = None,
    value: str = "value",
) -> xr.DataArray:
    """A table as an array with named dims, without a gap.

    Parameters
    ----------
    frame : rows of one table, one per combination of the dims
    dims : names of columns
        Where every age is a single year, or the open last one, the ``age`` coordinate is the integer age.
    coords : by dim
        Labels wanted, in order. Without them, the labels that occur: ages by their lower bound, others sorted.
    value : ``value``, or ``fen`` for whole fen

    Raises
    ------
    SchemaError
        If two rows meet in a cell, or a cell has no row, or the rows have more than one unit.
    """
    labels = {dim: _labels(frame, dim) for dim in dims}
    index = pd.MultiIndex.from_arrays([labels[dim] for dim in dims], names=list(dims))
    series = pd.Series(frame[value].to_numpy(), index=index)
    if index.has_duplicates:
        raise SchemaError(f"two rows for {_first(index[index.duplicated()], dims)}")
    wanted = {dim: list((coords or {}).get(dim, _ordered(labels[dim], frame, dim))) for dim in dims}
    full = pd.MultiIndex.from_product(list(wanted.values()), names=list(dims))
    absent = full.difference(index, sort=False)
    if len(absent):
        raise SchemaError(f"{len(absent)} of {len(full)} values missing, first at {_first(absent, dims)}")
    units = frame["unit"].unique()
    if len(units) > 1:
        raise SchemaError(f"one array, {len(units)} units: {', '.join(units)}")
    values = series.reindex(full).to_numpy().reshape([len(part) for part in wanted.values()])
    unit = "fen" if value == "fen" else str(units[0]) if len(units) else ""
    return xr.DataArray(np.asarray(values), coords=wanted, dims=tuple(dims), attrs={"units": unit})


def _labels(frame: pd.DataFrame, dim: str) -> pd.Series:
    if dim != "age" or frame["age_lower"].isna().any():
        return frame[dim]
    single = (frame["age_upper"] == frame["age_lower"]) | frame["age_upper"].isna()
    return frame["age_lower"].astype("int64") if single.all() else frame[dim]


def _ordered(labels: pd.Series, frame: pd.DataFrame, dim: str) -> list:
    if dim == "age":
        return list(labels.loc[frame["age_lower"].sort_values(kind="stable").index].unique())
    return sorted(labels.unique())


def _first(index: pd.MultiIndex, dims: Sequence[str]) -> dict[str, object]:
    return dict(zip(dims, index[:1].to_frame().astype("object").to_numpy()[0].tolist(), strict=True))
