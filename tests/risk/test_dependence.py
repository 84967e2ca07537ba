import numpy as np
import pytest
import xarray as xr

from actuarial.errors import SchemaError
from actuarial.risk.dependence import pooling_effect


def losses(values: np.ndarray) -> xr.DataArray:
    return xr.DataArray(values, dims=("draw", "region"))


def test_exactly_uncorrelated_regions_gain_the_square_root():
    """All eight combinations of three regions that lose 1 or gain 1."""
    corners = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, -1).T
    found = pooling_effect(losses(corners))
    assert float(found["correlation"]) == pytest.approx(0, abs=1e-15)
    assert float(found["floor"]) == 0
    assert float(found["gain"]) == pytest.approx(1 - 1 / np.sqrt(3), rel=1e-12)
    np.testing.assert_allclose(found["common_share"], 0, atol=1e-15)


def test_regions_that_move_as_one_gain_nothing():
    found = pooling_effect(losses(np.outer([1.0, -2.0, 4.0], [1.0, 3.0, 0.5])))
    assert float(found["correlation"]) == pytest.approx(1, rel=1e-12)
    assert float(found["gain"]) == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(found["common_share"], 1, rtol=1e-12)
    assert float(found["floor"]) == pytest.approx(float(found["pooled"]), rel=1e-12)


def test_common_and_own_part_of_a_one_factor_model():
    """X_r = F + E_r, unit variances, two regions: correlation 1/2, each with a quarter explained by the other."""
    corners = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, -1).T
    found = pooling_effect(losses(corners[:, [1, 2]] + corners[:, [0]]))
    assert float(found["correlation"]) == pytest.approx(0.5, rel=1e-12)
    np.testing.assert_allclose(found["common_share"], 0.25, rtol=1e-12)
    assert float(found["floor"]) == pytest.approx(np.sqrt(0.5) * 2 * np.sqrt(2), rel=1e-12)


def test_single_region_is_refused():
    with pytest.raises(SchemaError, match="pooling effect: one region; there is nothing to pool with"):
        pooling_effect(losses(np.zeros((3, 1))))
