"""The section of growth shows the split of a stored run of the tiny city with layers."""

import re

import numpy as np
import pytest

from actuarial.runs.jobs import Request, make_run
from actuarial.runs.store import Run
from reports.figures import nearest_year
from reports.pages.growth import AGEING, SPAN, growth, growth_table, headline, region_growth_table
from reports.tables import Table
from reports.view import FEN, View
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


def whole_cents(table: Table) -> np.ndarray:
    """The leading figures in hundredths of the unit, exactly."""
    return np.rint(np.array(figures(table)) * 100).astype(int)


@pytest.mark.parametrize("unit", ["10k_yuan", "100m_yuan"])
@pytest.mark.parametrize("scheme", ["employee", "resident"])
def test_factors_add_up_to_the_growth_of_benefits(layered_run: Run, scheme: str, unit: str) -> None:
    view = View(layered_run, "en", unit)
    table = whole_cents(growth_table(view, scheme))
    np.testing.assert_array_equal(table[:-1].sum(axis=0), table[-1])
    mean = layered_run.dataset["growth_city"].sel(scheme=scheme, year=view.budget_year).mean("draw")
    exact = [*mean.values, float(mean.sum())]
    # controlled rounding leaves every figure next to its true value, less than one displayed unit away
    np.testing.assert_array_less(abs(table[:, 0] - np.array(exact) / (FEN[unit] // 100)), 1)


@pytest.mark.parametrize("unit", ["10k_yuan", "100m_yuan"])
@pytest.mark.parametrize("scheme", ["employee", "resident"])
def test_regions_add_up_to_the_city(layered_run: Run, scheme: str, unit: str) -> None:
    view = View(layered_run, "en", unit)
    table = whole_cents(region_growth_table(view, scheme))
    np.testing.assert_array_equal(table[:-1].sum(axis=0), table[-1])
    np.testing.assert_array_equal(table[:, :-1].sum(axis=1), table[:, -1])
    end = str(nearest_year(layered_run.dataset, int(layered_run.manifest["last_year"]) + SPAN))
    column = next(place for place, head in enumerate(growth_table(view, scheme).heads[1:]) if head.endswith(end))
    np.testing.assert_array_equal(whole_cents(growth_table(view, scheme))[:, column], table[-1])


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
