"""The page of scenarios and stress tests says what the stored run holds, and says so where it holds nothing."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from actuarial.assumptions.basis import Basis
from actuarial.assumptions.policy import Dated
from actuarial.contract import TABLES
from actuarial.runs.store import Run
from actuarial.runs.stress import stress_object
from actuarial.stress.city import stress_city
from actuarial.tables import CityData
from actuarial.wording import LANGUAGES
from reports.pages.stress import comparison_table, reverse_table, sobol_table, stress, tornado_chart
from reports.view import FEN, View

FUND = "employee_pooled"
RANGES = (
    ("wages", "工资增速", "Growth of wages", "employee", "contribution_base", "growth", -0.01, 0.01, "1/year"),
    ("cost", "费用", "Cost", "employee", "spending", "multiply", 0.9, 1.3, "1"),
)


@pytest.fixture(scope="module")
def stressed(run: Run, tiny_basis: Basis, tiny_data: CityData) -> Run:
    """The synthetic run with the stress tests of the tiny city."""
    rows = [
        (*one[:6], 2026, 2030, bound, value, one[8], "estimated", "test")
        for one in RANGES
        for bound, value in zip(("low", "high"), one[6:8], strict=True)
    ]
    ranges = pd.DataFrame(rows, columns=list(TABLES["sensitivities"].column_names))
    values = {**tiny_basis.policy.values, (tiny_basis.city.code, "all", "stress_limit", ""): (Dated(3.0, 2018, "t"),)}
    basis = replace(tiny_basis, policy=replace(tiny_basis.policy, values=values))
    made = stress_city(basis, {**tiny_data.frames, "sensitivities": ranges}, 1, 20)
    assert made is not None
    return Run(run.id, run.dataset.merge(made[0]), {**run.manifest, "stress": made[1]})


@pytest.fixture
def view(stressed: Run) -> View:
    return View(stressed, "zh", "10k_yuan")


def test_run_without_tests_says_so(run: Run):
    assert "没有做压力测试" in stress(View(run, "zh", "100m_yuan")).body


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_holds_every_part(stressed: Run, language: str):
    body = stress(View(stressed, language, "100m_yuan")).body
    for key in (f"stress-{FUND}", f"tornado-{FUND}-title", "sobol", "reverse"):
        assert f'id="{key}"' in body


def test_difference_is_the_mean_over_the_same_draws(view: View):
    closing = view.dataset["scenario_closing"].sel(fund=FUND).astype(float)
    gap = closing.sel(scenario="weak_wages") - closing.sel(scenario="baseline")
    cell = str(comparison_table(view, FUND).rows[1].cells[4]).partition("<br>")[0]
    assert cell == view.money(float(gap.mean()), view.decimals(FUND))
    assert float(gap.mean()) < 0


def test_baseline_comes_first_and_has_no_difference(view: View):
    first = comparison_table(view, FUND).rows[0]
    assert (first.label, first.cells[4]) == ("基准情景", "—")


def test_tornado_starts_with_the_largest_effect(view: View):
    ((_, chart),) = tornado_chart(view, FUND)
    effect = abs(view.dataset["sensitivity_effect"].sel(fund=FUND)).max("bound")
    names = ["工资增速（每年-1.0至+1.0个百分点）", "费用（×0.90至×1.30）"]
    order = sorted(names, key=lambda name: -float(effect[names.index(name)]))
    assert chart.index(order[0]) < chart.index(order[1])


def test_indices_are_those_stored(view: View):
    own = view.dataset["sobol"].sel(fund=FUND, sensitivity="cost", index="first")
    assert str(sobol_table(view, (FUND,)).rows[1].cells[0]).startswith(view.percent(float(own)))


def test_value_that_exhausts_a_fund_is_the_multiple_of_its_end(view: View):
    rows = {row.label: row.cells[0] for row in reverse_table(view, (FUND,)).rows if row.cells}
    multiple = float(view.dataset["reverse_sensitivity"].sel(fund=FUND, sensitivity="cost", bound="high"))
    assert rows["费用，向×1.30方向"] == (
        "3 倍以内未耗尽" if np.isnan(multiple) else f"×{view.number(1 + 0.3 * multiple, 2)}"
    )
    low = float(view.dataset["reverse_sensitivity"].sel(fund=FUND, sensitivity="cost", bound="low"))
    assert np.isnan(low)
    assert rows["费用，向×0.90方向"] == "3 倍以内未耗尽"


def test_printed_object_is_in_yuan(stressed: Run):
    found = stress_object(stressed)
    weak = found["scenarios"][FUND]["weak_wages"]  # type: ignore[index]
    closing = stressed.dataset["scenario_closing"].sel(fund=FUND, scenario="weak_wages").mean()
    assert weak["closing"] == pytest.approx(float(closing) / 100)
    assert found["limit"] == 3.0
    assert FEN["10k_yuan"] == 10_000 * 100
