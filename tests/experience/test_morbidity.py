from dataclasses import replace

import numpy as np
import pytensor.tensor as pt
import pytest
import xarray as xr
from scipy import linalg, stats

from actuarial.errors import AssumptionError
from actuarial.experience.city_morbidity import AHEAD
from actuarial.experience.earlier_fit import Earlier, starting_from
from actuarial.experience.morbidity import (
    CompiledMorbidity,
    MorbidityPosterior,
    compile_morbidity,
    fit_morbidity,
)
from actuarial.experience.morbidity_density import MorbidityPriors, build_morbidity, cell_density
from actuarial.experience.morbidity_history import MorbidityHistory, morbidity_history
from actuarial.experience.sampling import Sampling

AGES, SEXES = [0, 20, 40, 60, 80], ["female", "male"]
PRIORS = MorbidityPriors(
    drift_mean=0.02,
    drift_spread=0.015,
    common_spread=0.01,
    jump_share=0.1,
    jump_ratio=3.0,
    effect_spread=0.1,
    region_spread=0.1,
    deviation_spread=0.05,
    persistence_alpha=6.0,
    persistence_beta=2.0,
    noise_floor=0.02,
    unrest_spread=0.3,
    variation_median=2.5,
    variation_spread=0.5,
    profile_spread=0.5,
    contrast_spread=0.3,
    cell_floor=0.1,
)
# Short steps: the mixture of shocks bends sharply where a year may be a jump or not.
SAMPLING = Sampling(2000, 1000, 2, 3, 0.99, 1, "nutpie", False)
TRUE = {
    "drift": 0.03,
    "region_spread": 0.08,
    "deviation_spread": 0.02,
    "persistence": 0.7,
    "noise_floor": 0.005,
    "variation": 2.0,
}


def effects(years: np.ndarray, *names: str) -> xr.DataArray:
    """Each named effect is in force in the third year alone."""
    values = np.zeros((len(names), len(years)))
    if names:
        values[:, 2] = 1.0
    return xr.DataArray(values, coords={"effect": np.array(names, dtype=str), "year": years}, dims=("effect", "year"))


def exposure_of(regions: int, years: np.ndarray, rng: np.random.Generator) -> xr.DataArray:
    """Insured years, more of them old every year, in regions of very different size."""
    size = np.exp(rng.normal(9, 1, regions))
    young = np.array([0.2, 0.3, 0.25, 0.17, 0.08])
    ageing = np.exp(np.outer(np.arange(len(years)), [-0.02, -0.01, 0.0, 0.03, 0.03]))
    values = size[:, None, None, None] * young[:, None] * ageing.T * np.ones((2, 1, 1)) / 2
    labels = {"region": [f"{330200 + i}" for i in range(regions)], "sex": SEXES, "age": AGES, "year": years}
    return xr.DataArray(values, coords=labels, dims=list(labels))


def simulated(
    regions: int, years: np.ndarray, rng: np.random.Generator, jump: float
) -> tuple[xr.DataArray, xr.DataArray]:
    """A panel made as the model says, with a declared effect `jump` in the third year."""
    exposure = exposure_of(regions, years, rng)
    profile = np.array([[-0.9, -0.3, -0.1, 0.6, 1.2], [-0.8, -0.7, -0.3, 0.7, 1.3]])
    apart = np.abs(np.subtract.outer(years, years))
    local = TRUE["region_spread"] ** 2 + TRUE["deviation_spread"] ** 2 * TRUE["persistence"] ** apart
    paths = rng.multivariate_normal(np.zeros(len(years)), local, regions)
    size = exposure.sum(["sex", "age"]).values
    noise = rng.standard_normal(size.shape) * np.sqrt(TRUE["noise_floor"] ** 2 + TRUE["variation"] ** 2 / size)
    common = 7.5 + TRUE["drift"] * np.arange(len(years)) + 0.01 * np.cumsum(rng.standard_normal(len(years)))
    common[2] += jump
    level = common + paths + noise
    # Ages move apart from one another a little every year, as they do in any history.
    age_noise = 0.03 * rng.standard_normal((1, 2, 5, len(years)))
    cost = exposure * np.exp(profile[None, :, :, None] + level[:, None, None, :] + age_noise)
    return cost, exposure


@pytest.fixture(scope="module")
def small() -> MorbidityHistory:
    years = np.arange(2018, 2022)
    cost, exposure = simulated(3, years, np.random.default_rng(8), 0.0)
    return morbidity_history(cost, exposure, effects(np.arange(2018, 2024)))


