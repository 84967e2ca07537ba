from dataclasses import replace

import numpy as np
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.experience.city_fit import fit_models, severity_model
from actuarial.experience.city_revenue import city_revenue_history, prior_only
from actuarial.tables import CityData


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


def test_region_without_history_is_named_and_the_empty_rows_of_the_city_are_not():
    """The wage stands under the city alone; payers in two of three regions, the third follows the prior."""
    without = xr.DataArray(
        [[False, True, True, True], [True, False, True, False]],
        coords={"series": ["average_wage", "payers"], "region": ["330200", "330201", "330213", "330226"]},
        dims=("series", "region"),
    )
    assert prior_only(without, "330200") == [{"series": "payers", "region": "330213"}]
    assert prior_only(without.sel(region=["330201"]), "330201") == []
