import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from actuarial.demography.membership import (
    advance_schemes,
    enrolment_share,
    group_sums,
    mid_year,
    scheme_share,
    shift_odds,
    spread_to_ages,
    status_share,
    within_scheme,
)
from actuarial.errors import SchemaError
from actuarial.schema import ALL_STATUSES

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


def by_status(active: list[float], retired: list[float], adult: list[float]) -> xr.DataArray:
    """(region, status, sex, age) of one region and sex; no children and no students."""
    nobody = [0.0] * len(active)
    return xr.DataArray(
        np.array([active, retired, nobody, nobody, adult])[None, :, None, :],
        dims=("region", "status", "sex", "age"),
        coords={"region": ["r"], "status": list(ALL_STATUSES), "sex": ["female"], "age": np.arange(len(active))},
    )


SHARE = by_status([0.0, 0.6, 0.3, 0.0], [0.0, 0.0, 0.1, 0.0], [0.5, 0.1, 0.2, 0.9])


def test_scheme_is_the_sum_of_its_statuses():
    scheme = scheme_share(SHARE)
    np.testing.assert_allclose(scheme.sel(scheme="employee").values.ravel(), [0, 0.6, 0.4, 0])
    np.testing.assert_allclose(scheme.sel(scheme="resident").values.ravel(), [0.5, 0.1, 0.2, 0.9])


def test_split_of_an_empty_age_is_that_of_the_age_below():
    split = within_scheme(SHARE)
    np.testing.assert_allclose(split.sel(status="active").values.ravel(), [0, 1, 0.75, 0.75])
    np.testing.assert_allclose(split.sel(status="retired").values.ravel(), [0, 0, 0.25, 0.25])


def test_split_and_scheme_give_the_shares_back():
    np.testing.assert_allclose(status_share(scheme_share(SHARE), within_scheme(SHARE)), SHARE, rtol=1e-15)


def test_schemes_stay_up_to_the_settled_age_and_move_on_above_it():
    scheme = scheme_share(SHARE).expand_dims(draw=2)
    later = advance_schemes(scheme, 1)
    assert later.dims == scheme.dims
    np.testing.assert_allclose(later.sel(scheme="employee").isel(draw=1).values.ravel(), [0, 0.6, 0.6, 0.4])
    np.testing.assert_allclose(later.sel(scheme="resident").isel(draw=1).values.ravel(), [0.5, 0.1, 0.1, 0.2])


def test_carried_shares_keep_the_split_of_the_age():
    """Employees reach age 3 by the second year: 0.6 of the people, split as at age 2, where a quarter is retired."""
    scheme = advance_schemes(advance_schemes(scheme_share(SHARE), 1), 1)
    at_three = status_share(scheme, within_scheme(SHARE)).sel(age=3)
    np.testing.assert_allclose(at_three.sel(status="active").item(), 0.45)
    np.testing.assert_allclose(at_three.sel(status="retired").item(), 0.15)
    np.testing.assert_allclose(at_three.sel(status="adult").item(), 0.1)


def deviations(values: object) -> xr.DataArray:
    return xr.DataArray(
        np.asarray(values, dtype=float)[:, None, :],
        dims=("draw", "region", "scheme"),
        coords={"region": ["r"], "scheme": ["employee", "resident"]},
    )


def test_log_odds_move_by_the_deviation():
    """Employees 0.6, residents 0.1, uninsured 0.3; twice the employees' odds: 1.2 / (1.2 + 0.1 + 0.3) = 0.75."""
    shifted = shift_odds(scheme_share(SHARE), deviations([[np.log(2), 0.0]]))
    assert shifted.dims == ("draw", "region", "scheme", "sex", "age")
    np.testing.assert_allclose(shifted.sel(scheme="employee", age=1).item(), 0.75)
    np.testing.assert_allclose(shifted.sel(scheme="resident", age=1).item(), 0.0625)


def test_no_deviation_leaves_every_share():
    scheme = scheme_share(SHARE)
    np.testing.assert_allclose(shift_odds(scheme, deviations([[0.0, 0.0]])).isel(draw=0), scheme, rtol=1e-15)


def test_shares_above_one_are_refused():
    share = scheme_share(by_status([0.9], [0.0], [0.2]))
    with pytest.raises(SchemaError, match=r"scheme shares: the largest sum is 1\.100000000, more than 1"):
        shift_odds(share, deviations([[0.0, 0.0]]))


@settings(max_examples=40)
@given(
    arrays(float, (3, 7), elements=st.floats(0, 1, allow_subnormal=False)),
    arrays(float, (5, 2), elements=st.floats(-20, 20)),
)
def test_members_never_exceed_people_in_any_draw(weights: np.ndarray, shifts: np.ndarray):
    """Any shares, any deviations: with the uninsured they sum to one in every draw, and zero stays zero."""
    share = by_status(*(weights / np.maximum(weights.sum(axis=0), 1)).tolist())
    scheme = advance_schemes(scheme_share(share), 2)
    shifted = shift_odds(scheme, deviations(shifts))
    members = 1000 * status_share(shifted, within_scheme(share))
    assert members.values.min() >= 0
    assert members.sum("status").values.max() <= 1000 * (1 + 1e-12)
    odds = scheme.values[0, :, 0] * np.exp(shifts)[:, :, None]
    none = np.maximum(1 - scheme.values[0, :, 0].sum(axis=0), 0)
    np.testing.assert_allclose(
        1 - shifted.sum("scheme").values[:, 0, 0], none / (none + odds.sum(axis=1)), rtol=0, atol=1e-12
    )
    np.testing.assert_array_equal(shifted.values[:, 0, :, 0] == 0, odds == 0)
