"""Patterns of care: shares of a cost band that sum to one, admissions that the inpatient cost goes to, every age."""

from collections.abc import Mapping

import pandas as pd

from actuarial.city import City
from actuarial.faults import Fault, refuse
from actuarial.rules.amounts import plain
from actuarial.rules.records import records

_GROUP = ["region", "year", "scheme", "age"]
_SHARES = ("inpatient_share", "chronic_share", "value")
# Sums of decimals as floats.
_SLACK = 1e-9


def care_faults(city: City, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> list[Fault]:
    """Faults of single patterns, of the bands that they make, and ages without a pattern."""
    if "care" not in frames:
        return []
    frame, file = frames["care"], files["care"]
    faults = _pattern_faults(frame[~frame["is_bad"]], file)
    broken = frame["is_bad"] | frame["row"].isin([fault.row for fault in faults])
    whole = frame[~broken.groupby([frame[name] for name in _GROUP]).transform("any")]
    faults += _band_faults(whole, file)
    if "claim_bands" in frames:
        faults += _age_faults(city, frame, frames["claim_bands"], file)
    return faults


def _pattern_faults(rows: pd.DataFrame, file: str) -> list[Fault]:
    """Shares above one, parts of the cost above the whole, and inpatient cost without an admission or the reverse."""
    faults = []
    for row in records(rows):
        large = [name for name in _SHARES if getattr(row, name) > 1]
        faults += [refuse("share_range", file, row.row, name, plain(getattr(row, name)), name=name) for name in large]
        parts = row.inpatient_share + row.chronic_share
        if not large and parts > 1 + _SLACK:
            values = {"inpatient": plain(row.inpatient_share), "sum": f"{parts:.6g}"}
            faults.append(refuse("care_parts", file, row.row, "chronic_share", plain(row.chronic_share), **values))
        if row.admissions != round(row.admissions):
            faults.append(refuse("count_not_whole", file, row.row, "admissions", plain(row.admissions), lowest=0))
        elif (row.admissions > 0) != (row.inpatient_share > 0):
            share = plain(row.inpatient_share)
            faults.append(refuse("care_admission", file, row.row, "admissions", plain(row.admissions), share=share))
    return faults


def _band_faults(rows: pd.DataFrame, file: str) -> list[Fault]:
    """Bands whose patterns do not sum to one, and lowest bands that do not begin at 0."""
    bands = rows.groupby([*_GROUP, "lower"], as_index=False).agg(total=("value", "sum"), row=("row", "min"))
    faults = [
        refuse("care_share_sum", file, row.row, "value", f"{row.total:.6g}", **_place(row), lower=plain(row.lower))
        for row in records(bands[(bands["total"] - 1).abs() > _SLACK])
    ]
    lowest = bands.loc[bands.groupby(_GROUP)["lower"].idxmin()]
    return faults + [
        refuse("care_start", file, row.row, "lower", plain(row.lower), **_place(row))
        for row in records(lowest[lowest["lower"] > 0])
    ]


def _place(row) -> dict[str, object]:
    return {name: getattr(row, name) for name in _GROUP}


def _age_faults(city: City, care: pd.DataFrame, bands: pd.DataFrame, file: str) -> list[Fault]:
    """Schemes and ages of the claim bands that no pattern of the region or the city is for, in time."""
    key = ["scheme", "age"]
    wanted = bands[[*key, "region", "year"]].drop_duplicates()
    starts = care.groupby([*key, "region"])["year"].min()
    late: dict[tuple[str, str], list] = {}
    for row in records(wanted[wanted["region"].isin(city.region_codes)]):
        places = ((row.scheme, row.age, region) for region in dict.fromkeys((row.region, city.code)))
        if not any(starts.get(place, row.year + 1) <= row.year for place in places):
            late.setdefault((row.scheme, row.age), []).append(row)
    return [
        refuse(
            "care_needed",
            file,
            None,
            "age",
            age,
            scheme=scheme,
            year=min(row.year for row in rows),
            regions=", ".join(dict.fromkeys(row.region for row in rows)),
        )
        for (scheme, age), rows in late.items()
    ]
