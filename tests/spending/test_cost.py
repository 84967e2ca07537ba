import numpy as np
import xarray as xr

from actuarial.spending.cost import expected_cost

RNG = np.random.default_rng(4)
COORDS = {
    "region": ["a", "b"],
    "scheme": ["employee", "resident"],
    "service": ["inpatient", "outpatient", "chronic"],
    "sex": ["female", "male"],
    "age": np.arange(4),
}


def table(*dims: str, draws: int = 0) -> xr.DataArray:
    coords = {dim: COORDS[dim] for dim in dims}
    shape = [len(labels) for labels in coords.values()]
    if draws:
        return xr.DataArray(RNG.uniform(1, 9, (draws, *shape)), coords, ("draw", *dims))
    return xr.DataArray(RNG.uniform(1, 9, shape), coords, dims)


def test_cost_is_the_sum_over_members_one_by_one():
    exposure = table("region", "scheme", "sex", "age", draws=2)
    price = table("region", "scheme", "service", "sex", "age")
    found = expected_cost(exposure, price)
    assert found.dims == ("draw", "region", "scheme", "service")
    for draw, region, scheme, service in np.ndindex(2, 2, 2, 3):
        by_hand = sum(
            exposure.values[draw, region, scheme, sex, age] * price.values[region, scheme, service, sex, age]
            for sex, age in np.ndindex(2, 4)
        )
        np.testing.assert_allclose(found.values[draw, region, scheme, service], by_hand, rtol=1e-13)
