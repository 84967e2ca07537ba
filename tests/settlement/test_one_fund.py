import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from actuarial.errors import AssumptionError, SchemaError
from actuarial.settlement.one_fund import settle_full_pooling, settle_one_fund

REGIONS = ["a", "b", "c"]


def by_region(values: list[int] | np.ndarray) -> xr.DataArray:
    dims = ("draw", "region") if np.ndim(values) == 2 else ("region",)
    return xr.DataArray(np.asarray(values, dtype="int64"), dims=dims).assign_coords(region=REGIONS)


def pool(*labels: str) -> xr.DataArray:
    return xr.DataArray(list(labels), dims="region", coords={"region": REGIONS})


SPENDING = by_region([450, 330, 210])
TARGET = by_region([500, 300, 200])
ONE = pool("x", "x", "x")


@pytest.mark.parametrize(
    ("collected", "share", "transfer"),
    [
        # on target: surplus of the city 10, fair shares 5, 3, 2
        ([500, 300, 200], 1.0, [-45, 33, 12]),
        # c collects 180 and bears the 20 itself: of the dues it has 2, so 2 - 20 = -18 against -30 of its own
        ([500, 300, 180], 1.0, [-45, 33, 12]),
        # borne by all: surplus -10, fair -5.10, -3.06, -1.84
        ([500, 300, 180], 0.0, [-55, 27, 28]),
        # half: due 190, surplus 0
        ([500, 300, 180], 0.5, [-50, 30, 20]),
    ],
)
def test_hand_worked_settlement(collected, share, transfer):
    found = settle_one_fund(by_region(collected), SPENDING, TARGET, share, ONE)
    np.testing.assert_array_equal(found["transfer"], transfer)


amounts = arrays("int64", (4, 3), elements=st.integers(1, 10**13))
pools = st.sampled_from([("x", "x", "x"), ("x", "y", "x"), ("x", "y", "z")])


@settings(max_examples=40)
@given(amounts, amounts, amounts, st.floats(0, 1), pools)
def test_transfers_add_up_to_nothing_in_every_pool_and_draw(revenue, spending, target, share, labels):
    found = settle_one_fund(by_region(revenue), by_region(spending), by_region(target), share, pool(*labels))
    for label in set(labels):
        inside = [region for region, own in zip(REGIONS, labels, strict=True) if own == label]
        assert (found["transfer"].sel(region=inside).sum("region") == 0).all()


def test_without_targets_every_region_keeps_the_surplus_ratio_of_the_city():
    """Revenue 500, 300, 200; spending 450, 330, 210; surplus of the city 10, shared 5, 3, 2.

    a has 50 and keeps 5: hands over 45. b lacks 30 and is to have 3: receives 33. c lacks 10, to have 2: receives 12.
    """
    np.testing.assert_array_equal(settle_full_pooling(TARGET, SPENDING, ONE), [-45, 33, 12])


def test_region_with_the_ratio_of_the_city_is_left_alone():
    np.testing.assert_array_equal(settle_full_pooling(TARGET, by_region([450, 270, 180]), ONE), [0, 0, 0])


def test_region_of_another_pool_neither_gives_nor_takes():
    transfer = settle_full_pooling(TARGET, SPENDING, pool("x", "x", "y"))
    np.testing.assert_array_equal(transfer.sel(region="c"), 0)
    np.testing.assert_array_equal(transfer.sum("region"), 0)


def test_pool_without_revenue_is_refused():
    with pytest.raises(SchemaError, match="pooling: pool 'y' has a year without revenue"):
        settle_one_fund(by_region([500, 300, 0]), SPENDING, TARGET, 0.0, pool("x", "x", "y"))


def test_responsibility_that_is_no_share_is_refused():
    with pytest.raises(AssumptionError, match=r"responsibility_share 80: must lie in \[0, 1\]"):
        settle_one_fund(TARGET, SPENDING, TARGET, 80, ONE)
