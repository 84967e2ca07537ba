"""What a solve takes: projections used, and a trial beside a whole projection of as many draws, in one run.

    python -m benchmarks.solve [FOLDER [DRAWS]]        from the root of the checkout; some minutes on two cores

Seconds are of the processor, not of the clock. A trial re-uses shocks and people and closes the accounts again; of a
standard it also makes curves of the kinds of members it is for.
"""

import sys
import time
from pathlib import Path

from actuarial import fit, project, read_folder
from actuarial.errors import AssumptionError
from actuarial.solving.futures import sample_futures
from actuarial.solving.question import Question, answer_on
from actuarial.streams import BLOCK

FOLDER, DRAWS, YEARS, SEED = "data/ningbo", BLOCK, 10, 1
LEVERS = (
    "contribution_rate",
    "fiscal_subsidy",
    "individual_contribution",
    "spending",
    "assistance_rate",
    "critical_deductible",
)


def main() -> None:
    """Project a block, draw its futures, and solve for one lever after the other; one line each."""
    folder = sys.argv[1] if len(sys.argv) > 1 else FOLDER
    draws = int(sys.argv[2]) if len(sys.argv) > 2 else DRAWS
    data = read_folder(Path(folder))
    basis = fit(data, YEARS)
    project(basis, SEED, 0, 1)  # what is loaded when first used is no projection
    started = time.process_time()
    for start in range(0, draws, BLOCK):
        project(basis, SEED, start // BLOCK, min(BLOCK, draws - start))
    whole = time.process_time() - started
    futures = sample_futures(basis, SEED, draws)
    print(f"a projection of {draws:,} draws: {whole:.1f} s")
    for lever in LEVERS:
        question = Question(lever, None, None, None, None, None, 0.95, YEARS, 0, draws, SEED, "baseline")
        started = time.process_time()
        try:
            found = answer_on(data, basis, futures, question)
        except AssumptionError as refusal:
            print(f"{lever:>24} refused after {time.process_time() - started:.1f} s: {refusal}")
            continue
        trials, took = int(str(found["projections"])), time.process_time() - started
        trial = took / trials
        print(f"{lever:>24} {trials:3d} projections {took:7.1f} s, a trial {trial:5.2f} s, {trial / whole:6.1%} of one")


if __name__ == "__main__":
    main()
