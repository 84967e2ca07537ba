"""Time series models of one series: structural, smoothing, ARIMA; all free of the unit.

Every series is centred and divided by its spread before it is fitted, and fitted again at ten times that scale: a fit
whose forecast moves by more than 0.1% of the spread has not converged and is refused. Draws hold the errors to come at
the fitted parameters. The caller takes logs where growth is what is modelled.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.statespace.sarimax import SARIMAX
from statsmodels.tsa.statespace.structural import UnobservedComponents

from actuarial.errors import AssumptionError

# A fit that moves more than this share of the spread between two scales has not converged.
LARGEST_MOVE = 0.001
# Steps ahead at which the two scales are compared.
COMPARED = 12
# Scaled levels are rounded to this many digits, so that yuan and 100 million yuan are fitted to the same bits: logs of
# both differ by 1e-14 of the spread, and the fewer the digits, the fewer of them lie on an edge of the rounding.
DIGITS = 8
# A spread below this share of the mean is rounding, and the series constant.
ROUNDING = 1e-10
# Least levels beyond the parameters: the AICc exists, and something is left to judge the errors by.
SPARE = 2
# Orders of the autoregressive and the moving-average part that are tried; the seasonal ones.
ORDERS = ((0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (0, 2))
SEASONAL_ORDERS = ((0, 1), (1, 0))
ITERATIONS = 1000
LOCAL_LINEAR_TREND = dict.fromkeys(("irregular", "level", "stochastic_level", "trend", "stochastic_trend"), True)
# Tried in turn where the fit before does not converge. The likelihood is flat: the usual tolerances of lbfgs stop short
# of it and the forecast still moves, narrow ones end in rounding. Searches without derivatives (Powell, Nelder-Mead)
# stop earlier still.
OPTIMISERS: dict[str, dict[str, Any]] = {
    "lbfgs": {"method": "lbfgs"},
    "lbfgs, narrow": {"method": "lbfgs", "factr": 1e4, "pgtol": 1e-7},
    "bfgs": {"method": "bfgs"},
    # where rounding ends every search above; the second scale judges whether it is near enough
    "bfgs, wide": {"method": "bfgs", "gtol": 1e-3},
}
GRADIENT = "lbfgs"


@dataclass(frozen=True, slots=True)
class SeriesFit:
    """A fitted model of one series.

    form : what was fitted, with its orders
    aicc : corrected information criterion, of the scaled series
    moved : largest move of the forecast between two scales, as a share of the spread
    optimiser : the first under which both scales agree
    centre, spread : what the series was centred and divided by
    results : of statsmodels, for the scaled series
    """

    form: str
    aicc: float
    moved: float
    optimiser: str
    centre: float
    spread: float
    results: Any

    def record(self) -> dict[str, object]:
        """What the record of a run holds."""
        return {"form": self.form, "aicc": self.aicc, "moved": self.moved, "optimiser": self.optimiser}


def fit_structural(levels: np.ndarray, season: int, regressors: np.ndarray | None) -> SeriesFit:
    """Local linear trend, with a stochastic season where a year has more than one period, and regressors.

    Parameters
    ----------
    levels : consecutive levels, any unit; NaN within where a period is missing
    season : periods in a year, 1 for annual levels
    regressors : (period, regressor) or None

    Raises
    ------
    AssumptionError
        If the series is too short or constant, begins or ends with a gap, its regressors are the season's own, or the
        fit does not converge.

    Source
    ------
    Durbin & Koopman (2012), Time Series Analysis by State Space Methods, 2nd edition, section 3.2.
    """
    check_regressors(regressors, season, len(levels))
    width = 0 if regressors is None else regressors.shape[1]
    parameters = 3 + (1 if season > 1 else 0) + width
    scaled, centre, spread = scaled_levels("structural", levels, max(parameters + SPARE, 2 * season + width))

    def build(values: np.ndarray) -> Any:
        seasonal = season if season > 1 else None
        return UnobservedComponents(values, seasonal=seasonal, exog=regressors, **LOCAL_LINEAR_TREND)

    found, moved, optimiser = fit_twice("structural", build, scaled, _ahead(regressors))
    form = "local linear trend" + (f", season of {season}" if season > 1 else "")
    return SeriesFit(form, float(found.aicc), moved, optimiser, centre, spread, found)


def fit_arima(levels: np.ndarray, season: int, regressors: np.ndarray | None) -> SeriesFit:
    """ARIMA of the first differences, with drift; of seasonal differences where a year has more than one period.

    The order is that of the lowest AICc among a few; the differences are the same for all, since the criterion cannot
    compare fits of other numbers of levels. An order whose fit does not converge is passed over.

    Parameters
    ----------
    levels, season, regressors : as `fit_structural`

    Raises
    ------
    AssumptionError
        As `fit_structural`; if no order converges.

    Source
    ------
    Hyndman & Khandakar (2008), Journal of Statistical Software 27(3): choice by AICc, differences fixed before it.
    """
    check_regressors(regressors, season, len(levels))
    width = 0 if regressors is None else regressors.shape[1]
    seasonal_orders = SEASONAL_ORDERS if season > 1 else ((0, 0),)
    least = 1 + (season if season > 1 else 0) + width + 4 + SPARE
    scaled, centre, spread = scaled_levels("arima", levels, max(least, 3 * season + width if season > 1 else least))
    candidates = []
    for p, q in ORDERS:
        for seasonal_p, seasonal_q in seasonal_orders:
            order = (p, 1, q)
            seasonal = (seasonal_p, 1, seasonal_q, season) if season > 1 else (0, 0, 0, 0)
            trend = "c" if season == 1 else "n"

            def build(values: np.ndarray, order: Any = order, seasonal: Any = seasonal, trend: str = trend) -> Any:
                return SARIMAX(values, exog=regressors, order=order, seasonal_order=seasonal, trend=trend)

            found = _fit_once(build, scaled, GRADIENT)
            if found is not None and np.isfinite(found.aicc):
                name = f"arima{order}" + (f"{seasonal}" if season > 1 else "")
                candidates.append((float(found.aicc), name, build))
    for aicc, name, build in sorted(candidates, key=lambda candidate: candidate[0]):
        try:
            found, moved, optimiser = fit_twice("arima", build, scaled, _ahead(regressors))
        except AssumptionError:
            continue
        return SeriesFit(name, aicc, moved, optimiser, centre, spread, found)
    raise AssumptionError("arima: no order converges")


def fit_smoothing(levels: np.ndarray, season: int) -> SeriesFit:
    """Exponential smoothing with additive errors: no trend, trend or damped trend, with a season, by AICc.

    Parameters
    ----------
    levels : consecutive levels without a gap, any unit
    season : periods in a year, 1 for annual levels

    Raises
    ------
    AssumptionError
        If the series is too short, has a gap or is constant, or no form converges.

    Source
    ------
    Hyndman et al. (2008), Forecasting with Exponential Smoothing, chapters 2, 5 and 7.
    """
    states = season if season > 1 else 0
    scaled, centre, spread = scaled_levels("smoothing", levels, max(3 + states + SPARE, 2 * season))
    if np.isnan(scaled).any():
        raise AssumptionError("smoothing: a level within is missing; the structural model and ARIMA bridge a gap")
    fits = []
    for trend, damped, parameters in ((None, False, 3), ("add", False, 5), ("add", True, 6)):
        if len(levels) < parameters + states + SPARE:
            continue

        def build(values: np.ndarray, trend: Any = trend, damped: bool = damped) -> Any:
            seasonal = {"seasonal": "add", "seasonal_periods": season} if season > 1 else {}
            return ETSModel(values, error="add", trend=trend, damped_trend=damped, **seasonal)

        try:
            found, moved, optimiser = fit_twice("smoothing", build, scaled, None)
        except AssumptionError:
            continue
        name = "smoothing" + (", damped trend" if damped else ", trend" if trend else "")
        fits.append(SeriesFit(name, float(np.asarray(found.aicc)), moved, optimiser, centre, spread, found))
    if not fits:
        raise AssumptionError("smoothing: no form converges")
    return min(fits, key=lambda fit: fit.aicc)


def paths(fit: SeriesFit, horizon: int, n: int, regressors: np.ndarray | None, rng: np.random.Generator) -> np.ndarray:
    """Simulated futures of one series: (n, horizon), unit of the levels.

    Parameters
    ----------
    regressors : (horizon, regressor), those of the periods ahead; None where the fit has none

    Source
    ------
    Durbin & Koopman (2012), chapter 4: the last state is drawn from its filtered distribution. Smoothing: Hyndman et
    al. (2008), chapter 6, with degrees of freedom in the spread of the errors as in `rivals.smoothing_paths`.
    """
    results = fit.results
    if fit.form.startswith("smoothing"):
        errors = np.asarray(results.resid)
        sigma = np.sqrt((errors**2).sum() / (len(errors) - len(results.params)))
        noise = sigma * rng.standard_normal((horizon, n))
        drawn = np.asarray(results.simulate(horizon, anchor="end", repetitions=n, random_errors=noise))
    else:
        known = {} if regressors is None else {"exog": regressors}
        drawn = np.asarray(results.simulate(horizon, anchor="end", repetitions=n, rng=rng, **known))
    return drawn.reshape(horizon, n).T * fit.spread + fit.centre


def forecast(fit: SeriesFit, horizon: int, regressors: np.ndarray | None) -> np.ndarray:
    """Mean of the periods ahead: (horizon,), unit of the levels."""
    return _mean(fit.results, horizon, regressors) * fit.spread + fit.centre


def check_regressors(regressors: np.ndarray | None, season: int, length: int) -> None:
    """Refuse regressors of another length, and those that the level and a fixed season hold already.

    Raises
    ------
    AssumptionError
        If a regressor is a level plus a season, or a sum of the others.
    """
    if regressors is None:
        return
    if len(regressors) != length:
        raise AssumptionError(f"series: {len(regressors)} periods of regressors, {length} levels")
    held = np.eye(season)[np.arange(length) % season]
    rank = np.linalg.matrix_rank(np.column_stack([held, regressors]))
    if rank < season + regressors.shape[1]:
        raise AssumptionError("series: a regressor is a sum of the season and of other regressors")


def scaled_levels(model: str, levels: np.ndarray, least: int) -> tuple[np.ndarray, float, float]:
    """Levels less their mean, over their spread, rounded; the mean; the spread.

    Raises
    ------
    AssumptionError
        If fewer than ``least`` levels are known, one is infinite, the first or the last is missing, or none varies.
    """
    known = np.isfinite(levels)
    if int(known.sum()) < least:
        raise AssumptionError(f"{model}: levels known: {int(known.sum())}, needed: {least}")
    if bool(np.isinf(levels).any()):
        raise AssumptionError(f"{model}: a level is infinite")
    if not (known[0] and known[-1]):
        end = "last" if known[0] else "first"
        raise AssumptionError(f"{model}: the {end} level is missing; begin and end the series at a known level")
    centre, spread = float(levels[known].mean()), float(levels[known].std())
    if spread <= ROUNDING * abs(centre):
        raise AssumptionError(f"{model}: the levels do not vary")
    return np.round((levels - centre) / spread, DIGITS), centre, spread


def _fit_once(build: Callable[[np.ndarray], Any], scaled: np.ndarray, optimiser: str) -> Any | None:
    """The fit of one model, or None where the optimiser says that it stopped early or cannot start."""
    model = build(scaled)
    # smoothing in statsmodels has one optimiser
    options: dict[str, Any] = {} if isinstance(model, ETSModel) else OPTIMISERS[optimiser]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found: Any = model.fit(disp=False, maxiter=ITERATIONS, **options)
        except np.linalg.LinAlgError:
            return None
    return found if found.mle_retvals["converged"] else None


def fit_twice(
    model: str, build: Callable[[np.ndarray], Any], scaled: np.ndarray, ahead: np.ndarray | None
) -> tuple[Any, float, str]:
    """The fit, how far its forecast moves when the series is ten times as large, and the optimiser that found it.

    Raises
    ------
    AssumptionError
        If under every optimiser a fit stops early or the forecast moves by more than LARGEST_MOVE.
    """
    steps = COMPARED if ahead is None else len(ahead)
    refusal = ""
    for optimiser in OPTIMISERS:
        first, second = _fit_once(build, scaled, optimiser), _fit_once(build, scaled * 10.0, optimiser)
        if first is None or second is None:
            refusal = "the optimiser stopped before it converged"
            continue
        moved = float(np.abs(_mean(second, steps, ahead) / 10.0 - _mean(first, steps, ahead)).max())
        if moved <= LARGEST_MOVE:
            return first, moved, optimiser
        refusal = (
            f"not converged, the forecast moves by {moved:.2%} of the spread between two scales, "
            f"limit {LARGEST_MOVE:.2%}"
        )
    raise AssumptionError(f"{model}: {refusal}")


def _mean(results: Any, steps: int, regressors: np.ndarray | None) -> np.ndarray:
    known = {} if regressors is None else {"exog": regressors}
    return np.asarray(results.forecast(steps, **known))


def _ahead(regressors: np.ndarray | None) -> np.ndarray | None:
    """Regressors under which two scales are compared: the last ones known."""
    return None if regressors is None else regressors[-COMPARED:]
