"""Scenarios and ranges of sensitivity: whose quantity, no year changed twice, both ends, official totals."""

from collections.abc import Mapping

import pandas as pd

from actuarial.city import City
from actuarial.faults import Fault, refuse
from actuarial.rules.amounts import plain, runs
from actuarial.rules.records import records
from actuarial.rules.years import is_official_total
from actuarial.schema import BOUNDS, SCENARIO_SCHEMES

# Words that the name of a scenario may not hold: they join scenarios, or stand for none.
_JOINS, _NONE = "+", "baseline"


def scenario_faults(city: City, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> list[Fault]:
    """Names, schemes, years changed twice, ends of a range, and years of ``official_population`` without a total."""
    faults = []
    scenarios, ranges = frames.get("scenarios"), frames.get("sensitivities")
    if scenarios is not None:
        rows, file = scenarios[~scenarios["is_bad"]], files["scenarios"]
        faults += _name_faults(rows, file) + _scheme_faults(rows, file) + _overlap_faults(rows, file)
        faults += _official_faults(city, frames, files)
    if ranges is not None:
        rows, file = ranges[~ranges["is_bad"]], files["sensitivities"]
        spoiled = rows["sensitivity"].isin(ranges.loc[ranges["is_bad"], "sensitivity"])
        faults += _scheme_faults(rows, file) + _range_faults(rows[~spoiled], file)
    return faults


def _name_faults(rows: pd.DataFrame, file: str) -> list[Fault]:
    """Names that the command line would read as something else, once for each."""
    wrong = rows[rows["scenario"].str.contains(_JOINS, regex=False) | (rows["scenario"] == _NONE)]
    return [
        refuse("scenario_name", file, row.row, "scenario", row.scenario, joins=_JOINS, none=_NONE)
        for row in records(wrong.drop_duplicates("scenario"))
    ]


def _scheme_faults(rows: pd.DataFrame, file: str) -> list[Fault]:
    """Quantities of a scheme that does not have them."""
    faults = []
    for row in records(rows):
        owners = (*SCENARIO_SCHEMES[row.quantity], "all")
        if row.scheme not in owners:
            known = ", ".join(owners)
            faults.append(
                refuse("scenario_scheme", file, row.row, "scheme", row.scheme, quantity=row.quantity, known=known)
            )
    return faults


def _range_faults(rows: pd.DataFrame, file: str) -> list[Fault]:
    """Ranges without two ends of one change, or whose low end is not below the high one."""
    same = ["name_zh", "name_en", "scheme", "quantity", "operation", "from_year", "to_year"]
    faults = []
    for name, own in rows.groupby("sensitivity", sort=False):
        ends = {row.bound: row for row in records(own)}
        first = next(iter(ends.values()))
        if len(own[same].drop_duplicates()) > 1 or set(ends) != set(BOUNDS):
            faults.append(refuse("sensitivity_ends", file, first.row, "bound", first.bound, sensitivity=name))
        elif ends["low"].value >= ends["high"].value:
            high, low = plain(ends["high"].value), plain(ends["low"].value)
            faults.append(refuse("sensitivity_order", file, ends["low"].row, "value", low, sensitivity=name, high=high))
    return faults


def _overlap_faults(rows: pd.DataFrame, file: str) -> list[Fault]:
    """Years that an earlier row changes already, in the same scenario, scheme, quantity and operation."""
    faults = []
    for _, own in rows.groupby(["scenario", "scheme", "quantity", "operation"]):
        ordered = list(records(own.sort_values(["from_year", "row"])))
        for place, row in enumerate(ordered):
            before = [other for other in ordered[:place] if other.to_year >= row.from_year]
            if before:
                last = min(row.to_year, max(other.to_year for other in before))
                years = runs(range(row.from_year, last + 1))
                values = {"scenario": row.scenario, "scheme": row.scheme, "quantity": row.quantity, "years": years}
                shown = f"{row.from_year}-{row.to_year}"
                faults.append(
                    refuse("scenario_overlap", file, row.row, "from_year", shown, other=before[0].row, **values)
                )
    return faults


def _official_faults(city: City, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> list[Fault]:
    scenarios, population = frames["scenarios"], frames.get("population")
    if population is None:
        return []
    totals = population[is_official_total(population, city)]
    known = set(totals[["region", "year"]].itertuples(index=False, name=None))
    faults = []
    for row in records(scenarios[scenarios["quantity"] == "official_population"]):
        missing = [year for year in range(row.from_year, row.to_year + 1) if not _is_total(city, known, year)]
        if missing:
            file = files["scenarios"]
            faults.append(
                refuse(
                    "official_total_missing",
                    file,
                    row.row,
                    "quantity",
                    row.quantity,
                    scenario=row.scenario,
                    years=runs(missing),
                )
            )
    return faults


def _is_total(city: City, known: set[tuple[str, int]], year: int) -> bool:
    return (city.code, year) in known or all((region, year) in known for region in city.region_codes)
