import numpy as np
import pytest
import xarray as xr

from actuarial.demography.fertility import (
    CEILING,
    central_fertility,
    fertility_deviation,
    fertility_level,
    total_fertility,
)
from actuarial.demography.level import fit_level
from actuarial.errors import SchemaError

YEARS = np.arange(2026, 2056)
TFR = xr.DataArray(
    [[1.60, 1.58, 1.43, 1.30, 1.18, 1.10, 1.06, 1.02, 1.05, 1.00]],
    coords={"region": ["a"], "year": np.arange(2016, 2026)},
    dims=("region", "year"),
)
LONG_RUN = xr.DataArray([1.2], coords={"region": ["a"]}, dims="region")
MODEL = fit_level(fertility_level(TFR), fertility_level(LONG_RUN))


def test_level_and_fertility_are_inverse():
    np.testing.assert_allclose(total_fertility(fertility_level(TFR)), TFR, rtol=1e-14)


def test_derivative_at_low_fertility_is_nearly_that_of_the_log():
    """d level / d tfr = ceiling / (tfr (ceiling - tfr))."""
    step = 1e-6
    slope = float((fertility_level(TFR + step) - fertility_level(TFR - step)).isel(region=0, year=-1)) / (2 * step)
    assert slope == pytest.approx(CEILING / (1.0 * (CEILING - 1.0)), rel=1e-6)


def test_central_path_goes_from_the_last_year_to_the_long_run():
    path = central_fertility(MODEL, YEARS.tolist()).isel(region=0)
    assert 1.0 < float(path[0]) < float(path[-1]) < 1.2


def test_every_draw_lies_between_nothing_and_the_ceiling():
    shifts = fertility_deviation(MODEL, YEARS, 2000, np.random.default_rng(1), np.random.default_rng(2))
    drawn = central_fertility(MODEL, YEARS.tolist()) * np.exp(shifts)
    assert float(drawn.min()) > 0
    assert float(drawn.max()) < CEILING
    assert float(np.median(drawn.isel(year=-1))) == pytest.approx(1.2, abs=0.15)


def test_without_generators_nothing_moves():
    assert not fertility_deviation(MODEL, YEARS, 3, None, None).any()


@pytest.mark.parametrize("value", [0.0, -1.0, 12.0, np.nan])
def test_impossible_fertility_is_refused(value: float):
    with pytest.raises(SchemaError, match="children per woman"):
        fertility_level(xr.full_like(LONG_RUN, value))
