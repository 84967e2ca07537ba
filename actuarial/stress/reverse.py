"""Reverse stress: the smallest multiple of a change at which a fund is exhausted, or an exhausted one no longer is."""

from collections.abc import Callable

import numpy as np

# Own choice: six places, closest where shocks are mild, find the first crossing; on balances as smooth as these three
# rounds of the secant then place it to a hundredth.
PLACES, ROUNDS = 6, 3


def smallest_multiple(
    lowest_at: Callable[[np.ndarray, np.ndarray], np.ndarray], limits: np.ndarray, funds: int
) -> np.ndarray:
    """The smallest multiple of each change at which the lowest balance of each fund passes zero, from either side.

    A fund that is below zero without any change is relieved from there on; one that stays on its side of zero up to the
    limit has NaN. A crossing and return between two neighbouring places of the search is not seen.

    Parameters
    ----------
    lowest_at : (change number, multiple), both (case,) -> (case, fund), lowest balance of the years
    limits : (change,), largest multiple looked at; positive
    funds : how many there are

    Returns
    -------
    (change, fund), 1

    Source
    ------
    Reverse stress testing: EIOPA and Basel Committee (2018), Stress testing principles, principle 9. Root: Illinois
    variant of the false position, Dowell & Jarratt (1971), BIT 11(2).
    """
    steps = (np.arange(PLACES + 1) / PLACES) ** 2
    changes = np.repeat(np.arange(len(limits)), PLACES + 1)
    places = (limits[:, None] * steps).ravel()
    lowest = lowest_at(changes, places).reshape(len(limits), PLACES + 1, funds)
    is_below = lowest < 0
    has_passed = is_below != is_below[:, :1]
    found = np.full((len(limits), funds), np.nan)
    change, fund = np.nonzero(has_passed.any(1))
    if not len(change):
        return found
    after = has_passed[change, :, fund].argmax(-1)
    side = np.where(is_below[change, 0, fund], -1.0, 1.0)
    bracket = [limits[change] * steps[after - 1], limits[change] * steps[after]]
    ends = [side * lowest[change, place, fund] for place in (after - 1, after)]
    found[change, fund] = _illinois(lambda at: side * lowest_at(change, at)[np.arange(len(at)), fund], bracket, ends)
    return found


def _illinois(
    value_at: Callable[[np.ndarray], np.ndarray], bracket: list[np.ndarray], ends: list[np.ndarray]
) -> np.ndarray:
    """Where the values of each bracket, positive at its low end and negative at its high one, are zero."""
    (low, high), (above, below) = bracket, ends
    kept = np.zeros(len(low), dtype=int)
    for _ in range(ROUNDS):
        at = low + (high - low) * above / (above - below)
        value = value_at(at).astype(float)
        is_below = value < 0
        # The end that stays twice counts half, so that both ends move.
        above = np.where(is_below & (kept == 1), above / 2, above)
        below = np.where(~is_below & (kept == -1), below / 2, below)
        kept = np.where(is_below, 1, -1)
        low, above = np.where(is_below, low, at), np.where(is_below, above, value)
        high, below = np.where(is_below, at, high), np.where(is_below, value, below)
    return low + (high - low) * above / (above - below)
