"""Uncertain enrolment: log odds of each scheme against being uninsured, and age patterns that borrow strength.

1. the log odds of every region and closed year, from the totals of members and people;
2. their yearly steps as a walk with a common and a regional part; the central path holds the odds of the last year;
3. shares by age of the last year, shrunk to the city's pattern where a cell is small, totals by status kept.
"""

import numpy as np
import xarray as xr

from actuarial.demography.regional_walk import RegionalWalk, fit_regional_walk, walk_deviation
from actuarial.errors import AssumptionError
from actuarial.schema import STATUSES


def fit_enrolment(members: xr.DataArray, people: xr.DataArray, is_broken: xr.DataArray) -> RegionalWalk:
    """The walk of the log odds of each scheme against being uninsured.

    Parameters
    ----------
    members : (region, status, year), person, year ends; NaN where not published
        Residents may be published as one number, under any of their statuses.
    people : (region, year), person, at the same year ends
    is_broken : (year,)
        True where the step into the year crosses a change of what counts as a member.

    Returns
    -------
    walk over the dim ``scheme``

    Raises
    ------
    AssumptionError
        If a region has as many members as people, or none in a scheme, in a year; or too few yearly steps are known.
    """
    counts = xr.concat(
        [
            members.sel(status=list(STATUSES["employee"])).sum("status", skipna=False),
            members.sel(status=list(STATUSES["resident"])).sum("status", min_count=1),
        ],
        dim="scheme",
    ).assign_coords(scheme=list(STATUSES))
    return fit_regional_walk(log_odds(counts, people, "enrolment"), is_broken, "enrolment")


def log_odds(counts: xr.DataArray, people: xr.DataArray, what: str) -> xr.DataArray:
    """Log odds of every label against none of them, NaN where a label is not published.

    Parameters
    ----------
    counts : (region, item, year), person; the item dim has any name
    people : (region, year), person
    what : the quantity, for messages

    Raises
    ------
    AssumptionError
        If a count is zero, or those of a region and year leave nobody: the odds are not finite.
    """
    (item,) = [str(dim) for dim in counts.dims if dim not in ("region", "year")]
    none = people - counts.sum(item, skipna=False)
    _refuse(counts <= 0, f"{what}: nobody in a {item}: log odds need at least one person", counts)
    _refuse(none <= 0, f"{what}: nobody is left outside: log odds need at least one person", none)
    return xr.ufuncs.log(counts / none).transpose("region", item, "year")


def enrolment_deviation(
    model: RegionalWalk,
    years: np.ndarray,
    n: int,
    parameter_rng: np.random.Generator | None,
    process_rng: np.random.Generator | None,
) -> xr.DataArray:
    """Deviations of the log odds of each scheme against being uninsured: (draw, region, scheme, year), 1.

    For :func:`actuarial.demography.membership.shift_odds`; see :func:`walk_deviation` for the two parts.
    """
    return walk_deviation(model, years, n, parameter_rng, process_rng)


def _refuse(is_bad: xr.DataArray, message: str, values: xr.DataArray) -> None:
    """Raise AssumptionError with the first place and its value where anything is bad."""
    found = is_bad.values.nonzero()
    if len(found[0]):
        first = {str(dim): places[0] for dim, places in zip(is_bad.dims, found, strict=True)}
        place = {dim: is_bad[dim].values[index].item() for dim, index in first.items()}
        raise AssumptionError(f"{message}, found {values.isel(first).item():.0f} at {place}")
