"""What the pages say of risk and of pooling is what the stored draws say, and adds up as displayed."""

import numpy as np
import pytest
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.risk.tail import value_at_risk
from actuarial.runs.manifest import build_manifest
from actuarial.runs.store import Run, open_run, write_run, writing
from actuarial.scenario import read_scenario
from actuarial.simulation import simulate
from actuarial.tables import CityData
from actuarial.wording import LANGUAGES
from reports.figures import pooled_funds
from reports.pages.pooling import pooling, reserve_table
from reports.pages.reserve import (
    build_up_table,
    build_up_tables,
    effect_table,
    measure_table,
    models_table,
    parts_table,
    reserve_tables,
    ruin_table,
)
from reports.pages.step_rules import rules
from reports.pages.steps import policy_table, risk_table, steps_parts, transfer_table
from reports.pooling_figures import OWN, VARIANTS, one_policy, pooling_steps, settled, steps_of
from reports.risk_figures import FundRisk, fund_risk, measures
from reports.tables import NOTHING, Table
from reports.view import View

DRAWS = 300


@pytest.fixture(scope="module")
def stored(tiny_data: CityData, tiny_basis: Basis, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A tiny run, written to a store and read back, whose policy table states the one-year confidence."""
    folder = tmp_path_factory.mktemp("store")
    dataset = simulate(tiny_basis, 3, DRAWS)
    manifest = build_manifest(tiny_data, tiny_basis, read_scenario(None, "baseline"), 3, DRAWS)
    assert manifest["reserve"]["one_year_confidence"] is None  # type: ignore[index]
    manifest["reserve"]["one_year_confidence"] = 0.995  # type: ignore[index]
    with writing(folder):
        made = write_run(folder, dataset, manifest)
    return open_run(folder, made.id)


@pytest.fixture(params=["synthetic", "stored"])
def view(request: pytest.FixtureRequest, run: Run, stored: Run) -> View:
    return View(run if request.param == "synthetic" else stored, "zh", "100m_yuan")


def risks_of(view: View) -> list[FundRisk]:
    return [fund_risk(view.dataset, view.manifest, fund) for fund in pooled_funds(view.dataset)]


def first(cell: str) -> str:
    """The figure of a cell, without what stands under it in small type."""
    return str(cell).partition("<br>")[0]


def units(cell: str) -> int:
    return int(first(cell).replace(",", "").replace(".", ""))


def cells(table: Table, column: int) -> list[int]:
    return [units(row.cells[column]) for row in table.rows]


def test_reserve_of_the_draws_is_the_stored_one(stored: Run) -> None:
    view = View(stored, "zh", "100m_yuan")
    for risk in risks_of(view):
        found = measures(risk)["value"].sel(measure="drawdown_quantile")
        assert int(found) == int(stored.dataset["reserve_city"].sel(fund=risk.fund))
        np.testing.assert_array_equal(risk.part.sum("region"), stored.dataset["city_drawdown"].sel(fund=risk.fund))
        steps = pooling_steps(stored.dataset, risk, view.budget_year)
        expected = stored.dataset["reserve_region"].sel(fund=risk.fund)
        np.testing.assert_array_equal(steps["reserve"].sel(step="separate"), expected)


def test_measures_are_those_of_the_summed_balance(view: View) -> None:
    table = measure_table(view, risks_of(view))
    fund = pooled_funds(view.dataset)[0]
    closing = view.dataset["closing_balance"].sel(fund=fund).sum("region").values
    loss = int(view.dataset["opening_balance"].sel(fund=fund).sum()) - closing[:, 0]
    rank = int(np.ceil(0.995 * len(loss) - 1e-9))
    rows = [row for row in table.rows if row.kind != "side"]
    if view.manifest["reserve"].get("one_year_confidence") is None:
        assert [row.label[:3] for row in rows] == ["测算期"] * 2 * len(pooled_funds(view.dataset))
        assert "一年期度量从略" in table.notes[-1]
    else:
        assert rows[2].cells[0] == view.money(np.sort(loss)[rank - 1], view.decimals(fund))
        assert "99.5%" in rows[2].label


def test_ruin_is_counted_from_the_draws(view: View) -> None:
    risks = risks_of(view)
    table = ruin_table(view, risks)
    for column, risk in enumerate(risks):
        whole = view.dataset["closing_balance"].sel(fund=risk.fund).sum("region").transpose("draw", "year").values
        share = (np.minimum.accumulate(whole, axis=1) < 0).mean(axis=0)
        shown = [float(first(row.cells[column]).rstrip("%")) for row in table.rows]
        np.testing.assert_allclose(shown, 100 * share, atol=0.05)  # one decimal is shown


@pytest.mark.parametrize("unit", ["100m_yuan", "10k_yuan"])
def test_parts_add_up_to_the_reserve_as_displayed(run: Run, unit: str) -> None:
    view = View(run, "zh", unit)
    for risk in risks_of(view):
        table = parts_table(view, risk)
        for column in range(3):
            *regions, total = cells(table, column)
            assert sum(regions) == total
        found = measures(risk)["value"] / view.step(risk.fund)
        assert cells(table, 1)[-1] == round(float(found.sel(measure="drawdown_quantile")))
        assert cells(table, 2)[-1] == round(float(found.sel(measure="drawdown_tail_mean")))


def test_effect_and_reserve_tables_agree(stored: Run) -> None:
    view = View(stored, "en", "10k_yuan")
    effect, shown = effect_table(view, risks_of(view)), reserve_table(view)
    for row, other in zip(effect.rows, shown.rows, strict=True):
        assert (row.cells[1], row.cells[0], first(row.cells[2])) == other.cells[:3]


def test_every_step_leaves_the_city_its_money(view: View) -> None:
    for risk in risks_of(view):
        for step in steps_of(view.dataset, risk):
            moved, share = settled(view.dataset, risk, step)
            held = share.sum("region")
            put_aside = held - held.shift(year=1, fill_value=0)
            np.testing.assert_array_equal(moved.sum("region") + put_aside, np.zeros(put_aside.shape))


def test_steps_rest_on_the_balances_after_them(view: View) -> None:
    """Reserve of the first region under the fund of Guangdong, from its own path written out."""
    risk = risks_of(view)[0]
    moved, share = settled(view.dataset, risk, "guangdong")
    path = (risk.closing + moved.cumsum("year") + share).isel(region=0, year=slice(0, 3))
    fall = (int(risk.opening[0]) - path.min("year")).clip(min=0)
    expected = value_at_risk(fall, 0.95)["value"]
    found = pooling_steps(view.dataset, risk, view.budget_year)["reserve"].sel(step="guangdong")
    assert int(found[0]) == int(expected)


def test_step_tables_add_up_as_displayed(view: View) -> None:
    for risk in risks_of(view):
        steps = pooling_steps(view.dataset, risk, view.budget_year)
        after, moved = risk_table(view, risk, steps), transfer_table(view, risk, steps)
        names = steps_of(view.dataset, risk)
        for column in range(len(names)):
            *regions, total, _ = cells(after, column)
            assert sum(regions) == total
        for column, step in enumerate(name for name in names if name not in ("separate", "one_policy")):
            *flows, kept, total = [row.cells[column] for row in moved.rows]
            assert sum(map(units, flows)) + (0 if kept == NOTHING else units(kept)) == units(total) == 0
            assert (kept == NOTHING) is (step in ("one_fund", "responsible"))


def test_gain_per_head_has_a_shape_and_its_sign(run: Run) -> None:
    view = View(run, "en", "100m_yuan")
    risk = risks_of(view)[0]
    steps = pooling_steps(view.dataset, risk, view.budget_year)
    table = transfer_table(view, risk, steps)
    for place, row in enumerate(table.rows[:-2]):
        gain = round(float(steps["per_head"].sel(step="one_fund")[place]), 1)
        assert ("▲" if gain > 0 else "▼" if gain < 0 else "●") in row.cells[-1]
        assert f"{gain:,.1f} yuan" in row.cells[-1]


def test_each_variant_says_its_rule(run: Run) -> None:
    view = View(run, "en", "100m_yuan")
    policy, *said = rules(view, risks_of(view))
    assert "no benefit rules" in policy
    wanted = ["8% of revenue", "a year's deficit 80% is covered", "more than 10% above expectation 50% is covered"]
    assert [words in told for words, told in zip(wanted, said, strict=True)] == [True] * 3


LEVELS = [1.0, 0.96, 0.8, 0.9, 0.9, 0.9]
RULES = [
    {"fund": "city", "payers": "all", "scheme": "all", "parameter": parameter, "lower": lower, "upper": "",
     "value": value, "unit": "1", "provenance": "official", "source": "notice of the bureau"}
    for parameter, lower, value in (
        ("paid_in_share", "", "0.05"), ("covered_share_of_deficit", "0.02", "0.6"), ("is_prorated", "", "1"),
        ("balance_ceiling", "", "0.1"), ("interest_rate", "", "0.02"),
    )
]  # fmt: skip


@pytest.fixture(scope="module")
def ruled(run: Run) -> Run:
    """The synthetic run with levels of benefits that differ, own adjustment funds, and targets of collection."""
    level = xr.DataArray(np.outer(LEVELS, np.full(4, 2000.0)), dims=("region", "fund"))
    level = level.assign_coords(region=run.dataset["region"], fund=run.dataset["fund"])
    target = {code: [0.99] * run.dataset.sizes["year"] for code in run.dataset["region"].values.tolist()}
    collection = {"employee": {"target": target, "responsibility_share": 1.0}}
    manifest = {**run.manifest, "adjustment_rules": RULES, "collection": collection, "layers": [{}]}
    return Run(run.id, run.dataset.assign(benefit_level=level), manifest)


def test_steps_are_those_that_the_run_can_tell(ruled: Run) -> None:
    view = View(ruled, "zh", "100m_yuan")
    employee, resident, _ = risks_of(view)
    assert steps_of(ruled.dataset, employee) == ("separate", "one_policy", OWN, "one_fund", "responsible")
    assert steps_of(ruled.dataset, resident) == ("separate", "one_policy", OWN, "one_fund")


def test_harmonised_spending_is_the_region_s_own_over_its_level(ruled: Run) -> None:
    """To the best: the second region's spending over 0.96, less what it was; the first pays nothing."""
    view = View(ruled, "zh", "100m_yuan")
    risk = risks_of(view)[0]
    found = one_policy(ruled.dataset, risk, view.budget_year).sel(target="best")
    spending = ruled.dataset["spending"].sel(fund=risk.fund, year=view.budget_year).isel(region=1)
    assert float(found["cost"][0]) == 0
    # a draw may differ by the fen to which a half is rounded
    assert float(found["cost"][1]) == pytest.approx(float((np.rint(spending / 0.96) - spending).mean()), abs=1)
    table = policy_table(view, risk, ruled.dataset["benefit_level"].sel(fund=risk.fund))
    for column in (1, 2, 3):
        *regions, total, city = cells(table, column)
        assert sum(regions) == total == city


def test_region_that_misses_its_target_bears_it_to_the_fen(ruled: Run) -> None:
    """Against plain sharing: everyone's fair part of the dues, less what the region itself did not collect."""
    view = View(ruled, "zh", "100m_yuan")
    risk = risks_of(view)[0]
    flows = ruled.dataset.sel(fund=risk.fund)
    target = np.rint(0.99 * flows["revenue"].mean("draw"))
    missing = xr.ufuncs.maximum(0, target - flows["revenue"]).transpose("draw", "region", "year")
    due = flows["revenue"] + missing
    fair = due / due.sum("region") * (due - flows["spending"]).sum("region")
    expected = (fair - missing - flows["revenue"] + flows["spending"]).transpose("draw", "region", "year")
    moved, _ = settled(ruled.dataset, risk, "responsible")
    assert float(missing.sum()) > 0
    assert int(abs(moved.sum("region")).max()) == 0
    np.testing.assert_allclose(
        moved.drop_vars("fund", errors="ignore"), expected, atol=3
    )  # whole fen, the rest to one region


@pytest.mark.parametrize("language", LANGUAGES)
def test_own_rules_are_told_with_their_source(ruled: Run, language: str) -> None:
    view = View(ruled, language, "100m_yuan")
    said = rules(view, risks_of(view))
    assert len(said) == 3
    assert all(word in said[1] for word in ("city", "5%", "60%", "2%", "10%", "notice of the bureau"))
    assert "99%" in said[2]
    assert not any(name in pooling(view).body for name in VARIANTS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_region_alone_has_no_parts_and_no_steps(run: Run, language: str) -> None:
    """Regions with a fund each: measures and ruin remain."""
    pools = [{**part, "pool": part["code"]} for part in run.manifest["city"]["regions"]]
    manifest = {**run.manifest, "city": {**run.manifest["city"], "regions": pools}}
    view = View(Run(run.id, run.dataset, manifest), language, "100m_yuan")
    assert [table.key for table in reserve_tables(view, risks_of(view))] == [
        "measures",
        "ruin",
        *(f"build-up-{risk.fund}" for risk in risks_of(view)),
    ]
    assert "steps-" not in pooling(view).body
    assert steps_parts(View(run, language, "100m_yuan"), []) == []


def test_every_model_is_read_from_its_own_draws(stored: Run) -> None:
    view = View(stored, "zh", "100m_yuan")
    risks = risks_of(view)
    table = models_table(view, risks)
    rows = [row for row in table.rows if row.kind != "side"]
    assert [row.label for row in rows[:2]] == ["本次测算的模型", "对数漂移、正态误差"]
    each = len(rows) // len(risks)
    for place, risk in enumerate(risks):
        own = rows[place * each]
        assert first(own.cells[1]) == measure_table(view, risks).rows[1 + place * 5].cells[0]
        closing = stored.dataset["rival_closing"].sel(fund=risk.fund, rival="log_drift").sum("region")
        near = closing.isel(year=slice(0, 3)).transpose("rival_draw", "year").values
        fall = np.sort((int(risk.opening.sum()) - near.min(axis=1)).clip(min=0))
        rank = int(np.ceil(0.95 * len(fall) - 1e-9))
        assert first(rows[place * each + 1].cells[1]) == view.money(fall[rank - 1], view.decimals(risk.fund))
        assert float(first(rows[place * each + 1].cells[-1]).rstrip("%")) == pytest.approx(
            100 * (near < 0).any(axis=1).mean(), abs=0.05
        )


def test_a_rival_that_is_missing_says_why(stored: Run) -> None:
    reason = {"rival": "past_errors", "years": [], "reason": "past errors: origins 2, needed: 3"}
    manifest = {**stored.manifest, "rivals": [stored.manifest["rivals"][0], reason]}
    view = View(Run(stored.id, stored.dataset, manifest), "en", "100m_yuan")
    notes = models_table(view, risks_of(view)).notes
    assert notes[1] == "Errors that past forecasts made: left out. past errors: origins 2, needed: 3"


def test_the_build_up_adds_up_as_displayed(view: View) -> None:
    for risk in risks_of(view):
        before = 0
        for row in build_up_table(view, risk).rows:
            aside, released, returned, held = (units(cell) for cell in row.cells[:4])
            assert before + aside - released - returned == held
            before = held


def test_a_fund_that_needs_no_reserve_is_not_built_up(view: View) -> None:
    for risk in risks_of(view):
        target = float(measures(risk)["value"].sel(measure="drawdown_quantile"))
        is_solvent = int(risk.opening.sum("region")) >= 0
        assert bool(build_up_tables(view, [risk])) == (target > 0 and is_solvent)
