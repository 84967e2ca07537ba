"""The command line as other programs meet it: what it prints, where, and with which exit code it leaves."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from actuarial.__main__ import app, main
from actuarial.experience.fit import SERIES
from actuarial.experience.level_shift import LevelShift, LevelShifts
from actuarial.runs.store import open_run, writing
from actuarial.tables import read_folder
from actuarial.wording import text
from tests.tiny_city import write_tiny_city

COMMANDS = (
    *(
        "check",
        "fit",
        "run",
        "solve",
        "report",
        "compare",
        "reforecast",
        "budget",
        "adopt",
        "stress",
        "backtest",
        "serve",
    ),
)
SMALL = ("--draws", "40", "--years", "4")


class Left:
    """How a command left: its code and what it printed."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def actuarial(monkeypatch, capsys):
    def leave(*words: object) -> Left:
        monkeypatch.setattr("sys.argv", ["actuarial", *map(str, words)])
        with pytest.raises(SystemExit) as gone:
            main()
        printed = capsys.readouterr()
        return Left(int(gone.value.code or 0), printed.out, printed.err)

    return leave


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write_tiny_city(tmp_path_factory.mktemp("city") / "tiny")


def test_every_command_is_there():
    assert {command.name or command.callback.__name__ for command in app.registered_commands} == set(COMMANDS)  # type: ignore[union-attr]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(actuarial, command):
    left = actuarial(command, "--help")
    assert left.code == 0
    assert f"Example: actuarial {command} " in re.sub(r"\s+", " ", left.out)


def test_help_tells_the_exit_codes(actuarial):
    assert "10 refused by the gate" in re.sub(r"\s+", " ", actuarial("--help").out)


def test_run_prints_one_object_and_nothing_else(actuarial, folder, tmp_path):
    left = actuarial("run", folder, "--store", tmp_path / "s", *SMALL, "--json")
    printed = json.loads(left.out)
    assert (left.code, left.err) == (0, "")
    assert printed["city"] == "339900"
    assert printed["year"] == 2027
    assert printed["schemes"]["resident"]["months_of_cover"].keys() == {"mean", "p05", "p50", "p95"}


def test_budget_prints_the_regions_the_reserve_and_the_files(actuarial, folder, tmp_path):
    left = actuarial("budget", folder, "--store", tmp_path / "s", "--out", tmp_path / "o", *SMALL)
    assert left.code == 0
    assert "风险准备金" in left.out
    for kind in ("zh.html", "zh.xlsx", "en.html", "en.xlsx"):
        assert kind in left.out
        assert len(list((tmp_path / "o").glob(f"*.{kind}"))) == 1


def test_solve_states_today_what_it_takes_and_how_sure_that_is(actuarial, folder):
    words = ("solve", folder, "contribution_rate", "--draws", 30, "--horizon", 4, "--lowest", 0.1)
    printed = json.loads(actuarial(*words, "--json").out)
    assert printed["today"] == [0.095, 0.095]
    assert printed["needed"] == [0.095 * printed["change"]] * 2
    assert printed["fails_then"] <= printed["target"] == pytest.approx(0.05)
    assert printed["projections"] < 30
    left = actuarial(*words)
    assert left.code == 0
    assert "9.50%" in left.out
    assert "职工医保费率" in left.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("fly",), "lever: 'fly' is unknown; one of contribution_rate"),
        (("spending", "--target", "5"), "target 5: must lie inside (0, 1)"),
        (("spending", "--delay", "-1"), "delay -1: 2026 is decided already"),
        (("spending", "--delay", "9"), "after the last year of the horizon"),
        (("spending", "--scheme", "all"), "spending of scheme 'all'; use employee, resident, assistance"),
        (("spending", "--region", "1"), "region '1': the city has 339901"),
    ],
)
def test_impossible_questions_leave_with_20(actuarial, folder, words, message):
    left = actuarial("solve", folder, *words, "--draws", 10, "--horizon", 3)
    assert (left.code, left.out) == (20, "")
    assert message in left.err


def test_stress_prints_every_scenario_against_the_baseline(actuarial, folder, tmp_path):
    words = ("stress", folder, "--store", tmp_path / "s", *SMALL)
    left = actuarial(*words)
    assert (left.code, left.err) == (0, "")
    assert "工资增长放缓 Weak wages" in left.out
    found = json.loads(actuarial(*words, "--json").out)["scenarios"]["employee_pooled"]
    assert found["baseline"]["difference"] == 0
    assert found["weak_wages"]["difference"] < 0


