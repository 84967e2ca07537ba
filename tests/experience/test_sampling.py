from typing import Any

import numpy as np
import pymc as pm
import pytest
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.experience.sampling import (
    CompiledModel,
    Sampling,
    check_diagnostics,
    compile_model,
    sample_posterior,
    starting_points,
)


def chains(values: np.ndarray, *, energy: np.ndarray | None = None, divergences: int = 0) -> xr.DataTree:
    """Draws (chain, draw) of one quantity called drift, with the statistics of a sampler."""
    count, draws = values.shape[:2]
    labels = {"chain": np.arange(count), "draw": np.arange(draws)}
    diverging = np.zeros((count, draws), dtype=bool)
    diverging.flat[:divergences] = True
    if energy is None:
        energy = np.random.default_rng(2).standard_normal((count, draws))
    statistics = {"diverging": (("chain", "draw"), diverging), "energy": (("chain", "draw"), energy)}
    return xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset({"drift": (("chain", "draw"), values)}, labels),
            "sample_stats": xr.Dataset(statistics, labels),
        }
    )


@pytest.fixture
def independent() -> np.ndarray:
    return np.random.default_rng(1).standard_normal((4, 1000))


def test_independent_draws_pass(independent):
    found = check_diagnostics(chains(independent))
    assert found.largest_rhat < 1.01
    # Independent draws are all effective, within the error of the estimate.
    assert found.least_bulk == pytest.approx(4000, rel=0.15)
    assert found.divergences == 0


def test_chains_that_disagree_are_refused(independent):
    apart = independent + np.array([[0.0], [0.0], [0.0], [3.0]])
    with pytest.raises(
        AssumptionError, match=r"^posterior: R-hat of drift is 1\.\d+, limit 1\.01; remedy: more tuning"
    ):
        check_diagnostics(chains(apart))


def test_too_few_effective_draws_are_refused():
    few = np.random.default_rng(1).standard_normal((4, 60))
    with pytest.raises(AssumptionError, match=r"^posterior: .* of drift is .*; remedy: more"):
        check_diagnostics(chains(few))


def test_thin_tails_are_refused_where_the_bulk_is_well_explored():
    """A quantity that moves freely except in its lower tail, where it sticks for a hundred draws at a time."""
    rng = np.random.default_rng(4)
    values = np.abs(rng.standard_normal((4, 1000)))
    values[:, ::200] = 0.0
    for start in range(0, 1000, 200):
        values[:, start : start + 20] = -5 - rng.standard_normal((4, 1)) * 0.01
    with pytest.raises(
        AssumptionError, match=r"effective draws in the tails of drift is \d+(\.\d)?, limit 400; remedy: more draws"
    ):
        check_diagnostics(chains(values))


def test_divergences_are_refused(independent):
    with pytest.raises(
        AssumptionError,
        match=r"^posterior: 3 trajectories diverged, limit 0; remedy: a higher acceptance rate, or narrower priors$",
    ):
        check_diagnostics(chains(independent, divergences=3))


def test_energy_that_creeps_is_refused(independent):
    """A random walk moves little from draw to draw beside its whole spread: its fraction is near zero."""
    creeping = np.cumsum(np.random.default_rng(3).standard_normal((4, 1000)), axis=1)
    with pytest.raises(
        AssumptionError,
        match=r"^posterior: energy fraction is 0\.\d+, limit 0\.3; remedy: parameters on another scale$",
    ):
        check_diagnostics(chains(independent, energy=creeping))


def test_a_quantity_that_never_moves_is_refused():
    with pytest.raises(AssumptionError, match="of drift is nan, limit"):
        check_diagnostics(chains(np.full((4, 1000), np.nan)))


def two_scales() -> CompiledModel:
    """A quantity on the whole line and one above zero; nobody asks for its machine code."""
    with pm.Model() as model:
        pm.Normal("mean", 0, 1, shape=2)
        pm.HalfNormal("spread", 1)
        pm.Deterministic("double", 2 * model["spread"])
    return CompiledModel(model, None)


def test_starting_points_are_draws_of_what_is_sampled():
    rng = np.random.default_rng(3)
    posterior = xr.Dataset(
        {
            "mean": (("chain", "draw", "place"), rng.standard_normal((2, 100, 2))),
            "spread": (("chain", "draw"), rng.random((2, 100))),
            "double": (("chain", "draw"), rng.random((2, 100))),
        },
        {"chain": [0, 1], "draw": np.arange(100)},
    )
    points = starting_points(xr.DataTree.from_dict({"posterior": posterior}), two_scales())
    assert sorted(map(str, points.data_vars)) == ["mean", "spread"]
    assert points["mean"].shape == (64, 2)
    places = [np.flatnonzero(posterior["spread"].values == value)[0] for value in points["spread"].values]
    assert (places[0], places[-1]) == (0, 199)
    assert np.diff(places).max() <= 4


def test_starting_points_of_another_model_are_refused():
    other = xr.Dataset({"mean": (("point", "place"), np.zeros((4, 3))), "spread": ("point", np.ones(4))})
    how = Sampling(10, 10, 1, 1, 0.8, 1, "nutpie", False)
    with pytest.raises(AssumptionError) as caught:
        sample_posterior(two_scales(), {}, how, other)
    assert str(caught.value) == (
        "starting points: mean is (3,), the model has (2,); remedy: start from a posterior of the same model"
    )


@pytest.mark.slow
@pytest.mark.parametrize("sampler", ["nutpie", "pymc"])
def test_chains_start_where_they_are_told(sampler):
    """Two modes a hundred standard deviations apart: no chain crosses, so it stays where it started."""
    with pm.Model() as model:
        pm.NormalMixture("mean", w=[0.5, 0.5], mu=[-50.0, 50.0], sigma=1.0)
        pm.HalfNormal("spread", 1.0)
    compiled, how = compile_model(model), Sampling(50, 50, 2, 3, 0.8, 1, sampler, False)
    for place in (-50.0, 50.0):
        # Beside the mode: nutpie refuses a start where a slope is zero.
        start = xr.Dataset({"mean": ("point", np.full(4, place + 0.5)), "spread": ("point", np.full(4, 0.7))})
        draws = sample_posterior(compiled, {}, how, start)
        assert (abs(draws["posterior"].to_dataset()["mean"] - place) < 10).all()


@pytest.mark.slow
@pytest.mark.parametrize("sampler", ["nutpie", "pymc"])
def test_both_samplers_find_the_conjugate_posterior(sampler):
    """Normal mean, known unit variance, prior N(0, 1), data of another length than the model was compiled with."""
    with pm.Model() as model:
        data: Any = pm.Data("data", np.zeros(3))
        mean: Any = pm.Normal("mean", 0, 1)
        pm.Potential("likelihood", -((data - mean) ** 2).sum() / 2)
    how = Sampling(1000, 500, 2, 11, 0.8, 1, sampler, False)
    compiled = compile_model(model)
    observed = np.random.default_rng(5).normal(2.0, 1.0, 8)
    draws = sample_posterior(compiled, {"data": observed}, how)
    found = check_diagnostics(draws)
    exact, spread = observed.sum() / 9, np.sqrt(1 / 9)
    # Four standard errors of a mean of the effective draws.
    assert abs(float(draws["posterior"].to_dataset()["mean"].mean()) - exact) < 4 * spread / np.sqrt(found.least_bulk)
    again = sample_posterior(compiled, {"data": observed}, how)
    np.testing.assert_array_equal(again["posterior"]["mean"].values, draws["posterior"]["mean"].values)
