"""The indicators of early warning from the accounts of a fund: history and draws alike."""

import xarray as xr


def months_of_cover(closing: xr.DataArray, spending: xr.DataArray) -> xr.DataArray:
    """How many months the balance pays for at the year's rate of spending: as closing, month."""
    return closing / (spending / 12)


def surplus_ratio(revenue: xr.DataArray, spending: xr.DataArray) -> xr.DataArray:
    """Surplus of the year as a share of its revenue, a deficit being negative: as revenue, 1."""
    return (revenue - spending) / revenue


def growth_gap(amount: xr.DataArray, other: xr.DataArray) -> xr.DataArray:
    """Yearly growth of one amount less that of another, such as spending and revenue: one year less than given, 1/year.

    With medical cost and disposable income it is ``cost_income_growth_gap``.
    """
    return _growth(amount) - _growth(other)


def spending_excess(spending: xr.DataArray, expected: xr.DataArray) -> xr.DataArray:
    """Spending above what was expected, as a share of that: as spending, 1."""
    return spending / expected - 1


def assistance_usage(need: xr.DataArray, money: xr.DataArray) -> xr.DataArray:
    """Assistance needed as a share of the money there is for it: as need, 1."""
    return need / money


def unspent_share(spending: xr.DataArray, income: xr.DataArray) -> xr.DataArray:
    """What a year's income leaves unspent, as a share of it: as spending, 1."""
    return (income - spending) / income


def _growth(amount: xr.DataArray) -> xr.DataArray:
    return (amount / amount.shift(year=1)).isel(year=slice(1, None)) - 1
