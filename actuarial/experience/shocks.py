"""Draws of how far the series go from their central path: the errors of a model, or those that forecasts have made.

1. ``resampled``: years of residuals in blocks of neighbours, and the error of the mean growth, drawn the same way;
2. ``normal``: normal errors with the covariance of the residuals, and a normal error of the mean growth;
3. ``past``: errors of past forecasts by the step ahead, every origin's in one piece, one origin after another.
"""

from collections.abc import Callable

import numpy as np
import xarray as xr

from actuarial.assumptions.basis import Trends


def shock_paths(trends: Trends, shock_rng: np.random.Generator, drift_rng: np.random.Generator, n: int) -> xr.DataArray:
    """Deviation from the central path in logs, drawn as the trends say.

    Returns
    -------
    (draw, series, region, year), 1
    """
    path = _PATHS[trends.errors](trends, shock_rng, drift_rng, n)
    labelled = xr.DataArray(
        path,
        dims=("year", "draw", "series", "region"),
        coords={
            "year": trends.central["year"].values,
            "series": trends.residual["series"],
            "region": trends.residual["region"],
        },
    )
    return labelled.transpose("draw", "series", "region", "year")


def _resampled(trends: Trends, shock_rng: np.random.Generator, drift_rng: np.random.Generator, n: int) -> np.ndarray:
    """Yearly shocks that add up, and the error of the mean growth itself: (year, draw, series, region).

    Every draw takes years of residuals in blocks of neighbours, with replacement, so that a bad year keeps the rebound
    that followed it; and the mean of another such sample of the length of the history as the error of its drift, times
    sqrt(n / m) where the drift of a series rests on m of its steps and not on the n joint years.
    Residuals are inflated by sqrt(n / (n - 1)), since they were taken about their own mean.

    Source
    ------
    Circular block bootstrap: Politis & Romano (1992), in Exploring the Limits of Bootstrap, pages 263-270; block length
    the cube root of n, the rate of Hall, Horowitz & Jing (1995), Biometrika 82(3).
    """
    pool, years = trends.residual.values, trends.central.sizes["year"]
    size = len(pool)
    pool = pool * np.sqrt(size / (size - 1))
    yearly = pool[_block_rows(size, years, n, shock_rng)]
    fewer = np.sqrt(size / trends.steps.transpose("series", "region").values)
    drift = pool[_block_rows(size, size, n, drift_rng)].mean(axis=0) * fewer
    return yearly.cumsum(axis=0) + _steps(years) * drift


def _normal(trends: Trends, shock_rng: np.random.Generator, drift_rng: np.random.Generator, n: int) -> np.ndarray:
    """The same with normal errors, independent from year to year: (year, draw, series, region).

    Residuals times standard normals over sqrt(n - 1) have the residuals' covariance, of whatever rank that is. The mean
    of m growth steps has its variance over m.

    Source
    ------
    Random walk with drift, its forecast variance s^2 h (1 + h / m): Hyndman & Athanasopoulos (2021), Forecasting:
    Principles and Practice, 3rd edition, section 5.5.
    """
    pool, years = trends.residual.values, trends.central.sizes["year"]
    size = len(pool)
    weight = shock_rng.standard_normal((years, n, size)) / np.sqrt(size - 1)
    yearly = np.tensordot(weight, pool, axes=1)
    steps = np.sqrt(trends.steps.transpose("series", "region").values)
    drift = np.tensordot(drift_rng.standard_normal((n, size)) / np.sqrt(size - 1), pool, axes=1) / steps
    return yearly.cumsum(axis=0) + _steps(years) * drift


def _past(trends: Trends, shock_rng: np.random.Generator, _drift_rng: np.random.Generator, n: int) -> np.ndarray:
    """Errors of past forecasts, chained: (year, draw, series, region).

    A draw takes an origin and adds what its forecast lost by its first, second, ... step ahead, all series and regions
    together; where the origin has no further step it takes another one, beginning with its first step. Nothing is
    centred: what past forecasts got wrong on the average, the draws have too.

    Source
    ------
    Own choice, in the manner of empirical prediction intervals: Williams & Goodman (1971), Journal of the American
    Statistical Association 66(336).
    """
    lead = trends.residual["lead"].values
    first = np.flatnonzero(lead == 1)
    is_last = np.append(lead[1:] == 1, True)
    rows = np.empty((trends.central.sizes["year"], n), dtype=int)
    begun = first[shock_rng.integers(0, len(first), rows.shape)]
    rows[0] = begun[0]
    for step in range(1, len(rows)):
        before = rows[step - 1]
        rows[step] = np.where(is_last[before], begun[step], before + 1)
    return trends.residual.values[rows].cumsum(axis=0)


_PATHS: dict[str, Callable[[Trends, np.random.Generator, np.random.Generator, int], np.ndarray]] = {
    "resampled": _resampled,
    "normal": _normal,
    "past": _past,
}


def _steps(years: int) -> np.ndarray:
    return np.arange(1, years + 1)[:, None, None, None]


def _block_rows(size: int, length: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """Rows of the history in circular blocks of neighbours: (length, draw)."""
    block = round(size ** (1 / 3))
    starts = rng.integers(0, size, (-(-length // block), n))
    rows = (starts[:, None, :] + np.arange(block)[None, :, None]) % size
    return rows.reshape(-1, n)[:length]
