"""Mean payments of a group in closed form: piecewise linear payments of a scaled random cost.

1. payments of a cost band (``layers``) as a sum of bends: f(x) = sum of d (x - b)+, where d is how much steeper f
   becomes at its breakpoint b;
2. E[(s Z - b)+; Z in the band] = s E[Z; a < Z <= u] - b P(a < Z <= u), with a = b / s kept within the band.

Nothing is integrated numerically. The cost of the base year says which band a person is in, so the pattern of care
does not move with the scale.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import inf

import numpy as np
import xarray as xr

from actuarial.benefit.layers import BandPayments
from actuarial.errors import AssumptionError
from actuarial.spending.severity import Severity, partial_moment

UNITS = "yuan/person-year"


def expected_payments(severity: Severity, bands: Sequence[BandPayments], scale: xr.DataArray | float) -> xr.Dataset:
    """Mean payment of every layer for a person whose cost is ``scale`` times that of the distribution.

    Parameters
    ----------
    severity : (...,), of the cost at the scale 1
    bands : from 0 to infinity without gap
    scale : any dims, 1, positive

    Returns
    -------
    payment : (..., layer, dims of scale), yuan/person-year
    slope : the same dims, yuan/person-year, its derivative by the scale

    Raises
    ------
    AssumptionError
        If bands leave a gap or differ in their layers, a scale is not positive and finite, or the mean is infinite.

    Source
    ------
    Klugman, Panjer & Willmot (2012), Loss Models, section 8.2 to 8.4, bend by bend.
    """
    scale = xr.DataArray(scale)
    wrong = ~((scale > 0) & xr.ufuncs.isfinite(scale))
    if bool(wrong.any()):
        raise AssumptionError(f"scale: {int(wrong.sum())} of {wrong.size} values not positive and finite")
    _check_bands(bands)
    if bool(((severity.tail_share > 0) & (severity.tail_index <= 1)).any()):
        raise AssumptionError("tail_index: 1 or below; the mean cost is infinite and so is what its payers pay")
    bend = _bends(bands)
    lower, upper = (xr.DataArray([getattr(band, name) for band in bands], dims="band") for name in ("lower", "upper"))
    start = xr.ufuncs.minimum(xr.ufuncs.maximum(bend["kink"] / scale, lower), upper)
    persons, cost = (_moment(severity, order, start, lower, upper) for order in (0, 1))
    slope = xr.dot(bend, cost, dim=["band", "kink"])
    payment = scale * slope - xr.dot(bend * bend["kink"], persons, dim=["band", "kink"])
    tables = {"payment": payment, "slope": slope}
    dims = (..., "layer", *scale.dims)
    return xr.Dataset({name: own.transpose(*dims).assign_attrs(units=UNITS) for name, own in tables.items()})


def _check_bands(bands: Sequence[BandPayments]) -> None:
    edges = [(band.lower, band.upper) for band in bands]
    is_whole = bool(bands) and edges[0][0] == 0 and edges[-1][1] == inf
    if not is_whole or any(before[1] != after[0] or before[1] <= before[0] for before, after in pairwise(edges)):
        raise AssumptionError(f"bands: {edges}; from 0 to infinity, each starts where the one before ends")
    if any(list(band.payments) != list(bands[0].payments) for band in bands):
        raise AssumptionError(f"bands: layers differ, {[list(band.payments) for band in bands]}")


def _bends(bands: Sequence[BandPayments]) -> xr.DataArray:
    """How much steeper each layer's payment becomes at each kink; (layer, band, kink), with the kinks in yuan."""
    kinks = sorted({point for band in bands for function in band.payments.values() for point in function.breakpoints})
    layers = list(bands[0].payments)
    bends = np.zeros((len(layers), len(bands), len(kinks)))
    for row, layer in enumerate(layers):
        for column, band in enumerate(bands):
            function = band.payments[layer]
            places = np.searchsorted(kinks, function.breakpoints)
            bends[row, column, places] = np.diff(function.slopes, prepend=0.0)
    return xr.DataArray(bends, {"layer": layers, "kink": kinks}, ("layer", "band", "kink"))


def _moment(
    severity: Severity, order: int, start: xr.DataArray, lower: xr.DataArray, upper: xr.DataArray
) -> xr.DataArray:
    """E[Z^order; start < Z <= upper]; starts at an end of their band, most of them, share one value."""
    start, below, above = xr.broadcast(start, lower, upper)
    is_inside = ((start > below) & (start < above)).values
    starts = np.append(lower.values, start.values[is_inside])
    ends = np.append(upper.values, above.values[is_inside])
    points = partial_moment(severity, order, xr.DataArray(starts, dims="point"), xr.DataArray(ends, dims="point"))
    whole = points.isel(point=slice(0, lower.size)).rename(point="band")
    leading = points.isel(point=0, drop=True)
    inside = np.zeros((*leading.shape, *start.shape))
    inside[..., is_inside] = points.transpose(*leading.dims, "point").values[..., lower.size :]
    table = xr.DataArray(inside, {**leading.coords, **start.coords}, (*leading.dims, *start.dims))
    return table + whole.where(start <= below, 0.0)
