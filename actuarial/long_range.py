"""The long-range balance of a fund: income and cost over many years as rates of the contribution base."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from actuarial.errors import AssumptionError


def actuarial_balance(
    opening: xr.DataArray,
    income: xr.DataArray,
    cost: xr.DataArray,
    base: xr.DataArray,
    discount_rate: xr.DataArray,
    periods: Sequence[int],
) -> xr.Dataset:
    """Summarised income and cost rates over the first 10, 25 or 50 years, say, and the actuarial balance.

        income_rate = (opening + PV of income) / PV of base
        cost_rate   = (PV of cost + PV of target fund) / PV of base
        balance     = income_rate - cost_rate

    The target fund is one year's cost: that of the year after the period, to be held at the period's end. A balance of
    -0.02 says that contributions of two more percent of the base from now on, or as much less cost, end the period with
    a year's cost in hand. ``open_balance`` leaves the target fund out. Flows are discounted from the middle of their
    year, the target fund from the end of the period; the opening balance stands at the start.

    Parameters
    ----------
    opening : (...,), fen
    income : (..., year), fen; without interest
    cost : (..., year), fen
    base : (..., year), fen or yuan as income; such as contribution bases of all members, or their disposable income
    discount_rate : (..., year), 1/year; the interest the fund earns
    periods : years, each less than the years given, since the target fund needs the year after

    Returns
    -------
    income_rate, cost_rate, balance, open_balance : (..., period), 1

    Raises
    ------
    AssumptionError
        If a period goes beyond the projection.

    Source
    ------
    Annual Report of the Board of Trustees of the Federal OASI and DI Trust Funds (2023), section IV.B.4 and glossary,
    "actuarial balance", "summarized income rate", "summarized cost rate"; mid-year discounting: own choice for flows
    that come evenly over the year.
    """
    years = income.sizes["year"]
    beyond = [period for period in periods if not 1 <= period < years]
    if beyond:
        raise AssumptionError(
            f"long-range balance over {beyond[0]} years: the projection has {years}, and one year is needed after the "
            "period for the target fund; project further or ask for a shorter period"
        )
    length = xr.DataArray(list(periods), dims="period", coords={"period": list(periods)})
    number = xr.ones_like(income["year"]).cumsum("year")
    end = xr.ufuncs.exp(-xr.ufuncs.log1p(discount_rate).cumsum("year"))
    within = (end * np.sqrt(1 + discount_rate)).where(number <= length, 0.0)
    target = xr.dot(cost, end.shift(year=1, fill_value=1.0).where(number == length + 1, 0.0), dim="year")
    received = xr.dot(income, within, dim="year") + opening
    due, paid_on = (xr.dot(table, within, dim="year") for table in (cost, base))
    rates = {
        "income_rate": received / paid_on,
        "cost_rate": (due + target) / paid_on,
        "balance": (received - due - target) / paid_on,
        "open_balance": (received - due) / paid_on,
    }
    return xr.Dataset(rates).transpose(*(dim for dim in cost.dims if dim != "year"), "period")


def payable_share(opening: xr.DataArray, income: xr.DataArray, cost: xr.DataArray) -> xr.DataArray:
    """Share of each year's cost that can be paid in full on time when nothing may be borrowed.

    A year pays from the balance it begins with and its income; 1 until the fund is used up, then what income covers.
    What is not paid is not made up for later.

    Parameters
    ----------
    opening : (...,), fen
    income : (..., year), fen; with the interest that the fund earns while it has a balance
    cost : (..., year), fen

    Returns
    -------
    (..., year), 1

    Raises
    ------
    AssumptionError
        If a year has no cost.

    Source
    ------
    "Percentage of scheduled benefits payable after reserve depletion" of the same report, section II.D; a later surplus
    fills the fund again: own choice, the report's funds have none.
    """
    if not bool((cost > 0).all()):
        raise AssumptionError("long-range balance: a year has no cost; the share payable is of years with cost")
    balance, rows = opening, []
    for year in cost["year"].values:
        held = balance + income.sel(year=year, drop=True)
        due = cost.sel(year=year, drop=True)
        share = xr.ufuncs.minimum(held / due, 1.0)
        balance = (held - due).where(held > due, 0)
        rows.append(share)
    return xr.concat(rows, dim="year").assign_coords(year=cost["year"]).transpose(*cost.dims)
