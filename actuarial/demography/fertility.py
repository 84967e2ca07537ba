"""Total fertility on a scale without bounds: log(tfr / (ceiling - tfr)), so that no draw is negative or beyond nature.

The level on that scale is `level.py`'s; the schedule by age keeps its shape.
"""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from actuarial.demography.level import LevelModel, central_level, level_deviation
from actuarial.errors import SchemaError

# Children per woman that no population passes: the Hutterites of the 1940s, the highest known, had ten or eleven (Eaton
# & Mayer 1953, Human Biology 25(3)). Own choice; near one child it moves nothing.
CEILING = 12.0


def fertility_level(tfr: xr.DataArray) -> xr.DataArray:
    """log(tfr / (ceiling - tfr)).

    Parameters
    ----------
    tfr : (...), children per woman

    Raises
    ------
    SchemaError
        If a value is not between zero and the ceiling.
    """
    if not bool(((tfr > 0) & (tfr < CEILING)).all()):
        raise SchemaError(f"tfr: {float(tfr.min()):.3f} to {float(tfr.max()):.3f} children per woman, not in (0, 12)")
    return xr.ufuncs.log(tfr / (CEILING - tfr))


def total_fertility(level: xr.DataArray) -> xr.DataArray:
    """Children per woman, from the level; inverse of :func:`fertility_level`."""
    return CEILING / (1 + xr.ufuncs.exp(-level))


def central_fertility(model: LevelModel, years: Sequence[int]) -> xr.DataArray:
    """Total fertility on the central path: (region, year), children per woman."""
    return total_fertility(central_level(model, years))


def fertility_deviation(
    model: LevelModel,
    years: np.ndarray,
    n: int,
    parameter_rng: np.random.Generator | None,
    process_rng: np.random.Generator | None,
) -> xr.DataArray:
    """Log of total fertility in draws over that of the central path: (draw, region, year); see ``level_deviation``."""
    central = central_level(model, years.tolist())
    deviation = level_deviation(model, years.tolist(), n, parameter_rng, process_rng)
    return xr.ufuncs.log(total_fertility(central + deviation) / total_fertility(central)).transpose(*deviation.dims)
