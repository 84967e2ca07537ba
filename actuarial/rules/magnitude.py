"""Amounts in the wrong unit: ten thousand times too large or too small, for a whole file, one region or one year.

Three witnesses, in this order; a series judged by one is not judged again by the next:

1. plan: own revenue against members x standard (resident) or members x base x rate (employee), and members against
   people; of the three figures the one that disagrees with the other two is named;
2. neighbours: the amount per head of a region against the middle one of the other regions of the same year;
3. history: a year against the four nearest years of its own series, and against the year before.

A figure more than 10^1.5 times away is a fault, and the nearest of 10^2, 10^4 and 10^8 is proposed. Nothing is applied.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from actuarial.city import City
from actuarial.faults import Fault, refuse
from actuarial.rules.agreement import heads
from actuarial.rules.amounts import plain, side
from actuarial.rules.records import records
from actuarial.rules.standards import FAR, plan_distances
from actuarial.rules.vintages import chosen
from actuarial.wording import LANGUAGES, text

_POWERS = np.array([2, 4, 8])
_NEAREST_YEARS = 4
_FEWEST_NEIGHBOURS = 2
_FEWEST_YEARS = 3
_WORDS = ("revenue", "spending", "members", "people", "claims")
_SERIES = ["table", "region", "scheme", "year"]
_INDICATORS = ("contribution_base", "average_wage", "disposable_income", "gdp_per_head")


def unit_faults(city: City, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> list[Fault]:
    """Series, regions or years that are a power of ten away from what plan, neighbours or history say."""
    sums = _series(frames, city)
    if sums.empty:
        return []
    faults: list[Fault] = []
    judged: list[tuple] = []
    for witness, rows in (
        ("plan", plan_distances(frames, city)),
        ("neighbours", _from_neighbours(sums)),
        ("history", _from_history(sums)),
    ):
        rows = _far(rows)
        known = pd.MultiIndex.from_frame(rows[_SERIES]).isin(judged) if judged else np.zeros(len(rows), dtype=bool)
        faults += _grouped(rows[~known], witness, files)
        judged += rows[_SERIES].itertuples(index=False, name=None)
    return faults


def _series(frames: Mapping[str, pd.DataFrame], city: City) -> pd.DataFrame:
    """Yearly sums of every table that can be in a wrong unit: table, scheme, series, region, year, value, row."""
    parts = []
    if "ledger" in frames:
        ledger = chosen(frames["ledger"])
        ledger = ledger.assign(side=side(ledger))
        ledger = ledger[ledger["side"].isin(("revenue", "spending"))]
        parts.append(ledger.assign(table="ledger", series=ledger["fund"] + " " + ledger["side"]))
    if "claims" in frames:
        claims = frames["claims"]
        cells = claims[claims["age_lower"].notna() & (claims["sex"] != "total")]
        parts.append(cells.assign(table="claims", series="claims"))
    if "enrolment" in frames:
        members = heads(frames["enrolment"])
        members = members[(members["sex"] == "total") & (members["age"] == "all")]
        parts.append(members.assign(table="enrolment", series="members"))
    if "population" in frames:
        people = frames["population"]
        cells = people[people["age_lower"].notna() & (people["sex"] != "total")]
        parts.append(cells.assign(table="population", series="people", scheme=""))
    if "economy" in frames:
        economy = frames["economy"]
        parts.append(economy.assign(table="economy", series=economy["indicator"], scheme=economy["indicator"]))
    if "policy" in frames:
        policy = frames["policy"]
        name = policy["parameter"] + (" " + policy["detail"]).where(policy["detail"] != "", "")
        parts.append(
            policy.assign(table="policy", series=name, scheme=policy["scheme"] + name, year=policy["from_year"])
        )
    if "assistance" in frames:
        aid = frames["assistance"]
        name = aid["category"] + " " + aid["measure"]
        parts.append(aid.assign(table="assistance", series=name, scheme=name))
    key = ["table", "scheme", "series", "region", "year"]
    columns = [*key, "value", "row", "is_bad"]
    rows = pd.concat([part[columns] for part in parts]) if parts else pd.DataFrame(columns=columns)
    rows = rows[rows["region"].isin({*city.region_codes, city.code}) & ~rows["is_bad"]]
    sums = rows.groupby(key, as_index=False).agg(value=("value", "sum"), row=("row", "min"))
    return sums[sums["value"] > 0].reset_index(drop=True)


def _from_neighbours(sums: pd.DataFrame) -> pd.DataFrame:
    """Amounts per head of population (economy: as they are) against the middle one of the other regions."""
    people = sums[sums["table"] == "population"].set_index(["region", "year"])["value"].rename("people")
    rows = sums[~sums["table"].isin(("population", "policy"))].join(people, on=["region", "year"])
    is_per_head = (rows["table"] == "economy") & rows["series"].isin(_INDICATORS)
    rows["level"] = np.log10(rows["value"] / rows["people"].where(~is_per_head, 1.0))
    rows = rows[rows["level"].notna()]
    distances = pd.Series(np.nan, index=rows.index)
    for _, group in rows.groupby(["table", "scheme", "series", "year"]):
        if len(group) > _FEWEST_NEIGHBOURS:
            levels = group["level"].to_numpy()
            others = ~np.eye(len(levels), dtype=bool)
            found = [_middle(own - levels[rest]) for own, rest in zip(levels, others, strict=True)]
            distances[group.index] = np.array(found)
    return rows.assign(distance=distances).dropna(subset="distance")


def _from_history(sums: pd.DataFrame) -> pd.DataFrame:
    """Each year against the nearest other years of its series; a lasting jump stands at its first year."""
    distances = pd.Series(0.0, index=sums.index)
    levels = pd.Series(np.log10(sums["value"].to_numpy(dtype="float64")), index=sums.index)
    for _, group in sums.groupby(["table", "scheme", "series", "region"]):
        if len(group) < _FEWEST_YEARS or np.ptp(levels[group.index]) < FAR:
            continue
        group = group.sort_values("year")
        years, own = group["year"].to_numpy(), levels[group.index].to_numpy()
        gap = np.abs(years[:, None] - years[None, :]).astype("float64")
        np.fill_diagonal(gap, np.inf)
        nearest = np.argsort(gap, axis=1, kind="stable")[:, : min(_NEAREST_YEARS, len(years) - 1)]
        found = np.array([_middle(level - own[rest]) for level, rest in zip(own, nearest, strict=True)])
        steady = np.flatnonzero(np.abs(found) < FAR)
        steps = np.diff(own[steady])
        found[steady[1:]] = np.where(np.abs(steps) >= FAR, steps, found[steady[1:]])
        distances[group.index] = found
    return sums.assign(distance=distances)


def _middle(distances: np.ndarray) -> float:
    """The distance in the middle by size, the smaller of the two where their number is even.

    So one odd value among three is found, and the two good ones are not.
    """
    order = np.argsort(np.abs(distances), kind="stable")
    return float(distances[order[(len(order) - 1) // 2]])


def _far(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows that are far away, with the power of ten and whether their whole region and their whole file are."""
    far = rows["distance"].astype("float64").abs() >= FAR
    series = [rows["table"], rows["scheme"], rows["series"]]
    rows = rows.assign(
        fills_file=far.groupby(series).transform("all"),
        fills_region=far.groupby([*series, rows["region"]]).transform("all"),
    )[far]
    distance = rows["distance"].to_numpy(dtype="float64")
    nearest = _POWERS[np.abs(np.abs(distance)[:, None] - _POWERS[None, :]).argmin(axis=1)]
    return rows.assign(power=np.sign(distance).astype("int64") * nearest)


