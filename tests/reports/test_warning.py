"""The page of early warning shows what the accounts and the draws say, and no colour without its word and shape."""

import numpy as np
import pytest
import xarray as xr

from actuarial.runs.store import Run
from actuarial.schema import REVENUE_LINES, SPENDING_LINES
from actuarial.warning.rules import COLOURS
from actuarial.wording import LANGUAGES
from reports.pages.warning import SHAPES, replay_table, warning, warning_table
from reports.view import View
from reports.warning_figures import past_accounts, replays_of, rules_of, warnings_of

EMPLOYEE, RESIDENT = "employee_pooled", "resident_pooled"


def with_history(run: Run, surplus: list[float]) -> Run:
    """The run with a past of the resident fund whose yearly surplus is a share of a revenue of 10,000,000 fen."""
    dataset = run.dataset.copy(deep=True)
    history = dataset["line_history"]
    region, fund, years = (
        history["region"].values[0],
        {"fund": RESIDENT},
        history["history_year"].values[-len(surplus) :],
    )
    history.loc[fund] = np.nan
    lines = [*REVENUE_LINES["resident"], *SPENDING_LINES["resident"], "opening_balance", "closing_balance"]
    history.loc[{**fund, "line": lines, "history_year": years}] = 0.0
    for year, share in zip(years, surplus, strict=True):
        here = {**fund, "region": region, "history_year": year}
        history.loc[{**here, "line": "fiscal_subsidy"}] = 1e7
        history.loc[{**here, "line": "benefit_inpatient"}] = 1e7 * (1 - share)
    return Run(run.id, dataset, run.manifest)


def test_past_accounts_are_those_of_the_ledger(run: Run) -> None:
    past = past_accounts(run.dataset, EMPLOYEE)
    closing = past["opening"] + past["revenue"] - past["spending"]
    np.testing.assert_array_equal(past["closing"], closing)
    assert past["year"].values.tolist() == run.dataset["history_year"].values.tolist()


def test_years_before_a_gap_are_left_out(run: Run) -> None:
    dataset = run.dataset.copy(deep=True)
    dataset["line_history"].loc[{"fund": EMPLOYEE, "history_year": 2020, "line": "closing_balance"}] = np.nan
    assert past_accounts(dataset, EMPLOYEE)["year"].values.tolist() == list(range(2021, 2026))


def test_value_and_probability_of_a_deficit_are_counted(run: Run) -> None:
    """Last surplus and the share of draws with a deficit in the first three years, straight from the arrays."""
    found = next(each for each in warnings_of(run.dataset, run.manifest, EMPLOYEE) if each.rule.name == "deficit")
    past = run.dataset["line_history"].sel(fund=EMPLOYEE, history_year=2025).sum("region")
    got, paid = (float(past.sel(line=list(side["employee"])).sum()) for side in (REVENUE_LINES, SPENDING_LINES))
    assert found.value == pytest.approx((got - paid) / got, rel=1e-12)
    flows = run.dataset[["revenue", "spending"]].sel(fund=EMPLOYEE).sum("region").isel(year=slice(0, 3))
    short = (flows["spending"] > flows["revenue"]).any("year").mean()
    assert found.state == 0
    assert float(found.colours[0].probability["value"]) == float(short)


def test_growth_of_the_first_year_is_over_the_last_closed_one(run: Run) -> None:
    """Everything stands still and nothing warns, but for revenue that falls in the first forecast year."""
    dataset = with_history(run, [0.1] * 10).dataset
    flat = xr.zeros_like(dataset["revenue"].sel(fund=RESIDENT, drop=True)) + 1
    share = xr.where(flat["region"] == flat["region"][0], 1, 0) * flat
    dataset["revenue"].loc[{"fund": RESIDENT}] = (share * 9_000_000).transpose("draw", "region", "year")
    dataset["spending"].loc[{"fund": RESIDENT}] = (share * 9_000_000).transpose("draw", "region", "year")
    found = next(each for each in warnings_of(dataset, run.manifest, RESIDENT) if each.rule.name == "growth")
    assert (found.value, found.state) == (0.0, 0)
    assert float(found.colours[0].probability["value"]) == 1.0
    assert found.colours[0].first == 2026


def test_light_is_carried_into_the_draws_until_it_is_cleared(run: Run) -> None:
    """A deficit two years ago, half a percent of surplus since: below what clears the light."""
    dataset = with_history(run, [0.1] * 7 + [-0.01, 0.005, 0.005]).dataset
    found = next(each for each in warnings_of(dataset, run.manifest, RESIDENT) if each.rule.name == "deficit")
    assert (round(found.value, 6), found.state) == (0.005, 1)


