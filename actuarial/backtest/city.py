"""The trend model of a city against its rivals, refitted at every origin of the city's own history.

The series are those that the projection grows (`experience.fit.series_levels`). They are taken as they are published
now, and cost is measured at the age pattern of the last closed year: what is judged is the forecast of growth, not of
first releases. Each series is forecast alone, since in most years not all of them exist.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from actuarial.backtest.origins import Forecasts, Model, outcomes, roll
from actuarial.backtest.program import Program
from actuarial.backtest.rivals import drift, each_series, in_logs, naive, separate
from actuarial.backtest.scores import score
from actuarial.backtest.stacking import add_stack
from actuarial.backtest.table import Backtest, judge, splits
from actuarial.errors import AssumptionError
from actuarial.experience.fit import broken_steps, fit, series_levels
from actuarial.experience.rivals import smoothing_paths
from actuarial.experience.shocks import shock_paths
from actuarial.experience.trend import fit_trends
from actuarial.tables import CityData

REFERENCE = "drift"
# What the mixture is made of: models that the library itself holds.
STACKED = ("trend", "log_drift", "naive", "smoothing")


@dataclass(frozen=True, slots=True)
class CityBacktest:
    """A backtest of every series of a city.

    table : one row per series, split, group, errors and model
    series : the backtest behind it, by series
    weights : (series, model, origin), those of the mixture
    """

    table: pd.DataFrame
    series: dict[str, Backtest]
    weights: xr.DataArray


def backtest_city(
    data: CityData,
    first_origin: int,
    horizon: int,
    least_targets: int,
    n: int,
    rng: np.random.Generator,
    environment: Path | None = None,
    declared: xr.DataArray | None = None,
) -> CityBacktest:
    """Rolling origins from a year on, over every series of a city.

    Parameters
    ----------
    first_origin : the first year that stands as the last known one
    horizon : years ahead
    least_targets : target years that stacking weights need
    environment : folder of the separate program's script, with its `.venv`; None where there is none. A missing
        environment leaves its rivals without forecast, and the table says so.
    declared : ([decided], [series], [region], year), log effects of policy changes, as `origins.later_changes`

    Raises
    ------
    AssumptionError
        If no year from first_origin on lies before the last one of the history.
    """
    panel = city_panel(data)
    years = panel["year"].values
    origins = [int(year) for year in years if first_origin <= year < years[-1]]
    if not origins:
        raise AssumptionError(f"backtest: no origin from {first_origin} on; the history runs {years[0]} to {years[-1]}")
    with rival_program(environment) as program:
        rolled = roll(panel, city_models(program), origins, horizon, n, rng)
    found, weights, tables = {}, [], []
    for name in panel["series"].values:
        part = panel.sel(series=name, drop=True)
        alone = Forecasts(rolled.draws.sel(series=name, drop=True), rolled.notes)
        density = score(alone.draws, outcomes(part, origins, horizon))["log_density"]
        stacked, weight = add_stack(alone, density, least_targets, STACKED)
        effects = declared
        if declared is not None and "series" in declared.dims:
            effects = declared.sel(series=name, drop=True)
        found[str(name)] = judge(part, stacked, effects)
        weights.append(weight)
        tables.append(splits(found[str(name)], REFERENCE).assign(series=name))
    table = pd.concat(tables, ignore_index=True)
    return CityBacktest(
        table[["series", *(name for name in table.columns if name != "series")]],
        found,
        xr.concat(weights, dim="series").assign_coords(series=panel["series"]),
    )


def city_panel(data: CityData) -> xr.Dataset:
    """The series of a city with their declared breaks: level (series, region, year), is_broken (series, year)."""
    basis = fit(data, 2)
    level = series_levels(basis.city, basis.history, basis.base_year, basis.policy)
    return xr.Dataset({"level": level, "is_broken": broken_steps(basis.city, level["year"].values)})


def rival_program(environment: Path | None) -> Program:
    """The separate program of a folder; one that refuses every question where no folder is given."""
    if environment is None:
        return Program(None, Path("forecast.py"))
    return Program(environment / ".venv" / "bin" / "python", environment / "forecast.py")


def city_models(program: Program) -> dict[str, Model]:
    """The trend model and its rivals, by name."""
    models: dict[str, Model] = {
        "trend": trend,
        "naive": naive,
        "drift": drift,
        "log_drift": in_logs(drift),
        "smoothing": each_series(smoothing_paths),
    }
    for method in ("AutoETS", "AutoARIMA"):
        models[method] = separate(program, method)
    return models


def trend(history: xr.Dataset, periods: np.ndarray, n: int, rng: np.random.Generator) -> xr.DataArray:
    """The trend model of the projection, fitted to each series alone; a series that it refuses has no forecast."""
    parts, refused = [], []
    names = history["level"]["series"].values
    for name, generator in zip(names, rng.spawn(len(names)), strict=True):
        level = history["level"].sel(series=[name])
        last = level.isel(year=-1, drop=True)
        try:
            if bool(last.isnull().any()):
                raise AssumptionError(f"trend: {name}: no level in the last year")
            trends = fit_trends(level, history["is_broken"].sel(series=[name]), periods)
            shock_rng, drift_rng = generator.spawn(2)
            shocks = shock_paths(trends, shock_rng, drift_rng, n)
            parts.append(last * xr.ufuncs.exp(trends.central + shocks))
        except AssumptionError as error:
            refused.append(str(error))
            empty = xr.full_like(last, np.nan).expand_dims(draw=n, year=periods)
            parts.append(empty.drop_vars("draw", errors="ignore"))
    drawn = xr.concat([part.transpose("draw", "series", "region", "year") for part in parts], dim="series")
    return drawn.assign_attrs(note="; ".join(refused))
