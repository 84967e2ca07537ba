from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.experience.morbidity import MorbidityPosterior
from actuarial.experience.morbidity_history import MorbidityHistory, morbidity_history
from actuarial.experience.morbidity_path import morbidity_path
from actuarial.experience.sampling import Diagnostics
from tests.experience.test_morbidity import PRIORS, SAMPLING, effects, exposure_of, simulated

YEARS, AHEAD = np.arange(2015, 2021), np.arange(2021, 2024)
KNOWN = {
    "drift": 0.03,
    "common_spread": 0.02,
    "region_spread": 0.08,
    "deviation_spread": 0.03,
    "persistence": 0.7,
    "noise_floor": 0.01,
    "variation": 2.0,
}


def posterior_of(history: MorbidityHistory, draws: int = 3) -> MorbidityPosterior:
    """A posterior that knows every parameter: the same value in every draw."""
    sizes = {"draw": np.arange(draws), "year": history.cost["year"].values}
    sizes |= {"sex": history.cell["sex"].values, "age": history.cell["age"].values}
    profile = np.array([[-0.9, -0.3, -0.1, 0.6, 1.2], [-0.8, -0.7, -0.3, 0.7, 1.3]])
    years = len(sizes["year"])
    unrest = np.linspace(0.5, -0.5, years)
    scalars = {name: ("draw", np.full(draws, value)) for name, value in KNOWN.items()}
    known = xr.Dataset(
        {
            **scalars,
            "common": (("draw", "year"), np.tile(np.linspace(-0.2, 0.1, years), (draws, 1))),
            "profile": (("draw", "sex", "age"), np.tile(profile - profile.mean(), (draws, 1, 1))),
            "unrest": (("draw", "year"), np.tile(unrest, (draws, 1))),
        },
        sizes,
    )
    return MorbidityPosterior(known, history, PRIORS, SAMPLING, Diagnostics(1.0, 1000, 1000, 0, 1.0), {}, xr.Dataset())


@pytest.fixture(scope="module")
def history() -> MorbidityHistory:
    cost, exposure = simulated(4, YEARS, np.random.default_rng(8), 0.0)
    return morbidity_history(cost, exposure, effects(np.arange(2015, 2024)))


@pytest.fixture(scope="module")
def ahead() -> xr.DataArray:
    return exposure_of(4, AHEAD, np.random.default_rng(8))


