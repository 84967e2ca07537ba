"""The page of quality shows level shifts that nobody declared, and what to do about them."""

from html import unescape

import pytest

from actuarial.experience.level_shift import LevelShift, LevelShifts
from actuarial.runs.store import Run
from reports.pages.quality import level_shift_table, quality, unjudged_series
from reports.view import View

COMMON = LevelShift("employee_cost", "all", 2023, 2022, 0.214, 0.003, may_pass=False)
OWN = LevelShift("resident_cost", "330213", 2025, 2023, -0.3, 0.01, may_pass=True)
SHORT = {"series": "assistance_income", "region": "330281", "steps": 4}


def view(run: Run, language: str, *shifts: LevelShift, unjudged: tuple[dict, ...] = ()) -> View:
    record = LevelShifts(0.05, shifts, unjudged).record()
    return View(Run(run.id, run.dataset, {**run.manifest, "level_shifts": record}), language, "100m_yuan")


def page(shown: View) -> str:
    return unescape(str(quality(shown).body))


def test_table_names_series_region_years_and_size(run: Run) -> None:
    table = level_shift_table(view(run, "en", COMMON, OWN))
    assert table is not None
    assert [(row.label, *row.cells) for row in table.rows] == [
        ("Employee cost per standard member", "all regions", "2022–2023", "+21.4%", "the level stays"),
        (
            "Resident cost per standard member",
            "Fenghua",
            "2023–2025",
            "-30.0%",
            "first or last step: one odd year looks the same",
        ),
    ]


@pytest.mark.parametrize(
    ("language", "remedy"),
    [
        (
            "zh",
            "测算结果未因此调整。统计口径有变的，在 city.yaml 的 breaks 中申报并写明原因；"
            "否则在 selections 表选定增长率并说明理由。",
        ),
        (
            "en",
            "No figure was changed for it. Declare a break in city.yaml with its reason if what is counted changed; "
            "otherwise select a growth in selections, with the reason.",
        ),
    ],
)
def test_page_says_what_to_do(run: Run, language: str, remedy: str) -> None:
    assert remedy in page(view(run, language, COMMON))
    assert remedy not in page(view(run, language))


def test_search_that_finds_nothing_says_so(run: Run) -> None:
    assert "No series has a level shift that nobody declared." in page(view(run, "en"))
    assert "各序列未发现未申报的水平突变。" in page(view(run, "zh"))


def test_run_without_a_search_claims_nothing(run: Run) -> None:
    shown = View(run, "en", "100m_yuan")
    assert level_shift_table(shown) is None
    assert "level shift" not in page(shown)


def test_series_that_could_not_be_judged_are_named(run: Run) -> None:
    assert unjudged_series(view(run, "en", unjudged=(SHORT,))) == "Too few years to judge: Assistance income (Yuyao)."
    assert unjudged_series(view(run, "zh", unjudged=(SHORT,))) == "年数不足、未能判断：医疗救助筹资（余姚市）。"
    assert unjudged_series(view(run, "en")) == ""
