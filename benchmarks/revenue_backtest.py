"""The joint revenue model beside the trend model and simple rivals, on the same origins of a city.

    python -m benchmarks.revenue_backtest FOLDER FIRST_ORIGIN [--economy INDICATOR] [--without SERIES ...] [--out CSV]

1. Horizons 1-3; the model sees the panel of `revenue_levels` up to the origin and is compiled once for all origins;
2. contributions are forecast as the contribution base times collection, the latter where the city's history has it;
3. rivals see each series alone: the trend model of the run, naive, drift, drift in logs, smoothing;
4. scores over the cells that a model shares with drift, coverage over each model's own cells.

Scores are in docs/method/revenue_model.md.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from actuarial.backtest.city import REFERENCE, trend
from actuarial.backtest.origins import Forecasts, Model, roll
from actuarial.backtest.rivals import drift, each_series, in_logs, naive
from actuarial.backtest.table import judge, tidy
from actuarial.errors import AssumptionError
from actuarial.experience.fit import broken_steps, fit, series_levels
from actuarial.experience.priors import revenue_priors
from actuarial.experience.revenue import CompiledRevenue, compile_revenue, fit_revenue
from actuarial.experience.revenue_history import (
    is_same_everywhere,
    once_under_city,
    read_economy,
    revenue_breaks,
    revenue_history,
    revenue_levels,
)
from actuarial.experience.revenue_path import check_replicates, revenue_path
from actuarial.experience.rivals import smoothing_paths
from actuarial.experience.sampling import Sampling
from actuarial.tables import read_folder

HORIZON, SEED, DRAWS = 3, 7, 2000
# Written before the first score and left; their reasons stand in the table.
PRIORS = revenue_priors(("gdp", "average_wage", "contribution_base", "payers", "collection", "resident_financing"))
SERIES = PRIORS.series
SAMPLING = Sampling(
    draws=3000, tuning=1500, chains=2, seed=SEED, acceptance=0.995, cores=1, sampler="nutpie", is_progress_shown=False
)
# 医保发〔2020〕6号: employers' contributions halved for up to five months of 2020; declared from the origin 2020 on.
RELIEF = 2020


def declared(origin: int, years: np.ndarray) -> xr.DataArray:
    """What was known at an origin of the relief of one year: (effect, year)."""
    values = ((years == RELIEF) & (origin >= RELIEF)).astype(float)[None, :]
    return xr.DataArray(values, coords={"effect": ["relief"], "year": years}, dims=("effect", "year"))


def joint(compiled: CompiledRevenue) -> Model:
    """The revenue model; a contribution base times collection stands under `effective_base`."""

    def forecast(history: xr.Dataset, periods: np.ndarray, n: int, rng: np.random.Generator) -> xr.DataArray:
        names = list(compiled.priors.series)
        level = history["level"]
        years = np.arange(int(level["year"].values[0]), int(periods[-1]) + 1)
        known = revenue_history(
            level.sel(series=names),
            history["is_broken"].sel(series=names),
            declared(int(periods[0]) - 1, years),
        )
        started = time.perf_counter()
        posterior = fit_revenue(known, compiled, SAMPLING)
        took = time.perf_counter() - started
        *generators, check = rng.spawn(3)
        try:
            check_replicates(posterior, n, check)
            said = ""
        except AssumptionError as error:
            said = str(error)
        print(periods[0] - 1, f"{took:.1f} s", posterior.diagnostics, said, flush=True)
        print("   loadings", posterior.draws["loading"].mean("draw").round(2).values, flush=True)
        growth = revenue_path(posterior, periods, n, *generators)["growth"]
        both = growth.sel(series="contribution_base")
        if "collection" in names:  # one for the whole city, in its first row
            both = both.drop_vars("series") + growth.sel(series="collection").isel(region=0, drop=True)
        both = both.drop_vars("series", errors="ignore").expand_dims(series=["effective_base"])
        grown = xr.concat([growth, both], dim="series", join="exact")
        last = level.isel(year=-1, drop=True)
        return (last * xr.ufuncs.exp(grown)).transpose("draw", "series", "region", "year").assign_attrs(note=said)

    return forecast


def run(folder: Path, first_origin: int, economy: str, without: list[str]) -> pd.DataFrame:
    """One row per series and model."""
    data = read_folder(folder)
    basis = fit(data, 2)
    levels = revenue_levels(basis, read_economy(data, [economy]))
    names = [str(name) for name in levels["series"].values if name not in without]
    priors = revenue_priors(names)
    single = series_levels(basis.city, basis.history, basis.base_year, basis.policy).sel(series=["effective_base"])
    regions = levels["region"].values
    if "collection" in names and is_same_everywhere(xr.ufuncs.log(levels.sel(series="collection")).diff("year")):
        levels = once_under_city(levels, "collection", basis.city.code)
    panel = xr.Dataset(
        {
            "level": xr.concat([levels.sel(series=names), single.reindex(region=regions)], dim="series"),
            "is_broken": xr.concat(
                [
                    revenue_breaks(basis, levels.sel(series=names)),
                    broken_steps(basis.city, levels["year"].values).sel(series=["effective_base"]),
                ],
                dim="series",
            ),
        }
    )
    years = panel["year"].values
    origins = [int(year) for year in years if first_origin <= year < years[-1]]
    whole = revenue_history(
        panel["level"].sel(series=names), panel["is_broken"].sel(series=names), declared(int(years[-1]), years)
    )
    started = time.perf_counter()
    compiled = compile_revenue(whole, priors, len(years) - 1)
    print(f"compiled in {time.perf_counter() - started:.0f} s; {names}", flush=True)
    rng = np.random.Generator(np.random.Philox(SEED))
    first = roll(panel, {"revenue": joint(compiled)}, origins, HORIZON, DRAWS, rng)
    rivals: dict[str, Model] = {
        "trend": trend,
        "naive": naive,
        "drift": drift,
        "log_drift": in_logs(drift),
        "smoothing": each_series(smoothing_paths),
    }
    tables = []
    for name in ["effective_base", *(name for name in names if name not in (economy, "collection"))]:
        own = panel.sel(series=[name], region=list(basis.city.region_codes))
        others = roll(own, rivals, origins, HORIZON, DRAWS, np.random.Generator(np.random.Philox(SEED)))
        mine = first.draws.sel(series=[name], region=list(basis.city.region_codes))
        draws = xr.concat([mine, others.draws], dim="model", join="exact")
        notes = (*first.notes, *others.notes)
        table = tidy(judge(own, Forecasts(draws.transpose(*others.draws.dims), notes)), (), REFERENCE)
        tables.append(table.assign(series=name))
    return pd.concat(tables, ignore_index=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("first_origin", type=int)
    parser.add_argument("--economy", default="average_wage")
    parser.add_argument("--without", nargs="*", default=[], help="series that the model leaves out")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    table = run(asked.folder, asked.first_origin, asked.economy, asked.without)
    if asked.out:
        table.to_csv(asked.out, index=False)
    shown = table[table["cells"] == "own"]
    columns = ["series", "model", "count", "count_shared", "crps_skill", "crps_share"]
    columns += [f"coverage_{level}" for level in (50, 80, 95)]
    print(shown[columns].round(3).to_string(index=False))


if __name__ == "__main__":
    main()
