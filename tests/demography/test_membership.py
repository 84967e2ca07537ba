import numpy as np
import pytest
import xarray as xr

from actuarial.demography.membership import enrolment_share, group_sums, mid_year, spread_to_ages
from actuarial.errors import SchemaError

LOWER = np.array([0, 2, 4])
PEOPLE = xr.DataArray(
    [[[10.0, 30.0, 20.0, 20.0, 50.0]]],
    dims=("region", "sex", "age"),
    coords={"region": ["r"], "sex": ["female"], "age": np.arange(5)},
)


def members(values: list[list[float]]) -> xr.DataArray:
    return xr.DataArray(
        np.array(values)[None, :, None, :],
        dims=("region", "status", "sex", "group"),
        coords={"region": ["r"], "status": ["active", "adult"], "sex": ["female"], "group": LOWER},
    )


def test_groups_add_up_to_the_population():
    np.testing.assert_array_equal(group_sums(PEOPLE, LOWER).values.ravel(), [40, 40, 50])


def test_share_is_members_over_people_of_the_group():
    share = enrolment_share(members([[10, 20, 0], [30, 10, 50]]), PEOPLE, LOWER)
    np.testing.assert_allclose(share.sel(status="active").values.ravel(), [0.25, 0.25, 0.5, 0.5, 0.0])
    np.testing.assert_allclose((share * PEOPLE).sum(["sex", "age"]).values.ravel(), [30, 90])


def test_more_members_than_people_is_refused():
    with pytest.raises(SchemaError, match=r"enrolment: members exceed population, first at .*'group': '2'"):
        enrolment_share(members([[10, 20, 0], [30, 21, 50]]), PEOPLE, LOWER)


def test_rate_is_constant_within_its_group():
    rate = xr.DataArray([1.0, 2.0, 3.0], dims="group", coords={"group": LOWER})
    np.testing.assert_array_equal(spread_to_ages(rate, LOWER, np.arange(6)), [1, 1, 2, 2, 3, 3])


def test_mid_year_is_the_mean_of_two_year_ends():
    ends = xr.DataArray([10.0, 20.0, 40.0], dims="year", coords={"year": [2023, 2024, 2025]})
    result = mid_year(ends)
    np.testing.assert_array_equal(result, [15, 30])
    np.testing.assert_array_equal(result["year"], [2024, 2025])
