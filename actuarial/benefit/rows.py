"""Which rows of the benefits table hold for one kind of member: the most specific ones, as last decided.

A row is a candidate if each of its columns names what is asked for or everything. Rows that agree in every column but
year, admission and segment are one schedule, and a schedule is replaced as a whole by the rows of a later year. Of the
schedules in force the one holds that is at least as specific as every other in every column. Where no schedule is, two
of them claim the same case and the table is refused: the order of columns decides nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from actuarial.errors import AssumptionError

_KEY = ("region", "scheme", "group", "service", "tier", "area")
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
    year: int

    def __str__(self) -> str:
        """The member in the words of a message."""
        kind = f"status {self.status!r}, category {self.category!r}"
        return f"scheme {self.scheme!r}, {kind}, in region {self.region} in {self.year}"


@dataclass(frozen=True, slots=True)
class MemberRows:
    """The rows that may hold for one kind of member, by layer and parameter, of every year up to the last.

    Attributes
    ----------
    rows : by (layer, parameter)
    """

    member: Member
    rows: Mapping[tuple[str, str], Sequence[Row]]

    def schedule(self, layer: str, parameter: str, service: str, tier: str, area: str) -> tuple[Row, ...]:
        """The rows in force for a case, by admission and segment; none where the table rules nothing.

        Raises
        ------
        AssumptionError
            If two schedules claim the case.
        """
        case = (service, tier, area)
        in_force: dict[tuple[str, ...], list[Row]] = {}
        for row in self.rows.get((layer, parameter), ()):
            if row.from_year <= self.member.year and _covers(row.key[3:], case):
                in_force.setdefault(row.key, []).append(row)
        if not in_force:
            return ()
        key = self._most_specific(in_force, f"{parameter} of layer {layer!r}")
        last = max(row.from_year for row in in_force[key])
        rows = (row for row in in_force[key] if row.from_year == last)
        return tuple(sorted(rows, key=lambda row: (row.admission, row.lower)))

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
        case = (service, tier, area)
        later = [row.from_year for row in self.rows.get((layer, parameter), ()) if _covers(row.key[3:], case)]
        first = f"the first starts in {min(later)}" if later else "the benefits table has no such row"
        place = f"service {service!r}, tier {tier!r}, area {area!r}"
        raise AssumptionError(f"no {parameter} of layer {layer!r} for {place}, {self.member}; {first}: add one")

    def _most_specific(self, keys: Mapping[tuple[str, ...], Sequence[Row]], what: str) -> tuple[str, ...]:
        levels = {key: self._levels(key) for key in keys}
        for key, own in levels.items():
            others = [level for other, level in levels.items() if other != key]
            if all(level != own and all(a >= b for a, b in zip(own, level, strict=True)) for level in others):
                return key
        lines = " and ".join(sorted(keys[key][0].line for key in keys))
        raise AssumptionError(
            f"{what}: {lines} claim the same case for {self.member}, and none is the most specific in every column: "
            "name the case in full in one of them, or leave one out"
        )

    def _levels(self, key: tuple[str, ...]) -> tuple[int, ...]:
        group = {_EVERYTHING: 0, ASSISTED: 1}.get(key[2], 2)
        named = [int(label != _EVERYTHING) for label in key]
        return (int(key[0] == self.member.region), named[1], group, *named[3:])


def member_rows(frame: pd.DataFrame, member: Member) -> MemberRows:
    """The rows of the benefits table that may hold for one kind of member.

    Parameters
    ----------
    frame : columns region, scheme, layer, group, service, tier, area, parameter, admission, lower, upper, from_year and
        value; an admission that is missing is every one, a lower end 0, an upper end none.
    """
    groups = {_EVERYTHING, member.status, member.category}
    if member.category != NOT_ASSISTED:
        groups.add(ASSISTED)
    own = frame[
        frame["region"].astype(str).isin([member.region, member.city])
        & frame["scheme"].isin([member.scheme, _EVERYTHING])
        & frame["group"].isin(sorted(groups))
    ]
    own = own.fillna({"admission": 1, "lower": 0.0, "upper": float("inf")})
    rows: dict[tuple[str, str], list[Row]] = {}
    for position, cells in enumerate(own.to_dict("records")):
        rows.setdefault((str(cells["layer"]), str(cells["parameter"])), []).append(_row(position, cells))
    return MemberRows(member, rows)


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


def _row(position: int, cells: Mapping) -> Row:
    line = f"row {cells['row']}" if "row" in cells else f"row {position + 1} of the member's"
    return Row(
        tuple(str(cells[name]) for name in _KEY),
        int(cells["admission"]),
        float(cells["lower"]),
        float(cells["upper"]),
        int(cells["from_year"]),
        float(cells["value"]),
        line,
    )


def _covers(labels: Iterable[str], case: Iterable[str]) -> bool:
    return all(label in (wanted, _EVERYTHING) for label, wanted in zip(labels, case, strict=True))
