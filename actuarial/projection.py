"""project(basis, block): the method in its order, on labelled arrays; nothing is fitted here.

1. trends: the central path of every series and its joint shocks;
2. people: population by single age, and members by status, mid-year, in draws; migration answers to wages; assisted
   persons follow own payments and the time of recognition where these are stated;
3. payers: what every layer of protection pays for them, where the folder has benefit rules;
4. money of assistance by source; revenue and spending of each fund, line by line, under the scenario;
5. ledger: whole fen, interest, closing balances;
6. pooling: transfers of the regions inside one fund;
7. a prevention programme, where the policy table has one;
8. risk: maximum drawdown of each region alone and of the pooled fund, over the years the reserve is to last;
9. rivals: balances of some of the draws under other trends, with the same people.
"""

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr

from actuarial.assistance.prevention import prevention_draws, read_prevention
from actuarial.assumptions.basis import Basis, Trends
from actuarial.demography.assisted import assisted_deviation
from actuarial.demography.enrolment import enrolment_deviation
from actuarial.demography.fertility import fertility_deviation
from actuarial.demography.futures import Shifts
from actuarial.demography.level import level_deviation
from actuarial.demography.rate_deviation import rate_deviation
from actuarial.errors import AssumptionError
from actuarial.experience.shocks import shock_paths
from actuarial.fund.assistance_lines import assistance_flows
from actuarial.fund.assistance_money import draw_money, money_by_source, money_views
from actuarial.fund.commitments import COMMITTED_LINES, commitments
from actuarial.fund.deposits import interest_rates
from actuarial.fund.employee_lines import employee_flows
from actuarial.fund.ledger import close_ledger, side_total
from actuarial.fund.level_lines import level_flows
from actuarial.fund.payment_base import payment_base
from actuarial.fund.resident_lines import resident_flows
from actuarial.fund.timing import deposit_timing
from actuarial.growth import growth_parts
from actuarial.money import to_fen, to_yuan
from actuarial.payers import Payers, inequality_views, pay_layers, payers_views
from actuarial.people import People, answer_to_wages, at_draws, no_shift, people_views, project_people
from actuarial.recognition import burdened_persons, recognised_people
from actuarial.risk.drawdown import maximum_drawdown
from actuarial.schema import ALL_LINES, FUNDS, POLICY_SERIES
from actuarial.settlement.one_fund import settle_full_pooling
from actuarial.streams import BLOCK, stream


def draw_shifts(basis: Basis, wages: xr.DataArray, seed: int, block: int, draws: int) -> Shifts:
    """How far the people of one block of draws are from their central path.

    Parameters
    ----------
    wages : (draw, year), log, deviation of wages from their central path; migration answers to it
    """
    models, years = basis.people, basis.years

    def deviation(source: str, model: object | None, sample: Callable[..., xr.DataArray]) -> xr.DataArray:
        kinds = ("parameter", "process")
        rngs = [stream(seed, f"{source}_{kind}", block) if kind in basis.people_uncertainty else None for kind in kinds]
        if model is None:
            return no_shift(basis, source)
        return sample(model, years, BLOCK, *rngs).isel(draw=slice(0, draws))

    return Shifts(
        mortality=deviation("mortality", models.mortality, rate_deviation),
        fertility=deviation("fertility", models.fertility, fertility_deviation),
        migration=deviation("migration", models.migration, level_deviation) + answer_to_wages(basis, wages),
        enrolment=deviation("enrolment", models.enrolment, enrolment_deviation),
        assisted=deviation("assisted", models.assisted, assisted_deviation),
    )


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


# Own choice: of every second block so many draws are projected under the rivals of the trends too, a fifth of all, in
# one piece, so that two rivals cost about a tenth of the run (docs/method/reserve.md).
RIVAL_BLOCKS = 2
RIVAL_DRAWS = 200


def project(basis: Basis, seed: int, block: int, draws: int) -> xr.Dataset:
    """One block of draws: the ledger of every fund in whole fen, pooling and risk.

    Parameters
    ----------
    seed, block : name the random numbers
    draws : how many of the block's draws to keep, at most BLOCK

    Returns
    -------
    ledger : (draw, region, fund, line, year)
    revenue, spending, transfer, closing_balance : (draw, region, fund, year)
    region_drawdown : (draw, region, fund); city_drawdown : (draw, fund); all fen (int64)
    growth : (draw, region, scheme, factor, year), fen (int64), where the growth of intensity is stated
    payment_base, interest : (draw, fund, year), fen (int64), of the city
    rival_closing : as :func:`rival_balances`, where there is a rival
    commitments : (draw, region, fund, commitment, year_end), fen (int64), where any is stated
    prevention : (draw, outcome), where the policy table has a programme
    income : (draw, year), yuan/person, where the last closed year's is known
    and the variables of :func:`equity`, and of :func:`views` with ``year_all``
    """
    deviation, drawn = draw_futures(basis, seed, block, draws)
    people = recognised_people(basis, drawn, basis.trends.central, deviation)
    payers = pay_layers(basis, people, basis.trends.central, deviation)
    shift = draw_sources(basis, seed, block, draws)
    money = money_by_source(basis, basis.trends.central, deviation, shift)
    growth = growth_parts(basis, people, None if payers is None else payers.rules, basis.trends.central, deviation)
    ledger = close_accounts(basis, people, payers, money, deviation)
    held = commitments(basis, ledger.sel(line=list(COMMITTED_LINES)) / 100)
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
            "payment_base": payment_base(basis, ledger),
            "interest": ledger.sel(line="interest", drop=True).sum("region"),
            **({} if growth is None else {"growth": growth}),
            **_income(basis, deviation),
            **rival_balances(basis, drawn, shift, seed, block, draws),
            **({} if held is None else {"commitments": to_fen(held)}),
            **_prevention(basis, ledger, stream(seed, "prevention", block)),
            **_in_every_draw(equity(basis, people, payers), draws),
            **_in_every_draw(views(basis, people, payers, money), draws),
        }
    ).assign_coords(draw=np.arange(block * BLOCK, block * BLOCK + draws))


