import numpy as np
import xarray as xr

from actuarial.settlement.comparison import balance_after, gains_per_head


def table(values: list) -> xr.DataArray:
    return xr.DataArray(values, dims=("draw", "region", "year"), coords={"year": [2026, 2027]})


def test_balances_carry_transfers_and_dearer_benefits_on():
    closing, transfer, extra = table([[[100, 200]]]), table([[[-10, 5]]]), table([[[1, 2]]])
    np.testing.assert_array_equal(balance_after(closing, transfer, extra), [[[89, 192]]])


def test_winners_and_losers_per_head():
    """Fen 400 and 200 over members 2 and 1, and one draw in two where the region pays 300 in each year."""
    transfer = table([[[400, 200]], [[-300, -300]]])
    members = xr.DataArray([[2.0, 1.0]], dims=("region", "year"), coords={"year": [2026, 2027]})
    found = gains_per_head(transfer, members)
    np.testing.assert_allclose(found["by_year"], [[(2 - 1.5) / 2, (2 - 3) / 2]], rtol=1e-12)
    np.testing.assert_allclose(found["over_all"], [(2 - 2) / 2], atol=1e-12)
    np.testing.assert_array_equal(found["gaining_share"], [0.5])
