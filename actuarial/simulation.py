"""Blocks of draws over Dask; the only parallel code."""

from collections.abc import Callable
from functools import partial, reduce
from typing import Any

import numpy as np
import xarray as xr
from dask.base import compute
from dask.callbacks import Callback
from dask.delayed import delayed
from distributed import Client, as_completed

from actuarial.assumptions.basis import Basis
from actuarial.errors import AssumptionError
from actuarial.fund.deposits import interest_rates
from actuarial.people import central_population, project_people
from actuarial.projection import central_views, project
from actuarial.quantiles import count_draws, counted_quantiles
from actuarial.risk.reserve import risk_reserve
from actuarial.schema import FUNDS, ledger_lines
from actuarial.streams import BLOCK

# Own choice: what pages show of people, the median with the central 80% and 95%.
PROBABILITIES = (0.025, 0.1, 0.5, 0.9, 0.975)
PER_DRAW = ("revenue", "spending", "transfer", "closing_balance", "region_drawdown", "city_drawdown",
            "payment_base", "interest")  # fmt: skip
# Kept of the draws where the folder says enough.
WHERE_KNOWN = ("burdened", "income", "inequality", "prevention")
# All draws, and those that are projected under the rivals of the trends too.
DRAW_DIMS = {"draw", "rival_draw"}
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
    people = central_views(basis)
    sizes = [min(BLOCK, draws - start) for start in range(0, draws, BLOCK)]
    blocks = list(enumerate(sizes))
    tasks = [blocks[start : start + blocks_per_task] for start in range(0, len(blocks), blocks_per_task)]
    if scheduler is None:
        whole = _on_threads(basis, people, seed, tasks, workers, progress)
    else:
        whole = _on_cluster(basis, people, seed, tasks, scheduler, progress)
    confidence = basis.policy.value("reserve_confidence", "all", basis.city.code, basis.budget_year)
    return _assemble(basis, people, whole, draws, confidence)


def in_parallel(function: Callable[[Any], Any], parts: list, workers: int | None = None) -> list:
    """What a function makes of each part, in their order, on threads of this process."""
    jobs = [delayed(function, pure=False)(part) for part in parts]
    return list(compute(jobs, scheduler="threads", num_workers=workers)[0])


def _on_threads(
    basis: Basis,
    people: xr.Dataset,
    seed: int,
    tasks: list[list[tuple[int, int]]],
    workers: int | None,
    progress: Callable[[int, int], None] | None,
) -> xr.Dataset:
    jobs = [delayed(_run_blocks, pure=False)(basis, people, seed, task) for task in tasks]
    whole = _in_pairs(jobs, delayed(_merged, pure=False))
    with _Counter(len(jobs), progress):
        return compute(whole, scheduler="threads", num_workers=workers, traverse=False)[0]


def _on_cluster(
    basis: Basis,
    people: xr.Dataset,
    seed: int,
    tasks: list[list[tuple[int, int]]],
    address: str,
    progress: Callable[[int, int], None] | None,
) -> xr.Dataset:
    with Client(address, set_as_default=False) as client:
        shared = client.scatter((basis, people), broadcast=True)
        futures = [client.submit(_run_scattered, shared, seed, task, pure=False) for task in tasks]
        whole = _in_pairs(futures, partial(client.submit, _merged, pure=False))
        for done, _ in enumerate(as_completed(futures, loop=client.loop), start=1):
            if progress is not None:
                progress(done, len(futures))
        return whole.result()


def _in_pairs(parts: list, merge: Callable) -> Any:
    """One part from many, neighbours first, so that few are held at a time."""
    while len(parts) > 1:
        pairs = [parts[start : start + 2] for start in range(0, len(parts), 2)]
        parts = [merge(*pair) if len(pair) == 2 else pair[0] for pair in pairs]
    return parts[0]


def _run_scattered(shared: tuple[Basis, xr.Dataset], seed: int, task: list[tuple[int, int]]) -> xr.Dataset:
    return _run_blocks(*shared, seed, task)


def _run_blocks(basis: Basis, people: xr.Dataset, seed: int, task: list[tuple[int, int]]) -> xr.Dataset:
    parts = [_reduced(project(basis, seed, block, size), people) for block, size in task]
    return reduce(_merged, parts)


