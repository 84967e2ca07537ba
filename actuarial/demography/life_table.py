"""Life-table columns from central death rates by single age, the last age open."""

import numpy as np
import xarray as xr

from actuarial.errors import SchemaError


def mean_time_lived(infant_rate: xr.DataArray, ages: xr.DataArray) -> xr.DataArray:
    """Mean time lived in the year of age by those who die in it: one half, less in infancy.

    Parameters
    ----------
    infant_rate : (..., sex), 1/year
        m0; the infant value is linear in it below 0.107 and constant above.
    ages : (age,)

    Returns
    -------
    ax : (..., sex, age), year

    Source
    ------
    Coale & Demeny West model as tabulated in Preston, Heuveline & Guillot (2001), Demography, table 3.3.
    """
    is_male = infant_rate["sex"] == "male"
    below = xr.where(is_male, 0.045 + 2.684 * infant_rate, 0.053 + 2.800 * infant_rate)
    above = xr.where(is_male, 0.330, 0.350)
    infant = xr.where(infant_rate < 0.107, below, above)
    return xr.where(ages == 0, infant, xr.full_like(ages, 0.5, dtype=float))


def death_probability(mx: xr.DataArray, ax: xr.DataArray) -> xr.DataArray:
    """Probability of dying within the year of age, from the central death rate.

    qx = mx / (1 + (1 - ax) mx); the last, open age closes the table with qx = 1.

    Parameters
    ----------
    mx : (..., age), 1/year
    ax : (..., age), year

    Raises
    ------
    SchemaError
        If mx is negative or not finite, or a probability comes out above one.

    Source
    ------
    Preston, Heuveline & Guillot (2001), Demography, section 3.2.
    """
    if not bool(np.isfinite(mx).all()) or bool((mx < 0).any()):
        raise SchemaError("mx: death rates must be finite and not negative")
    qx = xr.where(mx["age"] == mx["age"][-1], 1.0, mx / (1 + (1 - ax) * mx))
    if bool((qx > 1).any()):
        raise SchemaError("qx: a death rate is so high that the probability of dying passes one")
    return qx


def life_table(mx: xr.DataArray) -> xr.Dataset:
    """Columns qx, lx, dx, Lx, Tx, ex for every other dim of mx at once; radix one.

    Parameters
    ----------
    mx : (..., sex, age), 1/year
        Age 0, 1, ... with the last one open.

    Source
    ------
    Preston, Heuveline & Guillot (2001), Demography, box 3.1.
    """
    ax = mean_time_lived(mx.isel(age=0, drop=True), mx["age"])
    qx = death_probability(mx, ax)
    lx = (1 - qx).cumprod("age").shift(age=1, fill_value=1.0)
    dx = lx * qx
    is_open = mx["age"] == mx["age"][-1]
    if bool((mx.isel(age=-1) <= 0).any()):
        raise SchemaError("mx: the open age needs a positive death rate")
    years_lived = xr.where(is_open, lx / mx, lx - (1 - ax) * dx)
    total_years = years_lived.isel(age=slice(None, None, -1)).cumsum("age").isel(age=slice(None, None, -1))
    table = xr.Dataset({"qx": qx, "lx": lx, "dx": dx, "Lx": years_lived, "Tx": total_years, "ex": total_years / lx})
    return table.transpose(*mx.dims)


def survival(table: xr.Dataset) -> xr.Dataset:
    """Survival from one year end to the next, by age at the first.

    Returns
    -------
    ``newborn`` : (..., sex)
        Share of a year's births alive at its end, L0.
    ``aged`` : (..., sex, age)
        Share of those aged x alive a year later, L(x+1) / L(x); for the last two ages T(last) / T(last - 1).

    Source
    ------
    Preston, Heuveline & Guillot (2001), Demography, section 6.3.
    """
    years_lived, total_years = table["Lx"], table["Tx"]
    ratio = years_lived.shift(age=-1) / years_lived
    last = total_years.isel(age=-1, drop=True) / total_years.isel(age=-2, drop=True)
    top_two = years_lived["age"] >= years_lived["age"][-2]
    aged = xr.where(top_two, last, ratio).transpose(*years_lived.dims)
    return xr.Dataset({"newborn": years_lived.isel(age=0, drop=True), "aged": aged})
