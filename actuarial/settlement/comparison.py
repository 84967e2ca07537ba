"""The steps of pooling side by side on the same draws: balances after each, and who gains and who pays per head."""

import xarray as xr

from actuarial.money import to_yuan


def balance_after(closing: xr.DataArray, transfer: xr.DataArray, extra_spending: xr.DataArray) -> xr.DataArray:
    """Balances of the regions under a step, from those of the separate funds.

    Interest on the money moved is left out: it is a fraction of a percent of what moves.

    Parameters
    ----------
    closing : (draw, region, year), fen; separate
    transfer : as closing, fen; received less handed over
    extra_spending : as closing, fen; spending under the step less separate spending
    """
    return closing + (transfer - extra_spending).cumsum("year")


def gains_per_head(transfer: xr.DataArray, members: xr.DataArray) -> xr.Dataset:
    """Who gains and who pays: transfers per member and year, and how often a region comes out ahead.

    Parameters
    ----------
    transfer : (draw, region, year), fen
    members : (region, year) or (draw, region, year), person-year

    Returns
    -------
    by_year : (region, year), yuan/person-year, mean over the draws
    over_all : (region,), yuan/person-year; all years' transfers over all years' members, mean over the draws
    gaining_share : (region,), 1; share of draws in which the region receives more than it hands over in all years
    """
    yuan = to_yuan(transfer)
    total = yuan.sum("year")
    return xr.Dataset(
        {
            "by_year": (yuan / members).mean("draw"),
            "over_all": (total / members.sum("year")).mean("draw"),
            "gaining_share": (total > 0).mean("draw"),
        }
    )
