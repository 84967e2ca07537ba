"""The most generous deductible, rate or cap that the money covers in a stated share of the draws.

Need is asked for at trial values on the same random numbers, so that in every draw a more generous standard needs more
and the share of covered draws can only fall; the value is found by halving, its error from the number of draws.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.stats import norm

from actuarial.assistance.shortfall import shortfall_path
from actuarial.errors import AssumptionError

# Own choice: values between the ends at which need is asked for before the search, to see whether it ever falls.
_SCANNED = 7
# Need at two values may differ by rounding: sums of many persons' payments carry far fewer errors than this.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Standard:
    """A standard that the money covers.

    value : the most generous one found, unit of the standard; within the tolerance of the exact one on these draws
    coverage, coverage_error : share of the draws in which it is covered, and its Monte Carlo standard error
    stricter, more_generous : ends of the confidence interval of the value, for the finite number of draws
    is_bound : the most generous value allowed is covered, so that the money would do for more
    """

    value: float
    coverage: float
    coverage_error: float
    stricter: float
    more_generous: float
    is_bound: bool


def solve_standard(
    need_at: Callable[[float], xr.DataArray],
    money: xr.DataArray,
    opening: xr.DataArray,
    strictest: float,
    most_generous: float,
    confidence: float,
    level: float,
    tolerance: float,
) -> Standard:
    """The most generous value between two ends at which no region falls short in any year, in a share of the draws.

    Parameters
    ----------
    need_at : value -> (draw, region, year), on common random numbers
    money, opening : as in :func:`actuarial.assistance.shortfall.shortfall_path`
    strictest, most_generous : ends of the search; of a deductible the larger value is the stricter
    confidence : share of the draws that must be covered
    level : confidence of the interval of the value
    tolerance : unit of the value; the search stops when it knows the value to within this

    Raises
    ------
    AssumptionError
        If a more generous value needs less in a draw, or even the strictest is not covered with the confidence asked
        for, or the confidence is not in (0, 1], or the tolerance is not positive.

    Source
    ------
    Common random numbers: Glasserman (2003), Monte Carlo Methods in Financial Engineering, section 7.1. The interval
    asks for the values that are covered in confidence +- z sqrt(confidence (1 - confidence) / draws) of the draws: the
    normal form of the interval of a quantile, David & Nagaraja (2003), Order Statistics, section 7.1. An end that
    cannot be reached is the end of the search.
    """
    if not 0 < confidence <= 1 or tolerance <= 0:
        raise AssumptionError(
            f"standard: a confidence of {confidence:g} and a tolerance of {tolerance:g}; the first lies above 0 and "
            "is 1 at most, the second is positive"
        )
    trials = _Trials(need_at, money, opening, strictest, most_generous, {}, {})
    for place in np.linspace(0.0, 1.0, _SCANNED + 2).tolist():
        trials.covered(place)
    draws = trials.needs[0.0].sizes["draw"]
    covered = trials.covered(0.0)
    if covered / draws < confidence:
        raise AssumptionError(
            f"standard: even at {strictest:g} the money covers need in {covered} of {draws} draws; {confidence:g} of "
            "them are asked for: add money, ask for less, or allow a stricter standard"
        )
    width = tolerance / abs(most_generous - strictest)
    error = norm.ppf((1 + level) / 2) * np.sqrt(confidence * (1 - confidence) / draws)
    place, stricter, looser = (
        trials.last_covered(asked, width) for asked in (confidence, confidence + error, confidence - error)
    )
    coverage = trials.covered(place) / draws
    return Standard(
        value=trials.value(place),
        coverage=coverage,
        coverage_error=float(np.sqrt(coverage * (1 - coverage) / draws)),
        stricter=trials.value(stricter),
        more_generous=trials.value(looser),
        is_bound=place == 1.0,
    )


@dataclass(slots=True)
class _Trials:
    """Needs and covered draws at the values tried so far, by place between the strictest (0) and most generous (1)."""

    need_at: Callable[[float], xr.DataArray]
    money: xr.DataArray
    opening: xr.DataArray
    strictest: float
    most_generous: float
    needs: dict[float, xr.DataArray]
    counts: dict[float, int]

    def value(self, place: float) -> float:
        """The value at a place."""
        return self.strictest + place * (self.most_generous - self.strictest)

    def covered(self, place: float) -> int:
        """Draws in which no region falls short in any year."""
        if place not in self.needs:
            need = self.need_at(self.value(place))
            self._check_rising(place, need)
            self.needs[place] = need
            short = shortfall_path(need, self.money, self.opening)["shortfall"]
            self.counts[place] = int((short == 0).all(["region", "year"]).sum())
        return self.counts[place]

    def last_covered(self, asked: float, width: float) -> float:
        """The last place found at which the share of draws asked for is covered; 0 where none is."""
        draws = next(iter(self.needs.values())).sizes["draw"]
        is_enough = {place: self.covered(place) / draws >= asked for place in sorted(self.needs)}
        below = max((place for place, enough in is_enough.items() if enough), default=0.0)
        above = min((place for place, enough in is_enough.items() if not enough), default=1.0)
        while above - below > width:
            middle = (below + above) / 2
            if self.covered(middle) / draws >= asked:
                below = middle
            else:
                above = middle
        return below

    def _check_rising(self, place: float, need: xr.DataArray) -> None:
        """Refuse a need that is less than at the next stricter value tried, or more than at the next more generous."""
        stricter = max((other for other in self.needs if other < place), default=None)
        looser = min((other for other in self.needs if other > place), default=None)
        pairs = [] if stricter is None else [(stricter, place, self.needs[stricter], need)]
        pairs += [] if looser is None else [(place, looser, need, self.needs[looser])]
        for low, high, less, more in pairs:
            falls = more < less * (1 - _ROUNDING)
            if bool(falls.any()):
                first = np.argwhere(falls.values)[0]
                where = {
                    str(dim): falls[dim].values[[at]].tolist()[0] for dim, at in zip(falls.dims, first, strict=True)
                }
                raise AssumptionError(
                    f"standard: need falls from {self.value(low):g} to the more generous {self.value(high):g} in "
                    f"{int(falls.sum())} of {falls.size} places, first at {where}; it has to rise in every draw: check "
                    "the order of the two ends, and that every value is tried on the same random numbers"
                )