def exact(history: MorbidityHistory, ahead: xr.DataArray, region: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of log cost in forecast years by the textbook formula on the joint covariance."""
    posterior = posterior_of(history)
    one = posterior.draws.isel(draw=0)
    rate = np.exp(one["profile"].values)
    share = (ahead / ahead.sum(["sex", "age"])).isel(region=region).values
    past = np.log((history.share.isel(region=region).values * rate[..., None]).sum((0, 1)))
    future = np.log((share * rate[..., None]).sum((0, 1)))
    years = np.concatenate([YEARS, AHEAD])
    apart = np.abs(np.subtract.outer(years, years))
    local = KNOWN["region_spread"] ** 2 + KNOWN["deviation_spread"] ** 2 * KNOWN["persistence"] ** apart
    unrest = np.exp(one["unrest"].values)
    size = float(history.noise_size[region])
    noise = (KNOWN["noise_floor"] ** 2 + KNOWN["variation"] ** 2 * size) * unrest
    total = ahead.isel(region=region).sum(["sex", "age"]).values
    ahead_noise = (KNOWN["noise_floor"] ** 2 + KNOWN["variation"] ** 2 / total) * unrest[-1]
    joint = local + np.diag(np.concatenate([noise, ahead_noise]))
    n = len(YEARS)
    gain = joint[n:, :n] @ np.linalg.inv(joint[:n, :n])
    residual = history.cost.isel(region=region).values - past - one["common"].values
    common = one["common"].values[-1] + KNOWN["drift"] * np.arange(1, 4)
    mean = np.log(history.scale) + future + common + gain @ residual
    return mean, joint[n:, n:] - gain @ joint[:n, n:]


def test_without_uncertainty_the_path_is_the_conditional_mean(history, ahead):
    path = morbidity_path(posterior_of(history), ahead, 2, None, None)
    for region in range(4):
        mean, _ = exact(history, ahead, region)
        np.testing.assert_allclose(np.log(path["cost"].isel(region=region).values), [mean, mean], rtol=1e-10)


def test_draws_have_the_conditional_mean_and_spread(history, ahead):
    """Shocks of the common level on top: a mixture whose variance is known. Four standard errors."""
    draws = 20_000
    rngs = np.random.default_rng(1), np.random.default_rng(2)
    logs = xr.ufuncs.log(morbidity_path(posterior_of(history), ahead, draws, *rngs)["cost"])
    shock = KNOWN["common_spread"] ** 2 * (1 + PRIORS.jump_share * (PRIORS.jump_ratio**2 - 1))
    for region in range(4):
        mean, covariance = exact(history, ahead, region)
        variance = np.diag(covariance) + shock * np.arange(1, 4)
        found = logs.isel(region=region)
        assert (np.abs(found.mean("draw") - mean) < 4 * np.sqrt(variance / draws)).all()
        fourth = ((found - found.mean("draw")) ** 4).mean("draw")
        error = np.sqrt(fourth - variance**2)
        assert (np.abs(found.var("draw") - variance) < 4 * error / np.sqrt(draws)).all()


def test_shocks_are_common_to_all_regions(history, ahead):
    rngs = np.random.default_rng(1), np.random.default_rng(2)
    calm = replace(
        posterior_of(history),
        draws=posterior_of(history).draws.assign(
            {name: ("draw", np.full(3, 1e-6)) for name in ("deviation_spread", "noise_floor", "variation")}
        ),
    )
    logs = xr.ufuncs.log(morbidity_path(calm, ahead, 500, *rngs)["cost"]).sel(year=2023)
    assert np.corrcoef(logs.transpose("region", "draw").values).min() > 0.999


def test_a_region_without_history_follows_the_prior_and_says_so(history, ahead):
    new = ahead.isel(region=[0]).assign_coords(region=["330299"])
    both = ahead.reindex(region=[*ahead["region"].values, "330299"])
    both.loc[{"region": "330299"}] = new.sel(region="330299")
    rngs = np.random.default_rng(1), np.random.default_rng(2)
    path = morbidity_path(posterior_of(history), both, 20_000, *rngs)
    assert path["is_prior_only"].values.tolist() == [False] * 4 + [True]
    logs = xr.ufuncs.log(path["cost"].sel(year=2021))
    total = float(new.isel(year=0).sum())
    noise = (KNOWN["noise_floor"] ** 2 + KNOWN["variation"] ** 2 / total) * np.exp(-0.5)
    shock = KNOWN["common_spread"] ** 2 * (1 + PRIORS.jump_share * (PRIORS.jump_ratio**2 - 1))
    expected = np.sqrt(KNOWN["region_spread"] ** 2 + KNOWN["deviation_spread"] ** 2 + noise + shock)
    # Standard error of a spread from 20,000 nearly normal draws: half a per cent; four of them.
    assert float(logs.sel(region="330299").std("draw")) == pytest.approx(expected, rel=0.02)


def test_each_source_switches_off_by_itself(history, ahead):
    posterior = posterior_of(history)
    spread = posterior.draws.assign(drift=("draw", np.array([0.0, 0.03, 0.06])))
    path = morbidity_path(replace(posterior, draws=spread), ahead, 200, np.random.default_rng(1), None)
    growth = xr.ufuncs.log(path["cost"].sel(year=2023, region="330200")) - xr.ufuncs.log(
        path["cost"].sel(year=2022, region="330200")
    )
    assert len(np.unique(growth.round(9))) == 3
    still = morbidity_path(replace(posterior, draws=spread), ahead, 200, None, None)
    assert float(still["cost"].std("draw").max()) < 1e-9 * float(still["cost"].mean())


def test_older_members_cost_more_at_the_same_level(history, ahead):
    older = ahead.copy()
    older.loc[{"age": 80}] = 3 * older.sel(age=80)
    path, higher = (morbidity_path(posterior_of(history), each, 1, None, None)["cost"] for each in (ahead, older))
    assert bool((higher > path).all())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda exposure: exposure.assign_coords(year=exposure["year"] + 1),
            "exposure: years [2022, 2023, 2024] do not follow the last year of the history, 2020",
        ),
        (lambda exposure: 0 * exposure, "exposure: nobody is insured in some region and year, least 0.0"),
    ],
)
def test_exposure_that_does_not_fit_is_refused(history, ahead, change, message):
    with pytest.raises(AssumptionError) as caught:
        morbidity_path(posterior_of(history), change(ahead), 2, None, None)
    assert str(caught.value) == message
