"""Accounts of every region and fund: opening is the last closing, closing is opening plus flows, no line twice.

Rows of a city over several regions are published totals; they are judged against the regions, not here.
"""

from collections.abc import Mapping

import pandas as pd

from actuarial.city import City
from actuarial.faults import Fault, refuse, warn
from actuarial.rules.amounts import runs, side, signed_fen, yuan
from actuarial.rules.records import records
from actuarial.rules.vintages import ACCOUNT, chosen
from actuarial.schema import UNDIVIDED


def ledger_faults(city: City, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> list[Fault]:
    """Faults of the accounts of the regions; a fund and year with a wrong cell is passed over."""
    ledger = frames.get("ledger")
    if ledger is None:
        return []
    ledger = ledger[ledger["region"].isin(city.region_codes)]
    faults = undivided_faults(ledger, files["ledger"])
    each = [part for _, part in ledger.groupby("vintage")]
    for part in each:
        faults += closing_faults(part, files["ledger"])
    accounts = _accounts(chosen(ledger))
    faults += _missing_balances(accounts, files["ledger"])
    return faults + _opening_faults(accounts, city, files["ledger"])


def undivided_faults(ledger: pd.DataFrame, file: str) -> list[Fault]:
    """A whole side beside its own lines, in one region, year, fund and vintage."""
    sides = side(ledger)
    group = [ledger[name] for name in (*ACCOUNT, "vintage")] + [sides]
    is_undivided = ledger["line"].isin(UNDIVIDED)
    has_divided = (~is_undivided).groupby(group).transform("any")
    mixed = ledger[is_undivided & has_divided]
    return [
        refuse("undivided_beside_divided", file, row.row, "line", row.line, **_account(row)) for row in records(mixed)
    ]


def _accounts(ledger: pd.DataFrame) -> pd.DataFrame:
    """One row per region, year and fund: opening, closing and net flow in fen, and the lines of the two balances."""
    rows = ledger.assign(net=signed_fen(ledger))
    accounts = rows.groupby(ACCOUNT).agg(net=("net", "sum"), is_bad=("is_bad", "any"), row=("row", "min"))
    for balance in ("opening", "closing"):
        own = rows[rows["line"] == f"{balance}_balance"].drop_duplicates(ACCOUNT).set_index(ACCOUNT)
        accounts[balance] = own["fen"].astype("Int64")
        accounts[f"{balance}_row"] = own["row"].astype("Int64")
    return accounts.reset_index()


def closing_faults(ledger: pd.DataFrame, file: str) -> list[Fault]:
    """Closing balances of one vintage that are not opening plus flows."""
    accounts = _accounts(ledger)
    expected = accounts["opening"] + accounts["net"]
    wrong = (accounts["closing"] != expected).fillna(False) & ~accounts["is_bad"]
    faults = []
    for row in records(accounts[wrong].assign(expected=expected[wrong])):
        values = {"expected": yuan(row.expected), "difference": yuan(row.closing - row.expected), **_account(row)}
        faults.append(refuse("closing_not_flows", file, row.closing_row, "value", yuan(row.closing), **values))
    return faults


def _missing_balances(accounts: pd.DataFrame, file: str) -> list[Fault]:
    """One warning for each fund whose flows cannot be held against its balances in some years."""
    faults = []
    for balance in ("opening", "closing"):
        missing = accounts[accounts[balance].isna() & ~accounts["is_bad"]]
        for (region, scheme, fund), rows in missing.groupby(["region", "scheme", "fund"]):
            values = {"region": region, "scheme": scheme, "fund": fund, "years": runs(rows["year"].tolist())}
            faults.append(warn("balance_missing", file, rows["row"].min(), "line", f"{balance}_balance", **values))
    return faults


def _opening_faults(accounts: pd.DataFrame, city: City, file: str) -> list[Fault]:
    last = accounts.assign(year=accounts["year"] + 1)[[*ACCOUNT, "closing", "closing_row", "is_bad"]]
    pairs = accounts.merge(last, on=ACCOUNT, suffixes=("", "_before"))
    declared = pd.MultiIndex.from_tuples([(part.scheme, part.fund, part.year) for part in city.breaks] or [("", "", 0)])
    is_break = pd.MultiIndex.from_frame(pairs[["scheme", "fund", "year"]]).isin(declared)
    wrong = (pairs["opening"] != pairs["closing_before"]).fillna(False) & ~pairs["is_bad"] & ~pairs["is_bad_before"]
    faults = []
    for row in records(pairs[wrong & ~is_break]):
        values = {
            "closing": yuan(row.closing_before),
            "other": int(row.closing_row_before),
            "difference": yuan(row.opening - row.closing_before),
            **_account(row),
        }
        faults.append(refuse("opening_not_closing", file, row.opening_row, "value", yuan(row.opening), **values))
    return faults


def _account(row) -> dict[str, object]:
    return {"region": row.region, "year": row.year, "scheme": row.scheme, "fund": row.fund}
