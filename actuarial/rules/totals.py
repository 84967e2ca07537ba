"""Published totals against their parts, to half of the last digit that the total is printed with.

954.4 万人 agrees with any sum within 500 persons. Parts are taken as exact, but persons printed in 万人 carry their own
half digit. A total whose parts are not all there may only not be smaller than those that are.
"""

from collections.abc import Mapping

import pandas as pd

from actuarial.city import City
from actuarial.faults import Fault, refuse
from actuarial.rules.ages import complete
from actuarial.rules.amounts import plain, side
from actuarial.rules.vintages import chosen
from actuarial.schema import CATEGORIES, LEVEL_INFLOWS, LEVEL_OUTFLOWS, SERVICES, SEXES, STATUSES, TABLES

_CITY_TABLES = ("population", "enrolment", "ledger", "claims", "assistance", "utilisation")
_COUNTS = ("net_migration", "births", "deaths")
# Sums of floats of exact decimals may differ in the last bits.
_FLOAT_SLACK = 1e-6


def total_faults(city: City, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> list[Fault]:
    """Totals over sexes, ages, statuses, categories, services and regions that their parts do not make."""
    faults = []
    for name, frame in frames.items():
        key = list(TABLES[name].key)
        if name == "vital_rates":
            frame = frame[frame["measure"].isin(_COUNTS)]
        if "sex" in key:
            faults += _compare(frame, key, "sex", {"total": SEXES}, files[name])
            faults += _age_total_faults(frame, key, files[name])
        if "status" in key:
            for scheme, statuses in STATUSES.items():
                faults += _compare(frame[frame["scheme"] == scheme], key, "status", {"all": statuses}, files[name])
        if name == "assistance":
            faults += _compare(frame, key, "category", {"all": CATEGORIES}, files[name])
        if name == "utilisation":
            faults += _compare(frame, key, "service", {"all": SERVICES}, files[name])
        if name in _CITY_TABLES and not city.is_one_region:
            faults += _city_faults(city, frame, key, name, files[name])
    return faults


def _age_total_faults(frame: pd.DataFrame, key: list[str], file: str) -> list[Fault]:
    group = [name for name in key if name != "age"]
    parts = frame[frame["age_lower"].notna()]
    parts = parts[complete(parts, group)] if len(parts) else parts
    parts = parts.assign(part=parts["age"], age="all", parts_wanted=0)
    faults = _differences(frame[frame["age"] == "all"], parts, key, "age", file)
    # A total over both sexes and all ages, where only the cells of each sex by age are given.
    each_sex = parts[parts["sex"].isin(SEXES)]
    has_both = each_sex.groupby([each_sex[name] for name in key if name != "sex"])["sex"].transform("nunique") == len(
        SEXES
    )
    grand = frame[(frame["age"] == "all") & (frame["sex"] == "total")]
    return faults + _differences(grand, each_sex[has_both].assign(sex="total"), key, "age", file)


def _city_faults(city: City, frame: pd.DataFrame, key: list[str], name: str, file: str) -> list[Fault]:
    if name == "ledger":
        frame = chosen(frame[~frame["line"].isin((*LEVEL_INFLOWS, *LEVEL_OUTFLOWS))])
        key = [column for column in key if column != "vintage"]
        faults = _compare(frame, key, "region", {city.code: city.region_codes}, file)
        return faults + _undivided_city_faults(city, frame, key, file)
    return _compare(frame, key, "region", {city.code: city.region_codes}, file)


def _undivided_city_faults(city: City, ledger: pd.DataFrame, key: list[str], file: str) -> list[Fault]:
    """An undivided revenue or spending of the city against all lines of that side in the regions."""
    own = ledger[(ledger["region"] == city.code) & ledger["line"].isin(("revenue_undivided", "spending_undivided"))]
    sides = side(ledger)
    parts = ledger[ledger["region"].isin(city.region_codes) & sides.isin(("revenue", "spending"))]
    parts = parts.assign(line=sides[parts.index] + "_undivided", part=parts["region"], region=city.code)
    parts["parts_wanted"] = len(city.regions)
    return _differences(own, parts, key, "region", file)


def _compare(
    frame: pd.DataFrame, key: list[str], column: str, totals: Mapping[str, tuple[str, ...]], file: str
) -> list[Fault]:
    faults = []
    for total, names in totals.items():
        parts = frame[frame[column].isin(names)]
        parts = parts.assign(part=parts[column], parts_wanted=len(names))
        parts[column] = total
        faults += _differences(frame[frame[column] == total], parts, key, column, file)
    return faults


def _differences(own: pd.DataFrame, parts: pd.DataFrame, key: list[str], column: str, file: str) -> list[Fault]:
    """Totals that differ from the sum of the parts with the same key."""
    own = own[~own["is_bad"]].drop_duplicates(key)
    if own.empty or parts.empty:
        return []
    parts = parts.assign(
        slack=parts["half_digit"].where((parts["half_digit"] > 0.5) & (parts["unit"] == "person"), 0.0)
    )
    is_money = "fen" in parts.columns
    sums = parts.groupby(key, dropna=False).agg(
        sum=("value", "sum"),
        slack=("slack", "sum"),
        is_bad_part=("is_bad", "any"),
        found=("part", "nunique"),
        wanted=("parts_wanted", "max"),
        **({"fen_sum": ("fen", "sum")} if is_money else {}),
    )
    both = own.merge(sums, left_on=key, right_index=True)
    both = both[~both["is_bad_part"]]
    difference = both["value"] - both["sum"]
    if is_money:
        exact = ((both["fen"] - both["fen_sum"]).astype("Float64") / 100).astype("float64")
        difference = exact.where(both["unit"] == "yuan", difference)
    limit = both["half_digit"] + both["slack"] + _FLOAT_SLACK * (both["unit"] != "yuan")
    is_whole = both["found"] >= both["wanted"]
    wrong = (difference < -limit) | (is_whole & (difference > limit))
    return [
        refuse(
            "total_differs",
            file,
            row.row,
            "value",
            plain(row.value),
            dimension=column,
            sum=plain(row.sum),
            difference=plain(difference[row.Index]),
            limit=plain(row.half_digit),
            unit=row.unit,
            key=", ".join(str(getattr(row, name)) for name in key),
        )
        for row in both[wrong].itertuples()
    ]
