import numpy as np
import xarray as xr

from actuarial.warning.indicators import (
    assistance_usage,
    growth_gap,
    months_of_cover,
    spending_excess,
    surplus_ratio,
    unspent_share,
)


def by_year(*values: int) -> xr.DataArray:
    return xr.DataArray(list(values), dims="year", coords={"year": 2024 + np.arange(len(values))})


def test_indicators_of_one_year():
    assert months_of_cover(by_year(600), by_year(2400)).item() == 3
    assert surplus_ratio(by_year(200), by_year(250)).item() == -0.25
    assert spending_excess(by_year(150), by_year(100)).item() == 0.5
    assert assistance_usage(by_year(90), by_year(120)).item() == 0.75
    assert unspent_share(by_year(90), by_year(120)).item() == 0.25


def test_growth_gap_belongs_to_the_later_year():
    gap = growth_gap(by_year(100, 150, 150), by_year(100, 125, 150))
    np.testing.assert_allclose(gap, [0.25, -0.2], rtol=1e-12)
    assert gap["year"].values.tolist() == [2025, 2026]
