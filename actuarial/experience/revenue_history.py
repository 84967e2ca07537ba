"""The series that revenue is made of, by region and year, checked and reduced to the yearly log growth a model sees.

1. `revenue_levels` puts the series of a city together, `revenue_breaks` the steps that a declared break spoils;
2. `revenue_history` checks any such panel and takes logs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.demography.membership import mid_year
from actuarial.errors import AssumptionError, SchemaError
from actuarial.experience.fit import FUND_OF_SERIES, broken_steps, series_levels
from actuarial.tables import CityData, to_array

# Two steps give a growth and its spread; fewer leave the priors alone in charge.
LEAST_STEPS = 2
# Logs are cut here, far below any error of the data, so that the unit of money does not move a single draw: logs of
# yuan and of 亿元 differ by 1e-14, and the fewer the digits, the fewer of them lie on an edge of the rounding.
LOG_DIGITS = 8
# Growth that moves less than this over the whole history carries no risk that could be fitted: amounts are published
# with five digits or more, so it is rounding.
LEAST_SPREAD = 1e-4


@dataclass(frozen=True, slots=True)
class RevenueHistory:
    """A checked panel of log growth.

    growth : (series, region, year), 1; NaN where a level is missing or a declared break is crossed
    declared : (effect, year), how far a declared shock is in force, from the first level to the last forecast year
    """

    growth: xr.DataArray
    declared: xr.DataArray


def revenue_history(levels: xr.DataArray, is_broken: xr.DataArray, declared: xr.DataArray) -> RevenueHistory:
    """Log growth of a panel of levels.

    Parameters
    ----------
    levels : (series, region, year), any unit; NaN where not published, consecutive years
        A region without any level is forecast from the others.
    is_broken : (series, year), true where the step into a year crosses a declared break
    declared : (effect, year), 1
        No effect at all is an array of length zero along `effect`.

    Raises
    ------
    SchemaError
        If years are not consecutive, or a level is not finite.
    AssumptionError
        If a level is not positive, a series has too few steps, does not vary, or is the same in several regions, or
        declared effects miss a year.
    """
    levels = levels.transpose("series", "region", "year")
    years = levels["year"].values
    if (np.diff(years) != 1).any():
        raise SchemaError(f"revenue: years {years.tolist()} are not one after another")
    if bool(xr.ufuncs.isinf(levels).any()):
        raise SchemaError(f"revenue: a level is not finite, first at {_first(xr.ufuncs.isinf(levels))}")
    if bool((levels <= 0).any()):
        raise AssumptionError(f"revenue: a level is not positive, where a log is taken, at {_first(levels <= 0)}")
    if not set(years) <= set(declared["year"].values):
        raise AssumptionError(f"declared: years {years[0]}-{years[-1]} of the history are not all covered")
    growth = xr.ufuncs.log(levels).diff("year").where(~is_broken.isel(year=slice(1, None))).round(LOG_DIGITS)
    for name in growth["series"].values:
        _check_series(growth.sel(series=name, drop=True), str(name))
    return RevenueHistory(growth.transpose("series", "region", "year"), declared.transpose("effect", "year"))


def _check_series(growth: xr.DataArray, name: str) -> None:
    steps = int(growth.notnull().any("region").sum())
    if steps < LEAST_STEPS:
        raise AssumptionError(f"revenue: {name}: unbroken growth steps: {steps}, needed: {LEAST_STEPS}")
    spread = float(growth.std())
    if not spread >= LEAST_SPREAD:
        raise AssumptionError(
            f"revenue: {name}: growth varies by {spread:.2g}, limit {LEAST_SPREAD}; leave the series out"
        )
    if is_same_everywhere(growth):
        raise AssumptionError(
            f"revenue: {name}: no region differs by {LEAST_SPREAD} from the others; give it once, under the city"
        )


def is_same_everywhere(growth: xr.DataArray) -> bool:
    """Whether several regions have one and the same growth: (region, year), NaN where there is none."""
    apart = abs(growth - growth.mean("region")).max()
    return int(growth.notnull().any("year").sum()) > 1 and float(apart) < LEAST_SPREAD


def once_under_city(levels: xr.DataArray, series: str, city: str) -> xr.DataArray:
    """The panel with one series moved to the city's row, as its mean over regions; the regions' own rows empty.

    For a series that every region repeats: counted once for each, it would leave regions no noise of their own.
    """
    moved = levels.sel(series=[series])
    once = moved.mean("region").expand_dims(region=[city]).reindex(region=levels["region"].values)
    others = levels.sel(series=levels["series"] != series)
    joined = xr.concat([others, once.transpose(*levels.dims)], dim="series", join="exact")
    return joined.sel(series=levels["series"].values)


def _first(is_wrong: xr.DataArray) -> dict[str, object]:
    place = dict(zip(is_wrong.dims, np.argwhere(is_wrong.values)[0], strict=True))
    return {str(dim): is_wrong[dim].isel({dim: at}).item() for dim, at in place.items()}


def read_economy(data: CityData, indicators: Sequence[str]) -> xr.DataArray:
    """Indicators that stand for the economy of the whole city: (series, region, year), region the city's own code.

    Raises
    ------
    AssumptionError
        If the city has no rows of an indicator.
    """
    frame = data.frames["economy"]
    rows = frame[(frame["region"] == data.city.code) & (frame["year"] <= data.city.last_year)]
    parts = []
    for name in indicators:
        found = rows[rows["indicator"] == name]
        if found.empty:
            raise AssumptionError(f"economy: no {name} for the city")
        parts.append(to_array(found, ["year"]))
    joined = xr.concat(parts, dim="series", join="outer").assign_coords(series=list(indicators))
    return joined.expand_dims(region=[data.city.code]).transpose("series", "region", "year")


def revenue_levels(basis: Basis, economy: xr.DataArray) -> xr.DataArray:
    """The series that revenue is made of.

    payers = mid-year active members; collection = contributions / (payers x contribution_base x rate);
    resident_financing = financing / mid-year resident members

    Parameters
    ----------
    economy : as `read_economy`; a series of the whole city stands under the city's code and nowhere else, so that
        it is counted once

    Returns
    -------
    (series, region, year), NaN where not published; the indicators first, regions after the city
    """
    history = basis.history
    trends = series_levels(basis.city, history, basis.base_year, basis.policy)
    years = trends["year"].values
    base = history.contribution_base.reindex(year=years)
    local = xr.concat(
        [
            base,
            mid_year(history.members).sel(status="active", drop=True).reindex(year=years),
            trends.sel(series="effective_base", drop=True) / base,
            trends.sel(series="resident_financing", drop=True),
        ],
        dim="series",
        coords="minimal",
    ).assign_coords(series=["contribution_base", "payers", "collection", "resident_financing"])
    regions = list(dict.fromkeys([basis.city.code, *basis.city.region_codes]))
    whole = economy.reindex(year=years)
    parts = [part.reindex(region=regions).transpose("series", "region", "year") for part in (whole, local)]
    return xr.concat(parts, dim="series")


def revenue_breaks(basis: Basis, levels: xr.DataArray) -> xr.DataArray:
    """True where the step into a year crosses a declared break of the fund that a series comes from: (series, year).

    Payers and collection belong to the employee fund, as the effective base does. The contribution base and the
    indicators come from no fund.
    """
    years = levels["year"].values
    of_fund = broken_steps(basis.city, years)
    source = {name: name for name in FUND_OF_SERIES} | {"payers": "effective_base", "collection": "effective_base"}
    flags = [
        of_fund.sel(series=source[name]).values if name in source else np.zeros(len(years), dtype=bool)
        for name in levels["series"].values
    ]
    return xr.DataArray(flags, dims=("series", "year"), coords={"series": levels["series"], "year": years})
