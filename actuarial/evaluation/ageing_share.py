"""How much of the growth of spending is ageing: a headline with its band, from effects that add up.

The share of the growth is read draw by draw. It means something only where spending grows; the share of draws in which
it does stands beside it, and the points of yearly growth are defined in every draw.
"""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.evaluation.decomposition import logarithmic_mean


def ageing_headline(
    effects: xr.DataArray, before: xr.DataArray, years: int, factor: str, probabilities: Sequence[float]
) -> xr.Dataset:
    """One factor's part in the growth of a total, with quantiles over the draws.

    Parameters
    ----------
    effects : (factor, draw, ...), yuan, of the whole span: sum those of single years; sum regions for the city
    before : (draw, ...) or (...), yuan, positive, the total at the beginning
    years : length of the span
    factor : the one that is asked for
    probabilities : of the quantiles

    Returns
    -------
    effect : (quantile, ...), yuan
    growth_rate : (quantile, ...), 1/year, what the factor adds to the yearly log growth of the total
    share : (quantile, ...), 1, of the total's growth, over the draws in which the total grows
    growing_share : (...), 1, share of the draws in which the total grows

    Raises
    ------
    AssumptionError
        If the factor is not among the effects, the span has no year, or a total falls to zero or grows in no draw.

    Source
    ------
    Consistency in aggregation: Ang & Liu (2001), Energy 26(6). The split of the log growth: Ang (2005), Energy Policy
    33(7), equation 4, in logs. Leaving out draws without growth from the share: own choice; a part of nothing, or of a
    fall, has no size that a reader could use.
    """
    if factor not in effects["factor"].values.tolist():
        raise AssumptionError(f"decomposition: no factor {factor!r} among {effects['factor'].values.tolist()}")
    if years < 1:
        raise AssumptionError(f"decomposition: a span of {years} years; one at least is needed")
    own, change = effects.sel(factor=factor, drop=True), effects.sum("factor")
    after = before + change
    if bool((before <= 0).any()) or bool((after <= 0).any()):
        raise AssumptionError("decomposition: a total is not positive at one end; its growth rate is not defined")
    is_growing = change > 0
    if not bool(is_growing.any("draw").all()):
        raise AssumptionError("decomposition: a total grows in no draw; ageing has no share in its growth")
    share = (own / change.where(is_growing)).transpose(*own.dims)
    views = {"effect": own, "growth_rate": own / logarithmic_mean(after, before) / years, "share": share}
    quantiles = {name: _quantiles(view, probabilities) for name, view in views.items()}
    return xr.Dataset({**quantiles, "growing_share": is_growing.mean("draw")})


def _quantiles(draws: xr.DataArray, probabilities: Sequence[float]) -> xr.DataArray:
    return draws.quantile(np.asarray(probabilities), dim="draw", keep_attrs=False)
