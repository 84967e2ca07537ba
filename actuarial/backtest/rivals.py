"""The simple forecasts that a model has to beat, and those of a separate program.

naive, drift and seasonal naive with Gaussian errors, in closed form, on the last run of periods without a gap or a
declared break. A unit whose run is too short has no forecast.
"""

from collections.abc import Callable

import numpy as np
import xarray as xr
from scipy import stats

from actuarial.backtest.origins import Model, last_run, time_dim
from actuarial.backtest.program import Program
from actuarial.errors import AssumptionError

# Quantiles asked of a separate program: with normal errors two would do, with others more are needed.
PROBABILITIES = tuple(round(0.01 * number, 2) for number in range(1, 100))


def naive(history: xr.Dataset, periods: np.ndarray, n: int, rng: np.random.Generator) -> xr.DataArray:
    """The last level; standard deviation sigma sqrt(h).

    Source
    ------
    Hyndman & Athanasopoulos (2021), Forecasting: Principles and Practice, 3rd edition, sections 5.2 and 5.5.
    """
    step = _steps(history)
    sigma = _root_mean(step, step.count(time_dim(history)))
    return _walk(history, periods, xr.zeros_like(sigma), xr.zeros_like(sigma), sigma, n, rng)


def drift(history: xr.Dataset, periods: np.ndarray, n: int, rng: np.random.Generator) -> xr.DataArray:
    """The line from the first level to the last, carried on; standard deviation sigma sqrt(h (1 + h / (T - 1))).

    sigma^2 is the sum of squared residuals over T - 2: one is lost to the first level, one to the drift.

    Source
    ------
    Hyndman & Athanasopoulos (2021), Forecasting: Principles and Practice, 3rd edition, sections 5.2 and 5.5.
    """
    step, time = _steps(history), time_dim(history)
    count = step.count(time)
    mean = step.mean(time)
    sigma = _root_mean(step - mean, count - 1)
    return _walk(history, periods, mean, sigma / count**0.5, sigma, n, rng)


