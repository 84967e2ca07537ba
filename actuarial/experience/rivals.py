"""Exponential smoothing chosen by AICc, the rival of every model that is always there."""

import warnings
from typing import cast

import numpy as np
from statsmodels.tsa.exponential_smoothing.ets import ETSModel, ETSResults

from actuarial.errors import AssumptionError

# Trend, damped, and the fewest levels for which the AICc exists: two more than the parameters, the spread among them.
# Additive errors alone, so that zero and negative levels are no matter.
FORMS = ((None, False, 5), ("add", False, 7), ("add", True, 8))
# A forecast that moves more than this share of the series' spread between two scales has not converged.
LARGEST_MOVE = 0.001
# A spread below this share of the mean is rounding, and the series constant (as in `series`).
ROUNDING = 1e-10


def smoothing_paths(levels: np.ndarray, horizon: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """Simulated futures of one series by the form of exponential smoothing with the lowest AICc.

    The series is centred and scaled before it is fitted, and fitted again at ten times the scale; a form whose
    forecast moves between the two is not chosen from.

    Parameters
    ----------
    levels : consecutive levels of one series, any unit

    Returns
    -------
    (n, horizon), unit of the levels

    Raises
    ------
    AssumptionError
        If the series is too short, has a gap or is constant, or no form converges.

    Source
    ------
    Hyndman et al. (2008), Forecasting with Exponential Smoothing, chapters 2, 5 and 7: forms, fit, choice by AICc.
    Degrees of freedom in the spread of the errors: Hyndman & Athanasopoulos (2021), Forecasting: Principles and
    Practice, 3rd edition, section 5.5.
    """
    least = min(needed for _, _, needed in FORMS)
    if len(levels) < least:
        raise AssumptionError(f"smoothing: levels known: {len(levels)}, needed: {least}")
    if not np.isfinite(levels).all():
        raise AssumptionError("smoothing: a level is missing or infinite; smoothing bridges no gap")
    centre, spread = levels.mean(), levels.std()
    if spread <= ROUNDING * abs(centre):
        raise AssumptionError("smoothing: the levels do not vary")
    scaled = (levels - centre) / spread
    forms = [_fit(scaled, trend, damped, horizon) for trend, damped, needed in FORMS if len(levels) >= needed]
    fitted = [found for found in forms if found is not None]
    if not fitted:
        raise AssumptionError("smoothing: no form converges")
    best = min(fitted, key=lambda found: float(np.asarray(found.aicc)))
    # the maximum-likelihood scale forgets the fitted parameters; with ten levels that is a fifth of the spread
    sigma = np.sqrt((np.asarray(best.resid) ** 2).sum() / (len(levels) - len(best.params)))
    errors = sigma * rng.standard_normal((horizon, n))
    paths = np.asarray(best.simulate(horizon, anchor="end", repetitions=n, random_errors=errors)).reshape(horizon, n)
    return paths.T * spread + centre


def _fit(scaled: np.ndarray, trend: str | None, damped: bool, horizon: int) -> ETSResults | None:
    """The fit of one form, or None where it stopped early or depends on the scale."""
    fits = []
    for scale in (1.0, 10.0):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = ETSModel(scaled * scale, error="add", trend=trend, damped_trend=damped)
            found = cast(ETSResults, model.fit(disp=False, maxiter=2000))
        if not getattr(found, "mle_retvals")["converged"]:  # noqa: B009  the attribute is set by the fit alone
            return None
        fits.append(found)
    moved = np.asarray(fits[1].forecast(horizon)) / 10.0 - np.asarray(fits[0].forecast(horizon))
    return fits[0] if np.isfinite(moved).all() and np.abs(moved).max() <= LARGEST_MOVE else None
