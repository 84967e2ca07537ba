"""Growth of spending split into its factors without a remainder: the log-mean Divisia index, LMDI-I.

Spending is a sum over cells (ages, schemes, services) of a product of factors. Each cell's change is shared out over
the factors by their log growth; cells and regions add up, so that the effects of a city are sums of regional ones.
"""

from collections.abc import Hashable, Mapping, Sequence
from math import prod

import numpy as np
import xarray as xr

from actuarial.errors import SchemaError

FACTORS = ("enrolment", "age_structure", "intensity", "price_technology", "policy")


def logarithmic_mean(first: xr.DataArray, second: xr.DataArray) -> xr.DataArray:
    """L(a, b) = (a - b) / ln(a / b), with L(a, a) = a, and 0 where either is 0.

    Computed as sqrt(ab) sinh(r/2) / (r/2) with r = ln(a / b), which loses no digits where a is near b.

    Parameters
    ----------
    first, second : not negative, same unit

    Source
    ------
    Ang (2005), Energy Policy 33(7), section 1; Carlson (1972), American Mathematical Monthly 79(6).
    """
    is_positive = (first > 0) & (second > 0)
    ratio = xr.ufuncs.log(first.where(is_positive, 1.0) / second.where(is_positive, 1.0))
    return (xr.ufuncs.sqrt(first) * xr.ufuncs.sqrt(second) * _sinh_ratio(ratio)).where(is_positive, 0.0)


def additive_effects(
    before: Mapping[str, xr.DataArray], after: Mapping[str, xr.DataArray], cells: Sequence[Hashable]
) -> xr.DataArray:
    """What each factor adds to the sum over the cells; the effects add up to its change.

        effect(k) = sum over cells of L(V_after, V_before) ln(x_k,after / x_k,before),   V = product of the factors

    A cell that is empty at one end takes the limit in which all factors that are zero there vanish at one rate: they
    share its change equally, and the factors that are positive at both ends have no part in it. A cell that is empty at
    both ends has no effect.

    Parameters
    ----------
    before, after : factors by name, the same names; each (..., cells) or fewer dims, not negative
    cells : dims that are summed

    Returns
    -------
    (factor, ...), unit of the product

    Raises
    ------
    SchemaError
        If the names differ, a dim of the cells is in no factor, or a value is missing, negative or infinite.

    Source
    ------
    Ang (2004), Energy Policy 32(9), and Ang (2005), 33(7), equation 5. Zeros: the limits of Ang & Choi (1997), Energy
    Journal 18(3), and Wood & Lenzen (2006), Energy Policy 34(12); several zeros of one cell sharing equally: own
    choice, what substituting one small number for all of them tends to.
    """
    _check_factors(before, after, cells)
    start, end = prod(before.values(), start=xr.DataArray(1.0)), prod(after.values(), start=xr.DataArray(1.0))
    is_regular = (start > 0) & (end > 0)
    weight = logarithmic_mean(end, start)
    empty_before, empty_after = _zeros(before), _zeros(after)
    effects = []
    for name, first in before.items():
        last = after[name]
        is_growth = (first > 0) & (last > 0)
        growth = xr.ufuncs.log(last.where(is_growth, 1.0) / first.where(is_growth, 1.0))
        appeared = end * (first == 0) / empty_before.where(empty_before > 0, 1)
        vanished = start * (last == 0) / empty_after.where(empty_after > 0, 1)
        effects.append(xr.where(is_regular, weight * growth, appeared - vanished).sum(list(cells)))
    joined = xr.concat(xr.broadcast(*effects), dim="factor").assign_coords(factor=list(before))
    return joined.transpose("factor", ...)


