"""Vital rates: what the projection needs of them, and that their ages are those of the people."""

from collections.abc import Mapping

import pandas as pd

from actuarial.city import City
from actuarial.faults import Fault, refuse
from actuarial.rules.records import records
from actuarial.schema import OPEN_AGE, SEXES

_SINGLE = {*(str(age) for age in range(OPEN_AGE)), f"{OPEN_AGE}+"}
_FALL = "death_improvement"
# measure of vital rates -> sexes and ages that the projection needs for the last year
_NEEDED_RATES = {
    "death_rate": (SEXES, _SINGLE),
    _FALL: (SEXES, {"all"}),
    "net_migration": (SEXES, _SINGLE),
    "birth_rate": (("female",), {str(age) for age in range(15, 50)}),
    "sex_ratio_at_birth": (("total",), {"all"}),
}
# Past years of death rates from which the fall can be fitted: own choice, the fewest that show whether it is steady.
LEAST_HISTORY = 4
# Ages at which women bear children, as the World Population Prospects give them.
_FERTILE = (10, 54)


def vital_faults(city: City, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> list[Fault]:
    """Missing rates of the last year, incomplete years of the history, births and open ages at the wrong ages."""
    rates = frames.get("vital_rates")
    if rates is None:
        return []
    file = files["vital_rates"]
    faults = _needed_faults(rates, city, file) + _history_faults(rates, city, file)
    return faults + _fertility_faults(rates, file) + _open_age_faults(rates, file)


def _count(rows: pd.DataFrame, measure: str) -> pd.Series:
    """Cells of a measure that count, by region and year."""
    sexes, ages = _NEEDED_RATES[measure]
    cells = rows[(rows["measure"] == measure) & rows["sex"].isin(sexes) & rows["age"].isin(ages)]
    return cells.drop_duplicates(["region", "year", "sex", "age"]).groupby(["region", "year"]).size()


def _wanted(measure: str) -> int:
    sexes, ages = _NEEDED_RATES[measure]
    return len(sexes) * len(ages)


def _missing(file: str, measure: str, region: str, year: int, found: int) -> Fault:
    values = {"region": region, "year": year, "found": found, "wanted": _wanted(measure)}
    return refuse("rate_needed", file, column="measure", value=measure, **values)


def _needed_faults(rates: pd.DataFrame, city: City, file: str) -> list[Fault]:
    past = _count(rates[rates["year"] < city.last_year], "death_rate")
    whole = past[past == _wanted("death_rate")].groupby("region").size()
    faults = []
    for measure in _NEEDED_RATES:
        count = _count(rates[rates["year"] == city.last_year], measure).droplevel("year")
        for region in city.region_codes:
            # Rows of the city apply to every region without rows of its own; persons are never taken from a total.
            shared = 0 if measure == "net_migration" else int(count.get(city.code, 0))
            found = int(count.get(region, 0)) or shared
            history = whole.get(region) or whole.get(city.code, 0)
            is_fitted = measure == _FALL and found == 0 and history >= LEAST_HISTORY
            if found < _wanted(measure) and not is_fitted:
                faults.append(_missing(file, measure, region, city.last_year, found))
    return faults


def _history_faults(rates: pd.DataFrame, city: City, file: str) -> list[Fault]:
    """Years before the last whose death rates lack ages or a sex."""
    past = rates[(rates["year"] < city.last_year) & (rates["measure"] == "death_rate")]
    given = past[["region", "year"]].drop_duplicates().itertuples(index=False, name=None)
    count = _count(past, "death_rate")
    wanted = _wanted("death_rate")
    return [
        _missing(file, "death_rate", region, year, int(count.get((region, year), 0)))
        for region, year in given
        if count.get((region, year), 0) < wanted
    ]


def _fertility_faults(rates: pd.DataFrame, file: str) -> list[Fault]:
    births = rates[(rates["measure"] == "birth_rate") & rates["age_lower"].notna()]
    lowest, highest = _FERTILE
    upper = births["age_upper"].astype("float64").fillna(float("inf"))
    outside = (births["age_lower"] < lowest) | (upper > highest)
    return [
        refuse("fertility_age", file, row.row, "age", row.age, lowest=lowest, highest=highest)
        for row in records(births[outside])
    ]


def _open_age_faults(rates: pd.DataFrame, file: str) -> list[Fault]:
    """Death rates and migrants that end in another open age than the people."""
    ends = rates[rates["measure"].isin(("death_rate", "net_migration")) & rates["age_lower"].notna()]
    other = ends[ends["age_upper"].isna() & (ends["age_lower"] != OPEN_AGE)]
    return [
        refuse(
            "open_age_unlike",
            file,
            row.row,
            "age",
            row.age,
            measure=row.measure,
            region=row.region,
            year=row.year,
            sex=row.sex,
            open_age=f"{OPEN_AGE}+",
        )
        for row in records(other)
    ]
