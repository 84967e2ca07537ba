"""Tables against one another: members within the population, claims as in the accounts, one amount for one thing."""

from collections.abc import Mapping

import pandas as pd

from actuarial.cells import age_bounds
from actuarial.city import City
from actuarial.faults import Fault, refuse, warn
from actuarial.rules.amounts import plain, side, yuan
from actuarial.rules.records import records
from actuarial.rules.vintages import chosen
from actuarial.schema import SERVICES, SEXES

# ledger line of the pooled fund -> services of the claims table that it pays for
_FLOAT_SLACK = 1e-9
_BENEFITS = {"benefit_inpatient": SERVICES[:1], "benefit_outpatient": SERVICES[1:]}


def agreement_faults(city: City, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> list[Fault]:
    """Faults between tables; a rule waits until both of its tables could be read."""
    faults = []
    if {"enrolment", "population"} <= frames.keys():
        faults += _member_faults(frames["enrolment"], frames["population"], files["enrolment"])
    if {"claims", "ledger"} <= frames.keys():
        faults += _claim_faults(frames["claims"], chosen(frames["ledger"]), city, files["claims"])
    if {"claims", "enrolment"} <= frames.keys():
        faults += _memberless_faults(frames["claims"], frames["enrolment"], files["claims"])
    if {"assistance", "enrolment"} <= frames.keys():
        faults += _entitled_faults(frames["assistance"], frames["enrolment"], files["assistance"])
    if "ledger" in frames:
        faults += _assisted_faults(chosen(frames["ledger"]), files["ledger"])
    return faults


def heads(enrolment: pd.DataFrame) -> pd.DataFrame:
    """Members by region, year, scheme, sex and age: the sum of the statuses, or the row "all" where it stands alone."""
    key = ["region", "year", "scheme", "sex", "age"]
    is_all = enrolment["status"] == "all"
    has_parts = (~is_all).groupby([enrolment[name] for name in key]).transform("any")
    rows = enrolment[~is_all | ~has_parts]
    return rows.groupby(key, as_index=False).agg(value=("value", "sum"), is_bad=("is_bad", "any"), row=("row", "min"))


def _member_faults(enrolment: pd.DataFrame, population: pd.DataFrame, file: str) -> list[Fault]:
    """More members of both schemes together than people, in a region and year, or in a sex and age group of it."""
    members = heads(enrolment).groupby(["region", "year", "sex", "age"], as_index=False)
    members = members.agg(value=("value", "sum"), is_bad=("is_bad", "any"), row=("row", "min"))
    people = population[population["age_lower"].notna() & population["sex"].isin(SEXES)]
    years = people[["region", "year"]].drop_duplicates()
    members = members.merge(years, on=["region", "year"])
    people = people.merge(members[["region", "year"]].drop_duplicates(), on=["region", "year"])
    faults = []
    for age in members["age"].unique():
        lower, upper = (0, None) if age == "all" else age_bounds(str(age))
        within = people[(people["age_lower"] >= lower) & (upper is None or people["age_lower"] <= upper)]
        each = within.groupby(["region", "year", "sex"], as_index=False).agg(
            people=("value", "sum"), bad=("is_bad", "any")
        )
        whole = each.assign(sex="total").groupby(["region", "year", "sex"], as_index=False)
        count = pd.concat([each, whole.agg({"people": "sum", "bad": "any"})])
        both = members[members["age"] == age].merge(count, on=["region", "year", "sex"])
        above = both[(both["value"] > both["people"] * (1 + _FLOAT_SLACK)) & ~both["is_bad"] & ~both["bad"]]
        for row in records(above):
            place = {"region": row.region, "year": row.year, "sex": row.sex, "age": row.age}
            values = {"people": plain(row.people), **place}
            faults.append(refuse("enrolment_above_population", file, row.row, "value", plain(row.value), **values))
    return faults


def _claim_faults(claims: pd.DataFrame, ledger: pd.DataFrame, city: City, file: str) -> list[Fault]:
    """Claims by sex and age that do not sum to the benefits of the pooled fund in the accounts, to the fen."""
    cells = claims[(claims["sex"] != "total") & (claims["age"] != "all") & claims["region"].isin(city.region_codes)]
    account = ["region", "year", "scheme"]
    pooled = ledger[ledger["fund"] == "pooled"]
    sides = side(pooled)
    spending = pooled[sides == "spending"]
    undivided = spending[spending["line"] == "spending_undivided"]
    pairs = [(line, services, spending[spending["line"] == line]) for line, services in _BENEFITS.items()]
    pairs.append(("spending_undivided", SERVICES, undivided))
    faults = []
    for line, services, paid in pairs:
        part = cells[cells["service"].isin(services)]
        sums = part.groupby(account).agg(claimed=("fen", "sum"), bad=("is_bad", "any"), first=("row", "min"))
        both = paid.merge(sums.reset_index(), on=account)
        wrong = both[(both["claimed"] != both["fen"]) & ~both["bad"] & ~both["is_bad"]]
        faults += [
            refuse(
                "claims_not_ledger",
                file,
                row.first,
                "value",
                yuan(row.claimed),
                region=row.region,
                year=row.year,
                scheme=row.scheme,
                services=" + ".join(services),
                line=line,
                paid=yuan(row.fen),
                difference=yuan(row.claimed - row.fen),
            )
            for row in records(wrong)
        ]
    return faults


def _memberless_faults(claims: pd.DataFrame, enrolment: pd.DataFrame, file: str) -> list[Fault]:
    """Claims of a sex and age group in which nobody is enrolled."""
    key = ["region", "year", "scheme", "sex"]
    paid = claims[claims["age_lower"].notna() & (claims["value"] > 0) & ~claims["is_bad"]]
    members = enrolment[enrolment["age_lower"].notna() & (enrolment["value"] > 0)]
    paid = paid.merge(members[key].drop_duplicates(), on=key)
    if paid.empty:
        return []
    pairs = paid[[*key, "row", "age_lower", "age_upper"]].merge(
        members[[*key, "age_lower", "age_upper"]].drop_duplicates(), on=key, suffixes=("", "_member")
    )
    meets = (pairs["age_lower"] <= pairs["age_upper_member"].fillna(10_000)) & (
        pairs["age_lower_member"] <= pairs["age_upper"].fillna(10_000)
    )
    alone = paid[~paid["row"].isin(pairs["row"][meets])]
    return [
        refuse(
            "claims_without_members", file, row.row, "value", yuan(row.fen), scheme=row.scheme, sex=row.sex, age=row.age
        )
        for row in records(alone)
    ]


def _entitled_faults(assistance: pd.DataFrame, enrolment: pd.DataFrame, file: str) -> list[Fault]:
    """More persons entitled to assistance than members of the residents' scheme, by region and year."""
    account = ["region", "year"]
    entitled = assistance[assistance["measure"] == "eligible"]
    is_all = entitled["category"] == "all"
    has_parts = (~is_all).groupby([entitled[name] for name in account]).transform("any")
    count = entitled[~is_all | ~has_parts].groupby(account, as_index=False)
    count = count.agg(value=("value", "sum"), is_bad=("is_bad", "any"), row=("row", "min"))
    members = heads(enrolment)
    members = members[(members["scheme"] == "resident") & (members["sex"] == "total") & (members["age"] == "all")]
    both = count.merge(members, on=account, suffixes=("", "_member"))
    above = both[(both["value"] > both["value_member"]) & ~both["is_bad"] & ~both["is_bad_member"]]
    return [
        refuse(
            "entitled_above_members",
            file,
            row.row,
            "value",
            plain(row.value),
            region=row.region,
            year=row.year,
            members=plain(row.value_member),
        )
        for row in records(above)
    ]


def _assisted_faults(ledger: pd.DataFrame, file: str) -> list[Fault]:
    """What the assistance fund pays for enrolment and what the resident fund receives for it."""
    account = ["region", "year"]
    received = ledger[(ledger["scheme"] == "resident") & (ledger["line"] == "assisted_contribution")]
    paid = ledger[(ledger["scheme"] == "assistance") & (ledger["line"] == "subsidised_enrolment")]
    both = received.merge(paid, on=account, suffixes=("", "_paid"))
    wrong = both[(both["fen"] != both["fen_paid"]) & ~both["is_bad"] & ~both["is_bad_paid"]]
    return [
        warn(
            "assisted_differs",
            file,
            row.row,
            "value",
            yuan(row.fen),
            region=row.region,
            year=row.year,
            paid=yuan(row.fen_paid),
            other=row.row_paid,
        )
        for row in records(wrong)
    ]
