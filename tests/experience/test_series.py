import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.tsa.statespace.sarimax import SARIMAX

from actuarial.errors import AssumptionError
from actuarial.experience.calendar import in_months, month_number, spring_festival
from actuarial.experience.series import (
    OPTIMISERS,
    check_regressors,
    fit_arima,
    fit_smoothing,
    fit_structural,
    fit_twice,
    forecast,
    paths,
)

DRAWS = 20_000
# four standard errors of a standard deviation of normal draws
SPREAD = 4 / np.sqrt(2 * DRAWS)


def philox(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def walk(count: int, drift: float = 5.0, sigma: float = 2.0, seed: int = 4) -> np.ndarray:
    return 100 + (drift + sigma * philox(seed).standard_normal(count)).cumsum()


def months(count: int, festival: float, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Logs of a monthly amount with trend, season and an effect of the Spring Festival; the regressor."""
    numbers = np.arange(month_number(2016, 1), month_number(2016, 1) + count)
    regressor = spring_festival(numbers, 0, 6).values[:, None]
    rng = philox(seed)
    trend = 14 + (0.006 + 0.005 * rng.standard_normal(count)).cumsum()
    season = 0.1 * np.sin(np.arange(count) * 2 * np.pi / 12)
    return trend + season + festival * regressor[:, 0] + 0.02 * rng.standard_normal(count), regressor


FITS = {
    "structural": lambda levels: fit_structural(levels, 1, None),
    "arima": lambda levels: fit_arima(levels, 1, None),
    "smoothing": lambda levels: fit_smoothing(levels, 1),
}
# Parameters of the smallest form and two more.
LEAST = {"structural": 5, "arima": 7, "smoothing": 5}


@settings(max_examples=8, deadline=None)
@given(st.sampled_from(sorted(FITS)), st.integers(-8, 12), st.integers(0, 3))
def test_unit_changes_neither_forecast_nor_draws(name: str, power: int, seed: int):
    levels = walk(18, seed=seed)
    unit = 10.0**power
    plain, other = (FITS[name](part) for part in (levels, levels * unit))
    # far within the 1e-6 asked for: both are fitted to the same rounded levels
    np.testing.assert_allclose(forecast(other, 5, None), forecast(plain, 5, None) * unit, rtol=1e-9)
    drawn = [paths(fit, 5, 50, None, philox(1)) for fit in (plain, other)]
    np.testing.assert_allclose(drawn[1], drawn[0] * unit, rtol=1e-9)


def test_monthly_forecast_does_not_depend_on_the_unit_of_the_logs():
    levels, regressor = months(60, 0.3)
    plain, other = (fit_structural(part, 12, regressor) for part in (levels, levels - np.log(1e8)))
    np.testing.assert_allclose(
        forecast(other, 6, regressor[:6]), forecast(plain, 6, regressor[:6]) - np.log(1e8), atol=1e-8
    )


def test_spring_festival_effect_is_found():
    """Within four standard errors of the truth, and far from nothing."""
    levels, regressor = months(96, -0.3)
    fit = fit_structural(levels, 12, regressor)
    place = list(fit.results.model.param_names).index("beta.x1")
    effect, error = (float(np.asarray(part)[place]) * fit.spread for part in (fit.results.params, fit.results.bse))
    assert abs(effect + 0.3) < 4 * error
    assert error < 0.03


def test_festival_moves_the_forecast_by_its_effect():
    levels, regressor = months(96, -0.3)
    fit = fit_structural(levels, 12, regressor)
    place = list(fit.results.model.param_names).index("beta.x1")
    effect = float(np.asarray(fit.results.params)[place]) * fit.spread
    none, early = np.zeros((2, 1)), np.array([[0.5], [-0.5]])
    np.testing.assert_allclose(forecast(fit, 2, early) - forecast(fit, 2, none), effect * early[:, 0], rtol=1e-9)


def test_autoregression_of_the_steps_is_found():
    """Asymptotic standard error of the coefficient: sqrt((1 - phi^2) / n)."""
    rng, steps, phi = philox(2), np.zeros(400), 0.6
    for number in range(1, 400):
        steps[number] = phi * steps[number - 1] + rng.standard_normal()
    fit = fit_arima(steps.cumsum() + 3.0 * np.arange(400), 1, None)
    assert fit.form == "arima(1, 1, 0)"
    found = float(np.asarray(fit.results.params)[list(fit.results.model.param_names).index("ar.L1")])
    assert abs(found - phi) < 4 * np.sqrt((1 - phi**2) / 400)


def test_spread_of_a_random_walk_with_drift_grows_with_the_root_of_the_horizon():
    levels = walk(30, seed=7)
    fit = fit_arima(levels, 1, None)
    assert fit.form == "arima(0, 1, 0)"
    drawn = paths(fit, 4, DRAWS, None, philox(1))
    sigma = np.diff(levels).std()
    np.testing.assert_allclose(drawn.std(axis=0), sigma * np.sqrt([1, 2, 3, 4]), rtol=SPREAD)
    # the drift is where a gradient stopped, and not a mean
    np.testing.assert_allclose(forecast(fit, 4, None), levels[-1] + np.diff(levels).mean() * np.arange(1, 5), rtol=1e-3)


def test_spread_of_structural_draws_is_that_of_the_filter():
    """Second derivation: the prediction variance of the Kalman filter."""
    fit = fit_structural(walk(24), 1, None)
    drawn = paths(fit, 4, DRAWS, None, philox(1))
    exact = np.asarray(fit.results.get_forecast(4).se_mean) * fit.spread
    np.testing.assert_allclose(drawn.std(axis=0), exact, rtol=SPREAD)
    errors = exact / np.sqrt(DRAWS)
    assert (np.abs(drawn.mean(axis=0) - forecast(fit, 4, None)) < 4 * errors).all()


def test_spread_of_simple_smoothing_is_its_closed_form():
    """Hyndman et al. (2008), chapter 6: variance sigma^2 (1 + (h - 1) alpha^2)."""
    rng = philox(3)
    levels = 50 + (0.4 * rng.standard_normal(40)).cumsum() + rng.standard_normal(40)
    fit = fit_smoothing(levels, 1)
    assert fit.form == "smoothing"
    params = np.asarray(fit.results.params)
    sigma2 = (np.asarray(fit.results.resid) ** 2).sum() / (40 - len(params)) * fit.spread**2
    exact = np.sqrt(sigma2 * (1 + np.arange(4) * params[0] ** 2))
    np.testing.assert_allclose(paths(fit, 4, DRAWS, None, philox(1)).std(axis=0), exact, rtol=SPREAD)


def test_season_goes_on():
    rng = philox(6)
    season = np.tile([0.0, 0.1, 0.3, -0.4], 12)
    levels = 10 + 0.02 * np.arange(48) + season + 0.005 * rng.standard_normal(48)
    expected = 10 + 0.02 * np.arange(48, 52) + season[:4]
    for fit in (fit_structural(levels, 4, None), fit_arima(levels, 4, None), fit_smoothing(levels, 4)):
        # four standard deviations of the noise about a level known to about one of them
        np.testing.assert_allclose(forecast(fit, 4, None), expected, atol=4 * 0.005 * 2**0.5)


def test_gap_within_a_series_is_bridged_by_the_filter():
    levels = walk(24)
    levels[10] = np.nan
    assert np.isfinite(forecast(fit_structural(levels, 1, None), 2, None)).all()
    message = r"^smoothing: a level within is missing; the structural model and ARIMA bridge a gap$"
    with pytest.raises(AssumptionError, match=message):
        fit_smoothing(levels, 1)


@pytest.mark.parametrize("name", sorted(FITS))
def test_series_that_cannot_be_fitted_is_refused(name):
    with pytest.raises(AssumptionError, match=f"^{name}: the levels do not vary$"):
        FITS[name](np.full(20, 7.0))
    with pytest.raises(AssumptionError, match=rf"^{name}: levels known: 1, needed: {LEAST[name]}$"):
        FITS[name](walk(1))
    with pytest.raises(AssumptionError, match=rf"^{name}: levels known: 0, needed: {LEAST[name]}$"):
        FITS[name](np.full(20, np.nan))
    infinite = walk(20)
    infinite[4] = np.inf
    with pytest.raises(AssumptionError, match=rf"^{name}: a level is infinite$"):
        FITS[name](infinite)
    for gap, word in ((0, "first"), (-1, "last")):
        levels = walk(20)
        levels[gap] = np.nan
        with pytest.raises(AssumptionError, match=f"^{name}: the {word} level is missing; begin and end"):
            FITS[name](levels)


def test_december_beside_a_season_is_refused():
    numbers = np.arange(month_number(2020, 1), month_number(2023, 12) + 1)
    december = in_months(numbers, (12,)).values[:, None]
    check_regressors(december, 1, 48)
    with pytest.raises(AssumptionError, match="series: a regressor is a sum of the season and of other regressors"):
        check_regressors(december, 12, 48)
    with pytest.raises(AssumptionError, match="series: 48 periods of regressors, 47 levels"):
        check_regressors(december, 1, 47)


def test_fit_that_moves_with_the_scale_is_refused():
    levels = walk(20)
    scaled = (levels - levels.mean()) / levels.std()
    with pytest.raises(AssumptionError, match=r"bent: not converged, the forecast moves by .* limit 0.10%"):
        fit_twice("bent", lambda part: SARIMAX(np.arctan(part), order=(0, 1, 0), trend="c"), scaled, None)


def test_record_says_what_was_fitted_and_how_far_it_moved():
    record = fit_structural(walk(24), 1, None).record()
    assert record["form"] == "local linear trend"
    assert record["optimiser"] in OPTIMISERS
    moved = record["moved"]
    assert isinstance(moved, float)
    assert moved <= 0.001
