from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
import xarray as xr
from scipy.stats import poisson

from actuarial.demography.likelihood import Family
from actuarial.demography.mortality import (
    MortalityModel,
    cohort_weight,
    fit_cairns_blake_dowd,
    fit_lee_carter,
    fit_lee_carter_svd,
    initial_exposure,
)
from actuarial.errors import AssumptionError, SchemaError
from tests.demography.england_and_wales import england_and_wales

AGES, YEARS = np.arange(60, 72), np.arange(2000, 2015)
LEVEL, RESPONSE = -4 + 0.1 * (AGES - 60.0), np.linspace(1.4, 0.6, 12) / 12
INDEX = 8 - 1.1 * np.arange(15.0) + np.sin(np.arange(15.0))
CENTRED = INDEX - INDEX.mean()


def cells(values: np.ndarray | float) -> xr.DataArray:
    full = np.broadcast_to(values, (12, 15)).astype(float)
    return xr.DataArray(full, coords={"age": AGES, "year": YEARS}, dims=("age", "year"))


RATE = cells(np.exp(LEVEL[:, None] + np.outer(RESPONSE, CENTRED)))


def assert_recovered(model: MortalityModel, rtol: float) -> None:
    np.testing.assert_allclose(model.level, LEVEL, rtol=rtol)
    np.testing.assert_allclose(model.response.sel(component="index"), RESPONSE, rtol=rtol)
    np.testing.assert_allclose(model.index.sel(component="index"), CENTRED, rtol=rtol, atol=rtol)


def test_lee_carter_of_england_and_wales_has_the_published_criteria(published: Path):
    """Villegas, Kaishev & Millossovich (2018), Journal of Statistical Software 84(3): AIC 29,866 and BIC 30,518.

    Logit-binomial, first and last three cohorts without weight, initial exposure central plus half of the deaths.
    Measured: 29,866.32 and 30,518.49, 119 parameters, 1,773 cells.
    """
    deaths, central = england_and_wales(published, 55, 89)
    model = fit_lee_carter(deaths, initial_exposure(deaths, central), cohort_weight(deaths, 3), "binomial")
    assert (model.parameters, model.observations) == (119, 1773)
    assert model.aic == pytest.approx(29_866, abs=0.5)
    assert model.bic == pytest.approx(30_518, abs=0.5)


def test_poisson_fit_gives_every_age_and_year_its_deaths(published: Path):
    """Brouhns, Denuit & Vermunt (2002), equations of the maximum: sums over years, and over ages weighted by bx."""
    deaths, central = england_and_wales(published, 55, 89)
    model = fit_lee_carter(deaths, central, xr.ones_like(deaths), "poisson")
    expected = central * model.rate(model.predictor(model.index))
    np.testing.assert_allclose(expected.sum("year"), deaths.sum("year"), rtol=1e-6)
    weighted = (model.response * (expected - deaths)).sum("age") / (model.response * deaths).sum("age")
    np.testing.assert_allclose(weighted, 0, atol=1e-6)
    assert model.log_likelihood == pytest.approx(float(poisson.logpmf(deaths, expected).sum()), rel=1e-12)


def test_singular_values_recover_the_rates_they_were_made_of():
    assert_recovered(fit_lee_carter_svd(RATE), 1e-10)


def test_poisson_recovers_the_rates_when_deaths_are_as_expected():
    assert_recovered(fit_lee_carter(RATE * 1e6, cells(1e6), cells(1.0), "poisson"), 1e-6)


def test_binomial_recovers_the_odds_when_deaths_are_as_expected():
    assert_recovered(fit_lee_carter(RATE / (1 + RATE) * 1e6, cells(1e6), cells(1.0), "binomial"), 1e-6)


def test_cell_without_weight_leaves_no_trace():
    deaths, weight = RATE * 1e6, cells(1.0)
    weight[3, 4] = 0.0
    spoiled = deaths.copy()
    spoiled[3, 4] *= 5
    assert_recovered(fit_lee_carter(spoiled, cells(1e6), weight, "poisson"), 1e-6)


def test_cairns_blake_dowd_agrees_with_a_logistic_regression_for_each_year(published: Path):
    """Second derivation: statsmodels, one binomial regression on age for each year."""
    deaths, central = england_and_wales(published, 55, 89)
    lives = initial_exposure(deaths, central)
    model = fit_cairns_blake_dowd(deaths, lives, xr.ones_like(deaths))
    design = sm.add_constant(deaths["age"].values - 72.0)
    for year in (1961, 1990, 2011):
        dead, all_lives = deaths.sel(year=year).values, lives.sel(year=year).values
        peer = sm.GLM(np.column_stack([dead, all_lives - dead]), design, family=sm.families.Binomial()).fit()
        np.testing.assert_allclose(model.index.sel(year=year), peer.params, rtol=1e-7)
    assert model.parameters == 102


def test_first_and_last_cohorts_lose_their_weight():
    lost = cohort_weight(RATE, 2).values == 0
    assert np.argwhere(lost).tolist() == [[0, 13], [0, 14], [1, 14], [10, 0], [11, 0], [11, 1]]


@pytest.mark.parametrize("family", ["poisson", "binomial"])
def test_negative_deaths_are_refused(family: Family):
    deaths = RATE * 1e6
    deaths[2, 2] = -1
    with pytest.raises(
        SchemaError, match="deaths: 1 of 180 cells have no exposure, or deaths below 0 or above the lives"
    ):
        fit_lee_carter(deaths, cells(1e6), cells(1.0), family)


def test_year_without_any_weight_is_refused():
    weight = cells(1.0)
    weight[:, 3] = 0
    with pytest.raises(AssumptionError, match=r"mortality: no cell of year \[2003\] has a weight, so nothing fits it"):
        fit_lee_carter(RATE * 1e6, cells(1e6), weight, "poisson")


def test_singular_values_of_a_rate_of_zero_are_refused():
    with pytest.raises(SchemaError, match="mx: Lee-Carter by singular values needs positive rates in every cell"):
        fit_lee_carter_svd(RATE.where(RATE.max() > RATE, 0.0))
