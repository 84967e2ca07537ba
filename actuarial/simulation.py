"""Blocks of draws over Dask; the only parallel code."""

from collections.abc import Callable

import numpy as np
import xarray as xr
from dask.base import compute
from dask.callbacks import Callback
from dask.delayed import delayed
from distributed import Client

from actuarial.assumptions.basis import Basis
from actuarial.errors import AssumptionError
from actuarial.projection import People, project, project_people
from actuarial.reserve import risk_reserve
from actuarial.schema import FUNDS, ledger_lines
from actuarial.streams import BLOCK

PER_DRAW = ("revenue", "spending", "transfer", "closing_balance", "region_drawdown", "city_drawdown")
# Line sums are kept in two whole parts, so that they stay exact for any number of draws and any grouping of blocks.
_PART = 1_000_000


def simulate(
    basis: Basis,
    seed: int,
    draws: int,
    scheduler: str | None = None,
    workers: int | None = None,
    blocks_per_task: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> xr.Dataset:
    """The projection in all its draws, with the reserve: the dataset that is stored and that reports read.

    The same numbers come out, bit by bit, for any number of workers and any grouping of blocks; and the first draws
    of a longer run are the draws of a shorter one.

    Parameters
    ----------
    seed : one per run
    draws : at least 1
    scheduler : address of an existing Dask cluster, such as ``tcp://host:8786``; threads of this process otherwise
    workers : threads; as many as there are processors if not said
    blocks_per_task : blocks of draws that one task does one after the other
    progress : called with (tasks done, tasks in all)

    Raises
    ------
    AssumptionError
        If draws or blocks_per_task is not positive.
    """
    if draws < 1 or blocks_per_task < 1:
        raise AssumptionError(f"draws {draws}, blocks_per_task {blocks_per_task}: both must be at least 1")
    people = project_people(basis)
    sizes = [min(BLOCK, draws - start) for start in range(0, draws, BLOCK)]
    blocks = list(enumerate(sizes))
    tasks = [blocks[start : start + blocks_per_task] for start in range(0, len(blocks), blocks_per_task)]
    if scheduler is None:
        parts = _on_threads(basis, people, seed, tasks, workers, progress)
    else:
        parts = _on_cluster(basis, people, seed, tasks, scheduler, progress)
    confidence = basis.policy.value("reserve_confidence", "all", basis.city.code, basis.budget_year)
    return _assemble(basis, people, [part for task in parts for part in task], draws, confidence)


def _on_threads(
    basis: Basis,
    people: People,
    seed: int,
    tasks: list[list[tuple[int, int]]],
    workers: int | None,
    progress: Callable[[int, int], None] | None,
) -> list[list[xr.Dataset]]:
    jobs = [delayed(_run_blocks, pure=False)(basis, people, seed, task) for task in tasks]
    with _Counter(len(jobs), progress):
        return list(compute(*jobs, scheduler="threads", num_workers=workers, traverse=False))


def _on_cluster(
    basis: Basis,
    people: People,
    seed: int,
    tasks: list[list[tuple[int, int]]],
    address: str,
    progress: Callable[[int, int], None] | None,
) -> list[list[xr.Dataset]]:
    with Client(address, set_as_default=False) as client:
        shared = client.scatter((basis, people), broadcast=True)
        futures = [client.submit(_run_scattered, shared, seed, task, pure=False) for task in tasks]
        parts = []
        for done, future in enumerate(futures, start=1):
            parts.append(future.result())
            if progress is not None:
                progress(done, len(futures))
        return parts


def _run_scattered(shared: tuple[Basis, People], seed: int, task: list[tuple[int, int]]) -> list[xr.Dataset]:
    return _run_blocks(*shared, seed, task)


def _run_blocks(basis: Basis, people: People, seed: int, task: list[tuple[int, int]]) -> list[xr.Dataset]:
    return [_reduced(project(basis, people, seed, block, size)) for block, size in task]


def _reduced(block: xr.Dataset) -> xr.Dataset:
    """What leaves a block: fund totals by draw, and exact sums of the lines over its draws."""
    high, low = block["ledger"] // _PART, block["ledger"] % _PART
    sums = {"line_high": high.sum("draw"), "line_low": low.sum("draw")}
    # closing balances are a view of the whole ledger, which must not outlive its block
    return block[list(PER_DRAW)].copy(deep=True).assign(sums)


def _assemble(basis: Basis, people: People, parts: list[xr.Dataset], draws: int, confidence: float) -> xr.Dataset:
    per_draw = xr.concat([part[list(PER_DRAW)] for part in parts], dim="draw")
    high = sum((part["line_high"] for part in parts[1:]), start=parts[0]["line_high"])
    low = sum((part["line_low"] for part in parts[1:]), start=parts[0]["line_low"])
    mean = (high.astype(float) * _PART + low) / draws
    history = basis.history
    closed = history.ledger.sel(year=history.ledger["year"] <= basis.last_year)
    provenance = history.ledger_provenance.sel(year=closed["year"])
    return per_draw.assign(
        line_mean=mean.where(_held_lines(basis)).transpose("region", "fund", "line", "year"),
        line_history=(closed * 100).round().rename(year="history_year"),
        line_provenance=provenance.rename(year="history_year"),
        opening_balance=history.opening,
        reserve_region=risk_reserve(per_draw["region_drawdown"], confidence),
        reserve_city=risk_reserve(per_draw["city_drawdown"], confidence),
        population=people.population.rename(year="year_all"),
        members=people.members.rename(year="year_all"),
    )


def _held_lines(basis: Basis) -> xr.DataArray:
    """True for the lines that a fund keeps: those of the last closed year, the levels and the balances."""
    last = basis.history.ledger.sel(year=basis.last_year, drop=True).notnull().any("region")
    always = ("from_above", "from_below", "to_above", "to_below", "opening_balance", "closing_balance")
    rows = [
        [
            str(line) in ledger_lines(FUNDS[fund][0]) and (line in always or bool(last.sel(fund=fund, line=line)))
            for line in last["line"].values
        ]
        for fund in FUNDS
    ]
    return xr.DataArray(np.array(rows), dims=("fund", "line"), coords={"fund": list(FUNDS), "line": last["line"]})


class _Counter(Callback):
    """Tells how many tasks are done."""

    def __init__(self, total: int, progress: Callable[[int, int], None] | None) -> None:
        super().__init__()
        self._done, self._total, self._progress = 0, total, progress

    def _posttask(self, key: object, result: object, dsk: object, state: object, worker_id: object) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress(min(self._done, self._total), self._total)
