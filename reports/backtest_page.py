"""The backtest of a city as one HTML file: what was asked, how each series did, and how far that can be trusted."""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr
from markupsafe import Markup, escape

from actuarial.runs.store import Run
from reports.backtest_charts import Line, Mark, coverage, errors
from reports.charts import Words
from reports.pages.section import TEMPLATES, Section, fill
from reports.reliability import reliability_tables
from reports.static import style
from reports.tables import NOTHING, Row, Table
from reports.view import UNITS, View

# The model that is asked about, what it is set against, and the rest in the order of the page.
ASKED, REFERENCE = "trend", "drift"
MODELS = (ASKED, REFERENCE, "log_drift", "naive", "smoothing", "AutoETS", "AutoARIMA", "stack")
LEVELS = {"50": 0.5, "80": 0.8, "95": 0.95}
# How a verdict is set: green, red, amber.
VERDICT_CLASS = {"better": "normal", "worse": "low", "even": "high", "few": "high", "none": "high"}
BAND_CLASS = {"right": "normal", "narrow": "low", "wide": "high", "few": "high", "none": "high"}
CAVEATS = ("reference", "few", "binomial", "vintage", "break", "financing", "pit")
# Horizons that a chart has room for.
COLUMNS = 5
NUMERALS = "一二三四五六七八九十"


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked of the backtest, and of which data.

    names : name of the city by language
    last_year : last year of the history
    """

    code: str
    names: Mapping[str, str]
    first_origin: int
    last_origin: int
    last_year: int
    horizon: int
    draws: int
    seed: int
    digest: str


def write_backtest(
    question: Question,
    rows: pd.DataFrame,
    verdicts: pd.DataFrame,
    language: str,
    folder: Path,
    reliability: Sequence[Mapping[str, Any]] = (),
) -> Path:
    """Write the page in one language and return its path.

    Parameters
    ----------
    rows : series, split (all, horizon, ...), group, model, reason, count, count_shared, crps_skill, pit_p_value, and
        as shares crps, bias, mae, mape, rmse, interval_score_80, coverage_50, _80, _95, coverage_error_50, _80, _95
    verdicts : series, model, verdict, band, count, skill, count_shared, horizons, horizons_better, bias, coverage_80,
        coverage_error_80
    reliability : as `backtest.deficit.reliability_records`; the section is left out where its cells are too few
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{question.code}-backtest-{question.first_origin}-{question.last_origin}.{language}.html"
    path.write_text(html(question, rows, verdicts, language, reliability), encoding="utf-8")
    return path


def html(
    question: Question,
    rows: pd.DataFrame,
    verdicts: pd.DataFrame,
    language: str,
    reliability: Sequence[Mapping[str, Any]] = (),
) -> str:
    """The page as text."""
    # A view without a run: the reader's words and numbers alone.
    view = View(Run("", xr.Dataset(), {}), language, UNITS[0])
    span = {"first": question.first_origin, "last": question.last_origin, "horizon": question.horizon}
    series = list(dict.fromkeys(rows["series"]))
    sections = [_answers(view, span, verdicts)]
    for place, name in enumerate(series, start=2):
        heading = _numbered(view, place, view.say(f"series.{name}"))
        sections.append(_series(view, name, heading, rows[rows["series"] == name], verdicts))
    tables = reliability_tables(view, reliability)
    if tables:
        heading = _numbered(view, len(sections) + 1, view.say("reliability.heading"))
        sections.append(_section("deficits", view, heading, [view.say("reliability.lead")], tables=tables))
    sections.append(_caveats(view, len(sections) + 1))
    return TEMPLATES.get_template("page.html").render(
        view=view,
        title=view.say("backtest.title", city=question.names[language]),
        subtitle=view.say("backtest.subtitle", **span, draws=view.number(question.draws)),
        stamp=view.say("backtest.stamp", seed=question.seed, year=question.last_year, digest=question.digest),
        caution=view.say("backtest.caution"),
        style=Markup(style()),
        sections=sections,
    )


def reading(view: View, entry: Mapping[Hashable, Any]) -> str:
    """What a verdict means, in a sentence or three."""
    words = {
        "model": model_name(view, str(entry["model"])),
        "times": times(view, entry["skill"]),
        "count": entry["count_shared"],
        "horizons": entry["horizons"],
        "ahead": entry["horizons_better"],
    }
    told = {
        "share": _percent(view, entry["coverage_80"], 0),
        "error": _percent(view, entry["coverage_error_80"], 0),
        "count": entry["count"],
    }
    said = [view.say(f"backtest.said_{entry['verdict']}", **words), view.say(f"backtest.told_{entry['band']}", **told)]
    bias = _number(entry["bias"])
    if entry["band"] not in ("few", "none") and math.isfinite(bias):
        side = "high" if bias > 0 else "low"
        said.append(view.say(f"backtest.bias_{side}", bias=view.percent(abs(bias))))
    return view.join(said)


