"""Bills in the order in which they came, put together person by person without losing that order."""

import numba
import numpy as np

from actuarial.benefit.persons import Bills
from actuarial.errors import SchemaError


def grouped(
    person: np.ndarray,
    persons: int,
    service: np.ndarray,
    tier: np.ndarray,
    area: np.ndarray,
    admission: np.ndarray,
    amount: np.ndarray,
    in_scope: np.ndarray,
) -> Bills:
    """Bills of a year by person, each person's in the order given: a counting sort, each bill is moved once.

    Parameters
    ----------
    person : (bill,), number of the person, from 0
    persons : how many there are, those without a bill included
    service, tier, area, admission, amount, in_scope : (bill,), as in Bills

    Raises
    ------
    SchemaError
        If a person's number is outside 0 to persons - 1.
    """
    if person.size and (person.min() < 0 or person.max() >= persons):
        raise SchemaError(f"person: {person.min()} to {person.max()}, outside 0 to {persons - 1}")
    columns = (service, tier, area, admission, amount, in_scope)
    moved = Bills(np.zeros(persons + 1, dtype="int64"), *(np.empty_like(column) for column in columns))
    _move(person, columns, moved)
    return moved


@numba.njit(cache=True, nogil=True)
def _move(person, columns, moved):
    service, tier, area, admission, amount, in_scope = columns
    next_place = moved.offsets
    for bill in range(person.size):
        next_place[person[bill] + 1] += 1
    for number in range(1, next_place.size):
        next_place[number] += next_place[number - 1]
    # Each start moves on to the next person's, and all are put back by one at the end.
    for bill in range(person.size):
        place = next_place[person[bill]]
        next_place[person[bill]] = place + 1
        moved.service[place] = service[bill]
        moved.tier[place] = tier[bill]
        moved.area[place] = area[bill]
        moved.admission[place] = admission[bill]
        moved.amount[place] = amount[bill]
        moved.in_scope[place] = in_scope[bill]
    for number in range(next_place.size - 1, 0, -1):
        next_place[number] = next_place[number - 1]
    next_place[0] = 0
