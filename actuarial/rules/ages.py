"""Ages that cover every life once: groups neither overlap nor leave a hole, and end in an open group."""

from collections.abc import Mapping

import pandas as pd

from actuarial.city import City
from actuarial.contract import TABLES
from actuarial.faults import Fault, refuse
from actuarial.rules.records import records
from actuarial.schema import OPEN_AGE, SEXES

# Tables whose ages are a grouping of all lives; in others an age may stand alone.
_GROUPED = ("population", "enrolment", "claims")
_OVERLAPPING = (*_GROUPED, "claim_bands", "vital_rates")
# Stands for no upper bound.
OLDEST = 10_000


def age_faults(city: City, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> list[Fault]:
    """Overlaps, holes, and years of population that are not by single age and sex."""
    faults = []
    for name in _OVERLAPPING:
        if name in frames:
            frame = frames[name] if name == "vital_rates" else _without_published(frames[name], city, name)
            faults += _grouping_faults(frame, name, files[name])
    for name in ("enrolment", "claims"):
        if name in frames:
            faults += _unlike_faults(frames[name], city, name, files[name])
    return faults


def _without_published(frame: pd.DataFrame, city: City, name: str) -> pd.DataFrame:
    """Without totals: rows of a city over several regions, and of both sexes where each sex is given by age."""
    rows = frame if city.is_one_region else frame[frame["region"] != city.code]
    if "sex" not in frame.columns:
        return rows
    group = [key for key in TABLES[name].key if key not in ("sex", "age")]
    has_sexes = (rows["age_lower"].notna() & rows["sex"].isin(SEXES)).groupby([rows[key] for key in group])
    return rows[~((rows["sex"] == "total") & has_sexes.transform("any"))]


def _unlike_faults(frame: pd.DataFrame, city: City, name: str, file: str) -> list[Fault]:
    """Groups of rows of the last year whose ages are cut otherwise than in most of the table."""
    group = [key for key in TABLES[name].key if key != "age"]
    rows = frame[frame["age_lower"].notna() & frame["sex"].isin(SEXES) & (frame["year"] == city.last_year)]
    rows = rows[rows["region"].isin(city.region_codes)].sort_values("age_lower")
    cuts = rows.groupby(group).agg(ages=("age", ", ".join), row=("row", "min")).reset_index()
    if cuts.empty:
        return []
    usual = str(cuts["ages"].mode().iloc[0])
    return [
        refuse("age_groups_unlike", file, row["row"], "age", row["ages"], usual=usual, rows=_shown(row, group))
        for _, row in cuts[cuts["ages"] != usual].iterrows()
    ]


def _shown(row: pd.Series, group: list[str]) -> str:
    return ", ".join(str(row[name]) for name in group)


def is_cell(frame: pd.DataFrame, group: list[str], table: str) -> pd.Series:
    """Rows of an age group proper, which add up to all ages.

    In the population table a group beside the single ages that it is made of is a published total and no cell.
    """
    grouped = frame["age_lower"].notna()
    if table != "population":
        return grouped
    lower, upper = frame["age_lower"].astype("float64"), frame["age_upper"].astype("float64").fillna(OLDEST)
    is_single = grouped & ((lower == upper) | (lower == OPEN_AGE))
    single = frame[is_single].assign(lower=lower, upper=upper)
    keys = [frame[name] for name in group]
    has_single = is_single.groupby(keys).transform("any")
    is_total = pd.Series(False, index=frame.index)
    wide = frame[grouped & ~is_single & has_single]
    for _, rows in wide.groupby("age"):
        first, last = lower[rows.index[0]], upper[rows.index[0]]
        count = single[(single["lower"] >= first) & (single["upper"] <= last)].groupby(group)["age"].nunique()
        wanted = min(last, OPEN_AGE) - first + 1
        full = count[count == wanted].index
        own = rows[group].iloc[:, 0] if len(group) == 1 else pd.MultiIndex.from_frame(rows[group])
        is_total[rows.index[own.isin(full)]] = True
    return grouped & ~is_total


def complete(frame: pd.DataFrame, group: list[str]) -> pd.Series:
    """For every row: whether the ages of its group cover all lives once."""
    steps = _steps(frame, group)
    good = ~(steps["overlaps"] | steps["leaves_hole"] | steps["ends_early"])
    return good.groupby([frame[name] for name in group], dropna=False).transform("all")


def _steps(frame: pd.DataFrame, group: list[str]) -> pd.DataFrame:
    """Each age group beside the one before it, in the order of the ages within its group of rows."""
    rows = frame[[*group, "age_lower", "age_upper"]].copy()
    rows["lower"] = rows["age_lower"].astype("int64")
    rows["upper"] = rows["age_upper"].fillna(OLDEST).astype("int64")
    rows = rows.sort_values([*group, "lower", "upper"], kind="stable")
    keys = [rows[name] for name in group]
    before = rows["upper"].groupby(keys, dropna=False).shift(fill_value=-1)
    rows["before"] = before.groupby(keys, dropna=False).cummax()
    rows["overlaps"] = rows["lower"] <= rows["before"]
    rows["leaves_hole"] = rows["lower"] > rows["before"] + 1
    is_last = ~rows.duplicated(group, keep="last")
    rows["ends_early"] = is_last & (rows["upper"] != OLDEST)
    return rows.loc[frame.index]


def _grouping_faults(frame: pd.DataFrame, name: str, file: str) -> list[Fault]:
    group = [key for key in TABLES[name].key if key not in ("age", "lower", "upper")]
    groups = frame[is_cell(frame, group, name)].drop_duplicates([*group, "age"])
    steps = _steps(groups, group).assign(row=groups["row"], age=groups["age"])
    faults = [
        refuse(
            "age_overlap", file, row.row, "age", row.age, before=row.before if row.before < OLDEST else f"{OPEN_AGE}+"
        )
        for row in records(steps[steps["overlaps"]])
    ]
    if name not in _GROUPED:
        return faults
    faults += [
        refuse("age_hole", file, row.row, "age", row.age, first=row.before + 1, last=row.lower - 1)
        for row in records(steps[steps["leaves_hole"]])
    ]
    return faults + [
        refuse("age_not_open", file, row.row, "age", row.age, proposal=f"{row.lower}+")
        for row in records(steps[steps["ends_early"]])
    ]


def single_age_faults(population: pd.DataFrame, city: City, years: Mapping[str, range], file: str) -> list[Fault]:
    """Needed years of population, by region, that are not by single age 0-99, 100+ and sex."""
    is_single = (population["age_lower"] == population["age_upper"]) & (population["age_lower"] < OPEN_AGE)
    is_open = (population["age_lower"] == OPEN_AGE) & population["age_upper"].isna()
    singles = population[(is_single | is_open) & population["sex"].isin(SEXES)]
    count = singles.drop_duplicates(["region", "year", "sex", "age"]).groupby(["region", "year"]).size()
    wanted = len(SEXES) * (OPEN_AGE + 1)
    faults = []
    for region in city.region_codes:
        for year in years.get(region, ()):
            found = int(count.get((region, year), 0))
            if found < wanted:
                here = population[(population["region"] == region) & (population["year"] == year)]
                row = None if here.empty else here["row"].min()
                values = {"region": region, "year": year, "found": found, "wanted": wanted}
                faults.append(refuse("population_not_single", file, row, "age", "", **values))
    return faults
