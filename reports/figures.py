"""The numbers of a stored run that pages show: one place, so that page, app and workbook agree.

Money is in fen. A band is taken over the draws; the city is the sum of its regions in every draw.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from actuarial.runs.summary import spread
from actuarial.schema import POOLED_FUNDS, PROVENANCES

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
INNER = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True)
class Band:
    """Mean and quantiles over the draws."""

    mean: float
    p05: float
    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class Interval:
    """Median, and the 10% and 90% quantiles around it."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """One year of one fund or of several together: amounts in fen, cover in months, probabilities in [0, 1]."""

    revenue: Band
    spending: Band
    surplus: Band
    closing_balance: Band
    months_of_cover: Band
    deficit_probability: float
    exhausted_probability: float


def band(values: xr.DataArray) -> Band:
    """Mean, 5%, 50% and 95% quantiles over draw (linear interpolation)."""
    return Band(**spread(values))


def pooled_funds(dataset: xr.Dataset) -> tuple[str, ...]:
    """Risk-carrying funds that the run projects."""
    # A sum over all draws would leave the range of int64 for a country's fund.
    return tuple(fund for fund in POOLED_FUNDS if bool((dataset["revenue"].sel(fund=fund) != 0).any()))


def outlook(dataset: xr.Dataset, funds: tuple[str, ...], year: int, region: str | None = None) -> Outlook:
    """Bands of one year; without a region, of the city."""
    chosen = dataset[["revenue", "spending", "closing_balance"]].sel(fund=list(funds), year=year)
    chosen = chosen.sum("region") if region is None else chosen.sel(region=region)
    chosen = chosen.sum("fund")
    surplus = chosen["revenue"] - chosen["spending"]
    months = chosen["closing_balance"] / (chosen["spending"] / 12)
    return Outlook(
        band(chosen["revenue"]),
        band(chosen["spending"]),
        band(surplus),
        band(chosen["closing_balance"]),
        band(months),
        float((surplus < 0).mean()),
        float((chosen["closing_balance"] < 0).mean()),
    )


def first_deficit_year(dataset: xr.Dataset, fund: str) -> int | None:
    """First forecast year in which the city is more likely than not to spend more than it receives."""
    city = (dataset["revenue"] - dataset["spending"]).sel(fund=fund).sum("region")
    likely = (city < 0).mean("draw") > 0.5
    return int(likely["year"].values[likely.values][0]) if bool(likely.any()) else None


def balance_history(dataset: xr.Dataset, fund: str) -> xr.DataArray:
    """Closing balance of the city, (history_year), fen; not a number where a region's balance is not published."""
    return dataset["line_history"].sel(fund=fund, line="closing_balance").sum("region", skipna=False)


def balance_fan(dataset: xr.Dataset, fund: str) -> xr.DataArray:
    """Quantiles of the city's closing balance, (level, year), fen."""
    city = dataset["closing_balance"].sel(fund=fund).sum("region").transpose("draw", "year")
    values = np.quantile(city.values, LEVELS, axis=0)
    return xr.DataArray(values, dims=("level", "year"), coords={"level": list(LEVELS), "year": city["year"]})


def cumulative_transfer(dataset: xr.Dataset, fund: str, year: int) -> xr.DataArray:
    """Mean net receipts inside the city from the first forecast year to a year, (region), fen; they sum to zero."""
    return dataset["transfer"].sel(fund=fund, year=slice(None, year)).sum("year").mean("draw")


def reserve(dataset: xr.Dataset, fund: str) -> dict[str, int]:
    """Reserve of one city fund, sum of stand-alone reserves, and what pooling saves, fen."""
    alone = int(dataset["reserve_region"].sel(fund=fund).sum())
    pooled = int(dataset["reserve_city"].sel(fund=fund))
    return {"alone": alone, "pooled": pooled, "benefit": alone - pooled}


def provenance_totals(manifest: dict) -> dict[str, int]:
    """Input rows by provenance, all tables together."""
    return {kind: sum(counts.get(kind, 0) for counts in manifest["provenance"].values()) for kind in PROVENANCES}


def holds_people(dataset: xr.Dataset) -> bool:
    """Whether the run stored the distribution of its people."""
    return "ageing_city" in dataset


def interval(quantiles: xr.DataArray) -> Interval:
    """The middle 80% of one quantity, from its (quantile)."""
    low, middle, high = (float(quantiles.sel(quantile=level)) for level in INNER)
    return Interval(low, middle, high)


def by_quantile(quantiles: xr.DataArray, along: str, scale: float = 1.0) -> list[list[float]]:
    """One row for each quantile, along another dim, divided by a scale."""
    return (quantiles / scale).transpose("quantile", along).values.tolist()


def nearest_year(dataset: xr.Dataset, wanted: int) -> int:
    """The year of the run, with its last closed one, that is nearest to a wanted one."""
    return min(dataset["year_all"].values.tolist(), key=lambda year: abs(year - wanted))
