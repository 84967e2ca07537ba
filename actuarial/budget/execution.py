"""Budget against outturn: execution of closed years, and where the year under way is heading.

1. `closed_year` puts the first and the last version of an adopted budget beside the accounts, line by line.
2. `year_under_way` carries the amounts of the months so far to the end of the year, line by line: by the share of the
   year that the same months of earlier years made up.
3. `landing` adds the lines up to revenue and spending, gives each sum the spread of its own earlier years, and weighs
   it against the forecast of the run by precision.
4. `adjustment` says where that is further from the budget than the stated threshold.
"""

import numpy as np
import xarray as xr
from scipy.special import stdtrit

from actuarial.budget.forms import CITY, form, form_amounts
from actuarial.schema import FUNDS

# Bands reach from the 5% to the 95% quantile, as everywhere on the pages.
_UPPER = 0.95
SIDES = {"revenue": "revenue_total", "spending": "spending_total"}


def closed_year(dataset: xr.Dataset, year: int) -> xr.Dataset | None:
    """Adopted budget and accounts of a closed year; None where no budget of the year is there.

    Returns
    -------
    first, last, outturn : (region, fund, line), fen, float; not a number where nothing is stated
    versions : (), how many versions there are
    """
    budget = adopted(dataset, year)
    if budget is None or year not in dataset["history_year"]:
        return None
    return budget.assign(outturn=dataset["line_history"].sel(history_year=year, drop=True))


def adopted(dataset: xr.Dataset, year: int) -> xr.Dataset | None:
    """First and last version of the budget of a year, (region, fund, line), fen; None where there is none."""
    if "adopted_budget" not in dataset or year not in dataset["adopted_year"]:
        return None
    versions = dataset["adopted_budget"].sel(adopted_year=year, drop=True).dropna("version", how="all")
    first, last = (versions.isel(version=place, drop=True) for place in (0, -1))
    return xr.Dataset({"first": first, "last": last, "versions": versions.sizes["version"]})


def year_under_way(dataset: xr.Dataset) -> xr.Dataset | None:
    """The year under way line by line: so far, how much of a year that usually is, and what the year comes to.

    The year's amount is so_far x exp(mean of log(final / to the same month)) over the earlier years that report the
    month. Where a line is not positive now or was not in one of those years, or no earlier year reports it, the months
    say nothing and the mean of the forecast stands, marked.

    Returns
    -------
    so_far, projected : (region, fund, line), fen; usual_share : the same, 1
    is_forecast : (region, fund, line), bool
    earlier, final : (region, fund, line, earlier_year), fen
    month : (), the last month reported; None where the folder reports no month of the year
    """
    year = int(dataset["year"].values[0])
    if "outturn" not in dataset or year not in dataset["outturn_year"]:
        return None
    reported = dataset["outturn"].sel(outturn_year=year, drop=True).dropna("month", how="all")
    month = int(reported["month"].values[-1])
    so_far = reported.isel(month=-1, drop=True)
    same = dataset["outturn"].sel(month=month, drop=True).rename(outturn_year="earlier_year")
    same = same.sel(earlier_year=same["earlier_year"] < year).dropna("earlier_year", how="all")
    known = np.intersect1d(same["earlier_year"].values, dataset["history_year"].values)
    earlier = same.sel(earlier_year=known)
    final = dataset["line_history"].sel(history_year=known).rename(history_year="earlier_year")
    ratio = _log_ratio(final, earlier)
    is_told = ratio.notnull().all("earlier_year") & (so_far > 0) & (len(known) > 0)
    growth = ratio.where(is_told, 0.0).sum("earlier_year") / max(len(known), 1)
    forecast = dataset["line_mean"].sel(year=year, drop=True)
    told = so_far * xr.ufuncs.exp(growth)
    return xr.Dataset(
        {
            "so_far": so_far,
            "projected": told.where(is_told, forecast.where(so_far.notnull())),
            "usual_share": xr.ufuncs.exp(-growth).where(is_told),
            "is_forecast": ~is_told & so_far.notnull(),
            "earlier": earlier,
            "final": final,
            "month": month,
        }
    )


def _log_ratio(final: xr.DataArray, earlier: xr.DataArray) -> xr.DataArray:
    is_positive = (final > 0) & (earlier > 0)
    return xr.ufuncs.log(final.where(is_positive) / earlier.where(is_positive))


