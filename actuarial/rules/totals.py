"""Published totals against their parts, to half of the last digit that the total is printed with.

954.4 万人 agrees with any sum within 500 persons. Parts are taken as exact, but persons printed in 万人 carry their own
half digit. Where not all parts of a total are given, it may at least not be smaller than those that are.
"""

from collections.abc import Mapping

import pandas as pd

from actuarial.city import City
from actuarial.contract import TABLES
from actuarial.faults import Fault, refuse
from actuarial.rules.ages import is_cell
from actuarial.rules.amounts import plain, side
from actuarial.rules.rollup import added, over, over_ages, summed, with_slack
from actuarial.rules.vintages import chosen
from actuarial.schema import CATEGORIES, LEVEL_INFLOWS, LEVEL_OUTFLOWS, SERVICES, SEXES, STATUSES, UNDIVIDED

_TABLES = (
    *("population", "vital_rates", "enrolment", "ledger", "budgets", "outturn"),
    *("claims", "assistance", "utilisation"),
)
_COUNTS = ("net_migration", "births", "deaths")
_EMPLOYEE_FUNDS = ("pooled", "personal_account")
# Sums of floats of exact decimals may differ in the last bits.
_FLOAT_SLACK = 1e-6


def total_faults(city: City, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> list[Fault]:
    """Totals over ages, sexes, statuses, categories, services and regions that their parts do not make."""
    faults = []
    for name in _TABLES:
        if name not in frames:
            continue
        key = list(TABLES[name].key)
        frame = with_slack(frames[name])
        if name == "vital_rates":
            frame = frame[frame["measure"].isin(_COUNTS)]
        if name == "ledger":
            frame = chosen(frame[~frame["line"].isin((*LEVEL_INFLOWS, *LEVEL_OUTFLOWS))])
            key.remove("vintage")
        faults += _table_faults(frame, key, name, city, files[name])
    return faults


def _table_faults(frame: pd.DataFrame, key: list[str], name: str, city: City, file: str) -> list[Fault]:
    """Dimension by dimension: what is given against what the parts make, then the sums join the parts of the next."""
    faults = []
    known = frame
    if "age" in key:
        group = [column for column in key if column != "age"]
        is_total = ~is_cell(frame, group, name)
        city_labels = frame.loc[frame["region"] == city.code, "age"].unique()
        sums = over_ages(known, key, name, dict.fromkeys([*frame.loc[is_total, "age"].unique(), *city_labels]))
        faults += _differences(frame[is_total], sums, key, "age", file)
        known = added(known, sums, key)
    wholes = _wholes(name, city)
    while wholes and not (frame[wholes[-1][0]] == wholes[-1][1]).any():
        wholes.pop()
    for column, total, names in wholes:
        sums = over(known, key, column, total, names)
        own = frame[frame[column] == total]
        faults += _differences(own, sums, key, column, file)
        faults += _shortfalls(own, known[known[column].isin(names)].assign(**{column: total}), key, column, file)
        known = added(known, sums, key)
    if name == "ledger":
        faults += _side_faults(city, frame, key, file)
    seen: set[int | None] = set()
    return [fault for fault in faults if not (fault.row in seen or seen.add(fault.row))]


def _wholes(name: str, city: City) -> list[tuple[str, str, tuple[str, ...]]]:
    """Columns whose words add up, the word for the total, and the parts."""
    key = TABLES[name].key
    wholes: list[tuple[str, str, tuple[str, ...]]] = []
    if "sex" in key:
        wholes.append(("sex", "total", SEXES))
    if "status" in key:
        wholes += [("status", "all", statuses) for statuses in STATUSES.values()]
    if name == "assistance":
        wholes.append(("category", "all", CATEGORIES))
    if name == "utilisation":
        wholes.append(("service", "all", SERVICES))
    if not city.is_one_region:
        wholes.append(("region", city.code, city.region_codes))
    return wholes


def _side_faults(city: City, ledger: pd.DataFrame, key: list[str], file: str) -> list[Fault]:
    """Undivided revenue or spending of a total against all lines of that side in its parts.

    The total is the city over its regions, or the employee scheme over its pooled fund and its personal accounts.
    """
    sides = side(ledger)
    is_flow = sides.isin(("revenue", "spending"))
    if not ((ledger["fund"] == "total") | (ledger["region"] == city.code)).any():
        return []
    parts = ledger.assign(line=ledger["line"].where(~is_flow, sides + "_undivided"))
    parts = summed(parts, key)
    by_fund = over(parts, key, "fund", "total", _EMPLOYEE_FUNDS)
    faults = _differences(ledger[ledger["fund"] == "total"], by_fund, key, "fund", file)
    if not city.is_one_region:
        own = ledger[(ledger["region"] == city.code) & ledger["line"].isin(UNDIVIDED)]
        by_region = over(parts, key, "region", city.code, city.region_codes)
        faults += _differences(own, by_region, key, "region", file)
    return faults


def _shortfalls(own: pd.DataFrame, parts: pd.DataFrame, key: list[str], column: str, file: str) -> list[Fault]:
    """Totals smaller than those of their parts that are given."""
    return _differences(own, summed(parts, key), key, column, file, is_whole=False)


def _differences(
    own: pd.DataFrame, sums: pd.DataFrame, key: list[str], column: str, file: str, is_whole: bool = True
) -> list[Fault]:
    """Totals that differ from the sum with the same key."""
    own = own[~own["is_bad"]].drop_duplicates(key)
    if own.empty or sums.empty:
        return []
    both = own.merge(sums[~sums["is_bad"]], on=key, suffixes=("", "_sum"))
    difference = both["value"] - both["value_sum"]
    limit = both["half_digit"] + both["slack_sum"] + _FLOAT_SLACK
    if "fen" in both.columns:
        exact = ((both["fen"] - both["fen_sum"]).astype("Float64") / 100).astype("float64")
        is_money = both["unit"] == "yuan"
        difference = exact.where(is_money, difference)
        limit = both["half_digit"].where(is_money, limit)
    both = both.assign(difference=difference)
    wrong = both[(difference < -limit) | (difference > limit)] if is_whole else both[difference < -limit]
    return [
        refuse(
            "total_differs",
            file,
            row["row"],
            "value",
            plain(row["value"]),
            dimension=column,
            sum=plain(row["value_sum"]),
            difference=plain(row["difference"]),
            limit=plain(row["half_digit"]),
            unit=row["unit"],
            total=", ".join(str(row[name]) for name in key),
        )
        for _, row in wrong.iterrows()
    ]
