"""The long-range balance of a stored run's funds, from its draws; the city is the sum of its regions. Fen."""

from dataclasses import dataclass

import xarray as xr

from actuarial.long_range import actuarial_balance, payable_share
from actuarial.risk.ruin import first_year_share, has_fallen_below

# Own choice: a medium, a generation's and the longest view; a run shows those that it has years for.
PERIODS = (10, 25, 50)


@dataclass(frozen=True, slots=True)
class LongRange:
    """One fund of the city.

    rates : income_rate, cost_rate, balance, open_balance : (draw, period), 1
    closing : (draw, year), fen; payable : (draw, year), 1
    """

    rates: xr.Dataset
    closing: xr.DataArray
    payable: xr.DataArray


def periods_of(dataset: xr.Dataset) -> tuple[int, ...]:
    """The periods with a year to spare in the run; where even the first has none, the longest that does."""
    years = dataset.sizes["year"]
    reached = tuple(period for period in PERIODS if period < years)
    return reached or ((years - 1,) if years > 1 else ())


def balances(dataset: xr.Dataset, fund: str) -> LongRange:
    """Rates and balances of a fund of the city in every draw.

    Income is all that came in but interest, net of what went to other levels, so that income, interest and cost are
    what moves the balance. The discount rate is the fund's interest rate, of the regions weighted by what they spend in
    the first year (own choice).
    """
    money = dataset[["closing_balance", "spending"]].drop_vars("draw").sel(fund=fund, drop=True).sum("region")
    opening = dataset["opening_balance"].sel(fund=fund, drop=True).sum("region")
    closing, cost = money["closing_balance"], money["spending"]
    interest = dataset["interest"].drop_vars("draw").sel(fund=fund, drop=True)
    before = closing.shift(year=1, fill_value=0) + xr.where(closing["year"] == closing["year"][0], opening, 0)
    income = (closing - before + cost - interest).transpose(*cost.dims)
    base = dataset["payment_base"].drop_vars("draw").sel(fund=fund, drop=True)
    rates = actuarial_balance(opening, income, cost, base, _discount(dataset, fund), periods_of(dataset))
    return LongRange(rates, closing, payable_share(opening, income + interest, cost))


def depletion(found: LongRange) -> xr.DataArray:
    """Share of the draws in which the fund is used up for the first time in this year: (year,), 1."""
    return first_year_share(found.closing, 0)


def paid_after(found: LongRange) -> xr.Dataset:
    """Share of the cost that can be paid on time once the fund is used up: means over the draws where it is.

    Returns
    -------
    first_year : in the year it is used up; last_year : in the last year of the run; 1, NaN where it never is
    """
    fallen = has_fallen_below(found.closing, 0)
    is_first = fallen & ~fallen.shift(year=1, fill_value=False)
    first = found.payable.where(is_first).mean(["draw", "year"])
    last = found.payable.where(fallen).isel(year=-1, drop=True).mean("draw")
    return xr.Dataset({"first_year": first, "last_year": last})


def _discount(dataset: xr.Dataset, fund: str) -> xr.DataArray:
    weight = dataset["spending"].sel(fund=fund, drop=True).isel(year=0, drop=True).mean("draw")
    rate = dataset["interest_rate"].sel(fund=fund, drop=True)
    return (rate * weight).sum("region") / weight.sum("region")
