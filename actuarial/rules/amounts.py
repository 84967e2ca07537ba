"""Ledger flows with their sign, in whole fen; amounts and years as messages show them."""

from collections.abc import Iterable

import pandas as pd

from actuarial.schema import LEVEL_INFLOWS, LEVEL_OUTFLOWS, REVENUE_LINES, SPENDING_LINES

REVENUE = {(scheme, line) for scheme, lines in REVENUE_LINES.items() for line in lines}
SPENDING = {(scheme, line) for scheme, lines in SPENDING_LINES.items() for line in lines}


def side(ledger: pd.DataFrame) -> pd.Series:
    """Side of every row: revenue, spending, inflow or outflow between levels, or the balance itself."""
    pairs = pd.MultiIndex.from_frame(ledger[["scheme", "line"]])
    sides = pd.Series("", index=ledger.index, dtype="str")
    sides[pairs.isin(REVENUE)] = "revenue"
    sides[pairs.isin(SPENDING)] = "spending"
    sides[ledger["line"].isin(LEVEL_INFLOWS)] = "inflow"
    sides[ledger["line"].isin(LEVEL_OUTFLOWS)] = "outflow"
    return sides.where(sides != "", ledger["line"])


def signed_fen(ledger: pd.DataFrame) -> pd.Series:
    """Fen that a flow adds to the balance; zero for the balances."""
    sign = side(ledger).map({"revenue": 1, "inflow": 1, "spending": -1, "outflow": -1})
    return ledger["fen"] * sign.fillna(0).astype("int64")


def yuan(fen: int) -> str:
    """An amount in yuan with two decimals, exactly."""
    return f"{'-' if fen < 0 else ''}{abs(int(fen)) // 100}.{abs(int(fen)) % 100:02d}"


def plain(number: float) -> str:
    """A number as its shortest digits, without an exponent where it is whole."""
    return f"{number:.0f}" if number == round(number) else f"{number:.15g}"


def runs(years: Iterable[int]) -> str:
    """Years as 2000-2003, 2007."""
    found: list[list[int]] = []
    for year in sorted(years):
        if found and year == found[-1][-1] + 1:
            found[-1].append(year)
        else:
            found.append([year])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in found)
