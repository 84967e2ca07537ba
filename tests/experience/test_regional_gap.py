import numpy as np
import pandas as pd
import pytest
import xarray as xr
from statsmodels.datasets import ccard

from actuarial.errors import AssumptionError, SchemaError
from actuarial.experience.regional_gap import regional_gap


def units(region, outcome, covariates, names) -> tuple[xr.DataArray, xr.DataArray]:
    given = xr.DataArray(np.asarray(outcome, float), dims="unit", coords={"region": ("unit", np.asarray(region))})
    table = xr.DataArray(np.asarray(covariates, float), dims=("unit", "covariate"), coords={"covariate": names})
    return given, table


def one_sample(rng: np.random.Generator) -> tuple[xr.DataArray, xr.DataArray]:
    """300 and 200 persons: age 60 and 50 on average, 100 and 80 yuan a year of age, 500 and 900 for the rest."""
    ages = np.concatenate([rng.normal(60, 10, 300), rng.normal(50, 10, 200)])
    is_first = np.arange(500) < 300
    cost = np.where(is_first, 500 + 100 * ages, 900 + 80 * ages) + rng.normal(0, 1000, 500)
    return units(np.where(is_first, "a", "b"), cost, ages[:, None], ["age"])


def test_two_lines_through_their_points_by_hand():
    """a: 1 + 2x at x = 1, 2, 6 (mean 3, 7); b: 3 + x at x = 0, 1, 2 (mean 1, 4).

    Endowments (3 - 1) 1 = 2; coefficients (1 - 3) + 1 (2 - 1) = -1; interaction (3 - 1)(2 - 1) = 2; gap 3.
    """
    outcome, covariates = units(list("aaabbb"), [3, 5, 13, 3, 4, 5], [[1], [2], [6], [0], [1], [2]], ["x"])
    found = regional_gap(outcome, covariates, "a", "b")
    assert float(found["gap"]) == pytest.approx(3)
    np.testing.assert_allclose(found["value"], [2, -1, 2], atol=1e-12)
    np.testing.assert_allclose(found["endowment"], [2], atol=1e-12)
    assert found["effect"].values.tolist() == ["endowments", "coefficients", "interaction"]


def test_credit_card_spending_of_owners_and_renters():
    """Example of the documentation of statsmodels, data of Greene: 321.74824, 75.45371, -238.45151, gap 158.75044."""
    data = pd.DataFrame(ccard.load().data)
    owner = np.where(data["OWNRENT"] == 1, "owner", "renter")
    names = ["AGE", "INCOME", "INCOMESQ"]
    outcome, covariates = units(owner, data["AVGEXP"], data[names], names)
    found = regional_gap(outcome, covariates, "owner", "renter")
    np.testing.assert_allclose(found["value"], [321.74824, 75.45371, -238.45151], atol=5e-6)
    assert float(found["gap"]) == pytest.approx(158.75044, abs=5e-6)


def test_effects_are_those_of_two_least_squares_fits_and_add_up():
    outcome, covariates = one_sample(np.random.default_rng(1))
    found = regional_gap(outcome, covariates, "a", "b")
    region, age, cost = outcome["region"].values, covariates.values[:, 0], outcome.values
    (slope_a, level_a), (slope_b, level_b) = (np.polyfit(age[region == r], cost[region == r], 1) for r in "ab")
    mean_a, mean_b = (age[region == r].mean() for r in "ab")
    by_hand = [
        (mean_a - mean_b) * slope_b,
        (level_a - level_b) + mean_b * (slope_a - slope_b),
        (mean_a - mean_b) * (slope_a - slope_b),
    ]
    np.testing.assert_allclose(found["value"], by_hand, rtol=1e-9)
    assert float(found["value"].sum()) == pytest.approx(cost[region == "a"].mean() - cost[region == "b"].mean())


def test_standard_errors_are_the_spread_of_repeated_samples():
    rng = np.random.default_rng(2)
    samples = [regional_gap(*one_sample(rng), "a", "b") for _ in range(200)]
    values = np.array([sample["value"].values for sample in samples])
    errors = np.array([sample["standard_error"].values for sample in samples])
    # a spread of 200 samples is known to 1 / sqrt(400) = 5%
    np.testing.assert_allclose(errors.mean(axis=0), values.std(axis=0, ddof=1), rtol=4 * 0.05)
    # 10 x 80, (500 - 900) + 50 x 20, 10 x 20
    np.testing.assert_array_less(abs(values.mean(axis=0) - [800, 600, 200]), 4 * errors.mean(axis=0) / np.sqrt(200))


def test_swapped_regions_turn_the_gap_round():
    outcome, covariates = one_sample(np.random.default_rng(3))
    there, back = (regional_gap(outcome, covariates, *pair) for pair in (("a", "b"), ("b", "a")))
    assert float(there["gap"]) == pytest.approx(-float(back["gap"]))
    # the interaction is the same product of two differences
    np.testing.assert_allclose(there["value"].sel(effect="interaction"), back["value"].sel(effect="interaction"))


def test_other_regions_play_no_part():
    outcome, covariates = one_sample(np.random.default_rng(4))
    more = xr.concat([outcome, outcome.isel(unit=slice(0, 50)).assign_coords(region=("unit", ["c"] * 50))], dim="unit")
    wide = xr.concat([covariates, 3 * covariates.isel(unit=slice(0, 50))], dim="unit")
    xr.testing.assert_allclose(regional_gap(more, wide, "a", "b"), regional_gap(outcome, covariates, "a", "b"))


def test_regions_that_cannot_be_fitted_are_refused():
    outcome, covariates = one_sample(np.random.default_rng(5))
    with pytest.raises(AssumptionError) as refusal:
        regional_gap(outcome, covariates, "a", "c")
    assert str(refusal.value) == "regional gap: region 'c' has 0 units; 1 covariates need 3"
    twice = xr.concat([covariates, 2 * covariates], dim="covariate").assign_coords(covariate=["age", "double"])
    with pytest.raises(AssumptionError, match="covariates of region 'a' depend on one another"):
        regional_gap(outcome, twice, "a", "b")
    with pytest.raises(SchemaError, match="a value of the outcome is missing"):
        regional_gap(outcome.where(outcome > outcome.min()), covariates, "a", "b")
