"""Equity, sharing out and prevention as a stored run of the tiny city with layers shows them."""

import re

import numpy as np
import pytest
import xarray as xr

from actuarial.runs.jobs import Request, make_run
from actuarial.runs.store import Run
from actuarial.schema import STATUSES
from actuarial.wording import LANGUAGES
from reports.pages.allocation import allocation_tables, shared_out
from reports.pages.assistance import assistance, shortfall_of
from reports.pages.equity import burdened_table, equity_table
from reports.pages.layers import layer_sentences
from reports.pages.prevention import prevention_parts, prevention_table
from reports.tables import Table
from reports.view import FEN, View
from tests.layered_city import write_decided_city

DRAWS = 120
DEARER = (1.2, 2.0)  # times the run's own need, from the first draw to the last: money falls short in some of them


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    place = tmp_path_factory.mktemp("decided")
    folder = write_decided_city(place / "tiny")
    made = make_run(Request(folder, place / "store", scenario="baseline", draws=DRAWS, years=5, seed=4)).run
    spending = made.dataset["spending"]
    times = xr.DataArray(np.linspace(*DEARER, DRAWS), {"draw": spending["draw"]}, ("draw",))
    dearer = (spending * times).astype("int64").transpose(*spending.dims)
    raised = spending.where(spending["fund"] != "assistance", dearer)
    return Run(made.id, made.dataset.assign(spending=raised), made.manifest)


@pytest.fixture
def view(run: Run) -> View:
    return View(run, "en", "10k_yuan")


def changed(run: Run, **entries: object) -> View:
    return View(Run(run.id, run.dataset, {**run.manifest, **entries}), "en", "10k_yuan")


def figures(table: Table, row: str) -> list[str]:
    """The leading figure of every cell of a row, without separators."""
    found = next(line for line in table.rows if line.label == row)
    return [re.split("<", cell)[0].replace(",", "") for cell in found.cells]


def allocation(view: View) -> Table:
    (table,) = allocation_tables(view, shortfall_of(view))
    return table


def test_paid_share_of_all_cost_is_the_stored_median(run: Run, view: View) -> None:
    stored = run.dataset["actual_city"].sel(protected="assisted", year_all=view.budget_year, quantile=0.5)
    assert figures(equity_table(view), "Assisted: paid share of all cost")[0] == view.percent(float(stored))
    assert "81.6% of the hospital bills" in " ".join(equity_table(view).notes)


def test_own_share_is_what_is_not_reimbursed_with_its_ends_in_order(run: Run, view: View) -> None:
    stored = 1 - run.dataset["reimbursed_city"].sel(protected="others", year_all=view.budget_year)
    row = next(line for line in equity_table(view).rows if line.label.startswith("Other residents: the person"))
    ends = [float(found) for found in re.findall(r"([\d.]+)%", row.cells[0])]
    wanted = [float(stored.sel(quantile=level)) * 100 for level in (0.5, 0.9, 0.1)]
    # one decimal of a percentage
    np.testing.assert_allclose(ends, wanted[: len(ends)], atol=0.0501)
    assert len(ends) == 1 or ends[1] <= ends[0] <= ends[2]


def test_burdened_persons_are_those_of_the_draws_and_add_up(run: Run, view: View) -> None:
    drawn = run.dataset["burdened"].sel(year=view.budget_year).transpose("draw", "region")
    table = burdened_table(view)
    city = view.say("regions.city", city=view.city_name)
    shown = [int(figures(table, name)[0]) for name in view.regions.values()]
    np.testing.assert_allclose(shown, drawn.values.mean(axis=0), atol=1)  # whole persons that add up
    assert int(figures(table, city)[0]) == sum(shown) == round(float(drawn.values.sum(axis=1).mean()))
    members = run.dataset["members"].sel(status=list(STATUSES["resident"]), year_all=view.budget_year).sum()
    assert figures(table, city)[1] == view.number(float(drawn.values.sum(axis=1).mean() / members) * 10_000, 2)


def test_theil_is_the_median_of_the_draws(run: Run, view: View) -> None:
    drawn = run.dataset["inequality"].sel(measure="aid", part="within", year=view.budget_year)
    assert figures(equity_table(view), "Aid per assisted person: Theil, within regions")[0] == view.number(
        float(np.median(drawn)), 4
    )


