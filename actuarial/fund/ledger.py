"""Opening + in - out = closing, per region, fund, year and draw, in whole fen."""

import numpy as np
import xarray as xr

from actuarial.money import to_fen
from actuarial.schema import ALL_LINES, FUNDS, LEVEL_INFLOWS, LEVEL_OUTFLOWS, REVENUE_LINES, SPENDING_LINES


def side_lines(fund: str, side: str) -> list[str]:
    """The lines of a fund that add up to its own revenue or spending."""
    scheme = FUNDS[fund][0]
    return list(REVENUE_LINES[scheme] if side == "revenue" else SPENDING_LINES[scheme])


def close_ledger(
    flows: xr.DataArray, opening: xr.DataArray, interest_rate: xr.DataArray, timing: xr.DataArray | None = None
) -> xr.DataArray:
    """Every line of every year, with the interest on the balance and the opening and closing balances.

    Interest of a year = rate x the average of the opening balance and the balance before interest at the year end, and
    what the timing of money adds to that average, on funds whose ledger has an interest line; a fund in deficit earns
    none and is charged none. closing = opening + revenue + from above and below - spending - to above and below.

    Parameters
    ----------
    flows : (draw, region, fund, line, year), yuan
        NaN where a fund does not have the line; ``interest`` is any number where the fund has one.
    opening : (region, fund), fen
    interest_rate : (region, fund, year) or (region, year), 1/year
    timing : (draw, region, fund, year), yuan
        Money on deposit on average beyond what it is where every flow comes evenly over the year; none if not given.

    Returns
    -------
    as flows, fen (int64), 0 where a fund does not have the line

    Source
    ------
    Identity of the official fund accounts (社会保险基金财务制度, 财社〔2017〕144号); average
    balance: own choice for cash that arrives evenly over the year.
    """
    has_interest = flows.sel(line="interest", drop=True).notnull().any(["draw", "region", "year"])
    filled = to_fen(flows.fillna(0.0))
    filled.loc[{"line": "interest"}] = 0
    net = xr.dot(filled, _signs(filled["fund"].values).sel(line=filled["line"]), dim="line")
    average = net / 2 if timing is None else net / 2 + 100 * timing
    order = ("draw", "region", "fund")
    balance = opening.broadcast_like(net.isel(year=0, drop=True)).transpose(*order)
    for year in filled["year"].values:
        held = balance + average.sel(year=year, drop=True)
        rate = interest_rate.sel(year=year, drop=True)
        interest = xr.ufuncs.rint(held.where(held > 0, 0) * rate).astype("int64").where(has_interest, 0)
        closing = (balance + net.sel(year=year, drop=True) + interest).transpose(*order)
        for line, amount in (("opening_balance", balance), ("interest", interest), ("closing_balance", closing)):
            filled.loc[{"line": line, "year": year}] = amount.transpose(*order)
        balance = closing
    return filled


def side_total(ledger: xr.DataArray, side: str) -> xr.DataArray:
    """Own revenue or own spending of each fund: its lines added up, fen; without transfers between levels."""
    return (ledger * _mask(ledger["fund"].values, side)).sum("line")


def _mask(funds: np.ndarray, side: str) -> xr.DataArray:
    """1 where a line belongs to a side of a fund: (fund, line)."""
    rows = [[int(line in side_lines(str(fund), side)) for line in ALL_LINES] for fund in funds]
    return xr.DataArray(rows, dims=("fund", "line"), coords={"fund": funds, "line": list(ALL_LINES)})


def _signs(funds: np.ndarray) -> xr.DataArray:
    """1 for lines that bring money to a fund, -1 for lines that take it away, 0 for the others: (fund, line)."""
    levels = [int(line in LEVEL_INFLOWS) - int(line in LEVEL_OUTFLOWS) for line in ALL_LINES]
    between = xr.DataArray(levels, dims="line", coords={"line": list(ALL_LINES)})
    return _mask(funds, "revenue") - _mask(funds, "spending") + between
