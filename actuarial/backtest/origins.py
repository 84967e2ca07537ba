"""Rolling origins: every model forecasts from a copy of the past that ends at the origin.

A panel is a dataset whose `level` has the unit dims (region, ...) and one time dim, `year` or `month`; it may hold
`is_broken`, true where the step into a period crosses a declared break, and anything else a model reads. Periods are
consecutive whole numbers. What has the time dim is cut at the origin.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from actuarial.errors import AssumptionError, SchemaError

# history, periods ahead, number of draws, generator -> (draw, units, time); a unit without forecast is NaN in all draws
Model = Callable[[xr.Dataset, np.ndarray, int, np.random.Generator], xr.DataArray]


@dataclass(frozen=True, slots=True)
class Forecasts:
    """What every model said at every origin.

    draws : (model, draw, origin, units, horizon); NaN where a model gave no forecast
    notes : one entry for each time a model refused an origin, left units out, or fell back: model, origin, note
    """

    draws: xr.DataArray
    notes: tuple[dict[str, object], ...]


def time_dim(panel: xr.Dataset | xr.DataArray) -> str:
    """The name of the panel's time dim: month where it has one, else year."""
    return "month" if "month" in panel.dims else "year"


def cut(panel: xr.Dataset, origin: int) -> xr.Dataset:
    """The panel as it stood at the origin: a copy that shares no memory with what came later."""
    time = time_dim(panel)
    past = panel.drop_attrs().sel({time: panel[time] <= origin})
    return xr.Dataset({str(name): part.copy(deep=True) for name, part in past.data_vars.items()})


def roll(
    panel: xr.Dataset,
    models: Mapping[str, Model],
    origins: Sequence[int],
    horizon: int,
    n: int,
    rng: np.random.Generator,
) -> Forecasts:
    """Forecasts of every model at every origin, each model with the same random numbers at an origin.

    A model that raises AssumptionError at an origin has no forecast there; why, stands in the notes. One model more or
    less, or one origin more at the end, moves no other forecast.

    Raises
    ------
    SchemaError
        If the panel's periods are not consecutive, an origin is not among them, or a model returns what it should not.

    Source
    ------
    Tashman (2000), International Journal of Forecasting 16(4): rolling origins, refitted at each.
    """
    time = time_dim(panel)
    periods = panel[time].values
    if not (np.diff(periods) == 1).all():
        raise SchemaError(f"panel: {time} does not go up by one")
    for origin in origins:
        if origin not in periods:
            raise SchemaError(f"panel: origin {origin} is not among its {time}s, {periods[0]} to {periods[-1]}")
    steps = np.arange(1, horizon + 1)
    notes: list[dict[str, object]] = []
    by_origin = []
    for origin, generator in zip(origins, rng.spawn(len(origins)), strict=True):
        parts = []
        for name, model in models.items():
            history = cut(panel, origin)
            empty = _empty(history["level"], origin + steps, n)
            try:
                drawn = _checked(model(history, origin + steps, n, copy.deepcopy(generator)), empty, name)
                note = _note(drawn)
            except AssumptionError as error:
                drawn, note = empty, str(error)
            if note:
                notes.append({"model": name, "origin": int(origin), "note": note})
            parts.append(drawn.rename({time: "horizon"}).assign_coords(horizon=steps).drop_attrs())
        by_origin.append(xr.concat(parts, dim="model").assign_coords(model=list(models)))
    draws = xr.concat(by_origin, dim="origin").assign_coords(origin=np.asarray(origins))
    return Forecasts(draws.transpose("model", "draw", "origin", ..., "horizon"), tuple(notes))


def outcomes(panel: xr.Dataset, origins: Sequence[int], horizon: int) -> xr.DataArray:
    """What came true: (origin, units, horizon); NaN where it is not published or lies beyond the panel.

    A step that crosses a declared break after the origin is NaN too: what was counted changed, so the forecast cannot
    be held against it.
    """
    parts = _ahead(panel["level"], origins, horizon, np.nan)
    if "is_broken" not in panel:
        return parts
    crossed = _ahead(panel["is_broken"].astype(float), origins, horizon, 0.0).cumsum("horizon") > 0
    return parts.where(~crossed).transpose(*parts.dims)


