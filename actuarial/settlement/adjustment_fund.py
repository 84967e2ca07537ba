"""Regions pay a share of revenue into an adjustment fund and draw from it when their gap passes a threshold.

1. From the regions up, every fund is paid and asked; what a fund was paid and asked is a higher fund's business too.
2. From the highest fund down, every fund pays out what it holds, with what it received from above.
"""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.settlement.adjustment_rule import AdjustmentRule
from actuarial.settlement.claim import claims, pay_out
from actuarial.settlement.order import settlement_order


def settle_adjustment_funds(
    rules: Mapping[str, AdjustmentRule],
    pays_into: Mapping[str, str],
    revenue: xr.DataArray,
    spending: xr.DataArray,
    expected: xr.DataArray | None,
) -> xr.Dataset:
    """Transfers under adjustment funds that start empty; every fen paid in is drawn or still held.

    A fund that pays into a higher one is a payer there: what it was paid is its revenue, what it was asked for its
    spending. Over all payers and funds, sum of transfers + increase of balances = 0 in every draw and year: the
    interest is money of the regions too, which leaves their accounts.

    Parameters
    ----------
    rules : fund to its rule
    pays_into : region or fund to the fund that it pays into; every region once
    revenue, spending : (draw, region, year), fen
    expected : as for :func:`claims`

    Returns
    -------
    paid_in, asked, drawn, returned, interest : (draw, region, year); transfer, the same, drawn and returned less paid
    in and interest; balance : (draw, fund, year); fen (int64)

    Raises
    ------
    AssumptionError
        If money would go in a circle, a region pays into no fund, a fund has no rule, a fund that funds pay into states
        interest, or as :func:`claims` and
        :func:`pay_out`.
    """
    order = settlement_order(pays_into)
    _check_members(rules, pays_into, order, revenue["region"].values)
    _check_interest(rules, pays_into)
    asked, drawn = _claims_upwards(rules, pays_into, order, revenue, spending, expected), {}
    for fund in reversed(order):
        above = pays_into.get(fund)
        support = 0 if above is None else _transfer(asked[above], drawn[above]).sel(region=fund, drop=True)
        drawn[fund] = pay_out(asked[fund], 0, support, rules[fund])
    flows = xr.concat([_flows(asked[fund], drawn[fund]) for fund in order], dim="region")
    flows = flows.sel(region=revenue["region"].values).transpose(*revenue.dims)
    balance = xr.concat([drawn[fund]["balance"] for fund in order], dim="fund").assign_coords(fund=list(order))
    dims = ("fund" if dim == "region" else dim for dim in revenue.dims)
    return flows.assign(transfer=_transfer(flows, flows), balance=balance.transpose(*dims))


def _flows(claim: xr.Dataset, paid: xr.Dataset) -> xr.Dataset:
    return claim[["paid_in", "asked"]].assign(paid[["drawn", "returned", "interest"]])


def _transfer(claim: xr.Dataset, paid: xr.Dataset) -> xr.DataArray:
    """What payers receive less what they hand over, fen."""
    return paid["drawn"] + paid["returned"] - claim["paid_in"] - paid["interest"]


def _claims_upwards(
    rules: Mapping[str, AdjustmentRule],
    pays_into: Mapping[str, str],
    order: tuple[str, ...],
    revenue: xr.DataArray,
    spending: xr.DataArray,
    expected: xr.DataArray | None,
) -> dict[str, xr.Dataset]:
    """Claims on every fund by its payers, regions and lower funds alike."""
    made: dict[str, xr.Dataset] = {}
    for fund in order:
        payers = [payer for payer, into in pays_into.items() if into == fund]
        lower = [payer for payer in payers if payer in made]
        regions = [payer for payer in payers if payer not in made]
        income, outgo = revenue.sel(region=regions), spending.sel(region=regions)
        if lower:
            income = xr.concat([income, *(_as_payer(made[payer]["paid_in"], payer) for payer in lower)], dim="region")
            outgo = xr.concat([outgo, *(_as_payer(made[payer]["asked"], payer) for payer in lower)], dim="region")
        forecast = None if expected is None or lower else expected.sel(region=regions)
        made[fund] = claims(rules[fund], income, outgo, forecast)
    return made


def _as_payer(amount: xr.DataArray, fund: str) -> xr.DataArray:
    """The sum over the payers of a fund, as that of a payer with the fund's name."""
    return amount.sum("region").expand_dims(region=[fund]).transpose(*amount.dims)


def _check_members(
    rules: Mapping[str, AdjustmentRule], pays_into: Mapping[str, str], order: tuple[str, ...], regions: np.ndarray
) -> None:
    idle = [str(region) for region in regions if region not in pays_into]
    if idle:
        raise AssumptionError(f"adjustment funds: region {idle[0]!r} pays into none; give it one")
    unknown = [payer for payer in pays_into if payer not in order and payer not in regions]
    if unknown:
        raise AssumptionError(
            f"adjustment funds: payer {unknown[0]!r} is neither a region nor a fund; correct its code"
        )
    bare = [fund for fund in order if fund not in rules]
    if bare:
        raise AssumptionError(f"adjustment funds: fund {bare[0]!r} has no rule; add its rows")


def _check_interest(rules: Mapping[str, AdjustmentRule], pays_into: Mapping[str, str]) -> None:
    """The interest of a higher fund could only come out of a lower one, which may hold nothing."""
    for payer, fund in pays_into.items():
        if payer in rules and rules[fund].interest_rate is not None:
            raise AssumptionError(
                f"adjustment funds: fund {fund!r} states interest_rate and fund {payer!r} pays into it; state interest "
                "for funds that regions pay into alone"
            )
