from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy.integrate import quad

from actuarial.demography.life_table import fold_infancy, life_table, survival
from actuarial.demography.time_lived import Infancy, andreev_kingkade, coale_demeny, greville, mean_time_lived
from actuarial.errors import SchemaError
from tests.demography.united_nations import Prospects

ABRIDGED = np.array([0, 1, *range(5, 101, 5)])


def by_age(values: np.ndarray, ages: np.ndarray | None = None) -> xr.DataArray:
    return xr.DataArray(
        np.broadcast_to(values, (2, len(values))),
        dims=("sex", "age"),
        coords={"sex": ["female", "male"], "age": np.arange(len(values)) if ages is None else ages},
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


def test_constant_force_gives_reciprocal_expectancy_by_abridged_age():
    """With the exact ax = 1/mu - n exp(-n mu) / (1 - exp(-n mu)) the table is exact at any width."""
    force, width = 0.02, np.append(np.diff(ABRIDGED), 5).astype(float)
    rates = by_age(np.full(len(ABRIDGED), force), ABRIDGED)
    exact = by_age(1 / force - width * np.exp(-force * width) / (1 - np.exp(-force * width)), ABRIDGED)
    table = life_table(rates, exact)
    np.testing.assert_allclose(table["ex"], 50.0, rtol=1e-12)
    np.testing.assert_allclose(table["lx"].sel(age=65, sex="male"), np.exp(-force * 65), rtol=1e-12)


def test_gompertz_table_is_the_same_by_single_and_by_abridged_age():
    """The five-year rates are those of the single-age table itself, dx over Lx; Greville's ax is then good to days."""
    single = life_table(by_age(4e-5 * np.exp(0.1 * np.arange(101.0))))
    starts = np.searchsorted(np.arange(101), ABRIDGED)
    deaths, lived = (np.add.reduceat(single[name].values, starts, axis=1)[0] for name in ("dx", "Lx"))
    rates = by_age(deaths / lived, ABRIDGED)
    table = life_table(rates, greville(rates, mean_time_lived(rates.isel(age=0, drop=True), rates["age"])))
    np.testing.assert_allclose(table["ex"].sel(age=[5, 65]), single["ex"].sel(age=[5, 65]), atol=0.01)


@pytest.mark.parametrize(("infancy", "first_year"), [(coale_demeny, 1950), (andreev_kingkade, 1965)])
def test_published_life_expectancy_is_reproduced(published: Path, infancy: Infancy, first_year: int):
    """World Population Prospects 2019, six countries, both sexes, life expectancy at birth to two digits.

    Measured: West with Greville, 1950-2100, largest error 0.016 years, mean 0.0002; with the infant formula of Andreev
    and Kingkade the same from 1965 on, and 0.037 before, where infants died at rates far above those it was made for.
    The bound is 0.02 years: half of the last printed digit, and as much again for mx printed to few digits.
    """
    prospects = Prospects.read(published / "wpp")
    mx = prospects.mx.sel(year=slice(first_year + 5, None))
    table = life_table(mx, greville(mx, mean_time_lived(mx.isel(age=0, drop=True), mx["age"], infancy)))
    error = table["ex"].sel(age=0, drop=True) - prospects.life_expectancy.sel(year=mx["year"])
    assert error.sizes == {"region": 6, "sex": 2, "year": mx.sizes["year"]}
    np.testing.assert_allclose(error, 0, atol=0.02)
    assert abs(float(error.mean())) < 0.002


def test_folding_keeps_the_years_lived():
    table = life_table(by_age(0.0005 * np.exp(0.01 * ABRIDGED), ABRIDGED))
    folded = fold_infancy(table)
    assert folded["age"].values.tolist() == list(range(0, 101, 5))
    np.testing.assert_allclose(folded["Lx"].sum("age"), table["Tx"].sel(age=0), rtol=1e-12)
    np.testing.assert_allclose(folded["Lx"].sel(age=0), table["Lx"].sel(age=[0, 1]).sum("age"))


def test_survival_of_unequal_intervals_is_refused():
    table = life_table(by_age(np.full(len(ABRIDGED), 0.02), ABRIDGED))
    with pytest.raises(SchemaError, match=r"age: survival needs intervals of one width, found \[1.0, 4.0, 5.0\]"):
        survival(table)


def test_folding_a_single_age_table_is_refused():
    with pytest.raises(SchemaError, match=r"age: an abridged table starts at 0, 1 and 5, not at \[0, 1, 2\]"):
        fold_infancy(life_table(by_age(np.full(101, 0.02))))


def test_columns_close():
    table = life_table(by_age(np.linspace(0.001, 0.4, 101)))
    np.testing.assert_allclose(table["dx"].sum("age"), 1.0, rtol=1e-12)
    np.testing.assert_allclose(table["Tx"].sel(age=0), table["Lx"].sum("age"), rtol=1e-12)
    np.testing.assert_allclose(table["qx"].sel(age=100), 1.0)


def test_survivors_of_the_two_last_ages_share_one_chance():
    chance = survival(life_table(by_age(np.full(101, 0.3))))["aged"]
    np.testing.assert_allclose(chance.sel(age=99), chance.sel(age=100))
    np.testing.assert_allclose(chance.sel(age=100), (1 - 0.15) / (1 + 0.15), rtol=1e-12)


def test_negative_rate_is_refused():
    with pytest.raises(SchemaError, match="mx: death rates must be finite and not negative"):
        life_table(by_age(np.array([0.01, -0.01, 0.5])))
