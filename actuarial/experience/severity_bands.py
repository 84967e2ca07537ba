"""Persons and their yearly cost by size of that cost."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from actuarial.errors import SchemaError
from actuarial.tables import to_array


@dataclass(frozen=True, slots=True)
class Bands:
    """Persons and cost of every band; the first band holds those without cost.

    lower, upper : (band,), yuan; each band starts where the one before ends, the last has no upper end
    persons, cost : (..., band), person and yuan; cost is missing where it is not known
    """

    lower: xr.DataArray
    upper: xr.DataArray
    persons: xr.DataArray
    cost: xr.DataArray

    def __post_init__(self) -> None:
        lower, upper = self.lower.values, self.upper.values
        if lower[0] != 0 or not np.array_equal(lower[1:], upper[:-1]) or not (np.diff(lower) > 0).all():
            raise SchemaError(f"claim_bands: gap or overlap between bands from {lower.tolist()} to {upper.tolist()}")
        if not np.isinf(upper[-1]):
            raise SchemaError(f"claim_bands: the highest band ends at {upper[-1]:g}; its upper end has to be empty")
        if bool((self.cost.isel(band=0) != 0).any()):
            raise SchemaError(
                f"claim_bands: cost in the band from 0 to {upper[0]:g}; persons without cost need a band of their own"
            )
        wrong = ~(self.persons >= 0)
        if bool(wrong.any()):
            raise SchemaError(f"claim_bands: persons negative or missing in {int(wrong.sum())} bands, {places(wrong)}")
        most = xr.where(self.persons > 0, self.upper * self.persons.where(self.persons > 0, 1.0), 0.0)
        wrong = (self.cost < self.lower * self.persons) | (self.cost > most)
        if bool(wrong.any()):
            raise SchemaError(f"claim_bands: mean cost outside {int(wrong.sum())} bands, first at {places(wrong)}")


def to_bands(frame: pd.DataFrame, dims: Sequence[str], summed: Sequence[str] = ()) -> Bands:
    """Rows of the table ``claim_bands`` with labelled dims; every group has the same bands.

    Parameters
    ----------
    dims : columns that tell the rows of a band apart
    summed : those of them over which thin groups are added together

    Raises
    ------
    SchemaError
        If a group lacks a band, two rows share a cell, or as Bands.
    """
    ends = frame.groupby("lower")["upper"]
    if (ends.nunique(dropna=False) > 1).any():
        raise SchemaError("claim_bands: a lower end has more than one upper end")
    upper = ends.first().sort_index().astype(float)
    counted, money = (
        to_array(frame, [*dims, "lower"], value=name)
        .rename(lower="band")
        .drop_vars("band")
        .astype(float)
        .sum(list(summed))
        for name in ("persons", "value")
    )
    lower = xr.DataArray(upper.index.to_numpy(dtype=float), dims="band")
    return Bands(lower, xr.DataArray(upper.fillna(np.inf).to_numpy(), dims="band"), counted, money)


def band_persons(cost: xr.DataArray, edges: Sequence[float]) -> Bands:
    """Bands of persons known one by one: (..., person), yuan, missing where a group has fewer.

    Parameters
    ----------
    edges : yuan, lower ends of the bands with cost; the first one is the smallest amount of money
    """
    lower = np.array([0.0, *edges])
    upper = np.append(lower[1:], np.inf)
    inside = [(cost >= low) & (cost < high) for low, high in zip(lower, upper, strict=True)]
    persons = xr.concat([here.sum("person") for here in inside], dim="band").astype(float)
    money = xr.concat([cost.where(here, 0.0).sum("person") for here in inside], dim="band")
    return Bands(
        xr.DataArray(lower, dims="band"),
        xr.DataArray(upper, dims="band"),
        persons.transpose(..., "band"),
        money.transpose(..., "band"),
    )


def places(is_wrong: xr.DataArray) -> dict[str, object]:
    """Label of the first cell that is wrong."""
    found = np.argwhere(np.atleast_1d(is_wrong.values))[0]
    place = {dim: int(found[number]) for number, dim in enumerate(is_wrong.dims)}
    return {
        str(dim): is_wrong[dim].isel({dim: at}).item() if dim in is_wrong.coords else at for dim, at in place.items()
    }
