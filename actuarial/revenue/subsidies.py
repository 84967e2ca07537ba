"""What the resident scheme receives per head: the standard decided year by year, then assumed to grow."""

import numpy as np
import xarray as xr

from actuarial.assumptions.policy import Policy


def financing_standard(policy: Policy, parameter: str, regions: np.ndarray, years: np.ndarray) -> xr.Dataset:
    """The yearly standard per head in the forecast years.

    The last decided value holds to the last closed year and from there grows by ``financing_growth`` for every year
    that has no decision of its own.

    Parameters
    ----------
    parameter : ``individual_contribution`` or ``fiscal_subsidy``
    years : forecast years, consecutive

    Returns
    -------
    standard : (region, year), yuan/person-year
    undecided : (region, year), forecast years passed since the last decision, 0 where the year has its own

    Raises
    ------
    AssumptionError
        If no standard or no growth is in force.
    """
    closed = int(years[0]) - 1
    standard = np.empty((len(regions), len(years)))
    undecided = np.empty((len(regions), len(years)), dtype=int)
    for i, region in enumerate(map(str, regions)):
        for j, year in enumerate(map(int, years)):
            decided = policy.dated(parameter, "resident", region, year)
            since = range(max(decided.from_year, closed) + 1, year + 1)
            growth = [policy.value("financing_growth", "resident", region, passed) for passed in since]
            standard[i, j] = decided.value * np.prod([1 + rate for rate in growth])
            undecided[i, j] = len(since)
    coords = {"region": regions, "year": years}
    dims = ("region", "year")
    return xr.Dataset({"standard": (dims, standard), "undecided": (dims, undecided)}, coords=coords)