def _reduced(block: xr.Dataset, people: xr.Dataset) -> xr.Dataset:
    """What leaves a block: fund totals by draw, exact sums of the lines over its draws, and counts of the people."""
    sums = _exact_sums("line", block["ledger"])
    known = [name for name in block if name in WHERE_KNOWN or "rival_draw" in block[name].dims]
    per_draw = block[[*PER_DRAW, *known]]
    if "growth" in block:
        sums |= _exact_sums("growth", block["growth"])
        per_draw = per_draw.assign(growth_city=block["growth"].sum("region"))
    if "commitments" in block:
        sums |= _exact_sums("commitments", block["commitments"])
        owed = block["commitments"].sel(commitment="outstanding", drop=True).isel(year_end=slice(1, None))
        per_draw = per_draw.assign(outstanding=owed.rename(year_end="year"))
    coming = people.isel(year_all=slice(1, None))
    counts = count_draws(block[list(people)].isel(year_all=slice(1, None)).drop_vars("draw"), coming)
    # closing balances are a view of the whole ledger, which must not outlive its block
    return per_draw.copy(deep=True).assign(sums).assign(counts)


def _exact_sums(name: str, amount: xr.DataArray) -> dict[str, xr.DataArray]:
    """Sums over the draws of a block in two whole parts."""
    return {f"{name}_high": (amount // _PART).sum("draw"), f"{name}_low": (amount % _PART).sum("draw")}


def _mean(whole: xr.Dataset, name: str, draws: int) -> xr.DataArray:
    return (whole[f"{name}_high"].astype(float) * _PART + whole[f"{name}_low"]) / draws


def _merged(first: xr.Dataset, second: xr.Dataset) -> xr.Dataset:
    """Two neighbouring parts as one: draws after draws, sums and counts added."""
    sums = {name: first[name] + second[name] for name in first if not DRAW_DIMS & set(first[name].dims)}
    return xr.merge([_joined(first, second, dim) for dim in sorted(DRAW_DIMS)], join="exact").assign(sums)


def _joined(first: xr.Dataset, second: xr.Dataset, dim: str) -> xr.Dataset:
    """What has the dim, one after the other; not every block has what only some draws have."""
    parts = [part[[name for name in part if dim in part[name].dims]] for part in (first, second) if dim in part.dims]
    return xr.concat(parts, dim=dim) if parts else xr.Dataset()


def _assemble(basis: Basis, people: xr.Dataset, whole: xr.Dataset, draws: int, confidence: float) -> xr.Dataset:
    per_draw = whole[[name for name in whole if DRAW_DIMS & set(whole[name].dims)]]
    mean = _mean(whole, "line", draws)
    history = basis.history
    closed = history.ledger.sel(year=history.ledger["year"] <= basis.last_year)
    provenance = history.ledger_provenance.sel(year=closed["year"])
    table = per_draw.assign(
        line_mean=mean.where(_held_lines(basis)).transpose("region", "fund", "line", "year"),
        line_history=(closed * 100).round().rename(year="history_year"),
        line_provenance=provenance.rename(year="history_year"),
        opening_balance=history.opening,
        interest_rate=interest_rates(basis.policy, history.opening["region"].values, basis.years),
        reserve_region=risk_reserve(per_draw["region_drawdown"], confidence),
        reserve_city=risk_reserve(per_draw["city_drawdown"], confidence),
        population=central_population(basis).rename(year="year_all"),
        members=project_people(basis).members.rename(year="year_all"),
    ).merge(_people_quantiles(whole, people))
    if basis.layers is not None and basis.layers.levels is not None:
        table["benefit_level"] = basis.layers.levels.reindex(fund=list(FUNDS))
    if history.income is not None:
        known = history.income.reindex(year=closed["year"])
        table["income_history"] = known.rename(year="history_year")
    if "growth_high" in whole:
        table = table.assign(growth_region=_mean(whole, "growth", draws))
    if "commitments_high" in whole:
        table = table.assign(commitments_region=_mean(whole, "commitments", draws))
    if basis.official_factor is None:
        return table
    return table.assign(official_factor=basis.official_factor.rename(year="year_all"))


def _people_quantiles(whole: xr.Dataset, people: xr.Dataset) -> xr.Dataset:
    """Quantiles of everything counted; the last closed year in front is known and so the same in all of them."""
    coming = people.isel(year_all=slice(1, None))
    counted = counted_quantiles(whole[list(people)], coming, PROBABILITIES)
    known = people.isel(year_all=[0]).expand_dims(quantile=list(PROBABILITIES))
    return xr.concat([known, counted], dim="year_all", join="exact").transpose("quantile", ...)


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
    """Tells how many tasks that project are done; those that merge are not counted."""

    def __init__(self, total: int, progress: Callable[[int, int], None] | None) -> None:
        super().__init__()
        self._done, self._total, self._progress = 0, total, progress

    def _posttask(self, key: object, result: object, dsk: object, state: object, worker_id: object) -> None:
        if self._progress is not None and str(key).startswith(_run_blocks.__name__):
            self._done += 1
            self._progress(self._done, self._total)
