"""Maximum likelihood of deaths by age and year: Poisson with log link, binomial with logit link.

Fisher scoring: each step is the weighted least-squares fit of the scaled residuals on the slopes of the predictor. The
predictor may be bilinear and its parameters free up to a constraint: of all equal steps the shortest is taken.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import expit, gammaln, xlogy

from actuarial.errors import AssumptionError, SchemaError

Family = Literal["poisson", "binomial"]
STEPS = 50


@dataclass(frozen=True, slots=True)
class Deaths:
    """Deaths, exposure and weight of every cell, flat; person, person-year (initial for binomial), 1."""

    deaths: np.ndarray
    exposure: np.ndarray
    weight: np.ndarray
    family: Family

    def __post_init__(self) -> None:
        used = self.weight > 0
        limit = self.exposure if self.family == "binomial" else np.inf
        wrong = ~np.isfinite(self.deaths + self.exposure) | (self.deaths < 0) | (self.exposure <= 0)
        wrong = used & (wrong | (self.deaths > limit))
        if wrong.any():
            raise SchemaError(
                f"deaths: {wrong.sum()} of {used.sum()} cells have no exposure, or deaths below 0 or above the lives"
            )

    def expected(self, predictor: np.ndarray) -> np.ndarray:
        """Deaths that the predictor leads one to expect."""
        return self.exposure * (np.exp(predictor) if self.family == "poisson" else expit(predictor))

    def variance(self, expected: np.ndarray) -> np.ndarray:
        """Variance of the deaths, which for these links is also the slope of their mean."""
        return expected if self.family == "poisson" else expected * (1 - expected / self.exposure)

    def log_likelihood(self, predictor: np.ndarray) -> float:
        """Log likelihood with all its constants; binomial coefficients of whole numbers of lives and deaths.

        Source
        ------
        Brouhns, Denuit & Vermunt (2002), Insurance: Mathematics and Economics 31(3); Villegas, Kaishev &
        Millossovich (2018), Journal of Statistical Software 84(3), for the binomial.
        """
        used = self.weight > 0
        deaths, exposure = self.deaths[used], self.exposure[used]
        expected = self.expected(predictor)[used]
        if self.family == "poisson":
            cells = xlogy(deaths, expected) - expected - gammaln(deaths + 1)
        else:
            lives, dead = np.round(exposure), np.round(deaths)
            ways = gammaln(lives + 1) - gammaln(dead + 1) - gammaln(lives - dead + 1)
            share = expected / exposure
            cells = xlogy(deaths, share) + (exposure - deaths) * np.log1p(-share) + ways
        return float(np.sum(self.weight[used] * cells))


def maximise(
    cells: Deaths,
    start: np.ndarray,
    predictor: Callable[[np.ndarray], np.ndarray],
    slopes: Callable[[np.ndarray], np.ndarray],
) -> tuple[np.ndarray, float]:
    """Parameters of the highest likelihood, and its logarithm.

    Parameters
    ----------
    start : (parameter,)
    predictor : parameters to (cell,)
    slopes : parameters to (cell, parameter)

    Raises
    ------
    AssumptionError
        If the likelihood still rises after the last step.

    Source
    ------
    McCullagh & Nelder (1989), Generalized Linear Models, section 2.5.
    """
    used = cells.weight > 0
    found, reached = start, cells.log_likelihood(predictor(start))
    for _ in range(STEPS):
        expected = cells.expected(predictor(found))
        scale = np.sqrt(cells.weight * cells.variance(expected))[used]
        residual = (cells.weight * (cells.deaths - expected))[used] / scale
        step = np.linalg.lstsq(scale[:, None] * slopes(found)[used], residual, rcond=1e-10)[0]
        gain = cells.log_likelihood(predictor(found + step)) - reached
        while not gain > -1e-9 * abs(reached):
            step = step / 2
            gain = cells.log_likelihood(predictor(found + step)) - reached
        found, reached = found + step, reached + gain
        if abs(gain) < 1e-12 * abs(reached):
            return found, reached
    raise AssumptionError(f"mortality: the likelihood still rises after {STEPS} steps")
