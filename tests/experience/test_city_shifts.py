from dataclasses import replace

import numpy as np
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.city import Break, Shock
from actuarial.experience.city_shifts import shocked_years, undeclared_shifts
from actuarial.experience.fit import BENEFITS
from actuarial.schema import SERIES
from actuarial.tables import CityData

REASON = {"zh": "疫情", "en": "Pandemic"}


def test_shock_of_a_scheme_marks_its_series_alone(tiny_data: CityData):
    city = replace(tiny_data.city, shocks=(Shock("resident", 2020, 2021, REASON), Shock("all", 2023, 2023, REASON)))
    marked = shocked_years(city, np.arange(2019, 2025))
    assert marked.sel(series="resident_cost").values.tolist() == [False, True, True, False, True, False]
    assert marked.sel(series="employee_cost").values.tolist() == [False, False, False, False, True, False]
    assert marked["series"].values.tolist() == list(SERIES)


def test_shift_of_the_accounts_is_reported_until_it_is_declared(tiny_basis: Basis):
    ledger = tiny_basis.history.ledger
    moved = (ledger["fund"] == "resident_pooled") & (ledger["year"] >= 2022)
    shifted = xr.where(moved & ledger["line"].isin(list(BENEFITS)), 1.3 * ledger, ledger).transpose(*ledger.dims)
    basis = replace(tiny_basis, history=replace(tiny_basis.history, ledger=shifted))

    def resident(basis: Basis) -> set[int]:
        found = undeclared_shifts(basis)["shifts"]
        return {part["period"] for part in found if part["series"] == "resident_cost"}  # type: ignore[union-attr]

    assert resident(basis) == {2022}
    declared = replace(basis.city, breaks=(Break("resident", "pooled", 2022, REASON),))
    assert resident(replace(basis, city=declared)) == set()