def _grouped(rows: pd.DataFrame, witness: str, files: Mapping[str, str]) -> list[Fault]:
    """One fault for a file that is away as a whole, one for a region that is, else one for every year."""
    faults = []
    for (table, _, _, _), own in rows.groupby(["table", "scheme", "series", "power"], sort=False):
        file = files[str(table)]
        if own["fills_file"].all():
            faults.append(_fault(file, own, witness, "file"))
            continue
        for _, part in own[own["fills_region"]].groupby("region"):
            faults.append(_fault(file, part, witness, "region"))
        for row in records(own[~own["fills_region"]]):
            faults.append(_fault(file, own.loc[[row.Index]], witness, "year"))
    return faults


def _fault(file: str, rows: pd.DataFrame, witness: str, scope: str) -> Fault:
    first = rows.sort_values("row", kind="stable").iloc[0]
    power = int(first["power"])
    values = {
        "series": {language: _series_name(first, language) for language in LANGUAGES},
        "scope": _in_both(f"fault_scope.{scope}", region=first["region"], year=first["year"]),
        "reference": _in_both(f"fault_witness.{witness}"),
        "times": f"{round(10 ** abs(float(first['distance']))):,}".replace(",", " "),
        "factor": f"{10 ** abs(power):,}".replace(",", " "),
    }
    rule = f"amount_unit_{'large' if power > 0 else 'small'}"
    return refuse(rule, file, first["row"], "value", plain(first["value"]), **values)


def _series_name(row: pd.Series, language: str) -> str:
    """Scheme, fund and what is counted; parameters and indicators by the word that stands in the file."""
    words = [text(f"fault_series.{word}", language) if word in _WORDS else word for word in row["series"].split()]
    if row["table"] in ("ledger", "enrolment", "claims"):
        words.insert(0, row["scheme"])
    return " ".join(words)


def _in_both(key: str, **values: object) -> dict[str, str]:
    return {language: text(key, language, **values) for language in LANGUAGES}
