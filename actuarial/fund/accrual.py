"""The accounts beside what was received and paid in cash and what was incurred: a memorandum.

The accounts follow the settlement of money (收付实现制); contributions received early are held over to the year they
are for, and advances to hospitals are a claim on them until they are settled. Neither enters revenue or spending.
"""

import xarray as xr


def accrual(inflow: xr.DataArray, outflow: xr.DataArray, closing: xr.DataArray, commitment: xr.DataArray) -> xr.Dataset:
    """Cash and incurred figures of every forecast year.

        cash_in           = inflow + change of received_early
        cash_out          = outflow + change of advance
        cash_balance      = closing - advance + received_early
        incurred_spending = outflow + change of outstanding
        net_balance       = closing - outstanding

    so that cash closing = opening + cash in - cash out, and incurred less paid telescopes to outstanding.

    Parameters
    ----------
    inflow, outflow, closing : (..., year), fen
        Revenue and spending of the accounts with money from and to the other levels; closing balance.
    commitment : (..., commitment, year_end), fen
        At the end of the last closed year and of every year.

    Returns
    -------
    cash_in, cash_out, cash_balance, incurred_spending, net_balance : (..., year), fen

    Source
    ------
    社会保险基金财务制度 (财社〔2017〕144号) keeps the accounts when money is settled; the memorandum is an own choice.
    """
    stock = commitment.isel(year_end=slice(1, None)).rename(year_end="year")
    before = commitment.isel(year_end=slice(None, -1)).rename(year_end="year").assign_coords(year=stock["year"])
    change = stock - before

    def at(part: xr.DataArray, name: str) -> xr.DataArray:
        return part.sel(commitment=name, drop=True)

    return xr.Dataset(
        {
            "cash_in": inflow + at(change, "received_early"),
            "cash_out": outflow + at(change, "advance"),
            "cash_balance": closing - at(stock, "advance") + at(stock, "received_early"),
            "incurred_spending": outflow + at(change, "outstanding"),
            "net_balance": closing - at(stock, "outstanding"),
        }
    )