def test_money_shared_out_is_the_same_money(run: Run, view: View) -> None:
    path = shortfall_of(view)
    found = shared_out(view, path)
    assert found is not None
    own = run.dataset["revenue"].sel(fund="assistance").sum("region").transpose("draw", "year")
    own = own.sel(year=slice(view.budget_year, None))
    # shares of a sum in float64
    np.testing.assert_allclose(found["money"].sum("region").transpose("draw", "year"), own, rtol=1e-12)
    last, now = found["last"], found["allocation"].sel(year=view.budget_year)
    moved = last / last.sum() * now.sum()
    assert bool((now >= 0.9 * moved - 1).all())
    assert bool((now <= 1.2 * moved + 1).all())
    table = allocation(view)
    for column, whole in ((0, own.mean("draw")), (1, own.mean("draw"))):
        shown = [round(float(figures(table, name)[column]) * 100) for name in view.regions.values()]
        assert sum(shown) == round(float(figures(table, table.rows[-1].label)[column]) * 100)
        assert abs(sum(shown) - float(whole.sel(year=view.budget_year)) / (FEN[view.unit] // 100)) <= 0.5


def test_shortfalls_before_and_after_are_of_the_same_draws(run: Run, view: View) -> None:
    """Year after year in plain NumPy, with what each region saves."""
    found = shared_out(view, shortfall_of(view))
    assert found is not None
    own = run.dataset.sel(fund="assistance")
    need, before = (own[name].transpose("draw", "region", "year").values for name in ("spending", "revenue"))
    share = found["allocation"] / found["allocation"].sum("region")
    first = run.dataset["year"].values.tolist().index(view.budget_year)
    after = before.astype(float)
    after[:, :, first:] = before[:, :, first:].sum(axis=1, keepdims=True) * share.transpose("region", "year").values
    table = allocation(view)
    for money, column in ((before, 6), (after, 7)):
        saved, short = np.maximum(own["opening_balance"].values, 0)[None, :], []
        for year in range(need.shape[2]):
            gap = need[:, :, year] - money[:, :, year] - saved
            short.append(gap > 0)
            saved = np.maximum(-gap, 0)
        now = short[first]
        shown = [figures(table, row.label)[column] for row in table.rows]
        wanted = [view.probability(share) for share in (*now.mean(axis=0), now.any(axis=1).mean())]
        assert shown == wanted
        ever = np.any(short[first:], axis=0)
        assert 0 < now.any(axis=1).mean() < 1
        assert figures(table, table.rows[0].label)[column + 2] == view.probability(ever[:, 0].mean())


def test_run_without_rules_of_sharing_has_no_table(run: Run) -> None:
    view = changed(run, allocation=None)
    assert allocation_tables(view, shortfall_of(view)) == []


def test_programme_is_judged_by_the_draws(run: Run, view: View) -> None:
    drawn = run.dataset["prevention"]
    table = prevention_table(view)
    assert figures(table, "Persons in it")[0] == view.number(float(drawn.sel(outcome="persons").mean())).replace(
        ",", ""
    )
    worth = 5_000 * drawn.sel(outcome="effect") - drawn.sel(outcome="cost")
    label = "Probability of being worth its cost (an admission at 5,000 yuan)"
    assert figures(table, label)[0] == view.probability(float((worth > 0).mean()))
    ratio = float(drawn.sel(outcome="cost").mean() / drawn.sel(outcome="effect").mean())
    assert figures(table, "Net cost of an admission avoided (yuan)")[0] == view.number(ratio).replace(",", "")
    assert all(row.estimated == () for row in table.rows)  # the tiny city calls its rows official


def test_estimated_assumptions_are_marked(run: Run) -> None:
    rows = [{**row, "provenance": "estimated"} for row in run.manifest["policy"]]
    view = changed(run, policy=rows)
    assert all(row.estimated == (0,) for row in prevention_table(view).rows)
    assert all(row.estimated == (1,) for row in allocation(view).rows)


def test_run_without_a_programme_has_no_part_of_it(run: Run) -> None:
    view = View(Run(run.id, run.dataset.drop_vars("prevention"), run.manifest), "en", "10k_yuan")
    assert prevention_parts(view) == []


def test_page_says_what_is_not_there(run: Run) -> None:
    indexed = run.manifest["protection"]
    assert layer_sentences(changed(run)) == []
    assert "no exits and removal" in " ".join(layer_sentences(changed(run, recognition=None)))
    unsplit = {**indexed, "aid_by": "members"}
    assert "not split by category" in " ".join(layer_sentences(changed(run, protection=unsplit)))


def test_page_says_that_amounts_are_not_raised(run: Run) -> None:
    rates = dict.fromkeys(run.manifest["protection"]["benefit_indexation"], 0.0)
    view = changed(run, protection={**run.manifest["protection"], "benefit_indexation": rates})
    paid = run.dataset["paid_city"].sel(quantile=0.5, payer="critical").sum("scheme")
    times = view.number(float(paid.isel(year_all=-1) / paid.isel(year_all=0)), 1)
    assert f"it pays {times} times as much" in " ".join(layer_sentences(view))


def test_both_languages_hold_every_table(run: Run) -> None:
    for language in LANGUAGES:
        page = str(assistance(View(run, language, "100m_yuan")).body)
        for key in ("equity", "burdened", "allocation", "prevention"):
            assert f'id="{key}"' in page
        assert 'aria-labelledby="prevention-curve-title' in page


def test_run_that_knows_nothing_of_them_shows_the_rest(run: Run) -> None:
    dataset = run.dataset.drop_vars(["burdened", "inequality", "prevention", "actual_city", "actual_region"])
    page = str(assistance(View(Run(run.id, dataset, run.manifest), "en", "100m_yuan")).body)
    assert 'id="shortfall"' in page
    assert 'id="equity"' not in page
    assert 'id="allocation"' not in page