def multiplicative_effects(
    before: Mapping[str, xr.DataArray], after: Mapping[str, xr.DataArray], cells: Sequence[Hashable]
) -> xr.DataArray:
    """What each factor multiplies the sum over the cells by; the product of the effects is its ratio.

        D(k) = exp(effect(k) / L(total after, total before))

    Parameters
    ----------
    before, after, cells : as in :func:`additive_effects`

    Returns
    -------
    (factor, ...), 1

    Raises
    ------
    SchemaError
        As in :func:`additive_effects`, and if the total is zero at one end.

    Source
    ------
    Ang (2005), Energy Policy 33(7), equation 4.
    """
    added = additive_effects(before, after, cells)
    start = prod(before.values(), start=xr.DataArray(1.0)).sum(list(cells))
    end = prod(after.values(), start=xr.DataArray(1.0)).sum(list(cells))
    if bool((start <= 0).any()) or bool((end <= 0).any()):
        raise SchemaError("decomposition: a total is zero, and no ratio leads to it or from it; use additive effects")
    return xr.ufuncs.exp(added / logarithmic_mean(end, start))


def yearly_effects(factors: Mapping[str, xr.DataArray], cells: Sequence[Hashable]) -> xr.DataArray:
    """Additive effects of every step from the year before: (factor, ..., year), the first year left out.

    Chained: the effects of several years are sums of those of the single years, and add up to the change over them.

    Parameters
    ----------
    factors : by name, each (..., year); one that has no ``year`` does not move

    Source
    ------
    Ang (2015), Energy Policy 86: chaining.
    """
    moving = {name: values for name, values in factors.items() if "year" in values.dims}
    if not moving:
        raise SchemaError("decomposition: no factor has a year, so that nothing moves; give one along 'year'")
    years = next(iter(moving.values()))["year"]
    later = {"year": years.isel(year=slice(1, None))}
    before = {name: _steps(values, slice(None, -1), later) for name, values in factors.items()}
    after = {name: _steps(values, slice(1, None), later) for name, values in factors.items()}
    return additive_effects(before, after, cells).transpose("factor", ..., "year")


def enrolment_and_structure(exposure: xr.DataArray, ages: Sequence[Hashable]) -> dict[str, xr.DataArray]:
    """Members, and the share of every age among them: the first two factors, whose product is the exposure.

    Parameters
    ----------
    exposure : (..., ages), person-year
    ages : dims of age and sex

    Raises
    ------
    SchemaError
        If a group has no member at all: the shares of its ages are not known.
    """
    members = exposure.sum(list(ages))
    if bool((members <= 0).any()):
        raise SchemaError(f"exposure: {int((members <= 0).sum())} groups without a member have no age structure")
    return {"enrolment": members, "age_structure": exposure / members}


def _sinh_ratio(ratio: xr.DataArray) -> xr.DataArray:
    half = ratio / 2
    return (xr.ufuncs.sinh(half) / half.where(half != 0, 1.0)).where(half != 0, 1.0)


def _steps(values: xr.DataArray, part: slice, years: Mapping[str, xr.DataArray]) -> xr.DataArray:
    return values.isel(year=part).assign_coords(years) if "year" in values.dims else values


def _zeros(factors: Mapping[str, xr.DataArray]) -> xr.DataArray:
    """How many factors are zero in each cell."""
    return sum(((values == 0).astype(int) for values in factors.values()), start=xr.DataArray(0))


def _check_factors(
    before: Mapping[str, xr.DataArray], after: Mapping[str, xr.DataArray], cells: Sequence[Hashable]
) -> None:
    if list(before) != list(after):
        raise SchemaError(
            f"decomposition: factors {list(before)} before and {list(after)} after; they must be the same"
        )
    known = {dim for values in before.values() for dim in values.dims}
    absent = [dim for dim in cells if dim not in known]
    if absent:
        raise SchemaError(f"decomposition: no factor has the dim {absent[0]!r} that is to be summed")
    for moment, factors in (("before", before), ("after", after)):
        for name, values in factors.items():
            is_wrong = ~(xr.ufuncs.isfinite(values) & (values >= 0))
            if bool(is_wrong.any()):
                first = np.argwhere(is_wrong.values)[0] if values.ndim else []
                place = dict(zip(values.dims, (int(at) for at in first), strict=True))
                raise SchemaError(
                    f"decomposition: {name} {moment}: {int(is_wrong.sum())} of {values.size} values are missing, "
                    f"negative or infinite, first at position {place}; a log growth needs every factor known"
                )
