"""Regional inequality against the plain formulas of one list of cells, and by hand."""

import numpy as np
import pytest
import xarray as xr

from actuarial.evaluation.equity import PARTS, regional_inequality
from actuarial.evaluation.inequality import theil

YEARS = [2026, 2027]


def table(values) -> xr.DataArray:
    coords = {"region": ["a", "b"], "kind": ["x", "y", "z"], "scheme": ("kind", ["r", "r", "e"]), "year": YEARS}
    return xr.DataArray(np.asarray(values, float), coords, ("region", "kind", "year"))


@pytest.fixture
def amount() -> xr.DataArray:
    return table([[[10, 20], [30, 40], [0, 5]], [[50, 1], [20, 2], [30, 3]]])


@pytest.fixture
def persons() -> xr.DataArray:
    return table([[[1, 2], [2, 2], [1, 1]], [[4, 1], [1, 2], [2, 3]]])


def test_parts_add_up_to_theil_of_all_cells(amount, persons):
    found = regional_inequality(amount, persons, None)
    assert found["part"].values.tolist() == list(PARTS[:2])
    for year in YEARS:
        each = (amount / persons).sel(year=year).values.ravel()
        cells = xr.DataArray(each, dims="cell")
        heads = xr.DataArray(persons.sel(year=year).values.ravel(), dims="cell")
        assert float(found.sel(year=year).sum("part")) == pytest.approx(float(theil(cells, heads, "cell")), rel=1e-12)


def test_concentration_by_hand(amount, persons):
    """2026: b is poorer, its 7 persons share 100, the 4 of a 40. C = 2 sum of s R - 1, ranks 3.5 / 11 and 9 / 11."""
    income = xr.DataArray([50_000.0, 40_000.0], {"region": ["a", "b"]}, ("region",))
    found = regional_inequality(amount, persons, income).sel(part="concentration", year=2026)
    shares = np.array([100, 40]) / 140
    assert float(found) == pytest.approx(2 * (shares * np.array([3.5, 9.0]) / 11).sum() - 1, rel=1e-12)


def test_kind_without_persons_changes_nothing(amount, persons):
    empty = persons.copy()
    empty.loc[{"region": "a", "kind": "z"}] = 0
    gone = amount.where(empty > 0, 0.0)
    found = regional_inequality(gone, empty, None)
    assert bool(np.isfinite(found).all())
    one = {"region": "a", "year": 2026, "kind": ["x", "y"]}
    each = xr.DataArray(
        [*(amount / persons).sel(one).values, *(amount / persons).sel(region="b", year=2026).values], dims="c"
    )
    heads = xr.DataArray([*persons.sel(one).values, *persons.sel(region="b", year=2026).values], dims="c")
    assert float(found.sel(year=2026).sum("part")) == pytest.approx(float(theil(each, heads, "c")), rel=1e-12)


def test_draws_are_worked_on_each_by_itself(amount: xr.DataArray, persons: xr.DataArray) -> None:
    squared = amount * amount
    drawn = xr.concat([amount, squared], dim="draw")
    found = regional_inequality(drawn, persons, None)
    assert found.dims == ("draw", "part", "year")
    xr.testing.assert_allclose(found.isel(draw=1), regional_inequality(squared, persons, None), rtol=1e-12)
