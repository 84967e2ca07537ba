"""Payments as continuous piecewise linear functions of cost: every rule is one, and so is what rules come to together.

Nothing is approximated. A kink of a composed function is where the inner one crosses a kink of the outer one, and its
value there is the outer one's own.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isfinite, isinf

import numpy as np
import xarray as xr

from actuarial.errors import AssumptionError

# Kinks nearer than this share of their place are one: 12,000 reached by two sums of decimals differs by rounding.
SAME = 1e-12


@dataclass(frozen=True, slots=True)
class Piecewise:
    """A continuous function of an amount x >= 0, in yuan both.

    breakpoints : rising, the first is 0
    values : at the breakpoints
    last_slope : beyond the last breakpoint
    """

    breakpoints: tuple[float, ...]
    values: tuple[float, ...]
    last_slope: float

    def __post_init__(self) -> None:
        points = self.breakpoints
        if len(points) != len(self.values) or not points or points[0] != 0:
            raise AssumptionError(f"breakpoints: {points} and {len(self.values)} values; as many, and the first is 0")
        if not all(low < high for low, high in pairwise(points)):
            raise AssumptionError(f"breakpoints: {points} do not rise")
        if not all(map(isfinite, (*points, *self.values, self.last_slope))):
            raise AssumptionError(f"values: {self.values} at {points}, then {self.last_slope}; not all finite")

    @property
    def slopes(self) -> tuple[float, ...]:
        """From each breakpoint to the next; beyond the last one the last slope."""
        pieces = pairwise(zip(self.breakpoints, self.values, strict=True))
        inner = [(after - before) / (high - low) for (low, before), (high, after) in pieces]
        return (*inner, self.last_slope)


def constant(amount: float) -> Piecewise:
    """The same amount whatever the cost."""
    return Piecewise((0.0,), (amount,), 0.0)


def line(slope: float) -> Piecewise:
    """The share ``slope`` of every yuan."""
    return Piecewise((0.0,), (0.0,), slope)


def segments(lower: Sequence[float], upper: Sequence[float], rates: Sequence[float]) -> Piecewise:
    """What is paid of an amount by segments of it, each at its own rate; what lies between segments is not paid.

    Raises
    ------
    AssumptionError
        If segments are empty, overlap or are out of order, or one is open and not the last.
    """
    points, values, end, slope = [0.0], [0.0], 0.0, 0.0
    for low, high, rate in zip(lower, upper, rates, strict=True):
        if not (low >= end and high > low and isfinite(low)):
            raise AssumptionError(
                f"segments: from {low:g} to {high:g} after one that ends at {end:g}; give them in order"
            )
        if low > end:
            points.append(low)
            values.append(values[-1])
        if isfinite(high):
            points.append(high)
            values.append(values[-1] + rate * (high - low))
        end, slope = high, rate if isinf(high) else 0.0
    return _tidy(points, values, slope)


def excess(deductible: float) -> Piecewise:
    """What of an amount lies above the deductible."""
    return segments([deductible], [inf], [1.0])


def limit(cap: float) -> Piecewise:
    """An amount up to the cap; an infinite cap leaves all of it."""
    return segments([0.0], [cap], [1.0]) if cap > 0 else line(0.0)


def combined(functions: Sequence[Piecewise], weights: Sequence[float]) -> Piecewise:
    """Weighted sum; where terms cancel to rounding it is 0."""
    points = _merged([point for function in functions for point in function.breakpoints])
    values = [
        _sum([weight * _at(function, point) for function, weight in zip(functions, weights, strict=True)])
        for point in points
    ]
    slope = _sum([weight * function.last_slope for function, weight in zip(functions, weights, strict=True)])
    return _tidy(points, values, slope)


def total(*functions: Piecewise) -> Piecewise:
    """Sum."""
    return combined(functions, [1.0] * len(functions))


def lesser(first: Piecewise, second: Piecewise) -> Piecewise:
    """The smaller of two functions."""
    gap = combined((first, second), (1.0, -1.0))
    points = [*first.breakpoints, *second.breakpoints]
    ends = (*gap.breakpoints[1:], inf)
    for start, end, before, slope in zip(gap.breakpoints, ends, gap.values, gap.slopes, strict=True):
        if before * slope < 0 and start - before / slope < end:
            points.append(start - before / slope)
    points = _merged(points)
    values = [min(_at(first, point), _at(second, point)) for point in points]
    # Beyond their last crossing that function is smaller which is smaller in the end.
    is_first = (gap.last_slope, gap.values[-1]) < (0.0, 0.0)
    return _tidy(points, values, first.last_slope if is_first else second.last_slope)


def compose(outer: Piecewise, inner: Piecewise) -> Piecewise:
    """outer(inner(x)).

    Raises
    ------
    AssumptionError
        If the inner function is negative somewhere: the outer one is a payment of an amount.
    """
    least = min(inner.values)
    if least < -SAME * max(1.0, *inner.breakpoints) or inner.last_slope < -SAME:
        raise AssumptionError(
            f"inner: as little as {least:g} yuan, then {inner.last_slope:g} a yuan; a payment is of no negative amount"
        )
    points, values = [], []
    ends = zip((*inner.breakpoints[1:], inf), (*inner.values[1:], inf), inner.slopes, strict=True)
    for start, before, (end, after, slope) in zip(inner.breakpoints, inner.values, ends, strict=True):
        points.append(start)
        values.append(_at(outer, before))
        if slope == 0:
            continue
        low, high = (before, after) if slope > 0 else (after, before)
        crossed = [
            (kink, value) for kink, value in zip(outer.breakpoints, outer.values, strict=True) if low < kink < high
        ]
        for kink, value in crossed if slope > 0 else reversed(crossed):
            place = start + (kink - before) / slope
            if points[-1] < place < end:
                points.append(place)
                values.append(value)
    slope = inner.last_slope * (outer.last_slope if inner.last_slope > 0 else 0.0)
    return _tidy(points, values, slope)


def payment(function: Piecewise, amount: xr.DataArray | float) -> xr.DataArray:
    """The function at an amount in yuan, with its dims.

    Raises
    ------
    AssumptionError
        If an amount is negative or missing.
    """
    amount = xr.DataArray(amount)
    wrong = ~((amount >= 0) & xr.ufuncs.isfinite(amount))
    if bool(wrong.any()):
        raise AssumptionError(f"amount: {int(wrong.sum())} of {amount.size} values negative, infinite or missing")
    last = function.breakpoints[-1]
    inside = xr.apply_ufunc(np.interp, amount, function.breakpoints, function.values)
    beyond = xr.where(amount > last, (amount - last) * function.last_slope, 0.0)
    return (inside + beyond).assign_attrs(units="yuan")


def _at(function: Piecewise, amount: float) -> float:
    """The value at one amount; at a breakpoint exactly the one that stands there. Rounding may be a hair below 0."""
    place = max(bisect_right(function.breakpoints, amount) - 1, 0)
    start, before = function.breakpoints[place], function.values[place]
    if amount == start:
        return before
    if place + 1 == len(function.breakpoints):
        return before + function.last_slope * (amount - start)
    share = (amount - start) / (function.breakpoints[place + 1] - start)
    return before + share * (function.values[place + 1] - before)


def _sum(terms: Sequence[float]) -> float:
    found = sum(terms)
    return found if abs(found) > SAME * max(map(abs, terms)) else 0.0


def _merged(points: Sequence[float]) -> list[float]:
    found: list[float] = []
    for point in sorted(points):
        if not found or point - found[-1] > SAME * point:
            found.append(point)
    return found


def _tidy(points: Sequence[float], values: Sequence[float], last_slope: float) -> Piecewise:
    """The same function; of points that rounding alone keeps apart the first stays, points on a straight line go."""
    kept = [0]
    for place in range(1, len(points)):
        low, before = points[kept[-1]], values[kept[-1]]
        point, value = points[place], values[place]
        slope = last_slope
        if place + 1 < len(points):
            slope = (values[place + 1] - before) / (points[place + 1] - low)
        is_bend = abs(before + slope * (point - low) - value) > SAME * max(abs(before), abs(value))
        if point - low > SAME * point and is_bend:
            kept.append(place)
    return Piecewise(tuple(points[place] for place in kept), tuple(values[place] for place in kept), last_slope)
