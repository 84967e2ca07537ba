import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from actuarial.backtest.origins import Forecasts
from actuarial.backtest.stacking import add_stack, mixture, stacking_weights
from actuarial.errors import AssumptionError


def philox(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def logs_of(values, names) -> xr.DataArray:
    return xr.DataArray(np.asarray(values), dims=("model", "point"), coords={"model": list(names)})


def test_weights_of_a_known_mixture_are_found():
    """Points from 0.3 N(0, 1) + 0.7 N(4, 1): the weights are its shares, with a binomial error."""
    rng, n = philox(1), 20_000
    points = np.where(rng.random(n) < 0.3, 0.0, 4.0) + rng.standard_normal(n)
    logs = [stats.norm.logpdf(points, centre) for centre in (0.0, 4.0, 40.0)]
    weights = stacking_weights(logs_of(logs, "abc"))
    assert float(weights.sum()) == pytest.approx(1.0)
    assert float(weights.sel(model="c")) < 1e-4
    # the components overlap little, so the error is near the binomial one; a fifth is added for the overlap
    assert abs(float(weights.sel(model="a")) - 0.3) < 4 * 1.2 * np.sqrt(0.3 * 0.7 / n)


@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(1, 40))
def test_weights_meet_the_conditions_of_a_maximum(seed: int, count: int, points: int):
    density = philox(seed).gamma(0.5, 1.0, (count, points)) + 1e-6
    weights = stacking_weights(logs_of(np.log(density), range(count))).values
    gradient = (density / (weights @ density)).mean(axis=1)
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1.0)
    # no model's mean ratio passes one, and it is one where the model has weight
    assert gradient.max() <= 1 + 1e-4
    np.testing.assert_allclose(gradient[weights > 0.01], 1.0, atol=0.01)


def test_no_density_anywhere_is_refused():
    with pytest.raises(AssumptionError, match=r"^stacking: a point has no density under any model$"):
        stacking_weights(logs_of([[0.0, -np.inf], [0.0, -np.inf]], "ab"))
    with pytest.raises(AssumptionError, match=r"^stacking: a log density is missing$"):
        stacking_weights(logs_of([[0.0, np.nan], [0.0, 1.0]], "ab"))


def test_mixture_takes_whole_draws_in_proportion():
    draws = xr.DataArray(
        np.arange(3.0)[:, None, None] * np.ones((3, 10, 2)),
        dims=("model", "draw", "horizon"),
        coords={"model": ["a", "b", "c"]},
    )
    weights = xr.DataArray([0.25, 0.74, 0.01], dims="model", coords={"model": ["a", "b", "c"]})
    found = mixture(draws, weights)
    assert found.dims == ("draw", "horizon")
    assert np.bincount(found.isel(horizon=0).values.astype(int), minlength=3).tolist() == [3, 7, 0]


def rolled(origins: list[int]) -> tuple[Forecasts, xr.DataArray]:
    """Two models, the first always right about the density, two horizons."""
    coords = {"model": ["good", "bad"], "origin": origins, "horizon": [1, 2]}
    draws = xr.DataArray(
        philox(3).standard_normal((2, 50, len(origins), 1, 2)),
        dims=("model", "draw", "origin", "region", "horizon"),
        coords=coords,
    )
    logs = xr.zeros_like(draws.isel(draw=0)) + xr.DataArray(
        [0.0, -5.0], dims="model", coords={"model": ["good", "bad"]}
    )
    return Forecasts(draws, ()), logs


def test_weights_rest_on_what_had_come_true():
    forecasts, logs = rolled([2010, 2011, 2012, 2013])
    found, weights = add_stack(forecasts, logs, 2, ("good", "bad"))
    np.testing.assert_allclose(weights.sel(model="good"), [0.5, 0.5, 1.0, 1.0], atol=1e-6)
    assert [note["note"] for note in found.notes] == [
        "equal weights of good, bad: target periods: 0, needed: 2",
        "equal weights of good, bad: target periods: 1, needed: 2",
        "stacking weights on 2 target periods",
        "stacking weights on 3 target periods",
    ]
    assert found.draws["model"].values.tolist() == ["good", "bad", "stack"]
    np.testing.assert_array_equal(
        found.draws.sel(model="stack", origin=2013), forecasts.draws.sel(model="good", origin=2013)
    )


def test_later_outcomes_move_no_weight():
    forecasts, logs = rolled([2010, 2011, 2012])
    changed = logs.where(logs["origin"] + logs["horizon"] <= 2012, -logs)
    plain, other = (add_stack(forecasts, part, 1, ("good", "bad"))[1] for part in (logs, changed))
    xr.testing.assert_identical(plain, other)


def test_model_without_forecast_takes_no_part():
    forecasts, logs = rolled([2010, 2011])
    draws = forecasts.draws.copy()
    draws.loc[{"model": "bad", "origin": 2010}] = np.nan
    draws.loc[{"origin": 2011}] = np.nan
    found, weights = add_stack(Forecasts(draws, ()), logs, 1, ("good", "bad"))
    np.testing.assert_array_equal(weights, [[1.0, 0.0], [0.0, 0.0]])
    assert [note["note"] for note in found.notes] == [
        "equal weights of good: target periods: 0, needed: 1",
        "none of its models has a forecast of every cell",
    ]
    assert bool(found.draws.sel(model="stack", origin=2011).isnull().all())
