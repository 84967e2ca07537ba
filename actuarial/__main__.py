"""The command line: check, fit, run, solve, report, compare, reforecast, budget, adopt, backtest, serve.

Results go to standard output, progress and complaints to standard error. Exit codes: 0 done or nothing new, 10 refused
by the gate, 20 bad input, 30 the store is busy, and those of sysexits.h for the rest.
"""

import errno
import json
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from actuarial import __version__
from actuarial.errors import AssumptionError, BusyError, GateError, SchemaError, StoreError
from actuarial.schema import PEOPLE_UNCERTAINTY

if TYPE_CHECKING:
    from actuarial.faults import Fault
    from actuarial.runs.store import Run

DONE, REFUSED, BAD_INPUT, BUSY = 0, 10, 20, 30
USAGE, NO_INPUT, UNAVAILABLE, SOFTWARE, CANNOT_CREATE, IO_ERROR = 64, 66, 69, 70, 73, 74
# The class of every mistake in a command line; typer keeps its own copy of click and exports only the subclasses.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]
EXIT_CODES = (
    "Exit codes: 0 done or nothing new, 10 refused by the gate, 20 bad input, 30 store busy, "
    "64 wrong usage, 66 no such store or run, 69 unavailable, 70 our mistake, 73 cannot create, 74 cannot read, write."
)

