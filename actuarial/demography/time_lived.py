"""Mean time lived in an age interval by those who die in it, ax: infancy, ages 1-4, and the ages above."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from actuarial.errors import SchemaError

Infancy = Callable[[xr.DataArray], xr.DataArray]


def age_width(ages: xr.DataArray) -> xr.DataArray:
    """Width of each age interval, from the ages at which they start; not a number at the last, open age.

    Parameters
    ----------
    ages : (age,), year
        0, 1, 2, ... or 0, 1, 5, 10, ... or 0, 5, 10, ...

    Raises
    ------
    SchemaError
        If the ages do not rise from 0.
    """
    starts = np.asarray(ages, dtype=float)
    widths = np.diff(starts)
    if starts[0] != 0 or bool((widths <= 0).any()):
        raise SchemaError(f"age: intervals must start at 0 and rise, found {[int(age) for age in starts]}")
    return xr.DataArray(
        np.append(widths, np.nan), dims="age", coords={"age": ages["age"]} if "age" in ages.coords else {}
    )


def coale_demeny(infant_rate: xr.DataArray) -> xr.DataArray:
    """a0 of the West model life tables, from m0; linear below 0.107 and constant above.

    Parameters
    ----------
    infant_rate : (..., sex), 1/year

    Source
    ------
    Coale & Demeny West model as tabulated in Preston, Heuveline & Guillot (2001), Demography, table 3.3.
    """
    is_male = infant_rate["sex"] == "male"
    below = xr.where(is_male, 0.045 + 2.684 * infant_rate, 0.053 + 2.800 * infant_rate)
    above = xr.where(is_male, 0.330, 0.350)
    return xr.where(infant_rate < 0.107, below, above)


def coale_demeny_child(infant_rate: xr.DataArray) -> xr.DataArray:
    """Mean time lived between ages 1 and 5 in the West model, from m0; linear below 0.107 and constant above.

    Source
    ------
    As ``coale_demeny``, the same table.
    """
    is_male = infant_rate["sex"] == "male"
    below = xr.where(is_male, 1.651 - 2.816 * infant_rate, 1.522 - 1.518 * infant_rate)
    above = xr.where(is_male, 1.352, 1.361)
    return xr.where(infant_rate < 0.107, below, above)


def andreev_kingkade(infant_rate: xr.DataArray) -> xr.DataArray:
    """a0 from m0 at today's low mortality: infant deaths are late again where only accidents are left.

    Source
    ------
    Andreev & Kingkade (2015), Demographic Research 33(13); in terms of m0 as in the Human Mortality Database's
    Methods Protocol, version 6, section 7.1.
    """
    is_male = infant_rate["sex"] == "male"
    low = xr.where(is_male, 0.14929 - 1.99545 * infant_rate, 0.14903 - 2.05527 * infant_rate)
    middle = xr.where(is_male, 0.02832 + 3.26021 * infant_rate, 0.04667 + 3.88089 * infant_rate)
    high = xr.where(is_male, 0.29915, 0.31411)
    rising = infant_rate >= xr.where(is_male, 0.02300, 0.01724)
    constant = infant_rate >= xr.where(is_male, 0.08307, 0.06891)
    return xr.where(constant, high, xr.where(rising, middle, low))


def mean_time_lived(infant_rate: xr.DataArray, ages: xr.DataArray, infancy: Infancy = coale_demeny) -> xr.DataArray:
    """Half of the interval; less in infancy and, in an abridged table, between ages 1 and 5.

    Parameters
    ----------
    infant_rate : (..., sex), 1/year
        m0.
    ages : (age,), year
    infancy : ``coale_demeny`` or ``andreev_kingkade``

    Returns
    -------
    ax : (..., sex, age), year
        At the open age one half, which nothing uses.

    Raises
    ------
    SchemaError
        If the first interval is not age 0 by itself.

    Source
    ------
    Preston, Heuveline & Guillot (2001), Demography, section 3.2 for the half.
    """
    width = age_width(ages)
    if float(width[0]) != 1:
        raise SchemaError(f"age: a life table needs age 0 by itself, found {float(width[0]):g} years together")
    half = xr.where(np.isnan(width), 0.5, width / 2)
    ax = xr.where(ages == 0, infancy(infant_rate), half)
    return xr.where((ages == 1) & (width == 4), coale_demeny_child(infant_rate), ax)


def greville(mx: xr.DataArray, ax: xr.DataArray) -> xr.DataArray:
    """Mean time lived in five-year intervals from age 15, bent by the slope of log mx; the others as given.

    ax = 2.5 - (25 / 12) (mx - k) with k = log(m(x+5) / m(x-5)) / 10.

    Parameters
    ----------
    mx : (..., sex, age), 1/year
        Positive; abridged.
    ax : (..., sex, age), year

    Raises
    ------
    SchemaError
        If a rate is not positive: it has no logarithm.

    Source
    ------
    Greville (1943), Record of the American Institute of Actuaries 32; ages 15 and over as in United Nations (1988),
    MORTPAK-LITE, procedure LIFTB.
    """
    if not bool((mx > 0).all()):
        raise SchemaError("mx: death rates of five-year intervals must be positive")
    log_rate = xr.apply_ufunc(np.log, mx)
    slope = (log_rate.shift(age=-1) - log_rate.shift(age=1)) / 10
    bent = 2.5 - 25 / 12 * (mx - slope)
    return xr.where((mx["age"] >= 15) & (age_width(mx["age"]) == 5), bent, ax).transpose(*mx.dims)
