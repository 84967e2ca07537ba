"""A posterior sampled by Hamiltonian Monte Carlo, and refused where its diagnostics fail.

1. `compile_model` turns a PyMC model into machine code once; data declared with `pm.Data` may change afterwards, in
   shape too, so that a refit costs no compilation;
2. `sample_posterior` draws with the seed that the caller gives;
3. `check_diagnostics` measures every sampled quantity and raises for the first that fails;
4. `starting_points` keeps a few draws of a posterior, from which chains of the next fit may start.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import arviz as az
import numpy as np
import nutpie
import pymc as pm
import pytensor.tensor
import xarray as xr
from pytensor.compile.maker import function as compile_function

from actuarial.errors import AssumptionError

# Vehtari et al. (2021), sections 4 and 5.
LARGEST_RHAT = 1.01
LEAST_EFFECTIVE_DRAWS = 400
# Own choice: more than any number of chains, so that two of them seldom start from one draw.
STARTING_POINTS = 64
# Betancourt (2016), arXiv:1604.00695: energy that moves too slowly to reach the tails.
LEAST_ENERGY_FRACTION = 0.3


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a posterior is sampled; the seed is part of the record of the fit."""

    draws: int
    tuning: int
    chains: int
    seed: int
    acceptance: float
    cores: int
    sampler: Literal["nutpie", "pymc"]
    is_progress_shown: bool


@dataclass(frozen=True, slots=True)
class CompiledModel:
    """A model beside its machine code, which only nutpie uses."""

    model: pm.Model
    code: Any


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """The worst value of each measure over all sampled quantities."""

    largest_rhat: float
    least_bulk: float
    least_tail: float
    divergences: int
    least_energy_fraction: float


def compile_model(model: pm.Model) -> CompiledModel:
    """Machine code of a model's log density and gradient."""
    return CompiledModel(model, nutpie.compile_pymc_model(model))


def sample_posterior(
    compiled: CompiledModel, data: Mapping[str, np.ndarray], sampling: Sampling, start: xr.Dataset | None = None
) -> xr.DataTree:
    """Draws of a posterior with the statistics of the sampler; the data replace those the model was compiled with.

    Parameters
    ----------
    start : as `starting_points`, of a posterior of the same model; each chain starts from one of them, chosen by the
        seed. None: from the middle of the priors, jittered. Tuning is the same either way: the sampler takes no
        masses and no step size from elsewhere.

    Raises
    ------
    AssumptionError
        If a starting point has not the quantities and shapes of the model.
    """
    if start is not None:
        _check_points(compiled.model, start)
    if sampling.sampler == "pymc":
        return _sample_by_pymc(compiled.model, data, sampling, start)
    code = compiled.code.with_data(**data) if data else compiled.code
    if start is not None:
        code = replace(code, initial_point_func=_chosen(_unconstrained(compiled.model, start)))
    return nutpie.sample(
        code,
        draws=sampling.draws,
        tune=sampling.tuning,
        chains=sampling.chains,
        cores=sampling.cores,
        seed=sampling.seed,
        target_accept=sampling.acceptance,
        progress_bar=sampling.is_progress_shown,
    )


def _sample_by_pymc(
    model: pm.Model, data: Mapping[str, np.ndarray], sampling: Sampling, start: xr.Dataset | None
) -> xr.DataTree:
    first: Any = None
    if start is not None:
        chosen = np.random.default_rng(sampling.seed).choice(start.sizes["point"], sampling.chains, replace=False)
        first = [{str(name): part.values for name, part in start.isel(point=place).items()} for place in chosen]
    with model:
        pm.set_data(dict(data))
        return pm.sample(
            draws=sampling.draws,
            tune=sampling.tuning,
            chains=sampling.chains,
            cores=sampling.cores,
            random_seed=sampling.seed,
            target_accept=sampling.acceptance,
            progressbar=sampling.is_progress_shown,
            # Left open, PyMC 6 takes nutpie where it is installed, and compiles anew for every fit.
            nuts_sampler="pymc",
            initvals=first,
        )


def starting_points(draws: xr.DataTree, compiled: CompiledModel) -> xr.Dataset:
    """Draws spread over a posterior, (point, ...), of every quantity that is sampled and of no other."""
    names = [str(variable.name) for variable in compiled.model.free_RVs]
    flat = draws["posterior"].to_dataset()[names].stack(point=("chain", "draw"), create_index=False)
    places = np.unique(np.linspace(0, flat.sizes["point"] - 1, STARTING_POINTS).round().astype(int))
    return flat.drop_vars(["chain", "draw"]).isel(point=places).transpose("point", ...)