def model_name(view: View, model: str) -> str:
    """A model in the reader's words."""
    return view.say(f"backtest.model_{model}")


def times(view: View, skill: object) -> str:
    """The error as a multiple of the reference's: 1 less skill."""
    return view.number(1 - _number(skill), 2) if math.isfinite(_number(skill)) else NOTHING


def _answers(view: View, span: Mapping[str, int], verdicts: pd.DataFrame) -> Section:
    paragraphs = [view.say("backtest.asked", **span)]
    return _section(
        "answer", view, view.say("backtest.answer_heading"), paragraphs, tables=[answer_table(view, verdicts)]
    )


def answer_table(view: View, verdicts: pd.DataFrame) -> Table:
    """One row per series: the model that is asked about against the reference."""
    rows = []
    for entry in verdicts[verdicts["model"] == ASKED].to_dict("records"):
        held = {
            name: _percent(view, entry[f"coverage{part}_80"], 0) for name, part in (("share", ""), ("error", "_error"))
        }
        ahead = view.say("backtest.ahead_of", ahead=entry["horizons_better"], count=entry["horizons"])
        cells = (
            view.number(entry["count_shared"]),
            times(view, entry["skill"]),
            ahead if entry["horizons"] else NOTHING,
            _marked(VERDICT_CLASS[entry["verdict"]], view.say(f"backtest.verdict_{entry['verdict']}")),
            view.say("backtest.covered", **held) if entry["count"] else NOTHING,
            _marked(BAND_CLASS[entry["band"]], view.say(f"backtest.band_{entry['band']}")),
            _signed(view, entry["bias"]),
        )
        rows.append(Row(view.say(f"series.{entry['series']}"), cells))
    heads = ("series", "shared", "times", "ahead", "accuracy", "held", "trust", "deviation")
    shown = tuple(view.say(f"backtest.{head}") for head in heads)
    return Table("answers", view.say("backtest.answers"), shown, tuple(rows))


def _series(view: View, name: str, heading: str, rows: pd.DataFrame, verdicts: pd.DataFrame) -> Section:
    own = verdicts[verdicts["series"] == name].to_dict("records")
    paragraphs = [reading(view, entry) for entry in own if entry["model"] == ASKED]
    sure = [entry for entry in own if entry["verdict"] in ("better", "even", "worse") and entry["model"] != REFERENCE]
    best = max(sure, key=lambda entry: entry["skill"], default=None)
    if best is not None and best["verdict"] == "better":
        said = {"model": model_name(view, best["model"]), "times": times(view, best["skill"])}
        paragraphs.append(view.say("backtest.best", **said))
    elif best is not None:
        paragraphs.append(view.say("backtest.best_reference"))
    makers = (coverage_chart, error_chart) if rows["count"].any() else ()
    charts = [maker(view, name, rows) for maker in makers]
    points = [
        view.say("backtest.silent", model=model_name(view, entry["model"]), reason=entry["reason"])
        if entry["reason"]
        else view.say("backtest.silent_unheld", model=model_name(view, entry["model"]))
        for entry in own
        if not entry["count"]
    ]
    return _section(name.replace("_", "-"), view, heading, paragraphs, charts, [score_table(view, name, rows)], points)


def score_table(view: View, name: str, rows: pd.DataFrame) -> Table:
    """Every score of every model that has one, over all its own forecasts of a series."""
    shown = []
    for row in _ordered(rows[(rows["split"] == "all") & (rows["count"] > 0)]):
        inside = [
            view.say(
                "backtest.covered",
                share=_percent(view, row[f"coverage_{level}"], 0),
                error=_percent(view, row[f"coverage_error_{level}"], 0),
            )
            for level in LEVELS
        ]
        ratio = view.say("backtest.times_count", times=times(view, row["crps_skill"]), count=row["count_shared"])
        cells = (
            view.number(row["count"]),
            _percent(view, row["crps"]),
            ratio if row["count_shared"] else NOTHING,
            *inside,
            _signed(view, row["bias"]),
            *(_percent(view, row[score]) for score in ("mae", "mape", "rmse", "interval_score_80")),
            _p_value(view, row["pit_p_value"]),
        )
        shown.append(Row(model_name(view, row["model"]), cells, "total" if row["model"] == ASKED else "line"))
    heads = (
        *(view.say(f"backtest.{head}") for head in ("model", "count", "crps", "times")),
        *(view.say("backtest.inside", level=f"{level}%") for level in LEVELS),
        *(view.say(f"backtest.{head}") for head in ("bias", "mae", "mape", "rmse", "score", "pit")),
    )
    caption = view.say("backtest.table", series=view.say(f"series.{name}"))
    return Table(f"scores-{name}", caption, heads, tuple(shown), (view.say("backtest.table_note"),))


