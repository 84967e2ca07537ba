"""Budget against outturn on the tiny city, whose months are known fractions of the year."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from actuarial.budget.execution import (
    adjustment,
    adopted,
    areas,
    closed_year,
    execution_rate,
    landing,
    sides,
    year_under_way,
)
from actuarial.budget.forms import CITY
from actuarial.runs.jobs import Request, make_run
from tests.tiny_city import write_budgets, write_catalogue, write_tiny_city


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    place: Path = tmp_path_factory.mktemp("execution")
    folder = write_tiny_city(place / "tiny")
    write_budgets(folder)
    return make_run(Request(write_catalogue(folder), place / "store", "baseline", 200, 3, 1)).run.dataset


def test_a_revision_is_beside_the_first_budget(dataset: xr.Dataset) -> None:
    budget = adopted(dataset, 2026)
    assert budget is not None
    total = sides(budget[["first", "last"]].to_dataarray("version")).sel(side="spending").sum("region")
    # spending grew by 5% and, revised, by 7%; whole fen
    np.testing.assert_allclose(total.sel(version="last") / total.sel(version="first"), 1.07 / 1.05, rtol=1e-8)
    assert int(budget["versions"]) == 2
    assert adopted(dataset, 2024) is None


def test_execution_rate_of_a_closed_year_is_outturn_over_budget(dataset: xr.Dataset) -> None:
    found = closed_year(dataset, 2025)
    assert found is not None
    rate = execution_rate(found["outturn"], found["last"]).sel(region="339901", fund="resident_pooled")
    grown = dataset["line_history"].sel(region="339901", fund="resident_pooled")
    growth = grown.sel(history_year=2025) / grown.sel(history_year=2024)
    np.testing.assert_allclose(rate.sel(line="fiscal_subsidy"), growth.sel(line="fiscal_subsidy") / 1.04, rtol=1e-8)
    assert np.isnan(float(execution_rate(xr.DataArray(1.0), xr.DataArray(0.0))))


def test_half_a_year_is_carried_to_its_end_by_the_halves_of_earlier_years(dataset: xr.Dataset) -> None:
    """Halves were 0.5 x 0.99, 0.5, 0.5 x 1.01 of 2023-2025, and 0.5 x 1.05 of 2025 has come: geometric mean."""
    lines = year_under_way(dataset)
    assert lines is not None
    assert int(lines["month"]) == 6
    usual = 0.5 * (0.99 * 1.00 * 1.01) ** (1 / 3)
    last = dataset["line_history"].sel(
        history_year=2025, region="339902", fund="resident_pooled", line="fiscal_subsidy"
    )
    own = lines.sel(region="339902", fund="resident_pooled", line="fiscal_subsidy")
    assert float(own["usual_share"]) == pytest.approx(usual, rel=1e-7)  # amounts are whole fen
    assert float(own["projected"]) == pytest.approx(float(last) * 1.05 * 0.5 / usual, rel=1e-7)
    assert not bool(own["is_forecast"])


def test_spread_is_that_of_a_prediction_from_three_years(dataset: xr.Dataset) -> None:
    """s sqrt(1 + 1/3) times the 95% quantile of Student's t with 2 degrees of freedom, 2.919986 (any table)."""
    lines = year_under_way(dataset)
    assert lines is not None
    found = landing(dataset, lines).sel(area="339901", fund="resident_pooled", side="revenue")
    logs = -np.log([0.99, 1.0, 1.01])
    assert float(found["months_spread"]) == pytest.approx(np.std(logs, ddof=1) * (4 / 3) ** 0.5 * 2.919986, rel=1e-5)


def test_both_together_lie_between_and_nearer_to_the_more_precise(dataset: xr.Dataset) -> None:
    lines = year_under_way(dataset)
    assert lines is not None
    found = landing(dataset, lines).drop_sel(area=CITY).sel(fund=["employee_pooled", "resident_pooled"])
    low = xr.ufuncs.minimum(found["months"], found["forecast"])
    high = xr.ufuncs.maximum(found["months"], found["forecast"])
    assert ((found["together"] >= low * (1 - 1e-12)) & (found["together"] <= high * (1 + 1e-12))).all()
    assert (found["spread"] < found["months_spread"]).all()
    assert (found["spread"] < found["forecast_spread"]).all()
    nearer = (found["months_spread"] < found["forecast_spread"]) == (found["weight"] > 0.5)
    assert nearer.all()


def test_regions_add_up_to_the_city(dataset: xr.Dataset) -> None:
    lines = year_under_way(dataset)
    assert lines is not None
    found = landing(dataset, lines)[["so_far", "months", "forecast", "together"]].sel(fund="resident_pooled")
    for name in found:
        own = found[name]
        np.testing.assert_allclose(own.drop_sel(area=CITY).sum("area"), own.sel(area=CITY), rtol=1e-12)


def test_a_line_without_months_takes_the_forecast_and_says_so(dataset: xr.Dataset) -> None:
    here = {"region": "339901", "fund": "resident_pooled", "line": "fiscal_subsidy"}
    silent = dataset.copy(deep=True)
    silent["outturn"].loc[{**here, "outturn_year": 2026}] = 0.0
    lines = year_under_way(silent)
    assert lines is not None
    assert bool(lines["is_forecast"].sel(here))
    assert float(lines["projected"].sel(here)) == float(dataset["line_mean"].sel(here).sel(year=2026))


def test_one_earlier_year_gives_no_spread(dataset: xr.Dataset) -> None:
    lines = year_under_way(dataset.sel(outturn_year=[2025, 2026]))
    assert lines is not None
    found = landing(dataset, lines)
    assert found["months_spread"].isnull().all()
    assert found["together"].isnull().all()
    assert found["months"].sel(fund="resident_pooled").notnull().all()


def test_adjustment_is_called_for_beyond_the_threshold() -> None:
    budget, expected = xr.DataArray([100.0] * 3), xr.DataArray([102.9, 103.1, 96.9])
    spending, revenue = (adjustment(budget, expected, 0.03, side) for side in ("spending", "revenue"))
    assert spending["is_called"].values.tolist() == [False, True, False]
    assert revenue["is_called"].values.tolist() == [False, False, True]
    np.testing.assert_allclose(spending["amount"], [2.9, 3.1, -3.1], rtol=1e-12)


def test_areas_end_with_the_city() -> None:
    amount = xr.DataArray([1.0, 2.0], dims="region", coords={"region": ["a", "b"]})
    assert areas(amount).to_series().to_dict() == {"a": 1.0, "b": 2.0, CITY: 3.0}
