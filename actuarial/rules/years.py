"""Years: no gap in a series, every year that the model needs, none that is not closed yet.

History years of a region and scheme are the years of its ledger. Needed are

- population by single age from the year before the first history year to the last year,
- enrolment of every history year; by sex and age group, with claims, for the last year,
- the contribution base of every history year of the employee scheme.
"""

from collections.abc import Mapping

import pandas as pd

from actuarial.city import City
from actuarial.faults import Fault, refuse, warn
from actuarial.rules.ages import single_age_faults
from actuarial.rules.amounts import runs
from actuarial.schema import FUNDS, SEXES, STATUSES

_CLOSED = ("population", "enrolment", "ledger", "claims")


def year_faults(city: City, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> list[Fault]:
    """Gaps, missing years and years that are not closed."""
    faults = []
    for name in _CLOSED:
        if name in frames:
            frame = frames[name]
            if name == "population":
                frame = frame[~is_official_total(frame, city)]
            faults += _open_year_faults(frame, city, files[name])
            faults += _gap_faults(frame, name, city, files[name])
    ledger = frames.get("ledger")
    if ledger is None:
        return faults
    ledger = ledger[ledger["year"] < city.first_forecast_year]
    faults += _fund_faults(ledger, city, files["ledger"])
    history = ledger[["region", "year", "scheme"]].drop_duplicates()
    history = history[history["region"].isin(city.region_codes)]
    if "population" in frames:
        first = history.groupby("region")["year"].min()
        years = {str(region): range(int(year) - 1, city.first_forecast_year) for region, year in first.items()}
        faults += single_age_faults(frames["population"], city, years, files["population"])
    faults += _enrolment_faults(history, city, frames, files)
    return faults + _base_faults(history, city, frames, files)


def is_official_total(population: pd.DataFrame, city: City) -> pd.Series:
    """Rows of the population table that give the official total of a forecast year."""
    is_all = (population["sex"] == "total") & (population["age"] == "all")
    return is_all & (population["year"] >= city.first_forecast_year)


def _open_year_faults(frame: pd.DataFrame, city: City, file: str) -> list[Fault]:
    later = frame[frame["year"] >= city.first_forecast_year]
    return [
        warn("year_not_closed", file, part["row"].iloc[0], "year", year, last=city.last_year, count=len(part))
        for year, part in later.groupby("year")
    ]


def _gap_faults(frame: pd.DataFrame, name: str, city: City, file: str) -> list[Fault]:
    group = {"population": ["region"], "ledger": ["region", "scheme", "fund"]}.get(name, ["region", "scheme"])
    rows = frame[frame["region"].isin(city.region_codes)]
    firsts = rows.groupby([*group, "year"], as_index=False)["row"].min()
    before = firsts.groupby(group)["year"].shift()
    gaps = firsts[(firsts["year"] - before) > 1]
    return [
        refuse(
            "series_gap",
            file,
            row["row"],
            "year",
            row["year"],
            series=" ".join(str(row[column]) for column in group),
            years=runs(range(int(before[place]) + 1, row["year"])),
        )
        for place, row in gaps.iterrows()
    ]


def _fund_faults(ledger: pd.DataFrame, city: City, file: str) -> list[Fault]:
    """Funds without an account of the last year, and accounts of the last year without a closing balance."""
    last = ledger[ledger["year"] == city.last_year]
    closing = last[last["line"] == "closing_balance"]
    given = set(closing[["region", "scheme", "fund"]].itertuples(index=False, name=None))
    return [
        refuse(
            "closing_needed",
            file,
            value="closing_balance",
            region=region,
            scheme=scheme,
            fund=fund,
            year=city.last_year,
        )
        for region in city.region_codes
        for scheme, fund in FUNDS.values()
        if (region, scheme, fund) not in given
    ]


def _enrolment_faults(
    history: pd.DataFrame, city: City, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]
) -> list[Fault]:
    faults = []
    insured = [key for key in history.itertuples(index=False, name=None) if key[2] in STATUSES]
    if "enrolment" in frames:
        rows = frames["enrolment"]
        totals = rows[(rows["sex"] == "total") & (rows["age"] == "all")]
        given = set(totals[["region", "year", "scheme"]].itertuples(index=False, name=None))
        faults += [
            refuse("enrolment_needed", files["enrolment"], region=region, year=year, scheme=scheme)
            for region, year, scheme in insured
            if (region, year, scheme) not in given
        ]
    for name in ("enrolment", "claims"):
        if name in frames:
            rows = frames[name]
            cells = rows[rows["sex"].isin(SEXES) & (rows["age"] != "all") & (rows["year"] == city.last_year)]
            given = cells.groupby(["region", "scheme"])["sex"].nunique()
            faults += [
                refuse("age_groups_needed", files[name], region=region, scheme=scheme, year=city.last_year)
                for region in city.region_codes
                for scheme in STATUSES
                if given.get((region, scheme), 0) < len(SEXES)
            ]
    return faults


def _base_faults(
    history: pd.DataFrame, city: City, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]
) -> list[Fault]:
    economy = frames.get("economy")
    if economy is None:
        return []
    base = economy[economy["indicator"] == "contribution_base"]
    given = set(base[["region", "year"]].itertuples(index=False, name=None))
    return [
        refuse("base_needed", files["economy"], column="indicator", value="contribution_base", region=region, year=year)
        for region, year, scheme in history.itertuples(index=False, name=None)
        if scheme == "employee" and not {(region, year), (city.code, year)} & given
    ]
