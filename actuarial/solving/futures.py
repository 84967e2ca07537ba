"""The futures that every trial stands on: shocks and people drawn once, with the random numbers of a run."""

from dataclasses import dataclass

import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.errors import AssumptionError
from actuarial.fund.assistance_money import money_by_source
from actuarial.payers import Payers, pay_layers
from actuarial.people import People
from actuarial.projection import close_accounts, draw_futures, draw_sources
from actuarial.recognition import recognised_people
from actuarial.streams import BLOCK


@dataclass(frozen=True, slots=True)
class Futures:
    """One block of draws.

    deviation : (draw, series, region, year), log shocks
    drawn : people before recognition, whom no lever moves
    people, payers : recognised, and who pays for them, under the basis as it is
    money : revenue of assistance by line, which no lever moves
    """

    deviation: xr.DataArray
    drawn: People
    people: People
    payers: Payers | None
    money: dict[str, xr.DataArray]


def sample_futures(basis: Basis, seed: int, draws: int) -> tuple[Futures, ...]:
    """All draws, block by block.

    Raises
    ------
    AssumptionError
        If there is not one draw.
    """
    if draws < 1:
        raise AssumptionError(f"draws {draws}: at least 1")
    sizes = [min(BLOCK, draws - start) for start in range(0, draws, BLOCK)]
    return tuple(_block(basis, seed, block, size) for block, size in enumerate(sizes))


def closing_balances(basis: Basis, futures: tuple[Futures, ...], fund: str, is_redrawn: bool) -> xr.DataArray:
    """Closing balances of a fund under a changed basis: (draw, region, year), fen; the others are not closed.

    Parameters
    ----------
    is_redrawn : whether the change moves cost, so that who is recognised and who pays is projected anew
    """
    parts: list[xr.DataArray] = []
    for block in futures:
        people, payers = _paid(basis, block.drawn, block.deviation) if is_redrawn else (block.people, block.payers)
        ledger = close_accounts(basis, people, payers, block.money, block.deviation, [fund])
        parts.append(ledger.sel(fund=fund, line="closing_balance", drop=True))
    return xr.concat(parts, dim="draw")


def _block(basis: Basis, seed: int, block: int, draws: int) -> Futures:
    deviation, drawn = draw_futures(basis, seed, block, draws)
    shift = draw_sources(basis, seed, block, draws)
    money = money_by_source(basis, basis.trends.central, deviation, shift)
    return Futures(deviation, drawn, *_paid(basis, drawn, deviation), money)


def _paid(basis: Basis, drawn: People, deviation: xr.DataArray) -> tuple[People, Payers | None]:
    people = recognised_people(basis, drawn, basis.trends.central, deviation)
    return people, pay_layers(basis, people, basis.trends.central, deviation)
