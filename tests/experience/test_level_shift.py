"""Level shifts: found where they are, silent at the rate that was asked for, and never twice."""

import numpy as np
import pytest
import xarray as xr

from actuarial.experience.level_shift import LevelShift, find_level_shifts

FIRST = 2006


def panel(growth: np.ndarray, first: int = FIRST, time: str = "year") -> xr.DataArray:
    """Levels of one series from log growth by region and period, from 100 on."""
    logs = np.log(100.0) + np.concatenate([np.zeros((len(growth), 1)), growth.cumsum(axis=1)], axis=1)
    coords = {
        "series": ["cost"],
        "region": [f"r{n}" for n in range(len(growth))],
        time: first + np.arange(logs.shape[1]),
    }
    return xr.DataArray(np.exp(logs)[None], dims=("series", "region", time), coords=coords)


def declared(levels: xr.DataArray, *periods: int) -> xr.DataArray:
    time = str(levels.dims[-1])
    return levels[time].isin(periods).expand_dims(series=levels["series"])


def search(levels: xr.DataArray, *breaks: int, season: int = 1, error_rate: float = 0.05) -> tuple[LevelShift, ...]:
    return find_level_shifts(levels, declared(levels, *breaks), declared(levels), season, error_rate).shifts


def walk(seed: int, regions: int, steps: int) -> np.ndarray:
    """Drift 5%, a shock of 3% that all regions share and one of 2% of each."""
    rng = np.random.Generator(np.random.Philox(seed))
    return 0.05 + 0.03 * rng.standard_normal(steps) + 0.02 * rng.standard_normal((regions, steps))


def test_one_shift_of_all_regions_is_found_with_year_and_size():
    growth = walk(1, 6, 15)
    growth[:, 7] += np.log(1.4)
    (found,) = search(panel(growth))
    assert (found.region, found.period, found.before, found.may_pass) == ("all", FIRST + 8, FIRST + 7, False)
    # Standard error of the size: a common shock of 3% beside a drift from 14 such steps, four times.
    assert np.log1p(found.size) == pytest.approx(np.log(1.4), abs=4 * 0.03 * np.sqrt(1 + 1 / 14))
