"""The long-range balance on the page, rolled forward again from the stored draws."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.experience.fit import fit
from actuarial.runs.manifest import build_manifest
from actuarial.runs.store import Run
from actuarial.scenario import read_scenario
from actuarial.simulation import simulate
from actuarial.tables import CityData
from reports.figures import pooled_funds
from reports.long_range_figures import balances, depletion, paid_after, periods_of
from reports.pages.long_range import long_range_tables
from reports.view import View
from tests.layered_city import layered_data
from tests.tiny_city import CITY


@pytest.fixture(scope="module")
def made(tiny_data: CityData, tiny_basis: Basis) -> Run:
    manifest = build_manifest(tiny_data, tiny_basis, read_scenario(None, "baseline"), 3, 40)
    return Run(str(manifest["run"]), simulate(tiny_basis, 3, 40), manifest)


def test_balance_of_a_draw_rolled_forward(made: Run) -> None:
    """Raised by the missing share of the base, the fund of one draw ends the period with the target fund; rtol 1e-9."""
    dataset = made.dataset
    period = periods_of(dataset)[0]
    for fund in pooled_funds(dataset):
        missing = -float(balances(dataset, fund).rates["balance"].sel(period=period)[4])
        own = dataset.isel(draw=4).sel(fund=fund)
        city = own[["closing_balance", "spending"]].sum("region")
        rates = own["interest_rate"].isel(region=0).values
        held = before = float(own["opening_balance"].sum())
        for place in range(period):
            now = city.isel(year=place)
            moved = float(now["closing_balance"]) - before - float(own["interest"][place])
            raised = moved + missing * float(own["payment_base"][place])
            held = held * (1 + rates[place]) + raised * np.sqrt(1 + rates[place])
            before = float(now["closing_balance"])
        assert held == pytest.approx(float(city["spending"][period]), rel=1e-9)


def test_depletion_is_counted_from_the_draws(made: Run) -> None:
    for fund in pooled_funds(made.dataset):
        found = balances(made.dataset, fund)
        closing = made.dataset["closing_balance"].sel(fund=fund).sum("region").transpose("draw", "year")
        fallen = (np.minimum.accumulate(closing.values, axis=1) < 0).mean(axis=0)
        np.testing.assert_allclose(depletion(found).cumsum("year"), fallen, atol=1e-12)
        paid = paid_after(found)
        assert np.isnan(float(paid["first_year"])) == (fallen[-1] == 0)
        assert not float(paid["first_year"]) >= 1


def test_a_short_run_says_which_periods_it_lacks(made: Run) -> None:
    view = View(made, "en", "100m_yuan")
    balance, _ = long_range_tables(view, pooled_funds(made.dataset))
    years = made.dataset.sizes["year"]
    missing = [period for period in (10, 25, 50) if period >= years]
    assert f"they need --years {missing[0] + 1} and more" in balance.notes[-1]


def test_an_older_run_has_no_long_range(run: Run) -> None:
    assert long_range_tables(View(run, "en", "100m_yuan"), pooled_funds(run.dataset)) == []
    assert isinstance(run.dataset, xr.Dataset)


FOLLOWING = 2036


@pytest.fixture(scope="module")
def long() -> Run:
    """Fifty-one years of the city with layers, whose amounts follow cost beyond ten."""
    data = layered_data()
    policy = data.frames["policy"]
    row = policy[policy["parameter"] == "benefit_indexation"].assign(
        region=CITY, parameter="benefit_cost_response", from_year=FOLLOWING, value=1.0, unit="1"
    )
    data = replace(data, frames={**data.frames, "policy": pd.concat([policy, row], ignore_index=True)})
    with xr.set_options(arithmetic_join="exact"):
        basis = fit(data, 51)
        manifest = build_manifest(data, basis, read_scenario(None, "baseline"), 3, 60)
        return Run(str(manifest["run"]), simulate(basis, 3, 60), manifest)


def test_a_long_run_shows_every_period(long: Run) -> None:
    for language in ("zh", "en"):
        view = View(long, language, "100m_yuan")
        balance, depleted = long_range_tables(view, pooled_funds(long.dataset))
        assert [row.kind for row in balance.rows].count("side") == len(pooled_funds(long.dataset))
        assert len(balance.rows) == 4 * len(pooled_funds(long.dataset))
        assert len(depleted.heads) == 1 + 3 + 5
        assert str(FOLLOWING) in balance.notes[-1]
