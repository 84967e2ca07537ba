"""Money between a fund and the levels above and below it, as decided by region and year."""

import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.fund.base_lines import stated_by_year
from actuarial.schema import LEVEL_INFLOWS, LEVEL_OUTFLOWS, SCHEME_FUND


def level_flows(basis: Basis) -> dict[str, dict[str, xr.DataArray]]:
    """Lines between levels by fund: (region, year), yuan; a line without a row in the policy table is left out."""
    found = {
        fund: {
            line: stated_by_year(basis, line, scheme, basis.years)
            for line in (*LEVEL_INFLOWS, *LEVEL_OUTFLOWS)
            if basis.policy.is_stated(line, scheme)
        }
        for scheme, fund in SCHEME_FUND.items()
    }
    return {fund: lines for fund, lines in found.items() if lines}
