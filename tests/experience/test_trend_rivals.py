"""Rivals of the trends against a fit of another hand, a closed form and errors worked by hand."""

from typing import Any

import numpy as np
import pytest
import xarray as xr
from statsmodels.tsa.statespace.sarimax import SARIMAX

from actuarial.errors import AssumptionError
from actuarial.experience.shocks import shock_paths
from actuarial.experience.trend import fit_trends, widening
from actuarial.experience.trend_rivals import log_drift, past_errors, rival_trends
from tests.experience.test_trend import AHEAD, YEARS, panel, unbroken, walks

DRAWS = 20_000


def philox(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def test_log_drift_goes_on_as_a_random_walk_with_drift_does():
    """ARIMA(0, 1, 0) with a constant, fitted by statsmodels; the optimiser stops within 1e-6 of the mean growth."""
    levels = panel(walks())
    found = log_drift(fit_trends(levels, unbroken(levels), AHEAD), levels, unbroken(levels))
    for series in levels["series"].values:
        logs = np.log(levels.sel(series=series, region="r").values)
        fitted: Any = SARIMAX(logs, order=(0, 1, 0), trend="c").fit(disp=False, method="nm", maxiter=1000)
        expected = np.asarray(fitted.forecast(len(AHEAD))) - logs[-1]
        np.testing.assert_allclose(found.central.sel(series=series, region="r"), expected, atol=1e-5)


def test_normal_errors_have_the_variance_of_a_random_walk_with_drift_and_its_correlation():
    """s^2 h (1 + h / m), s widened as Student's band; four standard errors of a variance of normals."""
    levels = panel(walks())
    trends = fit_trends(levels, unbroken(levels), AHEAD)
    found = log_drift(trends, levels, unbroken(levels))
    drawn = shock_paths(found, philox(1), philox(2), DRAWS).isel(region=0, drop=True)
    growth = xr.ufuncs.log(levels).diff("year").isel(region=0, drop=True)
    count = xr.DataArray([9.0], dims="series")
    spread = growth.std("year", ddof=1) * float(widening(count)[0])
    steps = xr.DataArray(np.arange(1, 5), dims="year", coords={"year": AHEAD})
    expected = spread**2 * steps * (1 + steps / 9)
    np.testing.assert_allclose(
        drawn.var("draw", ddof=1), expected.transpose("series", "year"), rtol=4 * np.sqrt(2 / DRAWS)
    )
    theirs = np.corrcoef(growth.values)[0, 1]
    ours = np.corrcoef(drawn.sel(year=2029).transpose("series", "draw").values)[0, 1]
    assert ours == pytest.approx(theirs, abs=4 / np.sqrt(DRAWS))


def test_past_errors_are_what_the_method_got_wrong():
    """Growth of 5% a year for ever but 20% in 2023: forecasts before it miss that step and no other, by hand."""
    growth = np.where(YEARS[1:] == 2023, np.log(1.2), np.log(1.05))
    levels = panel(np.exp(np.concatenate([[0.0], growth.cumsum()]))[None])
    trends = fit_trends(levels, unbroken(levels), AHEAD)
    found = past_errors(trends, levels, unbroken(levels))
    assert found.residual["origin"].values.tolist() == [2020] * 5 + [2021] * 4 + [2022] * 3 + [2023] * 2 + [2024]
    assert found.residual["lead"].values.tolist() == [1, 2, 3, 4, 5, 1, 2, 3, 4, 1, 2, 3, 1, 2, 1]
    first = found.residual.isel(series=0, region=0, origin=found.residual["lead"].values == 1)
    past = np.arange(2016, 2023)
    ahead = (np.log(1.05) + np.log1p((1 - 1.05 ** -(len(past) - 1)) / (len(past) - 1))) / 2
    np.testing.assert_allclose(first.values[2], np.log(1.2) - ahead, rtol=1e-12)
    xr.testing.assert_identical(found.central, trends.central)


def test_past_errors_are_drawn_in_whole_origins_from_their_first_step():
    levels = panel(walks())
    trends = fit_trends(levels, unbroken(levels), AHEAD)
    found = past_errors(trends, levels, unbroken(levels))
    drawn = shock_paths(found, philox(3), philox(4), 500).isel(region=0, series=0, drop=True).transpose("draw", "year")
    steps = np.diff(drawn.values, axis=1, prepend=0.0)
    pool, lead = found.residual.isel(region=0, series=0).values, found.residual["lead"].values
    rows = np.abs(steps[..., None] - pool).argmin(axis=-1)
    np.testing.assert_allclose(pool[rows], steps, atol=1e-12)
    assert (lead[rows[:, 0]] == 1).all()
    is_last = np.append(lead[1:] == 1, True)
    goes_on = rows[:, 1:] == rows[:, :-1] + 1
    assert (goes_on | is_last[rows[:, :-1]]).all()
    assert (lead[rows[:, 1:]][is_last[rows[:, :-1]]] == 1).all()


def test_an_origin_counts_until_a_break_of_any_series():
    levels = panel(walks(count=1))
    is_broken = unbroken(levels)
    is_broken.loc[{"year": 2022}] = True
    found = past_errors(fit_trends(levels, is_broken, AHEAD), levels, is_broken)
    pairs = list(zip(found.residual["origin"].values, found.residual["lead"].values, strict=True))
    assert pairs == [(2020, 1), (2022, 1), (2022, 2), (2022, 3), (2023, 1), (2023, 2), (2024, 1)]


def test_too_few_origins_are_said_and_nothing_is_made_up():
    levels = panel(walks()[:, -7:], YEARS[-7:])
    trends = fit_trends(levels, unbroken(levels), AHEAD)
    reason = "past errors: origins from which every series came true without a break: 2, needed: 3"
    with pytest.raises(AssumptionError, match=reason):
        past_errors(trends, levels, unbroken(levels))
    found = rival_trends(trends, levels, unbroken(levels))
    assert found["past_errors"] == reason
    assert not isinstance(found["log_drift"], str)
