"""How unequal an amount is over groups of persons: Theil with its split, Gini, and concentration by income.

Groups are regions, bands of income or single persons along one dim; each stands for a number of persons, and any draws
are worked on at once.
"""

import numpy as np
import xarray as xr

from actuarial.errors import SchemaError


def theil(amount: xr.DataArray, persons: xr.DataArray, dim: str) -> xr.DataArray:
    """Theil's T of an amount per person: sum of s ln(s / p), s share in the amount, p share in the persons; (...), 1.

    Zero where all have the same, ln(persons) where one has all.

    Parameters
    ----------
    amount : (..., dim), yuan per person, not negative
    persons : (..., dim), person, not negative

    Raises
    ------
    SchemaError
        If a value is missing or negative, or the sum is zero.

    Source
    ------
    Theil (1967), Economics and Information Theory, chapter 4.
    """
    _check(amount, persons, dim)
    share = persons / persons.sum(dim)
    relative = amount / (share * amount).sum(dim)
    return (share * _times_log(relative)).sum(dim)


def theil_between_within(amount: xr.DataArray, persons: xr.DataArray, group: xr.DataArray) -> xr.Dataset:
    """Theil's T split exactly into what is between groups and what is within each of them.

        T = sum over g of s(g) ln(mean(g) / mean)  +  sum over g of s(g) T(g),   s(g) share of the group in the amount

    Parameters
    ----------
    amount, persons : (..., dim), as in :func:`theil`
    group : (dim,), label of the group each belongs to, under the name of the dim of the groups

    Returns
    -------
    between : (...), 1
    within : (..., group), 1, s(g) T(g)

    Raises
    ------
    SchemaError
        As in :func:`theil`.

    Source
    ------
    Shorrocks (1980), Econometrica 48(3): the additively decomposable measure of parameter 1.
    """
    (dim,) = map(str, group.dims)
    _check(amount, persons, dim)
    name = str(group.name or "group")
    labels = list(dict.fromkeys(group.values.tolist()))
    totals, heads, within = [], [], []
    for label in labels:
        members = group[dim].values[group.values == label]
        own, weight = amount.sel({dim: members}), persons.sel({dim: members})
        totals.append((own * weight).sum(dim))
        heads.append(weight.sum(dim))
        within.append(_theil_of_some(own, weight, dim))
    joined = {
        part: xr.concat(arrays, dim=name).assign_coords({name: labels})
        for part, arrays in (("total", totals), ("heads", heads), ("within", within))
    }
    share = joined["total"] / joined["total"].sum(name)
    between = theil(joined["total"] / joined["heads"], joined["heads"], name)
    return xr.Dataset({"between": between, "within": (share * joined["within"]).transpose(..., name)})


def gini(amount: xr.DataArray, persons: xr.DataArray, dim: str) -> xr.DataArray:
    """Gini coefficient of an amount per person, groups taken as equal inside; (...), 1.

    The concentration index by the amount itself.

    Parameters
    ----------
    amount, persons : as in :func:`theil`

    Source
    ------
    Lerman & Yitzhaki (1984), Economics Letters 15(3-4): twice the covariance with the rank over the mean.
    """
    _check(amount, persons, dim)
    order = xr.apply_ufunc(np.argsort, amount, input_core_dims=[[dim]], output_core_dims=[[dim]])

    def sort(values: xr.DataArray) -> xr.DataArray:
        taken = xr.apply_ufunc(
            np.take_along_axis,
            values.broadcast_like(amount),
            order,
            input_core_dims=[[dim], [dim]],
            output_core_dims=[[dim]],
            kwargs={"axis": -1},
        )
        return taken.drop_vars(dim, errors="ignore")

    return concentration_index(sort(amount), sort(persons), dim)["index"]


def concentration_index(amount: xr.DataArray, persons: xr.DataArray, dim: str) -> xr.Dataset:
    """How far an amount gathers with the better off (positive) or the poor (negative), with its standard error.

        C = 2 / mean x sum of f amount R - 1,   R = persons poorer + half of the own group, as a share
        var(C) = (sum of f a^2 - (1 + C)^2) / n,   a = amount / mean (2R - 1 - C) + 2 - q(before) - q

    with f the share in the persons, q the cumulative share in the amount, n the number of groups.

    Parameters
    ----------
    amount : (..., dim), per person, ordered along ``dim`` from the poorest to the best off
    persons : (..., dim)

    Returns
    -------
    index, standard_error : (...), 1

    Raises
    ------
    SchemaError
        As in :func:`theil`.

    Source
    ------
    Kakwani, Wagstaff & van Doorslaer (1997), Journal of Econometrics 77(1), equations 5 and 14; for groups whose spread
    inside is not known n is their number: O'Donnell et al. (2008), Analyzing Health Equity Using Household Survey Data,
    World Bank, chapter 8.
    """
    _check(amount, persons, dim)
    share = persons / persons.sum(dim)
    relative = amount / (share * amount).sum(dim)
    rank = share.cumsum(dim) - share / 2
    index = 2 * (share * relative * rank).sum(dim) - 1
    curve = (share * relative).cumsum(dim)
    influence = relative * (2 * rank - 1 - index) + 2 - (curve - share * relative) - curve
    variance = ((share * influence**2).sum(dim) - (1 + index) ** 2) / amount.sizes[dim]
    return xr.Dataset({"index": index, "standard_error": xr.ufuncs.sqrt(abs(variance))})


def _times_log(values: xr.DataArray) -> xr.DataArray:
    """Values times their logarithm, 0 at 0."""
    return values * xr.ufuncs.log(values.where(values > 0, 1.0))


def _theil_of_some(amount: xr.DataArray, persons: xr.DataArray, dim: str) -> xr.DataArray:
    """Theil's T, 0 for a group without any amount: its weight in the split is 0 too."""
    has_any = (amount * persons).sum(dim) > 0
    return theil(amount.where(has_any, 1.0), persons.where(has_any, 1.0), dim).where(has_any, 0.0)


def _check(amount: xr.DataArray, persons: xr.DataArray, dim: str) -> None:
    for name, values in (("amount", amount), ("persons", persons)):
        is_wrong = ~(xr.ufuncs.isfinite(values) & (values >= 0))
        if bool(is_wrong.any()):
            raise SchemaError(
                f"inequality: {name}: {int(is_wrong.sum())} of {values.size} values are missing, infinite or negative; "
                f"it is measured over groups of '{dim}' that are all known"
            )
    if not bool(((amount * persons).sum(dim) > 0).all()):
        raise SchemaError("inequality: nobody has anything; no share is defined")
