import numpy as np
import pytest
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.long_range import actuarial_balance, payable_share


def by_year(*values: float) -> xr.DataArray:
    return xr.DataArray(list(values), dims="year", coords={"year": 2026 + np.arange(len(values))})


def test_hand_worked_balance():
    """Rate 21%, so a half year is 10% and year ends are worth 1 / 1.21, 1 / 1.4641.

    One year: base 1000 / 1.1; income 60 + 88 / 1.1 = 140; cost 99 / 1.1 = 90; target fund 121 / 1.21 = 100:
    140 x 1.1 / 1000 = 0.154 and 190 x 1.1 / 1000 = 0.209, balance -0.055.
    Two years: base 1000 / 1.1 + 1331 / 1.331 = 1909.0909; income 140 + 133.1 / 1.331 = 240;
    cost 90 + 121 / 1.331 = 180.909091; target 146.41 / 1.4641 = 100.
    """
    found = actuarial_balance(
        xr.DataArray(60.0),
        by_year(88, 133.1, 0),
        by_year(99, 121, 146.41),
        by_year(1000, 1331, 0),
        by_year(0.21, 0.21, 0.21),
        [1, 2],
    )
    base = 1000 / 1.1 + 1000
    np.testing.assert_allclose(found["income_rate"], [0.154, 240 / base], rtol=1e-12)
    np.testing.assert_allclose(found["cost_rate"], [0.209, (90 + 121 / 1.331 + 100) / base], rtol=1e-12)
    np.testing.assert_allclose(found["balance"], found["income_rate"] - found["cost_rate"], rtol=1e-12)
    np.testing.assert_allclose(found["open_balance"], [0.055, (240 - 90 - 121 / 1.331) / base], rtol=1e-12)
    assert found["period"].values.tolist() == [1, 2]


def test_raising_contributions_by_the_missing_balance_ends_with_a_years_cost_in_hand():
    """Second derivation: roll the fund forward year by year, flows earning half a year's interest."""
    rng = np.random.Generator(np.random.Philox(2))
    income, cost, base = by_year(*rng.uniform(50, 60, 11)), by_year(*rng.uniform(55, 75, 11)), by_year(*([600.0] * 11))
    rate = by_year(*rng.uniform(0.01, 0.05, 11))
    found = actuarial_balance(xr.DataArray(40.0), income, cost, base, rate, [10])
    missing = -found["balance"].item()
    fund = 40.0
    for year in income["year"].values[:10]:
        now = {"year": year}
        net = income.sel(now).item() + missing * base.sel(now).item() - cost.sel(now).item()
        fund = fund * (1 + rate.sel(now).item()) + net * np.sqrt(1 + rate.sel(now).item())
    assert fund == pytest.approx(cost.isel(year=10).item(), rel=1e-10)  # ten years of rounding


def test_draws_and_regions_are_balanced_apart():
    cost = xr.DataArray(np.full((2, 3, 4), 10.0), dims=("draw", "region", "year"))
    base = xr.DataArray(np.full((3, 4), 100.0), dims=("region", "year"))
    none = xr.DataArray(np.zeros(4), dims="year")
    opening = xr.DataArray([0.0, 10.0, 20.0], dims="region")
    found = actuarial_balance(opening, cost, cost, base, none, [2])
    np.testing.assert_allclose(found["balance"], np.tile([[[-0.05], [0.0], [0.05]]], (2, 1, 1)), atol=1e-15)


@pytest.mark.parametrize("period", [0, 3])
def test_period_beyond_the_projection_is_refused(period):
    message = (
        f"long-range balance over {period} years: the projection has 3, and one year is needed after the period for "
        "the target fund; project further or ask for a shorter period"
    )
    three = by_year(1, 1, 1)
    with pytest.raises(AssumptionError, match=message):
        actuarial_balance(xr.DataArray(1.0), three, three, three, three, [period])


def test_share_payable_once_the_fund_is_used_up():
    """30 in hand: 2026 pays 100 of 90 + 30 and keeps 20, 2027 pays 20 + 70 of 100, then income alone; 2029 fills up."""
    share = payable_share(xr.DataArray(30), by_year(90, 70, 60, 120, 90), by_year(100, 100, 100, 100, 100))
    np.testing.assert_allclose(share, [1, 0.9, 0.6, 1, 1], rtol=1e-12)


def test_year_without_cost_is_refused():
    with pytest.raises(
        AssumptionError, match="long-range balance: a year has no cost; the share payable is of years with"
    ):
        payable_share(xr.DataArray(30), by_year(1, 1), by_year(1, 0))
