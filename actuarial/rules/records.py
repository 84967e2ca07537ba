"""Rows that break a rule, one by one, for the fault that each of them makes."""

from collections.abc import Iterator
from typing import Any

import pandas as pd


def records(frame: pd.DataFrame) -> Iterator[Any]:
    """Every row as a record with the names of the columns; its place in the frame is ``Index``."""
    return iter(frame.itertuples())


def cells_of(column: pd.Series) -> Iterator[tuple[Any, str]]:
    """Place and text of every cell."""
    return zip(column.index, column.astype("str"), strict=True)
