"""The ledger lines of the last closed year, from which the small lines of later years take their proportion."""

import xarray as xr

from actuarial.assumptions.basis import Basis


def base_lines(basis: Basis, fund: str, lines: tuple[str, ...]) -> dict[str, xr.DataArray]:
    """Last year's amount of each line the fund keeps: (region,), yuan.

    A line that no region has is left out; a region without a line that others have holds nothing on it.
    """
    amounts = basis.history.ledger.sel(fund=fund, year=basis.last_year, drop=True)
    kept = {line: amounts.sel(line=line, drop=True) for line in lines}
    return {line: amount.fillna(0.0) for line, amount in kept.items() if bool(amount.notnull().any())}


def total(lines: dict[str, xr.DataArray]) -> xr.DataArray:
    """The lines added up."""
    amounts = list(lines.values())
    return sum(amounts[1:], start=amounts[0])


def in_proportion(lines: dict[str, xr.DataArray], index: xr.DataArray) -> dict[str, xr.DataArray]:
    """Each line times an index that is one in the last closed year."""
    return {line: amount * index for line, amount in lines.items()}
