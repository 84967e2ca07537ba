"""Level shifts that nobody declared in the series of a city's trends: reported, never absorbed."""

import numpy as np
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.city import EVERY_SCHEME, City
from actuarial.experience.fit import FUND_OF_SERIES, broken_steps, series_levels
from actuarial.experience.level_shift import find_level_shifts
from actuarial.schema import SERIES

# Own choice: a series without a shift is reported once in twenty.
ERROR_RATE = 0.05


def undeclared_shifts(basis: Basis) -> dict[str, object]:
    """Level shifts of the series of the trends that no break and no shock of the city explains."""
    levels = series_levels(basis.city, basis.history, basis.base_year, basis.policy)
    years = levels["year"].values
    shocked = shocked_years(basis.city, years)
    return find_level_shifts(levels, broken_steps(basis.city, years), shocked, 1, ERROR_RATE).record()


def shocked_years(city: City, years: np.ndarray) -> xr.DataArray:
    """True in the years of a declared shock of the series' scheme: (series, year)."""
    flags = [
        [
            any(
                part.scheme in (EVERY_SCHEME, FUND_OF_SERIES[name][0]) and part.from_year <= year <= part.to_year
                for part in city.shocks
            )
            for year in years
        ]
        for name in SERIES
    ]
    return xr.DataArray(flags, dims=("series", "year"), coords={"series": list(SERIES), "year": years})
