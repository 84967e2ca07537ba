"""One policy for all regions: what it costs to bring every region's benefits to the same level."""

from typing import Literal

import xarray as xr

from actuarial.errors import AssumptionError

Target = Literal["best", "average", "cheapest"]


def harmonised_factor(level: xr.DataArray, weight: xr.DataArray, target: Target) -> xr.DataArray:
    """What each region's spending is multiplied by when all regions pay by one level of benefits.

    factor = common level / own level; the common level is the highest, the lowest, or the mean weighted by persons.

    Parameters
    ----------
    level : (region, ...), yuan/person-year or 1
        What the region's own rules pay for one and the same care, such as the care of the city's members.
    weight : (region, ...), person-year

    Returns
    -------
    as level, 1

    Raises
    ------
    AssumptionError
        If a level is not positive.

    Source
    ------
    Three targets of DOMAIN, section 7; own choices: all spending moves in proportion with the level, and people do not
    use more care because it is paid better.
    """
    if not bool((level > 0).all()):
        raise AssumptionError(
            f"one policy: a level of benefits is {float(level.min()):g}; levels must be positive; state what each "
            "region's rules pay for the same care"
        )
    if target == "best":
        common = level.max("region")
    elif target == "cheapest":
        common = level.min("region")
    else:
        common = (level * weight).sum("region") / weight.sum("region")
    return (common / level).transpose(*level.dims)


def apply_one_policy(spending: xr.DataArray, factor: xr.DataArray) -> xr.DataArray:
    """Spending under the common policy, fen (int64); less the spending before, it is the cost by region."""
    return xr.ufuncs.rint(spending * factor).astype("int64").transpose(*spending.dims)
