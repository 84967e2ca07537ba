"""Life-table columns from central death rates by single or abridged age, the last age open."""

import numpy as np
import xarray as xr

from actuarial.demography.time_lived import age_width, greville, mean_time_lived
from actuarial.errors import SchemaError


def death_probability(mx: xr.DataArray, ax: xr.DataArray) -> xr.DataArray:
    """Probability of dying within the age interval of n years, from the central death rate.

    qx = n mx / (1 + (n - ax) mx); the last, open age closes the table with qx = 1.

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
    width = age_width(mx["age"])
    qx = xr.where(np.isnan(width), 1.0, width * mx / (1 + (width - ax) * mx))
    if bool((qx > 1).any()):
        raise SchemaError("qx: a death rate is so high that the probability of dying passes one")
    return qx


def life_table(mx: xr.DataArray, ax: xr.DataArray | None = None) -> xr.Dataset:
    """Columns ax, qx, lx, dx, Lx, Tx, ex for every other dim of mx at once; radix one.

    Parameters
    ----------
    mx : (..., sex, age), 1/year
        Ages 0, 1, 2, ... or 0, 1, 5, 10, ..., each the start of an interval, the last one open.
    ax : (..., sex, age), year
        Mean time lived in the interval by those who die in it; left out, as ``mean_time_lived`` has it, and as
        ``greville`` in intervals of five years.

    Source
    ------
    Preston, Heuveline & Guillot (2001), Demography, box 3.1.
    """
    lived = _usual_time_lived(mx) if ax is None else ax
    qx = death_probability(mx, lived)
    lx = (1 - qx).cumprod("age").shift(age=1, fill_value=1.0)
    dx = lx * qx
    width = age_width(mx["age"])
    is_open = np.isnan(width)
    if bool((mx.isel(age=-1) <= 0).any()):
        raise SchemaError("mx: the open age needs a positive death rate")
    lived = xr.where(is_open, 1 / mx.where(is_open), lived)
    years_lived = xr.where(is_open, lx / mx.where(is_open), width * lx - (width - lived) * dx)
    total_years = years_lived.isel(age=slice(None, None, -1)).cumsum("age").isel(age=slice(None, None, -1))
    ex = total_years / lx
    table = xr.Dataset({"ax": lived, "qx": qx, "lx": lx, "dx": dx, "Lx": years_lived, "Tx": total_years, "ex": ex})
    return table.transpose(*mx.dims)


def fold_infancy(table: xr.Dataset) -> xr.Dataset:
    """lx, Lx, Tx and ex of an abridged table with ages 0 and 1-4 in one interval of five years.

    Raises
    ------
    SchemaError
        If the table does not start with ages 0, 1 and 5.
    """
    if table["age"].values[:3].tolist() != [0, 1, 5]:
        raise SchemaError(f"age: an abridged table starts at 0, 1 and 5, not at {table['age'].values[:3].tolist()}")
    kept = table[["lx", "Lx", "Tx", "ex"]].isel(age=[0, *range(2, table.sizes["age"])])
    first_five = table["Lx"].isel(age=[0, 1]).sum("age")
    years_lived = xr.where(kept["age"] == 0, first_five, kept["Lx"]).transpose(*kept["Lx"].dims)
    return kept.assign(Lx=years_lived)


def survival(table: xr.Dataset) -> xr.Dataset:
    """Survival over n years, from one age interval of n years to the next; n is the same at every age.

    Returns
    -------
    ``newborn`` : (..., sex)
        Share of the births of n years alive at their end, L0 / n.
    ``aged`` : (..., sex, age)
        Share of those aged x alive n years later, L(x+n) / L(x); for the last two ages T(last) / T(last - n).

    Raises
    ------
    SchemaError
        If the intervals differ in width.

    Source
    ------
    Preston, Heuveline & Guillot (2001), Demography, section 6.3.
    """
    widths = set(age_width(table["age"]).values[:-1].tolist())
    if len(widths) > 1:
        raise SchemaError(f"age: survival needs intervals of one width, found {sorted(widths)}")
    years_lived, total_years = table["Lx"], table["Tx"]
    ratio = years_lived.shift(age=-1) / years_lived
    last = total_years.isel(age=-1, drop=True) / total_years.isel(age=-2, drop=True)
    top_two = years_lived["age"] >= years_lived["age"][-2]
    aged = xr.where(top_two, last, ratio).transpose(*years_lived.dims)
    return xr.Dataset({"newborn": years_lived.isel(age=0, drop=True) / widths.pop(), "aged": aged})


def _usual_time_lived(mx: xr.DataArray) -> xr.DataArray:
    ax = mean_time_lived(mx.isel(age=0, drop=True), mx["age"])
    return greville(mx, ax) if 5 in np.diff(mx["age"]) else ax
