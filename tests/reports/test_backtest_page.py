"""The page of a backtest shows its table, says what a verdict means, and names no model that it has no words for."""

import itertools
import re
import xml.etree.ElementTree as ElementTree
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from actuarial.backtest.city import city_models, rival_program
from actuarial.backtest.verdict import shares, verdicts
from actuarial.runs.store import Run
from actuarial.wording import LANGUAGES, text
from reports.backtest_page import (
    MODELS,
    Question,
    answer_table,
    coverage_chart,
    error_chart,
    html,
    reading,
    score_table,
    write_backtest,
)
from reports.view import View
from tests.reports.test_charts import SVG, boxes
from tests.reports.test_static import tables

QUESTION = Question("330200", {"zh": "宁波市", "en": "Ningbo"}, 2012, 2024, 2025, 2, 1000, 7, "ab12")


def row(series: str, model: str, split: str, group: str, count: int, crps: float, rival: float) -> dict[str, object]:
    """A row of a backtest's table; CRPS of the model and of its rival in % of an observed mean of 50."""
    levels = {50: 0.25, 80: 0.5, 95: 1.0}
    has = np.nan if count == 0 else 1.0
    scores = {
        f"{name}_{level}": value * has
        for level, share in levels.items()
        for name, value in (
            ("coverage", share),
            ("coverage_error", np.sqrt(level * (100 - level) / max(count, 1)) / 100),
            ("interval_score", 20.0),
        )
    }
    amounts = {"bias": -5.0, "mae": 10.0, "rmse": 12.5, "log_score": -3.0, "mape": np.inf, "pit_p_value": 0.0001}
    return {
        "series": series, "split": split, "group": group, "errors": "raw", "model": model, "count": count,
        "crps": crps / 2 * has, "crps_share": crps / 100 * has, "crps_skill": (1 - crps / rival) * has,
        "count_shared": count, "cells": "own",
        "note": "" if count else "AutoETS: <b>its</b> environment is not there (2012..2024, 13)",
        **{name: value * has for name, value in amounts.items()}, **scores,
    }  # fmt: skip


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Resident cost with a good trend model, assistance cost with three cells, and AutoETS without any."""
    table = []
    for series, count, trend in (("resident_cost", 20, 4.0), ("assistance_cost", 3, 12.0)):
        for split, group in (("all", "all"), ("horizon", "1"), ("horizon", "2")):
            table += [
                row(series, "trend", split, group, count, trend, 8.0),
                row(series, "drift", split, group, count, 8.0, 8.0),
                row(series, "AutoETS", split, group, 0, 1.0, 8.0),
            ]
    return shares(pd.DataFrame(table))


@pytest.fixture(scope="module")
def judged(rows: pd.DataFrame) -> pd.DataFrame:
    return verdicts(rows)


def view(language: str) -> View:
    return View(Run("", xr.Dataset(), {}), language, "100m_yuan")


def test_every_model_of_the_backtest_has_its_place_and_its_words() -> None:
    with rival_program(None) as program:
        models = {*city_models(program), "stack"}
    assert models == set(MODELS)
    assert all(text(f"backtest.model_{model}", language) for model in models for language in LANGUAGES)


def test_the_answer_is_one_row_for_each_series(judged: pd.DataFrame) -> None:
    good, few = answer_table(view("en"), judged).rows
    assert good.label == "Resident cost per standard member"
    assert [re.sub("<.*?>", "", str(cell)) for cell in good.cells] == [
        "20", "0.50", "2 of 2", "● smaller error", "50% ±9%", "▼ too narrow", "-10.0%"
    ]  # fmt: skip
    assert re.sub("<.*?>", "", few.cells[3]) == "○ too few"


def test_scores_are_those_of_the_table(rows: pd.DataFrame) -> None:
    table = score_table(view("en"), "resident_cost", rows[rows["series"] == "resident_cost"])
    assert [line.label for line in table.rows] == ["Trend model", "Mean growth (drift)"]
    assert table.rows[0].cells == (
        "20", "4.0%", "0.50 (20)", "25% ±11%", "50% ±9%", "100% ±5%", "-10.0%", "20.0%", "∞", "25.0%", "40.0%", "<0.001"
    )  # fmt: skip


def test_a_verdict_is_told_in_words(judged: pd.DataFrame) -> None:
    entries = {entry["series"]: entry for entry in judged[judged["model"] == "trend"].to_dict("records")}
    assert reading(view("zh"), entries["resident_cost"]) == (
        "趋势模型的误差小于平均增长外推，为其 0.50 倍（可比预测 20 个，2 个预测期中 2 个领先）。"
        "80%区间只包含了 50% 的实际数（二项误差 ±9%），区间偏窄，低估了不确定程度，安排预算和准备金时应另留余地。"
        "预测数平均偏低 10.0%。"
    )
    assert reading(view("en"), entries["assistance_cost"]) == (
        "Trend model: only 3 forecasts can be compared with mean growth, too few to say. "
        "Forecasts to judge its intervals by: 3, too few."
    )


@pytest.mark.parametrize("verdict", ["better", "worse", "even", "few", "none"])
@pytest.mark.parametrize("band", ["right", "narrow", "wide", "few", "none"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_verdict_has_words(judged: pd.DataFrame, verdict: str, band: str, language: str) -> None:
    frame = judged[judged["model"] == "trend"].assign(verdict=verdict, band=band)
    assert reading(view(language), frame.to_dict("records")[0])
    assert len(answer_table(view(language), frame).rows) == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_model_without_scores_says_why_and_is_never_markup(
    rows: pd.DataFrame, judged: pd.DataFrame, language: str
) -> None:
    page = html(QUESTION, rows, judged, language)
    assert "<b>" not in page
    assert unescape(page).count("AutoETS: <b>its</b> environment is not there") == 2


def test_a_series_without_any_forecast_has_no_chart(rows: pd.DataFrame) -> None:
    silent = rows[rows["model"] == "AutoETS"]
    page = html(QUESTION, silent, verdicts(silent), "en")
    assert "<svg" not in page


def test_horizons_without_a_forecast_leave_a_gap(rows: pd.DataFrame) -> None:
    cut = rows[~((rows["model"] == "trend") & (rows["group"] == "2"))]
    _, chart = error_chart(view("en"), "resident_cost", cut[cut["series"] == "resident_cost"])
    assert "Trend model 4.0% / —; Mean growth (drift) 8.0% / 8.0%." in chart


def test_a_dot_outside_the_band_of_chance_stands_outside(rows: pd.DataFrame) -> None:
    """Of twenty cells 25% lie in the 50% interval, two binomial errors of 11% away from it are 28% to 72%."""
    _, chart = coverage_chart(view("en"), "resident_cost", rows[rows["series"] == "resident_cost"])
    dot = float(re.findall(r'cx="([\d.]+)"', chart)[0])
    left, width = (float(part) for part in re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', chart)[0])
    edges = [float(x) for x in re.findall(r'<line x1="([\d.]+)"', chart)[:2]]
    length = edges[1] - edges[0]
    # Pixels are written with one decimal, and an axis is some hundred of them.
    assert (dot - edges[0]) / length == pytest.approx(0.25, abs=0.002)
    assert (left - edges[0]) / length == pytest.approx(0.5 - 2 * np.sqrt(0.25 / 20), abs=0.002)
    assert width / length == pytest.approx(4 * np.sqrt(0.25 / 20), abs=0.002)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_label_is_cut_and_none_overlap(rows: pd.DataFrame, language: str) -> None:
    for name in ("resident_cost", "assistance_cost"):
        for maker in (coverage_chart, error_chart):
            root = ElementTree.fromstring(str(maker(view(language), name, rows[rows["series"] == name])[1]))
            width = float(root.attrib["viewBox"].split()[2])
            assert len(root.findtext(f"{SVG}desc") or "") > 10
            found = boxes(root)
            assert all(left >= 0 and right <= width for left, right, *_ in found)
            for one, other in itertools.combinations(found, 2):
                apart = one[1] <= other[0] or other[1] <= one[0] or one[3] <= other[2] or other[3] <= one[2]
                assert apart, (one[4], other[4])


def test_the_page_is_one_file_that_asks_for_nothing(rows: pd.DataFrame, judged: pd.DataFrame, tmp_path: Path) -> None:
    for language in LANGUAGES:
        path = write_backtest(QUESTION, rows, judged, language, tmp_path / "out")
        assert path.name == f"330200-backtest-2012-2024.{language}.html"
        page = path.read_text(encoding="utf-8")
        plain = page.replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert re.findall(r'(?:src|href|url)\s*[=(]\s*["\']?(?!#|data:)[^"\'>)\s]+', plain) == []
        assert "<script" not in page
        assert set(tables(page)) == {"answers", "scores-resident_cost", "scores-assistance_cost"}
        for name in ("few", "binomial", "vintage", "break"):
            assert text(f"backtest.caveat_{name}", language) in unescape(page)
