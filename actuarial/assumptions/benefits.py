"""The benefit rules of a city as a typed table, with what an empty cell means written out."""

import pandas as pd

from actuarial.errors import AssumptionError
from actuarial.tables import CityData

# What an empty cell says: from the first admission on, from the first yuan on, without an end.
_EMPTY = {"admission": 1.0, "lower": 0.0, "upper": float("inf")}
_COLUMNS = (
    "row",
    "region",
    "scheme",
    "layer",
    "group",
    "service",
    "tier",
    "area",
    "parameter",
    "admission",
    "lower",
    "upper",
    "from_year",
    "value",
    "unit",
    "provenance",
    "source",
)
_PLACE = ["layer", "parameter", "region", "scheme", "group", "service", "tier", "area", "from_year"]


def read_benefits(data: CityData) -> pd.DataFrame:
    """Every rule of a city, schedule by schedule, each in order of year, admission and segment.

    Returns
    -------
    frame : columns of the table and ``row``, the line of the file
        ``admission`` whole, 1 where empty; ``lower``, ``upper`` in yuan, 0 and infinite where empty; ``value`` in yuan,
        1 or month, as ``unit`` says.

    Raises
    ------
    AssumptionError
        If the folder has no such table.
    """
    if "benefits" not in data.frames:
        raise AssumptionError(f"benefits: the folder of {data.city.code} has no such table; add benefits.csv")
    frame = data.frames["benefits"].fillna(_EMPTY)
    frame = frame.assign(admission=frame["admission"].astype("int64"))
    ordered = frame.sort_values([*_PLACE, "admission", "lower"], kind="stable", ignore_index=True)
    return ordered[list(_COLUMNS)]
