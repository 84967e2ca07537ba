from dataclasses import replace

import numpy as np
import xarray as xr
from distributed import LocalCluster

from actuarial.assumptions.basis import Basis
from actuarial.projection import central_views, project
from actuarial.simulation import _merged, _reduced, simulate
from actuarial.streams import BLOCK


def test_cluster_gives_the_numbers_of_the_threads(tiny_basis):
    """A cluster on this machine; it listens on loopback alone, its dashboard too, whose default is everywhere."""
    with LocalCluster(
        n_workers=1, threads_per_worker=2, host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=50
    ) as cluster:
        far = simulate(tiny_basis, 9, BLOCK + 20, scheduler=str(cluster.scheduler_address))  # type: ignore[union-attr]
    xr.testing.assert_identical(far, simulate(tiny_basis, 9, BLOCK + 20))


def test_progress_counts_every_task(tiny_basis):
    told: list[tuple[int, int]] = []
    simulate(tiny_basis, 9, 3 * BLOCK, workers=1, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_rival_that_is_the_main_model_has_its_balances(tiny_basis: Basis) -> None:
    """The rivals go through the projection that the main model goes through, with the people of the same draws."""
    basis = replace(tiny_basis, rivals={"other": tiny_basis.rivals["log_drift"], "same": tiny_basis.trends})
    whole = project(basis, 5, 0, 20)
    same = whole["rival_closing"].sel(rival="same", drop=True)
    np.testing.assert_array_equal(same, whole["closing_balance"])
    assert bool((whole["rival_closing"].sel(rival="other", drop=True) != same).any())


def test_blocks_without_rivals_are_passed_over(tiny_basis: Basis) -> None:
    people = central_views(tiny_basis)
    parts = [_reduced(project(tiny_basis, 5, block, 8), people) for block in (0, 1, 2)]
    whole = _merged(_merged(*parts[:2]), parts[2])
    assert whole["rival_draw"].values.tolist() == [*range(8), *range(2 * BLOCK, 2 * BLOCK + 8)]
    assert whole.sizes["draw"] == 24
    np.testing.assert_array_equal(whole["rival_closing"].isel(rival_draw=slice(8, 16)), parts[2]["rival_closing"])
