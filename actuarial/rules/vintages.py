"""Preliminary and final figures of a year: one of the two per region, year and fund, never both."""

import pandas as pd

ACCOUNT = ["region", "year", "scheme", "fund"]


def chosen(ledger: pd.DataFrame) -> pd.DataFrame:
    """Rows of the final vintage; of the preliminary one where a region, year and fund has no final row."""
    is_final = ledger["vintage"] == "final"
    has_final = is_final.groupby([ledger[name] for name in ACCOUNT]).transform("any")
    return ledger[is_final | ~has_final].reset_index(drop=True)
