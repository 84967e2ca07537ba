"""Death rates of women and men of one trend, and indices, for the tests of mortality of groups together."""

import numpy as np
import xarray as xr

AGES, YEARS, AHEAD = np.arange(60, 72), np.arange(2000, 2015), np.arange(2015, 2045)
SEXES = ["female", "male"]
LEVEL = np.array([[-5.0], [-4.5]]) + 0.1 * (AGES - 60.0)
COMMON = np.linspace(1.4, 0.6, 12) / 12
OWN = np.linspace(0.1, 0.5, 12) / np.linalg.norm(np.linspace(0.1, 0.5, 12))
TREND = 7 - np.arange(15.0) + np.sin(np.arange(15.0)) - np.sin(np.arange(15.0)).mean()
WAVES = np.array([0.9, 0.3, 0.5, 0.8, 0.2, -0.4, -0.6, -0.1, -0.3, -0.7, -0.6, 0.1, 0.2, -0.2, -0.1])
WAVE = WAVES - WAVES.mean()


def rates(years: np.ndarray = YEARS, swing: float = 1.0) -> xr.DataArray:
    """Women and men about one trend, the gap of one of them the mirror of the other's."""
    mirrored = swing * np.array([1.0, -1.0])[:, None, None] * np.outer(OWN, WAVE)
    values = np.exp(LEVEL[:, :, None] + np.outer(COMMON, TREND) + mirrored)
    return xr.DataArray(values, {"sex": SEXES, "age": AGES, "year": years}, ("sex", "age", "year"))


def by_group(values: list[list[float]], years: np.ndarray) -> xr.DataArray:
    return xr.DataArray(values, {"component": SEXES[: len(values)], "year": years}, ("component", "year"))
