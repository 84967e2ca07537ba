"""The section of assistance shows the figures of a stored run of the tiny city with layers."""

import re

import numpy as np
import pytest
import xarray as xr

from actuarial.runs.jobs import Request, make_run
from actuarial.runs.store import Run
from actuarial.wording import LANGUAGES
from reports.pages.assistance import assistance, first_table, shortfall_of, shortfall_table
from reports.pages.layers import aid_table, payer_tables, protected_table
from reports.tables import Table
from reports.view import View
from tests.layered_city import write_split_city

DRAWS = 120
DEARER = 160  # percent of the run's own need


@pytest.fixture(scope="module")
def ample_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    place = tmp_path_factory.mktemp("layered")
    folder = write_split_city(place / "tiny")
    return make_run(Request(folder, place / "store", scenario="baseline", draws=DRAWS, years=5, seed=4)).run


@pytest.fixture(scope="module")
def layered_run(ample_run: Run) -> Run:
    """The stored run with so much need that money falls short in some draws and years and not in others."""
    spending = ample_run.dataset["spending"]
    raised = spending.where(spending["fund"] != "assistance", spending * DEARER // 100)
    return Run(ample_run.id, ample_run.dataset.assign(spending=raised), ample_run.manifest)


@pytest.fixture
def view(layered_run: Run) -> View:
    return View(layered_run, "en", "100m_yuan")


def cell(table: Table, row: str, head: int) -> str:
    found = next(line for line in table.rows if line.label == row)
    return re.sub(r"<.*?>", "|", found.cells[head]).split("|")[0]


def by_hand(run: Run, regions: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Shortfall and surplus of regions as one fund in every draw and year, (draw, year), fen, in plain NumPy."""
    own = run.dataset.sel(fund="assistance", region=regions)
    need, money = (own[name].sum("region").transpose("draw", "year").values for name in ("spending", "revenue"))
    saved = np.full(need.shape[0], max(float(own["opening_balance"].sum()), 0.0))
    short = np.zeros(need.shape)
    for year in range(need.shape[1]):
        gap = need[:, year] - money[:, year] - saved
        short[:, year], saved = np.maximum(gap, 0), np.maximum(-gap, 0)
    return short, need


def test_probability_and_mean_are_those_of_the_draws(layered_run: Run, view: View) -> None:
    table, path = shortfall_table(view, shortfall_of(view)), layered_run.dataset["year"].values.tolist()
    year = path.index(view.budget_year)
    for code, name in view.regions.items():
        short, need = by_hand(layered_run, [code])
        assert cell(table, name, 0) == view.money(need[:, year].mean(), view.decimals("assistance"))
        assert cell(table, name, 2) == view.probability((short[:, year] > 0).mean())
        assert cell(table, name, 3) == view.money(short[:, year].mean(), view.decimals("assistance"))


def test_city_uses_its_money_as_one_fund(layered_run: Run, view: View) -> None:
    short, _ = by_hand(layered_run, list(view.regions))
    table = first_table(view, shortfall_of(view))
    for place, year in enumerate(layered_run.dataset["year"].values.tolist()):
        assert cell(table, str(year), 0) == view.probability((short[:, place] > 0).mean())
    assert cell(table, "None in any year", 1) == view.probability((short == 0).all(axis=1).mean())


def test_money_falls_short_in_some_draws_alone(layered_run: Run, view: View) -> None:
    short, _ = by_hand(layered_run, list(view.regions))
    assert 0 < (short > 0).mean() < 1


def test_page_of_a_city_with_enough_money_has_no_chart_of_its_shortfall(ample_run: Run) -> None:
    assert (by_hand(ample_run, ample_run.dataset["region"].values.tolist())[0] == 0).all()
    page = str(assistance(View(ample_run, "en", "100m_yuan")).body)
    assert page.count("Shortfall</text>") == 0


def test_small_fund_is_shown_with_its_own_decimals(view: View) -> None:
    assert view.decimals("assistance") == 4
    assert re.fullmatch(r"\d+\.\d{4}", cell(shortfall_table(view, shortfall_of(view)), "East", 0))


def test_shares_of_the_payers_add_up_to_the_bill(view: View) -> None:
    for table in payer_tables(view):
        for column in range(len(table.heads) - 1):
            shares = [float(row.cells[column].rstrip("%")) for row in table.rows]
            # five shares of one decimal
            assert sum(shares) == pytest.approx(100, abs=0.25)


def test_notes_of_the_payers_stand_once(view: View) -> None:
    first, last = payer_tables(view)
    assert first.notes == ()
    assert len(last.notes) == 1


def test_reimbursed_share_is_the_stored_median(layered_run: Run, view: View) -> None:
    table, stored = protected_table(view), layered_run.dataset["reimbursed_city"]
    wanted = float(stored.sel(protected="assisted", year_all=view.budget_year, quantile=0.5))
    assert cell(table, view.say("regions.city", city=view.city_name), 0) == view.percent(wanted)


def test_aid_is_told_over_the_last_closed_year(layered_run: Run, view: View) -> None:
    stored = layered_run.dataset["aid_city"].sel(category="near_poor", quantile=0.5)
    wanted = float(stored.sel(year_all=view.budget_year) / stored.isel(year_all=0))
    assert cell(aid_table(view), view.say("category.near_poor"), 0) == view.number(wanted, 2)


def test_both_languages_say_the_same_figures(layered_run: Run) -> None:
    bodies = [str(assistance(View(layered_run, language, "100m_yuan")).body) for language in LANGUAGES]
    figures = [re.findall(r"\d+\.\d{4}", body) for body in bodies]
    assert figures[0] == figures[1]
    assert len(figures[0]) > 20


def test_run_without_limits_says_so(layered_run: Run) -> None:
    run = Run(layered_run.id, layered_run.dataset, {**layered_run.manifest, "assistance": None})
    assert "are not stated" in str(assistance(View(run, "en", "100m_yuan")).body)


def test_run_without_layers_says_so(layered_run: Run) -> None:
    names = [str(name) for name in layered_run.dataset if str(name).startswith(("paid_", "aid_", "reimbursed_"))]
    dataset: xr.Dataset = layered_run.dataset.drop_vars(names)
    page = str(assistance(View(Run(layered_run.id, dataset, layered_run.manifest), "en", "100m_yuan")).body)
    assert "layers are not computed" in page
