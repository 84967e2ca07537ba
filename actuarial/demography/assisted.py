"""Assisted persons by category: shares of the resident members, uncertain by walks of their log odds."""

import numpy as np
import xarray as xr

from actuarial.demography.enrolment import log_odds
from actuarial.demography.regional_walk import RegionalWalk, fit_regional_walk, walk_deviation
from actuarial.errors import AssumptionError


def fit_assisted(eligible: xr.DataArray, members: xr.DataArray, is_broken: xr.DataArray) -> RegionalWalk:
    """The walk of the log odds of each assistance category against being in none.

    Parameters
    ----------
    eligible : (region, category, year), person
    members : (region, year), person
        Resident members of the same years, taken the same way: year ends, or mid-year.
    is_broken : (year,)
        True where the step into the year crosses a change of what counts as a member or as entitled.

    Returns
    -------
    walk over the dim ``category``

    Raises
    ------
    AssumptionError
        If a category of a region and year is missing, or as many are entitled as there are members; or years are too
        few or not consecutive.
    """
    _check_whole(eligible, "entitled persons")
    _check_whole(members, "resident members")
    return fit_regional_walk(log_odds(eligible, members, "assisted persons"), is_broken, "assisted persons")


def assisted_deviation(
    model: RegionalWalk,
    years: np.ndarray,
    n: int,
    parameter_rng: np.random.Generator | None,
    process_rng: np.random.Generator | None,
) -> xr.DataArray:
    """Deviations of the log odds of each category against being in none: (draw, region, category, year), 1.

    See :func:`actuarial.demography.regional_walk.walk_deviation` for the two parts.
    """
    return walk_deviation(model, years, n, parameter_rng, process_rng)


def assisted_share(eligible: xr.DataArray, members: xr.DataArray) -> xr.DataArray:
    """Share of the resident members in each category.

    :func:`actuarial.demography.membership.shift_odds` with ``over="category"`` moves it by the deviations.

    Parameters
    ----------
    eligible : (..., region, category), person
    members : (..., region), person

    Returns
    -------
    (..., region, category), 1

    Raises
    ------
    AssumptionError
        If a figure is missing.
    """
    _check_whole(eligible, "entitled persons")
    _check_whole(members, "resident members")
    return (eligible / members).transpose(*eligible.dims)


def _check_whole(figures: xr.DataArray, what: str) -> None:
    missing = figures.isnull()
    if bool(missing.any()):
        first = np.argwhere(missing.values)[0]
        place = {str(dim): figures[dim].values[at].item() for dim, at in zip(figures.dims, first, strict=True)}
        raise AssumptionError(f"assisted persons: {what} are missing in {int(missing.sum())} places, first at {place}")