def seasonal_naive(season: int) -> Model:
    """The level of the same season last time; standard deviation sigma sqrt(k + 1), k whole seasons ahead before it.

    Source
    ------
    Hyndman & Athanasopoulos (2021), Forecasting: Principles and Practice, 3rd edition, sections 5.2 and 5.5.
    """

    def forecast(history: xr.Dataset, periods: np.ndarray, n: int, rng: np.random.Generator) -> xr.DataArray:
        time = time_dim(history)
        level = history["level"].where(last_run(history))
        step = level - level.shift({time: season})
        sigma = _root_mean(step, step.count(time))
        rounds = -(-len(periods) // season)
        last = level.isel({time: slice(-season, None)})
        if last.sizes[time] < season:
            raise AssumptionError(f"seasonal_naive: periods known: {last.sizes[time]}, needed: {season}")
        noise = xr.DataArray(
            rng.standard_normal((n, *(level.sizes[dim] for dim in sigma.dims), rounds, season)),
            dims=("draw", *sigma.dims, "round", time),
        ).cumsum("round")
        path = noise * sigma + last.drop_vars(time)
        return _labelled(path.stack({"ahead": ("round", time)}), periods, time)

    return forecast


def each_series(paths: Callable[[np.ndarray, int, int, np.random.Generator], np.ndarray]) -> Model:
    """A model of one series, (levels, horizon, n, rng) -> (n, horizon), applied to the last run of every unit.

    A unit that it refuses has no forecast, and the note says why.
    """

    def forecast(history: xr.Dataset, periods: np.ndarray, n: int, rng: np.random.Generator) -> xr.DataArray:
        flat, units, time = _series(history)
        drawn = np.full((n, len(flat), len(periods)), np.nan)
        faults = set()
        for number, (levels, generator) in enumerate(zip(flat, rng.spawn(len(flat)), strict=True)):
            try:
                drawn[:, number] = paths(levels, len(periods), n, generator)
            except AssumptionError as error:
                faults.add(str(error))
        return _unfolded(drawn, history, units, periods, time, faults)

    return forecast


def in_logs(model: Model) -> Model:
    """The same model, fitted to logs of the level and brought back."""

    def forecast(history: xr.Dataset, periods: np.ndarray, n: int, rng: np.random.Generator) -> xr.DataArray:
        if bool((history["level"] <= 0).any()):
            raise AssumptionError("in_logs: a level is not positive")
        logged = history.assign(level=xr.ufuncs.log(history["level"]))
        drawn = model(logged, periods, n, rng)
        return xr.ufuncs.exp(drawn).assign_attrs(drawn.attrs)

    return forecast


def first_that_fits(ladder: dict[str, Model]) -> Model:
    """The first model of a ladder that does not refuse the history; every step down is noted with its reason."""

    def forecast(history: xr.Dataset, periods: np.ndarray, n: int, rng: np.random.Generator) -> xr.DataArray:
        refusals: list[str] = []
        for name, model in ladder.items():
            try:
                drawn = model(history, periods, n, rng)
            except AssumptionError as error:
                refusals.append(f"{name} refused: {error}")
                continue
            said = [*refusals, f"{name} used"] if refusals else []
            said += [drawn.attrs["note"]] if drawn.attrs.get("note") else []
            return drawn.assign_attrs(note="; ".join(said))
        raise AssumptionError("; ".join(refusals))

    return forecast


def separate(program: Program, method: str, season: int = 1) -> Model:
    """A forecast by a separate program: the last run of every unit in, quantiles out.

    Draws follow the quantiles, straight lines between them on the scale of a normal, so that a normal forecast comes
    back exactly; the horizons of a draw share one normal number. The model refuses what `Program.ask` refuses.
    """

    def forecast(history: xr.Dataset, periods: np.ndarray, n: int, rng: np.random.Generator) -> xr.DataArray:
        flat, units, time = _series(history)
        series = [levels.tolist() for levels in flat]
        asked = {"method": method, "horizon": len(periods), "season": season, "probabilities": PROBABILITIES}
        try:
            found = program.ask({**asked, "series": series})
        except AssumptionError as error:
            raise AssumptionError(f"{method}: {error}") from None
        quantiles = np.array(
            [row or [[np.nan] * len(PROBABILITIES)] * len(periods) for row in found["quantiles"]], dtype=float
        )
        drawn = _from_quantiles(quantiles, rng.standard_normal((n, len(flat))))
        return _unfolded(drawn, history, units, periods, time, set(found["faults"]) - {""})

    return forecast


def _series(history: xr.Dataset) -> tuple[list[np.ndarray], tuple[str, ...], str]:
    """The last run of every unit, the unit dims in their order, and the time dim."""
    time = time_dim(history)
    level = history["level"].where(last_run(history))
    units = tuple(str(dim) for dim in level.dims if dim != time)
    flat = level.transpose(*units, time).values.reshape(-1, level.sizes[time])
    return [row[np.isfinite(row)] for row in flat], units, time


def _unfolded(
    drawn: np.ndarray, history: xr.Dataset, units: tuple[str, ...], periods: np.ndarray, time: str, faults: set[str]
) -> xr.DataArray:
    """(n, series, horizon) with the units' dims and labels, and with what was refused."""
    level = history["level"]
    shape = (len(drawn), *(level.sizes[dim] for dim in units), len(periods))
    labelled = _labelled(xr.DataArray(drawn.reshape(shape), dims=("draw", *units, "ahead")), periods, time)
    return labelled.assign_coords({dim: level[dim] for dim in units}).assign_attrs(note="; ".join(sorted(faults)))


def _steps(history: xr.Dataset) -> xr.DataArray:
    level = history["level"].where(last_run(history))
    return level.diff(time_dim(history))


def _root_mean(residual: xr.DataArray, freedom: xr.DataArray) -> xr.DataArray:
    """Standard deviation with the degrees of freedom given; NaN where there are none."""
    time = time_dim(residual)
    return ((residual**2).sum(time) / freedom.where(freedom > 0)) ** 0.5


def _walk(
    history: xr.Dataset,
    periods: np.ndarray,
    mean: xr.DataArray,
    mean_error: xr.DataArray,
    sigma: xr.DataArray,
    n: int,
    rng: np.random.Generator,
) -> xr.DataArray:
    """Random walks from the last level, with an uncertain drift."""
    time = time_dim(history)
    last = history["level"].isel({time: -1}, drop=True)
    shape = tuple(last.sizes[dim] for dim in last.dims)
    step = xr.DataArray(rng.standard_normal((n, *shape, len(periods))), dims=("draw", *last.dims, "ahead"))
    drift_noise = xr.DataArray(rng.standard_normal((n, *shape)), dims=("draw", *last.dims))
    steps = xr.DataArray(np.arange(1, len(periods) + 1), dims="ahead")
    return _labelled(last + steps * (mean + mean_error * drift_noise) + sigma * step.cumsum("ahead"), periods, time)


def _labelled(path: xr.DataArray, periods: np.ndarray, time: str) -> xr.DataArray:
    ahead = path.drop_vars([name for name in ("ahead", "round", time) if name in path.coords])
    ahead = ahead.isel(ahead=slice(None, len(periods))).rename(ahead=time)
    return ahead.assign_coords({time: periods}).transpose("draw", ..., time)


def _from_quantiles(quantiles: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """(series, horizon, probability) and (draw, series) -> (draw, series, horizon)."""
    scale = stats.norm.ppf(PROBABILITIES)
    place = np.clip(np.searchsorted(scale, normal), 1, len(scale) - 1)
    weight = (normal - scale[place - 1]) / (scale[place] - scale[place - 1])
    rows = np.arange(normal.shape[1])[None, :]
    low, high = quantiles[rows, :, place - 1], quantiles[rows, :, place]
    return low + weight[..., None] * (high - low)
