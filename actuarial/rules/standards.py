"""What the members of a scheme ought to pay in, and how far accounts, members and people are from one another.

Resident: members x (individual contribution + fiscal subsidy). Employee: active members x contribution base x
(employer + own rate). Distances are decimal logarithms; near zero where all figures are in their units.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from actuarial.city import City
from actuarial.rules.agreement import heads
from actuarial.rules.amounts import side
from actuarial.rules.vintages import chosen

_NEEDED = {"ledger", "enrolment", "population", "policy", "economy"}
_COLUMNS = ["table", "scheme", "series", "region", "year", "value", "row", "distance"]
# Own choice: no two regions or successive years of a real fund differ thirtyfold; units differ a hundredfold at least.
FAR = 1.5
# Own choice: a scheme covers between 1% and 100% of the people; the middle of that range on a logarithmic scale.
_USUAL_COVERAGE = -0.6
# Own choice: standard of the employee scheme per active member, as a multiple of the resident standard: 3 to 30.
_USUAL_MULTIPLE = 0.9
_RESIDENT = ("individual_contribution", "fiscal_subsidy")
_EMPLOYEE = ("employer_rate", "own_rate")


def plan_distances(frames: Mapping[str, pd.DataFrame], city: City) -> pd.DataFrame:
    """Rows of ledger, enrolment, population, claims, economy and policy with their distance from the other witnesses.

    A distance of zero says that another figure is to blame, or none.
    """
    if not frames.keys() >= _NEEDED:
        return pd.DataFrame(columns=_COLUMNS)
    accounts = _accounts(frames, city)
    if accounts.empty:
        return pd.DataFrame(columns=_COLUMNS)
    money = _log10(accounts["revenue"] / (accounts["members"] * accounts["standard"]))
    cover = _log10(accounts["members"] / accounts["people"]) - _USUAL_COVERAGE
    far_money, far_cover = money.abs() >= FAR, cover.abs() >= FAR
    # Money and members disagree, members and people too, money and people agree: the members are wrong.
    is_members = far_money & far_cover & ((money + cover).abs() < FAR)
    is_standard = far_money & ~far_cover & _odd_standard(accounts, money)
    is_revenue = far_money & ~is_members & ~is_standard
    is_base = accounts["scheme"] == "employee"
    people = accounts.assign(scheme="")
    base = accounts.assign(scheme="contribution_base", region=accounts["written_region"])
    subsidy = accounts.assign(scheme="residentfiscal_subsidy", region=accounts["written_region"])
    parts = [
        _named(accounts, "enrolment", "members", "members", cover.where(is_members, 0.0)),
        _named(people, "population", "people", "people", -cover.where(far_cover & ~far_money, 0.0)),
        _named(accounts, "ledger", "revenue", "revenue", money.where(is_revenue, 0.0)),
        _named(base[is_base], "economy", "contribution_base", "written", -money.where(is_standard, 0.0)),
        _named(subsidy[~is_base], "policy", "fiscal_subsidy", "written", -money.where(is_standard, 0.0)),
        _claim_distances(frames, accounts[~far_money]),
    ]
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def _named(rows: pd.DataFrame, table: str, series: str, column: str, distance: pd.Series) -> pd.DataFrame:
    found = rows.assign(table=table, series=series, value=rows[column], row=rows[f"{column}_row"])
    found = found.assign(distance=distance[rows.index]).sort_values("distance", key=abs, ascending=False, kind="stable")
    return found[_COLUMNS].drop_duplicates(["table", "scheme", "region", "year"])


def _claim_distances(frames: Mapping[str, pd.DataFrame], accounts: pd.DataFrame) -> pd.DataFrame:
    """Claims against the revenue of the scheme, which pays for them."""
    claims = frames.get("claims")
    if claims is None:
        return pd.DataFrame(columns=_COLUMNS)
    claims = claims[claims["age_lower"].notna() & (claims["sex"] != "total")]
    key = ["region", "year", "scheme"]
    sums = claims.groupby(key, as_index=False).agg(claims=("value", "sum"), claims_row=("row", "min"))
    both = sums[sums["claims"] > 0].merge(accounts, on=key)
    return _named(both, "claims", "claims", "claims", _log10(both["claims"] / both["revenue"]))


def _odd_standard(accounts: pd.DataFrame, money: pd.Series) -> pd.Series:
    """Where the two standards of a region and year are unlike, and this scheme's accounts alone disagree."""
    other = accounts[["region", "year", "scheme", "standard"]].assign(money=money)
    other = other.assign(scheme=other["scheme"].map({"employee": "resident", "resident": "employee"}))
    both = accounts[["region", "year", "scheme"]].merge(other, on=["region", "year", "scheme"], how="left")
    both.index = accounts.index
    sign = accounts["scheme"].map({"employee": 1.0, "resident": -1.0})
    multiple = _log10(accounts["standard"] / both["standard"]) * sign
    return ((multiple - _USUAL_MULTIPLE).abs() >= FAR) & (both["money"].abs() < FAR)


