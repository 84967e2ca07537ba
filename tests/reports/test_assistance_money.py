"""The table of assistance money shows the stored quantiles, the stated growth, and what rests on an estimate."""

from pathlib import Path

import pytest

from actuarial.runs.jobs import Request, make_run
from actuarial.runs.store import Run
from actuarial.wording import LANGUAGES
from reports.pages.assistance_money import money_tables
from reports.view import FEN, View
from tests.faults.spoiled import edit
from tests.faults.test_assistance import named
from tests.layered_city import write_split_city
from tests.tiny_city import money_rows


def run_of(place: Path, is_stated: bool) -> Run:
    folder = write_split_city(place / "tiny")
    if is_stated:
        edit(folder, "policy", lambda rows: rows.extend(named(row) for row in money_rows(2026)))
    return make_run(Request(folder, place / "store", scenario="baseline", draws=60, years=5, seed=4)).run


@pytest.fixture(scope="module")
def stated(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_of(tmp_path_factory.mktemp("stated"), True)


@pytest.fixture(scope="module")
def by_trend(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_of(tmp_path_factory.mktemp("trend"), False)


def test_cells_are_the_stored_quantiles(stated: Run) -> None:
    view = View(stated, "en", "100m_yuan")
    (table,) = money_tables(view)
    assert [row.label for row in table.rows] == [
        "Provincial subsidy", "City and county budgets", "East", "West", "All sources, without interest"
    ]  # fmt: skip
    east = next(row for row in table.rows if row.label == "East")
    own = stated.dataset["money_region"].sel(region="339901", source="local_budget")
    shown = [
        view.number(float(own.sel(year_all=2027, quantile=part)) * 100 / FEN["100m_yuan"], view.decimals("assistance"))
        for part in (0.5, 0.1, 0.9)
    ]
    assert east.cells[1] == f"{shown[0]}<br><small>{view.say('report.band', low=shown[1], high=shown[2])}</small>"
    assert (east.cells[-1], east.kind) == ("6.0%", "part")


def test_run_and_table_say_which_way_money_went(stated: Run, by_trend: Run) -> None:
    ways = [run.manifest["assistance_ways"] for run in (stated, by_trend)]
    assert ways == [
        {"money": "by_source", "subsidised_enrolment": "by_persons"},
        {"money": "by_trend", "subsidised_enrolment": "by_persons"},
    ]
    for language in LANGUAGES:
        notes = [money_tables(View(run, language, "100m_yuan"))[0].notes[1] for run in (stated, by_trend)]
        assert notes[0] != notes[1]
    assert {row.cells[-1] for row in money_tables(View(by_trend, "en", "100m_yuan"))[0].rows} == {"—"}


def test_figures_that_rest_on_an_estimate_are_marked(stated: Run) -> None:
    policy = [row | {"provenance": ("estimated" if row["detail"] == "local_budget" else "official")}
              for row in stated.manifest["policy"]]  # fmt: skip
    view = View(Run(stated.id, stated.dataset, stated.manifest | {"policy": policy}), "en", "100m_yuan")
    (table,) = money_tables(view)
    marked = {row.label: row.estimated for row in table.rows if row.estimated}
    assert marked == dict.fromkeys(("City and county budgets", "East", "West"), (1, 2, 3))


def test_run_without_sources_has_no_table(stated: Run) -> None:
    run = Run(stated.id, stated.dataset.drop_vars(["money_city", "money_region"]), stated.manifest)
    assert money_tables(View(run, "en", "100m_yuan")) == []