def test_reforecast_reports_once_and_then_has_nothing_new(actuarial, folder, tmp_path):
    words = ("reforecast", folder, "--store", tmp_path / "s", "--out", tmp_path / "o", *SMALL, "--json")
    first, second = (json.loads(actuarial(*words).out) for _ in range(2))
    assert (first["is_new"], second["is_new"]) == (True, False)
    assert {"html_zh", "xlsx_zh", "html_en", "xlsx_en"} <= set(first["paths"])
    assert Path(first["paths"]["html_zh"]).exists()


def test_bad_folder_leaves_with_20_and_stores_nothing(actuarial, folder, tmp_path):
    broken = tmp_path / "broken"
    broken.mkdir()
    for part in folder.iterdir():
        if part.name != "ledger.csv":
            (broken / part.name).write_bytes(part.read_bytes())
    left = actuarial("run", broken, "--store", tmp_path / "s", *SMALL)
    assert (left.code, left.out) == (20, "")
    assert "ledger" in left.err
    assert not (tmp_path / "s").exists()


def test_check_leaves_with_20_prints_both_languages_and_writes_the_list(actuarial, folder, tmp_path):
    broken = tmp_path / "broken"
    broken.mkdir()
    for part in folder.iterdir():
        (broken / part.name).write_bytes(part.read_bytes())
    with (broken / "economy.csv").open("a", encoding="utf-8") as stream:
        stream.write("339900,2025,wage,1,yuan/person,estimated,made for tests\n")
    left = actuarial("check", broken, "--csv", tmp_path / "faults.csv")
    assert left.code == 20
    assert "拒绝 refused" in left.out
    assert (tmp_path / "faults.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    listed = json.loads(actuarial("check", broken, "--json").out)
    assert listed["refused"] is True
    assert {"message_zh", "message_en", "remedy_zh", "remedy_en", "row", "rule"} <= set(listed["faults"][0])


def test_check_of_a_good_folder_leaves_with_0(actuarial, folder):
    assert actuarial("check", folder).code == 0


def test_busy_store_leaves_with_30(actuarial, folder, tmp_path):
    with writing(tmp_path / "s"):
        left = actuarial("run", folder, "--store", tmp_path / "s", *SMALL)
    assert left.code == 30
    assert "another writer holds it" in left.err


@pytest.mark.parametrize(
    "words",
    [
        ("fly",),
        ("run",),
        ("run", "x"),
        ("run", "x", "--store", "s", "--draws", "0"),
        ("run", "x", "--store", "s", "--people", "some"),
        ("run", "x", "--store", "s", "-q"),
    ],
)
def test_wrong_command_leaves_with_64(actuarial, words):
    assert actuarial(*words).code == 64


def test_unknown_language_and_unit_leave_with_64(actuarial, folder, tmp_path):
    run = json.loads(actuarial("run", folder, "--store", tmp_path / "s", *SMALL, "--json").out)["run"]
    words = ("report", "--store", tmp_path / "s", "--run", run, "--out", tmp_path / "o")
    assert actuarial(*words, "--lang", "fr").code == 64
    assert actuarial(*words, "--unit", "yen").code == 64
    assert not (tmp_path / "o").exists()


def test_unknown_run_leaves_with_66(actuarial, tmp_path):
    left = actuarial("report", "--store", tmp_path / "s", "--run", "a", "--out", tmp_path / "o")
    assert left.code == 66
    assert "there is no store here" in left.err


def test_unknown_scenario_leaves_with_20(actuarial, folder, tmp_path):
    left = actuarial("run", folder, "--store", tmp_path / "s", *SMALL, "--scenario", "flood")
    assert left.code == 20
    assert "no scenario 'flood'; the folder has: baseline" in left.err


def test_store_that_cannot_be_made_leaves_with_73(actuarial, folder, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    assert actuarial("run", folder, "--store", tmp_path / "file", *SMALL).code == 73


def test_empty_store_is_not_served(actuarial, tmp_path):
    left = actuarial("serve", "--store", tmp_path / "s")
    assert left.code == 66


def test_backtest_prints_every_series_and_writes_the_table_and_the_page(actuarial, folder, tmp_path):
    last = read_folder(folder).city.last_year
    words = ("backtest", folder, "--from", last - 1, "--horizon", 1, "--draws", 20, "--seed", 3)
    shown = actuarial(*words, "--csv", tmp_path / "shown.csv", "--out", tmp_path / "o")
    assert shown.code == 0
    for name in SERIES:
        assert text(f"series.{name}", "zh") in shown.out
    assert "AutoETS：没有得分。 no score: AutoETS: no environment given, see --environment" in re.sub(
        r"\s+", " ", shown.out
    )
    assert len(list((tmp_path / "o").glob(f"339900-backtest-{last - 1}-{last - 1}.*.html"))) == 2

    printed = json.loads(actuarial(*words, "--csv", tmp_path / "printed.csv", "--json").out)
    assert (printed["first"], printed["last"], printed["seed"]) == (last - 1, last - 1, 3)
    assert {entry["series"] for entry in printed["verdicts"]} == set(SERIES)
    assert printed["paths"] == {"csv": str(tmp_path / "printed.csv")}
    assert (tmp_path / "shown.csv").read_bytes() == (tmp_path / "printed.csv").read_bytes()

    table = pd.read_csv(tmp_path / "shown.csv", encoding="utf-8-sig")
    assert set(table["split"]) == {"all", "horizon", "region"}
    assert set(table["cells"]) == {"common", "own"}
    assert len(printed["rows"]) == len(table)


def test_backtest_without_an_origin_leaves_with_20(actuarial, folder):
    left = actuarial("backtest", folder, "--from", 2090)
    assert (left.code, left.out) == (20, "")
    assert "no origin from 2090 on" in left.err


def test_fit_prints_indicated_beside_selected_and_finds_itself_again(actuarial, folder, tmp_path):
    words = ("fit", folder, "--store", tmp_path / "s", "--years", 4, "--models", "trends,completion")
    shown = actuarial(*words)
    assert shown.code == 0
    for name in SERIES:
        assert (text(f"series.{name}", "zh") in shown.out) == (name != "resident_financing")
    assert "采用测算值" in shown.out
    printed = json.loads(actuarial(*words, "--json").out)
    assert printed["is_new"] is False
    assert printed["fit"] in shown.out
    assert {row["is_indicated"] for row in printed["selections"]} == {True}
    assert [(entry["model"], entry["outcome"], entry["use"]) for entry in printed["models"]] == [
        ("completion", "absent", "")
    ]
    assert "缺少数据" in shown.out
    assert Path(printed["path"]).is_dir()


def test_unknown_model_is_refused_with_those_there_are(actuarial, folder, tmp_path):
    left = actuarial("fit", folder, "--store", tmp_path / "s", "--models", "trends,magic")
    assert (left.code, left.out) == (20, "")
    assert "models: 'magic' is none of trends, severity, morbidity, revenue, completion" in left.err


SHIFT = LevelShift("resident_cost", "all", 2022, 2021, 0.482, 0.01, False)
OWN = LevelShift("employee_cost", "339901", 2023, 2020, -0.25, 0.02, True)
TOLD = (
    "Undeclared level shift: Resident cost per standard member, all regions, +48.2% between 2021 and 2022; nothing "
    "was changed for it. Declare a break in city.yaml with its reason, or select a growth in selections."
)


@pytest.mark.parametrize("words", [("fit", "--years", 4, "--models", "trends"), ("run", *SMALL)])
@pytest.mark.parametrize("shifts", [(), (SHIFT,), (SHIFT, OWN)])
def test_level_shifts_are_told_once_each_after_a_fit_and_a_run(actuarial, folder, tmp_path, monkeypatch, words, shifts):
    found = LevelShifts(0.05, shifts, ()).record()
    for place in ("manifest", "fitting"):
        monkeypatch.setattr(f"actuarial.runs.{place}.undeclared_shifts", lambda _: found)
    left = actuarial(words[0], folder, "--store", tmp_path / "s", *words[1:])
    assert left.code == 0, left.err
    # a printed line is broken at the width of the terminal
    shown = " ".join(left.out.split())
    assert shown.count("Undeclared level shift:") == shown.count("未申报的水平突变：") == len(shifts)
    assert (TOLD in shown) == (SHIFT in shifts)
    assert ("-25.0% between 2020 and 2023" in shown) == (OWN in shifts)


def test_run_keeps_what_was_found_of_level_shifts(actuarial, folder, tmp_path):
    """A run and a fit of one folder look at the same series."""
    store = tmp_path / "s"
    name = json.loads(actuarial("run", folder, "--store", store, *SMALL, "--json").out)["run"]
    words = ("fit", folder, "--store", store, "--years", 4, "--models", "trends", "--json")
    assert open_run(store, name).manifest["level_shifts"] == json.loads(actuarial(*words).out)["level_shifts"]


def test_compare_prints_both_runs(actuarial, folder, tmp_path):
    runs = [
        json.loads(actuarial("run", folder, "--store", tmp_path / "s", *SMALL, "--seed", seed, "--json").out)["run"]
        for seed in (1, 2)
    ]
    left = actuarial("compare", "--store", tmp_path / "s", *runs)
    assert left.code == 0
    assert "随机种子 seed: 1 → 2" in left.out
    found = json.loads(actuarial("compare", "--store", tmp_path / "s", *runs, "--json").out)
    assert found["inputs"] == {"seed": [1, 2]}
