"""How long the whole fit of a city takes, cold and warm, and what each model has of it.

    python -m benchmarks.city_fit FOLDER [--models severity morbidity ...]

1. read and check the folder, fit the trends and the people;
2. cold: every model compiled and fitted; warm: the same again with the compiled models of the first time;
3. wall time and processor time (all threads) of every model, its outcome, effective draws and draws per second.

Effective draws are the least over all sampled quantities, in the bulk; the second is of processor time, which a busy
machine does not stretch. A cold process still finds the machine code that an earlier process left in pytensor's cache,
if there is one; the first line says how many files are there.
"""

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pytensor.configdefaults import config

from actuarial.experience.city_fit import MODELS, fit_models
from actuarial.experience.city_shifts import undeclared_shifts
from actuarial.experience.fit import fit_indicated
from actuarial.experience.indication import ModelFit
from actuarial.streams import BLOCK
from actuarial.tables import read_folder

YEARS, SEED = 10, 1


class Clock:
    """Wall and processor time of each step, as it is reported."""

    def __init__(self) -> None:
        self.laps: dict[str, tuple[float, float]] = {}
        self._at: tuple[str, float, float] | None = None

    def report(self, name: str, _done: int = 0, _total: int = 0) -> None:
        """The step before ends, this one begins."""
        wall, cpu = time.perf_counter(), time.process_time()
        if self._at is not None:
            before, from_wall, from_cpu = self._at
            self.laps[before] = (wall - from_wall, cpu - from_cpu)
        self._at = (name, wall, cpu)


@contextmanager
def timed(title: str) -> Iterator[Clock]:
    """Prints what a clock was told, and the sum."""
    clock = Clock()
    yield clock
    clock.report("end")
    print(f"{title}: {'step':22} {'wall s':>8} {'processor s':>12}")
    for name, (wall, cpu) in clock.laps.items():
        print(f"{title}: {name:22} {wall:8.1f} {cpu:12.1f}")
    walls, cpus = (sum(lap[part] for lap in clock.laps.values()) for part in (0, 1))
    print(f"{title}: {'all':22} {walls:8.1f} {cpus:12.1f}", flush=True)


def said(found: ModelFit, seconds: float) -> str:
    """Outcome, rungs and effective draws a second of one model."""
    record: dict[str, Any] = found.record
    words = [found.name, record["outcome"], record["reason"]]
    words += [f"{rung['draws']} draws at {rung['acceptance']}: {rung['outcome']}" for rung in record.get("ladder", [])]
    if "diagnostics" in record:
        least = record["diagnostics"]["least_bulk"]
        words.append(f"R-hat {record['diagnostics']['largest_rhat']:.4f}, {least:.0f} effective draws")
        words.append(f"{least / seconds:.1f} a second")
    return "; ".join(word for word in words if word)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--models", nargs="*", default=list(MODELS))
    asked = parser.parse_args()
    cached = sum(1 for _ in Path(config.base_compiledir).rglob("*.nbc"))
    print(f"pytensor's cache: {cached} compiled functions", flush=True)
    with timed("first") as clock:
        clock.report("read and check")
        data = read_folder(asked.folder)
        clock.report("trends and people")
        basis = fit_indicated(data, YEARS)
        clock.report("level shifts")
        shifts = undeclared_shifts(basis)
    print(f"undeclared level shifts: {shifts['shifts']}; not judged: {shifts['unjudged']}")
    compiled: dict[str, Any] = {}
    for title in ("cold", "warm"):
        with timed(title) as clock:
            found, compiled = fit_models(data, basis, asked.models, BLOCK, SEED, compiled, clock.report)
        for part in found:
            print(f"{title}: {said(part, clock.laps[part.name][1])}", flush=True)


if __name__ == "__main__":
    main()