def _check_points(model: pm.Model, start: xr.Dataset) -> None:
    for name, shape in model.eval_rv_shapes().items():
        if name not in {str(variable.name) for variable in model.free_RVs}:
            continue
        found = start[name].shape[1:] if name in start else "missing"
        wanted = tuple(int(size) for size in shape)
        if found != wanted:
            raise AssumptionError(
                f"starting points: {name} is {found}, the model has {wanted}; "
                "remedy: start from a posterior of the same model"
            )


def _unconstrained(model: pm.Model, start: xr.Dataset) -> list[np.ndarray]:
    """Points on the scale of the sampler, in the order of its variables."""
    given: Any = [variable.type() for variable in model.free_RVs]
    moved: Any = []
    for variable, value in zip(model.free_RVs, given, strict=True):
        transform = model.rvs_to_transforms[variable]
        moved.append(value if transform is None else transform.forward(value, *variable.owner.inputs))
    joined = pytensor.tensor.concatenate([pytensor.tensor.flatten(value) for value in moved])
    moved_point: Any = compile_function(given, joined, mode="FAST_COMPILE")
    columns = [start[variable.name].transpose("point", ...).values for variable in model.free_RVs]
    return [np.asarray(moved_point(*values), dtype=float) for values in zip(*columns, strict=True)]


def _chosen(points: list[np.ndarray]) -> Callable[[Any], np.ndarray]:
    """The point where a chain starts, by the seed that the sampler gives it."""
    return lambda seed: points[np.random.default_rng(seed).integers(len(points))].copy()


def check_diagnostics(draws: xr.DataTree) -> Diagnostics:
    """Diagnostics of a posterior that may be used.

    Raises
    ------
    AssumptionError
        If chains disagree, too few draws are effective, a trajectory diverged, or the energy moves too slowly; the
        first measure that fails, with its quantity, value, limit and remedy.

    Source
    ------
    Vehtari, Gelman, Simpson, Carpenter & Bürkner (2021), Bayesian Analysis 16(2): rank-normalised R-hat at most 1.01,
    at least 400 effective draws in the bulk and in the tails; Betancourt (2016), arXiv:1604.00695: energy fraction.
    """
    posterior = draws["posterior"].to_dataset()
    divergences = int(draws["sample_stats"].to_dataset()["diverging"].sum())
    if divergences:
        raise AssumptionError(
            f"posterior: {divergences} trajectories diverged, limit 0; "
            "remedy: a higher acceptance rate, or narrower priors"
        )
    rhat = _measured(az.rhat(posterior), "R-hat", "more tuning and draws, or tighter priors")
    bulk = _measured(az.ess(posterior, method="bulk"), "effective draws in the bulk", "more draws")
    tail = _measured(az.ess(posterior, method="tail"), "effective draws in the tails", "more draws")
    energy = float(az.bfmi(draws)["energy"].min())
    if not energy >= LEAST_ENERGY_FRACTION:
        raise AssumptionError(
            f"posterior: energy fraction is {energy:.4g}, limit {LEAST_ENERGY_FRACTION}; "
            "remedy: parameters on another scale"
        )
    return Diagnostics(rhat, bulk, tail, divergences, energy)


def _measured(measure: xr.Dataset, name: str, remedy: str) -> float:
    """Worst value of a measure over every element of every sampled quantity; one that is not a number fails."""
    is_rhat = name == "R-hat"
    limit = LARGEST_RHAT if is_rhat else LEAST_EFFECTIVE_DRAWS
    worst = []
    for quantity in measure.data_vars:
        values = measure[quantity].values
        fails = ~(values <= limit if is_rhat else values >= limit)
        if fails.any():
            first = tuple(int(place[0]) for place in np.nonzero(np.atleast_1d(fails)))
            value = np.atleast_1d(values)[first]
            place = f"{quantity}{list(first) if values.ndim else ''}"
            raise AssumptionError(f"posterior: {name} of {place} is {value:.4g}, limit {limit}; remedy: {remedy}")
        worst.append(float(values.max() if is_rhat else values.min()))
    return max(worst) if is_rhat else min(worst)


def drawn_parameters(posterior: xr.Dataset, draws: int, rng: np.random.Generator | None) -> xr.Dataset:
    """One set of parameters for each draw: posterior draws at random, or their means where ``rng`` is None."""
    if rng is None:
        return posterior.mean("draw").expand_dims(draw=np.arange(draws))
    chosen = rng.integers(posterior.sizes["draw"], size=draws)
    return posterior.isel(draw=chosen).assign_coords(draw=np.arange(draws))
