"""The error from batches against closed forms and against repeated runs."""

import numpy as np
import pytest
import xarray as xr

from actuarial.risk.batching import BATCHES, batch_error
from actuarial.risk.reserve import saved_by_pooling
from actuarial.risk.tail import value_at_risk

RUNS, DRAWS = 300, 2_000


def normals(count: int, regions: int, seed: int) -> xr.DataArray:
    rng = np.random.Generator(np.random.Philox(seed))
    return xr.DataArray(rng.normal(size=(count, DRAWS, regions)), dims=("run", "draw", "region"))


def test_error_of_a_mean_is_the_textbook_one_on_the_average():
    """Mean square of the batch errors is 1 / n; its own deviation over RUNS is sqrt(2 / 19 / RUNS): four of them."""
    runs = normals(RUNS, 1, 1).isel(region=0)
    found = batch_error(xr.Dataset({"loss": runs}), lambda part: part["loss"].mean("draw"), 0.5)
    expected = pytest.approx(1 / DRAWS, rel=4 * np.sqrt(2 / (BATCHES - 1) / RUNS))
    assert float((found**2).mean()) == expected


def test_error_of_what_pooling_saves_is_the_spread_of_repeated_runs():
    """Batches of 100 draws see the curvature of the quantile a little: 15% besides four errors of the spread."""
    losses = normals(RUNS, 4, 2)
    fall = xr.Dataset({"alone": losses, "pooled": losses.sum("region")})
    benefit = saved_by_pooling(fall, 0.95)
    error = batch_error(fall, lambda part: saved_by_pooling(part, 0.95), 0.95)
    spread = float(benefit.std("run", ddof=1))
    assert float(np.sqrt((error**2).mean())) == pytest.approx(spread, rel=0.15 + 4 / np.sqrt(2 * RUNS))
    apart = value_at_risk(fall["alone"], 0.95)["standard_error"]
    alone = float(np.sqrt((apart**2).sum("region").mean()))
    assert spread != pytest.approx(alone, rel=0.05)


def test_a_batch_without_a_tail_has_no_error():
    few = xr.Dataset({"loss": normals(1, 1, 3).isel(run=0, region=0, draw=slice(0, 300))})
    assert np.isnan(batch_error(few, lambda part: part["loss"].mean("draw"), 0.95))
