"""Did a deficit come as often as it was stated? Revenue and spending of each fund, forecast jointly at every origin.

The method is that of the trends, applied to the totals of a fund in place of the series of a run: the people of an
earlier year are not projected again. What is judged is the way from a history to the probability of a deficit.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from actuarial.assumptions.history import read_history
from actuarial.backtest.origins import outcomes, roll
from actuarial.backtest.reliability import brier_score, reliability_table
from actuarial.city import City
from actuarial.experience.shocks import shock_paths
from actuarial.experience.trend import fit_trends
from actuarial.schema import FUNDS, POOLED_FUNDS, REVENUE_LINES, SPENDING_LINES
from actuarial.tables import CityData

SIDES = ("revenue", "spending")
# Own choice: below it, bins hold one or two cells.
LEAST_CELLS = 16
# Own choice: the usual two-sided interval.
INTERVAL = 0.95


def city_deficits(
    data: CityData, first_origin: int | None, horizon: int, n: int, rng: np.random.Generator
) -> xr.Dataset:
    """Stated probability of a deficit and whether it came, from the city's accounts.

    Parameters
    ----------
    first_origin : first year that stands as the last known one; every year of the history where None

    Returns
    -------
    stated, came : (fund, origin, region, horizon), 1; NaN where the method refused or nothing came true
    """
    ledger = read_history(data).ledger
    ledger = ledger.sel(year=ledger["year"] <= data.city.last_year)
    funds = [fund for fund in POOLED_FUNDS if bool(_totals(ledger, fund).notnull().any())]
    parts = []
    for fund, generator in zip(funds, rng.spawn(len(funds)), strict=True):
        levels = _totals(ledger, fund)
        panel = xr.Dataset({"level": levels, "is_broken": _broken(data.city, fund, levels["year"].values)})
        years = levels["year"].values
        origins = [int(year) for year in years[:-1] if first_origin is None or year >= first_origin]
        parts.append(deficits(panel, origins, horizon, n, generator))
    return xr.concat(parts, dim="fund", join="outer").assign_coords(fund=funds)


def deficits(panel: xr.Dataset, origins: Sequence[int], horizon: int, n: int, rng: np.random.Generator) -> xr.Dataset:
    """Stated probability that spending passes revenue, and whether it did: (origin, region, horizon).

    Parameters
    ----------
    panel : level (series, region, year) of ``revenue`` and ``spending``, is_broken (series, year)
    """
    draws = roll(panel, {"trend": joint_trend}, origins, horizon, n, rng).draws.sel(model="trend", drop=True)
    is_known = draws.isel(draw=0, drop=True).notnull().all("series")
    stated = _is_deficit(draws).mean("draw").where(is_known)
    came = outcomes(panel, origins, horizon)
    return xr.Dataset({"stated": stated, "came": _is_deficit(came).astype(float).where(came.notnull().all("series"))})


def joint_trend(history: xr.Dataset, periods: np.ndarray, n: int, rng: np.random.Generator) -> xr.DataArray:
    """The trend model of the projection, fitted to all series together, so that their errors keep their company."""
    trends = fit_trends(history["level"], history["is_broken"], periods)
    last = history["level"].isel(year=-1, drop=True)
    shock_rng, drift_rng = rng.spawn(2)
    drawn = last * xr.ufuncs.exp(trends.central + shock_paths(trends, shock_rng, drift_rng, n))
    return drawn.transpose("draw", "series", "region", "year")


def reliability_records(found: xr.Dataset) -> list[dict[str, Any]]:
    """Those of every fund, and of all funds together under the name ``all``."""
    each = [{"fund": str(fund), **reliability_record(found.sel(fund=fund))} for fund in found["fund"].values]
    return [*each, {"fund": "all", **reliability_record(found)}]


def reliability_record(found: xr.Dataset) -> dict[str, Any]:
    """What a run and a page keep of some cells: number, Brier score and its parts, one row per bin; plain numbers."""
    score = brier_score(found["stated"], found["came"])
    table = reliability_table(found["stated"], found["came"], INTERVAL)
    bins = [
        {str(name): _plain(table[name][place]) for name in (*table.data_vars, *table.coords) if name != "bin"}
        for place in range(table.sizes["bin"])
    ]
    is_cell = (found["stated"].notnull() & found["came"].notnull()).any(
        [dim for dim in found["stated"].dims if dim != "origin"]
    )
    origins = [int(origin) for origin in found["origin"].values[is_cell.values]]
    parts = {str(name): _plain(value) for name, value in score.data_vars.items()}
    return {**parts, "origins": origins, "horizon": found.sizes["horizon"], "bins": bins}


def _plain(value: xr.DataArray) -> float | int | None:
    """A number that JSON can hold; nothing where there is none."""
    number = value.item()
    return None if isinstance(number, float) and np.isnan(number) else number


def _is_deficit(money: xr.DataArray) -> xr.DataArray:
    return money.sel(series="spending", drop=True) > money.sel(series="revenue", drop=True)


def _totals(ledger: xr.DataArray, fund: str) -> xr.DataArray:
    scheme = FUNDS[fund][0]
    lines = (list(REVENUE_LINES[scheme]), list(SPENDING_LINES[scheme]))
    sides = [ledger.sel(fund=fund, line=own, drop=True).sum("line", min_count=1) for own in lines]
    whole = xr.concat(sides, dim="series").assign_coords(series=list(SIDES))
    return whole.where(whole > 0).transpose("series", "region", "year").dropna("year", how="all")


def _broken(city: City, fund: str, years: np.ndarray) -> xr.DataArray:
    """Any declared break of the scheme's fund, whatever part of it: a total holds all of them."""
    scheme = FUNDS[fund][0]
    declared = {part.year for part in city.breaks if part.scheme == scheme}
    flags = [[int(year) in declared for year in years]] * len(SIDES)
    return xr.DataArray(flags, dims=("series", "year"), coords={"series": list(SIDES), "year": years})
