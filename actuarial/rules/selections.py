"""Selected assumptions: forecast years alone, one value for each of them, of a series that a trend carries forward."""

from collections.abc import Mapping

import pandas as pd

from actuarial.cells import date_defect
from actuarial.city import City
from actuarial.faults import Fault, refuse
from actuarial.rules.amounts import plain, runs
from actuarial.rules.records import records
from actuarial.schema import POLICY_SERIES

# Own choice: what halves or doubles in a year, and does so by assumption, is in another unit.
_LOWEST, _HIGHEST = -0.5, 1


def selection_faults(city: City, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> list[Fault]:
    """Selections of closed years, of years selected twice, without a date, without an effect, or out of size."""
    frame = frames.get("selections")
    if frame is None:
        return []
    rows, file = frame[~frame["is_bad"]], files["selections"]
    return _row_faults(rows, city, file) + _overlap_faults(rows, file)


def _row_faults(rows: pd.DataFrame, city: City, file: str) -> list[Fault]:
    faults = []
    for row in records(rows):
        if row.series in POLICY_SERIES:
            faults.append(refuse("selection_by_policy", file, row.row, "series", row.series))
        if row.from_year <= city.last_year:
            years = {"years": runs(range(row.from_year, row.to_year + 1)), "series": row.series}
            ends = {"last": city.last_year, "first": city.first_forecast_year}
            faults.append(refuse("selection_closed", file, row.row, "from_year", row.from_year, **years, **ends))
        if not _LOWEST <= row.value <= _HIGHEST:
            limits = {"name": row.series, "lowest": _LOWEST, "highest": _HIGHEST, "unit": row.unit}
            faults.append(refuse("value_limits", file, row.row, "value", plain(row.value), **limits))
        defect = date_defect(row.decided)
        if defect is not None:
            faults.append(refuse(defect.rule, file, row.row, "decided", row.decided, **defect.values))
    return faults


def _overlap_faults(rows: pd.DataFrame, file: str) -> list[Fault]:
    """Years of a region and series that an earlier row has selected already."""
    faults = []
    for (region, series), own in rows.groupby(["region", "series"]):
        ordered = list(records(own.sort_values(["from_year", "row"])))
        for place, row in enumerate(ordered):
            before = [other for other in ordered[:place] if other.to_year >= row.from_year]
            if before:
                last = min(row.to_year, max(other.to_year for other in before))
                values = {"region": region, "series": series, "years": runs(range(row.from_year, last + 1))}
                shown = f"{row.from_year}-{row.to_year}"
                faults.append(
                    refuse("selection_overlap", file, row.row, "from_year", shown, other=before[0].row, **values)
                )
    return faults
