"""Opening + in - out = closing, per region, fund, year and draw, in whole fen."""

import numpy as np
import xarray as xr

from actuarial.money import to_fen
from actuarial.schema import ALL_LINES, FUNDS, LEVEL_INFLOWS, LEVEL_OUTFLOWS, REVENUE_LINES, SPENDING_LINES


def side_lines(fund: str, side: str) -> list[str]:
    """The lines of a fund that add up to its own revenue or spending."""
    scheme = FUNDS[fund][0]
    return list(REVENUE_LINES[scheme] if side == "revenue" else SPENDING_LINES[scheme])


def close_ledger(flows: xr.DataArray, opening: xr.DataArray, interest_rate: xr.DataArray) -> xr.DataArray:
    """Every line of every year, with the interest on the balance and the opening and closing balances.

    Interest of a year = rate x the average of the opening balance and the balance before interest at the year end, on
    funds whose ledger has an interest line; a fund in deficit earns none and is charged none.
    closing = opening + revenue + from above and below - spending - to above and below.

    Parameters
    ----------
    flows : (draw, region, fund, line, year), yuan
        NaN where a fund does not have the line; ``interest`` is any number where the fund has one.
    opening : (region, fund), fen
    interest_rate : (region, year), 1/year

    Returns
    -------
    as flows, fen (int64), 0 where a fund does not have the line

    Source
    ------
    Identity of the official fund accounts (社会保险基金财务制度, 财社〔2017〕144号); average
    balance: own choice for cash that arrives evenly over the year.
    """
    has_line = flows.notnull().any(["draw", "region", "year"])
    fen = to_fen(flows.fillna(0.0))
    has_interest = has_line.sel(line="interest", drop=True)
    funds = fen["fund"].values
    lines = {side: _mask(funds, side) for side in ("revenue", "spending")}
    inflow = lines["revenue"] + _mask_of(LEVEL_INFLOWS, funds)
    outflow = lines["spending"] + _mask_of(LEVEL_OUTFLOWS, funds)
    is_interest = fen["line"] == "interest"
    signed = inflow - outflow
    balance = opening
    years = []
    for year in fen["year"].values:
        now = fen.sel(year=year, drop=True).where(~is_interest, 0)
        net = (now * signed).sum("line")
        average = balance + net / 2
        rate = interest_rate.sel(year=year, drop=True)
        interest = xr.ufuncs.rint(average.where(average > 0, 0) * rate).astype("int64").where(has_interest, 0)
        closing = balance + net + interest
        filled = now + xr.where(is_interest, interest, 0)
        filled = filled + xr.where(fen["line"] == "opening_balance", balance, 0)
        filled = filled + xr.where(fen["line"] == "closing_balance", closing, 0)
        years.append(filled.transpose("draw", "region", "fund", "line").astype("int64"))
        balance = closing
    return xr.concat(years, dim="year").assign_coords(year=fen["year"].values).transpose(*flows.dims)


def side_total(ledger: xr.DataArray, side: str) -> xr.DataArray:
    """Own revenue or own spending of each fund: its lines added up, fen; without transfers between levels."""
    return (ledger * _mask(ledger["fund"].values, side)).sum("line")


def _mask(funds: np.ndarray, side: str) -> xr.DataArray:
    """1 where a line belongs to a side of a fund: (fund, line)."""
    rows = [[int(line in side_lines(str(fund), side)) for line in ALL_LINES] for fund in funds]
    return xr.DataArray(rows, dims=("fund", "line"), coords={"fund": funds, "line": list(ALL_LINES)})


def _mask_of(lines: tuple[str, ...], funds: np.ndarray) -> xr.DataArray:
    row = [int(line in lines) for line in ALL_LINES]
    return xr.DataArray([row] * len(funds), dims=("fund", "line"), coords={"fund": funds, "line": list(ALL_LINES)})
