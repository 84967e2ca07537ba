"""The steps of pooling of a stored run on its own draws: what moves, what it costs, and the risk that is left.

Money is in fen. A pool is the regions that share one fund; the city is the sum of its pools.
"""

import numpy as np
import xarray as xr

from actuarial.risk.drawdown import maximum_drawdown
from actuarial.risk.reserve import risk_reserve
from actuarial.schema import ALL_STATUSES, FUNDS, STATUSES
from actuarial.settlement.adjustment_fund import settle_adjustment_funds
from actuarial.settlement.adjustment_rule import AdjustmentRule, preset, read_funds
from actuarial.settlement.claim import shared_out
from actuarial.settlement.comparison import balance_after, gains_per_head
from actuarial.settlement.one_fund import settle_one_fund
from actuarial.settlement.one_policy import Target, apply_one_policy, harmonised_factor
from reports.risk_figures import FundRisk

VARIANTS = ("zhejiang", "guangdong", "yangtze_delta")
# A city's own adjustment funds take the place of the variants.
OWN = "own_fund"
TARGETS: tuple[Target, ...] = ("best", "average", "cheapest")
# Own choice: the step is shown with the level that costs the city nearly nothing; the others are beside.
HARMONISED: Target = "average"


def steps_of(dataset: xr.Dataset, risk: FundRisk) -> tuple[str, ...]:
    """The steps of pooling that the run can tell of a fund, from separate funds to one."""
    policy = ("one_policy",) if benefit_level(dataset, risk.fund) is not None else ()
    adjustment = (OWN,) if risk.adjustment_rules else VARIANTS
    responsible = ("responsible",) if risk.collection is not None else ()
    return ("separate", *policy, *adjustment, "one_fund", *responsible)


def benefit_level(dataset: xr.Dataset, fund: str) -> xr.DataArray | None:
    """What each region's own rules pay for the same care, or None where that is not known or the same: (region,)."""
    if "benefit_level" not in dataset:
        return None
    level = dataset["benefit_level"].sel(fund=fund, drop=True)
    # what differs by rounding alone is the same
    is_apart = bool(level.notnull().all()) and not np.allclose(level, level[0], rtol=1e-9, atol=0)
    return level if is_apart else None


def extra_spending(dataset: xr.Dataset, risk: FundRisk, target: Target) -> xr.DataArray:
    """What benefits brought to one level within every pool cost: (draw, region, year), fen."""
    level = benefit_level(dataset, risk.fund)
    spending = dataset["spending"].sel(fund=risk.fund, drop=True)
    if level is None:
        return xr.zeros_like(spending)
    weight = heads(dataset, risk.fund).isel(year=0, drop=True)
    factors = [
        harmonised_factor(level.sel(region=list(own)), weight.sel(region=list(own)), target) for own in risk.pools
    ]
    factor = xr.concat(factors, dim="region").sel(region=spending["region"].values)
    return apply_one_policy(spending, factor) - spending


def one_policy(dataset: xr.Dataset, risk: FundRisk, year: int) -> xr.Dataset:
    """What harmonised benefits cost in a year and do to the risk, for each common level.

    Returns
    -------
    cost, reserve : (target, region), fen; ruin : (target, region); city_reserve, city_ruin, any_ruin : (target,)
    """
    dataset = dataset.drop_vars("draw")
    found = []
    for target in TARGETS:
        extra = extra_spending(dataset, risk, target)
        own = balance_after(risk.closing, xr.zeros_like(extra), extra)
        found.append(_after(risk, own, own).assign(cost=extra.sel(year=year, drop=True).mean("draw")))
    return xr.concat(found, dim="target").assign_coords(target=list(TARGETS))


def pooling_steps(dataset: xr.Dataset, risk: FundRisk, year: int) -> xr.Dataset:
    """Every step of pooling on the same draws: risk of the regions, what moves in a year, who gains per head.

    A region's reserve counts its share of what the adjustment fund holds, in proportion to all it has paid in (own
    choice: the regions then add up to the same city under every step). Its probability of ruin does not: that money
    does not pay its bills. Every step is compared with separate funds; one policy changes spending and moves nothing.

    Returns
    -------
    reserve, transfer, per_head, gaining_share, ruin : (step, region);
    any_ruin, held, city_reserve, city_ruin : (step,)
    """
    # Draws are matched by position: one dataset, one order.
    dataset, steps = dataset.drop_vars("draw"), steps_of(dataset, risk)
    return xr.concat([_step(dataset, risk, name, year) for name in steps], dim="step").assign_coords(step=list(steps))


