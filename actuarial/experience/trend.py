"""Growth of each series by exponential smoothing and drift, and the joint residuals of its history.

1. log growth of every series and region in the joint years: those in which every series has a step that does not cross
   a declared break, so that all means and residuals speak of the same years;
2. drift: the mean growth; damped-trend ETS on the scaled log level where the history of every region is long enough,
   so that regions never differ by the method alone;
3. the central path is the mean of the two, in logs;
4. residuals of growth about its mean, kept together by year and with their neighbours, so that a bad year hits revenue
   and cost at once and is followed by what followed it.
"""

import warnings
from typing import cast

import numpy as np
import xarray as xr
from statsmodels.tsa.exponential_smoothing.ets import ETSModel, ETSResults

from actuarial.assumptions.basis import Trends
from actuarial.errors import AssumptionError

# Own choice: four steps give a spread at all.
LEAST_STEPS = 4
# The heuristic start of the smoothing states is a regression on the first ten levels.
LEAST_LEVELS = 10
# A fit that moves more than this between two scales of the same series has not converged.
LARGEST_MOVE = 0.001


def fit_trends(levels: xr.DataArray, is_broken: xr.DataArray, years: np.ndarray) -> Trends:
    """Central growth and joint residuals of a panel of annual series.

    Parameters
    ----------
    levels : (series, region, year), positive; NaN where a year is not published
    is_broken : (series, year)
        True where the step from the year before crosses a declared break.
    years : forecast years, the first one following the last year of the panel

    Raises
    ------
    AssumptionError
        If a level is not positive, a series has too few unbroken growth steps, or too few years have one of every
        series.

    Source
    ------
    Hyndman et al. (2008), Forecasting with Exponential Smoothing, chapter 2 (damped trend); equal weights: Clemen
    (1989), International Journal of Forecasting 5(4). Rows of residuals drawn whole: own choice.
    """
    if bool((levels <= 0).any()) or bool(xr.ufuncs.isinf(levels).any()):
        raise AssumptionError("trend: a level is not positive or not finite")
    logs = xr.ufuncs.log(levels)
    growth = logs.diff("year").where(~is_broken.isel(year=slice(1, None)))
    steps = growth.count("year")
    if bool((steps < LEAST_STEPS).any()):
        short = steps.where(steps == steps.min(), drop=True)
        place = f"{short['series'].values[0]}, region {short['region'].values[0]}"
        raise AssumptionError(f"trend: {place}: {int(short.min())} unbroken growth steps, {LEAST_STEPS} are needed")
    joint = growth.dropna("year").rename(year="origin").transpose("origin", "series", "region")
    if joint.sizes["origin"] < LEAST_STEPS:
        raise AssumptionError(
            f"trend: only {joint.sizes['origin']} years have a growth step of every series, {LEAST_STEPS} are needed"
        )
    mean = joint.mean("origin")
    residual = joint - mean
    horizon = np.arange(1, len(years) + 1)
    central = mean.expand_dims(year=years).transpose("series", "region", "year") * xr.DataArray(
        horizon, dims="year", coords={"year": years}
    )
    record = []
    for name in levels["series"].values:
        smoothed = {
            region: smoothed_path(
                _unbroken_tail(logs.sel(series=name, region=region), is_broken.sel(series=name)), len(years)
            )
            for region in levels["region"].values
        }
        is_smooth = all(path is not None for path, _ in smoothed.values())
        for region, (path, note) in smoothed.items():
            place = {"series": name, "region": region}
            if is_smooth:
                central.loc[place] = (central.loc[place] + path) / 2
            record.append(
                {
                    **{key: str(value) for key, value in place.items()},
                    "method": "drift+ets" if is_smooth else "drift",
                    "note": note or ("" if is_smooth else "other_region"),
                    "mean_growth": float(np.expm1(mean.sel(place))),
                    "central_growth": float(np.expm1(central.loc[place].values[-1] / len(years))),
                    "steps": joint.sizes["origin"],
                }
            )
    return Trends(central, residual, tuple(record))


def smoothed_path(log_levels: np.ndarray, horizon: int) -> tuple[np.ndarray | None, str]:
    """Damped-trend ETS forecast of a log series, relative to its last value; None with the reason where it has none.

    The series is centred and scaled before it is fitted, and fitted again at ten times the scale: a fit that moves
    is not used, and the note says so. The first states are set by the heuristic and not fitted: fitted with three
    smoothing parameters on ten levels they moved with the scale.

    Source
    ------
    Hyndman et al. (2008), Forecasting with Exponential Smoothing, sections 2.5 and 2.6.1.
    """
    if len(log_levels) < LEAST_LEVELS:
        return None, "short"
    spread = log_levels.std()
    if spread == 0:
        return None, "constant"
    scaled = (log_levels - log_levels.mean()) / spread
    paths = []
    for scale in (1.0, 10.0):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = ETSModel(
                scaled * scale, error="add", trend="add", damped_trend=True, initialization_method="heuristic"
            )
            fitted = cast(ETSResults, model.fit(disp=False, maxiter=2000))
        if not getattr(fitted, "mle_retvals")["converged"]:  # noqa: B009  the attribute is set by the fit alone
            return None, "not_converged"
        paths.append(np.asarray(fitted.forecast(horizon)) / scale * spread + log_levels.mean() - log_levels[-1])
    if np.abs(np.expm1(paths[1] - paths[0])).max() > LARGEST_MOVE:
        return None, "scale_dependent"
    return paths[0], ""


def _unbroken_tail(logs: xr.DataArray, is_broken: xr.DataArray) -> np.ndarray:
    """The last levels that follow each other without a gap or a declared break."""
    values, broken = logs.values, is_broken.values
    start = len(values)
    while start > 0 and np.isfinite(values[start - 1]):
        start -= 1
        if broken[start]:
            break
    return values[start:]


def shock_paths(trends: Trends, shock_rng: np.random.Generator, drift_rng: np.random.Generator, n: int) -> xr.DataArray:
    """Deviation from the central path in logs: yearly shocks that add up, and the error of the mean growth itself.

    Every draw takes years of residuals in blocks of neighbours, with replacement, so that a bad year keeps the rebound
    that followed it; and the mean of another such sample of the length of the history as the error of its drift.
    Residuals are inflated by sqrt(n / (n - 1)), since they were taken about their own mean.

    Returns
    -------
    (draw, series, region, year), 1

    Source
    ------
    Circular block bootstrap: Politis & Romano (1992), in Exploring the Limits of Bootstrap, pages 263-270; block length
    the cube root of n, the rate of Hall, Horowitz & Jing (1995), Biometrika 82(3).
    """
    residual, years = trends.residual, trends.central["year"].values
    size = residual.sizes["origin"]
    pool = residual.values * np.sqrt(size / (size - 1))
    yearly = pool[_block_rows(size, len(years), n, shock_rng)]
    drift = pool[_block_rows(size, size, n, drift_rng)].mean(axis=0)
    steps = np.arange(1, len(years) + 1)[:, None, None, None]
    path = yearly.cumsum(axis=0) + steps * drift
    labelled = xr.DataArray(
        path,
        dims=("year", "draw", "series", "region"),
        coords={"year": years, "series": residual["series"], "region": residual["region"]},
    )
    return labelled.transpose("draw", "series", "region", "year")


def _block_rows(size: int, length: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """Rows of the history in circular blocks of neighbours: (length, draw)."""
    block = round(size ** (1 / 3))
    starts = rng.integers(0, size, (-(-length // block), n))
    rows = (starts[:, None, :] + np.arange(block)[None, :, None]) % size
    return rows.reshape(-1, n)[:length]
