import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from actuarial.errors import SchemaError
from actuarial.pooling import settle_full_pooling

REGIONS = ["a", "b", "c"]


def by_region(values: list[int] | np.ndarray) -> xr.DataArray:
    dims = ("draw", "region") if np.ndim(values) == 2 else ("region",)
    return xr.DataArray(np.asarray(values, dtype="int64"), dims=dims).assign_coords(region=REGIONS)


def pool(*labels: str) -> xr.DataArray:
    return xr.DataArray(list(labels), dims="region", coords={"region": REGIONS})


def test_hand_worked_settlement():
    """Revenue 500, 300, 200; spending 450, 330, 210; surplus of the city 10, shared 5, 3, 2.

    a has 50 and keeps 5: hands over 45. b lacks 30 and is to have 3: receives 33. c lacks 10, to have 2: receives 12.
    """
    transfer = settle_full_pooling(by_region([500, 300, 200]), by_region([450, 330, 210]), pool("x", "x", "x"))
    np.testing.assert_array_equal(transfer, [-45, 33, 12])


def test_region_with_the_ratio_of_the_city_is_left_alone():
    transfer = settle_full_pooling(by_region([500, 300, 200]), by_region([450, 270, 180]), pool("x", "x", "x"))
    np.testing.assert_array_equal(transfer, [0, 0, 0])


def test_region_of_another_pool_neither_gives_nor_takes():
    transfer = settle_full_pooling(by_region([500, 300, 200]), by_region([450, 330, 210]), pool("x", "x", "y"))
    np.testing.assert_array_equal(transfer.sel(region="c"), 0)
    np.testing.assert_array_equal(transfer.sum("region"), 0)


def test_pool_without_revenue_is_refused():
    with pytest.raises(SchemaError, match="pooling: pool 'y' has a year without revenue"):
        settle_full_pooling(by_region([500, 300, 0]), by_region([450, 330, 210]), pool("x", "x", "y"))


amounts = arrays("int64", (4, 3), elements=st.integers(1, 10**15))


@given(amounts, amounts, st.sampled_from([("x", "x", "x"), ("x", "y", "x"), ("x", "y", "z")]))
def test_transfers_add_up_to_nothing_in_every_pool_and_draw(revenue, spending, labels):
    transfer = settle_full_pooling(by_region(revenue), by_region(spending), pool(*labels))
    for label in set(labels):
        inside = [region for region, own in zip(REGIONS, labels, strict=True) if own == label]
        assert (transfer.sel(region=inside).sum("region") == 0).all()
