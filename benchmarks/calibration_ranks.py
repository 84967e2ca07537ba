"""Ranks of true values among posterior draws, held against what uniform ranks would do.

The number of fits whose rank is at most k is binomial for every k. An envelope of binomial intervals, all of the same
tail, is widened until uniform ranks stay inside it everywhere with the level asked for. Several quantities of the
same fits: the level is divided among them (Bonferroni), since nothing is known of how they hang together.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

# Of uniform ranks: a share of 0.05 / 20 is then known to a fifth of itself.
REPLICATES = 20_000


@dataclass(frozen=True, slots=True)
class Envelope:
    """Tails of uniform ranks.

    tail : (rank, count), smaller tail of the binomial at every count of fits with a rank up to this one
    smallest : sorted, of each replicate of uniform ranks, its smallest tail over all ranks
    """

    tail: np.ndarray
    smallest: np.ndarray


def rank_envelope(fits: int, draws: int, rng: np.random.Generator) -> Envelope:
    """What uniform ranks 0 to `draws` do in so many fits.

    Source
    ------
    Säilynoja, Bürkner & Vehtari (2022), Statistics and Computing 32:32, section 2: simultaneous bands of the
    empirical distribution, adjusted by simulation.
    """
    share = np.arange(1, draws + 1) / (draws + 1)
    count = np.arange(fits + 1)
    below = stats.binom.cdf(count, fits, share[:, None])
    above = stats.binom.sf(count - 1, fits, share[:, None])
    tail = np.minimum(below, above)
    uniform = rng.multinomial(fits, np.full(draws + 1, 1 / (draws + 1)), size=REPLICATES).cumsum(axis=1)[:, :-1]
    return Envelope(tail, np.sort(tail[np.arange(draws), uniform].min(axis=1)))


def simultaneous_share(ranks: np.ndarray, envelope: Envelope) -> float:
    """Share of replicates of uniform ranks that stray at least as far; the ranks lie in a 95% envelope above 0.05."""
    draws = len(envelope.tail)
    counts = np.bincount(ranks, minlength=draws + 1).cumsum()[:-1]
    smallest = envelope.tail[np.arange(draws), counts].min()
    # Tails repeat, as counts are whole numbers: one that is equal strays as far.
    return float(np.searchsorted(envelope.smallest, smallest * (1 + 1e-9), side="right") / len(envelope.smallest))


def judged(ranks: Mapping[str, np.ndarray], draws: int, rng: np.random.Generator) -> pd.DataFrame:
    """One row a quantity: fits in each tenth of the ranks, mean rank as a share, share of uniform ranks that stray."""
    rows = {}
    for name, values in ranks.items():
        tenth = np.bincount(values * 10 // (draws + 1), minlength=10)
        rows[name] = {f"{place}": int(count) for place, count in enumerate(tenth)}
        rows[name]["mean"] = values.mean() / draws
    table = pd.DataFrame.from_dict(rows, orient="index")
    envelope = rank_envelope(len(next(iter(ranks.values()))), draws, rng)
    table["p"] = [simultaneous_share(values, envelope) for values in ranks.values()]
    return table
