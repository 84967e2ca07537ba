"""Share of members whose own payments pass an amount: what care costs those whom the layers leave much to pay.

1. own payments of every pattern of care, as functions of the year's cost; who holds a commercial policy apart;
2. the cost beyond which they pass the amount, and how many persons have such a cost;
3. a table over scales of cost and amounts, so that a projection reads off what it needs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf

import numpy as np
import xarray as xr

from actuarial.benefit.care import CarePattern
from actuarial.benefit.layers import layer_payments
from actuarial.benefit.piecewise import Piecewise
from actuarial.benefit.rules import BenefitRules
from actuarial.errors import AssumptionError
from actuarial.spending.severity import Severity, partial_moment

_FALLING = 1e-9
_FINITE = 1e300


@dataclass(frozen=True, slots=True)
class OwnPayments:
    """What is left to one person of a cost band under one pattern of care.

    lower, upper : yuan at the scale 1, of the band; upper may be infinite
    own : of the person's cost, nowhere falling
    share : of all persons of the band with this pattern, 1
    """

    lower: float
    upper: float
    own: Piecewise
    share: float


@dataclass(frozen=True, slots=True)
class Burden:
    """How many members without assistance pay much themselves, and what says that it is too much.

    share : by the year from which the rules hold, (region, kind, scale, amount), 1, whose own payments pass an amount
        (yuan) at a scale of cost; the first rules are those of the base year
    income : (region, year), yuan, disposable income a head, of the last closed year and the one before
    lookback : (category,), month before recognition whose bills are still helped with, in the last closed year
    """

    share: dict[int, xr.DataArray]
    income: xr.DataArray
    lookback: xr.DataArray


def own_payments(rules: BenefitRules, patterns: Sequence[CarePattern]) -> list[OwnPayments]:
    """Own payments of all patterns, of those who hold a commercial policy and of those who do not.

    Parameters
    ----------
    patterns : as :func:`actuarial.benefit.care.care_patterns` gives them
    """
    edges = [*dict.fromkeys(pattern.lower for pattern in patterns), inf]
    upper = dict(pairwise(edges))
    groups = [(replace(rules, commercial=None), 1.0)]
    if rules.commercial is not None:
        held = rules.commercial.participation
        holder = replace(rules, commercial=replace(rules.commercial, participation=1.0))
        groups = [(groups[0][0], 1 - held), (holder, held)]
    return [
        OwnPayments(pattern.lower, upper[pattern.lower], layer_payments(own, pattern)["own"], pattern.share * part)
        for own, part in groups
        for pattern in patterns
        if part > 0
    ]


def cost_beyond(own: Piecewise, amount: float) -> float:
    """The cost above which own payments pass an amount; infinite where they never do.

    Raises
    ------
    AssumptionError
        If own payments fall somewhere: a dearer year would then cost the person less.
    """
    if min(own.slopes) < -_FALLING:
        raise AssumptionError(
            f"own payments fall with cost, slopes {min(own.slopes):g}; look at the rules of the layers"
        )
    points = [*zip(own.breakpoints, own.values, strict=True)]
    for (low, before), (high, after) in pairwise(points):
        if after > amount:
            return low + max(amount - before, 0.0) * (high - low) / (after - before)
    low, before = points[-1]
    return low + max(amount - before, 0.0) / own.last_slope if own.last_slope > 0 else inf


def burdened_share(
    severity: Severity, payments: Sequence[OwnPayments], amount: xr.DataArray | float, scale: xr.DataArray
) -> xr.DataArray:
    """Share of the persons of a group whose own in-scope payments of a year pass an amount.

    P(own(s Z) > amount) = sum over patterns of share x P(Z > x / s, Z in the band), x the cost beyond which they do.

    Parameters
    ----------
    severity : of the cost at the scale 1
    payments : patterns of all cost bands; the shares of a band sum to 1
    amount : any dims, yuan
    scale : any dims, 1, positive

    Returns
    -------
    dims of the severity, the amount and the scale, 1

    Source
    ------
    Own payments are a rising function of cost for each pattern, so their quantiles are those of the cost.
    """
    amount = xr.DataArray(amount)
    found = [[cost_beyond(part.own, float(one)) for one in amount.values.ravel()] for part in payments]
    costs = np.reshape(found, (len(payments), *amount.shape))
    beyond = xr.DataArray(costs, amount.coords, ("pattern", *amount.dims))
    lower, upper, share = (
        xr.DataArray([getattr(part, name) for part in payments], dims="pattern") for name in ("lower", "upper", "share")
    )
    is_passed = xr.ufuncs.isfinite(beyond)
    start = xr.ufuncs.minimum(
        xr.ufuncs.maximum(beyond.where(is_passed, 0.0) / scale, lower), np.minimum(upper, _FINITE)
    )
    persons = partial_moment(severity, 0, start, xr.broadcast(upper, start)[0])
    return xr.dot(share, persons.where(is_passed, 0.0), dim="pattern")


def burden_at(table: xr.DataArray, scale: xr.DataArray, amount: xr.DataArray) -> xr.DataArray:
    """The share of a table at any scale and amount within it.

    Between the places of the table the logarithm is linear in that of the scale and of the amount, as for a Pareto
    tail; where a neighbour is 0, the share itself is.

    Parameters
    ----------
    table : (..., scale, amount), 1
    scale, amount : any dims, 1 and yuan; those they share with the table are matched in their order

    Raises
    ------
    AssumptionError
        If a scale or amount lies outside of the table.
    """
    return _between(_between(table, "amount", amount), "scale", scale)


def _between(table: xr.DataArray, dim: str, values: xr.DataArray) -> xr.DataArray:
    places = table[dim].values
    low, high = float(values.min()), float(values.max())
    if not (low >= places[0] and high <= places[-1]):
        raise AssumptionError(
            f"burden: {dim} from {low:g} to {high:g}, and the table reaches from {places[0]:g} to {places[-1]:g}; "
            "widen it"
        )
    below = xr.apply_ufunc(lambda found: np.clip(np.searchsorted(places, found) - 1, 0, len(places) - 2), values)
    logs = xr.DataArray(np.log(places), dims=dim)
    start, end = logs.isel({dim: below}), logs.isel({dim: below + 1})
    weight = (xr.ufuncs.log(values) - start) / (end - start)
    plain = table.drop_vars(dim)
    before, after = plain.isel({dim: below}), plain.isel({dim: below + 1})
    is_positive = (before > 0) & (after > 0)
    if bool(is_positive.all()):
        return before * xr.ufuncs.exp(weight * xr.ufuncs.log(after / before))
    ratio = after.where(is_positive, 1.0) / before.where(is_positive, 1.0)
    return xr.where(is_positive, before * ratio**weight, before + (after - before) * weight)
