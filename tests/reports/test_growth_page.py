"""The section of growth shows the split of a stored run of the tiny city with layers."""

import re

import numpy as np
import pytest

from actuarial.runs.jobs import Request, make_run
from actuarial.runs.store import Run
from reports.pages.growth import AGEING, growth, growth_table, headline, region_growth_table
from reports.tables import Table
from reports.view import View
from tests.layered_city import write_split_city

DRAWS = 60


@pytest.fixture(scope="module")
def layered_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    place = tmp_path_factory.mktemp("layered")
    folder = write_split_city(place / "tiny")
    return make_run(Request(folder, place / "store", scenario="baseline", draws=DRAWS, years=5, seed=4)).run


@pytest.fixture
def view(layered_run: Run) -> View:
    return View(layered_run, "en", "10k_yuan")


def figures(table: Table) -> list[list[float]]:
    """The leading figure of every cell."""
    return [[float(re.split("<", cell)[0].replace(",", "")) for cell in row.cells] for row in table.rows]


@pytest.mark.parametrize("scheme", ["employee", "resident"])
def test_factors_add_up_to_the_growth_of_benefits(layered_run: Run, view: View, scheme: str) -> None:
    table = np.array(figures(growth_table(view, scheme)))
    # means rounded to the hundredth of 10,000 yuan, six of them
    np.testing.assert_allclose(table[:-1].sum(axis=0), table[-1], atol=0.03)
    effects = layered_run.dataset["growth_city"].sel(scheme=scheme, year=view.budget_year)
    assert table[-1, 0] == pytest.approx(float(effects.sum("factor").mean("draw")) / 1e6, abs=0.006)


@pytest.mark.parametrize("scheme", ["employee", "resident"])
def test_regions_add_up_to_the_city(view: View, scheme: str) -> None:
    table = np.array(figures(region_growth_table(view, scheme)))
    np.testing.assert_allclose(table[:-1].sum(axis=0), table[-1], atol=0.02)


def test_what_is_the_same_in_every_draw_has_no_interval(layered_run: Run, view: View) -> None:
    policy = layered_run.dataset["growth_city"].sel(factor="policy")
    assert float(abs(policy).max()) == 0
    row = next(row for row in growth_table(view, "employee").rows if row.label == "Policy")
    assert row.cells == ("0.00",) * len(row.cells)


def test_headline_is_ageing_over_all_growth(layered_run: Run, view: View) -> None:
    year = int(layered_run.dataset["year"].values[-1])
    effects = layered_run.dataset["growth_city"].sel(scheme="employee", year=year)
    share = effects.sel(factor=AGEING) / effects.sum("factor")
    found = headline(view, "employee", year)["share"].sel(quantile=0.5)
    assert float(found) == pytest.approx(float(share.median()), rel=1e-12)


def test_notes_stand_under_the_last_table_only(view: View) -> None:
    page = str(growth(view).body)
    assert page.count("log-mean Divisia") == 1


def test_run_without_growth_of_intensity_says_so(layered_run: Run) -> None:
    run = Run(layered_run.id, layered_run.dataset.drop_vars(["growth_city", "growth_region"]), layered_run.manifest)
    assert "does not split the growth" in str(growth(View(run, "en", "10k_yuan")).body)
