"""Several series moved by one common factor: a dynamic factor model, free of the unit of every series.

Scaled, rounded and fitted at two scales as the models of one series are (`series`).
"""

from typing import Any

import numpy as np
import xarray as xr
from statsmodels.tsa.statespace.dynamic_factor import DynamicFactor

from actuarial.errors import AssumptionError
from actuarial.experience.series import SPARE, fit_twice, scaled_levels


def factor_paths(growth: xr.DataArray, periods: np.ndarray, n: int, rng: np.random.Generator) -> xr.DataArray:
    """Simulated growth of several series moved by one common factor and by an own error each.

    The factor is an autoregression of order one. Every series is centred and scaled by itself.

    Parameters
    ----------
    growth : (series, time), log growth or another stationary measure; no gap
    periods : labels of the periods ahead

    Returns
    -------
    (draw, series, time), unit of the growth

    Raises
    ------
    AssumptionError
        If there are fewer than three series, too few periods, a gap or a constant series, or the fit does not converge.

    Source
    ------
    Stock & Watson (2011), Dynamic factor models, in the Oxford Handbook of Economic Forecasting.
    """
    series, time = (str(dim) for dim in growth.dims)
    count = growth.sizes[series]
    if count < 3:
        raise AssumptionError(f"factor: series: {count}, needed: 3, to tell the factor from their own errors")
    if bool(growth.isnull().any()):
        place = growth.isnull().any(time)
        raise AssumptionError(f"factor: {growth[series].values[place.values][0]}: a growth is missing")
    parts = [
        scaled_levels(f"factor: {name}", growth.sel({series: name}).values, 2 * count + 1 + SPARE)
        for name in growth[series].values
    ]
    scaled, centre, spread = (np.array(part) for part in zip(*parts, strict=True))

    def build(panel: np.ndarray) -> Any:
        return DynamicFactor(panel, k_factors=1, factor_order=1, error_cov_type="diagonal")

    found, _, _ = fit_twice("factor", build, scaled.T, None)
    drawn = np.asarray(found.simulate(len(periods), anchor="end", repetitions=n, rng=rng))
    labelled = xr.DataArray(
        drawn, dims=(time, series, "draw"), coords={time: periods, series: growth[series]}
    ).transpose("draw", series, time)
    widths, centres = (xr.DataArray(part, dims=series, coords={series: growth[series]}) for part in (spread, centre))
    return labelled * widths + centres