def landing(dataset: xr.Dataset, lines: xr.Dataset) -> xr.Dataset:
    """Where revenue and spending of the year under way are heading, for every region and for the city.

    Months: the sum of the projected lines. Its spread is that of the log of final over same-month amounts of the same
    sum in n earlier years: s sqrt(1 + 1/n), at the quantiles of Student's t with n - 1 degrees of freedom; with one
    earlier year there is none. Forecast: mean over the draws, and half the log distance of its 5% and 95% quantiles.
    Both together: logs weighted by precision, 1 / spread^2; the city is the sum of its regions, its spread its own.

    Parameters
    ----------
    lines : from `year_under_way`

    Returns
    -------
    so_far, months, forecast, together : (area, fund, side), fen; area is every region, then CITY
    months_spread, forecast_spread, spread : the same dims; a band is amount x exp(-+ spread)
    usual_share, weight : the same dims, 1; weight is that of the months

    Source
    ------
    Spread: prediction of a normal observation with unknown mean and variance, Student's t (any textbook). Weights by
    precision: Bates & Granger (1969), Operational Research Quarterly 20(4), errors taken as independent, since the
    forecast is fitted to closed years and knows no month of this one. Matching spreads at the 5% and 95% quantiles, so
    that few earlier years count for little, and adding up regions: own choice.
    """
    year = int(dataset["year"].values[0])
    so_far, months = areas(sides(lines["so_far"])), areas(sides(lines["projected"]))
    ratio = _log_ratio(areas(sides(lines["final"])), areas(sides(lines["earlier"])))
    count = ratio.sizes["earlier_year"]
    months_spread = _spread(ratio, count)
    drawn = dataset[["revenue", "spending"]].sel(year=year, drop=True).to_dataarray("side")
    drawn = areas(drawn).transpose("area", "fund", "side", "draw")
    forecast = drawn.mean("draw")
    low, high = (drawn.quantile(level, "draw", skipna=False).drop_vars("quantile") for level in (1 - _UPPER, _UPPER))
    forecast_spread = (xr.ufuncs.log(high.where(low > 0)) - xr.ufuncs.log(low.where(low > 0))) / 2
    precision = months_spread**-2.0 + forecast_spread**-2.0
    weight = months_spread**-2.0 / precision
    log = weight * xr.ufuncs.log(months.where(months > 0)) + (1 - weight) * xr.ufuncs.log(forecast.where(forecast > 0))
    by_region = xr.ufuncs.exp(log).drop_sel(area=CITY)
    city = by_region.sum("area", skipna=False).expand_dims(area=[CITY])
    return xr.Dataset(
        {
            "so_far": so_far,
            "months": months,
            "forecast": forecast,
            "together": xr.concat([by_region, city], "area"),
            "months_spread": months_spread,
            "forecast_spread": forecast_spread,
            "spread": precision**-0.5,
            "usual_share": xr.ufuncs.exp(-ratio.mean("earlier_year")),
            "weight": weight,
        }
    )


def _spread(ratio: xr.DataArray, count: int) -> xr.DataArray:
    """Half width of the 5-95% band of the log of a new ratio."""
    if count < 2:
        return xr.full_like(ratio.isel(earlier_year=0, drop=True) if count else ratio.sum("earlier_year"), np.nan)
    return ratio.std("earlier_year", ddof=1, skipna=False) * np.sqrt(1 + 1 / count) * stdtrit(count - 1, _UPPER)


def adjustment(budget: xr.DataArray, expected: xr.DataArray, threshold: float, side: str) -> xr.Dataset:
    """The in-year adjustment: what is expected less what is budgeted.

    It is called for where spending is above, or revenue below, its budget by more than the threshold.

    Parameters
    ----------
    budget, expected : (...,), fen
    threshold : share of the budget
    side : revenue or spending

    Returns
    -------
    amount : (...,), fen; share : (...,), 1; is_called : (...,), bool

    Source
    ------
    State Council opinion on social insurance fund budgets (Guofa 2010 no. 2): a budget is not changed at will, and more
    spending or less revenue in its course needs an adjustment plan. The threshold is a policy value.
    """
    amount = expected - budget
    share = amount / budget.where(budget != 0)
    is_called = (share if side == "spending" else -share) > threshold
    return xr.Dataset({"amount": amount, "share": share, "is_called": is_called})


def sides(amount: xr.DataArray) -> xr.DataArray:
    """Total revenue and total spending of every fund from its lines: (..., fund, side); what is not stated counts 0."""
    parts: list[xr.DataArray] = []
    for fund in amount["fund"].values.tolist():
        own = form_amounts(form(FUNDS[fund][0]), amount.sel(fund=fund).fillna(0.0))
        parts.append(own.sel(row=list(SIDES.values())).rename(row="side").assign_coords(side=list(SIDES)))
    return xr.concat(parts, "fund")


def areas(amount: xr.DataArray) -> xr.DataArray:
    """Every region, then the city as their sum: region becomes area."""
    city = amount.sum("region", skipna=False).expand_dims(area=[CITY])
    return xr.concat([amount.rename(region="area"), city], "area")


def execution_rate(outturn: xr.DataArray, budget: xr.DataArray) -> xr.DataArray:
    """Outturn over budget, 1; not a number where the budget is not positive."""
    return outturn / budget.where(budget > 0)
