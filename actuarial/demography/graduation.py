"""Single ages from age groups: a monotone cubic through cumulative numbers, so that every group keeps its total."""

import numpy as np
import xarray as xr
from scipy.interpolate import PchipInterpolator

from actuarial.demography.life_table import life_table
from actuarial.errors import SchemaError


def graduate(groups: xr.DataArray) -> xr.DataArray:
    """Numbers by single age from numbers by age group; the open group stays as it is.

    Where no group is negative, no age is. Numbers of both signs, such as net migrants, may be given.

    Parameters
    ----------
    groups : (..., age)
        ``age`` is where each group starts; the last one is open.

    Returns
    -------
    numbers : (..., age)
        Ages from the start of the first group to that of the open one, one by one.

    Raises
    ------
    SchemaError
        If the groups do not rise with age, or are fewer than two below the open one.

    Source
    ------
    Fritsch & Carlson (1980), SIAM Journal on Numerical Analysis 17(2), on the cumulative numbers.
    """
    starts = groups["age"].values
    if len(starts) < 3 or bool((np.diff(starts) <= 0).any()):
        raise SchemaError(f"age: groups must rise, and be two or more below the open one, found {starts.tolist()}")
    single = np.arange(starts[0], starts[-1] + 1)

    def spread(numbers: np.ndarray) -> np.ndarray:
        cumulative = np.concatenate([[0.0], np.cumsum(numbers[:-1])])
        return np.append(np.diff(PchipInterpolator(starts, cumulative)(single)), numbers[-1])

    spread_all = xr.apply_ufunc(
        spread,
        groups.rename(age="group"),
        input_core_dims=[["group"]],
        output_core_dims=[["age"]],
        vectorize=True,
    )
    return spread_all.assign_coords(age=single).transpose(*groups.dims)


def graduate_rates(mx: xr.DataArray) -> xr.DataArray:
    """Death rates by single age from abridged ones; survival to the start of every group is kept exactly.

    1. cumulative force of mortality, -log lx, of the abridged table at the start of every group;
    2. ``graduate`` spreads its growth within the groups over single ages: never negative;
    3. the rate of a single-age table that gives the same survival; age 0 and the open age as they are.

    Parameters
    ----------
    mx : (..., sex, age), 1/year
        Ages 0, 1, 5, 10, ..., the last one open.

    Returns
    -------
    mx : (..., sex, age), 1/year
        Ages 0, 1, 2, ..., open at the same age.

    Source
    ------
    Own choice, after Preston, Heuveline & Guillot (2001), Demography, section 3.2 for force and survival: against
    interpolated rates it leaves lx, and so life expectancy, where the abridged table has it.
    """
    above = mx.isel(age=slice(1, None))
    chance = life_table(mx)["qx"].isel(age=slice(1, -1))
    force = xr.DataArray(-xr.apply_ufunc(np.log1p, -chance)).reindex(age=above["age"])
    yearly = graduate(force.where(force["age"] < above["age"][-1], 0.0)).isel(age=slice(None, -1))
    dying = -xr.apply_ufunc(np.expm1, -yearly)
    inner = dying / (1 - dying / 2)
    return xr.concat([mx.isel(age=[0]), inner, mx.isel(age=[-1])], dim="age").transpose(*mx.dims)
