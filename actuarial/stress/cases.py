"""Many cases of a basis at once: each is one draw of a projection, on the central path or on the shocks of a run.

Factors that have ``draw`` go through the projection as those that have not, so that hundreds of cases cost little more
than one.
"""

from dataclasses import replace

import numpy as np
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.experience.shocks import shock_paths
from actuarial.fund.assistance_money import money_by_source
from actuarial.fund.ledger import side_total
from actuarial.payers import pay_layers
from actuarial.people import People, answer_to_wages, at_draws, project_people
from actuarial.projection import close_accounts, draw_shifts, draw_sources
from actuarial.recognition import recognised_people
from actuarial.scenario import apply_factors
from actuarial.simulation import in_parallel
from actuarial.streams import BLOCK, stream

# Own choice: as many cases as fit into memory beside another thread's, few enough that both threads have work.
AT_ONCE = 1024
# What people answer to; cases that differ in other quantities alone have the same people.
MOVE_PEOPLE = ("births", "deaths", "net_migration", "contribution_base", "retirement_pace")


def central_cases(basis: Basis, factors: xr.DataArray, workers: int | None = None) -> xr.Dataset:
    """The city's funds on the central path under each case.

    Parameters
    ----------
    factors : (draw, quantity, scheme, year), 1, one case a draw

    Returns
    -------
    revenue, spending, closing_balance : (draw, fund, year), fen
    """
    starts = range(0, factors.sizes["draw"], AT_ONCE)
    parts = [factors.isel(draw=slice(start, start + AT_ONCE)) for start in starts]
    found: list[xr.Dataset] = in_parallel(lambda part: _central(basis, part), parts, workers)
    return xr.concat(found, dim="draw", join="exact")


def shocked_cases(basis: Basis, people: People, deviation: xr.DataArray) -> xr.Dataset:
    """The city's funds with the same people where the trends leave their central path as each case says.

    Parameters
    ----------
    people : in a single draw
    deviation : (draw, series, region, year), log, one case a draw

    Returns
    -------
    as :func:`central_cases`
    """
    return _city(basis, at_draws(people, np.zeros(deviation.sizes["draw"], dtype=int)), deviation, None)


