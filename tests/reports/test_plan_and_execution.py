"""The plan and the tables of budget against outturn add up as displayed and say the same figure where both show it."""

from itertools import pairwise
from pathlib import Path

import openpyxl
import pytest

from actuarial.budget.adopted import budget_arrays
from actuarial.budget.execution import adopted, year_under_way
from actuarial.budget.forms import CITY, form
from actuarial.experience.fit import fit
from actuarial.runs.manifest import build_manifest
from actuarial.runs.store import Run
from actuarial.scenario import read_scenario
from actuarial.schema import FUNDS, SCHEME_FUND
from actuarial.simulation import simulate
from actuarial.tables import read_folder
from actuarial.wording import LANGUAGES
from reports.execution_tables import (
    closed_table,
    execution_tables,
    landing_regions_table,
    landing_table,
    progress_table,
)
from reports.figures import pooled_funds
from reports.forms import form_label
from reports.plan_tables import plan_table, region_plan_table, set_on_revenue_table
from reports.tables import NOTHING, Row, Table
from reports.view import UNITS, View
from reports.workbook import write_workbook
from tests.tiny_city import write_budgets, write_catalogue, write_tiny_city

DRAWS, YEARS, SCHEME = 100, 5, "resident"
FUND = SCHEME_FUND[SCHEME]
# Columns of the landing: budget, so far, share, usual, months, forecast, together, ...
BUDGET, SO_FAR, SHARE, MONTHS, FORECAST, TOGETHER, GAP, GAP_SHARE = 0, 1, 2, 4, 5, 6, 9, 10


