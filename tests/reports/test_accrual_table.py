"""The memorandum under the forms: it adds up as displayed, and is left out where nothing is stated."""

from dataclasses import replace

import numpy as np
import xarray as xr

from actuarial.runs.store import Run
from actuarial.schema import COMMITMENTS, FUNDS
from reports.accrual_table import ROWS, accrual_table
from reports.pages.budget import budget
from reports.view import View


def committed(run: Run) -> Run:
    """The run with commitments that differ by fund, region and year."""
    regions, years = run.dataset["region"].values, [2025, *run.dataset["year"].values.tolist()]
    coords = {"region": regions, "fund": list(FUNDS), "commitment": list(COMMITMENTS), "year_end": years}
    sizes = tuple(len(values) for values in coords.values())
    amount = 1e9 * np.arange(1, np.prod(sizes) + 1).reshape(sizes) / 7
    return replace(run, dataset=run.dataset.assign(commitments_region=xr.DataArray(amount, coords, tuple(coords))))


def figures(view: View, area: str) -> dict[str, list[float]]:
    table = accrual_table(view, "resident", area)
    assert table is not None
    return {
        name: [float(cell.replace(",", "")) for cell in row.cells] for name, row in zip(ROWS, table.rows, strict=True)
    }


def test_every_total_adds_up_as_displayed(run: Run):
    view = View(committed(run), "zh", "10k_yuan")
    for area in ("city", "330281"):
        shown = figures(view, area)
        for year in range(2):
            at = {name: cells[year] for name, cells in shown.items()}
            # sums of cents, held as floating point
            np.testing.assert_allclose(at["cash_in"], at["revenue"] + at["received_early"], atol=1e-4)
            np.testing.assert_allclose(at["cash_out"], at["spending"] + at["advance"], atol=1e-4)
            np.testing.assert_allclose(at["incurred_spending"], at["spending"] + at["outstanding"], atol=1e-4)
        bank = shown["cash_balance"][0] + shown["cash_in"][1] - shown["cash_out"][1]
        np.testing.assert_allclose(shown["cash_balance"][1], bank, atol=1e-4)


def test_regions_add_up_to_the_city_as_displayed(run: Run):
    view = View(committed(run), "en", "100m_yuan")
    regions = [figures(view, str(region)) for region in run.dataset["region"].values]
    for name, cells in figures(view, "city").items():
        np.testing.assert_allclose(cells, np.sum([region[name] for region in regions], axis=0), atol=1e-6, err_msg=name)


def test_page_has_the_memorandum_only_where_it_is_stated(run: Run):
    assert accrual_table(View(run, "zh", "10k_yuan"), "resident") is None
    assert "收付与应计对照" not in budget(View(run, "zh", "10k_yuan")).body
    assert "收付与应计对照" in budget(View(committed(run), "zh", "10k_yuan")).body