def _accounts(frames: Mapping[str, pd.DataFrame], city: City) -> pd.DataFrame:
    """Per region, year and insured scheme: own revenue, members, people and standard, with the lines they stand on."""
    ledger = chosen(frames["ledger"])
    ledger = ledger[(side(ledger) == "revenue") & ledger["scheme"].isin(("employee", "resident"))]
    key = ["region", "year", "scheme"]
    has_parts = (ledger["fund"] != "total").groupby([ledger[name] for name in key]).transform("any")
    ledger = ledger[(ledger["fund"] != "total") | ~has_parts]
    accounts = ledger.groupby(key, as_index=False).agg(revenue=("value", "sum"), revenue_row=("row", "min"))
    accounts = accounts[accounts["region"].isin(city.region_codes)]
    enrolment = frames["enrolment"]
    is_paying = (enrolment["scheme"] == "resident") | enrolment["status"].isin(("active", "all"))
    members = heads(enrolment[is_paying])
    members = members[(members["sex"] == "total") & (members["age"] == "all")]
    accounts = accounts.merge(
        members[[*key, "value", "row"]].rename(columns={"value": "members", "row": "members_row"}), on=key
    )
    people = frames["population"]
    people = people[people["age_lower"].notna() & (people["sex"] != "total")]
    people = people.groupby(["region", "year"], as_index=False).agg(people=("value", "sum"), people_row=("row", "min"))
    accounts = accounts.merge(people, on=["region", "year"])
    accounts = accounts.merge(_standards(frames, accounts, city), on=key)
    positive = (accounts[["revenue", "members", "people", "standard"]] > 0).all(axis=1)
    return accounts[positive].reset_index(drop=True)


def _standards(frames: Mapping[str, pd.DataFrame], accounts: pd.DataFrame, city: City) -> pd.DataFrame:
    """Standard per head of each account in yuan, and the written amount that it rests on."""
    base = _dated(frames["economy"], "indicator", "year")
    policy = frames["policy"][frames["policy"]["detail"] == ""]
    dated = _dated(policy.assign(name=policy["scheme"] + " " + policy["parameter"]), "name", "from_year")
    rows = []
    for region, year, scheme in accounts[["region", "year", "scheme"]].itertuples(index=False, name=None):
        places = (region, city.code)
        names = _EMPLOYEE if scheme == "employee" else _RESIDENT
        parts = [_in_force(dated, f"{scheme} {name}", places, year) for name in names]
        written = (
            _in_force(base, "contribution_base", places, year, exactly=True) if scheme == "employee" else parts[-1]
        )
        if written is None or None in parts:
            continue
        total = sum(part[1] for part in parts if part is not None) * (written[1] if scheme == "employee" else 1)
        rows.append((region, year, scheme, total, *written[1:]))
    return pd.DataFrame(
        rows, columns=["region", "year", "scheme", "standard", "written", "written_row", "written_region"]
    )


def _dated(frame: pd.DataFrame, name: str, year: str) -> dict[tuple[str, str], list[tuple]]:
    """By name and region: year, value, line and region of every row, in the order of the years."""
    rows: dict[tuple[str, str], list[tuple]] = {}
    for what, region, first, value, row in frame[[name, "region", year, "value", "row"]].itertuples(
        index=False, name=None
    ):
        rows.setdefault((what, region), []).append((first, value, row, region))
    return {key: sorted(values) for key, values in rows.items()}


def _in_force(
    dated: Mapping[tuple[str, str], list[tuple]], name: str, regions: tuple[str, ...], year: int, exactly: bool = False
) -> tuple | None:
    for region in regions:
        rows = [row for row in dated.get((name, region), ()) if row[0] == year or (row[0] < year and not exactly)]
        if rows:
            return rows[-1]
    return None


def _log10(ratio: pd.Series) -> pd.Series:
    return pd.Series(np.log10(ratio.to_numpy(dtype="float64")), index=ratio.index)
