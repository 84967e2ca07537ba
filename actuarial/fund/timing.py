"""How much more money is on deposit on average than where every flow comes evenly over its year."""

import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.fund.base_lines import stated_by_year
from actuarial.schema import QUARTERS, SCHEME_FUND, SPENDING_LINES

QUARTER = "spending_quarter_share"
EVEN = 1 / 2


def deposit_timing(basis: Basis, flows: xr.DataArray, commitments: xr.DataArray | None) -> xr.DataArray | None:
    """Average money on deposit beyond the even case: (draw, region, fund, year), yuan; None where no rule says when.

    Spending of a quarter is in the bank until its middle, so spread by shares s_q it leaves after the part
    sum s_q (q - 1/2) / 4 of the year instead of half of it. What arrived early is there the whole year instead of half,
    and in its own fourth quarter half of that quarter. Money advanced to hospitals is not there.

    Parameters
    ----------
    flows : (draw, region, fund, line, year), yuan
    commitments : from :func:`actuarial.fund.commitments.commitments`
    """
    parts = [] if commitments is None else [_of_commitments(commitments)]
    funds = set(flows["fund"].values.tolist())
    schemes = [name for name, fund in SCHEME_FUND.items() if fund in funds and basis.policy.is_stated(QUARTER, name)]
    parts += [_of_quarters(basis, flows, scheme) for scheme in schemes]
    if not parts:
        return None
    return sum(parts[1:], start=parts[0]).transpose("draw", "region", "fund", "year")


def _of_commitments(commitments: xr.DataArray) -> xr.DataArray:
    """Early contributions in the year they are for and in the quarter they came, less the average advance."""
    closing = commitments.isel(year_end=slice(1, None)).rename(year_end="year")
    opening = commitments.isel(year_end=slice(None, -1)).rename(year_end="year").assign_coords(year=closing["year"])
    early = (opening * (1 - EVEN) + closing / 8).sel(commitment="received_early", drop=True)
    return early - (opening + closing).sel(commitment="advance", drop=True) / 2


def _of_quarters(basis: Basis, flows: xr.DataArray, scheme: str) -> xr.DataArray:
    """Spending that leaves later than evenly, in years from the first row in force on."""
    fund, years = SCHEME_FUND[scheme], flows["year"].values
    spending = flows.sel(fund=fund, line=list(SPENDING_LINES[scheme])).sum("line").drop_vars("fund")
    later = sum(
        stated_by_year(basis, QUARTER, scheme, years, quarter) * ((index + EVEN) / 4 - EVEN)
        for index, quarter in enumerate(QUARTERS)
    )
    return spending * later * (flows["fund"] == fund)
