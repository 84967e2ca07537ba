"""The least strict value of a lever that keeps enough of the draws, on common random numbers.

1. the draws are tried at both ends of the range; between values tried, the margin of every draw is interpolated, so
   that each draw has a critical value of its own: that from which it is kept;
2. the answer is an order statistic of the critical values; it is tried, and the search goes on until a value that
   keeps enough draws and one that does not are known within the tolerance: both by trial, neither by interpolation;
3. the ends of its interval are order statistics of the same critical values, each tried once or twice.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import isinf, nan

import numpy as np
import xarray as xr
from scipy.stats import binom

from actuarial.errors import AssumptionError
from actuarial.risk.tail import check_confidence, quantile_rank

# Margins at two values may differ by rounding: sums of many amounts in whole fen carry far fewer errors than this.
_ROUNDING = 1e-9
# Own choice: a trial that misses makes the next one look this many times as far.
_STRIDE = 4
# Own choice: a trial beside the guess lies just inside the tolerance, so that one on either side is enough.
_BESIDE = 0.45
# Own choice: trials for an end of the interval, where the first is off by more than so many tolerances.
_REFINED, _NEAR = 2, 10


@dataclass(frozen=True, slots=True)
class Search:
    """How a value is looked for.

    loosest, strictest : ends of the range, unit of the value; every draw's margin rises from the first to the second
    kept : share of the draws that is to be kept, 1 - target
    level : confidence of the interval
    tolerance : unit of the value
    limit : trials allowed
    """

    loosest: float
    strictest: float
    kept: float
    level: float
    tolerance: float
    limit: int


@dataclass(frozen=True, slots=True)
class Solved:
    """A value that keeps enough draws.

    value : the loosest one found, unit of the lever; a value looser by the tolerance keeps too few
    kept, kept_error : share of the draws kept at it, by trial, and its Monte Carlo standard error
    looser, stricter : ends of the interval of the value for the finite number of draws; NaN where it is not in the
        range or the draws are too few for one
    is_bound : even the loosest value of the range keeps enough, and is the answer
    trials : projections that were made
    """

    value: float
    kept: float
    kept_error: float
    looser: float
    stricter: float
    is_bound: bool
    trials: int


def solve(margin_at: Callable[[float], xr.DataArray], search: Search) -> Solved:
    """The loosest value at which at least the stated share of draws is kept.

    Parameters
    ----------
    margin_at : value -> (draw, ...), any unit, on common random numbers; a draw is kept where no margin is below zero

    Raises
    ------
    AssumptionError
        If even the strictest value keeps too few draws, a stricter value lowers a margin, the trials do not suffice, or
        a share, the tolerance or the range is impossible.

    Source
    ------
    Common random numbers: Glasserman (2003), Monte Carlo Methods in Financial Engineering, section 7.1. Interval of a
    quantile from order statistics, exact whatever the distribution: David & Nagaraja (2003), Order Statistics, section
    7.1.
    """
    check_confidence(search.kept)
    check_confidence(search.level)
    if search.tolerance <= 0 or search.loosest == search.strictest:
        raise AssumptionError(
            f"solve: a tolerance of {search.tolerance:g} between {search.loosest:g} and {search.strictest:g}; the "
            "tolerance is positive and the ends differ"
        )
    trials = Trials(margin_at, search)
    draws = trials.at(0.0).shape[0]
    rank = quantile_rank(draws, search.kept)
    place = trials.first_place(rank)
    if place is None:
        raise AssumptionError(_out_of_reach(trials, draws, search))
    outside = (1 - search.level) / 2
    ranks = [int(binom.ppf(part, draws, search.kept)) for part in (outside, 1 - outside)]
    looser, stricter = (trials.near_place(own) for own in (ranks[0], ranks[1] + 1))
    kept = trials.kept(place) / draws
    return Solved(
        value=trials.value(place),
        kept=kept,
        kept_error=float(np.sqrt(kept * (1 - kept) / draws)),
        looser=nan if looser is None else trials.value(looser),
        stricter=nan if stricter is None else trials.value(stricter),
        is_bound=place == 0.0,
        trials=len(trials.margins),
    )


@dataclass(slots=True)
class Trials:
    """Margins at the values tried so far, by place between the loosest (0) and the strictest (1): (draw, cell)."""

    margin_at: Callable[[float], xr.DataArray]
    search: Search
    margins: dict[float, np.ndarray] = field(default_factory=dict)

    def value(self, place: float) -> float:
        """The value at a place."""
        return self.search.loosest + place * (self.search.strictest - self.search.loosest)

    @property
    def width(self) -> float:
        """The tolerance as a part of the range."""
        return self.search.tolerance / abs(self.search.strictest - self.search.loosest)

    def at(self, place: float) -> np.ndarray:
        """Margins at a place, by a trial where there has been none."""
        if place not in self.margins:
            if len(self.margins) == self.search.limit:
                raise AssumptionError(
                    f"solve: not known to within {self.search.tolerance:g} after {self.search.limit} projections; "
                    "allow a wider tolerance or a shorter range"
                )
            found = self.margin_at(self.value(place)).transpose("draw", ...)
            own = found.values.reshape(found.sizes["draw"], -1)
            self._check_rising(place, own)
            self.margins[place] = own
        return self.margins[place]

    def kept(self, place: float) -> int:
        """Draws that are kept at a place."""
        return int((self.at(place) >= 0).all(axis=1).sum())

    def first_place(self, rank: int) -> float | None:
        """The first place, within the tolerance, at which as many draws as the rank are kept; both sides by trial."""
        at_ends = self.kept(0.0), self.kept(1.0)
        if at_ends[0] >= rank:
            return 0.0
        if at_ends[1] < rank:
            return None
        width = self.width
        below, above, stride = 0.0, 1.0, width * _BESIDE
        while above - below > width * (1 + _ROUNDING):
            guess = self.critical(rank)
            if above - guess < width:
                place = above - width
            elif stride > 0:
                place = min(guess + stride, (guess + above) / 2)
            else:
                place = max(guess + stride, (below + guess) / 2)
            # The next trial is on the other side of the guess; one that misses its side looks further there.
            is_kept = self.kept(place) >= rank
            below, above = (below, place) if is_kept else (place, above)
            stride = (-1 if is_kept else 1) * (width * _BESIDE if is_kept == (stride > 0) else abs(stride) * _STRIDE)
        return above

    def near_place(self, rank: int) -> float | None:
        """Where as many draws as the rank are kept, as interpolated after a trial or two at the place itself."""
        draws = self.at(0.0).shape[0]
        if not 1 <= rank <= draws:
            return None
        place = self.critical(rank)
        for _ in range(_REFINED):
            if isinf(place):
                return None
            self.at(place)
            before, place = place, self.critical(rank)
            if abs(place - before) <= _NEAR * self.width:
                break
        return place

    def critical(self, rank: int) -> float:
        """Critical place of the draw of a rank, from the margins known; infinite where no trial keeps so many."""
        places = sorted(self.margins)
        margins = np.stack([self.margins[place] for place in places])
        is_short = (margins < 0).sum(axis=0)
        after = np.minimum(is_short, len(places) - 1)
        before = np.maximum(after - 1, 0)
        low, high = (np.take_along_axis(margins, part[None], axis=0)[0] for part in (before, after))
        crosses = (is_short > 0) & (is_short < len(places))
        share = np.divide(low, low - high, out=np.zeros(low.shape), where=crosses)
        spots = np.array(places)
        crossing = spots[before] + share * (spots[after] - spots[before])
        crossing = np.where(is_short == 0, 0.0, np.where(crosses, crossing, np.inf))
        return float(np.sort(crossing.max(axis=1))[rank - 1])

    def _check_rising(self, place: float, own: np.ndarray) -> None:
        """Refuse margins below those at the nearest looser value tried, or above those at the nearest stricter."""
        looser = max((other for other in self.margins if other < place), default=None)
        stricter = min((other for other in self.margins if other > place), default=None)
        pairs = [] if looser is None else [(looser, place, self.margins[looser], own)]
        pairs += [] if stricter is None else [(place, stricter, own, self.margins[stricter])]
        for low, high, less, more in pairs:
            falls = more < less - _ROUNDING * np.abs(less).max()
            if falls.any():
                raise AssumptionError(
                    f"solve: from {self.value(low):g} to the stricter {self.value(high):g} the margin falls in "
                    f"{int(falls.any(axis=1).sum())} of {len(own)} draws, first in draw "
                    f"{int(np.argwhere(falls)[0][0])}; it has to rise in every draw: check the order of the two ends, "
                    "and that every value is tried on the same random numbers"
                )


def _out_of_reach(trials: Trials, draws: int, search: Search) -> str:
    loose, strict = (1 - trials.kept(place) / draws for place in (0.0, 1.0))
    return (
        f"solve: out of reach: {loose:.1%} of {draws} draws fail at {search.loosest:g} and {strict:.1%} at "
        f"{search.strictest:g}, {1 - search.kept:.1%} are allowed; widen the range, allow more, or change another lever"
    )
