import numpy as np
import pytest
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.settlement.one_policy import apply_one_policy, harmonised_factor

LEVEL = xr.DataArray([1.0, 0.96, 0.8], dims="region", coords={"region": ["a", "b", "c"]})
MEMBERS = xr.DataArray([5, 3, 2], dims="region", coords={"region": ["a", "b", "c"]})
SPENDING = xr.DataArray([450, 330, 210], dims="region", coords={"region": ["a", "b", "c"]})


@pytest.mark.parametrize(
    ("target", "spending"),
    [
        ("best", [450, 344, 262]),  # 330 / 0.96 = 343.75; 210 / 0.8 = 262.5, half to the even
        ("average", [427, 326, 249]),  # common level (5 + 2.88 + 1.6) / 10 = 0.948
        ("cheapest", [360, 275, 210]),
    ],
)
def test_hand_worked_harmonisation(target, spending):
    found = apply_one_policy(SPENDING, harmonised_factor(LEVEL, MEMBERS, target))
    np.testing.assert_array_equal(found, spending)


def test_level_that_is_not_positive_is_refused():
    with pytest.raises(AssumptionError, match="one policy: a level of benefits is 0; levels must be positive"):
        harmonised_factor(LEVEL * xr.DataArray([1, 1, 0], dims="region"), MEMBERS, "best")
