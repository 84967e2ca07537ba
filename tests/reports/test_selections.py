"""The page of quality shows what was selected beside what was indicated, with the reason."""

from html import unescape

import pytest

from actuarial.runs.store import Run
from reports.pages.quality import quality, selection_table, trend_table
from reports.view import View

CHOSEN = {
    "series": "employee_cost",
    "region": "330213",
    "from_year": 2026,
    "to_year": 2027,
    "indicated": 0.049,
    "selected": 0.035,
    "is_indicated": False,
    "reason_zh": "药品集中采购",
    "reason_en": "central purchasing of drugs",
    "source": "minutes of March",
    "date": "2026-03-01",
}
REST = {**CHOSEN, "region": "330281", "selected": 0.049, "is_indicated": True, "reason_en": "as indicated", "date": ""}


def with_selections(run: Run, *rows: dict) -> Run:
    return Run(run.id, run.dataset, {**run.manifest, "selections": list(rows)})


def test_table_sets_indicated_beside_selected(run: Run) -> None:
    table = selection_table(View(with_selections(run, CHOSEN, REST), "en", "100m_yuan"))
    assert [(row.label, *row.cells) for row in table.rows] == [
        (
            "Employee cost per standard member",
            "Fenghua",
            "2026–2027",
            "4.9%",
            "3.5%",
            "-1.4",
            "central purchasing of drugs",
            "2026-03-01",
            "minutes of March",
        )
    ]


@pytest.mark.parametrize(("language", "reason"), [("zh", "药品集中采购"), ("en", "central purchasing of drugs")])
def test_page_gives_the_reason_in_its_language(run: Run, language: str, reason: str) -> None:
    assert reason in unescape(str(quality(View(with_selections(run, CHOSEN), language, "100m_yuan")).body))


@pytest.mark.parametrize("rows", [(), (REST,)])
def test_page_without_a_selection_says_so(run: Run, rows: tuple[dict, ...]) -> None:
    page = unescape(str(quality(View(with_selections(run, *rows), "en", "100m_yuan")).body))
    assert "Every series is selected as indicated." in page
    assert 'id="selections"' not in page


def test_trends_tell_the_ladder_and_the_selected_growth(run: Run) -> None:
    entry = {**run.manifest["trends"][0], "ladder": "latest_steps", "selected_growth": 0.0351}
    table = trend_table(View(Run(run.id, run.dataset, {**run.manifest, "trends": [entry]}), "en", "100m_yuan"))
    cells = dict(zip(table.heads[1:], table.rows[0].cells, strict=True))
    assert cells["Which years"] == "fewer than four since the break, so the latest four comparable steps"
    assert cells["Method"] == "same growth and same amount, half each"
    assert cells["Selected yearly growth"] == "3.5%"


def test_trends_of_an_older_run_leave_out_what_it_did_not_record(run: Run) -> None:
    kept = ("series", "region", "method", "note", "mean_growth", "central_growth", "steps")
    older = [{name: entry[name] for name in kept} | {"method": "drift+ets"} for entry in run.manifest["trends"]]
    table = trend_table(View(Run(run.id, run.dataset, {**run.manifest, "trends": older}), "en", "100m_yuan"))
    assert {(row.cells[1], row.cells[3], row.cells[6]) for row in table.rows} == {("—", "—", "—")}


@pytest.mark.parametrize(
    ("language", "ways", "years"),
    [
        (
            "zh",
            {"等比与等额外推各半", "等比外推"},
            {"全部年份", "最近一次口径断点之后", "断点后不足四年，取最近四个可比年份"},
        ),
        (
            "en",
            {"same growth and same amount, half each", "same growth"},
            {
                "all years",
                "since the last break",
                "fewer than four since the break, so the latest four comparable steps",
            },
        ),
    ],
)
def test_trends_tell_every_way_and_every_ladder(run: Run, language: str, ways: set[str], years: set[str]) -> None:
    table = trend_table(View(run, language, "100m_yuan"))
    assert {row.cells[1] for row in table.rows} == ways
    assert {row.cells[3] for row in table.rows} == years
