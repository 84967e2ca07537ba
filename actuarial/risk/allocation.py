"""Parts of the regions in the risk of their common fund, by Euler's rule: they add up to it, in fen too.

1. `tail_contributions`: mean part of each region in the worst draws; they add up to the tail value at risk.
2. `quantile_contributions`: expected part of each region where the common loss is the quantile; they add up to it.
3. `in_whole_fen`: contributions as whole fen that add up to a whole total.

A draw's parts are those of :func:`actuarial.risk.drawdown.drawdown_parts`, or any losses of regions that are added.
"""

from collections.abc import Callable

import numpy as np
import xarray as xr

from actuarial.money import round_to_total
from actuarial.risk.tail import check_confidence, quantile_rank


def tail_contributions(part: xr.DataArray, confidence: float) -> xr.Dataset:
    """Mean part of each region in the worst draws of the common loss L, ties at the quantile q shared evenly.

    The standard error carries the error of q: the influence of a draw on a part is (part - c) 1{L > q} / (1 -
    confidence) + constant, c the expected part at L = q from :func:`quantile_contributions`.

    Parameters
    ----------
    part : (draw, region, ...), fen
    confidence : 1 - alpha

    Returns
    -------
    value, standard_error : (region, ...), fen, float; the values add up to the tail value at risk of the sum

    Raises
    ------
    AssumptionError
        If the confidence is not inside (0, 1).

    Source
    ------
    Tasche (1999), Risk contributions and performance measurement; Tasche (2007), Capital Allocation to Business Units
    and Sub-Portfolios: the Euler Principle, section 2.4. Influence: own derivation, which for the sum is the error of
    Manistre & Hancock (2005).
    """
    check_confidence(confidence)
    return _by_region(part, confidence, _tail_parts)


def quantile_contributions(part: xr.DataArray, confidence: float) -> xr.Dataset:
    """Expected part of each region given that the common loss L is its quantile q, by local linear regression on L.

    Parts are regressed on L - q over the draws with a loss other than zero, weighted by a normal kernel in L of width
    0.9 min(sd, interquartile range / 1.34) n^(-1/5), or so wide that sqrt(n) draws lie within it; the contribution is
    the intercept. A line reproduces L itself, so the contributions add up to q without scaling; a local mean would miss
    q, there being fewer draws above than below. All are zero where q is zero. The standard error is that of the
    intercept, given q and the width.

    Parameters
    ----------
    part : (draw, region, ...), fen
    confidence : 1 - alpha

    Returns
    -------
    value, standard_error : (region, ...), fen, float; the values add up to the value at risk of the sum

    Raises
    ------
    AssumptionError
        If the confidence is not inside (0, 1).

    Source
    ------
    E[part | L = q]: Tasche (1999), Risk contributions and performance measurement; kernel: Tasche (2009), Capital
    allocation for credit portfolios with kernel estimators, Quantitative Finance 9(5); local line in place of his
    local mean: Fan & Gijbels (1996), Local Polynomial Modelling and Its Applications, chapter 2; width: Silverman
    (1986), Density Estimation for Statistics and Data Analysis, equation 3.31; sqrt(n) draws: own choice, which keeps
    the line from resting on two or three draws far out in a tail.
    """
    check_confidence(confidence)
    return _by_region(part, confidence, _quantile_parts)


def in_whole_fen(contribution: xr.DataArray, total: xr.DataArray) -> xr.DataArray:
    """Contributions as whole fen that add up to the total: (region, ...), fen (int64).

    Parameters
    ----------
    contribution : (region, ...), fen, float
    total : (...,), fen, whole; the sum of the contributions, up to less than a fen a region
    """
    return xr.apply_ufunc(
        lambda values, whole: round_to_total(values, int(whole)),
        contribution,
        total,
        input_core_dims=[["region"], []],
        output_core_dims=[["region"]],
        vectorize=True,
        output_dtypes=["int64"],
    ).transpose(*contribution.dims)


def _by_region(part: xr.DataArray, confidence: float, rule: Callable) -> xr.Dataset:
    value, error = xr.apply_ufunc(
        rule,
        part,
        input_core_dims=[["region", "draw"]],
        output_core_dims=[["region"], ["region"]],
        kwargs={"confidence": confidence},
        vectorize=True,
    )
    dims = [dim for dim in part.dims if dim != "draw"]
    return xr.Dataset({"value": value.transpose(*dims), "standard_error": error.transpose(*dims)})


def _tail_parts(part: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    loss = part.sum(axis=0)
    draws = len(loss)
    quantile = np.partition(loss, quantile_rank(draws, confidence) - 1)[quantile_rank(draws, confidence) - 1]
    is_beyond, is_tied = loss > quantile, loss == quantile
    alpha = draws * (1 - confidence)
    weight = is_beyond + is_tied * (alpha - is_beyond.sum()) / is_tied.sum()
    at_quantile, _ = _quantile_parts(part, confidence)
    influence = (part - at_quantile[:, None]) * is_beyond
    return part @ weight / alpha, influence.std(axis=1) / np.sqrt(draws) / (1 - confidence)


def _quantile_parts(part: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    loss = part.sum(axis=0)
    rank = quantile_rank(len(loss), confidence)
    quantile = np.partition(loss, rank - 1)[rank - 1]
    if quantile == 0:
        return np.zeros(len(part)), np.zeros(len(part))
    is_loss = loss != 0
    return _local_line(part[:, is_loss].astype(float), (loss[is_loss] - quantile).astype(float))


def _local_line(part: np.ndarray, distance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Height of the regression line at distance zero, and its standard error: (region,)."""
    kernel = _kernel(distance)
    zero, one, two = kernel.sum(), kernel @ distance, kernel @ distance**2
    if two == 0:  # all draws that count lie at the quantile
        weight, slope = kernel / zero, np.zeros(len(part))
    else:
        determinant = zero * two - one**2
        weight = kernel * (two - one * distance) / determinant
        slope = part @ (kernel * (zero * distance - one) / determinant)
    value = part @ weight
    residual = part - value[:, None] - slope[:, None] * distance
    return value, np.sqrt(residual**2 @ weight**2)


def _kernel(distance: np.ndarray) -> np.ndarray:
    lower, upper = np.quantile(distance, [0.25, 0.75])
    nearest = int(np.ceil(np.sqrt(len(distance))))
    reach = np.partition(np.abs(distance), nearest - 1)[nearest - 1]
    width = max(0.9 * min(distance.std(), (upper - lower) / 1.34) * len(distance) ** -0.2, reach)
    return np.exp(-0.5 * (distance / width) ** 2) if width > 0 else (distance == 0).astype(float)