def coverage_chart(view: View, name: str, rows: pd.DataFrame) -> tuple[str, Markup]:
    """Title and chart: what the intervals of each model held."""
    lines, items = [], []
    for row in _ordered(rows[(rows["split"] == "all") & (rows["count"] > 0)]):
        shares = [_percent(view, row[f"coverage_{level}"], 0) for level in LEVELS]
        # Two binomial errors, as the verdict takes them.
        marks = [
            Mark(row[f"coverage_{level}"], text, 2 * row[f"coverage_error_{level}"])
            for level, text in zip(LEVELS, shares, strict=True)
        ]
        model = model_name(view, row["model"])
        lines.append(Line(model, row["model"] == ASKED, tuple(marks)))
        items.append(view.say("backtest.coverage_item", model=model, shares=" / ".join(shares)))
    title = view.say("backtest.coverage", series=view.say(f"series.{name}"))
    described = view.say("backtest.coverage_text", items=_listed(view, items))
    words = Words(f"coverage-{name}", title, described, view.say("backtest.coverage_axis"))
    heads = [view.say("backtest.inside", level=f"{level}%") for level in LEVELS]
    return title, coverage(words, heads, list(LEVELS.values()), lines)


def error_chart(view: View, name: str, rows: pd.DataFrame) -> tuple[str, Markup]:
    """Title and chart: CRPS of each model by horizon, as a share of the mean of what came true."""
    steps = rows[(rows["split"] == "horizon") & (rows["count"] > 0)]
    horizons = sorted(steps["group"].unique(), key=int)[:COLUMNS]
    whole = steps[steps["model"] == REFERENCE].set_index("group")["count"]
    models = _ordered(rows[(rows["split"] == "all") & (rows["count"] > 0)])
    lines, items = [], []
    for model in (row["model"] for row in models):
        found = steps[steps["model"] == model].set_index("group")
        marks = [
            Mark(
                found["crps"][step],
                _percent(view, found["crps"][step]),
                is_pale=found["count_shared"][step] < whole.get(step, 0),
            )
            if step in found.index and math.isfinite(found["crps"][step])
            else None
            for step in horizons
        ]
        lines.append(Line(model_name(view, model), model == ASKED, tuple(marks)))
        shown = " / ".join(mark.text if mark else NOTHING for mark in marks)
        items.append(view.say("backtest.coverage_item", model=model_name(view, model), shares=shown))
    title = view.say("backtest.errors", series=view.say(f"series.{name}"))
    described = view.say("backtest.errors_text", items=_listed(view, items))
    words = Words(f"errors-{name}", title, described, view.say("backtest.errors_axis"))
    return title, errors(words, [view.say("backtest.ahead_years", step=step) for step in horizons], lines)


def _caveats(view: View, number: int) -> Section:
    shown = NUMERALS[number - 1] if view.language == "zh" and number <= len(NUMERALS) else str(number)
    points = [view.say(f"backtest.caveat_{name}") for name in CAVEATS]
    return _section("caveats", view, view.say("backtest.caveat_heading", number=shown), points=points)


def _section(
    key: str,
    view: View,
    title: str,
    paragraphs: Sequence[str] = (),
    charts: Sequence[tuple[str, Markup]] = (),
    tables: Sequence[Table] = (),
    points: Sequence[str] = (),
) -> Section:
    parts = {"paragraphs": paragraphs, "charts": charts, "tables": tables, "points": points}
    return Section(key, title, fill("backtest.html", view, **parts))


def _numbered(view: View, place: int, name: str) -> str:
    if view.language == "zh":
        return f"{NUMERALS[place - 1] if place <= len(NUMERALS) else place}、{name}"
    return f"{place}. {name}"


def _ordered(rows: pd.DataFrame) -> list[dict]:
    """Rows in the order of the page; a model that the page does not know comes last, and has no name yet."""
    return sorted(
        rows.to_dict("records"), key=lambda row: MODELS.index(row["model"]) if row["model"] in MODELS else len(MODELS)
    )


def _listed(view: View, items: Sequence[str]) -> str:
    return view.say("note.separator").join(items)


def _marked(kind: str, words: str) -> Markup:
    return Markup('<span class="{}">{}</span>').format(kind, escape(words))


def _number(value: object) -> float:
    return float(value)  # type: ignore[arg-type]


def _percent(view: View, share: object, decimals: int = 1) -> str:
    value = _number(share)
    if math.isnan(value):
        return NOTHING
    return view.percent(value, decimals) if math.isfinite(value) else "∞"


def _signed(view: View, share: object) -> str:
    text = _percent(view, share)
    return f"+{text}" if _number(share) > 0 and any(digit in text for digit in "123456789") else text


def _p_value(view: View, value: object) -> str:
    if math.isnan(_number(value)):
        return NOTHING
    return "<0.001" if _number(value) < 0.001 else view.number(_number(value), 3)
