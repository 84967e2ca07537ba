"""Does randomised quasi-Monte Carlo give tail figures with fewer draws? Variance of plain draws over that of Sobol's.

Replicates of the same figures from plain draws and from scrambled Sobol points in their place; 512 draws each.

1. closed form: deepest fall of a normal random walk of three years, one shock a year;
2. the same with six series of eight normals a year and their drift: 32 dimensions, as the normal rival has;
3. a city: the joint shocks of its trends, from six dimensions, through income and cost of two funds; not its people;
4. the whole projection of the city, whose people are drawn plainly either way; 256 draws, 16 replicates.

    python -m benchmarks.quasi data/ningbo 60
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from scipy.special import ndtri
from scipy.stats import qmc

from actuarial.assumptions.basis import Basis, History, Trends
from actuarial.experience.fit import fit
from actuarial.experience.shocks import shock_paths
from actuarial.fund.assistance_money import money_by_source
from actuarial.payers import pay_layers
from actuarial.people import project_people
from actuarial.projection import close_accounts, draw_shifts, draw_sources
from actuarial.recognition import recognised_people
from actuarial.risk.drawdown import first_year_loss, maximum_drawdown
from actuarial.risk.tail import tail_value_at_risk, value_at_risk
from actuarial.schema import FUNDS as ALL_FUNDS
from actuarial.schema import REVENUE_LINES, SPENDING_LINES
from actuarial.tables import read_folder

DRAWS, YEARS = 512, 3
WHOLE_DRAWS, WHOLE_REPLICATES = 256, 16
FUNDS = {
    "resident_pooled": ("resident_financing", "resident_cost"),
    "assistance": ("assistance_income", "assistance_cost"),
}
REVENUE, SPENDING = ({fund: lines[ALL_FUNDS[fund][0]] for fund in FUNDS} for lines in (REVENUE_LINES, SPENDING_LINES))


class Points:
    """Coordinates of one set of points, handed out as integers in the shape that a generator would give them in."""

    def __init__(self, points: np.ndarray) -> None:
        self._left = points

    def integers(self, low: int, high: int, shape: tuple[int, int]) -> np.ndarray:
        """One coordinate a row: (rows, draw)."""
        now, self._left = self._left[:, : shape[0]], self._left[:, shape[0] :]
        return low + np.minimum((now.T * (high - low)).astype(int), high - low - 1)


def points(dims: int, is_quasi: bool, rng: np.random.Generator) -> np.ndarray:
    """(DRAWS, dims) in [0, 1)."""
    return qmc.Sobol(dims, scramble=True, rng=rng).random(DRAWS) if is_quasi else rng.random((DRAWS, dims))


def figures(opening: xr.DataArray, closing: xr.DataArray) -> list[float]:
    """Reserve, its tail mean, and the first year's loss at 99%, of one fund."""
    fall, loss = maximum_drawdown(opening, closing), first_year_loss(opening, closing)
    found = (value_at_risk(fall, 0.95), tail_value_at_risk(fall, 0.95), value_at_risk(loss, 0.99))
    return [float(each["value"]) for each in found]


def walk(dims_a_year: int, is_quasi: bool, rng: np.random.Generator) -> list[float]:
    """Normal random walk whose yearly step is the mean of so many normals, and a drift of as many more."""
    dims = dims_a_year * (YEARS + (dims_a_year > 1))
    normals = ndtri(np.clip(points(dims, is_quasi, rng), 1e-12, 1 - 1e-12)).reshape(DRAWS, -1, dims_a_year)
    steps = normals.sum(axis=2) / np.sqrt(dims_a_year)
    steps = steps[:, :YEARS] + (0.35 * steps[:, YEARS:] if dims_a_year > 1 else 0.0)
    return figures(xr.DataArray(0.0), xr.DataArray(steps.cumsum(axis=1), dims=("draw", "year")))


def city(trends: Trends, history: History, is_quasi: bool, rng: np.random.Generator) -> list[float]:
    """Falls of two funds that the joint shocks alone move: income and cost of the last year on their paths."""
    size = trends.residual.sizes["origin"]
    block = round(size ** (1 / 3))
    counts = [-(-YEARS // block), -(-size // block)]
    drawn: Any = Points(points(sum(counts), is_quasi, rng))
    path = xr.ufuncs.exp(trends.central + shock_paths(trends, drawn, drawn, DRAWS))
    found: list[float] = []
    for fund, (income, cost) in FUNDS.items():
        lines = history.ledger.sel(fund=fund, year=history.ledger["year"].values[-1], drop=True)
        revenue, spending = (lines.sel(line=list(table[fund])).sum("line") for table in (REVENUE, SPENDING))
        yearly = (revenue * path.sel(series=income, drop=True) - spending * path.sel(series=cost, drop=True)).sum(
            "region"
        )
        found += figures(xr.DataArray(0.0), yearly.cumsum("year"))
    return found


def whole(basis: Basis, place: int, is_quasi: bool, rng: np.random.Generator) -> list[float]:
    """Falls of two funds in the whole projection; people and money are drawn plainly, from their own streams."""
    size = basis.trends.residual.sizes["origin"]
    dims = -(-len(basis.years) // round(size ** (1 / 3))) + -(-size // round(size ** (1 / 3)))
    drawn: Any = Points(points(dims, is_quasi, rng)[:WHOLE_DRAWS])
    central, deviation = basis.trends.central, shock_paths(basis.trends, drawn, drawn, WHOLE_DRAWS)
    wages = deviation.sel(series="effective_base", drop=True).mean("region")
    people = project_people(basis, draw_shifts(basis, wages, place + 1000 * is_quasi, 0, WHOLE_DRAWS))
    people = recognised_people(basis, people, central, deviation)
    payers = pay_layers(basis, people, central, deviation)
    shift = draw_sources(basis, place + 1000 * is_quasi, 0, WHOLE_DRAWS)
    money = money_by_source(basis, central, deviation, shift)
    closing = close_accounts(basis, people, payers, money, deviation).sel(line="closing_balance", drop=True)
    opening = basis.history.opening
    return [
        figure
        for fund in FUNDS
        for figure in figures(opening.sel(fund=fund).sum("region"), closing.sel(fund=fund).sum("region"))
    ]


def gain(made: Any, replicates: int) -> np.ndarray:
    """Variance of plain draws over that of Sobol points, of every figure."""
    found = []
    for is_quasi in (False, True):
        rngs = np.random.default_rng(2026).spawn(replicates)
        found.append(np.var([made(place, is_quasi, rng) for place, rng in enumerate(rngs)], axis=0, ddof=1))
    return found[0] / found[1]


def main(folder: str, replicates: int) -> None:
    """Print every gain."""
    print("reserve, tail mean, one-year loss")
    print("closed form, 3 dims ", gain(lambda _, *of: walk(1, *of), 10 * replicates).round(1), flush=True)
    print("closed form, 32 dims", gain(lambda _, *of: walk(8, *of), 10 * replicates).round(1), flush=True)
    basis = fit(read_folder(Path(folder)), YEARS)
    print("whole projection    ", gain(lambda *of: whole(basis, *of), WHOLE_REPLICATES).round(2), flush=True)
    print("joint shocks, 6 dims", gain(lambda _, *of: city(basis.trends, basis.history, *of), replicates).round(1))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
