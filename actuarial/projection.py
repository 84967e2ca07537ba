"""project(basis, block): the method in its order, on labelled arrays; nothing is fitted here.

1. people: population by single age, and members by status, mid-year;
2. trends: the central path of every series and its joint shocks;
3. revenue and spending of each fund, line by line, under the scenario;
4. ledger: whole fen, interest, closing balances;
5. pooling: transfers of the regions inside one fund;
6. risk: maximum drawdown of each region alone and of the pooled fund, over the years the reserve is to last.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.demography.membership import carry_shares, mid_year
from actuarial.demography.population import project_population
from actuarial.errors import AssumptionError
from actuarial.experience.trend import shock_paths
from actuarial.fund.assistance_lines import assistance_flows
from actuarial.fund.employee_lines import employee_flows
from actuarial.fund.ledger import close_ledger, side_total
from actuarial.fund.resident_lines import resident_flows
from actuarial.pooling import settle_full_pooling
from actuarial.reserve import maximum_drawdown
from actuarial.schema import ALL_LINES, FUNDS, STATUSES
from actuarial.spending.cost import expected_cost
from actuarial.streams import BLOCK, stream


@dataclass(frozen=True, slots=True)
class People:
    """The central population projection and what follows from it: no draws.

    population : (region, sex, age, year), person, year ends from the last closed year on
    members : (region, status, year), person-year, from the last closed year on
    expected : (region, scheme, service, year), yuan at last year's prices, from the last closed year on
    births : (region, year), 1, relative to the last closed year
    """

    population: xr.DataArray
    members: xr.DataArray
    expected: xr.DataArray
    births: xr.DataArray


def project_people(basis: Basis) -> People:
    """Population, members and their expected cost; the same for every draw."""
    factor = basis.factors.sel(scheme="resident", drop=True)
    vital, base = basis.vital, basis.base_year
    projected = project_population(
        basis.history.population.sel(year=basis.last_year, drop=True),
        vital.death_rate * factor.sel(quantity="deaths", drop=True),
        vital.birth_rate * factor.sel(quantity="births", drop=True),
        vital.boys_share,
        vital.net_migration * factor.sel(quantity="net_migration", drop=True),
    )
    exposed = mid_year(projected.population * carry_shares(base.share, settled_age(basis), basis.years))
    by_scheme = [exposed.sel(status=list(statuses)).sum("status") for statuses in STATUSES.values()]
    exposure = xr.concat(by_scheme, dim="scheme").assign_coords(scheme=list(STATUSES))
    future = expected_cost(exposure, base.loss_cost)
    past = basis.history.claims.sum(["sex", "group"]).expand_dims(year=[basis.last_year])
    members = xr.concat(
        [base.members.expand_dims(year=[basis.last_year]), exposed.sum(["sex", "age"])], dim="year", coords="minimal"
    )
    return People(
        population=projected.population,
        members=members.transpose("region", "status", "year"),
        expected=xr.concat([past, future], dim="year").transpose("region", "scheme", "service", "year"),
        births=projected.births.sum("sex") / base.births,
    )


def settled_age(basis: Basis) -> float:
    """Completed age above which nobody changes scheme any more, in the budget year."""
    return basis.policy.value("settled_age", "all", basis.city.code, basis.budget_year)


def reserve_years(basis: Basis) -> np.ndarray:
    """The forecast years that the reserve has to last for.

    Raises
    ------
    AssumptionError
        If the projection ends before they do.
    """
    wanted = basis.policy.value("reserve_horizon", "all", basis.city.code, basis.budget_year)
    if wanted > len(basis.years):
        raise AssumptionError(
            f"years: {len(basis.years)}; the reserve is set over {wanted:g} years, see reserve_horizon"
        )
    return basis.years[: int(wanted)]


def project(basis: Basis, people: People, seed: int, block: int, draws: int) -> xr.Dataset:
    """One block of draws: the ledger of every fund in whole fen, pooling and risk.

    Parameters
    ----------
    people : from :func:`project_people` on the same basis
    seed, block : name the random numbers
    draws : how many of the block's draws to keep, at most BLOCK

    Returns
    -------
    ledger : (draw, region, fund, line, year)
    revenue, spending, transfer, closing_balance : (draw, region, fund, year)
    region_drawdown : (draw, region, fund); city_drawdown : (draw, fund); all fen (int64)
    """
    shocks = shock_paths(basis.trends, stream(seed, "joint_shock", block), stream(seed, "drift_error", block), BLOCK)
    deviation = shocks.isel(draw=slice(0, draws))
    flows = collect_flows(basis, people, basis.trends.central, deviation)
    ledger = close_ledger(flows, basis.history.opening, _interest_rate(basis))
    revenue, spending = side_total(ledger, "revenue"), side_total(ledger, "spending")
    closing = ledger.sel(line="closing_balance", drop=True)
    pool = xr.DataArray(
        [region.pool for region in basis.city.regions], dims="region", coords={"region": closing["region"]}
    )
    transfer = _transfers(revenue, spending, pool)
    opening, near = basis.history.opening, closing.sel(year=reserve_years(basis))
    by_pool = [
        maximum_drawdown(opening.sel(region=members).sum("region"), near.sel(region=members).sum("region"))
        for members in (pool["region"].values[pool.values == label] for label in np.unique(pool.values))
    ]
    return xr.Dataset(
        {
            "ledger": ledger,
            "revenue": revenue,
            "spending": spending,
            "transfer": transfer,
            "closing_balance": closing,
            "region_drawdown": maximum_drawdown(opening, near),
            "city_drawdown": sum(by_pool[1:], start=by_pool[0]),
        }
    ).assign_coords(draw=np.arange(block * BLOCK, block * BLOCK + draws))


def collect_flows(basis: Basis, people: People, central: xr.DataArray, deviation: xr.DataArray) -> xr.DataArray:
    """Every flow line of every fund before interest: (draw, region, fund, line, year), yuan, NaN for lines not held."""
    resident = resident_flows(basis, people.members, people.expected, central, deviation)
    per_fund = {
        **employee_flows(basis, people.members, people.expected, people.births, central, deviation),
        "resident_pooled": resident,
        "assistance": assistance_flows(basis, people.members, resident, central, deviation),
    }
    template = xr.DataArray(
        np.nan,
        coords={
            "draw": deviation["draw"] if "draw" in deviation.coords else np.arange(deviation.sizes["draw"]),
            "region": central["region"],
            "fund": list(FUNDS),
            "line": list(ALL_LINES),
            "year": basis.years,
        },
        dims=("draw", "region", "fund", "line", "year"),
    )
    for fund, lines in per_fund.items():
        for line, amount in lines.items():
            template.loc[{"fund": fund, "line": line}] = amount.broadcast_like(
                template.sel(fund=fund, line=line, drop=True)
            ).transpose("draw", "region", "year")
    return template


def _transfers(revenue: xr.DataArray, spending: xr.DataArray, pool: xr.DataArray) -> xr.DataArray:
    """Transfers of the funds that carry risk; personal accounts are never pooled."""
    parts = []
    for fund in revenue["fund"].values:
        own = revenue.sel(fund=fund)
        idle = fund == "employee_account"
        parts.append(xr.zeros_like(own) if idle else settle_full_pooling(own, spending.sel(fund=fund), pool))
    return xr.concat(parts, dim="fund").transpose(*revenue.dims)


def _interest_rate(basis: Basis) -> xr.DataArray:
    regions = [region.code for region in basis.city.regions]
    rows = [
        [basis.policy.value("interest_rate", "all", region, int(year)) for year in basis.years] for region in regions
    ]
    return xr.DataArray(rows, dims=("region", "year"), coords={"region": regions, "year": basis.years})
