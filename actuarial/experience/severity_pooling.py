"""Tail indices of thin groups drawn towards each other."""

from collections.abc import Sequence

import xarray as xr

from actuarial.errors import AssumptionError


def pool_tail_index(log_index: xr.DataArray, error: xr.DataArray, over: Sequence[str]) -> tuple[xr.DataArray, ...]:
    """Logarithms of tail indices drawn towards their mean, and their errors: empirical Bayes in closed form.

    The larger its error, the more a group moves; one without a tail to see (both missing) takes the mean.

    Returns
    -------
    log_index, error : as given
    between : without the dims ``over``, standard deviation between groups

    Source
    ------
    DerSimonian & Laird (1986), Controlled Clinical Trials 7(3), for the variance between groups; Morris (1983), Journal
    of the American Statistical Association 78(381), for the shrinkage.
    """
    dims = list(over)
    weight = (1 / error**2).fillna(0.0)
    value = log_index.fillna(0.0)
    number = (weight > 0).sum(dims)
    if bool((number == 0).any()):
        raise AssumptionError("tail_index: no group has persons in the tail to learn it from; choose a lower threshold")
    total = weight.sum(dims)
    centre = (weight * value).sum(dims) / total
    spread = (weight * (value - centre) ** 2).sum(dims) - (number - 1)
    size = total - (weight**2).sum(dims) / total
    # with a single group nothing is known of the differences, and none is assumed
    between = xr.ufuncs.maximum(xr.where(number > 1, spread / size.where(number > 1, 1.0), 0.0), 0.0)
    marginal = xr.where(weight > 0, 1 / (between + (error**2).where(weight > 0, 1.0)), 0.0)
    centre = (marginal * value).sum(dims) / marginal.sum(dims)
    own = between * marginal  # 1 for a group that stands alone, 0 for one that learns all from the others
    variance = between * (1 - own) + (1 - own) ** 2 / marginal.sum(dims)
    return own * value + (1 - own) * centre, variance**0.5, between**0.5
