"""Scenarios: no year changed twice, and the official population that one of them scales to."""

from collections.abc import Mapping

import pandas as pd

from actuarial.city import City
from actuarial.faults import Fault, refuse
from actuarial.rules.amounts import runs
from actuarial.rules.records import records
from actuarial.rules.years import is_official_total


def scenario_faults(city: City, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> list[Fault]:
    """Years changed twice, and years of ``official_population`` without the total of the city or of every region."""
    scenarios = frames.get("scenarios")
    if scenarios is None:
        return []
    return _overlap_faults(scenarios[~scenarios["is_bad"]], files["scenarios"]) + _official_faults(city, frames, files)


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
