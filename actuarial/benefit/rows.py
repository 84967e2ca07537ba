"""Which rows of the benefits table hold for one kind of member: the most specific ones, as last decided.

A row is a candidate if each of its columns names what is asked for or everything. Rows that agree in every column but
year, admission and segment are one schedule, and a schedule is replaced as a whole by the rows of a later year. Of the
schedules in force the one holds that is at least as specific as every other in every column. Where no schedule is, two
of them claim the same case and the table is refused: the order of columns decides nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from operator import ge

import pandas as pd

from actuarial.cells import holds_age
from actuarial.errors import AssumptionError

_KEY = ("region", "scheme", "group", "age", "service", "tier", "area")
_EVERYTHING = "all"
ASSISTED = "assisted"
NOT_ASSISTED = "none"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the benefits table; ``line`` is its place in the file, for messages."""

    key: tuple[str, ...]
    admission: int
    lower: float
    upper: float
    from_year: int
    value: float
    line: str


@dataclass(frozen=True, slots=True)
class Member:
    """The kind of member whose rules are looked for; ``city`` is the code whose rows hold for every region."""

    city: str
    region: str
    scheme: str
    status: str
    category: str
    age: int
    year: int

    def __str__(self) -> str:
        """The member in the words of a message."""
        kind = f"status {self.status!r}, category {self.category!r}, age {self.age}"
        return f"scheme {self.scheme!r}, {kind}, in region {self.region} in {self.year}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """Rows decided together, by admission and segment.

    Attributes
    ----------
    key : region, scheme, group, age, service, tier, area
    levels : by column of the key, how specific it is
    """

    key: tuple[str, ...]
    levels: tuple[int, ...]
    rows: tuple[Row, ...]

    def covers(self, service: str, tier: str, area: str) -> bool:
        """Whether the schedule may hold for a case."""
        *_, own_service, own_tier, own_area = self.key
        return (
            own_service in (service, _EVERYTHING)
            and own_tier in (tier, _EVERYTHING)
            and own_area in (area, _EVERYTHING)
        )

    def is_beaten(self, others: Sequence["Schedule"]) -> bool:
        """Whether another is at least as specific in every column and more so in one."""
        return any(other.levels != self.levels and all(map(ge, other.levels, self.levels)) for other in others)


@dataclass(frozen=True, slots=True)
class MemberRows:
    """The schedules that may hold for one kind of member, by (layer, parameter).

    Attributes
    ----------
    in_force : of each key the last one decided
    later : of each key those that start after the member's year
    """

    member: Member
    in_force: Mapping[tuple[str, str], Sequence[Schedule]]
    later: Mapping[tuple[str, str], Sequence[Schedule]]

    def schedule(self, layer: str, parameter: str, service: str, tier: str, area: str) -> tuple[Row, ...]:
        """The rows in force for a case, by admission and segment; none where the table rules nothing.

        Raises
        ------
        AssumptionError
            If two schedules claim the case.
        """
        found = [
            schedule for schedule in self.in_force.get((layer, parameter), ()) if schedule.covers(service, tier, area)
        ]
        if not found:
            return ()
        highest = tuple(map(max, zip(*(schedule.levels for schedule in found), strict=True)))
        winners = [schedule for schedule in found if schedule.levels == highest]
        if len(winners) == 1:
            return winners[0].rows
        lines = " and ".join(schedule.rows[0].line for schedule in found if not schedule.is_beaten(found))
        raise AssumptionError(
            f"{parameter} of layer {layer!r}: {lines} claim the same case for {self.member}, and none is the most "
            "specific in every column: name the case in full in one of them, or leave one out"
        )

    def overrules(self, one: tuple[Row, ...], other: tuple[Row, ...]) -> bool:
        """Whether one rule is narrower than another in some column and in none wider, or the later for one case."""
        if not one:
            return False
        first, second = (_levels(rows[0].key, self.member.region) for rows in (one, other))
        if first == second:
            return one[0].from_year > other[0].from_year
        return all(map(ge, first, second))

    def needed(self, layer: str, parameter: str, service: str, tier: str, area: str) -> tuple[Row, ...]:
        """The rows in force for a case that cannot do without.

        Raises
        ------
        AssumptionError
            If there is none; the message says when the first one starts. As schedule.
        """
        rows = self.schedule(layer, parameter, service, tier, area)
        if rows:
            return rows
        later = [
            schedule for schedule in self.later.get((layer, parameter), ()) if schedule.covers(service, tier, area)
        ]
        starts = [schedule.rows[0].from_year for schedule in later]
        first = f"the first starts in {min(starts)}" if starts else "the benefits table has no such row"
        place = f"service {service!r}, tier {tier!r}, area {area!r}"
        raise AssumptionError(f"no {parameter} of layer {layer!r} for {place}, {self.member}; {first}: add one")


def member_rows(frame: pd.DataFrame, member: Member) -> MemberRows:
    """The rows of the benefits table that may hold for one kind of member.

    Parameters
    ----------
    frame : columns region, scheme, layer, group, age, service, tier, area, parameter, admission, lower, upper,
        from_year and value; an age or admission that is missing is every one, a lower end 0, an upper end none.
    """
    groups = {_EVERYTHING, member.status, member.category}
    if member.category != NOT_ASSISTED:
        groups.add(ASSISTED)
    regions, schemes = {member.region, member.city}, {member.scheme, _EVERYTHING}
    decided: dict[tuple, list[Row]] = {}
    for layer, parameter, row in _read(frame):
        place, scheme, group, ages, *_ = row.key
        if place in regions and scheme in schemes and group in groups and holds_age(ages, member.age):
            decided.setdefault((layer, parameter, row.key, row.from_year), []).append(row)
    last: dict[tuple[str, str], dict[tuple[str, ...], Schedule]] = {}
    later: dict[tuple[str, str], list[Schedule]] = {}
    for layer, parameter, key, from_year in sorted(decided):
        rows = decided[layer, parameter, key, from_year]
        schedule = Schedule(key, _levels(key, member.region), tuple(sorted(rows, key=_place)))
        if from_year <= member.year:
            last.setdefault((layer, parameter), {})[key] = schedule
        else:
            later.setdefault((layer, parameter), []).append(schedule)
    return MemberRows(member, {name: tuple(found.values()) for name, found in last.items()}, later)


def scalar(rows: Sequence[Row], what: str) -> float:
    """The one value of a schedule that has neither admissions nor segments.

    Raises
    ------
    AssumptionError
        If there are two rows.
    """
    if len(rows) > 1:
        lines = ", ".join(row.line for row in rows)
        raise AssumptionError(f"{what}: {lines} give {len(rows)} values for one case and one year: leave one")
    return rows[0].value


def _read(frame: pd.DataFrame) -> Iterator[tuple[str, str, Row]]:
    """Layer, parameter and row, one after the other."""
    lines = frame["row"].tolist() if "row" in frame else range(1, len(frame) + 1)
    cases = frame.assign(age=frame["age"].fillna(_EVERYTHING))
    keys = zip(*(cases[name].astype(str).tolist() for name in _KEY), strict=True)
    rows = map(
        Row,
        keys,
        frame["admission"].fillna(1).astype(int).tolist(),
        frame["lower"].fillna(0.0).tolist(),
        frame["upper"].fillna(inf).tolist(),
        frame["from_year"].tolist(),
        frame["value"].astype(float).tolist(),
        (f"row {line}" for line in lines),
    )
    return zip(frame["layer"].tolist(), frame["parameter"].tolist(), rows, strict=True)


def _levels(key: tuple[str, ...], region: str) -> tuple[int, ...]:
    place, scheme, group, *case = key
    group_level = {_EVERYTHING: 0, ASSISTED: 1}.get(group, 2)
    return (int(place == region), int(scheme != _EVERYTHING), group_level, *(int(name != _EVERYTHING) for name in case))


def _place(row: Row) -> tuple[int, float]:
    return row.admission, row.lower