def _income(basis: Basis, deviation: xr.DataArray) -> dict[str, xr.DataArray]:
    """Disposable income per head of the city's residents: (draw, year), yuan/person; nothing where it is not known.

    Source
    ------
    Own choice: income grows as the contribution base on average over the regions and is struck by its shocks and
    scenarios; wages are most of it, and no history tells its own.
    """
    if basis.history.income is None:
        return {}
    base = (basis.trends.central + deviation).sel(series="effective_base", drop=True).mean("region")
    factor = basis.factors.sel(quantity="contribution_base", scheme="employee", drop=True)
    last = float(basis.history.income.sel(year=basis.last_year))
    return {"income": (last * xr.ufuncs.exp(base) * factor).transpose("draw", "year")}


def draw_futures(basis: Basis, seed: int, block: int, draws: int) -> tuple[xr.DataArray, People]:
    """Shocks of every series and people of one block of draws; of all that is decided, they know demography alone.

    Returns
    -------
    deviation : (draw, series, region, year), log; people before recognition
    """
    shocks = shock_paths(basis.trends, stream(seed, "joint_shock", block), stream(seed, "drift_error", block), BLOCK)
    deviation = shocks.isel(draw=slice(0, draws))
    wages = deviation.sel(series="effective_base", drop=True).mean("region")
    return deviation, project_people(basis, draw_shifts(basis, wages, seed, block, draws))


def draw_sources(basis: Basis, seed: int, block: int, draws: int) -> xr.DataArray | None:
    """How far the sources of assistance money are from their stated paths, as :func:`draw_money`."""
    return draw_money(basis, draws, stream(seed, "assistance_money", block))


def close_accounts(
    basis: Basis,
    people: People,
    payers: Payers | None,
    money: dict[str, xr.DataArray],
    deviation: xr.DataArray,
    funds: Sequence[str] = tuple(FUNDS),
) -> xr.DataArray:
    """Every line of the funds in every year, with interest and balances: (draw, region, fund, line, year), fen."""
    flows = collect_flows(basis, people, payers, money, basis.trends.central, deviation, funds)
    rates = interest_rates(basis.policy, basis.history.opening["region"].values, basis.years, funds)
    timing = deposit_timing(basis, flows, commitments(basis, flows))
    return close_ledger(flows, basis.history.opening.sel(fund=list(funds)), rates, timing)


def rival_balances(
    basis: Basis, drawn: People, shift: xr.DataArray | None, seed: int, block: int, draws: int
) -> dict[str, xr.DataArray]:
    """Closing balances of the first draws of a block under every rival of the trends.

    People are those of the same draws, so that what differs is the model of the trends; migration keeps its answer to
    the wages of the main model, and the path of decided standards is no part of a model.

    Parameters
    ----------
    drawn : people before recognition, as :func:`draw_futures`
    shift : of the sources of assistance money, as :func:`draw_money`; stated paths are no part of a model either

    Returns
    -------
    rival_closing : (rival_draw, rival, region, fund, year), fen (int64); nothing without a rival or in other blocks
    """
    rivals = {name: rival for name, rival in basis.rivals.items() if isinstance(rival, Trends)}
    if not rivals or block % RIVAL_BLOCKS:
        return {}
    count = min(draws, RIVAL_DRAWS)
    deviation = xr.concat([_rival_deviation(basis, rival, seed, block, count) for rival in rivals.values()], dim="draw")
    places = np.tile(np.arange(count), len(rivals))
    people = at_draws(drawn, places)
    people = recognised_people(basis, people, basis.trends.central, deviation)
    payers = pay_layers(basis, people, basis.trends.central, deviation)
    moved = None if shift is None else shift.isel(draw=places)
    money = money_by_source(basis, basis.trends.central, deviation, moved)
    closing = close_accounts(basis, people, payers, money, deviation).sel(line="closing_balance", drop=True)
    each = [closing.isel(draw=slice(start, start + count)) for start in range(0, len(rivals) * count, count)]
    labels = {"rival": list(rivals), "draw": block * BLOCK + np.arange(count)}
    together = xr.concat([part.drop_vars("draw") for part in each], dim="rival").assign_coords(labels)
    return {"rival_closing": together.rename(draw="rival_draw").transpose("rival_draw", "rival", ...)}


