"""The compiled loops behind curves: a cubic for each layer in the cell of a scale, and the root of a rising one.

``position`` is the number of the cell with the share of its width in the logarithm behind the point; rounding may put a
scale next to a node into the neighbouring cell, where the cubic has the same value and slope.
"""

import numpy as np
from numba import float64, guvectorize, njit

_NUMBER, _ROW, _TABLE, _TABLES = float64, float64[:], float64[:, :, :], float64[:, :, :, :]
# Steps of a root: halving alone needs one for each of the 53 bits of a number in [0, 1], Newton's steps far fewer.
_STEPS = 60
_CLOSE = 2.0**-52


@njit(inline="always")
def _cell(position, cells):
    return min(max(int(position), 0), cells - 1)


@njit(inline="always")
def _cubic(row, place):
    return row[0] + place * (row[1] + place * (row[2] + place * row[3]))


@guvectorize([(_NUMBER, _NUMBER, _TABLE, _ROW, _ROW)], "(),(),(c,l,p),(n)->(l)", nopython=True, cache=True)
def payment_kernel(position, scale, table, nodes, out):
    """Payment of each layer at one scale inside the range."""
    cell = _cell(position, table.shape[0])
    place = (scale - nodes[cell]) / (nodes[cell + 1] - nodes[cell])
    for layer in range(table.shape[1]):
        out[layer] = _cubic(table[cell, layer], place)


@guvectorize([(_ROW, _ROW, _ROW, _TABLES, _ROW, _ROW)], "(g),(g),(g),(g,c,l,p),(n)->(l)", nopython=True, cache=True)
def total_kernel(position, scale, persons, tables, nodes, out):
    """Payment of each layer for the persons of all groups, each at its own scale inside the range."""
    out[:] = 0.0
    for group in range(scale.shape[0]):
        cell = _cell(position[group], tables.shape[1])
        place = (scale[group] - nodes[cell]) / (nodes[cell + 1] - nodes[cell])
        for layer in range(tables.shape[2]):
            out[layer] += persons[group] * _cubic(tables[group, cell, layer], place)


@guvectorize([(_NUMBER, float64[:, :], _ROW, _ROW, _ROW)], "(),(c,p),(n),(n)->()", nopython=True, cache=True)
def scale_kernel(payment, table, at_nodes, nodes, out):
    """The scale at which a rising curve has a payment: Newton's steps, halving where one would leave the bracket."""
    cell = _cell(np.searchsorted(at_nodes, payment, side="right") - 1, table.shape[0])
    row, low, high = table[cell], 0.0, 1.0
    place = (payment - at_nodes[cell]) / (at_nodes[cell + 1] - at_nodes[cell])
    for _ in range(_STEPS):
        gap = _cubic(row, place) - payment
        if gap > 0:
            high = place
        else:
            low = place
        slope = row[1] + place * (2 * row[2] + place * 3 * row[3])
        step = place - gap / slope if slope > 0 else low
        if not low <= step <= high:
            step = (low + high) / 2
        is_done = abs(step - place) <= _CLOSE
        place = step
        if is_done:
            break
    out[0] = nodes[cell] + place * (nodes[cell + 1] - nodes[cell])
