"""The official forms are sums of ledger lines: complete, exact, and equal over regions."""

import csv
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from actuarial.budget.forms import CITY, amounts, budget_table, form, form_amounts, ledger_terms, signed, weights
from actuarial.errors import SchemaError
from actuarial.schema import (
    ALL_LINES,
    LEVEL_INFLOWS,
    LEVEL_OUTFLOWS,
    PROVENANCES,
    REVENUE_LINES,
    SCHEMES,
    SPENDING_LINES,
    ledger_lines,
)

REGIONS = ("330201", "330213")


@pytest.fixture
def dataset() -> xr.Dataset:
    """Resident accounts of two regions; flows in thirds of a fen, so that nothing is whole before it is rounded."""
    flows = {"individual_contribution": 1000.0, "assisted_contribution": 100 / 3, "fiscal_subsidy": 2000 / 3}
    flows |= {"benefit_inpatient": 800.0, "benefit_outpatient": 500 / 3, "to_above": 0.0, "from_above": 0.0}
    lines = list(ALL_LINES)
    mean = np.full((2, 4, len(lines), 3), np.nan)
    history = np.full((2, 4, len(lines), 1), np.nan)
    provenance = np.full(history.shape, "", dtype="U10")
    for region, size in enumerate((1.0, 3.0)):
        balance = 500.0 * size
        surplus = sum(amount if name not in SPENDING_LINES["resident"] else -amount for name, amount in flows.items())
        for name, amount in flows.items():
            history[region, 2, lines.index(name), 0] = round(amount * size)
            provenance[region, 2, lines.index(name), 0] = "official" if name == "fiscal_subsidy" else "estimated"
        last = sum(
            (-1 if name in SPENDING_LINES["resident"] else 1) * round(amount * size) for name, amount in flows.items()
        )
        history[region, 2, lines.index("opening_balance"), 0] = balance
        history[region, 2, lines.index("closing_balance"), 0] = balance + last
        for year in range(3):
            for name, amount in flows.items():
                mean[region, 2, lines.index(name), year] = amount * size
            mean[region, 2, lines.index("opening_balance"), year] = balance + last + year * surplus * size
            mean[region, 2, lines.index("closing_balance"), year] = balance + last + (year + 1) * surplus * size
    dims = ("region", "fund", "line")
    coords = {
        "region": list(REGIONS),
        "fund": ["employee_pooled", "employee_account", "resident_pooled", "assistance"],
        "line": lines,
        "year": [2026, 2027, 2028],
        "history_year": [2025],
    }
    return xr.Dataset(
        {
            "line_mean": ((*dims, "year"), mean),
            "line_history": ((*dims, "history_year"), history),
            "line_provenance": ((*dims, "history_year"), provenance),
        },
        coords,
    )


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_ledger_line_is_counted_once_in_a_total(scheme: str) -> None:
    assert set(np.unique(weights(form(scheme)).sel(row=["revenue_total", "spending_total"]))) == {0, 1}
    revenue = ledger_terms(form(scheme), "revenue_total")
    spending = ledger_terms(form(scheme), "spending_total")
    assert sorted(revenue) == sorted((*REVENUE_LINES[scheme], *LEVEL_INFLOWS))
    assert sorted(spending) == sorted((*SPENDING_LINES[scheme], *LEVEL_OUTFLOWS))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_mapping_names_only_known_lines_and_says_how_it_is_known(scheme: str) -> None:
    for line in form(scheme):
        assert line.provenance in PROVENANCES
        assert line.source
        assert set(ledger_terms(form(scheme), line.name)) <= set(ledger_lines(scheme))


def test_balance_is_opening_plus_flows_to_the_fen(dataset: xr.Dataset) -> None:
    ledger = amounts(dataset)["amount"].sel(fund="resident_pooled")
    flows = signed(ledger.drop_sel(line=["opening_balance", "closing_balance"])).sum("line")
    opening, closing = ledger.sel(line="opening_balance"), ledger.sel(line="closing_balance")
    assert ledger.dtype == np.int64
    assert (opening + flows == closing).all()
    assert (opening.sel(year=2027).values == closing.sel(year=2026).values).all()


