"""Bills of simulated persons: a yearly in-scope cost and a pattern of care become single bills, to the fen.

1. the cost of the base year says the band, a draw the pattern within it;
2. the cost at the scale asked for is cut into inpatient, chronic and the rest, outpatient; the first two half a fen up;
3. inpatient cost is split evenly over the admissions, chronic and outpatient cost are one bill each;
4. each bill is its in-scope part divided by the in-scope share of its service, tier and area, half a fen up.
"""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from actuarial.benefit.care import CarePattern
from actuarial.benefit.packed import CASES
from actuarial.benefit.persons import Bills
from actuarial.benefit.rules import AREAS, SERVICES, TIERS, Basic
from actuarial.errors import AssumptionError
from actuarial.money import FEN_PER_YUAN

_INPATIENT, _CHRONIC, _OUTPATIENT = (SERVICES.index(name) for name in ("inpatient", "chronic", "outpatient"))


def simulate_bills(
    cost: xr.DataArray, patterns: Sequence[CarePattern], basic: Basic, scale: float, rng: np.random.Generator
) -> Bills:
    """Bills of persons of one kind.

    Parameters
    ----------
    cost : (person,), yuan a year, in scope, of the base year
    patterns : of their scheme and age, by cost band
    basic : whose in-scope shares hold
    scale : cost of the year over that of the base year; the pattern belongs to the cost of the base year

    Raises
    ------
    AssumptionError
        If a cost is negative or not finite, or a pattern meets a case without in-scope share.
    """
    values = cost.values
    if not (np.all(values >= 0) and np.all(np.isfinite(values))):
        raise AssumptionError("cost: negative or not finite; give yuan a year")
    pattern = _drawn(values, patterns, rng)
    total = _half_up(values * scale * FEN_PER_YUAN)
    columns = {name: _column(patterns, name)[pattern] for name in ("admissions", "inpatient_share", "chronic_share")}
    inpatient = _half_up(total * columns["inpatient_share"])
    chronic = np.minimum(_half_up(total * columns["chronic_share"]), total - inpatient)
    admissions = np.where(inpatient > 0, columns["admissions"].astype("int64"), 0)
    outpatient = total - inpatient - chronic
    counts = admissions + (chronic > 0) + (outpatient > 0)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    person = np.repeat(np.arange(values.size), counts)
    place = np.arange(offsets[-1]) - offsets[person]
    is_inpatient = place < admissions[person]
    is_chronic = (place == admissions[person]) & (chronic[person] > 0)
    service = np.where(is_inpatient, _INPATIENT, np.where(is_chronic, _CHRONIC, _OUTPATIENT))
    parts = np.where(is_chronic, chronic[person], outpatient[person])
    in_scope = np.where(is_inpatient, _even(inpatient[person], place, admissions[person]), parts)
    tier, area = (
        _codes(patterns, name, labels)[pattern][person] for name, labels in (("tier", TIERS), ("area", AREAS))
    )
    share = _in_scope_shares(basic, patterns)[service, tier, area]
    return Bills(
        offsets,
        service.astype("int8"),
        tier.astype("int8"),
        area.astype("int8"),
        np.where(is_inpatient, place + 1, 0).astype("int16"),
        _half_up(in_scope / share),
        in_scope,
    )


def joined(groups: Sequence[Bills]) -> Bills:
    """Bills of several groups of persons, one group after the other."""
    starts = np.cumsum([0, *(group.amount.size for group in groups)])
    offsets = [group.offsets[1:] + start for group, start in zip(groups, starts[:-1], strict=True)]
    rest = (np.concatenate([getattr(group, name) for group in groups]) for name in Bills._fields[1:])
    return Bills(np.concatenate([[0], *offsets]), *rest)


def _drawn(cost: np.ndarray, patterns: Sequence[CarePattern], rng: np.random.Generator) -> np.ndarray:
    """Number of the pattern of each person: bands are stacked, each one unit high, and a draw falls into its band."""
    lowers = sorted({pattern.lower for pattern in patterns})
    bands = [[number for number, pattern in enumerate(patterns) if pattern.lower == lower] for lower in lowers]
    heights = [place + np.cumsum([patterns[number].share for number in band]) for place, band in enumerate(bands)]
    lasts = np.cumsum([len(band) for band in bands]) - 1
    band = np.searchsorted(lowers, cost, side="right") - 1
    stacked = np.searchsorted(np.concatenate(heights), band + rng.random(cost.size), side="right")
    # A sum of shares may miss 1 by rounding: nobody is drawn into the next band.
    within = np.minimum(stacked, lasts[band])
    return np.concatenate(bands)[within]


def _in_scope_shares(basic: Basic, patterns: Sequence[CarePattern]) -> np.ndarray:
    """(service, tier, area), 1; of the cases that the patterns meet."""
    met = {(pattern.tier, pattern.area) for pattern in patterns}
    shares = np.ones(len(CASES))
    for number, case in enumerate(CASES):
        if case[1:] not in met:
            continue
        share = basic.care[case].in_scope_share
        if not share:
            raise AssumptionError(
                f"in_scope_share: none for service, tier and area {case}; bills cannot be drawn: add one"
            )
        shares[number] = share
    return shares.reshape(len(SERVICES), len(TIERS), len(AREAS))


def _even(total: np.ndarray, place: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Part number ``place`` of a total cut into equal parts whose fen add up to it."""
    parts = np.maximum(parts, 1)
    return total * (place + 1) // parts - total * place // parts


def _column(patterns: Sequence[CarePattern], name: str) -> np.ndarray:
    return np.array([getattr(pattern, name) for pattern in patterns])


def _codes(patterns: Sequence[CarePattern], name: str, labels: Sequence[str]) -> np.ndarray:
    return np.array([labels.index(getattr(pattern, name)) for pattern in patterns])


def _half_up(values: np.ndarray) -> np.ndarray:
    return np.floor(values + 0.5).astype("int64")
