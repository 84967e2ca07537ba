"""What the city's income is paid on, year by year: the base that the long-range balance is a share of."""

import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.experience.base_year import CONTRIBUTIONS, FINANCING, contribution_rate
from actuarial.experience.fit import APPROPRIATIONS


def payment_base(basis: Basis, ledger: xr.DataArray) -> xr.DataArray:
    """Base of every fund of the city: (draw, fund, year), fen (int64).

    Both employee funds: the bases that contributions were paid on, contributions of pooled fund and accounts over the
    rate of the year. Residents pay per head, so theirs is the financing itself, and that of assistance its
    appropriations: a balance is then a share of these.

    Parameters
    ----------
    ledger : (draw, region, fund, line, year), fen
    """
    received = ledger.sel(fund=["employee_pooled", "employee_account"], line=list(CONTRIBUTIONS)).sum(["fund", "line"])
    bases = (received / _rates(basis, ledger)).sum("region")
    rows = {
        "employee_pooled": bases,
        "employee_account": bases,
        "resident_pooled": _received(ledger, "resident_pooled", FINANCING),
        "assistance": _received(ledger, "assistance", APPROPRIATIONS),
    }
    funds = ledger["fund"].values
    whole = xr.concat([rows[fund] for fund in funds], dim="fund").assign_coords(fund=funds)
    return xr.ufuncs.rint(whole).astype("int64").transpose("draw", "fund", "year")


def _received(ledger: xr.DataArray, fund: str, lines: tuple[str, ...]) -> xr.DataArray:
    return ledger.sel(fund=fund, line=list(lines), drop=True).sum(["region", "line"])


def _rates(basis: Basis, ledger: xr.DataArray) -> xr.DataArray:
    """Rate of contribution under the scenario: (region, year), 1."""
    regions, years = ledger["region"].values, ledger["year"].values
    rows = [[contribution_rate(basis.policy, str(region), int(year)) for year in years] for region in regions]
    stated = xr.DataArray(rows, dims=("region", "year"), coords={"region": regions, "year": years})
    return stated * basis.factors.sel(scheme="employee", quantity="contribution_rate", drop=True)
