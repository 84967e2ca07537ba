"""Where pooling helps and where it cannot: own bad luck of regions cancels in one fund, shocks common to all do not."""

import numpy as np
import xarray as xr

from actuarial.errors import SchemaError


def pooling_effect(loss: xr.DataArray) -> xr.Dataset:
    """Standard deviation of the regions' summed loss between its two ends: nothing in common, and everything.

    With s_r the deviation of region r and s that of the sum,

        independent = sqrt(sum of s_r^2)     the law of large numbers at its best
        dependent = sum of s_r               nothing to gain
        correlation = (s^2 - independent^2) / (dependent^2 - independent^2)

    the mean correlation of the pairs, weighted by s_r s_q. More regions of the same kind would bring the deviation down
    to ``floor`` = sqrt(max(0, correlation)) x dependent and no further: that part is common shocks.
    ``common_share`` of a region is the squared correlation of its loss with the loss of all others: what they cannot
    take from it. Its complement is the region's own luck, which pooling spreads.

    Parameters
    ----------
    loss : (draw, region, ...), any unit; at least two regions

    Returns
    -------
    deviation : (region, ...); pooled, independent, dependent, floor : (...,), as loss; correlation, gain : (...,), 1;
    common_share : (region, ...), 1. gain = 1 - pooled / dependent. NaN where a deviation is zero.

    Raises
    ------
    SchemaError
        If there is only one region.

    Source
    ------
    Variance of a sum. The dependent end is the comonotonic sum: Dhaene et al. (2002), Insurance: Mathematics and
    Economics 31(1). Floor: limit of the variance of n equal, equally correlated losses, over n^2. Weights and
    ``common_share``: own choices.
    """
    if loss.sizes["region"] < 2:
        raise SchemaError("pooling effect: one region; there is nothing to pool with")
    own = loss.std("draw")
    total = loss.sum("region")
    pooled, dependent = total.std("draw"), own.sum("region")
    squares = (own**2).sum("region")
    spread = dependent**2 - squares
    correlation = (pooled**2 - squares) / spread.where(spread > 0)
    others = total - loss
    product = ((loss - loss.mean("draw")) * (others - others.mean("draw"))).mean("draw")
    scale = own * others.std("draw")
    return xr.Dataset(
        {
            "deviation": own,
            "pooled": pooled,
            "independent": np.sqrt(squares),
            "dependent": dependent,
            "floor": np.sqrt(correlation.where((correlation > 0) | correlation.isnull(), 0.0)) * dependent,
            "correlation": correlation,
            "gain": 1 - pooled / dependent.where(dependent > 0),
            "common_share": (product / scale.where(scale > 0)) ** 2,
        }
    )
