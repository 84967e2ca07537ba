"""Share of members whose own payments pass an amount: what care costs those whom the layers leave much to pay."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isinf

import xarray as xr

from actuarial.benefit.piecewise import Piecewise
from actuarial.errors import AssumptionError
from actuarial.spending.severity import Severity, partial_moment


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


def cost_beyond(own: Piecewise, amount: float) -> float:
    """The cost above which own payments pass an amount; infinite where they never do.

    Raises
    ------
    AssumptionError
        If own payments fall somewhere: a dearer year would then cost the person less.
    """
    if min(own.slopes) < -1e-9:
        raise AssumptionError(
            f"own payments fall with cost, slopes {min(own.slopes):g}; look at the rules of the layers"
        )
    points = [*zip(own.breakpoints, own.values, strict=True)]
    for (low, before), (high, after) in pairwise(points):
        if after > amount:
            return low + max(amount - before, 0.0) * (high - low) / (after - before)
    low, before = points[-1]
    return low + (amount - before) / own.last_slope if own.last_slope > 0 else inf


def burdened_share(
    severity: Severity, payments: Sequence[OwnPayments], amount: float, scale: xr.DataArray
) -> xr.DataArray:
    """Share of the persons of a group whose own in-scope payments of a year pass an amount.

    P(own(s Z) > amount) = sum over patterns of share x P(Z > x / s, Z in the band), x the cost beyond which they do.

    Parameters
    ----------
    severity : of the cost at the scale 1
    payments : patterns of all cost bands; the shares of a band sum to 1
    amount : yuan
    scale : any dims, 1, positive

    Returns
    -------
    as ``scale``, 1

    Source
    ------
    Own payments are a rising function of cost for each pattern, so their quantiles are those of the cost.
    """
    parts = []
    for part in payments:
        beyond = cost_beyond(part.own, amount)
        if isinf(beyond):
            continue
        start = xr.ufuncs.minimum(xr.ufuncs.maximum(beyond / scale, part.lower), min(part.upper, 1e300))
        parts.append(part.share * partial_moment(severity, 0, start, xr.full_like(start, part.upper)))
    return sum(parts[1:], start=parts[0]) if parts else xr.zeros_like(scale)
