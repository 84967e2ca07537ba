"""A person's cost in a year: nobody knows it, but its distribution has closed forms.

With share ``zero_share`` the cost is 0. Of the others share ``1 - tail_share`` has a log-normal cost cut off at the
threshold, share ``tail_share`` a Pareto cost above it. The weight of the tail is free: persons above the threshold are
met as they were counted, the density may jump at the threshold, cdf and survival do not. Without a tail the threshold
is infinite, the tail share 0, the tail index infinite, and the costs are log-normal.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.special import exprel, ndtr, ndtri

from actuarial.errors import AssumptionError

Amount = xr.DataArray | float
PARAMETERS = ("zero_share", "log_mean", "log_spread", "threshold", "tail_share", "tail_index")


@dataclass(frozen=True, slots=True)
class Severity:
    """Distribution of a person's yearly cost, one for every label of the leading dims.

    zero_share : (...,), 1, of all persons
    log_mean, log_spread : (...,), of the logarithm of the cost in yuan, before the cut at the threshold
    threshold : (...,), yuan
    tail_share : (...,), 1, of the persons with cost
    tail_index : (...,), 1; the mean is finite above 1, the variance above 2
    """

    zero_share: xr.DataArray
    log_mean: xr.DataArray
    log_spread: xr.DataArray
    threshold: xr.DataArray
    tail_share: xr.DataArray
    tail_index: xr.DataArray

    def __post_init__(self) -> None:
        _refuse("zero_share", self.zero_share, ~((self.zero_share >= 0) & (self.zero_share <= 1)), "outside [0, 1]")
        _refuse("log_mean", self.log_mean, ~xr.ufuncs.isfinite(self.log_mean), "not finite")
        is_spread = (self.log_spread > 0) & xr.ufuncs.isfinite(self.log_spread)
        _refuse("log_spread", self.log_spread, ~is_spread, "not positive and finite")
        _refuse("threshold", self.threshold, ~(self.threshold > 0), "not positive")
        _refuse("tail_share", self.tail_share, ~((self.tail_share >= 0) & (self.tail_share <= 1)), "outside [0, 1]")
        _refuse("tail_index", self.tail_index, ~(self.tail_index > 0), "not positive")
        has_tail = self.tail_share > 0
        _refuse("threshold", self.threshold, has_tail & xr.ufuncs.isinf(self.threshold), "infinite and yet with a tail")
        _refuse(
            "tail_index", self.tail_index, has_tail & xr.ufuncs.isinf(self.tail_index), "infinite and yet with a tail"
        )


def partial_moment(severity: Severity, order: int, lower: Amount, upper: Amount) -> xr.DataArray:
    """E[X^order; lower < X <= upper], over all persons, those without cost included in the number but not in the event.

    Parameters
    ----------
    lower, upper : yuan, 0 <= lower <= upper; upper may be infinite

    Returns
    -------
    dims of the distribution and of the amounts, yuan^order; infinite where the tail has no such moment

    Raises
    ------
    AssumptionError
        If an amount is negative or missing, or lower is infinite or above upper.

    Source
    ------
    Klugman, Panjer & Willmot (2012), Loss Models, appendix A: limited moments of the log-normal and the one-parameter
    Pareto.
    """
    lower, upper = _amount("lower", lower), _amount("upper", upper)
    _refuse("lower", lower, (lower > upper) | xr.ufuncs.isinf(lower), "infinite or above upper")
    parameters = (getattr(severity, name) for name in PARAMETERS)
    return xr.apply_ufunc(_moment, *parameters, lower, upper, kwargs={"order": order})


def survival(severity: Severity, amount: Amount) -> xr.DataArray:
    """Share of all persons with a cost above the amount."""
    return partial_moment(severity, 0, amount, np.inf)


def cdf(severity: Severity, amount: Amount) -> xr.DataArray:
    """Share of all persons with a cost up to the amount, those without cost included."""
    return severity.zero_share + partial_moment(severity, 0, 0.0, amount)


def layer_mean(severity: Severity, lower: Amount, upper: Amount) -> xr.DataArray:
    """E[min(X, upper) - min(X, lower)]: yuan per person that fall between the two amounts; upper may be infinite.

    Raises
    ------
    AssumptionError
        As partial_moment; or if upper is infinite and a tail index 1 or below: that mean is infinite.

    Source
    ------
    Klugman, Panjer & Willmot (2012), Loss Models, chapter 8: difference of two limited expected values.
    """
    lower, upper = _amount("lower", lower), _amount("upper", upper)
    is_open = xr.ufuncs.isinf(upper)
    endless = (severity.tail_share > 0) & (severity.tail_index <= 1)
    _refuse(
        "tail_index",
        severity.tail_index,
        endless & is_open,
        "1 or below: the mean is infinite, ask for a layer with an upper end",
    )
    within = partial_moment(severity, 1, lower, upper)
    end = upper.where(~is_open, 0.0)
    passing = end * survival(severity, end)
    return (within + passing - lower * survival(severity, lower)).assign_attrs(units="yuan")


def limited_expected_value(severity: Severity, limit: Amount) -> xr.DataArray:
    """E[min(X, limit)], yuan per person."""
    return layer_mean(severity, 0.0, limit)


def mean(severity: Severity) -> xr.DataArray:
    """Mean cost of a person, yuan."""
    return layer_mean(severity, 0.0, np.inf)


def quantile(severity: Severity, probability: Amount) -> xr.DataArray:
    """Smallest amount that at least the share ``probability`` of all persons does not exceed, yuan.

    Raises
    ------
    AssumptionError
        If a probability lies outside [0, 1).
    """
    probability = xr.DataArray(probability)
    _refuse("probability", probability, ~((probability >= 0) & (probability < 1)), "outside [0, 1)")
    with_cost = 1 - severity.zero_share
    within = (probability - severity.zero_share) / with_cost.where(with_cost > 0, 1.0)
    in_tail = (within > 1 - severity.tail_share) & (severity.tail_share > 0)
    below = 1 - severity.tail_share
    inside = within.where((within > 0) & ~in_tail, 0.0) / below.where(below > 0, 1.0)
    top = xr.apply_ufunc(ndtr, _standard(severity, severity.threshold))
    body = np.exp(severity.log_mean + severity.log_spread * xr.apply_ufunc(ndtri, inside * top))
    excess = (severity.tail_share / (1 - within)).where(in_tail, 1.0)
    start, index = _tail(severity)
    return xr.where(in_tail, start * excess ** (1 / index), body).assign_attrs(units="yuan")


def scaled(severity: Severity, factor: Amount) -> Severity:
    """Distribution of the cost times a positive factor; exact.

    Raises
    ------
    AssumptionError
        If a factor is not positive and finite.
    """
    factor = xr.DataArray(factor)
    _refuse("factor", factor, ~((factor > 0) & xr.ufuncs.isfinite(factor)), "not positive and finite")
    return Severity(
        severity.zero_share,
        severity.log_mean + np.log(factor),
        severity.log_spread,
        severity.threshold * factor,
        severity.tail_share,
        severity.tail_index,
    )


def sample(severity: Severity, persons: int, rng: np.random.Generator) -> xr.DataArray:
    """Yearly cost of independent persons; (..., person), yuan."""
    shape = xr.broadcast(*(getattr(severity, name) for name in PARAMETERS))[0]
    chance = xr.DataArray(rng.random((*shape.shape, persons)), dims=(*shape.dims, "person"), coords=shape.coords)
    return quantile(severity, chance)


def _between(lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    turned = lower > 0
    return ndtr(np.where(turned, -lower, upper)) - ndtr(np.where(turned, -upper, lower))


def _moment(
    zero_share: np.ndarray,
    log_mean: np.ndarray,
    log_spread: np.ndarray,
    threshold: np.ndarray,
    tail_share: np.ndarray,
    tail_index: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    order: int,
) -> np.ndarray:
    """Partial moment of every element: body by the normal law of logarithms, tail in closed form."""

    def standard(amount: np.ndarray) -> np.ndarray:
        is_positive = amount > 0
        return (np.where(is_positive, np.log(np.where(is_positive, amount, 1.0)), -np.inf) - log_mean) / log_spread

    shift = order * log_spread
    factor = np.exp(order * log_mean + shift**2 / 2)
    inside = _between(standard(np.minimum(lower, threshold)) - shift, standard(np.minimum(upper, threshold)) - shift)
    body = factor * inside / ndtr(standard(threshold))
    has_tail = tail_share > 0
    if not np.any(has_tail):
        return (1 - zero_share) * (1 - tail_share) * body
    # where there is no tail, any index with a finite moment does: its share is zero
    start, index = np.where(has_tail, threshold, 1.0), np.where(has_tail, tail_index, order + 1.0)
    tail = np.where(has_tail, tail_share * _pareto_moment(start, index, order, lower, upper), 0.0)
    return (1 - zero_share) * ((1 - tail_share) * body + tail)


def _pareto_moment(
    start: np.ndarray, index: np.ndarray, order: int, lower: np.ndarray, upper: np.ndarray
) -> np.ndarray:
    """E[X^order; lower < X <= upper] of a Pareto from its start, by the integral of x^(order - index - 1)."""
    low, high = np.maximum(lower, start), np.maximum(upper, start)
    is_open = np.isinf(high)
    width = np.log(np.where(is_open, 1.0, high)) - np.log(low)
    power = order - index
    closed = width * exprel(np.where(is_open, 0.0, power * width))
    endless = np.where(power < 0, -1 / np.where(power < 0, power, -1.0), np.inf)
    return index * start**order * (low / start) ** power * np.where(is_open, endless, closed)


def _standard(severity: Severity, amount: xr.DataArray) -> xr.DataArray:
    is_positive = amount > 0
    logarithm = xr.ufuncs.log(amount.where(is_positive, 1.0))
    return (logarithm.where(is_positive, -np.inf) - severity.log_mean) / severity.log_spread


def _tail(severity: Severity) -> tuple[xr.DataArray, xr.DataArray]:
    """Threshold and index, 1 where there is no tail."""
    has_tail = severity.tail_share > 0
    return severity.threshold.where(has_tail, 1.0), severity.tail_index.where(has_tail, 1.0)


def _amount(name: str, amount: Amount) -> xr.DataArray:
    amount = xr.DataArray(amount)
    _refuse(name, amount, ~(amount >= 0), "negative or missing")
    return amount


def _refuse(name: str, values: xr.DataArray, is_wrong: xr.DataArray, fault: str) -> None:
    if not bool(is_wrong.any()):
        return
    values, is_wrong = xr.broadcast(values, is_wrong)
    place = dict(zip(is_wrong.dims, np.argwhere(np.atleast_1d(is_wrong.values))[0], strict=is_wrong.ndim > 0))
    first = values.isel(place)
    label = {str(dim): first[dim].values.item() for dim in is_wrong.dims if dim in first.coords}
    raise AssumptionError(
        f"{name}: {int(is_wrong.sum())} of {is_wrong.size} values {fault}, first at {label}: {first.item():g}"
    )
