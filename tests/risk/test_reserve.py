import numpy as np
import pytest
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.risk.drawdown import maximum_drawdown
from actuarial.risk.reserve import diversification, expressed, reserve_measures, risk_reserve


def regions(balance: np.ndarray) -> xr.DataArray:
    return xr.DataArray(balance, dims=("draw", "region", "year"))


def walks(draws: int, count: int, years: int, is_common: bool) -> xr.DataArray:
    rng = np.random.Generator(np.random.Philox(21))
    size = (draws, 1 if is_common else count, years)
    steps = np.broadcast_to(rng.normal(size=size), (draws, count, years))
    return regions(np.rint(steps.cumsum(axis=2) * 1e8).astype("int64"))


def test_reserve_is_a_drawn_value_that_the_stated_share_does_not_pass():
    drawdown = xr.DataArray(np.arange(1, 101), dims="draw")
    assert int(risk_reserve(drawdown, 0.95)) == 95
    assert int(risk_reserve(drawdown, 0.951)) == 96


def test_pooling_independent_regions_lowers_the_reserve_like_the_square_root():
    """16 alike random walks: their sum has 4 times the deviation of one, so a quarter of the reserves is left."""
    found = diversification(xr.zeros_like(CENTRE), walks(40_000, 16, 3, is_common=False), 0.95)
    error = float(found["pooled_error"] / found["stand_alone"].sum("region"))
    assert float(1 - found["benefit_share"]) == pytest.approx(1 / 4, abs=4 * error)


def test_pooling_perfectly_dependent_regions_saves_nothing():
    found = diversification(xr.zeros_like(CENTRE), walks(2_000, 16, 3, is_common=True), 0.95)
    assert float(found["benefit"]) == 0


CENTRE = xr.DataArray(np.zeros(16, dtype="int64"), dims="region")


def test_measures_of_a_normal_first_year():
    """Two years, the second never lower: drawdown and one-year loss are the same where positive."""
    closing = walks(50_000, 1, 1, is_common=False)
    path = xr.concat([closing, closing + 1], dim="year")
    found = reserve_measures(CENTRE.isel(region=[0]), path, 0.995, 0.995).isel(region=0)
    values = found["value"]
    assert float(values.sel(measure="drawdown_quantile")) == float(values.sel(measure="one_year_quantile"))
    assert float(values.sel(measure="drawdown_tail_mean")) == float(values.sel(measure="one_year_tail_mean"))
    expected = xr.DataArray([2.575829e8, 2.891949e8] * 2, coords={"measure": found["measure"]})
    assert (abs(values - expected) < 4 * found["standard_error"]).all()


def test_drawdown_of_a_growing_fund_is_zero_and_its_first_year_a_negative_loss():
    closing = xr.DataArray([[110, 120], [105, 130]], dims=("draw", "year"))
    found = reserve_measures(xr.DataArray(100), closing, 0.5, 0.5)["value"]
    assert float(found.sel(measure="drawdown_quantile")) == 0
    assert float(found.sel(measure="one_year_quantile")) == -10
    assert int(maximum_drawdown(xr.DataArray(100), closing).max()) == 0


def test_reserve_in_months_and_as_a_share_of_revenue():
    found = expressed(xr.DataArray(600), xr.DataArray(2400), xr.DataArray(2500))
    assert float(found["months_of_cover"]) == 3
    assert float(found["share_of_revenue"]) == pytest.approx(0.24, rel=1e-12)


def test_year_without_spending_is_refused():
    message = (
        "reserve: spending of the year is 0 fen; months of cover and shares of revenue need a year with both; "
        "choose one or show money alone"
    )
    with pytest.raises(AssumptionError, match=message):
        expressed(xr.DataArray(600), xr.DataArray(0), xr.DataArray(2500))
