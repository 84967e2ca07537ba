"""The money of a city shared out over its regions by disease burden and need, within a floor and a pace of change.

1. target: a weighted mean of the regions' shares of the burden and of the need;
2. limits: no region gets less than a share of last year's amount or rises faster than stated, both moved with the city;
3. allocation: the amounts nearest to the target within the limits, which are the target times one water level, cut at
   the limits; whole fen that add up to the total.
"""

import numpy as np
import xarray as xr

from actuarial.errors import AssumptionError, SchemaError
from actuarial.money import round_to_total


def target_share(burden: xr.DataArray, need: xr.DataArray, burden_weight: float) -> xr.DataArray:
    """Share of each region in the city's money before any limit: (region, ...), 1, sums to one over the regions.

        share = weight x burden / burden of the city + (1 - weight) x need / need of the city

    Parameters
    ----------
    burden : (region, ...), any additive measure of the burden of disease, such as high-cost patients
    need : (region, ...), yuan, expected
    burden_weight : of the burden, in [0, 1]

    Raises
    ------
    AssumptionError
        If the weight is not in [0, 1], or a region has neither burden nor need.

    Source
    ------
    Assistance money allocated by an index of disease burden with priority to dear diseases (seed 002), which gives no
    formula; the linear mix with need: own choice.
    """
    if not 0 <= burden_weight <= 1:
        raise AssumptionError(f"allocation: a weight of {burden_weight:g} for the burden; it lies in [0, 1]")
    share = burden_weight * burden / burden.sum("region") + (1 - burden_weight) * need / need.sum("region")
    if not bool((share > 0).all()):
        raise AssumptionError("allocation: a region has neither burden nor need; leave it out or state what it has")
    return share


def allocation_limits(last: xr.DataArray, total: int, floor_share: float, largest_rise: float) -> xr.Dataset:
    """Least and most that a region may get: ``lower``, ``upper``; (region,), whole fen.

        moved = last x total / last of the city,   lower = floor_share x moved,   upper = (1 + largest_rise) x moved

    The floor is rounded down and the ceiling up, so that the total always fits between them.

    Parameters
    ----------
    last : (region,), fen, of the year before
    total : fen, of the city now
    floor_share, largest_rise : 1, of what the region would get if all moved with the city

    Raises
    ------
    AssumptionError
        If the floor is not in [0, 1], the rise is negative, or the city had nothing last year.

    Source
    ------
    Own choice: a city with less money than last year cannot keep what it gave, so that limits move with its total.
    """
    whole = int(last.sum())
    if not (0 <= floor_share <= 1 and largest_rise >= 0 and whole > 0):
        raise AssumptionError(
            f"allocation: a floor of {floor_share:g} and a rise of {largest_rise:g} on {whole} fen of last year; the "
            "floor lies in [0, 1], the rise is not negative, and there was money"
        )
    moved = last * (total / whole)
    lower, upper = xr.ufuncs.floor(moved * floor_share), xr.ufuncs.ceil(moved * (1 + largest_rise))
    return xr.Dataset({"lower": lower.astype("int64"), "upper": upper.astype("int64")})


def fair_allocation(total: int, share: xr.DataArray, lower: xr.DataArray, upper: xr.DataArray) -> xr.DataArray:
    """Amounts nearest to the target within the limits, before rounding: (region,), fen.

    Least squares, each region's square over its share: minimise sum of (x - share total)^2 / share. Its conditions give
    x = share x level, cut at the limits, with the one level at which the amounts add up; the sum is a rising broken
    line in the level, solved on the piece that holds the total.

    Parameters
    ----------
    total : fen
    share : (region,), 1, positive
    lower, upper : (region,), fen

    Raises
    ------
    AssumptionError
        If the floors add up to more than the total, or the ceilings to less.

    Source
    ------
    Boyd & Vandenberghe (2004), Convex Optimization, section 5.5.3: water-filling. Squares over shares: own choice;
    regions free of limits then keep the proportions of the target exactly.
    """
    if not bool((share > 0).all()):
        raise SchemaError("allocation: every region needs a positive share of the target")
    floors, ceilings = int(lower.sum()), int(upper.sum())
    if not floors <= total <= ceilings:
        kind, amount = ("floors", floors) if total < floors else ("ceilings", ceilings)
        raise AssumptionError(
            f"allocation: the {kind} of the regions add up to {amount} fen, the city has {total}: change the total, "
            "the floor or the largest yearly change"
        )
    levels = np.unique(np.concatenate([(lower / share).values, (upper / share).values]))
    reached = np.array([float((share * level).clip(lower, upper).sum()) for level in levels])
    place = int(np.searchsorted(reached, total))
    if place == 0:
        return lower.astype(float)
    below, above = levels[place - 1], levels[place]
    part = (total - reached[place - 1]) / (reached[place] - reached[place - 1])
    return (share * (below + part * (above - below))).clip(lower, upper)


def allocate(total: int, share: xr.DataArray, lower: xr.DataArray, upper: xr.DataArray) -> xr.DataArray:
    """:func:`fair_allocation` in whole fen that add up to the total and keep within the limits: (region,), int64."""
    fair = fair_allocation(total, share, lower, upper)
    return fair.copy(data=round_to_total(fair.values, total))


def allocation_path(
    total: xr.DataArray,
    share: xr.DataArray,
    last: xr.DataArray,
    floor_share: float,
    largest_rise: float,
) -> xr.DataArray:
    """Several years in a row, each within the limits set by the year before: (region, year), fen (int64).

    Parameters
    ----------
    total : (year,), fen
    share : (region, year), 1
    last : (region,), fen, of the year before the first
    floor_share, largest_rise : as in :func:`allocation_limits`

    Raises
    ------
    AssumptionError
        As in :func:`allocation_limits`.
    """
    years = []
    for year in total["year"].values:
        now = int(total.sel(year=year))
        limits = allocation_limits(last, now, floor_share, largest_rise)
        last = allocate(now, share.sel(year=year, drop=True), limits["lower"], limits["upper"])
        years.append(last)
    return xr.concat(years, dim="year").assign_coords(year=total["year"]).transpose("region", "year")


def allocation_effects(
    allocation: xr.DataArray, share: xr.DataArray, last: xr.DataArray, lower: xr.DataArray, upper: xr.DataArray
) -> xr.Dataset:
    """What an allocation does to each region; (region,).

    Returns
    -------
    change : fen, against last year
    change_rate : 1, of last year's amount
    from_target : fen, allocation less the target before the limits; sums to zero but for rounding
    is_at_floor, is_at_ceiling : whether a limit holds the region
    """
    change = allocation - last
    return xr.Dataset(
        {
            "change": change,
            "change_rate": change / last,
            "from_target": allocation - share * allocation.sum("region"),
            "is_at_floor": allocation == lower,
            "is_at_ceiling": allocation == upper,
        }
    )
