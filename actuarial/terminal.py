"""What the command line shows a person: faults, figures, scores, progress; both languages side by side."""

import sys
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import xarray as xr
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from actuarial.experience.indication import Indication
from actuarial.faults import Fault
from actuarial.money import FEN_PER_YUAN, round_to_total
from actuarial.runs.fits import Fitted
from actuarial.runs.jobs import Outcome
from actuarial.runs.store import Run
from actuarial.schema import POOLED_FUNDS, SCHEME_FUND
from actuarial.wording import LANGUAGES, text

YUAN_PER_100M = 100_000_000
_WIDTH = 110


def both(key: str, **values: object) -> str:
    """A text in Chinese and English."""
    return f"{text(key, 'zh', **values)} {text(key, 'en', **values)}"


def stacked(key: str, **values: object) -> str:
    """A text in Chinese over the same in English, for a column or its head."""
    return f"{text(key, 'zh', **values)}\n{text(key, 'en', **values)}"


def console() -> Console:
    """Standard output, as wide as the terminal, or of a fixed width where there is none."""
    return Console(width=None if sys.stdout.isatty() else _WIDTH, highlight=False)


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on standard error where that is a terminal; silence elsewhere."""
    with _bar(what) as shown:
        if shown is None:
            yield None
        else:
            bar, task = shown
            yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def model_progress() -> Iterator[Callable[[str, int, int], None] | None]:
    """The same for the models of a fit, with the name of the one at work."""
    with _bar("fit") as shown:
        if shown is None:
            yield None
        else:
            bar, task = shown
            yield lambda model, done, total: bar.update(
                task,
                description=both("model.text.fitting", model=both(f"model.name.{model}")),
                completed=done,
                total=total,
            )


@contextmanager
def _bar(what: str) -> Iterator[tuple[Progress, TaskID] | None]:
    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield bar, bar.add_task(both(f"terminal.progress.{what}"), total=None)


def print_faults(folder: Path, faults: Sequence[Fault]) -> None:
    """The faults one after the other, and how many there are of each severity."""
    out = console()
    for fault in faults:
        mark = both(f"terminal.severity.{fault.severity}")
        out.print(f"{mark}  {fault.place('zh')}  [{fault.rule}]", style="bold", markup=False)
        for language in ("zh", "en"):
            out.print(f"    {fault.message(language)} {fault.remedy(language)}", markup=False)
    counts = {kind: sum(fault.severity == kind for fault in faults) for kind in ("refuse", "warn")}
    out.print(both("terminal.checked", folder=folder, **counts), markup=False)


def print_run(run: Run, is_new: bool) -> None:
    """The headline of a run."""
    out = console()
    _print_headline(out, run)
    _print_warnings(out, run)
    out.print(both("terminal.stored" if is_new else "terminal.found", run=run.id), markup=False)


def print_budget(run: Run, paths: dict[str, str]) -> None:
    """The municipal budget by region, the reserve, and where the reports are."""
    out = console()
    _print_headline(out, run)
    for fund in POOLED_FUNDS:
        out.print(_region_table(run, fund))
    out.print(_reserve_lines(run), markup=False)
    _print_warnings(out, run)
    out.print(both("terminal.run", run=run.id), markup=False)
    for path in paths.values():
        out.print(path, markup=False, soft_wrap=True)


def print_solution(found: Mapping[str, Any]) -> None:
    """What it would take, beside what there is today, with the interval and what the answer rests on.

    Parameters
    ----------
    found : as :func:`actuarial.solving.question.answer_question` gives it
    """
    out = console()
    lever, unit = found["lever"], found["unit"]
    kind = "fund"
    if found["share"] is not None:
        kind = "share"
    elif lever.startswith(("assistance", "safety_net")):
        kind = "aid"
    elif found["region"] is not None:
        kind = "region"
    years = {"first": found["first_year"], "last": found["last_year"], "year": found["from_year"]}
    share = None if found["share"] is None else f"{found['share']:.1%}"
    for language in LANGUAGES:
        name = text(f"lever.{lever}", language)
        if found["scheme"] is not None:
            name = f"{text(f'terminal.scheme.{found["scheme"]}', language)} · {name}"
        words = {**years, "lever": name, "region": found["region"], "share": share, "target": f"{found['target']:.1%}"}
        out.print(text(f"terminal.solve.{kind}", language, **words), style="bold", markup=False)
    out.print(both("terminal.solve.today", today=_span(found["today"], unit), fails=f"{found['fails_today']:.1%}"))
    ends = sorted([found["looser"], found["stricter"]], key=lambda end: float("inf") if end is None else end[0])
    low, high = (both("terminal.solve.open") if end is None else _span(end, unit) for end in ends)
    sure = f"{found['confidence']:.0%}"
    out.print(
        both("terminal.solve.needed", needed=_span(found["needed"], unit), confidence=sure, low=low, high=high),
        markup=False,
    )
    if found["change"] is not None and unit != "1":
        out.print(both("terminal.solve.change", change=f"{found['change']:.2%}"), markup=False)
    words = {"fails": f"{found['fails_then']:.1%}", "error": f"{found['fails_error']:.1%}"}
    words |= {"draws": f"{found['draws']:,}", "seed": found["seed"], "projections": found["projections"]}
    out.print(both("terminal.solve.reached", **words), markup=False)
    if found["is_bound"]:
        out.print(both("terminal.solve.bound"), markup=False)


def _span(values: Sequence[float], unit: str) -> str:
    """One value, or the lowest and highest of the regions, in percent or yuan."""
    low, high = (f"{value:.2%}" if unit == "1" else f"{value:,.0f}" for value in values)
    return low if low == high else f"{low} … {high}"


def print_stress(found: dict, run: Run) -> None:
    """Every scenario against the baseline, one table a fund, in 亿元; where the details are."""
    out = console()
    names = {entry["name"]: f"{entry['name_zh']} {entry['name_en']}" for entry in run.manifest["stress"]["scenarios"]}
    for fund, scenarios in found["scenarios"].items():
        words = {"fund_zh": text(f"fund.{fund}", "zh"), "fund_en": text(f"fund.{fund}", "en")}
        table = Table(title=both("terminal.stress", year=found["last_year"], **words))
        table.add_column("")
        for column in ("closing_balance", "against_baseline", "deficit", "exhausted", "multiple"):
            table.add_column(stacked(f"terminal.column.{column}"), justify="right")
        for name, row in scenarios.items():
            money = [f"{row[part] / YUAN_PER_100M:,.2f}" for part in ("closing", "difference")]
            shares = [f"{row[f'{part}_probability']:.0%}" for part in ("deficit", "exhausted")]
            table.add_row(names[name], *money, *shares, _multiple(row))
        out.print(table)
    out.print(both("terminal.run", run=run.id), markup=False)


def _multiple(row: dict[str, float | None]) -> str:
    """The multiple that exhausts a fund, or the limit that it lasts to."""
    limit = row.get("multiple_limit")
    if limit is None:
        return "—"
    multiple = row["multiple"]
    return f"> {limit:.3g}" if multiple is None else f"{multiple:.2f}"


def print_publication(outcome: Outcome, paths: dict[str, str]) -> None:
    """What a scheduled job did."""
    out = console()
    if not outcome.is_published:
        out.print(both("terminal.nothing_new", run=outcome.run.id), markup=False)
        return
    _print_headline(out, outcome.run)
    out.print(both("terminal.published", run=outcome.run.id, rules=len(outcome.verdicts)), markup=False)
    for path in paths.values():
        out.print(path, markup=False, soft_wrap=True)


def print_comparison(found: dict) -> None:
    """Two runs side by side, in 亿元 and months."""
    out = console()
    for name, (first, second) in found["inputs"].items():
        out.print(f"{both(f'terminal.input.{name}')}: {first} → {second}", markup=False)
    for file in found["files"]:
        out.print(f"{both('terminal.input.file')}: {file}", markup=False)
    table = Table(title=both("terminal.comparison", first=found["first"], second=found["second"]))
    for key in ("figure", "first", "second", "difference"):
        table.add_column(stacked(f"terminal.column.{key}"), justify="left" if key == "figure" else "right")
    for name, figure in found["figures"].items():
        scheme, quantity = name.split(".")
        scale = 1 if quantity == "months_of_cover" else YUAN_PER_100M
        whose = both("terminal.city") if scheme == "city" else both(f"terminal.scheme.{scheme}")
        label = f"{whose} · {both(f'terminal.column.{quantity}')}"
        table.add_row(label, *(f"{figure[part] / scale:,.2f}" for part in ("first", "second", "difference")))
    out.print(table)


def print_fit(fitted: Fitted) -> None:
    """Indicated beside selected growth with the reason, how each was found, and where the fit is stored."""
    out, found = console(), fitted.indication
    entries = {(entry["series"], entry["region"]): entry for entry in found.record}
    names = {part["code"]: f"{part['name']['zh']}\n{part['name']['en']}" for part in found.made_from["city"]["regions"]}
    for series in dict.fromkeys(str(row["series"]) for row in fitted.selections):
        table = Table(title=both(f"series.{series}"), box=SIMPLE_HEAD, padding=(0, 1, 0, 0), title_justify="left")
        for head in ("region", "years", "indicated", "band", "selected", "difference", "steps", "reason"):
            side = "left" if head in ("region", "years", "reason") else "right"
            table.add_column(stacked(f"terminal.selection.{head}"), justify=side, no_wrap=head != "reason")
        for row in (part for part in fitted.selections if part["series"] == series):
            entry = entries[series, row["region"]]
            ladder = f"terminal.ladder.{entry['ladder']}"
            steps = f"{entry['steps']} {text(ladder, 'zh')}\n{text(ladder, 'en')}"
            reason = f"{row['reason_zh']}\n{row['reason_en']}"
            table.add_row(names[row["region"]], *_selection_cells(row, found), steps, reason)
        out.print(table)
    out.print(both("terminal.selection.note"), markup=False)
    _print_models(out, found)
    for entry in found.people:
        out.print(" ".join(_people_line(entry, language) for language in LANGUAGES), markup=False)
    words = {"fit": fitted.name, "fitted": found.fitted, "digest": str(found.made_from["data"])[:16]}
    out.print(both("terminal.fit_stored" if fitted.is_new else "terminal.fit_found", **words), markup=False)
    out.print(str(fitted.path), markup=False, soft_wrap=True)


def _print_models(out: Console, found: Indication) -> None:
    """Every model beside the trends: what came of it, what uses it, its gate, and why; then undeclared level shifts."""
    if found.models:
        table = Table(title=both("model.text.title"), box=SIMPLE_HEAD, padding=(0, 1, 0, 0), title_justify="left")
        for head in ("model", "outcome", "use", "gate", "reason"):
            table.add_column(stacked(f"model.column.{head}"))
        for model in found.models:
            table.add_row(*_model_cells(model.record))
        out.print(table)
    if not found.level_shifts["shifts"]:
        out.print(both("model.text.no_shift"), markup=False)
    _print_shifts(out, found.level_shifts, found.made_from["city"]["regions"])
    if found.level_shifts["unjudged"]:
        out.print(both("model.text.unjudged", count=len(cast(list, found.level_shifts["unjudged"]))), markup=False)


def _print_shifts(out: Console, found: Mapping[str, Any], regions: Sequence[Mapping[str, Any]]) -> None:
    """One warning, in both languages, for every level shift that nobody declared."""
    names = {part["code"]: part["name"] for part in regions}
    for shift in found["shifts"]:
        words = {"size": f"{shift['size']:+.1%}", "first": shift["before"], "last": shift["period"]}
        for language in LANGUAGES:
            place = (
                names[shift["region"]][language] if shift["region"] in names else text("quality.shift_all", language)
            )
            series = text(f"series.{shift['series']}", language)
            out.print(text("warning.level_shift", language, series=series, region=place, **words), markup=False)


def _model_cells(record: Mapping[str, Any]) -> list[str]:
    instead = "none" if record.get("instead") == "trends" else "nothing"
    cells = [stacked(f"model.name.{record['model']}"), stacked(f"model.outcome.{record['outcome']}")]
    cells.append(stacked(f"model.use.{record['use'] or instead}"))
    gate = ""
    if "diagnostics" in record:
        found = record["diagnostics"]
        words = {"rhat": f"{found['largest_rhat']:.3f}", "draws": f"{found['least_bulk']:.0f}"}
        gate = both("model.text.gate", **words)
    elif "rungs" in record:
        counts = record["rungs"]
        gate = both("model.text.groups", own=counts.get("own", 0), pooled=counts.get("city_shape", 0))
    why = [stacked(f"model.verdict.{record['verdict']}")] if record["outcome"] == "indicated" else [record["reason"]]
    why += [
        stacked("model.text.rung", number=number, reason=rung["reason"])
        for number, rung in enumerate(record.get("ladder", []), 1)
        if rung["outcome"] == "refused" and record["outcome"] == "indicated"
    ]
    if record.get("start", {}).get("fit"):
        why.append(stacked("model.text.start", fit=record["start"]["fit"]))
    if record.get("prior_only"):
        why += [_prior_line(record["prior_only"], language) for language in LANGUAGES]
    why.append(both("model.text.reference", reference=record["reference"]))
    return [*cells, gate, "\n".join(why)]


def _prior_line(entries: Sequence[Mapping[str, str]], language: str) -> str:
    """Series and regions without history, these by their codes."""
    places = [f"{text('model.series.' + entry['series'], language)} {entry['region']}" for entry in entries]
    return text("model.text.prior_only", language, places=", ".join(places))


def print_backtest(
    asked: Mapping[str, object],
    rows: pd.DataFrame,
    verdicts: pd.DataFrame,
    reliability: Sequence[Mapping[str, Any]],
    paths: Sequence[str],
) -> None:
    """Scores of every series and model, why a model has none, a verdict by series, and where the files are.

    Parameters
    ----------
    asked : first, last, horizon, draws, seed
    rows, verdicts : as `backtest.verdict` makes them
    reliability : as `backtest.deficit.reliability_records`
    """
    out = console()
    out.print(both("terminal.backtest.asked", **asked), markup=False)
    for name in dict.fromkeys(rows["series"]):
        own = rows[(rows["series"] == name) & (rows["split"] == "all")].to_dict("records")
        out.print(_score_table(both(f"series.{name}"), [row for row in own if row["count"]]))
        for row in own:
            if not row["count"]:
                key = "silent" if row["reason"] else "silent_unheld"
                words = {"model": text(f"backtest.model_{row['model']}", "zh"), "reason": row["reason"]}
                out.print(both(f"terminal.backtest.{key}", **words), markup=False)
        for verdict in verdicts[(verdicts["series"] == name) & (verdicts["model"] == "trend")].to_dict("records"):
            for language in ("zh", "en"):
                out.print(_verdict_line(verdict, language), style="bold", markup=False)
    out.print(both("terminal.backtest.unit"), markup=False)
    out.print(_reliability_table(reliability[-1]))
    for path in paths:
        out.print(path, markup=False, soft_wrap=True)


def _reliability_table(record: Mapping[str, Any]) -> Table:
    """Stated probabilities of a deficit, all funds together, and the Brier score."""
    score = "—" if record["brier"] is None else f"{record['brier']:.3f}"
    table = Table(title=both("terminal.backtest.reliability", score=score), box=SIMPLE_HEAD, title_justify="left")
    for head in ("bin", "count", "stated", "observed", "interval"):
        table.add_column(stacked(f"reliability.{head}", interval="95%"), justify="right", no_wrap=True)
    for part in record["bins"]:
        if part["count"]:
            ends = f"{part['from_probability']:.0%}-{part['to_probability']:.0%}"
            came = f"{part['observed']:.0%}", f"{part['lower']:.0%}-{part['upper']:.0%}"
            table.add_row(ends, str(part["count"]), f"{part['stated']:.0%}", *came)
    return table


def _score_table(title: str, rows: Sequence[Mapping[Hashable, Any]]) -> Table:
    table = Table(title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), title_justify="left")
    inside = [f"inside_{level}" for level in (50, 80, 95)]
    table.add_column(stacked("terminal.score.model"), overflow="fold")
    for head in ("count", "crps", "times", *inside, "bias", "mae", "mape", "rmse", "score", "pit"):
        table.add_column(stacked(f"terminal.score.{head}"), justify="right", no_wrap=True)
    for row in rows:
        times = f"{1 - row['crps_skill']:.2f} ({row['count_shared']})" if row["count_shared"] else "—"
        cells = [str(row["count"]), f"{row['crps']:.1%}", times]
        cells += [
            f"{row[f'coverage_{level}']:.0%}±{100 * row[f'coverage_error_{level}']:.0f}" for level in (50, 80, 95)
        ]
        cells += [f"{row['bias']:+.1%}", *(f"{row[name]:.1%}" for name in ("mae", "mape", "rmse", "interval_score_80"))]
        table.add_row(stacked(f"backtest.model_{row['model']}"), *cells, f"{row['pit_p_value']:.3f}")
    return table


def _verdict_line(verdict: Mapping[Hashable, Any], language: str) -> str:
    words = {
        "model": text(f"backtest.model_{verdict['model']}", language),
        "times": f"{1 - verdict['skill']:.2f}",
        "count": verdict["count_shared"],
        "horizons": verdict["horizons"],
        "ahead": verdict["horizons_better"],
    }
    held = {"share": f"{verdict['coverage_80']:.0%}", "error": f"{verdict['coverage_error_80']:.0%}"}
    said = text(f"backtest.said_{verdict['verdict']}", language, **words)
    told = text(f"backtest.told_{verdict['band']}", language, **held, count=verdict["count"])
    return said + ("" if language == "zh" else " ") + told


def _people_line(entry: Mapping[str, object], language: str) -> str:
    """How a source of uncertainty of people was fitted, and why so, or why it was not."""
    method = text(f"people_method.{entry['method']}", language)
    if entry["note"]:
        method += f" ({text(f'people_reason.{entry["note"]}', language)})"
    words = {"source": text(f"people_source.{entry['source']}", language), "method": method}
    return text("terminal.selection.people", language, **words)


def _selection_cells(row: Mapping[str, Any], found: Indication) -> list[str]:
    """Years, indicated, the central 80% of the indicated growth in the first of the years, selected, gap."""
    first, last = row["from_year"], row["to_year"]
    low, high = (
        float(found.quantiles.sel(quantile=level, series=row["series"], region=row["region"], year=first))
        for level in (0.1, 0.9)
    )
    years = f"{first}-{last}" if last > first else f"{first}"
    gap = "—" if row["is_indicated"] else f"{row['selected'] - row['indicated']:+.1%}"
    return [years, f"{row['indicated']:.1%}", f"{low:.1%} … {high:.1%}", f"{row['selected']:.1%}", gap]


def _print_headline(out: Console, run: Run) -> None:
    manifest = run.manifest
    names = manifest["city"]["name"]
    title = f"{names['zh']} {names['en']} · {both('terminal.budget_year', year=manifest['budget_year'])}"
    said = [both("terminal.bands", draws=f"{manifest['draws']:,}")]
    said += [] if manifest.get("people_uncertainty") else [both("terminal.people_central")]
    table = Table(title=title, caption=" ".join(said))
    table.add_column("")
    for quantity in ("revenue", "spending", "closing_balance", "months_of_cover", "reserve"):
        table.add_column(stacked(f"terminal.column.{quantity}"), justify="right")
    head = manifest["headline"]
    rows = [(both(f"terminal.scheme.{scheme}"), head["schemes"][scheme]) for scheme in SCHEME_FUND]
    for label, figures in [*rows, (both("terminal.city"), head)]:
        cells = [
            _band(figures[quantity], 1 if quantity == "months_of_cover" else YUAN_PER_100M)
            for quantity in ("revenue", "spending", "closing_balance", "months_of_cover")
        ]
        table.add_row(label, *cells, f"{figures['reserve']['recommended'] / YUAN_PER_100M:,.2f}")
    out.print(table)


def _print_warnings(out: Console, run: Run) -> None:
    if run.manifest["check_warnings"]:
        out.print(both("terminal.warnings", count=run.manifest["check_warnings"]), markup=False)
    # Runs made before level shifts were sought say nothing of them.
    if "level_shifts" in run.manifest:
        _print_shifts(out, run.manifest["level_shifts"], run.manifest["city"]["regions"])


def _band(figure: dict[str, float], scale: int) -> str:
    mean, low, high = (figure[part] / scale for part in ("mean", "p05", "p95"))
    return f"{mean:,.1f}\n[{low:,.1f}, {high:,.1f}]"


def _region_table(run: Run, fund: str) -> Table:
    """Budget-year means by region, in hundredths of 亿元 rounded so that regions add up to the city as shown."""
    manifest, data = run.manifest, run.dataset.sel(fund=fund, year=run.manifest["budget_year"])
    table = Table(
        title=both("terminal.regions", fund_zh=text(f"fund.{fund}", "zh"), fund_en=text(f"fund.{fund}", "en"))
    )
    table.add_column(stacked("terminal.column.region"))
    columns = ("revenue", "spending", "surplus", "transfer", "closing_balance")
    for name in columns:
        table.add_column(stacked(f"terminal.column.{name}"), justify="right")
    shown = {name: _hundredths(data[name].mean("draw")) for name in columns if name != "surplus"}
    shown["surplus"] = shown["revenue"] - shown["spending"]
    for place, region in enumerate(manifest["city"]["regions"]):
        cells = [f"{shown[name][place] / 100:,.2f}" for name in columns]
        table.add_row(f"{region['name']['zh']} {region['name']['en']}", *cells)
    table.add_section()
    table.add_row(both("terminal.city"), *(f"{shown[name].sum() / 100:,.2f}" for name in columns))
    return table


def _hundredths(fen: xr.DataArray) -> np.ndarray:
    parts = (fen / (FEN_PER_YUAN * YUAN_PER_100M / 100)).values
    return round_to_total(parts, round(float(parts.sum())))


def _reserve_lines(run: Run) -> str:
    data = run.dataset
    pooled = float(data["reserve_city"].sel(fund=list(POOLED_FUNDS)).sum()) / FEN_PER_YUAN / YUAN_PER_100M
    alone = float(data["reserve_region"].sel(fund=list(POOLED_FUNDS)).sum()) / FEN_PER_YUAN / YUAN_PER_100M
    confidence = float(run.manifest["reserve"]["confidence"])
    first = int(run.manifest["first_forecast_year"])
    years = f"{first}-{first + int(run.manifest['reserve']['horizon']) - 1}"
    return both(
        "terminal.reserve", pooled=f"{pooled:,.2f}", alone=f"{alone:,.2f}", confidence=f"{confidence:.0%}", years=years
    )
