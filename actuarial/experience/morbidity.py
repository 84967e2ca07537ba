"""Cost per insured year by region and year: an age and sex profile, a common path that can jump, and regions around it.

1. `morbidity_history` (a module of its own) checks a panel and reduces it to logs;
2. `build_morbidity` is the model, `compile_morbidity` its machine code, good for any number of regions and for
   histories up to a longest one;
3. `prior_predictive` says what the priors alone would make of the panel;
4. `fit_morbidity` samples it, passes the diagnostics and makes its own history again, or refuses;
5. `morbidity_path` carries it forward.

    log cost(r, t) = index(r, t) + common(t) + declared(t) + local(r, t) + noise(r, t)
    index(r, t)    = log sum over sex, age of share(r, sex, age, t) exp(profile(sex, age))
    common(t)      = common(t-1) + drift + shock(t)         shock normal, in a few years much wider
    local(r, .)    normal, covariance region_spread^2 + deviation_spread^2 persistence^|t-s|
    noise(r, t)    normal, variance (noise_floor^2 + variation^2 / insured years) exp(unrest(t))
    unrest(t)      random walk about its mean over the history: some years' accounts are noisier in every region

The ageing of members is in the index and so never in the drift: the drift is growth at a constant age.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.experience.morbidity_history import MorbidityHistory
from actuarial.experience.morbidity_replicate import level_statistics, replicated_level, seen_level
from actuarial.experience.predictive import check_predictive, predictive_shares
from actuarial.experience.sampling import (
    CompiledModel,
    Diagnostics,
    Sampling,
    check_diagnostics,
    compile_model,
    sample_posterior,
)
from actuarial.streams import stream

# Own choice: the share of a thousand replicates is known to 0.003 at its limit of 0.01.
REPLICATES = 1000
# The stubs of pytensor give no type to elementwise functions.
pt: Any = pytensor.tensor


@dataclass(frozen=True, slots=True)
class MorbidityPriors:
    """What is believed before the history is seen; spreads are standard deviations of logs.

    Rayleigh, by their modes: `common_spread`, `region_spread`, `deviation_spread`, `noise_floor`. Half-normal scales:
    `profile_spread` (over ten years of age), `contrast_spread` (between the sexes, likewise), `cell_floor`. Normal: the
    drift, declared effects (around zero) and the steps of unrest (likewise). Lognormal: `variation`, standard deviation
    over mean of a member's yearly cost. Beta: persistence. A year is a jump with probability `jump_share`; its shock is
    then `jump_ratio` times as wide.
    """

    drift_mean: float
    drift_spread: float
    common_spread: float
    jump_share: float
    jump_ratio: float
    effect_spread: float
    region_spread: float
    deviation_spread: float
    persistence_alpha: float
    persistence_beta: float
    noise_floor: float
    unrest_spread: float
    variation_median: float
    variation_spread: float
    profile_spread: float
    contrast_spread: float
    cell_floor: float


@dataclass(frozen=True, slots=True)
class CompiledMorbidity:
    """The model for given priors, ages and effects, and for histories of at most `longest` years."""

    compiled: CompiledModel
    priors: MorbidityPriors
    ages: tuple[int, ...]
    effects: tuple[str, ...]
    longest: int


@dataclass(frozen=True, slots=True)
class MorbidityPosterior:
    """Posterior draws beside what they were fitted to; `predictive`: p of each statistic of the history."""

    draws: xr.Dataset
    history: MorbidityHistory
    priors: MorbidityPriors
    sampling: Sampling
    diagnostics: Diagnostics
    predictive: Mapping[str, float]


def model_data(history: MorbidityHistory) -> dict[str, np.ndarray]:
    """The arrays that change from fit to fit, in the layout of the model."""
    regions, years = history.cost.sizes["region"], history.cost["year"]
    rows = history.share.transpose("region", "year", "sex", "age").values
    data = {
        "cost": history.cost.transpose("region", "year").values,
        "share": rows.reshape(regions * len(years), -1),
        "noise_size": history.noise_size.values,
        "cell": history.cell.transpose("sex", "age", "year").values,
        "cell_size": history.cell_size.transpose("sex", "age", "year").values,
    }
    if history.declared.sizes["effect"]:
        declared = history.declared.sel(year=years).transpose("year", "effect")
        data["declared"] = declared.values.astype(float)
    return data


def build_morbidity(history: MorbidityHistory, priors: MorbidityPriors, longest: int) -> pm.Model:
    """Joint model of the profile and of the level of every region and year.

    Regions are integrated out: their covariance over years is the same matrix plus noise on the diagonal, so one
    eigen-decomposition turns every region's years into independent normals.

    Parameters
    ----------
    history : any panel with the ages and effects that the model is for
    longest : years that the longest history may have

    Source
    ------
    Normal scale mixture for shocks: Tukey (1960), A survey of sampling from contaminated distributions. Random walk in
    age: Rue & Held (2005), Gaussian Markov Random Fields, section 3.3. The rest: own choice, by backtest
    (docs/method/morbidity.md).
    """
    ages = history.cell["age"].values
    effects = [str(name) for name in history.declared["effect"].values]
    with pm.Model(coords={"effect": effects}) as model:
        data: dict[str, Any] = {name: pm.Data(name, values) for name, values in model_data(history).items()}
        profile = _profile(ages, priors)
        floor = pm.HalfNormal("cell_floor", priors.cell_floor)
        variation = pm.LogNormal("variation", np.log(priors.variation_median), priors.variation_spread)
        cell_spread = pt.sqrt(floor**2 + variation**2 * data["cell_size"])
        pm.Potential("cells", pt.sum(pm.logp(pm.Normal.dist(profile[..., None], cell_spread), data["cell"])))
        index = pt.log(pt.dot(data["share"], pt.exp(profile).flatten())).reshape(data["cost"].shape)
        residual = data["cost"] - index - _common(data, priors, effects, longest)
        unrest = _unrest(residual.shape[1], priors, longest)
        pm.Potential("regions", _region_density(residual, data["noise_size"], variation, unrest, priors))
    return model


def _profile(ages: np.ndarray, priors: MorbidityPriors) -> Any:
    """Log cost by sex and age about its mean: a random walk in age, and another one for the sexes apart."""
    width = np.sqrt(np.diff(ages) / 10)
    sums = np.tril(np.ones((len(ages), len(ages) - 1)), -1)
    spread = pm.HalfNormal("profile_spread", priors.profile_spread)
    contrast_spread = pm.HalfNormal("contrast_spread", priors.contrast_spread)
    step: Any = pm.Normal("profile_step", 0, spread * width, shape=len(width))
    start = pm.Normal("contrast_start", 0, priors.contrast_spread)
    contrast_step: Any = pm.Normal("contrast_step", 0, contrast_spread * width, shape=len(width))
    middle = pt.dot(sums - sums.mean(axis=0), step)
    contrast = start + pt.dot(sums, contrast_step)
    return pm.Deterministic("profile", pt.stack([middle + contrast / 2, middle - contrast / 2]))


def _common(data: dict[str, Any], priors: MorbidityPriors, effects: list[str], longest: int) -> Any:
    """Level that all regions share in each year of the history; steps beyond the history follow the prior."""
    drift = pm.Normal("drift", priors.drift_mean, priors.drift_spread)
    spread = _away_from_zero("common_spread", priors.common_spread)
    step: Any = pm.NormalMixture(
        "step",
        w=[1 - priors.jump_share, priors.jump_share],
        mu=drift,
        sigma=pt.stack([spread, priors.jump_ratio * spread]),
        shape=longest - 1,
    )
    # The panel is relative to its own mean, so one covers every start that a history can have.
    start = pm.Normal("start", 0, 1)
    sums = np.tril(np.ones((longest, longest - 1)), -1)
    common: Any = pm.Deterministic("common", start + pt.dot(sums, step))
    level = common[: data["cost"].shape[1]]
    if effects:
        level = level + pt.dot(data["declared"], pm.Normal("effect_size", 0, priors.effect_spread, dims="effect"))
    return level


def _away_from_zero(name: str, mode: float) -> Any:
    """Spread with a Rayleigh prior: no weight at zero, where samplers stick, and no more tail than a normal.

    Source: Chung et al. (2013), Psychometrika 78(4), for priors that are zero at zero; the Rayleigh is own choice.
    """
    return pm.Weibull(name, alpha=2, beta=mode * np.sqrt(2))


def _unrest(years: Any, priors: MorbidityPriors, longest: int) -> Any:
    """Log of how much more than usual the noise of each year of the history varies."""
    step: Any = pm.Normal("unrest_step", 0, priors.unrest_spread, shape=longest - 1)
    walk = pt.dot(np.tril(np.ones((longest, longest - 1)), -1), step)[:years]
    return walk - walk.mean()


def _region_density(
    residual: Any,
    noise_size: Any,
    variation: Any,
    unrest: Any,
    priors: MorbidityPriors,
) -> Any:
    """Log density of all regions' years with their local levels integrated out.

    Divided by the root of exp(unrest), the noise of a region is the same in every year.
    """
    region_spread = _away_from_zero("region_spread", priors.region_spread)
    deviation_spread = _away_from_zero("deviation_spread", priors.deviation_spread)
    persistence = pm.Beta("persistence", priors.persistence_alpha, priors.persistence_beta)
    floor = _away_from_zero("noise_floor", priors.noise_floor)
    year = pt.arange(residual.shape[1])
    apart = pt.abs(year[:, None] - year[None, :]).astype("float64")
    calm = pt.exp(-unrest / 2)
    local = region_spread**2 + deviation_spread**2 * persistence**apart
    values, vectors = pt.linalg.eigh(local * calm[:, None] * calm[None, :])
    spread = pt.sqrt(values + (floor**2 + variation**2 * noise_size)[:, None])
    density = pt.sum(pm.logp(pm.Normal.dist(0, spread), pt.dot(residual * calm, vectors)))
    return density - residual.shape[0] * unrest.sum() / 2


def compile_morbidity(history: MorbidityHistory, priors: MorbidityPriors, longest: int) -> CompiledMorbidity:
    """Machine code for panels with the ages and effects of this one."""
    return CompiledMorbidity(
        compiled=compile_model(build_morbidity(history, priors, longest)),
        priors=priors,
        ages=tuple(history.cell["age"].values.tolist()),
        effects=tuple(history.declared["effect"].values.tolist()),
        longest=longest,
    )


def prior_predictive(
    history: MorbidityHistory, priors: MorbidityPriors, draws: int, rng: np.random.Generator
) -> xr.Dataset:
    """What the priors make of a panel before its costs are seen.

    Returns
    -------
    Parameters by draw as in a posterior, and of a history made from each of them `level` (draw, region, year), log of
    cost at a constant age; only the members and labels of the history given are used.
    """
    model = build_morbidity(history, priors, history.cost.sizes["year"])
    names = [*(variable.name for variable in model.free_RVs), "common", "profile"]
    values = pm.draw([model[name] for name in names], draws=draws, random_seed=rng, mode="FAST_COMPILE")
    flat = xr.Dataset(
        {
            name: (("draw", *(f"{name}_{place}" for place in range(value.ndim - 1))), value)
            for name, value in zip(names, values, strict=True)
        }
    )
    if "effect_size" in flat:
        flat = flat.rename(effect_size_0="effect").assign_coords(effect=history.declared["effect"].values)
    known = _labelled(flat, history).assign_coords(draw=np.arange(draws))
    made = replicated_level(known, history, priors.jump_share, priors.jump_ratio, rng)
    return known.assign(level=made["level"], common=made["common"])


def fit_morbidity(history: MorbidityHistory, compiled: CompiledMorbidity, sampling: Sampling) -> MorbidityPosterior:
    """Posterior of the model for a panel, once its diagnostics pass and it could have made its own history.

    Raises
    ------
    AssumptionError
        If the model was compiled for other ages or effects or for shorter histories, a diagnostic fails, or a
        statistic of the history lies outside what the fitted model makes.
    """
    ages, effects = tuple(history.cell["age"].values.tolist()), tuple(history.declared["effect"].values.tolist())
    years = history.cost.sizes["year"]
    if (ages, effects) != (compiled.ages, compiled.effects) or years > compiled.longest:
        raise AssumptionError(
            f"morbidity: compiled for ages {list(compiled.ages)}, effects {list(compiled.effects)} and at most "
            f"{compiled.longest} years; the history has ages {list(ages)}, effects {list(effects)} and {years} years"
        )
    sampled = sample_posterior(compiled.compiled, model_data(history), sampling)
    diagnostics = check_diagnostics(sampled)
    flat = sampled["posterior"].to_dataset().stack(draws=("chain", "draw"), create_index=False)
    draws = _labelled(flat.drop_vars(["chain", "draw"]).rename(draws="draw"), history)
    predictive = check_predictive(_history_shares(draws, history, compiled.priors, sampling.seed))
    return MorbidityPosterior(draws, history, compiled.priors, sampling, diagnostics, predictive)


def _history_shares(
    draws: xr.Dataset, history: MorbidityHistory, priors: MorbidityPriors, seed: int
) -> dict[str, float]:
    """Posterior predictive p of the statistics of the history, from draws spread over the whole posterior."""
    places = np.unique(np.linspace(0, draws.sizes["draw"] - 1, REPLICATES).round().astype(int))
    some = draws.isel(draw=places).assign_coords(draw=places)
    made = replicated_level(
        some, history, priors.jump_share, priors.jump_ratio, stream(seed, "morbidity replicates", 0)
    )
    seen = level_statistics(seen_level(some, history), some["common"], some, history)
    return predictive_shares(seen, level_statistics(made["level"], made["common"], some, history))


def _labelled(flat: xr.Dataset, history: MorbidityHistory) -> xr.Dataset:
    """Parameters by draw with the labels of the panel; steps beyond the history are left out."""
    years = history.cost["year"].values
    common, profile = flat["common"].transpose("draw", ...).values, flat["profile"].transpose("draw", ...).values
    steps = flat["unrest_step"].transpose("draw", ...).values[:, : len(years) - 1]
    walk = np.hstack([np.zeros((len(steps), 1)), np.cumsum(steps, axis=1)])
    scalars = flat[[str(name) for name in flat.data_vars if flat[name].dims == ("draw",)]]
    found = scalars.assign_coords(year=years, sex=history.cell["sex"], age=history.cell["age"]).assign(
        common=(("draw", "year"), common[:, : len(years)]),
        profile=(("draw", "sex", "age"), profile),
        unrest=(("draw", "year"), walk - walk.mean(axis=1, keepdims=True)),
    )
    return found.assign(effect_size=flat["effect_size"]) if "effect_size" in flat else found
