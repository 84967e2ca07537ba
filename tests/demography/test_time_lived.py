import numpy as np
import pytest
import xarray as xr

from actuarial.demography.time_lived import (
    age_width,
    andreev_kingkade,
    coale_demeny,
    coale_demeny_child,
    greville,
    mean_time_lived,
)
from actuarial.errors import SchemaError

FIVE_YEARS = xr.DataArray([0, 1, 5, 10, 15, 20], dims="age", coords={"age": [0, 1, 5, 10, 15, 20]})


def infants(rate: float) -> xr.DataArray:
    return xr.DataArray([rate, rate], dims="sex", coords={"sex": ["female", "male"]})


def test_infant_time_lived_follows_coale_and_demeny():
    """Preston, Heuveline & Guillot (2001), table 3.3: 0.053 + 2.800 m0 for girls, 0.045 + 2.684 m0 for boys."""
    np.testing.assert_allclose(coale_demeny(infants(0.01)), [0.081, 0.07184])
    np.testing.assert_allclose(coale_demeny(infants(0.2)), [0.350, 0.330])


def test_child_time_lived_follows_coale_and_demeny():
    """The same table: 1.522 - 1.518 m0 for girls, 1.651 - 2.816 m0 for boys."""
    np.testing.assert_allclose(coale_demeny_child(infants(0.01)), [1.50682, 1.62284])
    np.testing.assert_allclose(coale_demeny_child(infants(0.2)), [1.361, 1.352])


@pytest.mark.parametrize(
    ("rate", "female", "male"), [(0.003, 0.1428642, 0.1433037), (0.05, 0.2407145, 0.1913305), (0.1, 0.31411, 0.29915)]
)
def test_infant_time_lived_follows_andreev_and_kingkade(rate: float, female: float, male: float):
    """Methods Protocol of the Human Mortality Database, version 6, section 7.1: each of the three pieces by hand."""
    np.testing.assert_allclose(andreev_kingkade(infants(rate)), [female, male], atol=1e-7)


def test_single_ages_are_half_a_year_but_infancy():
    ages = xr.DataArray([0, 1, 2], dims="age", coords={"age": [0, 1, 2]})
    np.testing.assert_allclose(mean_time_lived(infants(0.01), ages).sel(sex="female"), [0.081, 0.5, 0.5])


def test_five_year_ages_are_half_of_their_width_above_childhood():
    ax = mean_time_lived(infants(0.01), FIVE_YEARS).sel(sex="female")
    np.testing.assert_allclose(ax, [0.081, 1.50682, 2.5, 2.5, 2.5, 0.5])


def test_greville_is_exact_for_a_gompertz_slope():
    """A rate of 0.01 that rises by 10% a year: 2.5 - 25/12 (0.01 - 0.1) = 2.6875 from 15 on, 2.5 below."""
    mx = xr.DataArray(0.01 * np.exp(0.1 * (FIVE_YEARS - 15.0)))
    ax = greville(mx, xr.full_like(mx, 2.5))
    np.testing.assert_allclose(ax.sel(age=[10, 15]), [2.5, 2.6875], rtol=1e-12)


def test_greville_refuses_a_rate_of_zero():
    with pytest.raises(SchemaError, match="mx: death rates of five-year intervals must be positive"):
        greville(xr.zeros_like(FIVE_YEARS, dtype=float), xr.ones_like(FIVE_YEARS, dtype=float))


@pytest.mark.parametrize("ages", [[1, 2, 3], [0, 5, 1], [0, 0, 1]])
def test_ages_out_of_order_are_refused(ages: list[int]):
    with pytest.raises(SchemaError, match="age: intervals must start at 0 and rise, found"):
        age_width(xr.DataArray(ages, dims="age"))


def test_table_without_an_infant_age_is_refused():
    with pytest.raises(SchemaError, match="age: a life table needs age 0 by itself, found 5 years together"):
        mean_time_lived(infants(0.01), xr.DataArray([0, 5, 10], dims="age"))
