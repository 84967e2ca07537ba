"""Monte Carlo error of any figure of the draws, from batches of them."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from actuarial.risk.tail import check_confidence

# Own choice: with twenty the error is itself known to one part in six.
BATCHES = 20


def batch_error(draws: xr.Dataset, figure: Callable[[xr.Dataset], xr.DataArray], confidence: float) -> xr.DataArray:
    """Standard error of a figure: its deviation over batches of neighbouring draws, over the root of their number.

    For figures of several quantities of the same draws, whose errors go together. What is left over by whole batches is
    left out. NaN where less than one draw of a batch is expected beyond the quantile.

    Parameters
    ----------
    draws : variables (draw, ...)
    figure : of a dataset like it, without ``draw``
    confidence : 1 - alpha, of the quantile that the figure is made from

    Returns
    -------
    as the figure

    Raises
    ------
    AssumptionError
        If the confidence is not inside (0, 1).

    Source
    ------
    Sectioning: Asmussen & Glynn (2007), Stochastic Simulation, section III.5.
    """
    check_confidence(confidence)
    size = draws.sizes["draw"] // BATCHES
    if size * (1 - confidence) < 1:
        return xr.full_like(figure(draws), np.nan, dtype=float)
    parts = [figure(draws.isel(draw=slice(start * size, (start + 1) * size))) for start in range(BATCHES)]
    return xr.concat(parts, dim="batch").std("batch", ddof=1) / np.sqrt(BATCHES)