def _rival_deviation(basis: Basis, rival: Trends, seed: int, block: int, draws: int) -> xr.DataArray:
    """Draws of a rival as deviations from the main central path, so that all go through one projection."""
    shocks = shock_paths(rival, stream(seed, "joint_shock", block), stream(seed, "drift_error", block), BLOCK)
    apart = rival.central - basis.trends.central
    is_modelled = ~apart["series"].isin(POLICY_SERIES)
    return (shocks.isel(draw=slice(0, draws)) + apart.where(is_modelled, 0.0)).transpose(*shocks.dims)


def views(basis: Basis, people: People, payers: Payers | None, money: dict[str, xr.DataArray]) -> xr.Dataset:
    """What is counted of the draws: people, who pays for their care, and the money of assistance by source."""
    found = people_views(people).merge(money_views(basis, money), join="exact")
    if payers is None:
        return found
    paid = payers_views(payers)
    if "category" in paid.dims:
        paid = paid.sel(category=found["category"])
    return found.merge(paid, join="exact")


def equity(basis: Basis, people: People, payers: Payers | None) -> xr.Dataset:
    """What is kept of every draw where it is known: burdened persons, and how aid and own payments differ.

    Returns
    -------
    burdened : (..., region, year), person
    inequality : (..., measure, part, year), 1
    """
    burden = None if basis.layers is None else basis.layers.burden
    income = None if burden is None else burden.income.isel(year=-1, drop=True)
    tables = {
        "burdened": burdened_persons(people),
        "inequality": None if payers is None else inequality_views(payers, income),
    }
    return xr.Dataset({name: table for name, table in tables.items() if table is not None})


def central_views(basis: Basis) -> xr.Dataset:
    """The same on the central path."""
    central = basis.trends.central
    still = xr.zeros_like(central)
    people = recognised_people(basis, project_people(basis), central, still)
    payers = pay_layers(basis, people, central, still)
    return views(basis, people, payers, money_by_source(basis, central, still, None))


def collect_flows(
    basis: Basis,
    people: People,
    payers: Payers | None,
    money: dict[str, xr.DataArray],
    central: xr.DataArray,
    deviation: xr.DataArray,
    funds: Sequence[str] = tuple(FUNDS),
) -> xr.DataArray:
    """Every flow line of the funds before interest: (draw, region, fund, line, year), yuan, NaN for lines not held."""
    per_fund, needed = {}, {FUNDS[fund][0] for fund in funds}
    if "employee" in needed:
        per_fund |= employee_flows(basis, people, payers, central, deviation)
    if needed & {"resident", "assistance"}:
        per_fund["resident_pooled"] = resident_flows(basis, people, payers, central, deviation)
    if "assistance" in needed:
        resident = per_fund["resident_pooled"]
        per_fund["assistance"] = assistance_flows(basis, people, payers, resident, money, central, deviation)
    between = level_flows(basis)
    template = xr.DataArray(
        np.nan,
        coords={
            "draw": deviation["draw"] if "draw" in deviation.coords else np.arange(deviation.sizes["draw"]),
            "region": central["region"],
            "fund": list(funds),
            "line": list(ALL_LINES),
            "year": basis.years,
        },
        dims=("draw", "region", "fund", "line", "year"),
    )
    for fund in funds:
        for line, amount in (per_fund[fund] | between.get(fund, {})).items():
            template.loc[{"fund": fund, "line": line}] = amount.broadcast_like(
                template.sel(fund=fund, line=line, drop=True)
            ).transpose("draw", "region", "year")
    return template


def _prevention(basis: Basis, ledger: xr.DataArray, rng: np.random.Generator) -> dict[str, xr.DataArray]:
    """The programme of the policy table in the budget year, paid from the city's outpatient assistance."""
    prevention = read_prevention(basis.policy, basis.city.code, basis.budget_year)
    if prevention is None:
        return {}
    spent = ledger.sel(fund="assistance", line="outpatient_assistance", year=basis.budget_year, drop=True)
    return {"prevention": prevention_draws(prevention, to_yuan(spent.sum("region")), rng)}


def _in_every_draw(views: xr.Dataset, draws: int) -> xr.Dataset:
    """The same with ``draw`` everywhere: what no source moves is the same in all of them."""
    return views.map(lambda table: table if "draw" in table.dims else table.expand_dims(draw=draws))


def _transfers(revenue: xr.DataArray, spending: xr.DataArray, pool: xr.DataArray) -> xr.DataArray:
    """Transfers of the funds that carry risk; personal accounts are never pooled."""
    parts = []
    for fund in revenue["fund"].values:
        own = revenue.sel(fund=fund)
        idle = fund == "employee_account"
        parts.append(xr.zeros_like(own) if idle else settle_full_pooling(own, spending.sel(fund=fund), pool))
    return xr.concat(parts, dim="fund").transpose(*revenue.dims)
