import numpy as np
import pytest
import xarray as xr

from actuarial.errors import AssumptionError, SchemaError
from actuarial.experience.morbidity_history import morbidity_history
from tests.experience.test_morbidity import effects, exposure_of

YEARS = np.arange(2018, 2022)


@pytest.fixture
def exposure() -> xr.DataArray:
    return exposure_of(2, YEARS, np.random.default_rng(1))


def test_cost_of_a_region_is_its_log_relative_to_all(exposure):
    """Everyone costs 100 in one region and 400 in the other: logs differ by log 4 and weigh to the mean."""
    cost = exposure * xr.DataArray([100.0, 400.0], coords={"region": exposure["region"]})
    history = morbidity_history(cost, exposure, effects(YEARS))
    first, second = history.cost.values
    np.testing.assert_allclose(second - first, np.log(4), atol=2e-8)
    np.testing.assert_allclose(history.scale * np.exp(history.cost.values[0]), 100.0, rtol=1e-8)
    assert history.scale == pytest.approx(float(cost.sum() / exposure.sum()), rel=1e-12)


def test_cells_hold_age_and_sex_and_no_year(exposure):
    growth = xr.DataArray(1.1 ** np.arange(4), coords={"year": YEARS})
    by_age = xr.DataArray([1.0, 2.0, 3.0, 4.0, 5.0], coords={"age": exposure["age"]})
    cell = morbidity_history(exposure * growth * by_age, exposure, effects(YEARS)).cell
    logs = np.log([1.0, 2.0, 3.0, 4.0, 5.0])
    for year in YEARS:
        np.testing.assert_allclose(cell.sel(sex="male", year=year).values, logs - logs.mean(), atol=2e-8)


def test_shares_of_a_region_sum_to_one(exposure):
    share = morbidity_history(exposure * 3.0, exposure, effects(YEARS)).share
    np.testing.assert_allclose(share.sum(["sex", "age"]).values, 1.0, rtol=1e-12)


def spoiled(cost: xr.DataArray, value: float, **place) -> xr.DataArray:
    changed = cost.copy()
    changed.loc[place] = value
    return changed


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            lambda cost, exposure: (spoiled(cost, -5.0, region="330201", sex="male", age=60, year=2020), exposure),
            SchemaError,
            "cost: -5.0 at {'region': '330201', 'sex': 'male', 'age': 60, 'year': 2020}",
        ),
        (
            lambda cost, exposure: (cost, spoiled(exposure, np.nan, region="330200", sex="female", age=0, year=2019)),
            SchemaError,
            "exposure: nan at {'region': '330200', 'sex': 'female', 'age': 0, 'year': 2019}",
        ),
        (
            lambda cost, exposure: (cost, spoiled(exposure, 0.0, region="330200", sex="female", age=0, year=2019)),
            SchemaError,
            "cost without exposure: 1 of 80 cells, first at "
            "{'region': '330200', 'sex': 'female', 'age': 0, 'year': 2019}",
        ),
        (
            lambda cost, exposure: (spoiled(cost, 0.0, sex="female", age=0, year=2019), exposure),
            AssumptionError,
            "morbidity: cost is 0 at {'sex': 'female', 'age': 0, 'year': 2019}, where a log is taken; "
            "use coarser age groups or leave it out",
        ),
        (
            lambda cost, exposure: (spoiled(cost, 0.0, region="330201", year=2018), exposure),
            AssumptionError,
            "morbidity: cost is 0 at {'region': '330201', 'year': 2018}, where a log is taken; "
            "use coarser age groups or leave it out",
        ),
        (
            lambda cost, exposure: (cost.isel(year=[0, 1, 3]), exposure.isel(year=[0, 1, 3])),
            SchemaError,
            "cost: years [2018, 2019, 2021] are not one after another",
        ),
        (
            lambda cost, exposure: (cost.isel(year=[0, 1]), exposure.isel(year=[0, 1])),
            AssumptionError,
            "morbidity: years of history: 2, needed: 3",
        ),
        (
            lambda cost, exposure: (cost.isel(sex=[1, 0]), exposure.isel(sex=[1, 0])),
            SchemaError,
            "cost: sex is ['male', 'female'], expected ['female', 'male']",
        ),
        (
            lambda cost, exposure: (cost, exposure.isel(region=[1, 0])),
            SchemaError,
            "exposure: region differs from that of cost",
        ),
    ],
)
def test_a_panel_that_cannot_be_fitted_is_refused(exposure, change, error, message):
    cost, changed = change(exposure * 100.0, exposure)
    with pytest.raises(error) as caught:
        morbidity_history(cost, changed, effects(YEARS))
    assert str(caught.value) == message


def test_declared_effects_must_cover_the_history(exposure):
    with pytest.raises(AssumptionError) as caught:
        morbidity_history(exposure * 100.0, exposure, effects(np.arange(2019, 2025), "reform"))
    assert str(caught.value) == "declared: years 2018-2021 of the history are not all covered"
