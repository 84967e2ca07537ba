"""What stands at a year's end between the accounts and what was earned or paid for.

The accounts of the funds are kept when money is settled. Care not yet settled with hospitals, money advanced to them
and contributions received for the coming year stay outside revenue and spending; here is how much they are.
"""

import numpy as np
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.errors import AssumptionError
from actuarial.fund.base_lines import stated_by_year
from actuarial.revenue.subsidies import financing_standard
from actuarial.schema import CARE_LINES, COMMITMENTS, SCHEME_FUND

MONTHS = {"outstanding": "settlement_lag", "advance": "advance_payment"}
COMMITTED_LINES = (*CARE_LINES, "individual_contribution")
EARLY = "early_contribution_share"


def commitments(basis: Basis, flows: xr.DataArray) -> xr.DataArray | None:
    """Commitments at the end of the last closed year and of every forecast year; None where no rule states any.

        outstanding, advance = months / 12 x the year's care of the fund
        received_early       = share x next year's individual contributions of residents

    After the last forecast year contributions per head grow as decided and the members stay.

    Parameters
    ----------
    flows : (draw, region, fund, line, year), yuan
        Needed of ``COMMITTED_LINES``.

    Returns
    -------
    (draw, region, fund, commitment, year_end), yuan; zero for personal accounts, which settle at the counter

    Raises
    ------
    AssumptionError
        If contributions arrive early and the resident fund has no line of individual contributions.

    Source
    ------
    Own choice: the last months' care is owed, or advanced, at the average of its year.
    """
    if not any(basis.policy.is_stated(name, scheme) for name in (*MONTHS.values(), EARLY) for scheme in SCHEME_FUND):
        return None
    care = _care(basis, flows)
    parts = [care * _months(basis, parameter, care) / 12 for parameter in MONTHS.values()]
    is_resident = care["fund"] == SCHEME_FUND["resident"]
    parts.append(_received_early(basis, flows) * is_resident if is_resident.any() else xr.zeros_like(care))
    joined = xr.concat(parts, dim="commitment", join="exact").assign_coords(commitment=list(COMMITMENTS))
    joined = joined.rename(year="year_end").transpose("draw", "region", "fund", "commitment", "year_end")
    return joined.assign_attrs(units="yuan")


def _care(basis: Basis, flows: xr.DataArray) -> xr.DataArray:
    """Care of the last closed year and the forecast years: (draw, region, fund, year), yuan."""
    coming = flows.sel(line=list(CARE_LINES)).sum("line")
    last = basis.history.ledger.sel(line=list(CARE_LINES), fund=flows["fund"], year=[basis.last_year]).sum("line")
    return xr.concat([last.broadcast_like(coming.isel(year=0, drop=True)), coming], dim="year", join="exact")


def _months(basis: Basis, parameter: str, care: xr.DataArray) -> xr.DataArray:
    """Months in force: (region, fund, year); none on personal accounts."""
    schemes, years = {fund: scheme for scheme, fund in SCHEME_FUND.items()}, care["year"].values
    nothing = xr.DataArray(0.0, {"region": care["region"], "year": years}, ("region", "year"))
    funds = care["fund"].values.tolist()
    parts = [stated_by_year(basis, parameter, schemes[fund], years) if fund in schemes else nothing for fund in funds]
    return xr.concat(parts, dim="fund", join="exact").assign_coords(fund=funds)


def _received_early(basis: Basis, flows: xr.DataArray) -> xr.DataArray:
    """Contributions of residents for the next year that a year ends with: (draw, region, year), yuan."""
    due = flows.sel(fund=SCHEME_FUND["resident"], line="individual_contribution", drop=True)
    years = np.append(basis.years, basis.years[-1] + 1)
    share = stated_by_year(basis, EARLY, "resident", years)
    if bool(due.isnull().all()):
        if bool((share > 0).any()):
            raise AssumptionError(f"{EARLY}: the resident fund has no line individual_contribution to take it from")
        due = due.fillna(0.0)
    standard = financing_standard(basis.policy, "individual_contribution", due["region"].values, years)["standard"]
    growth = standard.isel(year=-1, drop=True) / standard.isel(year=-2, drop=True)
    after = (due.isel(year=-1, drop=True) * growth).expand_dims(year=years[-1:])
    early = xr.concat([due, after], dim="year", join="exact") * share
    return early.assign_coords(year=years - 1)