def later_changes(declared: xr.DataArray, origins: Sequence[int], horizon: int) -> xr.DataArray:
    """Log effect, at each target, of the policy changes that were decided after the origin: (origin, ..., horizon).

    Parameters
    ----------
    declared : ([decided], ..., year), log effect of each change in the year it takes force, for good
        `decided` is the year of the decision; without it every change counts as decided after all origins before it.
    """
    total: list[xr.DataArray] = []
    for origin in origins:
        known = declared
        if "decided" in declared.dims:
            known = declared.where(declared["decided"] > origin, 0.0).sum("decided")
        total.append(_ahead(known, [origin], horizon, 0.0).cumsum("horizon"))
    return xr.concat(total, dim="origin")


def check_no_look_ahead(
    build: Callable[[xr.Dataset], Mapping[str, Model]],
    panel: xr.Dataset,
    origins: Sequence[int],
    horizon: int,
    n: int,
    rng: np.random.Generator,
) -> None:
    """Change everything after each origin and see that no draw moves.

    Parameters
    ----------
    build : models made from a panel, so that a model that keeps the whole panel is given the changed one

    Raises
    ------
    AssumptionError
        If a model's forecast moves with what came after the origin.
    """
    time = time_dim(panel)
    for origin in origins:
        later = panel[time] > origin
        changed = panel.copy(
            data={
                name: _other(part).where(later, part).transpose(*part.dims) if time in part.dims else part
                for name, part in panel.data_vars.items()
            }
        )
        seen, unseen = (
            roll(version, build(version), [origin], horizon, n, copy.deepcopy(rng)).draws
            for version in (panel, changed)
        )
        for name in seen["model"].values:
            if not seen.sel(model=name).identical(unseen.sel(model=name)):
                raise AssumptionError(f"backtest: model {name} reads what came after its origin {origin}")


def last_run(history: xr.Dataset) -> xr.DataArray:
    """True for the periods up to the last one that follow each other without a gap or a declared break."""
    time = time_dim(history)
    known = history["level"].notnull()
    if "is_broken" in history:
        next_broken = history["is_broken"].astype(bool).shift({time: -1}, fill_value=False)
        known = known & ~next_broken
    backwards = {time: slice(None, None, -1)}
    run = known.astype(int).isel(backwards).cumprod(time).isel(backwards).astype(bool)
    return run.assign_coords({time: history[time]}).transpose(*history["level"].dims)


def _other(part: xr.DataArray) -> xr.DataArray:
    return ~part if part.dtype == bool else part * 3 + 1


def _ahead(values: xr.DataArray, origins: Sequence[int], horizon: int, missing: float) -> xr.DataArray:
    """Values at origin + 1, ..., origin + horizon; `missing` beyond the last period."""
    time = time_dim(values)
    steps = np.arange(1, horizon + 1)
    parts: list[xr.DataArray] = []
    for origin in origins:
        ahead = values.reindex({time: origin + steps})
        within = ahead.where(ahead[time] <= values[time].values[-1], missing)
        parts.append(within.rename({time: "horizon"}).assign_coords(horizon=steps))
    return xr.concat(parts, dim="origin").assign_coords(origin=np.asarray(origins)).transpose("origin", ..., "horizon")


def _empty(level: xr.DataArray, periods: np.ndarray, n: int) -> xr.DataArray:
    time = time_dim(level)
    ahead = level.isel({time: -1}, drop=True).expand_dims({"draw": n, time: periods})
    return xr.full_like(ahead, np.nan).transpose("draw", ..., time)


def _checked(drawn: xr.DataArray, empty: xr.DataArray, name: str) -> xr.DataArray:
    if set(drawn.dims) != set(empty.dims) or dict(drawn.sizes) != dict(empty.sizes):
        raise SchemaError(f"backtest: model {name} returns {dict(drawn.sizes)}, not {dict(empty.sizes)}")
    drawn = drawn.transpose(*empty.dims)
    for dim in set(empty.dims) - {"draw"}:
        if not np.array_equal(drawn[dim].values, empty[dim].values):
            raise SchemaError(f"backtest: model {name} returns other {dim} labels than the panel's")
    known = xr.ufuncs.isfinite(drawn)
    if bool((known.any("draw") != known.all("draw")).any()):
        raise SchemaError(f"backtest: model {name} returns draws that are not finite among draws that are")
    return drawn.reset_coords(drop=True).assign_coords({dim: empty[dim] for dim in empty.dims if dim != "draw"})


def _note(drawn: xr.DataArray) -> str:
    """What the model says of itself, and how many series it left out."""
    said = str(drawn.attrs.get("note", ""))
    missing = int(drawn.isel(draw=0).isnull().sum())
    if not missing:
        return said
    left_out = f"no forecast in {missing} of {drawn.isel(draw=0).size} cells"
    return f"{said}; {left_out}" if said else left_out
