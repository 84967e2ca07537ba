"""How often something happened in the draws, with its standard error and an interval that holds near 0 and 1 too."""

import numpy as np
import xarray as xr
from scipy.special import ndtri

from actuarial.risk.tail import check_confidence


def proportion(happened: xr.DataArray, confidence: float) -> xr.Dataset:
    """Share of the draws in which it happened.

    standard_error = sqrt(p (1 - p) / n), which is 0 where it never or always happened; the interval is not:
    (p + z^2 / 2n -+ z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n).

    Parameters
    ----------
    happened : (draw, ...), bool
    confidence : of the interval, two-sided

    Returns
    -------
    value, standard_error, lower, upper : (...,), 1

    Raises
    ------
    AssumptionError
        If the confidence is not inside (0, 1).

    Source
    ------
    Wilson (1927), Journal of the American Statistical Association 22(158).
    """
    check_confidence(confidence)
    draws = happened.sizes["draw"]
    share = happened.mean("draw")
    z = float(ndtri((1 + confidence) / 2))
    variance = share * (1 - share) / draws
    centre = share + z**2 / (2 * draws)
    reach = z * np.sqrt(variance + z**2 / (4 * draws**2))
    scale = 1 + z**2 / draws
    return xr.Dataset(
        {
            "value": share,
            "standard_error": np.sqrt(variance),
            "lower": (centre - reach) / scale,
            "upper": (centre + reach) / scale,
        }
    )
