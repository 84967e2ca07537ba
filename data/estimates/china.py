"""The national folder: what is published, and the estimates that the projection cannot do without."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from actuarial.schema import ALL_STATUSES, STATUSES
from data.estimates.accounts import FEN
from data.estimates.claims import claims_by_age
from data.estimates.enrolment import members_by_age
from data.estimates.facts import choices, read_facts
from data.estimates.national import national_people
from data.estimates.raking import largest_remainder

LedgerKey = tuple[int, str, str, str]


@dataclass(frozen=True, slots=True)
class China:
    """What is estimated for the nation, before it is written as rows.

    people : (region, sex, age, year), person; members : (status, year), person; grouped : (region, status, sex, group)
    ledger : (year, scheme, fund, line) to fen, final figures, published and estimated
    estimated : keys of the ledger that are estimates
    base : year to yuan/person-year
    claims : scheme to (region, service, sex, group), fen, last year
    """

    choice: dict
    people: xr.DataArray
    members: xr.DataArray
    grouped: xr.DataArray
    ledger: dict[LedgerKey, int]
    estimated: frozenset[LedgerKey]
    base: dict[int, float]
    claims: dict[str, xr.DataArray]


def estimate_china() -> China:
    """All estimates in the order in which they need each other."""
    choice = choices("china")
    people = national_people(choice)
    members = national_members(choice)
    last = choice["city"]["last_year"]
    here = members.sel(year=last, drop=True).expand_dims(region=choice["city"]["regions"])
    grouped = members_by_age(people.sel(year=last, drop=True), here, choice)
    published = published_ledger()
    ledger = {**published, **estimated_ledger(published, choice)}
    claims = {}
    for scheme, names in STATUSES.items():
        exposure = grouped.sel(status=list(names)).sum("status")
        paid = _by_service(scheme, ledger[(last, scheme, "pooled", "spending_undivided")], choice)
        claims[scheme] = claims_by_age(scheme, exposure, paid, choice)
    base = _contribution_base(ledger, members, choice)
    return China(choice, people, members, grouped, ledger, frozenset(ledger.keys() - published.keys()), base, claims)


def published_members() -> dict[tuple[int, str, str], float]:
    """Published members (and active per retired) by year, scheme and status."""
    frame = read_facts("china_enrolment")
    return {(int(row["year"]), row["scheme"], row["status"]): float(row["amount"]) for row in frame.to_dict("records")}


def national_members(choice: dict) -> xr.DataArray:
    """(status, year), person, whole, year ends; NaN before a scheme began.

    Active and retired as published; else the members of the employees' scheme at the published ratio of the two.
    Residents at the shares of the one year that publishes their statuses.
    """
    known = published_members()
    years = list(range(choice["city"]["first_year"] - 1, choice["city"]["last_year"] + 1))
    split = choice["enrolment"]["split_year"]
    parts = np.array([known[(split, "resident", status)] for status in STATUSES["resident"]])
    table = xr.DataArray(
        np.full((len(ALL_STATUSES), len(years)), np.nan),
        dims=("status", "year"),
        coords={"status": list(ALL_STATUSES), "year": years},
    )
    for year in years:
        total = known[(year, "employee", "all")]
        ratio = known[(year, "employee", "active_per_retired")]
        active = known.get((year, "employee", "active"), round(total * ratio / (1 + ratio)))
        table.loc[{"year": year, "status": "active"}] = active
        table.loc[{"year": year, "status": "retired"}] = known.get((year, "employee", "retired"), total - active)
        if (year, "resident", "all") in known:
            whole = largest_remainder(parts, round(known[(year, "resident", "all")]))
            table.loc[{"year": year, "status": list(STATUSES["resident"])}] = whole
    return table


def published_ledger() -> dict[LedgerKey, int]:
    """Published final figures in fen by year, scheme, fund and line."""
    frame = read_facts("china_ledger")
    frame = frame[frame["vintage"] == "final"]
    return {
        (int(row["year"]), row["scheme"], row["fund"], row["line"]): round(float(row["amount"]) * FEN)
        for row in frame.to_dict("records")
    }


def estimated_ledger(published: dict[LedgerKey, int], choice: dict) -> dict[LedgerKey, int]:
    """What is not published: the two employee funds of 2020 and 2021, the assistance fund's income, last balances."""
    lines = {**_split_years(published), **_assistance(published, choice)}
    last = choice["city"]["last_year"]
    for scheme, fund in (("employee", "pooled"), ("employee", "personal_account"), ("resident", "pooled")):
        surplus = (
            published[(last, scheme, fund, "revenue_undivided")] - published[(last, scheme, fund, "spending_undivided")]
        )
        before = published[(last - 1, scheme, fund, "closing_balance")]
        lines[(last, scheme, fund, "closing_balance")] = before + surplus
    return lines


