"""How good a forecast was: scores of draws against what came true, cell by cell and averaged."""

from collections.abc import Sequence

import numpy as np
import scoringrules
import xarray as xr
from scipy import stats

# Central intervals whose coverage is reported, and equal cells of the histogram of PIT: own choice.
LEVELS = (0.5, 0.8, 0.95)
BINS = 10


def score(draws: xr.DataArray, observed: xr.DataArray) -> xr.Dataset:
    """Scores of every cell.

    Parameters
    ----------
    draws : (draw, ...), NaN in all draws where there is no forecast
    observed : (...), same unit; NaN where nothing can be held against the forecast

    Returns
    -------
    mean_error, median_error : forecast less observed, by the mean and the median of the draws
    percent_error : |median_error| / |observed|, infinite at zero
    crps, interval_score (level), log_density : continuous ranked probability score, score of the central interval, log
        of the predictive density by a Gaussian kernel
    is_covered (level), pit : 1 where the central interval holds the observed value; its place among the draws

    All are NaN where either is missing.

    Source
    ------
    Gneiting & Raftery (2007), Journal of the American Statistical Association 102(477), sections 4.2 and 6.2. CRPS of
    an ensemble without its bias in the number of draws: Ferro (2014), Quarterly Journal of the Royal Meteorological
    Society 140. Errors by the mean for squares, by the median for absolute values: Gneiting (2011), Journal of the
    American Statistical Association 106(494). PIT: Dawid (1984), Journal of the Royal Statistical Society A 147(2).
    """
    known = draws.isel(draw=0, drop=True).notnull() & observed.notnull()
    mean, median = draws.mean("draw", skipna=False), _quantile(draws, 0.5)
    low, high = (
        xr.concat([_quantile(draws, (1 + side * level) / 2) for level in LEVELS], dim="level").assign_coords(
            level=list(LEVELS)
        )
        for side in (-1, 1)
    )
    below, equal = (draws < observed).sum("draw"), (draws == observed).sum("draw")
    cells = xr.Dataset(
        {
            "observed": observed,
            "mean_error": mean - observed,
            "median_error": median - observed,
            "percent_error": abs(median - observed) / abs(observed),
            "crps": _by_draw(crps, draws, observed),
            "interval_score": _by_level(observed, low, high),
            "log_density": _by_draw(log_density, draws, observed),
            "is_covered": ((low <= observed) & (observed <= high)).astype(float),
            # half a place for the observed value itself, so that 0 and 1 are never reached
            "pit": (below + equal / 2 + 0.5) / (draws.sizes["draw"] + 1),
        }
    )
    return cells.where(known)


def crps(observed: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Continuous ranked probability score of draws on the last axis, fair in their number."""
    return scoringrules.crps_ensemble(observed, draws, estimator="pwm")


def log_density(observed: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Log of a Gaussian kernel density of the draws at the observed value; minus infinity far outside of them.

    Draws that are all the same have no density: NaN.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return -scoringrules.logs_ensemble(observed, draws)


def average(cells: xr.Dataset, over: Sequence[str]) -> xr.Dataset:
    """Scores averaged over dims, each with the number of cells behind it.

    Returns
    -------
    count, bias, mae, mape, rmse, crps, crps_share (CRPS over the mean of |observed|), log_score (mean log density),
    interval_score, coverage and coverage_error by level, pit_histogram (bin), pit_p_value. coverage_error is the
    binomial standard error of a right interval: sqrt(level (1 - level) / count). pit_p_value is that of
    Kolmogorov and Smirnov against the uniform distribution. Both take the cells as independent: cells of
    overlapping horizons and of regions hit by one shock are not, and then both promise too much.
    """
    dims = list(over)
    known = cells["crps"].notnull()
    count = known.sum(dims)
    scale = abs(cells["observed"]).where(known).mean(dims)
    levels = xr.DataArray(list(LEVELS), dims="level", coords={"level": list(LEVELS)})
    found = xr.Dataset(
        {
            "count": count,
            "bias": cells["mean_error"].mean(dims),
            "mae": abs(cells["median_error"]).mean(dims),
            "mape": cells["percent_error"].mean(dims),
            "rmse": (cells["mean_error"] ** 2).mean(dims) ** 0.5,
            "crps": cells["crps"].mean(dims),
            "crps_share": cells["crps"].mean(dims) / scale,
            "log_score": cells["log_density"].mean(dims),
            "interval_score": cells["interval_score"].mean(dims),
            "coverage": cells["is_covered"].mean(dims),
            "coverage_error": (levels * (1 - levels) / count.where(count > 0)) ** 0.5,
        }
    )
    edges = np.linspace(0, 1, BINS + 1)
    found["pit_histogram"] = xr.apply_ufunc(
        lambda values: np.histogram(values[np.isfinite(values)], edges)[0],
        cells["pit"].stack(cell=dims),
        input_core_dims=[["cell"]],
        output_core_dims=[["bin"]],
        vectorize=True,
    ).assign_coords(bin=(edges[:-1] + edges[1:]) / 2)
    found["pit_p_value"] = xr.apply_ufunc(
        _uniform_p_value, cells["pit"].stack(cell=dims), input_core_dims=[["cell"]], vectorize=True
    )
    return found


def _quantile(draws: xr.DataArray, probability: float) -> xr.DataArray:
    return draws.quantile(probability, "draw", skipna=False).drop_vars("quantile")


def interval_score(observed: np.ndarray, low: np.ndarray, high: np.ndarray, alpha: float) -> np.ndarray:
    """Width of the interval plus 2 / alpha times what the observed value lies outside of it; all of one shape."""
    # the package drops axes of length one
    return np.reshape(scoringrules.interval_score(observed, low, high, alpha), np.shape(observed))


def _by_level(observed: xr.DataArray, low: xr.DataArray, high: xr.DataArray) -> xr.DataArray:
    observed, low, high = xr.broadcast(observed, low, high)
    parts = [
        xr.apply_ufunc(
            interval_score,
            *(part.sel(level=level, drop=True) for part in (observed, low, high)),
            kwargs={"alpha": 1 - level},
        )
        for level in LEVELS
    ]
    return xr.concat(parts, dim="level").assign_coords(level=list(LEVELS))


def _by_draw(function, draws: xr.DataArray, observed: xr.DataArray) -> xr.DataArray:
    draws, observed = xr.broadcast(draws, observed, exclude=["draw"])
    return xr.apply_ufunc(function, observed, draws, input_core_dims=[[], ["draw"]])


def _uniform_p_value(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(stats.kstest(known, "uniform").pvalue) if known.size else np.nan
