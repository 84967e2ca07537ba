"""What streaming the population costs: blocks of draws beside plain NumPy over all draws at once, in one run.

    python -m benchmarks.people [FOLDER] [YEARS]     from the root of the checkout; some minutes on two cores

Both move the people of every region by sex and single age through the years, under the same shifts of mortality,
fertility and migration, and end with the quantiles of the age pyramid.

1. `blocks`: `year_ends` on labelled arrays, 500 draws at a time; only counts of the pyramid leave a block.
2. `numpy`: the same step written on plain arrays over all draws at once, every year kept until the quantiles are taken.

Each case has a process of its own, so that the peak of its resident memory is its own; what reading and fitting took is
taken off. One case of 2,000 draws is repeated with the two ways side by side and their medians compared: they agree, or
the benchmark fails.

Measured in November 2026 for Ningbo (6 regions, 30 years, 202 cells a region) on a shared machine of 2 cores and 23 GB:

    way         draws   ms a draw   ratio   peak MB
    blocks      2,000         8.4     2.0       530
    blocks     10,000         8.4     2.0       530
    numpy       2,000         4.2     1         1,620
    numpy      10,000         4.3     1         8,120

Labels cost twice the time of plain arrays; memory stays where it is, however many the draws.
"""

import json
import resource
import subprocess
import sys
import time
from dataclasses import replace
from functools import reduce
from pathlib import Path

import numpy as np
import xarray as xr

from actuarial import fit, read_folder
from actuarial.assumptions.basis import Basis
from actuarial.demography.futures import Shifts
from actuarial.demography.membership import group_sums
from actuarial.demography.migration import WORKING, migration_profile
from actuarial.people import GROUPS, SETTLED_FOR_GOOD, central_shifts, year_ends
from actuarial.projection import draw_shifts
from actuarial.quantiles import count_draws, counted_quantiles
from actuarial.streams import BLOCK

FOLDER, YEARS, SEED = "data/ningbo", 30, 1
CASES = (("blocks", 2_000), ("blocks", 10_000), ("numpy", 2_000), ("numpy", 10_000))
HEADER = ("way", "draws", "seconds", "ms a draw", "ratio", "peak MB")
PROBABILITIES = (0.1, 0.5, 0.9)


def main() -> None:
    """Run every case in its own process and print one table."""
    folder = sys.argv[1] if len(sys.argv) > 1 else FOLDER
    years = int(sys.argv[2]) if len(sys.argv) > 2 else YEARS
    if len(sys.argv) > 3:
        print(json.dumps(_measure(folder, years, sys.argv[3], int(sys.argv[4]))))
        return
    found = [_in_process(folder, years, *case) for case in CASES]
    fastest = min(row["seconds"] / draws for row, (_, draws) in zip(found, CASES, strict=True))
    print("".join(f"{name:>11}" for name in HEADER))
    for (way, draws), row in zip(CASES, found, strict=True):
        each = row["seconds"] / draws
        numbers = (row["seconds"], each * 1000, each / fastest, row["peak"])
        print(f"{way:>11}{draws:>11}" + "".join(f"{number:>11.2f}" for number in numbers))
    few, same = found[0]["median"], found[2]["median"]
    if abs(few / same - 1) > 1e-3:
        raise SystemExit(f"the two ways disagree: {few:.0f} and {same:.0f} people of 60 and over")


def _in_process(folder: str, years: int, way: str, draws: int) -> dict[str, float]:
    words = [sys.executable, "-m", "benchmarks.people", folder, str(years), way, str(draws)]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def _measure(folder: str, years: int, way: str, draws: int) -> dict[str, float]:
    basis = fit(read_folder(Path(folder)), years)
    _blocks(basis, 2)  # what is loaded when first used is not a draw
    before, started = _peak(), time.perf_counter()
    pyramid = _blocks(basis, draws) if way == "blocks" else _numpy(basis, draws)
    seconds = time.perf_counter() - started
    old = pyramid.sel(quantile=0.5, group=slice(60, None)).isel(year=-1)
    return {"seconds": seconds, "peak": _peak() - before, "median": float(old.sum())}


def _shifts(basis: Basis, block: int, draws: int) -> Shifts:
    wages = xr.zeros_like(basis.factors["year"], dtype=float).expand_dims(draw=draws)
    shifts = draw_shifts(basis, wages, SEED, block, draws)
    return replace(shifts, enrolment=central_shifts(basis).enrolment)


