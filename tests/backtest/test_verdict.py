import pandas as pd
import pytest

from actuarial.backtest.verdict import reason, shares, verdicts

LOST = "trend: a: no level in the last year; trend: b, region 1: 2 unbroken growth steps, 4 are needed"


def row(series: str, model: str, **changes: object) -> dict[str, object]:
    """A row of the table: 24 cells whose observed mean is 50."""
    return {
        "series": series, "split": "all", "group": "all", "errors": "raw", "model": model, "count": 24, "bias": -5.0,
        "mae": 10.0, "mape": 0.2, "rmse": 12.5, "crps": 5.0, "crps_share": 0.1, "log_score": -3.0, "pit_p_value": 0.3,
        "coverage_50": 0.5, "coverage_error_50": 0.1, "interval_score_50": 20.0, "coverage_80": 0.75,
        "coverage_error_80": 0.0816, "interval_score_80": 30.0, "coverage_95": 0.9, "coverage_error_95": 0.04,
        "interval_score_95": 40.0, "crps_skill": 0.2, "count_shared": 24, "cells": "own", "note": "", **changes,
    }  # fmt: skip


def told(**changes: object) -> dict:
    table = pd.DataFrame([row("a", "trend", **changes)])
    return verdicts(shares(table)).to_dict("records")[0]


def test_amounts_are_shares_of_the_observed():
    first = shares(pd.DataFrame([row("a", "trend")])).to_dict("records")[0]
    shown = {name: first[name] for name in ("bias", "mae", "rmse", "crps", "interval_score_80")}
    assert shown == pytest.approx({"bias": -0.1, "mae": 0.2, "rmse": 0.25, "crps": 0.1, "interval_score_80": 0.6})
    assert first["mape"] == 0.2


def test_common_cells_and_net_errors_are_left_to_the_table():
    rows = [row("a", "trend"), row("a", "trend", cells="common"), row("a", "trend", errors="net")]
    assert len(shares(pd.DataFrame(rows))) == 1


def test_reason_is_that_of_the_series_alone():
    note = f"{LOST}; no forecast in 18 of 18 cells (2010..2010, 1); {LOST} (2011..2012, 2)"
    assert reason(note, ["a"]) == "trend: b, region 1: 2 unbroken growth steps, 4 are needed"
    assert reason(note, ["b"]) == "trend: a: no level in the last year"
    assert reason("smoothing: 0 levels, 5 are needed (2010..2014, 5)", []) == "smoothing: 0 levels, 5 are needed"


def test_only_a_silent_model_has_a_reason():
    rows = shares(pd.DataFrame([row("a", "trend", note=LOST), row("b", "trend", note=LOST, count=0)]))
    assert rows["reason"].tolist() == ["", "trend: b, region 1: 2 unbroken growth steps, 4 are needed"]


@pytest.mark.parametrize(
    ("skill", "count", "verdict"),
    [
        (0.2, 16, "better"),
        (-0.2, 16, "worse"),
        (0.04, 16, "even"),
        (-0.04, 16, "even"),
        (0.2, 15, "few"),
        (float("nan"), 0, "none"),
    ],
)
def test_verdict_is_by_the_skill_where_cells_are_enough(skill, count, verdict):
    assert told(crps_skill=skill, count_shared=count)["verdict"] == verdict


@pytest.mark.parametrize(
    ("coverage", "error", "band"),
    [
        (0.63, 0.09, "right"),
        (0.61, 0.09, "narrow"),
        (1.0, 0.09, "wide"),
        (1.0, 0.11, "few"),
        (0.0, float("nan"), "none"),
    ],
)
def test_band_is_right_within_two_binomial_errors(coverage, error, band):
    assert told(coverage_80=coverage, coverage_error_80=error)["band"] == band


def test_horizons_without_shared_cells_do_not_count():
    rows = [row("a", "trend"), row("b", "trend", crps_skill=float("nan"), count_shared=0)]
    rows += [
        row("a", "trend", split="horizon", group=str(step), crps_skill=skill)
        for step, skill in ((1, 0.1), (2, -0.1), (3, float("nan")))
    ]
    found = {entry["series"]: entry for entry in verdicts(shares(pd.DataFrame(rows))).to_dict("records")}
    assert (found["a"]["horizons"], found["a"]["horizons_better"]) == (2, 1)
    assert (found["b"]["horizons"], found["b"]["horizons_better"], found["b"]["verdict"]) == (0, 0, "none")
