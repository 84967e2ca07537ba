import numpy as np
import pytest
import xarray as xr
from scipy.integrate import quad

from actuarial.demography.life_table import life_table, mean_time_lived, survival
from actuarial.errors import SchemaError


def by_age(values: np.ndarray, sexes: tuple[str, ...] = ("female", "male")) -> xr.DataArray:
    return xr.DataArray(
        np.broadcast_to(values, (len(sexes), len(values))),
        dims=("sex", "age"),
        coords={"sex": list(sexes), "age": np.arange(len(values))},
    )


def test_constant_force_gives_reciprocal_expectancy():
    table = life_table(by_age(np.full(101, 0.02)))
    np.testing.assert_allclose(table["ex"], 50.0, rtol=1e-12)


def test_gompertz_expectancy_agrees_with_its_integral():
    """Second derivation: integrals of the Gompertz survival function, from which the rates are made as well."""
    level, slope = 2e-5, 0.105

    def alive(age: float) -> float:
        return np.exp(-level / slope * (np.exp(slope * age) - 1))

    lived = [quad(alive, age, age + 1)[0] for age in range(100)] + [quad(alive, 100, 150)[0]]
    rates = np.array([(alive(age) - alive(age + 1)) / lived[age] for age in range(100)] + [alive(100) / lived[100]])
    table = life_table(by_age(rates))
    # to first order those who die under a Gompertz force live slope / 12 longer than half of their last year
    np.testing.assert_allclose(table["ex"].sel(age=0), sum(lived), atol=slope / 12)
    np.testing.assert_allclose(table["ex"].sel(age=65), sum(lived[65:]) / alive(65), atol=slope / 12)


def test_columns_close():
    table = life_table(by_age(np.linspace(0.001, 0.4, 101)))
    np.testing.assert_allclose(table["dx"].sum("age"), 1.0, rtol=1e-12)
    np.testing.assert_allclose(table["Tx"].sel(age=0), table["Lx"].sum("age"), rtol=1e-12)
    np.testing.assert_allclose(table["qx"].sel(age=100), 1.0)


def test_infant_time_lived_follows_coale_and_demeny():
    """Preston, Heuveline & Guillot (2001), table 3.3: 0.053 + 2.800 m0 for girls, 0.045 + 2.684 m0 for boys."""
    ax = mean_time_lived(by_age(np.full(3, 0.01)).isel(age=0, drop=True), xr.DataArray([0, 1, 2], dims="age"))
    np.testing.assert_allclose(ax.isel(age=0).sel(sex=["female", "male"]), [0.081, 0.07184])
    high = mean_time_lived(by_age(np.full(3, 0.2)).isel(age=0, drop=True), xr.DataArray([0, 1, 2], dims="age"))
    np.testing.assert_allclose(high.isel(age=0).sel(sex=["female", "male"]), [0.350, 0.330])


def test_survivors_of_the_two_last_ages_share_one_chance():
    chance = survival(life_table(by_age(np.full(101, 0.3))))["aged"]
    np.testing.assert_allclose(chance.sel(age=99), chance.sel(age=100))
    np.testing.assert_allclose(chance.sel(age=100), (1 - 0.15) / (1 + 0.15), rtol=1e-12)


def test_negative_rate_is_refused():
    with pytest.raises(SchemaError, match="mx: death rates must be finite and not negative"):
        life_table(by_age(np.array([0.01, -0.01, 0.5])))