@pytest.fixture(scope="module")
def budgeted(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = write_tiny_city(tmp_path_factory.mktemp("budgeted") / "tiny")
    write_budgets(folder)
    data = read_folder(write_catalogue(folder))
    basis = fit(data, YEARS)
    dataset = simulate(basis, 1, DRAWS).merge(budget_arrays(data.city, data.frames), join="exact")
    manifest = build_manifest(data, basis, read_scenario(None, "baseline"), 1, DRAWS)
    return Run(str(manifest["run"]), dataset, manifest)


@pytest.fixture(scope="module", params=UNITS)
def view(budgeted: Run, request: pytest.FixtureRequest) -> View:
    return View(budgeted, "zh", request.param)


def value(cell: object) -> float:
    """The figure of a cell, without what stands under it in small type and without marks."""
    return float(str(cell).partition("<br>")[0].partition("（")[0].replace(",", "").replace("−", "-").rstrip("%"))


def lines_of(table: Table | None) -> list[Row]:
    assert table is not None
    return [row for row in table.rows if row.kind != "side"]


def printed(view: View, name: str) -> str:
    return form_label(view, SCHEME, next(line for line in form(SCHEME) if line.name == name))


def areas_of(view: View) -> list[str]:
    return [*view.regions, CITY]


# Displayed figures are decimals held as floating point: 1e-6 of a unit is far below the last digit shown.
def close(figure: float) -> object:
    return pytest.approx(figure, abs=1e-6)


def test_plan_carries_forward_and_regions_add_up_as_displayed(view: View) -> None:
    rows = {
        area: [[value(cell) for cell in row.cells[:4]] for row in lines_of(plan_table(view, SCHEME, area))]
        for area in areas_of(view)
    }
    for years in rows.values():
        assert len(years) == YEARS
        for revenue, spending, surplus, _ in years:
            assert surplus == close(revenue - spending)
        for before, after in pairwise(years):
            assert after[3] == close(before[3] + after[2])
    for place, city in enumerate(rows[CITY]):
        for column, figure in enumerate(city):
            assert figure == close(sum(rows[area][place][column] for area in view.regions))


def test_regions_of_the_plan_add_up_and_are_those_of_their_own_plan(view: View) -> None:
    rows = lines_of(region_plan_table(view, SCHEME))
    for column in (0, 2, 4):
        parts = [value(row.cells[column]) for row in rows]
        assert parts[-1] == close(sum(parts[:-1]))
    own = {row.label: row for row in lines_of(plan_table(view, SCHEME))}
    assert value(rows[-1].cells[0]) == value(own[str(view.budget_year)].cells[2])


def test_budget_set_on_revenue_is_that_of_the_plan(view: View) -> None:
    rows = iter(lines_of(set_on_revenue_table(view, (CITY,))))
    for fund in pooled_funds(view.dataset):
        own, scheme = next(rows), FUNDS[fund][0]
        planned = {row.label: row for row in lines_of(plan_table(view, scheme))}[str(view.budget_year)]
        assert [value(cell) for cell in own.cells[:3]] == [value(cell) for cell in planned.cells[:3]]
        assert value(own.cells[2]) == close(value(own.cells[0]) - value(own.cells[1]))
        share = value(own.cells[2]) / value(own.cells[0])
        assert value(own.cells[3]) == pytest.approx(100 * share, abs=0.0501)  # one decimal of a percentage


def test_landing_says_the_forecast_of_the_plan_and_its_surplus_adds_up(view: View) -> None:
    for area in areas_of(view):
        revenue, spending, surplus = lines_of(landing_table(view, [SCHEME], area))
        for column in (BUDGET, SO_FAR, MONTHS, FORECAST, TOGETHER):
            assert value(surplus.cells[column]) == close(value(revenue.cells[column]) - value(spending.cells[column]))
        planned = lines_of(plan_table(view, SCHEME, area))[0]
        shown = [row.cells[FORECAST] for row in (revenue, spending, surplus)]
        assert [value(cell) for cell in shown] == [value(cell) for cell in planned.cells[:3]]
        assert str(shown[0]) == str(planned.cells[0])  # with its band
        for row in (revenue, spending):
            budget, together = value(row.cells[BUDGET]), value(row.cells[TOGETHER])
            assert value(row.cells[GAP]) == close(together - budget)
            assert value(row.cells[SHARE]) == pytest.approx(100 * value(row.cells[SO_FAR]) / budget, abs=0.0501)
            assert value(row.cells[GAP_SHARE]) == pytest.approx(100 * (together / budget - 1), abs=0.0501)


def test_regions_of_the_landing_add_up_to_the_city(view: View) -> None:
    rows = lines_of(landing_regions_table(view, [SCHEME]))
    for column in (0, 1, 3, 4, 6):
        parts = [value(row.cells[column]) for row in rows]
        assert parts[-1] == close(sum(parts[:-1]))
    for row in rows:
        assert value(row.cells[6]) == close(value(row.cells[1]) - value(row.cells[4]))


def test_progress_and_landing_say_the_same_totals(view: View) -> None:
    landed = lines_of(landing_table(view, [SCHEME], CITY))
    rows = {row.label: row for row in lines_of(progress_table(view, SCHEME, CITY))}
    for row, name in zip(landed, ("revenue_total", "spending_total"), strict=False):
        own = rows[printed(view, name)]
        assert [value(own.cells[0]), value(own.cells[1])] == [value(row.cells[BUDGET]), value(row.cells[SO_FAR])]
        assert value(own.cells[4]) == value(row.cells[MONTHS])


def test_execution_rate_is_outturn_over_budget_by_hand(view: View, budgeted: Run) -> None:
    """Subsidies of the city in fen, straight from the stored arrays."""
    budget = adopted(budgeted.dataset, 2025)
    assert budget is not None
    here = {"fund": FUND, "line": "fiscal_subsidy"}
    stated = float(budget["last"].sel(here).sum())
    outturn = float(budgeted.dataset["line_history"].sel({**here, "history_year": 2025}).sum())
    rows = {row.label: row for row in lines_of(closed_table(view, SCHEME, CITY))}
    own = rows[printed(view, "fiscal_subsidy")]
    assert value(own.cells[-2]) == pytest.approx(100 * outturn / stated, abs=0.06)
    assert value(own.cells[-1]) == close(value(own.cells[-3]) - value(own.cells[-4]))
    total = rows[printed(view, "revenue_total")]
    assert value(total.cells[-2]) == pytest.approx(100 * value(total.cells[-3]) / value(total.cells[-4]), abs=0.0501)


def test_verdict_of_the_landing_follows_from_what_is_shown(budgeted: Run) -> None:
    """With a threshold of nothing, less revenue or more spending than budgeted calls for an adjustment."""
    stated = {**budgeted.manifest["budget"], "adjustment_threshold": {SCHEME: 0.0}}
    view = View(Run(budgeted.id, budgeted.dataset, {**budgeted.manifest, "budget": stated}), "en", "10k_yuan")
    for sign, row in zip((-1, 1), lines_of(landing_table(view, [SCHEME], CITY)), strict=False):
        word = "execution.called" if sign * value(row.cells[GAP]) > 0 else "execution.not_called"
        assert str(row.cells[-1]) == str(view.mark("low" if word.endswith(".called") else "normal", view.say(word)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_adopted_budgets_the_plan_stays_and_the_rest_is_left_out(run: Run, language: str) -> None:
    view = View(run, language, "100m_yuan")
    assert execution_tables(view, ["employee", "resident"]) == []
    assert year_under_way(run.dataset) is None
    cells = [cell for row in lines_of(plan_table(view, "employee")) for cell in row.cells]
    assert cells
    assert NOTHING not in cells


def test_plan_sheet_holds_the_figures_of_the_page_under_live_formulas(budgeted: Run, tmp_path: Path) -> None:
    """Its stored values recalculate by hand; the office suite recalculates the whole book in test_workbook."""
    path, view = write_workbook(budgeted, "zh", tmp_path), View(budgeted, "zh", "10k_yuan")
    live, stored = (openpyxl.load_workbook(path, data_only=known)[view.say("outlook.plan")] for known in (False, True))

    def number(row: int, column: int) -> float:
        held = stored.cell(row, column).value
        assert isinstance(held, int | float)
        return held

    title = view.say("outlook.caption", city=view.city_name, fund=view.say(f"fund.{FUND}"))
    top = next(cell.row for cell in stored["A"] if str(cell.value).startswith(title))
    starts = [top + 2 + place * (YEARS + 1) for place in range(len(view.regions) + 1)]
    shown = lines_of(plan_table(view, SCHEME))
    for start in starts:
        for row in range(start + 1, start + YEARS + 1):
            revenue, spending, surplus, closing = (number(row, column) for column in (3, 6, 9, 12))
            assert surplus == close(revenue - spending)
            assert closing == close(number(row - 1, 12) + surplus)
            assert live.cell(row, 9).value == f"=C{row}-F{row}"
            assert live.cell(row, 12).value == f"=L{row - 1}+I{row}"
    for offset in range(1, YEARS + 1):
        row = starts[-1] + offset
        for column, letter in ((3, "C"), (6, "F")):
            parts = ",".join(f"{letter}{start + offset}" for start in starts[:-1])
            assert live.cell(row, column).value == f"=SUM({parts})"
            assert number(row, column) == close(sum(number(start + offset, column) for start in starts[:-1]))
        page = [value(cell) for cell in shown[offset - 1].cells[:4]]
        assert [number(row, column) for column in (3, 6, 9, 12)] == [close(figure) for figure in page]
