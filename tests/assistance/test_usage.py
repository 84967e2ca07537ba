import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from actuarial.assistance.shortfall import shortfall_path
from actuarial.assistance.usage import emergency_path, surplus_rate
from actuarial.errors import AssumptionError

TABLES = arrays("int64", (5, 4), elements=st.integers(0, 1000))


def yearly(values) -> xr.DataArray:
    """One region: (draw, region, year) from (draw, year), or (region, year) from (year,)."""
    table = np.asarray(values)
    years = np.arange(2026, 2026 + table.shape[-1])
    dims = ("draw", "region", "year")[-1 - table.ndim :]
    return xr.DataArray(np.expand_dims(table, -2), dims=dims, coords={"region": ["a"], "year": years})


def opening(amount: float) -> xr.DataArray:
    return xr.DataArray([amount], dims="region", coords={"region": ["a"]})


def test_emergency_brings_usage_back_to_its_threshold_by_hand():
    """Money 100 a year; need 80, 99, 120 at a threshold of 0.9: usage 0.8; 99 / 120; 120 / 121 calls for 12.333."""
    path = emergency_path(yearly([80, 99, 120]), yearly([100, 100, 100]), opening(0), 0.9).squeeze()
    np.testing.assert_allclose(path["usage"], [0.8, 99 / 120, 120 / 121])
    np.testing.assert_allclose(path["emergency"], [0, 0, 120 / 0.9 - 121], atol=1e-12)
    np.testing.assert_allclose(path["surplus"], [20, 21, 120 / 0.9 - 120])


@settings(max_examples=40)
@given(TABLES, TABLES, st.integers(0, 2000))
def test_emergency_at_full_usage_is_the_shortfall(need: np.ndarray, money: np.ndarray, start: int):
    flows = (yearly(need), yearly(money), opening(start))
    emergency = emergency_path(*flows, threshold=1.0)["emergency"]
    xr.testing.assert_equal(emergency, shortfall_path(*flows)["shortfall"].astype(float))


@settings(max_examples=40)
@given(TABLES, TABLES, st.integers(0, 2000), st.floats(0.5, 1.0))
def test_usage_after_the_appropriation_never_passes_the_threshold(need, money, start, threshold):
    path = emergency_path(yearly(need), yearly(money), opening(start), threshold)
    at_hand = path["surplus"] + yearly(need)
    # need / threshold is rounded once, and need over it once more
    assert bool((yearly(need) <= threshold * at_hand * (1 + 1e-12)).all())
    is_calm = path["usage"] <= threshold * (1 - 1e-12)
    assert bool((path["emergency"].where(is_calm, 0.0) == 0).all())


def test_nothing_available_is_used_without_bound():
    path = emergency_path(yearly([5.0, 0.0]), yearly([0.0, 0.0]), opening(0), 1.0).squeeze()
    assert path["usage"].values.tolist() == [np.inf, 0.0]


def test_surplus_rate_against_its_ceiling():
    """The national rate of 14.3% (seed 002) stands under 15%, 18% does not."""
    rate = surplus_rate(yearly([[14.3], [18.0]]), yearly([100.0]))
    assert (rate > 0.15).squeeze().values.tolist() == [False, True]


def test_year_without_money_and_impossible_threshold_are_refused():
    with pytest.raises(AssumptionError, match="a year has no money"):
        surplus_rate(yearly([1.0]), yearly([0.0]))
    with pytest.raises(AssumptionError, match=r"its threshold is 1\.2"):
        emergency_path(yearly([1.0]), yearly([1.0]), opening(0), 1.2)
