"""Money of the assistance fund by source: each on its own path where the policy table states it, else all on one trend.

A source is a line of the fund's revenue. Its path is stated by four values with the source in ``detail``: growth, by
region if need be, spread, and the shares of its variance that all sources and that one region alone have. They count
where they are in force in the first forecast year.
"""

import numpy as np
import xarray as xr

from actuarial.assistance.money import central_money, money_deviation, money_paths
from actuarial.assumptions.basis import Basis
from actuarial.fund.base_lines import base_lines, in_proportion
from actuarial.schema import MONEY_SOURCES, REVENUE_LINES

# What a change of appropriations by a scenario moves where sources go their own ways.
APPROPRIATIONS = ("central_subsidy", "provincial_subsidy", "local_budget")
RECEIVED = tuple(line for line in REVENUE_LINES["assistance"] if line != "interest")
GROWTH, WHOLE = "money_growth", "total"


def stated_sources(basis: Basis) -> list[str]:
    """Sources that the last closed year's ledger divides, where their paths are stated; none where they are not."""
    policy, first = basis.policy, int(basis.years[0])
    regions = basis.history.ledger["region"].values.tolist()
    stated = (
        policy.stated(GROWTH, "assistance", region, first, source) for region in regions for source in MONEY_SOURCES
    )
    return list(base_lines(basis, "assistance", MONEY_SOURCES)) if any(stated) else []


def money_by_source(
    basis: Basis, central: xr.DataArray, deviation: xr.DataArray, shift: xr.DataArray | None
) -> dict[str, xr.DataArray]:
    """Every line of money that the fund receives: (..., region, year), yuan, forecast years.

    Where paths are stated, other revenue follows the city's sources together; else all lines follow the trend of
    assistance_income.

    Parameters
    ----------
    central, deviation : log growth of the series since the last closed year, and the draws' deviation from it
    shift : (draw, region, source, year), log, of :func:`draw_money`; None for the central path, or where none is stated

    Raises
    ------
    AssumptionError
        If a value of a path is missing; or as :func:`central_money`.
    """
    factor = basis.factors.sel(scheme="assistance", quantity="fiscal_subsidy", drop=True)
    lines, sources = base_lines(basis, "assistance", RECEIVED), stated_sources(basis)
    if not sources:
        trend = (central + deviation).sel(series="assistance_income", drop=True)
        return in_proportion(lines, xr.ufuncs.exp(trend) * factor)
    base = xr.concat([lines[source] for source in sources], dim=_labels(sources)).transpose("region", "source")
    paths = central_money(base, _growth(basis, sources))
    if shift is not None:
        paths = money_paths(paths, shift)
    paths = xr.where(paths["source"].isin(APPROPRIATIONS), paths * factor, paths)
    index = paths.sum(["source", "region"]) / base.sum()
    others = {line: amount for line, amount in lines.items() if line not in sources}
    return {source: paths.sel(source=source, drop=True) for source in sources} | in_proportion(others, index)


def draw_money(basis: Basis, draws: int, rng: np.random.Generator) -> xr.DataArray | None:
    """Deviation of the log of every source: (draw, region, source, year); None where their paths are not stated.

    Raises
    ------
    AssumptionError
        As :func:`money_deviation`.
    """
    sources = stated_sources(basis)
    if not sources:
        return None
    spread, common, regional = (
        _of_city(basis, sources, f"money_{name}") for name in ("spread", "common_share", "regional_share")
    )
    regions = basis.history.ledger["region"].values
    return money_deviation(spread, common, regional, regions, basis.years, draws, rng)


def money_views(basis: Basis, money: dict[str, xr.DataArray]) -> xr.Dataset:
    """What is counted of the draws: money by source and in all, without interest, the last closed year in front.

    Returns
    -------
    money_region, money_city : (..., source, year_all), yuan; the last source is the total
    """
    if not money:
        return xr.Dataset()
    first = base_lines(basis, "assistance", tuple(money))
    years = {
        line: xr.concat(
            xr.broadcast(first[line].expand_dims(year=[basis.last_year]), amount, exclude=["year"]),
            "year",
            join="exact",
        )
        for line, amount in money.items()
    }
    by_source = xr.concat(list(years.values()), dim=_labels(list(years)), join="exact")
    whole = by_source.sum("source").expand_dims(source=[WHOLE])
    table = xr.concat([by_source, whole], dim="source", join="exact").transpose(..., "region", "source", "year")
    return xr.Dataset({"money_region": table, "money_city": table.sum("region")}).rename(year="year_all")


def _growth(basis: Basis, sources: list[str]) -> xr.DataArray:
    """(region, source, year), 1/year."""
    regions, value = basis.history.ledger["region"].values.tolist(), basis.policy.value
    rows = [
        [[value(GROWTH, "assistance", region, int(year), source) for year in basis.years] for source in sources]
        for region in regions
    ]
    return xr.DataArray(rows, {"region": regions, "source": sources, "year": basis.years}, ("region", "source", "year"))


def _of_city(basis: Basis, sources: list[str], parameter: str) -> xr.DataArray:
    """(source,), 1, in force in the first forecast year."""
    city, first = basis.city.code, int(basis.years[0])
    values = [basis.policy.value(parameter, "assistance", city, first, source) for source in sources]
    return xr.DataArray(values, {"source": sources}, ("source",))


def _labels(sources: list[str]) -> xr.DataArray:
    return xr.DataArray(sources, dims="source", name="source")
