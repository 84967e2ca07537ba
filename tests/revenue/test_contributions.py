import pytest
import xarray as xr

from actuarial.revenue.contributions import employee_contributions, split_to_accounts


def test_hand_worked_contributions():
    """1,000 active x 80,000 yuan x (8.5% + 2%) x 96% collected = 8,064,000; 22.5% of it, 1,814,400, to accounts."""
    received = employee_contributions(xr.DataArray(1000), xr.DataArray(80_000), xr.DataArray(0.105), xr.DataArray(0.96))
    assert float(received) == pytest.approx(8_064_000, rel=1e-12)
    pooled, account = split_to_accounts(received, xr.DataArray(0.225))
    assert float(account) == pytest.approx(1_814_400, rel=1e-12)
    assert float(pooled) == pytest.approx(6_249_600, rel=1e-12)
