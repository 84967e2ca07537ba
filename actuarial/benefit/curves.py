"""Mean payments of each layer as curves over the cost scale, so that a projection asks for them at any scale cheaply.

1. nodes, evenly spaced in the logarithm of the scale, over the range that the caller names;
2. value and derivative at each node in closed form (``expectation``); between nodes the cubic that has both;
3. checked: three points within every cell against the closed form.

The cubic is in the scale itself, so what is constant or proportional to cost is met exactly, and the layers add up to
the mean cost between nodes too. Outside of the range there is no curve, and nothing is continued.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from actuarial.benefit.curve_kernels import payment_kernel, scale_kernel, total_kernel
from actuarial.benefit.expectation import UNITS, expected_payments
from actuarial.benefit.layers import BandPayments
from actuarial.errors import AssumptionError
from actuarial.spending.severity import Severity

# Places within a cell where the cubic is checked. Where the second derivative jumps once, somewhere in the cell, the
# error is largest elsewhere, but at most 1.41 times the largest of these three (computed over all places of the jump).
CHECKED = (0.25, 0.5, 0.75)
MARGIN = 1.5
POWERS = np.arange(4)
TABLE = ("cell", "layer", "power")


@dataclass(frozen=True, slots=True)
class Curves:
    """Mean payments of the layers at the scales of a range.

    nodes : (node,), 1, rising, evenly spaced in the logarithm
    coefficients : (..., cell, layer, power), yuan/person-year; of the powers 0 to 3 of the place in a cell, 0 to 1
    error : (..., layer), yuan/person-year, bound of the distance from the closed form
    """

    nodes: xr.DataArray
    coefficients: xr.DataArray
    error: xr.DataArray


def payment_curves(
    severity: Severity, bands: Sequence[BandPayments], lowest: float, highest: float, cells: int, tolerance: float
) -> Curves:
    """Curves of every layer over a range of scales.

    Parameters
    ----------
    severity, bands : as expected_payments
    lowest, highest : scales, the ends of the range, both inside it
    cells : number of pieces
    tolerance : yuan/person-year, largest error allowed

    Raises
    ------
    AssumptionError
        If the range is none or the error above the tolerance; or as expected_payments.

    Source
    ------
    de Boor (1978), A Practical Guide to Splines, chapter 4: cubic Hermite interpolation.
    """
    if not (0 < lowest < highest < np.inf and cells >= 1):
        raise AssumptionError(f"scale: {cells} cells from {lowest:g} to {highest:g}; give a positive, rising range")
    nodes = xr.DataArray(np.geomspace(lowest, highest, cells + 1), dims="node")
    table = expected_payments(severity, bands, nodes)
    before, after = (table.isel(node=part).rename(node="cell") for part in (slice(0, -1), slice(1, None)))
    low, high = (nodes.isel(node=part).rename(node="cell") for part in (slice(0, -1), slice(1, None)))
    coefficients = _cubic(before, after, high - low).transpose(..., *TABLE).assign_attrs(units=UNITS)
    place = xr.DataArray(list(CHECKED), dims="place")
    exact = expected_payments(severity, bands, low + place * (high - low))["payment"]
    power = xr.DataArray(POWERS, dims="power")
    error = MARGIN * abs(xr.dot(coefficients, place**power, dim="power") - exact).max(["cell", "place"])
    worst = float(error.max())
    if worst > tolerance:
        raise AssumptionError(
            f"cells: {cells} between the scales {lowest:g} and {highest:g} leave an error of {worst:.3g} yuan, "
            f"{tolerance:g} are allowed; ask for more cells"
        )
    return Curves(nodes, coefficients, error.assign_attrs(units=UNITS))


def side_by_side(curves: Mapping[str, Curves], dim: str) -> Curves:
    """Curves of several groups over the same range, under a new dim with their names.

    Raises
    ------
    AssumptionError
        If their nodes differ.
    """
    first = next(iter(curves.values()))
    for name, own in curves.items():
        if not np.array_equal(own.nodes, first.nodes):
            raise AssumptionError(
                f"curves of {dim} {name!r}: other nodes than the first; give all the same range and cells"
            )
    names = xr.DataArray(list(curves), dims=dim, name=dim)
    tables = [own.coefficients for own in curves.values()]
    errors = [own.error for own in curves.values()]
    coefficients: xr.DataArray = xr.concat(tables, dim=names)
    error: xr.DataArray = xr.concat(errors, dim=names)
    return Curves(first.nodes, coefficients.transpose(..., *TABLE), error)


def payments(curves: Curves, scale: xr.DataArray) -> xr.DataArray:
    """Mean payment of every layer.

    Parameters
    ----------
    scale : any dims, 1; those it shares with the curves are matched by label

    Returns
    -------
    (dims of the scale and of the curves, layer), yuan/person-year

    Raises
    ------
    AssumptionError
        If a scale lies outside of the range of the curves.
    """
    _refuse_outside(curves, scale)
    found = xr.apply_ufunc(
        payment_kernel,
        _position(curves, scale),
        scale,
        _table(curves),
        curves.nodes,
        input_core_dims=[[], [], list(TABLE), ["node"]],
        output_core_dims=[["layer"]],
        join="exact",
    )
    return found.assign_coords(layer=curves.coefficients["layer"]).assign_attrs(units=UNITS)


def total_payments(curves: Curves, scale: xr.DataArray, persons: xr.DataArray, dim: str) -> xr.DataArray:
    """What every layer pays for all persons, summed over a dim of the curves without keeping its parts.

    Parameters
    ----------
    scale : any dims, 1
    persons : any dims, person-year
    dim : a dim of the curves and the persons, such as the group; the scale may lack it

    Returns
    -------
    (dims of the scale, the persons and the curves without ``dim``, layer), yuan

    Raises
    ------
    AssumptionError
        As payments.
    """
    _refuse_outside(curves, scale)
    if dim not in scale.dims:
        scale = scale.expand_dims({dim: curves.coefficients[dim]})
    found = xr.apply_ufunc(
        total_kernel,
        _position(curves, scale),
        scale,
        persons,
        _table(curves),
        curves.nodes,
        input_core_dims=[[dim], [dim], [dim], [dim, *TABLE], ["node"]],
        output_core_dims=[["layer"]],
        join="exact",
    )
    return found.assign_coords(layer=curves.coefficients["layer"]).assign_attrs(units="yuan")


def scale_of(curves: Curves, layers: Sequence[str], payment: xr.DataArray | float) -> xr.DataArray:
    """The scale at which layers together have a mean payment; the one root of their rising curve.

    Parameters
    ----------
    payment : any dims, yuan/person-year

    Returns
    -------
    (dims of the payment and of the curves), 1

    Raises
    ------
    AssumptionError
        If the payment lies outside of what the curves reach, or their sum does not rise everywhere.

    Source
    ------
    Fritsch & Carlson (1980), SIAM Journal on Numerical Analysis 17(2), for when such a cubic is monotone.
    """
    payment = xr.DataArray(payment)
    sums = curves.coefficients.sel(layer=list(layers)).sum("layer").transpose(..., "cell", "power")
    at_nodes = xr.concat([sums.isel(power=0), sums.isel(cell=[-1]).sum("power")], dim="cell").rename(cell="node")
    if not bool((at_nodes.diff("node") > 0).all()) or not _rises(sums):
        raise AssumptionError(
            f"layers {list(layers)}: what they pay does not rise with the scale everywhere, so that there is no one "
            "root; leave out groups without cost, or ask for more cells"
        )
    least, most = at_nodes.isel(node=0), at_nodes.isel(node=-1)
    wrong = ~((payment >= least) & (payment <= most))
    if bool(wrong.any()):
        raise AssumptionError(
            f"payment: {int(wrong.sum())} of {wrong.size} values outside of what layers {list(layers)} pay between the "
            f"scales {curves.nodes[0].item():g} and {curves.nodes[-1].item():g}, {least.min().item():g} to "
            f"{most.max().item():g} yuan; {_first(payment, wrong)}; widen the range of the curves"
        )
    return xr.apply_ufunc(
        scale_kernel,
        payment,
        sums,
        at_nodes,
        curves.nodes,
        input_core_dims=[[], ["cell", "power"], ["node"], ["node"]],
        join="exact",
    ).assign_attrs(units="1")


def _cubic(before: xr.Dataset, after: xr.Dataset, width: xr.DataArray) -> xr.DataArray:
    """Coefficients of the cubic with the values and derivatives of both ends."""
    rise = after["payment"] - before["payment"]
    first, last = width * before["slope"], width * after["slope"]
    powers = [before["payment"], first, 3 * rise - 2 * first - last, first + last - 2 * rise]
    return xr.concat(powers, dim="power")


def _rises(sums: xr.DataArray) -> bool:
    """Whether the cubics of (..., cell, power) fall nowhere.

    The derivative is a quadratic with ends p, q and middle coefficient m: nowhere negative iff p, q >= 0 and
    m >= -sqrt(p q).
    """
    _, first, second, third = (sums.isel(power=power) for power in range(4))
    last = first + 2 * second + 3 * third
    if not bool(((first >= 0) & (last >= 0)).all()):
        return False
    return bool((first + second >= -xr.ufuncs.sqrt(first * last)).all())


def _refuse_outside(curves: Curves, scale: xr.DataArray) -> None:
    lowest, highest = curves.nodes[0].item(), curves.nodes[-1].item()
    if float(scale.min()) >= lowest and float(scale.max()) <= highest and not bool(scale.isnull().any()):
        return
    wrong = ~((scale >= lowest) & (scale <= highest))
    raise AssumptionError(
        f"scale: {int(wrong.sum())} of {wrong.size} values outside of the range {lowest:g} to {highest:g} of the "
        f"curves; {_first(scale, wrong)}; widen the range"
    )


def _first(values: xr.DataArray, is_wrong: xr.DataArray) -> str:
    values, is_wrong = xr.broadcast(values, is_wrong)
    place = dict(zip(is_wrong.dims, np.argwhere(np.atleast_1d(is_wrong.values))[0], strict=is_wrong.ndim > 0))
    first = values.isel(place)
    label = {str(dim): first[dim].values.item() for dim in is_wrong.dims if dim in first.coords}
    return f"first at {label}: {first.item():g}"


def _position(curves: Curves, scale: xr.DataArray) -> xr.DataArray:
    start, end = np.log(curves.nodes[0].item()), np.log(curves.nodes[-1].item())
    return (xr.ufuncs.log(scale) - start) * (curves.coefficients.sizes["cell"] / (end - start))


def _table(curves: Curves) -> xr.DataArray:
    return curves.coefficients.drop_vars("layer")
