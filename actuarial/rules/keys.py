"""One row for one thing: keys given twice, and words that do not belong to the scheme of their row."""

import pandas as pd

from actuarial.contract import Table
from actuarial.faults import Fault, refuse, warn
from actuarial.schema import LEDGER_FUNDS, STATUSES, ledger_lines


def duplicate_faults(frame: pd.DataFrame, table: Table, file: str) -> list[Fault]:
    """Rows with the same key: a warning where the value is the same, a refusal where it differs."""
    key = list(table.key)
    twice = frame[frame.duplicated(key, keep=False) & ~frame["is_bad"]]
    if twice.empty:
        return []
    first = twice.groupby(key, dropna=False)[["row", "value"]].transform("first")
    faults = []
    for place in twice.index[twice["row"] != first["row"]]:
        row = twice.loc[place]
        same = row["value"] == first["value"][place]
        fault = warn if same else refuse
        rule = "duplicate_equal" if same else "duplicate_different"
        shown = ", ".join("" if pd.isna(row[name]) else str(row[name]) for name in key)
        other = int(first["row"][place])
        faults.append(fault(rule, file, row["row"], ", ".join(key), shown, other=other, amount=f"{row['value']:.15g}"))
    return faults


def without_equal_duplicates(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """The frame with the first of each set of equal rows; rows that contradict one another are marked bad."""
    rows = frame[~frame.duplicated([*table.key, "value"])].reset_index(drop=True)
    return rows.assign(is_bad=rows["is_bad"] | rows.duplicated(list(table.key), keep=False))


def scheme_faults(frame: pd.DataFrame, table: Table, file: str) -> list[Fault]:
    """Lines, funds and statuses that exist, but not in the scheme of the row."""
    faults = []
    if table.name in ("ledger", "budgets", "outturn"):
        lines = {(scheme, line) for scheme in STATUSES | {"assistance": ()} for line in ledger_lines(scheme)}
        faults += _pair_faults(frame, ("scheme", "line"), lines, "line_of_other_scheme", file)
        faults += _pair_faults(frame, ("scheme", "fund"), set(LEDGER_FUNDS), "fund_of_other_scheme", file)
    if table.name == "enrolment":
        statuses = {(scheme, status) for scheme, names in STATUSES.items() for status in (*names, "all")}
        faults += _pair_faults(frame, ("scheme", "status"), statuses, "status_of_other_scheme", file)
    return faults


def _pair_faults(frame: pd.DataFrame, names: tuple[str, str], known: set, rule: str, file: str) -> list[Fault]:
    scheme, word = names
    each = {name: {pair[place] for pair in known} for place, name in enumerate(names)}
    listed = frame[scheme].isin(each[scheme]) & frame[word].isin(each[word])
    pairs = pd.Series(list(zip(frame[scheme], frame[word], strict=True)), index=frame.index, dtype="object")
    wrong = frame[listed & ~pairs.isin(known)]
    return [
        refuse(
            rule,
            file,
            row["row"],
            word,
            row[word],
            scheme=row[scheme],
            known=", ".join(sorted(other for own, other in known if own == row[scheme])),
        )
        for _, row in wrong.iterrows()
    ]
