from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from actuarial.experience.morbidity import prior_predictive
from actuarial.experience.morbidity_history import MorbidityHistory, morbidity_history
from actuarial.experience.morbidity_replicate import level_statistics, replicated_level, seen_level
from actuarial.experience.predictive import predictive_shares
from tests.experience.test_morbidity import PRIORS, effects, simulated
from tests.experience.test_morbidity_path import KNOWN, YEARS, posterior_of

SHARE, RATIO = 0.1, 3.0


@pytest.fixture(scope="module")
def history() -> MorbidityHistory:
    cost, exposure = simulated(4, YEARS, np.random.default_rng(8), 0.0)
    return morbidity_history(cost, exposure, effects(np.arange(2015, 2024)))


@pytest.fixture(scope="module")
def few(history) -> xr.Dataset:
    """One thing known in each of two hundred draws."""
    return posterior_of(history, 200).draws


def local_covariance(history: MorbidityHistory, region: int, unrest: np.ndarray) -> np.ndarray:
    apart = np.abs(np.subtract.outer(YEARS, YEARS))
    local = KNOWN["region_spread"] ** 2 + KNOWN["deviation_spread"] ** 2 * KNOWN["persistence"] ** apart
    size = float(history.noise_size[region])
    return local + np.diag((KNOWN["noise_floor"] ** 2 + KNOWN["variation"] ** 2 * size) * np.exp(unrest))


def test_replicates_have_the_covariance_of_the_model(history):
    """Four standard errors of normal (co)variances from 20,000 draws."""
    draws = 20_000
    known = posterior_of(history, draws).draws
    made = replicated_level(known, history, SHARE, RATIO, np.random.default_rng(3))
    distance = made["level"] - made["common"]
    for region in range(4):
        expected = local_covariance(history, region, known["unrest"].values[0])
        found = np.cov(distance.isel(region=region).values, rowvar=False)
        error = np.sqrt((np.outer(np.diag(expected), np.diag(expected)) + expected**2) / draws)
        assert (np.abs(found - expected) < 4 * error).all()
    steps = made["common"].diff("year")
    variance = KNOWN["common_spread"] ** 2 * (1 + SHARE * (RATIO**2 - 1))
    fourth = float(((steps - steps.mean()) ** 4).mean())
    assert float(steps.var()) == pytest.approx(variance, abs=4 * np.sqrt((fourth - variance**2) / steps.size))
    assert float(steps.mean()) == pytest.approx(KNOWN["drift"], abs=4 * np.sqrt(variance / steps.size))


def test_a_true_model_has_uniform_shares(history, few):
    """A hundred histories made by a normal with its full matrix: Kolmogorov-Smirnov at one in a thousand."""
    rng = np.random.default_rng(5)
    index = history.cost - seen_level(few.isel(draw=[0]), history).isel(draw=0, drop=True)
    found: dict[str, list[float]] = {}
    for _ in range(100):
        width = np.where(rng.random(len(YEARS) - 1) < SHARE, RATIO, 1.0)
        steps = KNOWN["drift"] + KNOWN["common_spread"] * width * rng.standard_normal(len(YEARS) - 1)
        common = np.concatenate([[0.0], np.cumsum(steps)])
        unrest = few["unrest"].values[0]
        local = [rng.multivariate_normal(common, local_covariance(history, region, unrest)) for region in range(4)]
        own = replace(history, cost=index + xr.DataArray(local, coords=index.coords, dims=("region", "year")))
        known = few.assign(common=(("draw", "year"), np.tile(common, (few.sizes["draw"], 1))))
        made = replicated_level(known, own, SHARE, RATIO, rng)
        seen = level_statistics(seen_level(known, own), known["common"], known, own)
        shares = predictive_shares(seen, level_statistics(made["level"], made["common"], known, own))
        for name, share in shares.items():
            found.setdefault(name, []).append(share)
    assert len(found) == 4
    for name, shares in found.items():
        assert stats.kstest(shares, "uniform").pvalue > 0.001, name


@pytest.mark.parametrize(
    ("spoil", "statistic"),
    [
        ({"region": ["330201"], "year": [2018]}, "largest_residual"),
        ({"year": [2018]}, "national_step_spread"),
    ],
)
def test_a_shock_that_the_parameters_do_not_know_is_seen(history, few, spoil, statistic):
    """Twice the cost in one region and year, or in one year of all regions."""
    level = seen_level(few, history)
    common = level.mean("region")
    known = few.assign(common=common)
    jump = xr.zeros_like(history.cost)
    jump.loc[spoil] = np.log(2.0)
    own = replace(history, cost=history.cost + jump)
    made = replicated_level(known, own, SHARE, RATIO, np.random.default_rng(4))
    seen = level_statistics(seen_level(known, own), known["common"], known, own)
    assert predictive_shares(seen, level_statistics(made["level"], made["common"], known, own))[statistic] > 0.99


def test_declared_effects_are_no_part_of_the_level(history, few):
    size = xr.DataArray(np.full((few.sizes["draw"], 1), 0.2), dims=("draw", "effect"), coords={"effect": ["epidemic"]})
    declared = replace(history, declared=effects(np.arange(2015, 2024), "epidemic"))
    moved = seen_level(few, history) - seen_level(few.assign(effect_size=size), declared)
    np.testing.assert_allclose(moved.sel(year=2017), 0.2, rtol=1e-12)
    np.testing.assert_allclose(moved.drop_sel(year=2017), 0.0, atol=1e-12)


def test_prior_predictive_growth_is_that_of_the_priors(history):
    """Growth of a year at a constant age: mean and variance of the priors in closed form, at four standard errors."""
    draws = 1_000
    made = prior_predictive(history, PRIORS, draws, np.random.default_rng(2))
    growth = made["common"].isel(year=1) - made["common"].isel(year=0)
    # A Rayleigh of mode m has a mean square of 2 m^2.
    shock = 2 * PRIORS.common_spread**2 * (1 + PRIORS.jump_share * (PRIORS.jump_ratio**2 - 1))
    variance = PRIORS.drift_spread**2 + shock
    fourth = float(((growth - growth.mean()) ** 4).mean())
    assert float(growth.mean()) == pytest.approx(PRIORS.drift_mean, abs=4 * np.sqrt(variance / draws))
    assert float(growth.var()) == pytest.approx(variance, abs=4 * np.sqrt((fourth - variance**2) / draws))
    lasting = (made["level"] - made["common"]).std("year").median()
    assert made["level"].dims == ("draw", "region", "year")
    assert float(lasting) > 0
