"""Uncertain enrolment: log odds of each scheme against being uninsured, and age patterns that borrow strength.

1. the log odds of every region and closed year, from the totals of members and people;
2. their yearly steps as a walk with a common and a regional part; the central path holds the odds of the last year;
3. shares by age of the last year, shrunk to the city's pattern where a cell is small, totals by status kept.
"""

from typing import cast

import numpy as np
import xarray as xr
from scipy.optimize import OptimizeResult, minimize_scalar
from scipy.special import gammaln

from actuarial.demography.membership import ROUNDING, enrolment_share, group_sums, spread_to_ages
from actuarial.demography.regional_walk import RegionalWalk, fit_regional_walk, walk_deviation
from actuarial.errors import AssumptionError
from actuarial.schema import STATUSES

# Own choice: relative to the people of a region, the totals by status hold to this when the cells are exact.
RAKED = 1e-12
MOST_ROUNDS = 10_000


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
    counts = counts.transpose("region", item, "year")
    none = people - counts.sum(item, skipna=False)
    _refuse(counts <= 0, f"{what}: nobody in a {item}: log odds need at least one person", counts)
    _refuse(none <= 0, f"{what}: nobody is left outside: log odds need at least one person", none)
    return xr.ufuncs.log(counts / none)


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


def fit_concentration(members: xr.DataArray, population: xr.DataArray, lower: np.ndarray) -> float:
    """How many people of a cell the city's pattern is worth: the Dirichlet concentration of most marginal likelihood.

    A cell is a sex and age group of a region; its people are multinomial over the statuses and the uninsured, with
    shares Dirichlet around the city's pattern brought to the region's totals. Counts n of a cell of N people have the
    Polya probability G(k) / G(k + N) prod of G(k m + n) / G(k m), G the gamma function, m the pattern, k the
    concentration. It is sought between one person and the people of the city: at the upper end regions do not differ.

    Parameters
    ----------
    members : (region, status, sex, group), person, year ends
    population : (region, sex, age), person, at the same year end
    lower : lowest age of each group, ascending, starting at 0

    Returns
    -------
    person

    Source
    ------
    Minka (2000), Estimating a Dirichlet distribution: the Polya likelihood. One concentration for all cells, and the
    bounds: own choice.
    """
    counts = _with_uninsured(members, population, lower)
    pattern = _city_pattern(counts)
    people = counts.sum("status")
    is_open = pattern > 0

    def unlikely(log_concentration: float) -> float:
        weight = np.exp(log_concentration)
        prior = (pattern * weight).where(is_open, 1.0)
        of_status = (_log_gamma(prior + counts) - _log_gamma(prior)).where(is_open, 0.0).sum("status")
        return -float((of_status + gammaln(weight) - _log_gamma(people + weight)).sum())

    bounds = (0.0, float(np.log(people.sum())))
    found = cast(OptimizeResult, minimize_scalar(unlikely, bounds=bounds, method="bounded"))
    return float(np.exp(found["x"]))


def pooled_share(
    members: xr.DataArray, population: xr.DataArray, lower: np.ndarray, concentration: float
) -> xr.DataArray:
    """Share of the population with each status, small cells drawn to the city's pattern, totals by status kept.

    share(cell) = (n + k m) / (N + k), then raked so that the members of every status and the people of every cell are
    again those of the region.

    Parameters
    ----------
    members : (region, status, sex, group), person, year ends
    population : (region, sex, age), person, at the same year end
    lower : lowest age of each group, ascending, starting at 0
    concentration : person, from :func:`fit_concentration`

    Returns
    -------
    (region, status, sex, age), 1

    Raises
    ------
    SchemaError
        If a group has members and no people, or more members than people.
    """
    counts = _with_uninsured(members, population, lower)
    pattern, people = _city_pattern(counts), counts.sum("status")
    mixed = people * (counts + concentration * pattern) / (people + concentration)
    raked = _raked(mixed, people, counts.sum(["sex", "group"]))
    share = (raked / people).where(raked > 0, 0.0).sel(status=members["status"])
    return spread_to_ages(share.transpose(*members.dims), lower, population["age"].values)


def _with_uninsured(members: xr.DataArray, population: xr.DataArray, lower: np.ndarray) -> xr.DataArray:
    """Persons by status, the uninsured as one more: (region, status, sex, group).

    A rest below the tolerance of :func:`enrolment_share` is floating point: nobody is uninsured there.
    """
    enrolment_share(members, population, lower)
    people = group_sums(population, lower)
    rest = people - members.sum("status")
    rest = rest.where(rest > people * ROUNDING, 0.0).expand_dims(status=["uninsured"])
    return xr.concat([members, rest.transpose(*members.dims)], dim="status")


def _log_gamma(values: xr.DataArray) -> xr.DataArray:
    return xr.apply_ufunc(gammaln, values)


def _city_pattern(counts: xr.DataArray) -> xr.DataArray:
    """The city's shares in every cell, brought to the totals by status of each region: (region, status, sex, group)."""
    people, city = counts.sum("status"), counts.sum("region")
    whole = city.sum("status")
    share = (city / whole).where(whole > 0, 0.0)
    raked = _raked((people * share).transpose(*counts.dims), people, counts.sum(["sex", "group"]))
    return (raked / people).where(people > 0, 0.0).transpose(*counts.dims)


def _raked(table: xr.DataArray, people: xr.DataArray, totals: xr.DataArray) -> xr.DataArray:
    """Persons scaled in turn to the people of every cell and to the totals by status, until both hold.

    Parameters
    ----------
    table : (region, status, sex, group), person
    people : (region, sex, group); totals : (region, status), person, of the same sum

    Raises
    ------
    AssumptionError
        If it does not settle: the totals cannot be had with the zeros of the table.

    Source
    ------
    Deming & Stephan (1940), Annals of Mathematical Statistics 11(4).
    """
    dims = ("region", "status", "sex", "group")
    counts, cells = table.transpose(*dims).values, people.transpose("region", "sex", "group").values
    wanted = totals.transpose("region", "status").values
    limit = RAKED * np.einsum("rxg->r", cells)[:, None]
    for _ in range(MOST_ROUNDS):
        counts = np.einsum("rsxg,rxg->rsxg", counts, _ratio(cells, np.einsum("rsxg->rxg", counts)))
        reached = np.einsum("rsxg->rs", counts)
        if bool((np.abs(reached - wanted) <= limit).all()):
            return table.transpose(*dims).copy(data=counts)
        counts = np.einsum("rsxg,rs->rsxg", counts, _ratio(wanted, reached))
    raise AssumptionError(f"enrolment: the age pattern does not settle on the totals by status in {MOST_ROUNDS} rounds")


def _ratio(wanted: np.ndarray, reached: np.ndarray) -> np.ndarray:
    """The factor that brings one to the other; zero where nothing is there."""
    return np.divide(wanted, reached, out=np.zeros_like(reached), where=reached > 0)


def _refuse(is_bad: xr.DataArray, message: str, values: xr.DataArray) -> None:
    """Raise AssumptionError with the first place and its value where anything is bad."""
    found = is_bad.values.nonzero()
    if len(found[0]):
        first = {str(dim): places[0] for dim, places in zip(is_bad.dims, found, strict=True)}
        place = {dim: is_bad[dim].values[index].item() for dim, index in first.items()}
        raise AssumptionError(f"{message}, found {values.isel(first).item():.0f} at {place}")
