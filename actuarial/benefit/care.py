"""Where and how people are treated, by what their care costs in a year: the link from yearly cost to single bills."""

from dataclasses import dataclass

import pandas as pd

from actuarial.errors import AssumptionError

# Shares written with decimals add up to 1 but for binary rounding.
_SUM = 1e-9


@dataclass(frozen=True, slots=True)
class CarePattern:
    """One way in which persons of a cost band are treated.

    Attributes
    ----------
    lower : yuan of yearly in-scope cost from which on the band begins; it ends where the next one begins
    tier, area : of all bills of the year
    admissions : of the year; the inpatient cost is split evenly over them
    inpatient_share, chronic_share : of the cost; the rest is outpatient
    share : of the persons of the band, 1
    """

    lower: float
    tier: str
    area: str
    admissions: int
    inpatient_share: float
    chronic_share: float
    share: float


def care_patterns(
    frame: pd.DataFrame, city: str, region: str, scheme: str, age: str, year: int
) -> tuple[CarePattern, ...]:
    """Patterns of care of one scheme and age, by cost band: the region's own, else the city's, of the latest year.

    Parameters
    ----------
    frame : the ``care`` table: columns region, year, scheme, age, lower, tier, area, admissions, inpatient_share,
        chronic_share and value
    city : code whose rows hold for every region without a row of its own

    Raises
    ------
    AssumptionError
        If there is none up to the year; if the first band does not begin at 0, the shares of a band do not sum to 1,
        inpatient cost has no admission or an admission no cost.
    """
    own = frame[(frame["scheme"] == scheme) & (frame["age"].astype(str) == age) & (frame["year"] <= year)]
    for place in dict.fromkeys((region, city)):
        rows = own[own["region"].astype(str) == place]
        if len(rows):
            break
    else:
        raise AssumptionError(
            f"no care of scheme {scheme!r}, age {age!r} in region {region} up to {year}: add its patterns"
        )
    rows = rows[rows["year"] == rows["year"].max()].sort_values("lower", kind="stable")
    patterns = tuple(_pattern(row) for row in rows.to_dict("records"))
    _check(patterns, f"care of scheme {scheme!r}, age {age!r} in region {place}")
    return patterns


def _pattern(row: dict) -> CarePattern:
    return CarePattern(
        float(row["lower"]),
        str(row["tier"]),
        str(row["area"]),
        int(row["admissions"]),
        float(row["inpatient_share"]),
        float(row["chronic_share"]),
        float(row["value"]),
    )


def _check(patterns: tuple[CarePattern, ...], what: str) -> None:
    if patterns[0].lower != 0:
        raise AssumptionError(f"{what}: the first band begins at {patterns[0].lower:g} yuan, not at 0")
    for lower in dict.fromkeys(pattern.lower for pattern in patterns):
        total = sum(pattern.share for pattern in patterns if pattern.lower == lower)
        if abs(total - 1) > _SUM:
            raise AssumptionError(f"{what}: shares from {lower:g} yuan on sum to {total:.9g}, not to 1")
    for pattern in patterns:
        if (pattern.admissions > 0) != (pattern.inpatient_share > 0):
            raise AssumptionError(
                f"{what}, from {pattern.lower:g} yuan on: {pattern.admissions} admissions with an inpatient_share of "
                f"{pattern.inpatient_share:g}; give both or neither"
            )