def _step(dataset: xr.Dataset, risk: FundRisk, name: str, year: int) -> xr.Dataset:
    moved, share = settled(dataset, risk, name)
    extra = extra_spending(dataset, risk, HARMONISED) if name == "one_policy" else xr.zeros_like(moved)
    own = balance_after(risk.closing, moved, extra)
    gains = gains_per_head(moved + share - share.shift(year=1, fill_value=0), heads(dataset, risk.fund))
    return _after(risk, own, own + share).assign(
        transfer=moved.sel(year=year, drop=True).mean("draw"),
        held=share.sum("region").sel(year=risk.near["year"].values[-1], drop=True).mean("draw"),
        per_head=gains["over_all"],
        gaining_share=gains["gaining_share"],
    )


def _after(risk: FundRisk, own: xr.DataArray, counted: xr.DataArray) -> xr.Dataset:
    """Risk of the regions and of the city from the balances after a step, without and with shares in other funds."""
    near = {"year": risk.near["year"].values}
    is_ruined = (own.sel(near) < 0).any("year")
    pools = [counted.sel({**near, "region": list(members)}).sum("region") for members in risk.pools]
    openings = [risk.opening.sel(region=list(members)).sum("region") for members in risk.pools]
    falls = [maximum_drawdown(opening, pool) for opening, pool in zip(openings, pools, strict=True)]
    return xr.Dataset(
        {
            "reserve": risk_reserve(maximum_drawdown(risk.opening, counted.sel(near)), risk.confidence),
            "ruin": is_ruined.mean("draw"),
            "any_ruin": is_ruined.any("region").mean("draw"),
            "city_reserve": risk_reserve(sum(falls[1:], start=falls[0]), risk.confidence),
            "city_ruin": (xr.concat(pools, dim="pool") < 0).any(["pool", "year"]).mean("draw"),
        }
    )


def settled(dataset: xr.Dataset, risk: FundRisk, step: str) -> tuple[xr.DataArray, xr.DataArray]:
    """Transfers, and each region's share of what the adjustment funds hold: (draw, region, year), fen."""
    none = xr.zeros_like(risk.closing)
    if step in ("separate", "one_policy"):
        return none, none
    if step == "one_fund":
        return dataset["transfer"].sel(fund=risk.fund, drop=True), none
    flows = dataset[["revenue", "spending"]].sel(fund=risk.fund, drop=True)
    if step == "responsible":
        return _responsible(flows, risk), none
    expected = xr.ufuncs.rint(flows["spending"].mean("draw")).astype("int64")
    pools = []
    for own in risk.pools:
        here = {"region": list(own)}
        funds, pays_into = _adjustment(risk, step, own)
        amounts = (flows["revenue"].sel(here), flows["spending"].sel(here), expected.sel(here))
        found = settle_adjustment_funds(funds, pays_into, *amounts)
        share = shared_out(found["balance"].sum("fund"), found["paid_in"].cumsum("year"))
        pools.append(xr.Dataset({"transfer": found["transfer"], "share": share}))
    whole = xr.concat(pools, dim="region").sel(region=risk.opening["region"].values)
    whole = whole.transpose(*risk.closing.dims)
    return whole["transfer"], whole["share"]


def _adjustment(
    risk: FundRisk, step: str, regions: tuple[str, ...]
) -> tuple[dict[str, AdjustmentRule], dict[str, str]]:
    scheme = FUNDS[risk.fund][0]
    if step == OWN:
        return read_funds(risk.adjustment_rules, scheme, regions)
    return {"adjustment": preset(step, scheme)}, dict.fromkeys(regions, "adjustment")


def _responsible(flows: xr.Dataset, risk: FundRisk) -> xr.DataArray:
    """Transfers under one fund whose regions bear what they collect less than their target of the mean revenue."""
    stated = risk.collection or {}
    regions, years = flows["region"].values, flows["year"].values
    share = xr.DataArray(
        [stated["target"][region] for region in regions], {"region": regions, "year": years}, ("region", "year")
    )
    target = xr.ufuncs.rint(share * flows["revenue"].mean("draw")).astype("int64")
    label = {region: own[0] for own in risk.pools for region in own}
    pool = xr.DataArray([label[region] for region in regions], {"region": regions}, ("region",))
    found = settle_one_fund(flows["revenue"], flows["spending"], target, stated["responsibility_share"], pool)
    return found["transfer"]


def heads(dataset: xr.Dataset, fund: str) -> xr.DataArray:
    """Persons on the central path: members of the scheme; of medical assistance everyone insured: (region, year)."""
    own = STATUSES.get(FUNDS[fund][0], ALL_STATUSES)
    years = dataset["year"].values
    return dataset["members"].sel(status=list(own)).sum("status").sel(year_all=years).rename(year_all="year")
