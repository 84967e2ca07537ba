"""Value at risk and tail value at risk of drawn losses, each with the error of a finite number of draws."""

import numpy as np
import xarray as xr
from scipy.special import betainc

from actuarial.errors import AssumptionError

# In floating point 0.07 times 100 draws is 7.000000000000001; no share in use has more digits than this.
_DIGITS = 6


def value_at_risk(loss: xr.DataArray, confidence: float) -> xr.Dataset:
    """The smallest drawn loss that at least the stated share of draws does not pass.

    Its standard error is that of the exact bootstrap, without drawing: resampled with replacement, the order statistic
    of rank k is the i-th smallest draw with probability I(i / n; k, n - k + 1) - I((i - 1) / n; k, n - k + 1), I the
    incomplete beta function. It is NaN where less than one draw is expected beyond the quantile: the largest draw does
    not tell how far it is from the truth.

    Parameters
    ----------
    loss : (draw, ...), any unit
    confidence : 1 - alpha

    Returns
    -------
    value, standard_error : (...,), as loss, float

    Raises
    ------
    AssumptionError
        If the confidence is not inside (0, 1).

    Source
    ------
    Hyndman & Fan (1996), The American Statistician 50(4), definition 1; Maritz & Jarrett (1978), Journal of the
    American Statistical Association 73(361); Hutson & Ernst (2000), Journal of the Royal Statistical Society B 62(1).
    """
    check_confidence(confidence)
    draws = loss.sizes["draw"]
    rank = quantile_rank(draws, confidence)
    edges = betainc(rank, draws - rank + 1, np.arange(draws + 1) / draws)
    near = np.flatnonzero(np.diff(edges) > 0)
    window = slice(near[0], near[-1] + 1)
    value, error = xr.apply_ufunc(
        _order_statistic,
        loss,
        input_core_dims=[["draw"]],
        output_core_dims=[[], []],
        kwargs={"rank": rank, "window": window, "weights": np.diff(edges)[window]},
    )
    return _estimate(value, error, draws, confidence)


def tail_value_at_risk(loss: xr.DataArray, confidence: float) -> xr.Dataset:
    """Mean of the worst losses: those beyond the value at risk, and as much of those equal to it as fills up alpha.

    TVaR = q + E[max(0, L - q)] / (1 - confidence), q the value at risk. Since the expression is smallest at q, the
    error of q does not enter in the first order: the standard error is that of the mean of max(0, L - q), divided by
    1 - confidence. NaN where less than one draw is expected beyond q.

    Parameters
    ----------
    loss : (draw, ...), any unit
    confidence : 1 - alpha

    Returns
    -------
    value, standard_error : (...,), as loss, float

    Raises
    ------
    AssumptionError
        If the confidence is not inside (0, 1).

    Source
    ------
    Rockafellar & Uryasev (2002), Journal of Banking & Finance 26(7), with Acerbi & Tasche (2002), same issue, for ties;
    error: Manistre & Hancock (2005), North American Actuarial Journal 9(2), whose Var[L | L > q] + confidence (TVaR -
    q)^2 over n (1 - confidence) is the same variance.
    """
    check_confidence(confidence)
    draws = loss.sizes["draw"]
    value, error = xr.apply_ufunc(
        _tail_mean,
        loss,
        input_core_dims=[["draw"]],
        output_core_dims=[[], []],
        kwargs={"rank": quantile_rank(draws, confidence), "confidence": confidence},
    )
    return _estimate(value, error, draws, confidence)


def quantile_rank(draws: int, confidence: float) -> int:
    """Rank k of the draw that is the quantile: the smallest with k / draws at least the confidence."""
    return int(np.ceil(np.round(draws * confidence, _DIGITS)))


def check_confidence(confidence: float) -> None:
    """Refuse a confidence that leaves no tail, or nothing but a tail.

    Raises
    ------
    AssumptionError
        If it is not inside (0, 1).
    """
    if not 0 < confidence < 1:
        raise AssumptionError(
            f"confidence {confidence:g}: must lie inside (0, 1), such as 0.95; state 1 - alpha, not alpha in percent"
        )


def _order_statistic(loss: np.ndarray, rank: int, window: slice, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    ordered = np.sort(loss, axis=-1)
    value = ordered[..., rank - 1]
    distance = (ordered[..., window] - value[..., None]).astype(float)
    mean = distance @ weights
    return value.astype(float), np.sqrt(((distance - mean[..., None]) ** 2) @ weights)


def _tail_mean(loss: np.ndarray, rank: int, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    draws = loss.shape[-1]
    value = np.partition(loss, rank - 1, axis=-1)[..., rank - 1]
    excess = np.maximum(loss - value[..., None], 0).astype(float)
    mean = excess.mean(axis=-1)
    spread = np.sqrt(((excess - mean[..., None]) ** 2).sum(axis=-1) / max(draws - 1, 1))
    return value + mean / (1 - confidence), spread / np.sqrt(draws) / (1 - confidence)


def _estimate(value: xr.DataArray, error: xr.DataArray, draws: int, confidence: float) -> xr.Dataset:
    is_known = round(draws * (1 - confidence), _DIGITS) >= 1
    return xr.Dataset({"value": value, "standard_error": error if is_known else xr.full_like(error, np.nan)})
