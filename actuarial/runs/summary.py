"""The headline of a run: each quantity by scheme and for the city as mean and quantiles, in yuan."""

import numpy as np
import xarray as xr

from actuarial.money import FEN_PER_YUAN
from actuarial.schema import POOLED_FUNDS, SCHEME_FUND

QUANTITIES = ("revenue", "spending", "closing_balance", "months_of_cover", "reserve")


def headline(dataset: xr.Dataset, year: int) -> dict[str, object]:
    """Budget-year figures by scheme and for the city.

    A scheme is its pooled fund: personal accounts never pay for anyone else and are not in the city's total. Months of
    cover = closing balance / (spending / 12). Reserve: maximum drawdown of the pooled fund over ``reserve_horizon``
    years, with the recommended amount beside; the city's is the sum over schemes, since one scheme may not pay for
    another.

    Returns
    -------
    ``schemes`` by scheme and the five quantities at the top level, each ``{mean, p05, p50, p95}``; yuan, months
    """
    schemes = {}
    for scheme, fund in SCHEME_FUND.items():
        own = dataset.sel(fund=fund)
        schemes[scheme] = _quantities(
            own["revenue"].sel(year=year).sum("region"),
            own["spending"].sel(year=year).sum("region"),
            own["closing_balance"].sel(year=year).sum("region"),
            own["city_drawdown"],
            own["reserve_city"],
        )
    funds = dataset.sel(fund=list(POOLED_FUNDS))
    city = _quantities(
        funds["revenue"].sel(year=year).sum(["region", "fund"]),
        funds["spending"].sel(year=year).sum(["region", "fund"]),
        funds["closing_balance"].sel(year=year).sum(["region", "fund"]),
        funds["city_drawdown"].sum("fund"),
        funds["reserve_city"].sum("fund"),
    )
    return {**city, "schemes": schemes}


def _quantities(
    revenue: xr.DataArray, spending: xr.DataArray, closing: xr.DataArray, drawdown: xr.DataArray, reserve: xr.DataArray
) -> dict[str, dict[str, float]]:
    return {
        "revenue": spread(revenue / FEN_PER_YUAN),
        "spending": spread(spending / FEN_PER_YUAN),
        "closing_balance": spread(closing / FEN_PER_YUAN),
        "months_of_cover": spread(closing / (spending / 12)),
        "reserve": {**spread(drawdown / FEN_PER_YUAN), "recommended": float(reserve) / FEN_PER_YUAN},
    }


def spread(draws: xr.DataArray) -> dict[str, float]:
    """Mean, 5%, 50% and 95% quantiles over the draws."""
    low, middle, high = (float(part) for part in np.quantile(draws.values, [0.05, 0.5, 0.95]))
    return {"mean": float(draws.values.mean()), "p05": low, "p50": middle, "p95": high}
