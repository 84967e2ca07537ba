import numpy as np
import pytest
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.experience.factor_series import factor_paths

DRAWS = 20_000


def philox(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def panel() -> xr.DataArray:
    rng, factor = philox(7), np.zeros(120)
    for number in range(1, 120):
        factor[number] = 0.5 * factor[number - 1] + rng.standard_normal()
    values = 0.05 + 0.02 * (np.array([[1.0], [0.8], [0.6]]) * factor + 0.4 * rng.standard_normal((3, 120)))
    return xr.DataArray(values, dims=("series", "year"), coords={"series": list("abc"), "year": np.arange(120)})


def test_common_factor_makes_series_move_together_as_they_did():
    growth = panel()
    drawn = factor_paths(growth, np.array([120]), DRAWS, philox(1)).isel(year=0)
    found = np.corrcoef(drawn.values.T)
    # what is left of a correlation after the factor is known from the year before: 1, l_i l_j / sqrt((l_i^2 + .16)...)
    loading = np.array([1.0, 0.8, 0.6])
    exact = loading[:, None] * loading / np.sqrt(np.outer(loading**2 + 0.16, loading**2 + 0.16))
    off = ~np.eye(3, dtype=bool)
    # four standard errors of a correlation of 120 years
    np.testing.assert_allclose(found[off], exact[off], atol=4 * (1 - exact[off].min() ** 2) / np.sqrt(120))


def test_factor_draws_do_not_depend_on_the_unit_of_a_series():
    growth = panel()
    unit = xr.DataArray([1.0, 1e-4, 1e6], dims="series", coords={"series": growth["series"]})
    plain, other = (factor_paths(part, np.arange(120, 123), 20, philox(1)) for part in (growth, growth * unit))
    np.testing.assert_allclose(other, (plain * unit).transpose(*other.dims), rtol=1e-9)


def test_factor_of_two_series_is_refused():
    message = r"^factor: series: 2, needed: 3, to tell the factor from their own errors$"
    with pytest.raises(AssumptionError, match=message):
        factor_paths(panel().isel(series=slice(2)), np.array([120]), 10, philox(1))


FACTOR_FAULTS = {
    "factor: b: a growth is missing": lambda growth: growth.where((growth["series"] != "b") | (growth["year"] != 5)),
    "factor: a: levels known: 8, needed: 9": lambda growth: growth.isel(year=slice(8)),
    "factor: b: the levels do not vary": lambda growth: growth.where(growth["series"] != "b", 0.05),
}


@pytest.mark.parametrize("message", FACTOR_FAULTS)
def test_growth_without_a_factor_is_refused_by_its_series(message: str):
    with pytest.raises(AssumptionError) as error:
        factor_paths(FACTOR_FAULTS[message](panel()), np.array([120]), 10, philox(1))
    assert str(error.value) == message
