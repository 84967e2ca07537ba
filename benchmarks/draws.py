"""What a draw costs: the workbench beside a loop of one draw at a time, in one run; time and memory.

    python -m benchmarks.draws [FOLDER]        from the root of the checkout; two to three minutes on two cores

1. `simulate` with one and with two workers, and with fewer draws, each in a process of its own, so that the peak of
   its resident memory is its own; what reading and fitting took is taken off.
2. What a user would write instead: a Python loop that calls `project` for one draw after another and keeps the same
   fund totals, timed on a sample of draws. Each call makes the shocks of a whole block before it keeps one.

Seconds are for the draws alone and differ from machine to machine; ratios less. Measured in November 2026 for Ningbo
(6 regions, 10 years) on a shared machine of 2 cores and 23 GB:

    way         draws  workers   ms a draw   ratio   kept MB   peak MB
    simulate   10,000        1         4.2     1.3        75       340
    simulate   10,000        2         3.2       1        75       510
    simulate    2,000        2         4.1     1.3        15       370
    loop           60        1         970     300

Blocks of 500 draws are what makes the difference, about three hundred times; most of a draw is its people. What is kept
grows by 7.7 kB a draw, and the peak by less than twice that: the rest is the blocks being worked on.
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import xarray as xr

from actuarial import fit, project, read_folder, simulate
from actuarial.simulation import PER_DRAW

FOLDER = "data/ningbo"
YEARS, SEED = 10, 1
CASES = (("simulate", 10_000, 1), ("simulate", 10_000, 2), ("simulate", 2_000, 2), ("loop", 60, 1))
HEADER = ("way", "draws", "workers", "seconds", "ms a draw", "ratio", "kept MB", "peak MB")


def main() -> None:
    """Run every case in its own process and print one table."""
    if len(sys.argv) > 2:
        print(json.dumps(_measure(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
        return
    folder = sys.argv[1] if len(sys.argv) == 2 else FOLDER
    found = [_in_process(folder, *case) for case in CASES]
    least = min(row["per_draw"] for row in found)
    print("".join(f"{name:>10}" for name in HEADER))
    for (way, draws, workers), row in zip(CASES, found, strict=True):
        numbers = (row["seconds"], row["per_draw"] * 1000, row["per_draw"] / least, row["kept"], row["peak"])
        print(f"{way:>10}{draws:>10}{workers:>10}" + "".join(f"{number:>10.1f}" for number in numbers))


def _in_process(folder: str, way: str, draws: int, workers: int) -> dict[str, float]:
    words = [sys.executable, "-m", "benchmarks.draws", folder, way, str(draws), str(workers)]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def _measure(folder: str, way: str, draws: int, workers: int) -> dict[str, float]:
    """Seconds, seconds a draw, and megabytes: of what is kept, and of the peak above where the draws began."""
    basis = fit(read_folder(Path(folder)), YEARS)
    project(basis, SEED, 0, 1)  # what is loaded when first used is not a draw
    before, started = _peak(), time.perf_counter()
    if way == "simulate":
        result = simulate(basis, SEED, draws, workers=workers)[list(PER_DRAW)]
    else:
        parts = [project(basis, SEED, draw, 1)[list(PER_DRAW)] for draw in range(draws)]
        result = xr.concat(parts, dim="draw")
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "per_draw": seconds / draws, "kept": result.nbytes / 2**20, "peak": _peak() - before}


def _peak() -> float:
    """Largest resident memory of this process so far, in megabytes; Linux gives kilobytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


if __name__ == "__main__":
    main()
