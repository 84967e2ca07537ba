"""A posterior sampled by Hamiltonian Monte Carlo, and refused where its diagnostics fail.

1. `compile_model` turns a PyMC model into machine code once; data declared with `pm.Data` may change afterwards, in
   shape too, so that a refit costs no compilation;
2. `sample_posterior` draws with the seed that the caller gives;
3. `check_diagnostics` measures every sampled quantity and raises for the first that fails.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import arviz as az
import numpy as np
import nutpie
import pymc as pm
import xarray as xr

from actuarial.errors import AssumptionError

# Vehtari et al. (2021), sections 4 and 5.
LARGEST_RHAT = 1.01
LEAST_EFFECTIVE_DRAWS = 400
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


def sample_posterior(compiled: CompiledModel, data: Mapping[str, np.ndarray], sampling: Sampling) -> xr.DataTree:
    """Draws of a posterior with the statistics of the sampler; the data replace those the model was compiled with."""
    if sampling.sampler == "pymc":
        return _sample_by_pymc(compiled.model, data, sampling)
    code = compiled.code.with_data(**data) if data else compiled.code
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


def _sample_by_pymc(model: pm.Model, data: Mapping[str, np.ndarray], sampling: Sampling) -> xr.DataTree:
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
        )


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
