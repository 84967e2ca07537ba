import numpy as np
import pytest
import xarray as xr
from scipy.stats import norm

from actuarial.errors import AssumptionError
from actuarial.evaluation.cost_effectiveness import (
    Programme,
    acceptability,
    cost_per_effect,
    net_benefit,
    sample_programme,
)

DRAWS = 40_000
# Seed 002: 0.7 fewer admissions and about 12,000 yuan saved; cost and errors are made up for the test.
EARLY_TREATMENT = Programme(14_000.0, 0.7, 0.2, 12_000.0, 3000.0, 0.6)
THRESHOLDS = xr.DataArray(
    [0.0, 2000.0, 5000.0, 20_000.0], dims="threshold", coords={"threshold": [0, 2000, 5000, 20_000]}
)


def drawn(programme: Programme = EARLY_TREATMENT, draws: int = DRAWS) -> xr.Dataset:
    return sample_programme(programme, xr.DataArray(100.0), draws, np.random.default_rng(1))


def benefit_moments() -> tuple[np.ndarray, np.ndarray]:
    """Of 100 persons: benefit = threshold x averted + saved - cost, normal."""
    value = THRESHOLDS.values
    mean = value * 0.7 + 12_000 - 14_000
    variance = (value * 0.2) ** 2 + 3000.0**2 + 2 * 0.6 * value * 0.2 * 3000
    return 100 * mean, 100 * np.sqrt(variance)


def test_sure_programme_of_the_seed_by_hand():
    """A third as dear as what it saves: 12,000 - 4,000 a person, whatever an admission is worth."""
    sure = drawn(Programme(4000.0, 0.7, 0.0, 12_000.0, 0.0, 0.0), 5)
    assert np.unique(sure["cost"]).tolist() == [-800_000.0]
    np.testing.assert_allclose(sure["effect"], 70.0)
    assert float(cost_per_effect(sure["cost"], sure["effect"])) == pytest.approx(-8000 / 0.7)
    assert float(acceptability(net_benefit(sure["cost"], sure["effect"], THRESHOLDS))["probability"].min()) == 1


def test_acceptability_is_the_normal_distribution_function():
    found = acceptability(net_benefit(drawn()["cost"], drawn()["effect"], THRESHOLDS))
    mean, spread = benefit_moments()
    probability = norm.cdf(mean / spread)
    np.testing.assert_array_less(
        abs(found["probability"] - probability), 4 * np.sqrt(probability * (1 - probability) / DRAWS)
    )
    np.testing.assert_allclose(found["probability_error"], np.sqrt(probability * (1 - probability) / DRAWS), rtol=0.05)
    np.testing.assert_array_less(abs(found["mean"] - mean), 4 * spread / np.sqrt(DRAWS))
    np.testing.assert_allclose(found["mean_error"], spread / np.sqrt(DRAWS), rtol=4 / np.sqrt(2 * DRAWS))


def test_perfect_information_is_the_unit_normal_loss():
    """Normal benefit: E max(0, B) - max(0, m) = s (phi(d) - |d| Phi(-|d|)), d = m / s."""
    found = acceptability(net_benefit(drawn()["cost"], drawn()["effect"], THRESHOLDS))["perfect_information"]
    mean, spread = benefit_moments()
    distance = abs(mean / spread)
    np.testing.assert_array_less(
        abs(found - spread * (norm.pdf(distance) - distance * norm.sf(distance))), 4 * spread / np.sqrt(DRAWS)
    )


def test_cost_and_effect_move_together_as_stated():
    draws = drawn()
    # what is saved lowers the cost, so that the correlation of cost and effect is the other way round
    assert abs(np.corrcoef(draws["cost"], draws["effect"])[0, 1] + 0.6) < 4 * (1 - 0.36) / np.sqrt(DRAWS)


def test_money_moved_from_chronic_assistance_buys_admissions():
    """30% of 10 million at 14,000 a person: 214.3 persons, 150 admissions fewer, 3 million less 2.571 million saved."""
    persons = xr.DataArray(0.3 * 10_000_000 / 14_000)
    draws = sample_programme(Programme(14_000.0, 0.7, 0.0, 12_000.0, 0.0, 0.0), persons, 2, np.random.default_rng(1))
    np.testing.assert_allclose(draws["effect"], 150.0)
    np.testing.assert_allclose(draws["cost"], 3_000_000 - 12_000 * 3_000_000 / 14_000)


def test_regions_are_valued_at_once():
    persons = xr.DataArray([10.0, 20.0], dims="region", coords={"region": ["a", "b"]})
    draws = sample_programme(EARLY_TREATMENT, persons, 50, np.random.default_rng(1))
    found = acceptability(net_benefit(draws["cost"], draws["effect"], THRESHOLDS))
    assert found["mean"].dims == ("region", "threshold")
    np.testing.assert_allclose(found["mean"].sel(region="b"), 2 * found["mean"].sel(region="a"))


def test_impossible_programme_is_refused():
    with pytest.raises(AssumptionError, match=r"with correlation 1\.2; errors are not negative"):
        drawn(Programme(1.0, 1.0, 0.1, 1.0, 0.1, 1.2), 2)
    with pytest.raises(AssumptionError, match=r"a mean effect of -1; its cost per effect is not defined"):
        cost_per_effect(xr.DataArray([1.0], dims="draw"), xr.DataArray([-1.0], dims="draw"))
