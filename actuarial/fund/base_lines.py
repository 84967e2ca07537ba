"""The ledger lines of the last closed year, from which the small lines of later years take their proportion."""

import numpy as np
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


def stated_by_year(basis: Basis, parameter: str, scheme: str, years: np.ndarray, detail: str = "") -> xr.DataArray:
    """A policy value that a city may leave out, (region, year): zero where it states none."""
    regions = basis.history.ledger["region"].values
    stated = [
        [basis.policy.stated(parameter, scheme, str(region), int(year), detail) for year in years] for region in regions
    ]
    rows = [[0.0 if dated is None else dated.value for dated in row] for row in stated]
    return xr.DataArray(rows, dims=("region", "year"), coords={"region": regions, "year": years})
