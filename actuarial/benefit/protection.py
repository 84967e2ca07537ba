"""What the layers of protection pay for the members of a city: one curve for every kind of member and set of rules."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from actuarial.benefit.burden import Burden
from actuarial.benefit.curves import Curves, payments, scale_of

# Layers as the funds that carry them; basic is one fund's money, whatever the service.
BASIC = ("basic_inpatient", "basic_chronic", "basic_outpatient")
AID = ("assistance", "safety_net")
# Categories of kinds that are not assisted: residents who are not, and members whose bands are not split
NOT_ASSISTED = "none"
UNASSISTED = (NOT_ASSISTED, "all")


@dataclass(frozen=True, slots=True)
class Protection:
    """Curves of the layers, and what ties them to the accounts.

    Kinds of members are scheme, category and broad age: coords ``scheme``, ``category`` and ``band`` of ``kind``, the
    band by its lowest age. Bands without category stand under ``all``.

    Attributes
    ----------
    bands : lowest ages of the broad ages
    curves : by the year from which their rules hold, (region, kind, ...); the first rules are those of the base year
    persons : (region, kind), person, of the distribution of yearly cost; splits categories over ages
    index : (year,), 1, amounts of the rules over those that are written, from the last closed year on, as decided
    record : how the distribution of every kind was found
    burden : how many members without assistance pay much themselves; None where nothing is said of who is recognised
    out_of_scope : (region, kind), yuan a person and year beyond the scope of the rules, at the base year's cost; None
        where the table does not say
    levels : (region, fund), yuan/person-year, what the region's own rules of the budget year pay for the city's care
    response : (year,), 1, forecast years, how far amounts follow cost beside; None where they never do
    """

    bands: np.ndarray
    curves: Mapping[int, Curves]
    persons: xr.DataArray
    index: xr.DataArray
    record: tuple[dict[str, object], ...]
    burden: Burden | None = None
    out_of_scope: xr.DataArray | None = None
    levels: xr.DataArray | None = None
    response: xr.DataArray | None = None

    @property
    def kinds(self) -> xr.DataArray:
        """The kinds of members with their coords."""
        return self.persons["kind"]

    @property
    def has_assisted(self) -> bool:
        """Whether the assisted are kinds of their own, so that the layers say what aid they need."""
        return bool((~self.kinds["category"].isin(UNASSISTED)).any())


def scale_at(curves: Curves, index: xr.DataArray) -> xr.DataArray:
    """The cost scale at which the basic layers pay for one person the index times what they pay at the scale 1.

    Parameters
    ----------
    curves : (region, kind)
    index : (..., region, kind, year), 1

    Returns
    -------
    as ``index``, 1; where nobody has cost there is no such scale, and the index stands for it, of nothing
    """
    one = payments(curves, xr.DataArray(1.0)).sel(layer=list(BASIC)).sum("layer")
    paid = (one * index).transpose(*index.dims)
    is_paid = one > 0
    if bool(is_paid.all()):
        return scale_of(curves, BASIC, paid)
    scale = index.copy()
    for region, kind in itertools.product(index["region"].values, index["kind"].values):
        place = {"region": region, "kind": kind}
        if bool(is_paid.sel(place)):
            own = Curves(curves.nodes, curves.coefficients.sel(place, drop=True), curves.error.sel(place, drop=True))
            scale.loc[place] = scale_of(own, BASIC, paid.sel(place, drop=True)).transpose(*scale.sel(place).dims)
    return scale


def summed_over(amount: xr.DataArray, label: str) -> xr.DataArray:
    """Kinds added up by one of their labels, which takes their place as a dim."""
    labels = amount[label].values
    found = list(dict.fromkeys(labels.tolist()))
    plain = amount.drop_vars(["kind", "scheme", "category", "band"], errors="ignore")
    sums = [plain.isel(kind=np.flatnonzero(labels == name)).sum("kind") for name in found]
    return xr.concat(sums, dim=label, join="exact").assign_coords({label: found})
