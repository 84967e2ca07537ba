"""Identities that hold in every draw of a whole projection."""

import numpy as np
import pytest
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.experience.fit import fit
from actuarial.fund.ledger import side_total
from actuarial.people import central_population, project_people
from actuarial.projection import project
from actuarial.schema import ALL_LINES, FUNDS, REVENUE_LINES, SPENDING_LINES, STATUSES
from actuarial.simulation import PER_DRAW, simulate
from actuarial.streams import BLOCK
from actuarial.tables import read_folder
from tests.tiny_city import write_tiny_city


@pytest.fixture(scope="module")
def block(tiny_basis):
    return project(tiny_basis, 11, 0, 300)


@pytest.fixture(scope="module")
def run(tiny_basis):
    return simulate(tiny_basis, 11, BLOCK + 120)


def test_ledger_closes_to_the_fen_in_every_draw(block):
    ledger = block["ledger"]
    revenue = sum(ledger.sel(line=line) for line in dict.fromkeys(sum(REVENUE_LINES.values(), ())))
    spending = sum(ledger.sel(line=line) for line in dict.fromkeys(sum(SPENDING_LINES.values(), ())))
    opening, closing = ledger.sel(line="opening_balance"), ledger.sel(line="closing_balance")
    assert ledger.dtype == np.int64
    assert (opening + revenue - spending == closing).all()
    assert (opening.isel(year=slice(1, None)).values == closing.isel(year=slice(None, -1)).values).all()


def test_first_opening_is_the_last_closing_of_the_accounts(block, tiny_basis):
    first = block["ledger"].sel(line="opening_balance").isel(year=0)
    assert (first == tiny_basis.history.opening).all()


def test_lines_of_another_scheme_stay_empty(block):
    for fund, (scheme, _) in FUNDS.items():
        own = REVENUE_LINES[scheme] + SPENDING_LINES[scheme] + ("opening_balance", "closing_balance")
        foreign = [line for line in ALL_LINES if line not in own]
        assert (block["ledger"].sel(fund=fund, line=foreign) == 0).all()


def test_transfers_inside_the_city_net_to_zero(block):
    assert (block["transfer"].sum("region") == 0).all()
    assert (block["transfer"].sel(fund="employee_account") == 0).all()


def test_enrolment_paid_by_assistance_is_received_by_the_resident_fund(block):
    paid = block["ledger"].sel(fund="assistance", line="subsidised_enrolment", drop=True)
    received = block["ledger"].sel(fund="resident_pooled", line="assisted_contribution", drop=True)
    assert (paid == received).all()
    assert (paid > 0).all()


def test_pooled_drawdown_never_passes_the_sum_of_the_regions(block):
    assert (block["city_drawdown"] <= block["region_drawdown"].sum("region")).all()


def test_members_stay_within_the_population(tiny_basis):
    people = project_people(tiny_basis)
    total = central_population(tiny_basis).sum(["sex", "age"])
    mid = (total.isel(year=slice(1, None)).values + total.isel(year=slice(None, -1)).values) / 2
    members = people.members.sum("status").sel(year=tiny_basis.years)
    assert (members.transpose("region", "year").values <= mid).all()
    assert (people.members >= 0).all()


def test_city_is_the_sum_of_its_regions_in_every_draw(run):
    """The stored means are those of the sums: line by line over regions, and totals draw by draw."""
    lines = run["line_mean"].fillna(0.0)
    for side in ("revenue", "spending"):
        by_line = side_total(lines, side).sum("region")
        by_draw = run[side].sum("region").mean("draw")
        # both are means of whole fen; a float64 mean of amounts near 1e11 fen holds 1e-5 of a fen
        np.testing.assert_allclose(by_line.transpose(*by_draw.dims), by_draw, rtol=1e-14, atol=1e-3)


def test_first_draws_of_a_longer_run_are_those_of_a_shorter(run, tiny_basis):
    short = simulate(tiny_basis, 11, 100)
    for name in PER_DRAW:
        np.testing.assert_array_equal(short[name], run[name].isel(draw=slice(0, 100)))


@pytest.mark.parametrize(("workers", "grouped"), [(1, 1), (1, 2), (2, 2)])
def test_result_does_not_depend_on_workers_or_grouping(run, tiny_basis, workers, grouped):
    again = simulate(tiny_basis, 11, BLOCK + 120, workers=workers, blocks_per_task=grouped)
    xr.testing.assert_identical(again, run)


def test_longer_horizon_leaves_the_first_years_of_the_shocks(tiny_data, tiny_basis):
    """Shocks of a year do not depend on how many years follow; the central path of drift does not either."""
    longer = fit(tiny_data, 7)
    near = simulate(tiny_basis, 3, 50)["revenue"]
    far = simulate(longer, 3, 50)["revenue"].sel(year=near["year"])
    np.testing.assert_array_equal(near, far)


@pytest.mark.parametrize("unit", ["10k_yuan", "100m_yuan"])
def test_answer_is_the_same_whatever_the_unit_of_the_ledger(run, tmp_path, unit):
    folder = write_tiny_city(tmp_path / "city", unit=unit)
    xr.testing.assert_identical(simulate(fit(read_folder(folder), 5), 11, BLOCK + 120), run)


def test_no_draw_is_refused(tiny_basis):
    with pytest.raises(AssumptionError, match="draws 0, blocks_per_task 1: both must be at least 1"):
        simulate(tiny_basis, 1, 0)


def test_horizon_without_the_budget_year_is_refused(tiny_data):
    with pytest.raises(AssumptionError, match="years: 1; the budget year is the second forecast year"):
        fit(tiny_data, 1)


def test_members_by_status_are_the_published_ones_in_the_last_year(tiny_basis):
    history = tiny_basis.history.members
    expected = (history.sel(year=2025) + history.sel(year=2024)) / 2
    for statuses in STATUSES.values():
        part = project_people(tiny_basis).members.sel(status=list(statuses), year=2025)
        np.testing.assert_allclose(part, expected.sel(status=list(statuses)))
