import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from actuarial.errors import AssumptionError
from actuarial.experience.morbidity_exposure import carried_exposure


def insured(values, years, ages=(0, 10, 20)) -> xr.DataArray:
    values = np.asarray(values, dtype=float)
    labels = {"region": ["330201"], "sex": ["female"], "age": list(ages), "year": list(years)}
    return xr.DataArray(values.reshape(1, 1, len(ages), len(years)), coords=labels, dims=list(labels))


@given(st.floats(1, 1e6))
def test_a_population_that_stands_still_stands_still(size):
    exposure = insured(np.full((3, 4), size), range(2018, 2022))
    carried = carried_exposure(exposure, np.array([2022, 2023]))
    np.testing.assert_allclose(carried.values, size, rtol=1e-12)


def test_a_tenth_of_a_ten_year_group_moves_on_each_year():
    """Known by hand: 100, 50 and 30 people; a tenth of each closed group moves, the youngest is refilled."""
    first = [100.0, 50.0, 30.0]
    second = [100.0, 50 - 5 + 10, 30 + 5]
    exposure = insured(np.column_stack([first, second]), [2020, 2021])
    carried = carried_exposure(exposure, np.array([2022]))
    np.testing.assert_allclose(carried.values.ravel(), [100.0, 55 - 5.5 + 10, 35 + 5.5], rtol=1e-12)


def test_deaths_of_the_open_group_go_on():
    """The open group loses a fifth of those it would hold: so it does in the next year."""
    exposure = insured([[100.0, 100.0], [100.0, 100.0], [50.0, 0.8 * 60.0]], [2020, 2021])
    carried = carried_exposure(exposure, np.array([2022]))
    assert carried.sel(age=20).item() == pytest.approx(0.8 * 58.0, rel=1e-12)


def test_one_year_cannot_be_carried():
    with pytest.raises(AssumptionError, match=r"^exposure: years of history: 1, needed: 2, to carry cohorts$"):
        carried_exposure(insured([[1.0], [1.0], [1.0]], [2021]), np.array([2022]))


def test_an_age_without_members_cannot_be_carried():
    exposure = insured([[1.0, 1.0], [1.0, 1.0], [0.0, 1.0]], [2020, 2021])
    with pytest.raises(AssumptionError, match=r"^exposure: nobody is insured in some age and sex of all regions; use"):
        carried_exposure(exposure, np.array([2022]))
