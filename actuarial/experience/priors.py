"""What is believed of a city before its history is seen: one table, each number with its reason."""

import hashlib
from collections.abc import Sequence
from importlib.resources import files

import pandas as pd

from actuarial.errors import AssumptionError
from actuarial.experience.morbidity import MorbidityPriors
from actuarial.experience.revenue import RevenuePriors, SeriesPriors

TABLE = "priors.csv"


def read_priors(model: str) -> pd.DataFrame:
    """Rows of a model: series (empty where the prior is of no single one), parameter, value, reason."""
    text = files("actuarial.experience") / TABLE
    with text.open(encoding="utf-8") as lines:
        frame = pd.read_csv(lines, dtype={"series": "str"}, keep_default_na=False)
    return frame[frame["model"] == model].reset_index(drop=True)


def morbidity_priors() -> MorbidityPriors:
    """Priors of the morbidity model."""
    frame = read_priors("morbidity")
    return MorbidityPriors(**dict(zip(frame["parameter"], frame["value"].astype(float), strict=True)))


def revenue_priors(series: Sequence[str]) -> RevenuePriors:
    """Priors of the revenue model for a panel of these series, in this order.

    Raises
    ------
    AssumptionError
        If the table has no priors for a series.
    """
    frame = read_priors("revenue")
    own = {str(name): _numbers(rows) for name, rows in frame.groupby("series")}
    absent = [name for name in series if name not in own]
    if absent:
        raise AssumptionError(f"revenue: no priors for the series {absent[0]}; add them to {TABLE}")
    return RevenuePriors(series={name: SeriesPriors(**own[name]) for name in series}, **own[""])


def priors_digest() -> str:
    """SHA-256 of the table."""
    return hashlib.sha256((files("actuarial.experience") / TABLE).read_bytes()).hexdigest()


def _numbers(rows: pd.DataFrame) -> dict[str, float]:
    return {str(name): float(value) for name, value in zip(rows["parameter"], rows["value"], strict=True)}
