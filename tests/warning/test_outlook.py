import numpy as np
import pytest
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.warning.outlook import comes_within

LIT = xr.DataArray([[0, 0, 1, 0], [0, 0, 0, 1], [1, 0, 0, 0]], dims=("draw", "year")).astype(bool)


def test_warning_that_comes_later_does_not_count():
    np.testing.assert_array_equal(comes_within(LIT, 3), [True, False, True])


@pytest.mark.parametrize("years", [0, 5])
def test_horizon_beyond_the_forecast_is_refused(years):
    message = f"warning horizon {years} years: the forecast has 4; ask for at least 1, at most that, or project further"
    with pytest.raises(AssumptionError, match=message):
        comes_within(LIT, years)
