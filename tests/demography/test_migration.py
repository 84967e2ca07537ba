import dataclasses

import numpy as np
import xarray as xr

from actuarial.demography.migration import FUNDAMENTAL, migration_profile

SINGLE = xr.DataArray(np.arange(101), dims="age", coords={"age": np.arange(101)})
FIVE = xr.DataArray(np.arange(0, 101, 5), dims="age", coords={"age": np.arange(0, 101, 5)})


def test_profile_adds_up_to_one_and_groups_to_the_same():
    single, five = (migration_profile(FUNDAMENTAL, ages, 105) for ages in (SINGLE, FIVE))
    np.testing.assert_allclose([single.sum(), five.sum()], 1.0, rtol=1e-12)
    np.testing.assert_allclose(five.sel(age=30), single.sel(age=slice(30, 34)).sum(), rtol=1e-12)


def test_nobody_moves_at_the_highest_age():
    profile = migration_profile(FUNDAMENTAL, FIVE, 80)
    assert np.flatnonzero(profile.values == 0).tolist() == [16, 17, 18, 19, 20]
    np.testing.assert_allclose(profile.sum(), 1.0, rtol=1e-12)


def test_migrants_peak_at_the_age_of_the_schedule():
    """The labour curve is highest at mu2 - log(alpha2 / lambda2) / lambda2 = 20 + log(4) / 0.4 = 23.47 years."""
    profile = migration_profile(dataclasses.replace(FUNDAMENTAL, childhood_level=0.0, constant=0.0), SINGLE, 101)
    assert int(profile.idxmax("age")) == 23
