"""Tables that meet known totals: iterative proportional fitting and rounding that keeps every total."""

import numpy as np
import xarray as xr
from scipy.optimize import LinearConstraint, milp

TOLERANCE = 1e-10
ROUNDS = 2000


def rake(seed: xr.DataArray, margins: list[tuple[xr.DataArray, float]]) -> xr.DataArray:
    """The table nearest to the seed whose sums over each marked set of cells equal its target.

    Parameters
    ----------
    seed : any dims, not negative
    margins : pairs of an indicator array (0 or 1, dims a subset of the seed's) and a target

    Source
    ------
    Deming & Stephan (1940), Annals of Mathematical Statistics 11(4).
    """
    table = seed.copy()
    marks = [(mark.broadcast_like(seed).transpose(*seed.dims).values.astype(bool), target) for mark, target in margins]
    values = table.values
    worst = np.inf
    for _ in range(ROUNDS):
        worst = 0.0
        for mark, target in marks:
            factor = target / values[mark].sum()
            values[mark] *= factor
            worst = max(worst, abs(factor - 1))
        if worst < TOLERANCE:
            return table
    raise ValueError(f"raking did not settle: last factor is off by {worst:.2e}")


def largest_remainder(values: np.ndarray, total: int) -> np.ndarray:
    """Whole numbers in proportion to the values that add up to the total; the largest remainders are rounded up."""
    flat = np.asarray(values, dtype=float).ravel()
    exact = flat * (total / flat.sum()) if flat.sum() else flat
    whole = np.floor(exact).astype(np.int64)
    missing = total - int(whole.sum())
    # Remainders are compared at nine digits, so that the last bit of a sum never decides.
    order = np.argsort(-np.round(exact - whole, 9), kind="stable")
    whole[order[:missing]] += 1
    return whole.reshape(np.shape(values))


def controlled_round(table: xr.DataArray, margins: list[tuple[xr.DataArray, float]]) -> xr.DataArray:
    """Every cell rounded up or down so that each marked sum is its whole target and the move is the least.

    Source
    ------
    Cox & Ernst (1982), INFOR 20(4), as an integer programme.
    """
    values = np.round(table.values.ravel(), 6)
    floor = np.floor(values)
    rows = [mark.broadcast_like(table).transpose(*table.dims).values.ravel().astype(float) for mark, _ in margins]
    targets = np.array([target - row @ floor for row, (_, target) in zip(rows, margins, strict=True)])
    solution = milp(
        c=1 - 2 * (values - floor),
        constraints=LinearConstraint(np.array(rows), targets, targets),  # pyright: ignore[reportArgumentType]
        bounds=(0, 1),
        integrality=np.ones(values.size),
    )
    if solution.x is None:
        raise ValueError("no rounding meets all totals")
    return table.copy(data=(floor + np.round(solution.x)).reshape(table.shape))
