"""Dated policy values: each holds from a year until the next one is decided."""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from actuarial.errors import AssumptionError


@dataclass(frozen=True, slots=True)
class Dated:
    """A policy value that holds from a year until the next one is decided."""

    value: float
    from_year: int
    source: str


@dataclass(frozen=True, slots=True)
class Policy:
    """Every dated value of a city, by (region, scheme, parameter, detail)."""

    city: str
    values: dict[tuple[str, str, str, str], tuple[Dated, ...]]

    def dated(self, parameter: str, scheme: str, region: str, year: int, detail: str = "") -> Dated:
        """The value in force in a year: the region's own, else the city's; the scheme's own, else that of all.

        Raises
        ------
        AssumptionError
            If no value is in force; the message says when the first one starts.
        """
        found = self.stated(parameter, scheme, region, year, detail)
        if found is not None:
            return found
        keys = self._keys(parameter, scheme, region, detail)
        starts = [dated.from_year for key in keys for dated in self.values.get(key, ())]
        what = f"{parameter} of {detail}" if detail else parameter
        first = f"the first starts in {min(starts)}" if starts else "the policy table has no such row"
        raise AssumptionError(f"no {what} in force for scheme {scheme!r} in region {region} in {year}; {first}")

    def stated(self, parameter: str, scheme: str, region: str, year: int, detail: str = "") -> Dated | None:
        """As :meth:`dated`, or None where the table says nothing: for what a city may leave out."""
        for key in self._keys(parameter, scheme, region, detail):
            in_force = [dated for dated in self.values.get(key, ()) if dated.from_year <= year]
            if in_force:
                return in_force[-1]
        return None

    def is_stated(self, parameter: str, scheme: str) -> bool:
        """Whether any region or the city states a value for a scheme or for all, whatever the year and detail."""
        return any(key[2] == parameter and key[1] in (scheme, "all") for key in self.values)

    def details(self, parameter: str) -> tuple[str, ...]:
        """The details that a parameter is stated by, in the order of the table, whatever the scheme and region."""
        return tuple(dict.fromkeys(key[3] for key in self.values if key[2] == parameter and key[3]))

    def value(self, parameter: str, scheme: str, region: str, year: int, detail: str = "") -> float:
        """The number in force in a year; see :meth:`dated`."""
        return self.dated(parameter, scheme, region, year, detail).value

    def holds(self, parameter: str, scheme: str) -> bool:
        """Whether the city has a value of its own for a scheme, whatever the year; not every value is needed."""
        return any((self.city, whose, parameter, "") in self.values for whose in (scheme, "all"))

    def has_detail(self, parameter: str, scheme: str) -> bool:
        """Whether any value of a parameter that is stated by detail is there."""
        return any(key[1:3] == (scheme, parameter) and key[3] for key in self.values)

    def _keys(self, parameter: str, scheme: str, region: str, detail: str) -> Iterable[tuple[str, str, str, str]]:
        for place in dict.fromkeys((region, self.city)):
            for whose in dict.fromkeys((scheme, "all")):
                yield place, whose, parameter, detail


def read_policy(city: str, frame: pd.DataFrame) -> Policy:
    """The policy table as dated values.

    Parameters
    ----------
    city : code whose rows hold for every region without a row of its own
    frame : columns region, scheme, parameter, detail, from_year, value, source
    """
    values: dict[tuple[str, str, str, str], list[Dated]] = {}
    for row in frame.fillna({"detail": ""}).sort_values("from_year", kind="stable").to_dict("records"):
        key = (str(row["region"]), str(row["scheme"]), str(row["parameter"]), str(row["detail"]))
        values.setdefault(key, []).append(Dated(float(row["value"]), int(row["from_year"]), str(row["source"])))
    return Policy(city, {key: tuple(series) for key, series in values.items()})
