from dataclasses import replace

import numpy as np
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.city import Break, Shock
from actuarial.experience.city_fit import fit_models, severity_model, shocked_years, undeclared_shifts
from actuarial.experience.city_revenue import city_revenue_history
from actuarial.experience.fit import BENEFITS
from actuarial.schema import SERIES
from actuarial.tables import CityData

REASON = {"zh": "疫情", "en": "Pandemic"}


def test_model_without_data_is_absent_and_says_so(tiny_data: CityData, tiny_basis: Basis):
    told = []
    found, codes = fit_models(
        tiny_data, tiny_basis, ("morbidity", "completion"), 10, 1, {}, lambda *said: told.append(said)
    )
    assert [model.record["outcome"] for model in found] == ["absent"] * 3
    assert told == [("morbidity_employee", 0, 3), ("morbidity_resident", 1, 3), ("completion", 2, 3)]
    assert codes == {}


def test_models_that_are_not_asked_for_are_not_fitted(tiny_data: CityData, tiny_basis: Basis):
    assert fit_models(tiny_data, tiny_basis, ("trends",), 10, 1, {}, lambda *_: None) == ((), {})


def test_bands_without_one_for_those_without_cost_are_told_and_not_fitted(tiny_data: CityData):
    found = severity_model(tiny_data, 20, 1)
    assert (found.record["outcome"], found.record["use"], len(found.arrays.data_vars)) == ("absent", "", 0)
    assert "persons without cost need a band of their own" in found.record["reason"]


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


def test_economy_that_does_not_vary_leaves_the_revenue_model_without_a_unit(tiny_data: CityData, tiny_basis: Basis):
    (found,), _ = fit_models(tiny_data, tiny_basis, ("revenue",), 10, 1, {}, lambda *_: None)
    assert found.record["outcome"] == "absent"
    assert "average_wage: growth varies by" in found.record["reason"]
    assert found.record["instead"] == "trends"


def test_series_that_cannot_be_fitted_are_left_out_with_their_reason(tiny_data: CityData, tiny_basis: Basis):
    economy = tiny_data.frames["economy"].copy()
    is_wage = economy["indicator"] == "average_wage"
    economy.loc[is_wage, "value"] *= 1 + 0.02 * np.sin(economy.loc[is_wage, "year"].astype(float))
    data = replace(tiny_data, frames={**tiny_data.frames, "economy": economy})
    history, left_out = city_revenue_history(data, tiny_basis)
    kept = history.growth["series"].values.tolist()
    assert kept[0] == "average_wage"
    reasons = {entry["series"]: entry["reason"] for entry in left_out}
    assert set(kept).isdisjoint(reasons)
    # tiny's contribution base grows by 5% every year
    assert "contribution_base: growth varies by" in reasons["contribution_base"]
