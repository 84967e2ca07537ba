"""What contributions are paid on, from the ledger and by hand."""

import numpy as np
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.fund.payment_base import payment_base
from actuarial.projection import project
from tests.tiny_city import LAST_YEAR


def test_base_of_the_last_year_by_hand(tiny_basis: Basis) -> None:
    """Contributions of a year divided by the rate; financing and appropriations as they are. Half a fen of rounding."""
    run = project(tiny_basis, 1, 0, 3)
    year = LAST_YEAR + 1
    now = run["ledger"].sel(year=year, drop=True).sum("region")
    base = payment_base(tiny_basis, run["ledger"]).sel(year=year, drop=True)
    received = now.sel(line=["employer_contribution", "own_contribution", "flexible_contribution", "revenue_undivided"])
    funds = ["employee_pooled", "employee_account"]
    rates = [
        tiny_basis.policy.value(name, "employee", tiny_basis.city.code, year) for name in ("employer_rate", "own_rate")
    ]
    whole = received.sel(fund=funds).sum(["fund", "line"]) / sum(rates)
    np.testing.assert_allclose(base.sel(fund="employee_pooled"), whole, atol=0.51)
    resident = now.sel(fund="resident_pooled")
    others = resident.sel(line=["interest", "other_revenue"]).sum("line")
    revenue = run["revenue"].sel(fund="resident_pooled", year=year, drop=True).sum("region")
    np.testing.assert_array_equal(base.sel(fund="resident_pooled"), revenue - others)
    xr.testing.assert_equal(run["payment_base"].sel(year=year, drop=True).reset_coords(drop=True), base)
