import numpy as np
import pytest
import xarray as xr
from scipy.stats import binomtest

from actuarial.risk.proportion import proportion


@pytest.mark.parametrize("count", [0, 1, 50, 199, 200])
def test_interval_is_that_of_wilson(count):
    happened = xr.DataArray(np.arange(200) < count, dims="draw")
    found = proportion(happened, 0.95)
    expected = binomtest(count, 200).proportion_ci(0.95, method="wilson")
    assert float(found["value"]) == count / 200
    # atol: the lower end of none is zero up to rounding
    np.testing.assert_allclose([found["lower"], found["upper"]], [expected.low, expected.high], rtol=1e-12, atol=1e-15)


def test_standard_error_is_the_binomial_one():
    happened = xr.DataArray(np.arange(100) < 20, dims="draw")
    assert float(proportion(happened, 0.9)["standard_error"]) == pytest.approx(0.04, rel=1e-12)