def drawn_cases(basis: Basis, cases: list[Basis], seed: int, draws: int, workers: int | None = None) -> xr.Dataset:
    """The city's funds under each case in the first draws of a run: the same random numbers in all of them.

    Parameters
    ----------
    basis : the baseline
    cases : the same basis under scenarios
    draws : at most BLOCK

    Returns
    -------
    revenue, spending, closing_balance : (case, draw, fund, year), fen
    """
    together = max(1, AT_ONCE // draws)
    first, same = _same_people([case.factors for case in cases], [case.official_factor for case in cases])
    # Cases with the same people stand together, so that few parts project them twice.
    order = np.argsort(same, kind="stable")
    parts = [order[start : start + together] for start in range(0, len(cases), together)]

    def project(part: np.ndarray) -> xr.Dataset:
        used, place = np.unique(same[part], return_inverse=True)
        return _drawn(basis, [cases[row] for row in part], [cases[first[row]] for row in used], place, seed, draws)

    found: list[xr.Dataset] = in_parallel(project, parts, workers)
    return xr.concat(found, dim="case", join="exact").isel(case=np.argsort(order, kind="stable"))


def _same_people(tables: list[xr.DataArray], totals: list[xr.DataArray | None]) -> tuple[np.ndarray, np.ndarray]:
    """The first case of every kind of people, and which kind every case has."""
    keys = [
        (table.sel(quantity=list(MOVE_PEOPLE)).values.tobytes(), None if total is None else total.values.tobytes())
        for table, total in zip(tables, totals, strict=True)
    ]
    kinds = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    return np.array([keys.index(key) for key in kinds]), np.array([kinds[key] for key in keys])


def _central(basis: Basis, factors: xr.DataArray) -> xr.Dataset:
    still = xr.zeros_like(basis.trends.central).expand_dims(draw=factors.sizes["draw"])
    first, same = _same_people(list(factors), [None] * factors.sizes["draw"])
    moved = apply_factors(basis, factors.isel(draw=first))
    people = at_draws(project_people(moved), same)
    return _city(replace(basis, factors=factors), people, still, None)


def _drawn(
    basis: Basis, cases: list[Basis], peopled: list[Basis], place: np.ndarray, seed: int, draws: int
) -> xr.Dataset:
    """Cases in draws; ``peopled`` are those whose people are projected, ``place`` which of them each case has."""
    shocks = shock_paths(basis.trends, stream(seed, "joint_shock", 0), stream(seed, "drift_error", 0), BLOCK)
    deviation = shocks.isel(draw=slice(0, draws)).drop_vars("draw", errors="ignore")
    wages = deviation.sel(series="effective_base", drop=True).mean("region")
    shifts = draw_shifts(basis, wages, seed, 0, draws)
    again = np.tile(np.arange(draws), len(cases))
    stacked = _stacked(peopled, draws)
    each = np.tile(np.arange(draws), len(peopled))
    moved = {name: _repeated(getattr(shifts, name), each) for name in shifts.__dataclass_fields__}
    # The answer to wages adds up: that to the shocks of the draw, and that to what the case does to wages.
    still = xr.zeros_like(basis.factors["year"], dtype=float)
    moved["migration"] = moved["migration"] + answer_to_wages(stacked, still)
    people = at_draws(
        project_people(stacked, replace(shifts, **moved)), (place[:, None] * draws + each[:draws]).ravel()
    )
    sources = draw_sources(basis, seed, 0, draws)
    shift = None if sources is None else _repeated(sources, again)
    factors = xr.concat([case.factors for case in cases], dim="draw").isel(draw=np.repeat(range(len(cases)), draws))
    found = _city(replace(basis, factors=factors), people, _repeated(deviation, again), shift)
    parts = [found.isel(draw=slice(start, start + draws)) for start in range(0, found.sizes["draw"], draws)]
    return xr.concat(parts, dim="case", join="exact").transpose("case", "draw", "fund", "year")


def _stacked(cases: list[Basis], draws: int) -> Basis:
    """One basis whose draws are the cases, each as often as it is drawn."""
    each = np.repeat(np.arange(len(cases)), draws)
    first = cases[0]
    joined = replace(first, factors=xr.concat([case.factors for case in cases], dim="draw").isel(draw=each))
    splits = [case.people.split for case in cases]
    if any(split is not splits[0] for split in splits):
        split = xr.concat(splits, dim="draw", join="exact").isel(draw=each)
        joined = replace(joined, people=replace(first.people, split=split))
    official = [case.official_factor for case in cases]
    if all(factor is None for factor in official):
        return joined
    years = np.array([first.last_year, *first.years])
    one = xr.DataArray(np.ones(len(years)), {"year": years}, ("year",))
    factor = xr.concat([one if own is None else own for own in official], dim="draw", join="exact")
    return replace(joined, official_factor=factor.isel(draw=each))


def _repeated(table: xr.DataArray, places: np.ndarray) -> xr.DataArray:
    return table.drop_vars("draw", errors="ignore").isel(draw=places) if "draw" in table.dims else table


def _city(basis: Basis, drawn: People, deviation: xr.DataArray, shift: xr.DataArray | None) -> xr.Dataset:
    people = recognised_people(basis, drawn, basis.trends.central, deviation)
    payers = pay_layers(basis, people, basis.trends.central, deviation)
    money = money_by_source(basis, basis.trends.central, deviation, shift)
    ledger = close_accounts(basis, people, payers, money, deviation).sum("region").drop_vars("draw", errors="ignore")
    return xr.Dataset(
        {
            "revenue": side_total(ledger, "revenue"),
            "spending": side_total(ledger, "spending"),
            "closing_balance": ledger.sel(line="closing_balance", drop=True),
        }
    )
