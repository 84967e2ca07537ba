from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from actuarial.demography.coherent import central_change, fit_coherent, with_common_index
from actuarial.demography.life_table import life_table
from actuarial.demography.second_stage import expectancy_left, index_of_deaths, index_of_expectancy
from actuarial.errors import AssumptionError, SchemaError
from tests.demography.united_nations import Prospects

AGES, YEARS, SEXES = np.arange(101), np.arange(2010, 2016), ["female", "male"]
CELLS = {"sex": SEXES, "age": AGES}
LEVEL = xr.DataArray(np.log([[2e-5], [4e-5]] * np.exp(0.095 * AGES)), CELLS, ("sex", "age"))
RESPONSE = xr.DataArray(np.broadcast_to(np.linspace(1.6, 0.4, 101) / 101, (2, 101)), CELLS, ("sex", "age"))
INDEX = xr.DataArray([12.0, 7.0, 9.0, 0.0, -3.5, -20.0], {"year": YEARS}, ("year",))
LOG_RATE = LEVEL + RESPONSE * INDEX
EXPECTANCY = life_table(xr.apply_ufunc(np.exp, LOG_RATE).transpose("sex", "year", "age"))["ex"].sel(age=0, drop=True)


def lives() -> xr.DataArray:
    people = np.random.default_rng(2).uniform(1e3, 9e3, (2, 101, 6))
    return xr.DataArray(people, {**CELLS, "year": YEARS}, ("sex", "age", "year"))


def test_index_is_found_from_the_life_expectancy_it_gives():
    found = index_of_expectancy(LEVEL, RESPONSE, EXPECTANCY)
    np.testing.assert_allclose(found, INDEX, atol=1e-8)
    assert found["year"].values.tolist() == YEARS.tolist()
    np.testing.assert_allclose(expectancy_left(LEVEL, RESPONSE, found, EXPECTANCY), 0, atol=1e-8)


def test_one_index_meets_the_mean_of_the_sexes_and_says_what_is_left_of_each():
    apart = EXPECTANCY + xr.DataArray([0.7, -0.3], {"sex": SEXES}, ("sex",))
    found = index_of_expectancy(LEVEL, RESPONSE, apart)
    left = expectancy_left(LEVEL, RESPONSE, found, apart)
    np.testing.assert_allclose(left.mean("sex"), 0, atol=1e-8)
    assert bool((left.sel(sex="female") > 0.3).all())


def test_higher_life_expectancy_needs_a_lower_index():
    higher = index_of_expectancy(LEVEL, RESPONSE, EXPECTANCY + 0.1)
    assert bool((higher < INDEX).all())


def test_index_of_opposite_sign_is_found_as_well():
    np.testing.assert_allclose(index_of_expectancy(LEVEL, -RESPONSE, EXPECTANCY), -INDEX, atol=1e-8)


def test_index_is_found_from_the_deaths_it_gives():
    deaths = (lives() * np.exp(LOG_RATE)).sum(["sex", "age"])
    np.testing.assert_allclose(index_of_deaths(LEVEL, RESPONSE, lives(), deaths), INDEX, atol=1e-8)


def test_deaths_of_one_response_have_a_closed_form():
    """With the response one at every age: log of observed over expected deaths."""
    flat = xr.ones_like(RESPONSE)
    expected = (lives() * np.exp(LEVEL)).sum(["sex", "age"])
    found = index_of_deaths(LEVEL, flat, lives(), expected * xr.DataArray([1, 2, 0.5, 0.1, 9, 30], dims=("year",)))
    np.testing.assert_allclose(found, np.log([1, 2, 0.5, 0.1, 9, 30]), atol=1e-9)


def test_published_life_expectancy_carries_on_a_pattern_of_few_years(published: Path):
    """World Population Prospects 2019, Korea: patterns of 1995-2010, life expectancy of 1995-2020.

    The index of the pattern years differs from the fitted one by at most 0.84 (measured) of a range of 15; what one
    index leaves of a sex is below 0.8 years (measured).
    """
    prospects = Prospects.read(published / "wpp")
    here = {"region": "Republic of Korea"}
    model = fit_coherent(prospects.mx.sel(here, drop=True).sel(year=slice(1995, 2010)))
    response = model.response.sel(component="common", drop=True)
    expectancy = prospects.life_expectancy.sel(here, drop=True).sel(sex=SEXES, year=slice(1995, 2020))
    index = index_of_expectancy(model.level, response, expectancy)
    fitted = model.index.sel(component="common", drop=True)
    assert float(abs(index.sel(year=fitted["year"]) - fitted).max()) < 0.85
    assert float(abs(expectancy_left(model.level, response, index, expectancy)).max()) < 0.8
    longer = with_common_index(model, index)
    assert (longer.walk.last_year, longer.walk.steps) == (2020, 25)
    drift = float(index[-1] - index[0]) / 25
    assert central_change(longer, np.array([2021])).sel(component="common").item() == pytest.approx(drift)


def test_impossible_life_expectancy_is_refused():
    beyond = EXPECTANCY.isel(year=[0]) * 0 + 1e6
    with pytest.raises(AssumptionError, match=r"no index between 0 and -505 gives life expectancy 1e\+06 of 2010"):
        index_of_expectancy(LEVEL, RESPONSE, beyond)


def test_impossible_deaths_are_refused():
    deaths = xr.DataArray([1e30], {"year": YEARS[:1]}, ("year",))
    with pytest.raises(AssumptionError, match=r"mortality: no index between 0 and .* gives deaths 1e\+30 of 2010"):
        index_of_deaths(LEVEL, RESPONSE, lives(), deaths)


def test_unknown_life_expectancy_is_refused():
    with pytest.raises(SchemaError, match="mortality: life expectancy must be known in every year"):
        index_of_expectancy(LEVEL, RESPONSE, EXPECTANCY.where(EXPECTANCY["year"] != 2012))