app = typer.Typer(
    name="actuarial",
    help="Forecast and budget municipal health insurance funds. 市级医保基金精算预测与预算。",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _known_people(word: str) -> str:
    if word not in PEOPLE_UNCERTAINTY:
        raise typer.BadParameter(f"{word!r} is none of {', '.join(PEOPLE_UNCERTAINTY)}")
    return word


Folder = Annotated[Path, typer.Argument(help="City folder, as docs/data.md defines it.", show_default=False)]
Store = Annotated[Path, typer.Option("--store", help="Folder of the stored runs; made when it is not there.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Scenario = Annotated[str, typer.Option(help="A scenario of the folder, or baseline.")]
Draws = Annotated[int, typer.Option(min=1, help="Simulated futures.")]
Years = Annotated[int, typer.Option(min=2, help="Forecast years; the budget year is the second.")]
Seed = Annotated[int, typer.Option(min=0, help="Names the random numbers; the same seed gives the same run.")]
Scheduler = Annotated[
    str | None, typer.Option(help="Existing Dask cluster, tcp://host:8786; threads of this process otherwise.")
]
People = Annotated[
    str,
    typer.Option(help="Uncertainty of people in the draws: both, parameter, process or none.", callback=_known_people),
]
Out = Annotated[Path, typer.Option("--out", help="Folder for the written files; made when it is not there.")]
Unit = Annotated[
    str | None,
    typer.Option(
        help="Unit of amounts, 10k_yuan (万元) or 100m_yuan (亿元); pages in 亿元 and forms in 万元 if not said."
    ),
]
Language = Annotated[str, typer.Option("--lang", help="zh or en.")]


def _example(words: str) -> str:
    return f"Example: actuarial {words}"


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


@app.command(epilog=_example("check data/ningbo --csv faults.csv"))
def check(
    folder: Folder,
    csv: Annotated[Path | None, typer.Option("--csv", help="Also write the list as CSV.")] = None,
    as_json: Json = False,
) -> None:
    """Every fault of a city folder at once, in Chinese and English. 一次列出数据的全部问题。"""
    from actuarial.checks import check_folder
    from actuarial.faults import refuses, write_faults
    from actuarial.terminal import print_faults

    faults = check_folder(folder)
    if csv is not None:
        write_faults(faults, csv)
    if as_json:
        _print_json({"folder": str(folder), "refused": refuses(faults), "faults": [_fault(fault) for fault in faults]})
    else:
        print_faults(folder, faults)
    raise typer.Exit(BAD_INPUT if refuses(faults) else DONE)


@app.command(epilog=_example("fit data/ningbo --store out/store --models trends,severity"))
def fit(
    folder: Folder,
    store: Store,
    years: Years = 10,
    seed: Seed = 1,
    models: Annotated[
        str, typer.Option(help="What to fit, separated by commas: trends, severity, morbidity, revenue, completion.")
    ] = "trends,severity,morbidity,revenue,completion",
    as_json: Json = False,
) -> None:
    """Store what the history of a folder indicates, beside what the folder selects. 拟合测算假设，与选定值对照。"""
    from actuarial.runs.fits import fit_object
    from actuarial.runs.fitting import make_fit
    from actuarial.terminal import model_progress, print_fit

    with model_progress() as report:
        made = make_fit(folder, store, years, seed, [word.strip() for word in models.split(",")], report)
    if as_json:
        _print_json({"folder": str(folder), "store": str(store), **fit_object(made)})
    else:
        print_fit(made)


@app.command(epilog=_example("run data/ningbo --store out/store --draws 10000 --years 10 --seed 1"))
def run(
    folder: Folder,
    store: Store,
    scenario: Scenario = "baseline",
    draws: Draws = 10_000,
    years: Years = 10,
    seed: Seed = 1,
    people: People = "both",
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Check a folder, project it and store the run. 校验、测算并保存。"""
    from actuarial.runs.jobs import Request, make_run, report_object
    from actuarial.terminal import print_run, progress

    with progress("run") as advance:
        outcome = make_run(Request(folder, store, scenario, draws, years, seed, scheduler, people=people), advance)
    if as_json:
        _print_json(report_object(outcome.run, store, {"store": str(store)}))
    else:
        print_run(outcome.run, outcome.is_new)


@app.command(epilog=_example("solve data/ningbo contribution_rate --horizon 10 --delay 3"))
def solve(
    folder: Folder,
    lever: Annotated[
        str,
        typer.Argument(
            help="contribution_rate, fiscal_subsidy, individual_contribution, spending, assistance_deductible, "
            "assistance_rate, assistance_cap, safety_net_threshold, safety_net_rate or critical_deductible.",
            show_default=False,
        ),
    ],
    scheme: Annotated[str | None, typer.Option(help="Whose benefits: employee, resident or assistance.")] = None,
    group: Annotated[str | None, typer.Option(help="Group of a standard, as the benefit rows name it.")] = None,
    service: Annotated[str | None, typer.Option(help="Service of a standard, as the benefit rows name it.")] = None,
    region: Annotated[
        str | None, typer.Option(help="Region that has to last alone; the city's pools if not said.")
    ] = None,
    target: Annotated[
        float | None, typer.Option(help="Probability of running out that is allowed; the policy table's if not said.")
    ] = None,
    confidence: Annotated[float, typer.Option(help="Confidence of the interval of the answer.")] = 0.95,
    horizon: Annotated[int, typer.Option(min=2, help="Forecast years that the money has to last.")] = 10,
    delay: Annotated[int, typer.Option(help="Years after the budget year in which the change comes.")] = 0,
    share: Annotated[
        float | None, typer.Option(help="Share of the resident fund's revenue that critical illness may take.")
    ] = None,
    lowest: Annotated[float | None, typer.Option(help="Lower end of the range that is looked at.")] = None,
    highest: Annotated[float | None, typer.Option(help="Upper end of the range.")] = None,
    scenario: Scenario = "baseline",
    draws: Draws = 1000,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """What it would take to keep a fund solvent, and how sure that is. 求解费率、补助或待遇标准。"""
    from actuarial.solving.question import Question, answer_question
    from actuarial.tables import read_folder
    from actuarial.terminal import print_solution

    found = answer_question(
        read_folder(folder),
        Question(
            lever, scheme, group, service, region, target, confidence, horizon, delay, draws, seed, scenario, share,
            lowest, highest,
        ),
    )  # fmt: skip
    if as_json:
        _print_json(found)
    else:
        print_solution(found)


@app.command(epilog=_example("report --store out/store --run 1a2b3c4d5e6f --lang zh --out out/reports"))
def report(
    store: Store,
    run: Annotated[str, typer.Option("--run", help="Name of a stored run.")],
    out: Out,
    language: Language = "zh",
    unit: Unit = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="Also print the page to PDF; needs Chromium.")] = False,
    as_json: Json = False,
) -> None:
    """Write a stored run as one HTML file and a workbook of the official forms. 生成网页报告和预算表。"""
    from actuarial.runs.store import open_run

    paths = _write_reports(open_run(store, run), (language,), out, unit, pdf)
    if as_json:
        _print_json({"run": run, "store": str(store), "paths": paths})
    else:
        for path in paths.values():
            typer.echo(path)


@app.command(epilog=_example("compare --store out/store 1a2b3c4d5e6f 6f5e4d3c2b1a"))
def compare(
    store: Store,
    first: Annotated[str, typer.Argument(help="Name of a stored run.")],
    second: Annotated[str, typer.Argument(help="Name of another.")],
    as_json: Json = False,
) -> None:
    """What differs between two runs: inputs, and every headline figure. 比较两次测算。"""
    from actuarial.runs.jobs import compare as compare_runs
    from actuarial.terminal import print_comparison

    found = compare_runs(store, first, second)
    if as_json:
        _print_json(found)
    else:
        print_comparison(found)


@app.command(epilog=_example("reforecast data/ningbo --store out/store --out out/reports --json"))
def reforecast(
    folder: Folder,
    store: Store,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the reports; STORE/reports if not said.")
    ] = None,
    scenario: Scenario = "baseline",
    draws: Draws = 10_000,
    years: Years = 10,
    seed: Seed = 1,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Check, run, pass the gate, publish and report, for a scheduled job. 定时任务：数据更新后重测并发布。"""
    from actuarial.runs.jobs import Request, report_object
    from actuarial.runs.jobs import reforecast as make_and_publish
    from actuarial.terminal import print_publication, progress

    paths: dict[str, str] = {}

    def deliver(made: "Run") -> None:
        target = store / "reports" if out is None else out
        paths.update(_write_reports(made, ("zh", "en"), target))

    with progress("reforecast") as advance:
        request = Request(folder, store, scenario, draws, years, seed, scheduler)
        outcome = make_and_publish(request, deliver, advance)
    if as_json:
        printed = report_object(outcome.run, store, {"store": str(store), **paths})
        _print_json({**printed, "is_new": outcome.is_published})
    else:
        print_publication(outcome, paths)


@app.command(epilog=_example("budget data/ningbo --store out/store --out out/reports"))
def budget(
    folder: Folder,
    store: Store,
    out: Out,
    scenario: Scenario = "baseline",
    draws: Draws = 10_000,
    years: Years = 10,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Run a folder and write its budget in both languages. 测算并生成中英文预算报告。"""
    from actuarial.runs.jobs import Request, make_run, report_object
    from actuarial.terminal import print_budget, progress

    with progress("run") as advance:
        outcome = make_run(Request(folder, store, scenario, draws, years, seed), advance)
    paths = _write_reports(outcome.run, ("zh", "en"), out)
    if as_json:
        _print_json(report_object(outcome.run, store, {"store": str(store), **paths}))
    else:
        print_budget(outcome.run, paths)


@app.command(epilog=_example("stress data/ningbo --store out/store --draws 1000"))
def stress(
    folder: Folder,
    store: Store,
    draws: Draws = 10_000,
    years: Years = 10,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Compare the scenarios of a folder, and find what would exhaust its funds. 情景比较、敏感性与反向压力测试。"""
    from actuarial.runs.jobs import Request, make_run
    from actuarial.runs.stress import stress_object
    from actuarial.terminal import print_stress, progress

    with progress("run") as advance:
        outcome = make_run(Request(folder, store, "baseline", draws, years, seed), advance)
    found = stress_object(outcome.run)
    if as_json:
        _print_json({"folder": str(folder), "store": str(store), "run": outcome.run.id, **found})
    else:
        print_stress(found, outcome.run)


@app.command(
    epilog=_example("adopt data/ningbo --store out/store --run 1a2b3c4d5e6f --date 2027-01-18 --source 市人大决议")
)
def adopt(
    folder: Folder,
    store: Store,
    run: Annotated[str, typer.Option("--run", help="Name of a stored run of the folder.")],
    date: Annotated[str, typer.Option("--date", help="Day of adoption, 2027-01-18.")],
    source: Annotated[str, typer.Option("--source", help="The resolution that adopted it.")],
    as_json: Json = False,
) -> None:
    """Append a run's budget year to the adopted budgets of a folder, as the next version. 登记批复预算，旧版不变。"""
    from actuarial.runs.adoption import adopt as adopt_budget
    from actuarial.terminal import both

    made = adopt_budget(folder, store, run, date, source)
    values = {"year": made.year, "version": made.version, "rows": made.rows, "path": str(made.path)}
    if as_json:
        _print_json({"run": made.run, **values})
    else:
        typer.echo(both("terminal.adopted", run=made.run, **values))


@app.command(epilog=_example("backtest data/china --from 2010 --horizon 3 --draws 1000 --seed 1 --out out/backtest"))
def backtest(
    folder: Folder,
    first_origin: Annotated[int, typer.Option("--from", help="First year that stands as the last known one.")],
    horizon: Annotated[int, typer.Option(min=1, help="Years ahead.")] = 3,
    draws: Annotated[int, typer.Option(min=10, help="Simulated futures of each forecast.")] = 1000,
    seed: Seed = 1,
    targets: Annotated[int, typer.Option(min=1, help="Target years that the weights of the mixture need.")] = 8,
    environment: Annotated[
        Path | None, typer.Option(help="Folder of forecast.py and its .venv, for AutoETS and AutoARIMA.")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Also write every row as CSV: by horizon, by region.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Also write the page in both languages to a folder.")
    ] = None,
    as_json: Json = False,
) -> None:
    """How the forecasts of a folder's own history would have done. 用历史数据回溯检验预测。"""
    from actuarial.backtest.city import backtest_city
    from actuarial.backtest.deficit import city_deficits, reliability_records
    from actuarial.backtest.verdict import shares, verdicts
    from actuarial.runs.manifest import data_digest
    from actuarial.streams import stream
    from actuarial.tables import read_folder
    from actuarial.terminal import print_backtest, progress
    from reports.backtest_page import Question, write_backtest

    data = read_folder(folder)
    with progress("backtest"):
        found = backtest_city(data, first_origin, horizon, targets, draws, stream(seed, "backtest", 0), environment)
    came = city_deficits(data, first_origin, horizon, draws, stream(seed, "reliability", 0))
    records = reliability_records(came)
    rows = shares(found.table)
    judged = verdicts(rows)
    origins = [int(origin) for origin in found.weights["origin"].values]
    paths: dict[str, str] = {}
    if csv is not None:
        # With a byte-order mark, which Excel opens in Chinese.
        found.table.to_csv(csv, index=False, encoding="utf-8-sig")
        paths["csv"] = str(csv)
    if out is not None:
        city, digest = data.city, data_digest(data)[:16]
        question = Question(city.code, city.name, origins[0], origins[-1], city.last_year, horizon, draws, seed, digest)
        for language in ("zh", "en"):
            paths[f"html_{language}"] = str(write_backtest(question, rows, judged, language, out, records))
    asked = {"first": origins[0], "last": origins[-1], "horizon": horizon, "draws": draws, "seed": seed}
    if as_json:
        weights = found.weights.rename("weight").to_dataframe().reset_index()
        parts = {"verdicts": judged, "rows": found.table.drop(columns="note"), "weights": weights}
        listed = {name: json.loads(part.to_json(orient="records")) for name, part in parts.items()}
        _print_json({"folder": str(folder), **asked, **listed, "reliability": records, "paths": paths})
    else:
        print_backtest(asked, rows, judged, records, list(paths.values()))


@app.command(epilog=_example("serve --store out/store --port 5006"))
def serve(
    store: Store,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port on the loopback address.")] = 5006,
    show: Annotated[bool, typer.Option("--show", help="Open a browser.")] = False,
    as_json: Json = False,
) -> None:
    """Serve the pages of the stored runs on this machine alone. 在本机浏览报告。"""
    from actuarial.runs.store import list_runs
    from reports.app import serve as serve_pages

    if not list_runs(store):
        raise StoreError(f"store {store}: it holds no run yet; make one with `actuarial run`")
    address = f"http://127.0.0.1:{port}"
    if as_json:
        _print_json({"store": str(store), "address": address})
    else:
        typer.echo(address)
    serve_pages(store, port=port, show=show)


def main() -> None:
    """Run a command and leave with its exit code."""
    with _exit_codes():
        code = app(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else DONE)


@contextmanager
def _exit_codes() -> Iterator[None]:
    """Turn an error into one message on standard error and the exit code that belongs to it."""
    try:
        yield
    except UsageError as error:
        getattr(error, "show", traceback.print_exc)()
        sys.exit(USAGE)
    except typer.Abort:
        sys.exit(130)
    except GateError as error:
        _leave(f"refused by the gate, not published 未通过发布审核: {error}", REFUSED)
    except BusyError as error:
        _leave(str(error), BUSY)
    except (SchemaError, AssumptionError) as error:
        _leave(str(error), BAD_INPUT)
    except StoreError as error:
        _leave(str(error), NO_INPUT)
    except (FileExistsError, NotADirectoryError, PermissionError) as error:
        _leave(f"cannot write {error.filename}: {error.strerror}", CANNOT_CREATE)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            _leave("the port is taken by another program; choose one with --port", UNAVAILABLE)
        _leave(f"{error.filename or ''}: {error.strerror or error}", IO_ERROR)
    except Exception:
        traceback.print_exc()
        sys.exit(SOFTWARE)


def _leave(message: str, code: int) -> None:
    typer.echo(message, err=True)
    sys.exit(code)


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False))


def _fault(fault: "Fault") -> dict[str, object]:
    both = {
        f"{part}_{language}": getattr(fault, part)(language)
        for part in ("message", "remedy")
        for language in ("zh", "en")
    }
    plain = {name: getattr(fault, name) for name in ("severity", "rule", "file", "row", "column", "value")}
    return {**plain, **both}


def _write_reports(
    run: "Run", languages: tuple[str, ...], out: Path, unit: str | None = None, pdf: bool = False
) -> dict[str, str]:
    from actuarial.wording import LANGUAGES
    from reports.static import write_html
    from reports.workbook import write_workbook

    unknown = [language for language in languages if language not in LANGUAGES]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]!r} is not one of {', '.join(LANGUAGES)}", param_hint="--lang")
    if unit not in (None, "10k_yuan", "100m_yuan"):
        raise typer.BadParameter(f"{unit!r} is not 10k_yuan or 100m_yuan", param_hint="--unit")
    out.mkdir(parents=True, exist_ok=True)
    paths: dict[str, str] = {}
    for language in languages:
        page = write_html(run, language, out, unit or "100m_yuan")
        paths[f"html_{language}"] = str(page)
        paths[f"xlsx_{language}"] = str(write_workbook(run, language, out, unit or "10k_yuan"))
        if pdf:
            from reports.pdf import write_pdf

            paths[f"pdf_{language}"] = str(write_pdf(page))
    return paths


if __name__ == "__main__":
    main()