def test_regions_add_up_to_the_city_in_every_cell(dataset: xr.Dataset) -> None:
    city = budget_table(dataset, CITY, "resident", "all")["amount"]
    parts = [budget_table(dataset, region, "resident", "all")["amount"] for region in REGIONS]
    xr.testing.assert_equal(city, parts[0] + parts[1])


def test_city_lines_are_the_rounded_means(dataset: xr.Dataset) -> None:
    city = budget_table(dataset, CITY, "resident", "resident_pooled")["amount"].sel(year=2027)
    assert int(city.sel(row="assisted_contribution")) == round(4 * 100 / 3)
    assert int(city.sel(row="contribution")) == 4000 + round(4 * 100 / 3)


def test_change_compares_the_budget_with_this_year(dataset: xr.Dataset) -> None:
    extra = 100 * xr.DataArray([1.0, 3.0], dims="region", coords={"region": list(REGIONS)})
    mean = dataset["line_mean"]
    mean.loc[{"line": "individual_contribution", "year": 2027}] += extra.broadcast_like(mean.isel(line=0, year=0))
    mean.loc[{"line": "closing_balance", "year": [2027, 2028]}] += extra
    mean.loc[{"line": "opening_balance", "year": 2028}] += extra
    change = budget_table(dataset, CITY, "resident", "all")["change"]
    assert float(change.sel(row="contribution")) == pytest.approx(400 / 4133, rel=1e-12)
    assert np.isnan(float(change.sel(row="from_above")))


def test_a_line_that_is_not_published_is_not_zero(dataset: xr.Dataset) -> None:
    table = budget_table(dataset, CITY, "resident", "all")
    assert not bool(table["published"].sel(row="interest", year=2025))
    assert bool(table["published"].sel(row="current_balance", year=2025))


def test_a_total_of_estimates_is_an_estimate(dataset: xr.Dataset) -> None:
    is_estimated = budget_table(dataset, CITY, "resident", "all")["is_estimated"]
    assert bool(is_estimated.sel(row="revenue_total"))
    assert not bool(is_estimated.sel(row="fiscal_subsidy"))


def test_undivided_accounts_reach_the_totals(dataset: xr.Dataset) -> None:
    lines = form("resident")
    ledger = xr.DataArray(np.zeros(len(ALL_LINES), dtype="int64"), dims="line", coords={"line": list(ALL_LINES)})
    ledger.loc[{"line": "revenue_undivided"}] = 7
    assert int(form_amounts(lines, ledger).sel(row="revenue_total")) == 7


def test_accounts_that_do_not_close_are_refused(dataset: xr.Dataset) -> None:
    dataset["line_history"].loc[{"line": "closing_balance", "region": "330213"}] += 1000.0
    expected = (
        "closing_balance: 1000 fen from opening plus flows, most at "
        "{'region': '330213', 'fund': 'resident_pooled', 'year': 2025}"
    )
    with pytest.raises(SchemaError) as refused:
        amounts(dataset)
    assert str(refused.value) == expected


@pytest.mark.parametrize(
    ("table", "scheme"), [("resident_fund", "resident"), ("employee_fund_incl_maternity", "employee")]
)
def test_every_line_of_the_printed_form_is_there(published: Path, table: str, scheme: str) -> None:
    """Layout of a county's resident form as seen, and of the employee form as recalled: codes by side."""
    with (published / "china/G_fund_budget_layout.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["table"] == table]
    sides = {"revenue": "revenue", "expenditure": "spending"}
    assert {(line.side, line.code) for line in form(scheme) if line.code} == {
        (sides[row["side"]], row["line_code"]) for row in rows
    }