def _split_years(published: dict[LedgerKey, int]) -> dict[LedgerKey, int]:
    """Pooled fund and accounts where only their sum is published.

    The pooled share of spending is interpolated between the years that publish it, and revenue is spending plus the
    growth of the published pooled balance; the accounts are the rest.
    """

    def spending_share(year: int) -> float:
        total = published[(year, "employee", "total", "spending_undivided")]
        return published[(year, "employee", "pooled", "spending_undivided")] / total

    start, end = 2019, 2022
    lines: dict[LedgerKey, int] = {}
    for year in range(start + 1, end):
        weight = (year - start) / (end - start)
        share = spending_share(start) * (1 - weight) + spending_share(end) * weight
        spent = published[(year, "employee", "total", "spending_undivided")]
        received = published[(year, "employee", "total", "revenue_undivided")]
        growth = (
            published[(year, "employee", "pooled", "closing_balance")]
            - published[(year - 1, "employee", "pooled", "closing_balance")]
        )
        # To a million yuan, the precision of what is published.
        pooled = round(spent * share / 10**8) * 10**8
        lines[(year, "employee", "pooled", "spending_undivided")] = pooled
        lines[(year, "employee", "pooled", "revenue_undivided")] = pooled + growth
        lines[(year, "employee", "personal_account", "spending_undivided")] = spent - pooled
        lines[(year, "employee", "personal_account", "revenue_undivided")] = received - pooled - growth
    return lines


def _assistance(published: dict[LedgerKey, int], choice: dict) -> dict[LedgerKey, int]:
    share = choice["assistance"]["balance_share"]
    spent = {key[0]: value for key, value in published.items() if key[1] == "assistance"}
    balance = {year: round(value * share / 10**8) * 10**8 for year, value in spent.items()}
    lines: dict[LedgerKey, int] = {}
    for year in sorted(spent):
        before = balance.get(year - 1, balance[year])
        fund = ("assistance", "assistance")
        lines[(year, *fund, "opening_balance")] = before
        lines[(year, *fund, "revenue_undivided")] = spent[year] + balance[year] - before
        lines[(year, *fund, "closing_balance")] = balance[year]
    return lines


def account_shares(ledger: dict[LedgerKey, int], choice: dict) -> dict[int, float]:
    """Year to share of the employees' contributions credited to personal accounts, by published revenue."""
    shares = {}
    for year in choice["account_share"]["years"]:
        parts = [ledger[(year, "employee", fund, "revenue_undivided")] for fund in ("pooled", "personal_account")]
        shares[year] = parts[1] / sum(parts)
    return shares


def _by_service(scheme: str, spent: int, choice: dict) -> dict[tuple[str, ...], np.ndarray]:
    """Pooled spending of the last year by service: published medical cost times the part the fund pays, scaled."""
    frame = read_facts("china_utilisation")
    frame = frame[(frame["scheme"] == scheme) & (frame["measure"] == "cost")]
    frame = frame[frame["year"] == str(choice["city"]["last_year"])]
    cost = {row["service"]: float(row["amount"]) for row in frame.to_dict("records")}
    shares = choice["claims"]["paid_share"][scheme]
    amounts = largest_remainder(np.array([cost[service] * share for service, share in shares.items()]), spent)
    return {(service,): np.array([amount]) for service, amount in zip(shares, amounts, strict=True)}


def _contribution_base(ledger: dict[LedgerKey, int], members: xr.DataArray, choice: dict) -> dict[int, float]:
    """Revenue of the employees' scheme over mid-year active members and the guideline rate: yuan/person-year."""
    frame = read_facts("china_policy").set_index("parameter")["amount"]
    rate = float(frame["employer_rate"]) + float(frame["own_rate"])
    active = members.sel(status="active", drop=True)
    base = {}
    for year in range(choice["city"]["first_year"], choice["city"]["last_year"] + 1):
        funds = (
            ("total",) if (year, "employee", "total", "revenue_undivided") in ledger else ("pooled", "personal_account")
        )
        received = sum(ledger[(year, "employee", fund, "revenue_undivided")] for fund in funds) / FEN
        mid = float(active.sel(year=[year - 1, year]).mean())
        base[year] = round(received / mid / rate)
    return base
