"""Rivals of the trends, fitted to the same history, under which the risk of the funds is shown beside theirs.

1. `log_drift`: the same growth every year, normal errors; the closest rival of the trends in the backtest;
2. `past_errors`: the central path of the trends, with the errors that their method has made on the city's own history.
"""

import numpy as np
import xarray as xr

from actuarial.assumptions.basis import Trends
from actuarial.errors import AssumptionError
from actuarial.experience.trend import central_path, joint_residuals, run_mean, unbroken_growth, widening

# Own choice: with fewer there is nothing to draw from but one or two outcomes.
LEAST_ORIGINS = 3


def rival_trends(trends: Trends, levels: xr.DataArray, is_broken: xr.DataArray) -> dict[str, Trends | str]:
    """Every rival by name, or why there is none.

    Parameters
    ----------
    trends : of `fit_trends`, from the same levels
    levels : (series, region, year); is_broken : (series, year)
    """
    found: dict[str, Trends | str] = {"log_drift": log_drift(trends, levels, is_broken)}
    try:
        found["past_errors"] = past_errors(trends, levels, is_broken)
    except AssumptionError as reason:
        found["past_errors"] = str(reason)
    return found


def log_drift(trends: Trends, levels: xr.DataArray, is_broken: xr.DataArray) -> Trends:
    """A random walk with drift in logs, its errors normal: ARIMA(0, 1, 0) with a constant, of all series together.

    It rests on the steps that the trends rest on, and its spread is widened as theirs for how few these are.

    Source
    ------
    Hyndman & Athanasopoulos (2021), Forecasting: Principles and Practice, 3rd edition, section 5.2, drift.
    """
    growth, run, recent = unbroken_growth(levels, is_broken)
    mean, count, years = recent.mean("year"), recent.count("year"), trends.central["year"]
    ahead = xr.DataArray(np.arange(1, len(years) + 1), dims="year", coords={"year": years})
    residual = joint_residuals(growth - run_mean(growth, run), recent.std("year", ddof=1) * widening(count))
    central = (mean * ahead).transpose("series", "region", "year")
    return Trends(central, residual, count, trends.record, "normal")


def past_errors(trends: Trends, levels: xr.DataArray, is_broken: xr.DataArray) -> Trends:
    """The trends with the errors of their own method on rolling origins in place of their residuals.

    At every origin the central path is fitted to the years up to it. An origin counts as far ahead as every series of
    every region has come true without a declared break.

    Returns
    -------
    Trends whose residual (origin, series, region) is what the log error grew by into each step, with the coordinates
    ``origin``, the last year that the forecast knew, and ``lead``, the step ahead, 1, 2, ...

    Raises
    ------
    AssumptionError
        If fewer than LEAST_ORIGINS origins have one.
    """
    rows = [_errors_from(int(origin), levels, is_broken) for origin in levels["year"].values[:-1]]
    known = [row for row in rows if row is not None and row.sizes["origin"]]
    if len(known) < LEAST_ORIGINS:
        raise AssumptionError(
            f"past errors: origins from which every series came true without a break: {len(known)}, "
            f"needed: {LEAST_ORIGINS}"
        )
    residual = xr.concat(known, dim="origin")
    return Trends(trends.central, residual, trends.steps, trends.record, "past")


def _errors_from(origin: int, levels: xr.DataArray, is_broken: xr.DataArray) -> xr.DataArray | None:
    """Steps of the log error of one origin, (origin, series, region); None where the method had nothing to say then."""
    past, ahead = levels["year"] <= origin, levels["year"].values[levels["year"].values > origin]
    try:
        _, _, recent = unbroken_growth(levels.sel(year=past), is_broken.sel(year=past))
    except AssumptionError:
        return None
    path = central_path(recent.mean("year"), recent.count("year"), ahead)
    came = xr.ufuncs.log(levels.sel(year=ahead)) - xr.ufuncs.log(levels.sel(year=origin, drop=True))
    error = came - path
    step = error - error.shift(year=1, fill_value=0.0)
    is_true = step.notnull().all(["series", "region"]) & ~is_broken.sel(year=ahead).any("series")
    length = int(is_true.astype(int).cumprod("year").sum())
    kept = step.isel(year=slice(0, length)).transpose("year", "series", "region").rename(year="origin")
    return kept.assign_coords(origin=np.full(length, origin), lead=("origin", np.arange(1, length + 1)))