def test_the_model_has_these_parameters_and_no_other(small):
    model = build_morbidity(small, PRIORS, 5)
    names = {variable.name for variable in model.free_RVs}
    assert names == {
        *("profile_spread", "contrast_spread", "profile_step", "contrast_start", "contrast_step", "cell_floor"),
        *("variation", "drift", "common_spread", "step", "start", "unrest_step"),
        *("region_spread", "deviation_spread", "persistence", "noise_floor"),
    }


def test_log_density_is_that_of_normals_with_the_whole_covariance(small):
    """Regions by the multivariate normal with its full matrix, cells one by one: no eigen-decomposition here."""
    model = build_morbidity(small, PRIORS, 5)
    point = model.initial_point()
    rng = np.random.default_rng(6)
    point = {name: value + 0.3 * rng.standard_normal(np.shape(value)) for name, value in point.items()}
    regions, cells = model["regions"], model["cells"]
    names = ["profile", "common", "unrest_step", "cell_floor", "variation", "region_spread"]
    names += ["deviation_spread", "persistence", "noise_floor"]
    outputs = model.replace_rvs_by_values([regions, cells, *(model[name] for name in names)])
    function = model.compile_fn(outputs, inputs=model.value_vars, mode="FAST_COMPILE", on_unused_input="ignore")
    values = function(point)
    found, at = values[:2], dict(zip(names, values[2:], strict=True))

    rate = np.exp(at["profile"])
    index = np.log((small.share * rate[None, :, :, None]).sum(["sex", "age"])).transpose("region", "year").values
    residual = small.cost.transpose("region", "year").values - index - at["common"][:4]
    unrest = np.concatenate([[0.0], np.cumsum(at["unrest_step"])[:3]])
    unrest = np.exp(unrest - unrest.mean())
    apart = np.abs(np.subtract.outer(range(4), range(4)))
    local = at["region_spread"] ** 2 + at["deviation_spread"] ** 2 * at["persistence"] ** apart
    expected = sum(
        stats.multivariate_normal(
            np.zeros(4), local + np.diag((at["noise_floor"] ** 2 + at["variation"] ** 2 * size) * unrest)
        ).logpdf(line)
        for line, size in zip(residual, small.noise_size.values, strict=True)
    )
    np.testing.assert_allclose(found[0], expected, rtol=1e-9)
    spread = np.sqrt(at["cell_floor"] ** 2 + at["variation"] ** 2 * small.cell_size.values)
    residual = small.cell.values - at["profile"][:, :, None]
    np.testing.assert_allclose(found[1], density_of_contrasts(residual, spread), rtol=1e-9)


def density_of_contrasts(residual: np.ndarray, spread: np.ndarray) -> float:
    """Year by year, the multivariate normal of Helmert's contrasts of all cells."""
    contrasts = linalg.helmert(residual[..., 0].size)
    total = 0.0
    for year in range(residual.shape[-1]):
        covariance = contrasts @ np.diag(spread[..., year].ravel() ** 2) @ contrasts.T
        seen = contrasts @ residual[..., year].ravel()
        total += stats.multivariate_normal(np.zeros(len(seen)), covariance).logpdf(seen)
    return total


def test_cells_tell_their_differences_and_not_the_level_of_their_year():
    """Cells come about the mean of their year, whatever that mean was."""
    rng = np.random.default_rng(7)
    residual, spread = rng.normal(0, 0.1, (2, 3, 4)), np.exp(rng.normal(-2, 0.3, (2, 3, 4)))
    found = cell_density(pt.as_tensor(residual), pt.as_tensor(spread)).eval(mode="FAST_COMPILE")
    np.testing.assert_allclose(found, density_of_contrasts(residual, spread), rtol=1e-10)
    moved = cell_density(pt.as_tensor(residual + rng.normal(0, 3, 4)), pt.as_tensor(spread)).eval(mode="FAST_COMPILE")
    # A move of 3 on a scale of 0.1 costs three digits.
    np.testing.assert_allclose(moved, found, rtol=1e-9)


