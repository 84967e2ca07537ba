"""Likelihoods of a log-normal body and a Pareto tail, each with score and information, and their maximum.

Counts per band are multinomial. The total of a band that is closed above, given its count, is normal with the mean and
variance that the distribution says: the score of that is right on average whatever the shape inside the band. The total
of the open band is left out, since under a Pareto its variance may not exist; it is there to check the fit with.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import exprel, log_ndtr, ndtr

from actuarial.errors import AssumptionError

STEPS = 200
# Relative change of a parameter between two fits of the same data at two scales, above which neither is believed.
SCALE_TOLERANCE = 1e-3
# Of the differences of the moments: (machine precision)^(1/3), the best step of a central difference.
DIFFERENCE = np.finfo(float).eps ** (1 / 3)

# Relative error of a log likelihood that is a sum of millions of persons.
ROUNDING = 1e-13

# Parameters to log likelihood, score (parameter,) and information (parameter, parameter)
Evaluation = Callable[[np.ndarray], tuple[float, np.ndarray, np.ndarray]]
# Parameters to probability, mean and variance of a person in each band
Moments = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]


@dataclass(frozen=True, slots=True)
class Banded:
    """Bands of one group, all with cost: edges (band,), persons (band,), cost (band,); upper of the last may be inf."""

    lower: np.ndarray
    upper: np.ndarray
    persons: np.ndarray
    cost: np.ndarray

    def at_scale(self, scale: float) -> "Banded":
        """The same bands with ``scale`` yuan as the unit of money."""
        return Banded(self.lower / scale, self.upper / scale, self.persons, self.cost / scale)


def log_normal_moments(bands: Banded, threshold: float) -> Moments:
    """Of a log-normal cut off at the threshold; parameters log_mean and the logarithm of log_spread.

    Source
    ------
    Klugman, Panjer & Willmot (2012), Loss Models, appendix A.
    """
    with np.errstate(divide="ignore"):
        low, high, end = np.log(bands.lower), np.log(bands.upper), np.log(threshold)

    def moments(parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        centre, spread = parameters[0], np.exp(parameters[1])
        below, above = (low - centre) / spread, (high - centre) / spread
        inside = [_between(below - order * spread, above - order * spread) for order in (0, 1, 2)]
        mean = np.exp(centre + spread**2 / 2) * inside[1] / inside[0]
        square = np.exp(2 * centre + 2 * spread**2) * inside[2] / inside[0]
        return inside[0] / ndtr((end - centre) / spread), mean, square - mean**2

    return moments


def pareto_moments(bands: Banded, threshold: float) -> Moments:
    """Of a Pareto above the threshold; parameter the logarithm of the tail index."""
    width = np.log(np.where(np.isinf(bands.upper), np.e * bands.lower, bands.upper) / bands.lower)

    def moments(parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        index = np.exp(parameters[0])
        start = (bands.lower / threshold) ** -index
        inside = [index * bands.lower**order * width * exprel((order - index) * width) for order in (0, 1, 2)]
        mean = inside[1] / inside[0]
        return start * np.where(np.isinf(bands.upper), 1.0, inside[0]), mean, inside[2] / inside[0] - mean**2

    return moments


def banded_evaluation(bands: Banded, moments: Moments) -> Evaluation:
    """Multinomial counts, and normal totals of the filled bands that are closed above and have a total."""
    persons, cost = bands.persons, bands.cost
    use_total = (persons > 0) & np.isfinite(bands.upper) & np.isfinite(cost)
    filled = persons > 0

    def value(parameters: np.ndarray) -> float:
        probability, mean, variance = moments(parameters)
        n, m, v, total = persons[use_total], mean[use_total], variance[use_total], cost[use_total]
        counts = np.sum(persons[filled] * np.log(probability[filled]))
        return float(counts - 0.5 * np.sum(np.log(2 * np.pi * n * v) + (total - n * m) ** 2 / (n * v)))

    def evaluation(parameters: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        probability, mean, variance = moments(parameters)
        steps = DIFFERENCE * np.eye(len(parameters))
        slopes = [(np.array(moments(parameters + h)) - np.array(moments(parameters - h))) for h in steps]
        slope = np.array(slopes) / (2 * DIFFERENCE)  # (parameter, moment, band)
        relative = slope[:, 0, filled] / probability[filled]
        n, m, v = persons[use_total], mean[use_total], variance[use_total]
        of_mean, of_variance = slope[:, 1, use_total], slope[:, 2, use_total] / v
        residual = cost[use_total] - n * m
        score = relative @ persons[filled] + of_mean @ (residual / v)
        score = score + 0.5 * of_variance @ (residual**2 / (n * v) - 1)
        information = (slope[:, 0] * np.where(probability > 0, persons.sum() / probability, 0.0)) @ slope[:, 0].T
        information = information + (of_mean * n / v) @ of_mean.T + 0.5 * of_variance @ of_variance.T
        return value(parameters), score, information

    return evaluation


def log_normal_evaluation(logs: np.ndarray, threshold: float) -> Evaluation:
    """Persons one by one: logarithms of costs below the threshold; as a normal cut off above.

    Source
    ------
    Cohen (1991), Truncated and Censored Samples, chapter 2: moments of the normal cut off on one side.
    """
    number, centre_of, spread_of = len(logs), logs.mean(), logs.var()

    def evaluation(parameters: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        spread = np.exp(parameters[1])
        offset = (centre_of - parameters[0]) / spread
        square = spread_of / spread**2 + offset**2
        end = (np.log(threshold) - parameters[0]) / spread
        log_top = log_ndtr(end)
        hazard = np.exp(-0.5 * end**2 - 0.5 * np.log(2 * np.pi) - log_top)
        end = end if np.isfinite(end) else 0.0
        value = number * (-np.log(spread) - 0.5 * np.log(2 * np.pi) - 0.5 * square - centre_of - log_top)
        score = number * np.array([(offset + hazard) / spread, square - 1 + end * hazard])
        first, second = -hazard, 1 - end * hazard
        third, fourth = -hazard * (end**2 + 2), 3 - hazard * (end**3 + 3 * end)
        cross = (third - first * second) / spread
        information = number * np.array([[(second - first**2) / spread**2, cross], [cross, fourth - second**2]])
        return float(value), score, information

    return evaluation


def pareto_evaluation(logs: np.ndarray, threshold: float) -> Evaluation:
    """Persons one by one: logarithms of costs above the threshold; its maximum is the estimator of Hill.

    Source
    ------
    Hill (1975), Annals of Statistics 3(5).
    """
    number, excess = len(logs), np.sum(logs - np.log(threshold))

    def evaluation(parameters: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        index = np.exp(parameters[0])
        value = number * (parameters[0] - np.log(threshold)) - (index + 1) * excess
        return float(value), np.array([number - index * excess]), np.array([[float(number)]])

    return evaluation


def climb(evaluation: Evaluation, start: np.ndarray, what: str) -> tuple[np.ndarray, np.ndarray, float]:
    """Parameters of the highest likelihood, their covariance, and its logarithm; by scoring, steps halved if needed.

    Raises
    ------
    AssumptionError
        If the information is singular, or the likelihood still rises after the last step.
    """
    found = start
    reached, score, information = evaluation(found)
    for _ in range(STEPS):
        if not np.isfinite(information).all() or np.linalg.cond(information) > 1 / np.finfo(float).eps:
            break
        step = np.linalg.solve(information, score)
        if np.abs(step).max() < np.sqrt(np.finfo(float).eps):
            return found, np.linalg.inv(information), reached
        with np.errstate(all="ignore"):
            while not evaluation(found + step)[0] > reached - ROUNDING * abs(reached):
                step = step / 2
        found = found + step
        reached, score, information = evaluation(found)
    raise AssumptionError(
        f"{what}: the likelihood has no maximum that {STEPS} steps find, at {np.round(found, 3).tolist()}; "
        "add groups together, or choose another threshold"
    )


def agree(what: str, first: np.ndarray, second: np.ndarray) -> None:
    """Nothing, if two fits of the same data at two scales are the same to SCALE_TOLERANCE.

    Raises
    ------
    AssumptionError
        If they differ by more: neither has converged.
    """
    gap = float(np.abs(np.exp(second - first) - 1).max())
    if gap > SCALE_TOLERANCE:
        raise AssumptionError(
            f"{what}: the fit moves by {gap:.2%} when the unit of money changes, more than {SCALE_TOLERANCE:.1%}; "
            "it did not converge: add groups together, or choose another threshold"
        )


def _between(lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    turned = lower > 0
    return ndtr(np.where(turned, -lower, upper)) - ndtr(np.where(turned, -upper, lower))
