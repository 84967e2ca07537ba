"""What would keep a fund solvent: contribution rate, subsidy or contribution a head, or level of benefits.

1. the lever is a factor on the quantity of a scenario, from a year on: the first without a decision, or later;
2. closing balances of the fund under it, on futures drawn once (``futures``);
3. the least change that keeps the balance at zero or above in every year, in a share of the draws (``search``).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.errors import AssumptionError
from actuarial.experience.base_year import contribution_rate
from actuarial.revenue.subsidies import financing_standard
from actuarial.schema import SCENARIO_SCHEMES, SCHEME_FUND
from actuarial.solving.futures import Futures, closing_balances
from actuarial.solving.search import Search, Solved, solve

# Whether more of it leaves more in the fund.
LEVERS = {"contribution_rate": True, "fiscal_subsidy": True, "individual_contribution": True, "spending": False}
PER_HEAD = ("fiscal_subsidy", "individual_contribution")


@dataclass(frozen=True, slots=True)
class Lever:
    """A quantity of a scheme that is changed from a year on.

    region : the region whose balance alone has to last; None for the pools of the city
    """

    quantity: str
    scheme: str
    from_year: int
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a lever has to become.

    solved : of the factor on the quantity
    today : (region,), unit of the quantity, what is decided or assumed for the year of the change without it
    ruin : share of the draws ruined within the horizon without the change
    """

    lever: Lever
    solved: Solved
    today: xr.DataArray
    ruin: float


def first_year(basis: Basis, delay: int) -> int:
    """The year of a change: the first without a decided budget, or as many years later as it is delayed.

    Raises
    ------
    AssumptionError
        If the year is decided already, or beyond the horizon.
    """
    year = basis.budget_year + delay
    if delay < 0:
        raise AssumptionError(f"delay {delay}: {year} is decided already; the first year to change is the budget year, "
                              f"{basis.budget_year}")  # fmt: skip
    if year > basis.years[-1]:
        raise AssumptionError(
            f"delay {delay}: the change would come in {year}, after the last year of the horizon, {basis.years[-1]}; "
            "delay it less or look further"
        )
    return year


def solve_solvency(basis: Basis, futures: tuple[Futures, ...], lever: Lever, search: Search) -> Answer:
    """The factor nearest to no change that keeps enough draws solvent in every year of the basis.

    Parameters
    ----------
    search : of the factor; of what brings money the loosest is the lower end, of benefits the upper

    Raises
    ------
    AssumptionError
        If the lever is unknown, its year is decided already, or as :func:`actuarial.solving.search.solve`.
    """
    check_lever(basis, lever)
    margin_at = solvency_margin(basis, futures, lever)
    ruined = 1 - float((margin_at(1.0) >= 0).all(["unit", "year"]).mean())
    solved = solve(margin_at, search)
    return Answer(lever, replace(solved, trials=solved.trials + 1), today(basis, lever), ruined)


def solvency_margin(basis: Basis, futures: tuple[Futures, ...], lever: Lever) -> Callable[[float], xr.DataArray]:
    """Closing balance of the lever's fund at any factor: value -> (draw, unit, year), fen; unit is a pool or region."""
    fund = SCHEME_FUND[lever.scheme]
    pools: dict[str, list[str]] = {}
    for region in basis.city.regions:
        pools.setdefault(region.pool, []).append(region.code)
    units = list(pools.values()) if lever.region is None else [[lever.region]]

    is_redrawn = _moves_payers(basis, lever)

    def margin_at(factor: float) -> xr.DataArray:
        changed = replace(basis, factors=changed_factors(basis, lever, factor))
        closing = closing_balances(changed, futures, fund, is_redrawn)
        return xr.concat([closing.sel(region=unit).sum("region") for unit in units], dim="unit")

    return margin_at


def _moves_payers(basis: Basis, lever: Lever) -> bool:
    """Whether the fund sees other persons or payments of layers: benefits of residents, or under changing rules."""
    has_reform = basis.layers is not None and len(basis.layers.curves) > 1
    return lever.quantity == "spending" and (lever.scheme == "resident" or (lever.scheme == "employee" and has_reform))


def changed_factors(basis: Basis, lever: Lever, factor: float) -> xr.DataArray:
    """The basis' factors with that of the lever multiplied from its year on."""
    table = basis.factors.copy()
    later = [year for year in basis.years.tolist() if year >= lever.from_year]
    table.loc[{"quantity": lever.quantity, "scheme": lever.scheme, "year": later}] *= factor
    return table


def today(basis: Basis, lever: Lever) -> xr.DataArray:
    """What the quantity is in the year of the change without it: (region,); a rate, yuan a head, or 1 for benefits."""
    regions = np.array(basis.city.region_codes)
    if lever.quantity == "contribution_rate":
        found = np.array([contribution_rate(basis.policy, region, lever.from_year) for region in regions])
    elif lever.quantity in PER_HEAD:
        standard = financing_standard(basis.policy, lever.quantity, regions, basis.years)["standard"]
        found = standard.sel(year=lever.from_year).values
    else:
        found = np.ones(len(regions))
    scenario = basis.factors.sel(quantity=lever.quantity, scheme=lever.scheme, year=lever.from_year).item()
    return xr.DataArray(found * scenario, dims="region", coords={"region": regions})


def check_lever(basis: Basis, lever: Lever) -> None:
    """Refuse what cannot be changed.

    Raises
    ------
    AssumptionError
        If the quantity is no lever or not of the scheme, the region unknown, or the standard a head of the year of the
        change is decided already.
    """
    if lever.quantity not in LEVERS:
        raise AssumptionError(f"lever: {lever.quantity!r} is unknown; one of {', '.join(LEVERS)}")
    owners = ("resident",) if lever.quantity in PER_HEAD else SCENARIO_SCHEMES[lever.quantity]
    if lever.scheme not in owners:
        raise AssumptionError(f"lever: {lever.quantity} of scheme {lever.scheme!r}; use {', '.join(owners)}")
    if lever.region is not None and lever.region not in basis.city.region_codes:
        raise AssumptionError(f"region {lever.region!r}: the city has {', '.join(basis.city.region_codes)}")
    if lever.quantity in PER_HEAD:
        for region in basis.city.region_codes:
            decided = basis.policy.dated(lever.quantity, "resident", region, int(basis.years[-1])).from_year
            if decided >= lever.from_year:
                raise AssumptionError(
                    f"{lever.quantity}: {decided} is decided already for region {region}; the first year to change is "
                    f"{decided + 1}, delay the change by {decided + 1 - basis.budget_year} years or more"
                )
