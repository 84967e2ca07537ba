"""Benefit rules: what a row may say, whole segments in every schedule, rates that do not fall, caps above deductibles.

Rows that agree in all but admission, segment and year are one schedule; it holds until the next year it is given for.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from actuarial.cells import age_bounds, age_parts, holds_age
from actuarial.city import City
from actuarial.faults import Fault, refuse
from actuarial.rules.amounts import plain
from actuarial.rules.benefit_cases import ALL, CASE, STATUS_SCHEME, case_text, meeting
from actuarial.rules.records import records
from actuarial.schema import BENEFIT_LAYERS, SEXES, STATUSES

_SCHEDULE = ["layer", "parameter", *CASE]
_OPEN = 9999
# Amounts of the year, whatever hospitals it was spent at.
_OF_THE_YEAR = ("cap", "is_uncapped", "full_cover")


def benefit_faults(city: City, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> list[Fault]:
    """Faults inside the table of benefit rules; who is without a rule is asked elsewhere."""
    if "benefits" not in frames:
        return []
    rows, file = frames["benefits"], files["benefits"]
    rows = rows.assign(start=rows["lower"].fillna(0.0), end=rows["upper"].fillna(np.inf))
    rows = rows.assign(first=rows["admission"].fillna(1.0))
    wrong = rows["is_bad"] | (rows["end"] <= rows["start"])
    one = [rows[name] for name in (*_SCHEDULE, "first", "from_year")]
    whole = rows[~wrong.groupby(one).transform("any")]
    faults = _row_faults(rows[~wrong], file) + _segment_faults(whole, file)
    if "enrolment" in frames:
        faults += _age_faults(city, rows, frames["enrolment"], file)
    return faults + _source_faults(whole, file) + _cap_faults(city, rows[~wrong], file)


def _row_faults(rows: pd.DataFrame, file: str) -> list[Fault]:
    """Parameters of another layer, cells that a parameter does not have, and statuses of another scheme."""
    faults = []
    for row in records(rows):
        layers = BENEFIT_LAYERS[row.parameter]
        if row.layer not in layers:
            known = ", ".join(layers)
            faults.append(
                refuse("parameter_of_other_layer", file, row.row, "layer", row.layer, name=row.parameter, known=known)
            )
        faults += [
            refuse("benefit_cell_unexpected", file, row.row, column, cell, name=row.parameter)
            for column, cell in _unexpected(row)
        ]
        if row.first != round(row.first) or row.first < 1:
            faults.append(refuse("count_not_whole", file, row.row, "admission", plain(row.admission), lowest=1))
        if row.scheme != "all" and STATUS_SCHEME.get(row.group, row.scheme) != row.scheme:
            known = ", ".join(STATUSES[row.scheme])
            faults.append(
                refuse("status_of_other_scheme", file, row.row, "group", row.group, scheme=row.scheme, known=known)
            )
    return faults


def _unexpected(row: Any) -> Iterator[tuple[str, str]]:
    """Columns that are filled though the parameter does not have them, with what stands in them."""
    is_bill = row.layer == "basic" and row.parameter not in _OF_THE_YEAR
    has = {
        "admission": row.layer == "basic" and row.parameter == "deductible" and row.service == "inpatient",
        "lower": row.parameter == "reimbursement_rate",
        "upper": row.parameter == "reimbursement_rate",
    }
    for column, fits in has.items():
        if not fits and not np.isnan(getattr(row, column)):
            yield column, plain(getattr(row, column))
    for column in ("tier", "area"):
        if not is_bill and getattr(row, column) != ALL:
            yield column, getattr(row, column)


def _age_faults(city: City, rows: pd.DataFrame, enrolment: pd.DataFrame, file: str) -> list[Fault]:
    """Ages cut within a group of the enrolment of the last year: nobody knows how many members are on either side."""
    own = enrolment[enrolment["region"].isin(city.region_codes) & (enrolment["year"] == city.last_year)]
    groups = own[own["age_lower"].notna() & own["sex"].isin(SEXES)].sort_values("age_lower")["age"].unique().tolist()
    known = [age_bounds(group)[0] for group in groups]
    faults = []
    for row in records(rows[rows["age"] != ALL]) if groups else ():
        inside = [age_bounds(part)[0] for part in age_parts([row.age]) if age_bounds(part)[0] not in known]
        if inside:
            around = next((group for group in groups if holds_age(group, inside[0])), groups[-1])
            values = {"cut": inside[0], "group": around, "known": ", ".join(map(str, known))}
            faults.append(refuse("benefit_age_inside", file, row.row, "age", row.age, **values))
    return faults


def _segment_faults(rows: pd.DataFrame, file: str) -> list[Fault]:
    """Segments that leave something out, count it twice, or are open in the wrong place; rates that fall."""
    rows = rows[rows["parameter"] == "reimbursement_rate"]
    group = [*_SCHEDULE, "from_year"]
    rows = rows.sort_values([*group, "start", "end"], kind="stable")
    keys = [rows[name] for name in group]
    rows = rows.assign(
        before=rows["end"].groupby(keys).shift(fill_value=0.0),
        above=rows["start"].groupby(keys).shift(-1),
        rate_before=rows["value"].groupby(keys).shift(),
        is_last=~rows.duplicated(group, keep="last"),
    )
    faults = []
    for row in records(rows):
        shown = f"{plain(row.start)}+" if np.isinf(row.end) else f"{plain(row.start)}-{plain(row.end)}"
        if row.start > row.before:
            values = {"first": plain(row.before), "last": plain(row.start)}
            faults.append(refuse("segment_gap", file, row.row, "lower", shown, **values))
        if row.start < row.before and np.isfinite(row.before):
            faults.append(refuse("segment_overlap", file, row.row, "lower", shown, before=plain(row.before)))
        if np.isinf(row.end) and not row.is_last:
            faults.append(refuse("segment_open_below", file, row.row, "upper", shown, other=plain(row.above)))
        if np.isfinite(row.end) and row.is_last:
            faults.append(refuse("segment_not_open", file, row.row, "upper", shown))
        if row.layer == "critical" and row.value < row.rate_before:
            values = {"segment": shown, "before": plain(row.rate_before)}
            faults.append(refuse("rate_falls", file, row.row, "value", plain(row.value), **values))
    return faults


def _source_faults(rows: pd.DataFrame, file: str) -> list[Fault]:
    """Segments of one schedule and date that come from two sources: one of them was replaced, or was never in force."""
    one = [*_SCHEDULE, "first", "from_year"]
    firsts = rows.groupby([rows[name] for name in one])[["row", "source"]].transform("first")
    other = rows.assign(other=firsts["row"], said=firsts["source"])
    return [
        refuse("two_sources", file, row.row, "source", row.source, other=row.other, said=row.said, year=row.from_year)
        for row in records(other[rows["source"] != firsts["source"]])
    ]


def _cap_faults(city: City, rows: pd.DataFrame, file: str) -> list[Fault]:
    """Caps below a deductible of the same layer, case and time: the layer would hardly ever pay."""
    years = rows.groupby(_SCHEDULE)["from_year"]
    ends = {key: sorted(set(values)) for key, values in years}
    spans = [_until(row, ends) for row in rows[[*_SCHEDULE, "from_year"]].itertuples(index=False)]
    rows = rows.assign(until=spans)
    faults = []
    for cap in records(rows[rows["parameter"] == "cap"]):
        others = rows[(rows["parameter"] == "deductible") & (rows["layer"] == cap.layer) & (rows["value"] > cap.value)]
        meets = [
            row
            for row in records(others[(others["from_year"] < cap.until) & (others["until"] > cap.from_year)])
            if meeting(
                tuple(getattr(cap, name) for name in CASE), tuple(getattr(row, name) for name in CASE), city.code
            )
        ]
        if meets:
            values = {
                "deductible": plain(meets[0].value),
                "other": meets[0].row,
                "case": case_text(getattr(cap, name) for name in CASE),
            }
            faults.append(refuse("cap_below_deductible", file, cap.row, "value", plain(cap.value), **values))
    return faults


def _until(row: tuple, starts: Mapping[tuple, list[int]]) -> int:
    """The year in which the schedule of a row is replaced."""
    return next((year for year in starts[tuple(row[:-1])] if year > row[-1]), _OPEN)
