import xarray as xr
from distributed import LocalCluster

from actuarial.simulation import simulate
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
