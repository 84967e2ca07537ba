"""What the table of a backtest comes to: amounts as shares of what was observed, why a model is silent, who is ahead.

It reads the rows of raw errors over each model's own cells: skill is over the cells that a model shares with the
reference, so a model that speaks seldom is not set against cells that it never saw.
"""

import re

import numpy as np
import pandas as pd

from actuarial.backtest.scores import LEVELS

AMOUNTS = ("bias", "mae", "rmse", *(f"interval_score_{round(100 * level)}" for level in LEVELS))
# The interval whose coverage is judged: own choice, the middle of the three.
LEVEL = 0.8
# Cells are too few for a verdict where the binomial error at that level passes this; own choice: with a larger one, two
# errors reach from 80% to below 60%. That is fewer than sixteen cells.
LARGEST_ERROR = 0.1
# Coverage departs from its level when it lies further off than this many binomial errors; own choice, the usual two.
ERRORS_APART = 2
# A skill this close to zero is neither better nor worse; own choice: on China another seed moves one near zero by 0.02,
# and luck in some twenty overlapping forecasts moves it further.
EVEN = 0.05
_ORIGINS = re.compile(r" \(\d+\.\.\d+, \d+\)$")


def shares(table: pd.DataFrame) -> pd.DataFrame:
    """Raw rows over own cells with bias, MAE, RMSE, CRPS and interval scores as shares of the mean of the observed.

    A column `reason` says why a model has no row of its own to show; it is empty where the model was scored.
    """
    rows = table[(table["errors"] == "raw") & (table["cells"] == "own")].reset_index(drop=True)
    scale = rows["crps"] / rows["crps_share"]
    amounts = {name: rows[name] / scale for name in AMOUNTS}
    names = rows["series"].unique().tolist()
    why = [
        "" if row["count"] else reason(row["note"], [name for name in names if name != row["series"]])
        for row in rows.to_dict("records")
    ]
    kept = rows.drop(columns=["crps_share", "errors", "cells", "note", "log_score"])
    return kept.assign(crps=rows["crps_share"], reason=why, **amounts)


def reason(note: str, other_series: list[str]) -> str:
    """What a note says of one series: each statement once, without its origins and without those on other series."""
    statements = [_ORIGINS.sub("", part) for part in note.split("; ")]
    others = re.compile("|".join(rf"\b{re.escape(name)}\b" for name in other_series) or r"(?!)")
    own = [part for part in statements if part and not part.startswith("no forecast in") and not others.search(part)]
    return "; ".join(dict.fromkeys(own))


def verdicts(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per series and model: does it beat the reference, and do its 80% intervals hold what they promise?

    Parameters
    ----------
    rows : as `shares` gives them, with skill against the reference of the backtest

    Returns
    -------
    series, model, count, skill, count_shared, bias, coverage_80, coverage_error_80, reason, and
    verdict : `better` or `worse` by the sign of the skill, `even` where it is within EVEN of zero, `few` where the
        shared cells are too few to say, `none` where there are none
    horizons, horizons_better : horizons with shared cells, and those of them with positive skill
    band : `narrow`, `wide` or `right` by the coverage of the 80% interval, `few` and `none` as above by own cells
    """
    keys = ["series", "model"]
    whole = rows[rows["split"] == "all"].set_index(keys, drop=False)
    steps = rows[(rows["split"] == "horizon") & rows["crps_skill"].notna()]
    by_step = (steps["crps_skill"] > 0).groupby([steps[key] for key in keys])
    kept = [*keys, "count", "crps_skill", "count_shared", "bias", "coverage_80", "coverage_error_80", "reason"]
    skills = zip(whole["crps_skill"].tolist(), whole["count_shared"].tolist(), strict=True)
    coverages = zip(whole["coverage_80"].tolist(), whole["coverage_error_80"].tolist(), strict=True)
    return (
        whole[kept]
        .rename(columns={"crps_skill": "skill"})
        .assign(
            verdict=[_verdict(*skill) for skill in skills],
            horizons=by_step.count().reindex(whole.index, fill_value=0),
            horizons_better=by_step.sum().reindex(whole.index, fill_value=0),
            band=[_band(*coverage) for coverage in coverages],
        )
        .reset_index(drop=True)
    )


def _verdict(skill: float, count: int) -> str:
    if count == 0 or not np.isfinite(skill):
        return "none"
    if np.sqrt(LEVEL * (1 - LEVEL) / count) > LARGEST_ERROR:
        return "few"
    if abs(skill) < EVEN:
        return "even"
    return "better" if skill > 0 else "worse"


def _band(coverage: float, error: float) -> str:
    if not np.isfinite(error):
        return "none"
    if error > LARGEST_ERROR:
        return "few"
    if abs(coverage - LEVEL) <= ERRORS_APART * error:
        return "right"
    return "narrow" if coverage < LEVEL else "wide"
