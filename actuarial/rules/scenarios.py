"""Scenarios that rest on other tables: the official population that one of them scales to."""

from collections.abc import Mapping

import pandas as pd

from actuarial.city import City
from actuarial.faults import Fault, refuse
from actuarial.rules.amounts import runs
from actuarial.rules.records import records
from actuarial.rules.years import is_official_total


def scenario_faults(city: City, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> list[Fault]:
    """Years of ``official_population`` without the total of the city or of every region."""
    scenarios, population = frames.get("scenarios"), frames.get("population")
    if scenarios is None or population is None:
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