def test_the_unit_of_money_does_not_move_what_the_model_sees():
    years = np.arange(2018, 2022)
    cost, exposure = simulated(3, years, np.random.default_rng(8), 0.0)
    yuan, ten_thousand = (morbidity_history(cost / unit, exposure, effects(years)) for unit in (1, 10_000))
    for name in ("cost", "cell", "share", "noise_size", "cell_size"):
        xr.testing.assert_identical(getattr(yuan, name), getattr(ten_thousand, name))
    assert yuan.scale == pytest.approx(10_000 * ten_thousand.scale, rel=1e-12)


def test_a_model_compiled_for_other_ages_is_refused(small):
    other = replace(
        small,
        cell=small.cell.assign_coords(age=[0, 25, 40, 60, 80]),
    )
    compiled = CompiledMorbidity(None, PRIORS, (0, 20, 40, 60, 80), (), 5)  # pyright: ignore[reportArgumentType]
    with pytest.raises(AssumptionError) as caught:
        fit_morbidity(other, compiled, SAMPLING)
    assert str(caught.value) == (
        "morbidity: compiled for ages [0, 20, 40, 60, 80], effects [] and at most 5 years; "
        "the history has ages [0, 25, 40, 60, 80], effects [] and 4 years"
    )


def panel_until(last: int) -> MorbidityHistory:
    """Sixty regions from 2011 on, one declared shock."""
    years = np.arange(2011, 2020)
    cost, exposure = simulated(60, years, np.random.default_rng(21), 0.15)
    seen = {"year": slice(None, last)}
    return morbidity_history(cost.sel(seen), exposure.sel(seen), effects(years, "epidemic"))


@pytest.fixture(scope="module")
def compiled_panel() -> CompiledMorbidity:
    return compile_morbidity(panel_until(2019), PRIORS, 9)


@pytest.fixture(scope="module")
def cold(compiled_panel) -> MorbidityPosterior:
    return fit_morbidity(panel_until(2019), compiled_panel, SAMPLING)


@pytest.mark.slow
def test_a_refit_from_the_last_posterior_finds_what_a_cold_fit_finds(compiled_panel, cold):
    """A year more, a fifth of the tuning; means within four errors of the difference, and the same gates passed."""
    shorter = panel_until(2018)
    before = fit_morbidity(shorter, compile_morbidity(shorter, PRIORS, shorter.cost.sizes["year"]), SAMPLING)
    first, last = (int(shorter.cost["year"].values[end]) for end in (0, -1))
    earlier = Earlier("abc", {"years": [first, last]}, before.points)
    start, record = starting_from(earlier, {}, first, AHEAD, compiled_panel.compiled)
    assert record["fit"] == "abc"
    how = replace(SAMPLING, tuning=SAMPLING.tuning // 5, seed=4)
    warm = fit_morbidity(panel_until(2019), compiled_panel, how, start)
    names = [*TRUE, "common_spread", "cell_floor", "profile_spread"]
    for name in names:
        one, two = (fitted.draws[name] for fitted in (cold, warm))
        # No quantity has fewer effective draws than the gate saw at least.
        effective = [fitted.diagnostics.least_bulk for fitted in (cold, warm)]
        error = np.sqrt(float(one.var()) / effective[0] + float(two.var()) / effective[1])
        assert abs(float(one.mean() - two.mean())) < 4 * error, name


@pytest.mark.slow
def test_a_simulated_panel_gives_its_parameters_back(cold):
    """Sixty regions, nine years, one declared shock: every true value within the central 99% of its posterior."""
    posterior = cold
    draws = posterior.draws
    for name, value in TRUE.items():
        low, high = draws[name].quantile([0.005, 0.995]).values
        assert low < value < high, name
    # A jump of the common level could hide in the shock of one year: the band is wide, the value is inside.
    low, high = draws["effect_size"].sel(effect="epidemic").quantile([0.005, 0.995]).values
    assert low < 0.15 < high
    assert high - low < 0.25
    # Rates by age come back relative to their mean: four standard errors of nine years that differ by 3%.
    profile = np.array([[-0.9, -0.3, -0.1, 0.6, 1.2], [-0.8, -0.7, -0.3, 0.7, 1.3]])
    np.testing.assert_allclose(draws["profile"].mean("draw").values, profile - profile.mean(), atol=4 * 0.03 / 3)
    assert posterior.diagnostics.divergences == 0
    assert set(posterior.predictive) == {
        *("national_step_spread", "largest_regional_step", "persistence_of_regions", "largest_residual"),
    }
    assert all(0.01 <= share <= 0.99 for share in posterior.predictive.values())
