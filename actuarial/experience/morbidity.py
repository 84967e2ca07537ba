"""Cost per insured year by region and year: an age and sex profile, a common path that can jump, and regions around it.

1. `morbidity_history` (a module of its own) checks a panel and reduces it to logs;
2. `build_morbidity` (`morbidity_density`) is the model, `compile_morbidity` its machine code, good for any number of
   regions and for histories up to a longest one;
3. `prior_predictive` says what the priors alone would make of the panel;
4. `fit_morbidity` samples it, passes the diagnostics and makes its own history again, or refuses;
5. `morbidity_path` carries it forward.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pymc as pm
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.experience.morbidity_density import MorbidityPriors, build_morbidity, model_data
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
    starting_points,
)
from actuarial.streams import stream

# Own choice: the share of a thousand replicates is known to 0.003 at its limit of 0.01.
REPLICATES = 1000


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
    """Posterior draws beside what they were fitted to.

    `predictive`: p of each statistic of the history; `points`: where the fit of a longer history may start.
    """

    draws: xr.Dataset
    history: MorbidityHistory
    priors: MorbidityPriors
    sampling: Sampling
    diagnostics: Diagnostics
    predictive: Mapping[str, float]
    points: xr.Dataset


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


def fit_morbidity(
    history: MorbidityHistory, compiled: CompiledMorbidity, sampling: Sampling, start: xr.Dataset | None = None
) -> MorbidityPosterior:
    """Posterior of the model for a panel, once its diagnostics pass and it could have made its own history.

    Parameters
    ----------
    start : `points` of an earlier posterior of the same compiled model, as of a history one year shorter

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
    sampled = sample_posterior(compiled.compiled, model_data(history), sampling, start)
    diagnostics = check_diagnostics(sampled)
    draws = posterior_draws(sampled, history)
    predictive = check_predictive(history_shares(draws, history, compiled.priors, sampling.seed))
    points = starting_points(sampled, compiled.compiled)
    return MorbidityPosterior(draws, history, compiled.priors, sampling, diagnostics, predictive, points)


def posterior_draws(sampled: xr.DataTree, history: MorbidityHistory) -> xr.Dataset:
    """Parameters by draw, chain after chain, with the labels of the panel."""
    flat = sampled["posterior"].to_dataset().stack(draws=("chain", "draw"), create_index=False)
    return _labelled(flat.drop_vars(["chain", "draw"]).rename(draws="draw"), history)


def history_shares(
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