def test_replay_of_a_deficit_that_was_warned_of(run: Run) -> None:
    """Spending outgrows revenue in 2019 and 2020, the deficit comes in 2021: one event, warned of two years before."""
    past = [0.1, 0.1, 0.1, 0.08, 0.03, -0.02, 0.1, 0.1, 0.1, 0.1]
    replayed = next(each for each in replays_of(with_history(run, past).dataset, run.manifest, RESIDENT))
    assert replayed.found is not None
    counts = {name: float(replayed.found[name]) for name in ("events", "warned", "hit_rate", "lead", "warning_years")}
    assert counts == {"events": 1, "warned": 1, "hit_rate": 1, "lead": 2, "warning_years": 3}


def test_short_history_is_said_and_not_judged(run: Run) -> None:
    short = with_history(run, [0.1, 0.1, -0.1])
    view = View(short, "en", "100m_yuan")
    replayed = replays_of(short.dataset, short.manifest, RESIDENT)
    assert [(each.years, each.found) for each in replayed] == [(2, None)]
    assert replay_table(view, replayed).rows[0].cells[:2] == ("2", "history too short")


def test_a_fund_without_history_has_no_value(run: Run) -> None:
    dataset = run.dataset.copy(deep=True)
    dataset["line_history"].loc[{"fund": EMPLOYEE}] = np.nan
    found = warnings_of(dataset, run.manifest, EMPLOYEE)
    assert {each.rule.name for each in found} >= {"cover_short", "growth", "deficit"}
    assert all(np.isnan(each.value) and each.state == 0 for each in found)
    view = View(Run(run.id, dataset, run.manifest), "en", "100m_yuan")
    rows = warning_table(view, {EMPLOYEE: found}).rows[1:]
    assert {row.cells[2:4] for row in rows} == {("—", "—")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_colour_stands_alone(run: Run, language: str) -> None:
    view = View(run, language, "100m_yuan")
    body = warning(view).body
    for colour in COLOURS:
        marked = body.count(f'<span class="{colour}">')
        assert (
            marked == body.count(f'<span class="{colour}">{SHAPES[colour]} {view.say(f"colour.{colour}")}</span>') > 0
        )
    assert len(set(SHAPES.values())) == len(COLOURS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_is_shown_or_said_to_be_left_out(run: Run, language: str) -> None:
    view = View(run, language, "100m_yuan")
    body = warning(view).body
    for fund in (EMPLOYEE, RESIDENT, "assistance"):
        for rule in rules_of(run.manifest, fund):
            assert view.say(f"warning_rule.{rule.name}") in body


def with_income(run: Run, growth: float) -> Run:
    """The run with an income of residents that grows by a rate in the past and in every draw."""
    years = run.dataset["history_year"].size + run.dataset.sizes["year"]
    path = 50_000 * (1 + growth) ** np.arange(years)
    past = run.dataset["history_year"].size
    income = xr.DataArray(path[past:], dims="year", coords={"year": run.dataset["year"]})
    dataset = run.dataset.assign(
        income_history=("history_year", path[:past]),
        income=income.expand_dims(draw=run.dataset["draw"]),
    )
    return Run(run.id, dataset, run.manifest)


def test_cost_is_set_against_income_of_the_year_before(run: Run) -> None:
    """Growth of spending less growth of income, and the share of draws beyond five points, from the arrays."""
    flat = with_income(run, 0.02)
    found = next(
        each for each in warnings_of(flat.dataset, flat.manifest, EMPLOYEE) if each.rule.name == "cost_and_income"
    )
    past = past_accounts(flat.dataset, EMPLOYEE)["spending"].values
    assert found.value == pytest.approx(past[-1] / past[-2] - 1 - 0.02, rel=1e-9)
    spending = flat.dataset["spending"].sel(fund=EMPLOYEE).sum("region").isel(year=slice(0, 3)).values
    before = np.column_stack([np.full(len(spending), past[-1]), spending[:, :-1]])
    gap = spending / before - 1 - 0.02
    assert found.state == int(found.value > 0.05)
    threshold = 0.04 if found.state else 0.05  # a light that is on goes out at its clear value
    if not found.state:
        assert float(found.colours[0].probability["value"]) == (gap > threshold).any(axis=1).mean()
    names = [each.rule.name for each in replays_of(flat.dataset, flat.manifest, EMPLOYEE)]
    assert "cost_and_income" in names


def test_the_city_s_own_rule_takes_the_place_of_the_preset(run: Run) -> None:
    own = {
        "rule": "deficit", "scheme": "all", "indicator": "surplus_ratio", "comparison": "below", "colour": "red",
        "value": "-0.5", "clear": "-0.4", "unit": "1", "clause_zh": "本市口径", "clause_en": "of the city",
        "provenance": "official", "source": "notice of the bureau",
    }  # fmt: skip
    new = {**own, "rule": "half", "clause_en": "half of it"}
    ruled = Run(run.id, run.dataset, {**run.manifest, "warning_rules": [own, new]})
    rules = {rule.name: rule for rule in rules_of(ruled.manifest, EMPLOYEE)}
    assert [level.threshold for level in rules["deficit"].levels] == [-0.5]
    body = warning(View(ruled, "en", "100m_yuan")).body
    assert "notice of the bureau" in body
    assert "half: half of it" in body
