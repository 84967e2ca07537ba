"""Controlled rounding: figures as displayed add up to totals as displayed, over lines, regions and years at once.

Every figure and every total is one of the two multiples of the displayed unit next to its true value. The sums over the
lines of one region form one family of nested sets and the sums over the regions another, so the problem is a network
flow: a solution exists and a vertex of its linear program is whole.

Source
------
Cox (1987), A constructive procedure for unbiased controlled rounding, JASA 82(398); Ford & Fulkerson (1962), Flows in
Networks, for whole solutions; two nested families: Edmonds (1970).
"""

from collections.abc import Iterable

import numpy as np
import xarray as xr
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from actuarial.budget.forms import GRAND_TOTALS, FormLine, ledger_terms, signed
from actuarial.errors import SchemaError


def controlled(fen: np.ndarray, groups: Iterable[tuple[int, ...]], unit: int) -> np.ndarray:
    """Whole units next to each amount such that each group's sum is next to its true sum.

    Parameters
    ----------
    fen : (n,), int64, signed so that a group is a plain sum
    groups : positions that are displayed as one sum; two families of nested sets
    unit : fen in one displayed unit

    Raises
    ------
    SchemaError
        If the groups allow no such rounding, because they are not two nested families.
    """
    floors, rest = np.divmod(fen, unit)
    sets = sorted({tuple(sorted(set(group))) for group in groups})
    rows = np.repeat(np.arange(len(sets)), [len(group) for group in sets])
    columns = np.concatenate([np.array(group) for group in sets])
    matrix = csr_matrix((np.ones(len(columns)), (rows, columns)), shape=(len(sets), len(fen)))
    remainder = np.array([int(rest[list(group)].sum()) for group in sets])
    lowest, highest = remainder // unit, -(-remainder // unit)
    answer = linprog(
        c=1.0 - 2.0 * rest / unit,
        A_ub=csr_matrix(np.vstack([matrix.toarray(), -matrix.toarray()])),
        b_ub=np.concatenate([highest, -lowest]),
        bounds=np.column_stack([np.zeros(len(fen)), (rest > 0).astype(float)]),
        method="highs-ds",
    )
    if answer.status != 0 or np.abs(answer.x - np.rint(answer.x)).max() > 1e-6:
        raise SchemaError(f"rounding: {len(sets)} totals allow no whole solution ({answer.message})")
    return floors + np.rint(answer.x).astype("int64")


def rounded_ledger(amount: xr.DataArray, lines: tuple[FormLine, ...], unit: int) -> xr.DataArray:
    """A fund's ledger in displayed units: each printed line, region, city and year adds up as displayed.

    Parameters
    ----------
    amount : (region, line, year), fen, int64, closing = opening + flows and opening = last closing
    lines : the printed form
    unit : fen in one displayed unit

    Returns
    -------
    amount : the same dims, displayed units, int64
    """
    regions, years = amount["region"].values.tolist(), amount["year"].values.tolist()
    flows = sorted({term for line in lines if line.kind == "lines" for term in line.terms} - {"opening_balance"})
    leaves = [("opening_balance", years[0]), *((line, year) for year in years for line in flows)]
    index = {(region, leaf): i for i, (region, leaf) in enumerate((r, f) for r in regions for f in leaves)}
    at = (
        xr.DataArray([line for line, _ in leaves], dims="leaf"),
        xr.DataArray([year for _, year in leaves], dims="leaf"),
    )
    fen = signed(amount).sel(line=at[0], year=at[1]).transpose("region", "leaf").values.ravel()
    groups = []
    for part in [*_nodes(lines, flows, years), *((leaf,) for leaf in leaves)]:
        by_region = [tuple(index[region, leaf] for leaf in part) for region in regions]
        groups += [*by_region, tuple(position for group in by_region for position in group)]
    whole = controlled(fen, groups, unit)
    result = xr.zeros_like(amount)
    for (line, year), column in zip(leaves, whole.reshape(len(regions), -1).T, strict=True):
        result.loc[{"line": line, "year": year}] = column
    return _with_balances(signed(result), years)


def rounded_flows(held: xr.DataArray, flows: xr.DataArray, unit: int) -> xr.DataArray:
    """Revenue and spending of further years in displayed units: balances carry forward and regions add up as displayed.

    Parameters
    ----------
    held : (region,), displayed units, the balance before the first of the years
    flows : (region, quantity, year), fen, int64; quantity is revenue, then spending
    unit : fen in one displayed unit

    Returns
    -------
    flows : the same dims, displayed units, int64
    """
    sign = xr.DataArray([1, -1], dims="quantity", coords={"quantity": flows["quantity"]})
    leaves = (flows * sign).transpose("region", "year", "quantity").values.reshape(flows.sizes["region"], -1)
    fen = np.column_stack([held.values * unit, leaves])
    count = fen.shape[1]
    parts = [(place,) for place in range(count)] + [tuple(range(size)) for size in range(3, count + 1, 2)]
    groups = []
    for part in parts:
        by_region = [tuple(count * region + place for place in part) for region in range(len(fen))]
        groups += [*by_region, tuple(place for group in by_region for place in group)]
    whole = controlled(fen.ravel(), groups, unit).reshape(fen.shape)[:, 1:]
    order = [flows.sizes[dim] for dim in ("region", "year", "quantity")]
    signed_units = flows.transpose("region", "year", "quantity").copy(data=whole.reshape(order)) * sign
    return signed_units.transpose(*flows.dims)


def _nodes(lines: tuple[FormLine, ...], flows: list[str], years: list[int]) -> list[tuple[tuple[str, int], ...]]:
    """Sets of leaves shown as one figure: printed totals of each year, and the balance carried to its end."""
    nodes = []
    for line in lines:
        terms = tuple(dict.fromkeys(ledger_terms(lines, line.name)))
        if line.name not in GRAND_TOTALS and "opening_balance" not in terms:
            nodes += [tuple((term, year) for term in terms) for year in years]
    for count in range(1, len(years) + 1):
        carried = tuple((flow, year) for year in years[:count] for flow in flows)
        nodes.append((("opening_balance", years[0]), *carried))
    return nodes


def _with_balances(amount: xr.DataArray, years: list[int]) -> xr.DataArray:
    for before, year in zip([None, *years[:-1]], years, strict=True):
        if before is not None:
            opening = amount.sel(line="closing_balance", year=before)
            amount.loc[{"line": "opening_balance", "year": year}] = opening
        flows = signed(amount.sel(year=year).drop_sel(line="closing_balance")).sum("line")
        amount.loc[{"line": "closing_balance", "year": year}] = flows
    return amount
