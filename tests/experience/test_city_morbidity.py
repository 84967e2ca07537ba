"""The panel that the morbidity model of a city sees; the model itself is proven in test_morbidity."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from actuarial.assumptions.basis import Basis
from actuarial.city import Shock
from actuarial.errors import AssumptionError, SchemaError
from actuarial.experience.city_fit import sampling_of
from actuarial.experience.city_morbidity import city_morbidity_history, fit_city_morbidity, morbidity_panel
from actuarial.tables import CityData

# Past years in coarser groups than the last: tiny's 0-17, 18-44, 45-59, 60-79, 80+ become 0-44, 45-79, 80+.
COARSE = {0: 0, 18: 0, 45: 45, 60: 45, 80: 80}


@pytest.fixture(scope="module")
def with_past(tiny_data: CityData) -> CityData:
    claims = tiny_data.frames["claims"]
    past = []
    for year, factor in ((2023, 0.8), (2024, 0.9)):
        lower = claims["age_lower"].astype(int).map(COARSE)
        key = ["region", "scheme", "service", "sex"]
        summed = claims.assign(age_lower=lower).groupby([*key, "age_lower"], as_index=False)["value"].sum()
        past.append(summed.assign(year=year, value=summed["value"] * factor, age=summed["age_lower"].astype(str)))
    return replace(tiny_data, frames={**tiny_data.frames, "claims": pd.concat([*past, claims], ignore_index=True)})


def test_panel_holds_every_yuan_of_the_claims(with_past: CityData, tiny_basis: Basis):
    for scheme in ("employee", "resident"):
        cost, _ = morbidity_panel(with_past, tiny_basis, scheme)
        rows = with_past.frames["claims"].query("scheme == @scheme")
        for (region, year), paid in rows.groupby(["region", "year"])["value"].sum().items():  # type: ignore[misc]
            # sums of floats in another order
            assert float(cost.sel(region=region, year=year).sum()) == pytest.approx(paid, rel=1e-12)


def test_ages_are_those_that_every_year_can_be_added_up_to(with_past: CityData, tiny_basis: Basis):
    cost, exposure = morbidity_panel(with_past, tiny_basis, "resident")
    assert cost["age"].values.tolist() == exposure["age"].values.tolist() == [0, 45, 80]
    assert cost["year"].values.tolist() == [2023, 2024, 2025]


def test_exposure_is_the_mid_year_members(with_past: CityData, tiny_basis: Basis):
    rows = with_past.frames["enrolment"].query("scheme == 'resident' and sex == 'total' and age == 'all'")
    ends = rows.groupby(["region", "year"])["value"].sum()
    _, exposure = morbidity_panel(with_past, tiny_basis, "resident")
    for region in exposure["region"].values:
        middle = (ends[region, 2023] + ends[region, 2024]) / 2
        assert float(exposure.sel(region=region, year=2024).sum()) == pytest.approx(middle, rel=1e-9)


def test_ages_without_members_are_left_out(tiny_data: CityData, tiny_basis: Basis):
    claims = tiny_data.frames["claims"]
    years = [claims.assign(year=year) for year in (2023, 2024, 2025)]
    data = replace(tiny_data, frames={**tiny_data.frames, "claims": pd.concat(years, ignore_index=True)})
    assert morbidity_panel(data, tiny_basis, "employee")[0]["age"].values.tolist() == [18, 45, 60, 80]


def test_declared_shock_is_an_effect_and_members_ahead_are_those_of_the_last_year(
    with_past: CityData, tiny_basis: Basis
):
    shock = Shock("employee", 2024, 2024, {"zh": "疫情", "en": "Pandemic"})
    data = replace(with_past, city=replace(with_past.city, shocks=(shock,)))
    history, held = city_morbidity_history(data, tiny_basis, "employee")
    assert history.declared.sel(effect="shock_2024_2024_employee", year=[2023, 2024, 2025]).values.tolist() == [0, 1, 0]
    assert held["year"].values.tolist() == tiny_basis.years.tolist()
    _, exposure = morbidity_panel(data, tiny_basis, "employee")
    np.testing.assert_array_equal(held.sel(year=tiny_basis.years[-1]), exposure.isel(year=-1))
    resident, _ = city_morbidity_history(data, tiny_basis, "resident")
    assert resident.declared.sizes["effect"] == 0


def test_one_year_of_claims_is_too_few_and_the_model_is_absent(tiny_data: CityData, tiny_basis: Basis):
    said = "claims: employee: years by sex and age up to 2025: 1, needed: 3"
    with pytest.raises(AssumptionError, match=said):
        morbidity_panel(tiny_data, tiny_basis, "employee")
    found, code = fit_city_morbidity(tiny_data, tiny_basis, "employee", sampling_of(1), 10)
    assert (found.record["outcome"], found.record["reason"], found.record["use"]) == ("absent", said, "")
    assert (len(found.arrays.data_vars), code) == (0, None)


def test_region_without_claims_leaves_the_scheme_without_a_fit_and_is_named(with_past: CityData, tiny_basis: Basis):
    """The log of nothing is not taken, and nothing stands in its place."""
    claims = with_past.frames["claims"]
    is_gone = (claims["region"] == "339902") & (claims["scheme"] == "resident") & (claims["year"] == 2023)
    data = replace(with_past, frames={**with_past.frames, "claims": claims[~is_gone]})
    found, _ = fit_city_morbidity(data, tiny_basis, "resident", sampling_of(1), 10)
    assert (found.record["outcome"], found.record["instead"]) == ("absent", "trends")
    assert found.record["reason"] == (
        "morbidity: cost is 0 at {'region': '339902', 'year': 2023}, where a log is taken; "
        "use coarser age groups or leave it out"
    )


def test_correction_below_zero_is_refused_with_its_place(with_past: CityData, tiny_basis: Basis):
    """A year's claims of a cell that are taken back later have to be netted before they are given."""
    claims = with_past.frames["claims"].copy()
    row = claims.query("scheme == 'resident' and year == 2024 and sex == 'male'").index[0]
    key = ["region", "scheme", "sex", "year", "age_lower"]
    same = (claims[key] == claims.loc[row, key]).all(axis=1)
    claims.loc[same, "value"] = 0.0
    claims.loc[row, "value"] = -5.0
    data = replace(with_past, frames={**with_past.frames, "claims": claims})
    place = r"\{'region': '3399\d\d', 'sex': 'male', 'age': \d+, 'year': 2024\}"
    with pytest.raises(SchemaError, match=rf"^cost: -5.0 at {place}$"):
        city_morbidity_history(data, tiny_basis, "resident")