def _pyramid(basis: Basis, shifts: Shifts) -> xr.Dataset:
    ends = list(year_ends(basis, shifts))[1:]
    table = xr.concat([group_sums(end.population, GROUPS) for end in ends], dim="year")
    return xr.Dataset({"pyramid": table.assign_coords(year=basis.years)})


def _blocks(basis: Basis, draws: int) -> xr.DataArray:
    central = _pyramid(basis, central_shifts(basis))
    sizes = [min(BLOCK, draws - start) for start in range(0, draws, BLOCK)]
    counts = (count_draws(_pyramid(basis, _shifts(basis, block, size)), central) for block, size in enumerate(sizes))
    return counted_quantiles(reduce(lambda one, other: one + other, counts), central, PROBABILITIES)["pyramid"]


def _numpy(basis: Basis, draws: int) -> xr.DataArray:
    """The same arithmetic on arrays (draw, region, sex, age), women first; every year kept."""
    sizes = [min(BLOCK, draws - start) for start in range(0, draws, BLOCK)]
    parts = [_shifts(basis, block, size) for block, size in enumerate(sizes)]
    log_rates, log_births, moving = (
        np.concatenate([np.asarray(getattr(part, name).values) for part in parts])
        for name in ("mortality", "fertility", "migration")
    )
    vital = basis.vital
    base = basis.history.population.sel(year=basis.last_year).transpose("region", "sex", "age")
    now = np.broadcast_to(base.values, (draws, *base.shape)).copy()
    schedule = migration_profile(WORKING, base["age"], SETTLED_FOR_GOOD).values
    boys = vital.boys_share.values
    share = np.stack([1 - boys, boys], axis=-1)
    starts = GROUPS
    kept = []
    for place, year in enumerate(basis.years):
        mx = vital.death_rate.sel(year=year).transpose("region", "sex", "age").values
        mx = mx * np.exp(log_rates[..., place])[:, None]
        ax = np.full_like(mx, 0.5)
        ax[:, :, 0, 0], ax[:, :, 1, 0] = 0.053 + 2.8 * mx[:, :, 0, 0], 0.045 + 2.684 * mx[:, :, 1, 0]
        qx = mx / (1 + (1 - ax) * mx)
        lx = np.concatenate([np.ones_like(qx[..., :1]), np.cumprod(1 - qx[..., :-1], axis=-1)], axis=-1)
        Lx = lx - (1 - ax) * lx * qx
        Lx[..., -1] = lx[..., -1] / mx[..., -1]
        chance = Lx[..., 1:] / Lx[..., :-1]
        chance[..., -1] = Lx[..., -1] / (Lx[..., -2] + Lx[..., -1])
        rate = basis.people.net_migration_rate.sel(year=year).values + moving[:, :, place]
        migrants = vital.net_migration.sel(year=year).transpose("region", "sex", "age").values
        pull = rate * now.sum(axis=(2, 3)) / (now * schedule).sum(axis=(2, 3))
        pull = pull[..., None, None] * schedule
        leaving = np.where(pull < 0, -pull, 0) - np.log1p(-np.where(migrants < 0, -migrants / base.values, 0))
        kept_half = np.exp(-leaving / 2)
        migrants = np.where(migrants > 0, migrants, 0) + now * np.where(pull > 0, pull, 0)
        started = now * kept_half + migrants / 2
        after = np.empty_like(now)
        after[..., 1:] = started[..., :-1] * chance
        after[..., -1] += started[..., -1] * chance[..., -1]
        after[..., 0] = 0
        after = after * kept_half + migrants / 2
        women = (now[:, :, 0] + after[:, :, 0]) / 2
        births = vital.birth_rate.sel(year=year).transpose("region", "age").values
        born = (women * births).sum(axis=-1) * np.exp(log_births[:, :, place])
        after[..., 0] += born[..., None] * share * Lx[..., 0]
        now = after
        kept.append(now)
    every = np.add.reduceat(np.stack(kept, axis=-1), starts, axis=3)
    found = np.quantile(every, PROBABILITIES, axis=0)
    coords = {"quantile": list(PROBABILITIES), "region": base["region"], "sex": base["sex"], "group": starts}
    return xr.DataArray(found, {**coords, "year": basis.years}, (*coords, "year"))


def _peak() -> float:
    """Largest resident memory of this process so far, in megabytes; Linux gives kilobytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


if __name__ == "__main__":
    main()
