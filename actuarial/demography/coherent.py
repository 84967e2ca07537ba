"""Mortality of several groups that share one trend, so that their rates cannot drift apart: Li and Lee.

    log mx(group, age, year) = level(group, age) + common(age) K(year) + response(group, age) k(group, year)

The common index K is a random walk with drift; the index k of a group returns to zero, so that on the central path the
ratio of two groups at an age settles. Draws about that path are made in ``rate_deviation``.
"""

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from actuarial.demography.mortality import fit_lee_carter_svd
from actuarial.demography.random_walk import RandomWalk
from actuarial.demography.reversion import Reversion, fit_reversion, returning, yearly_reversion, years_since
from actuarial.errors import AssumptionError, SchemaError

COMMON = "common"


@dataclass(frozen=True, slots=True)
class CoherentModel:
    """A fitted model; the components are ``common`` and one for each group, named by its labels joined with a slash.

    level : (group dims, age)
    response : (component, group dims, age), zero for the component of another group
    index : (component, year), of the years of the fit
    walk : of the common index; ``with_common_index`` puts another in its place
    left : (step, group dims, age), what the indices that move leave of each step of log mx, over ``reversion.spacing``
        years; about its mean and scaled up, so that its mean square over the steps is its variance
    """

    level: xr.DataArray
    response: xr.DataArray
    index: xr.DataArray
    walk: RandomWalk
    reversion: Reversion
    left: xr.DataArray


def fit_coherent(mx: xr.DataArray) -> CoherentModel:
    """Common factor from the mean of log mx over the groups, group factors from what it leaves, all by singular values.

    1. Level: the mean of log mx over the years, by group and age.
    2. Common response, of sum one, and index: Lee-Carter of the mean over the groups, each weighing the same (own
       choice: a small region would vanish in pooled rates).
    3. Response, of length one, and index of each group: the first singular vectors of what is left.
    4. Random walk of the common index; first-order autoregression without constant of each group's, by least squares.
    5. Steps of what is left at every age. The term of a group that is held has no shocks, so its steps stay in them.

    A group whose persistence lies outside (0, 1) is marked in ``reversion.is_held``.

    Parameters
    ----------
    mx : (group dims, age, year), 1/year
        Positive; years the same distance apart, at least four.

    Source
    ------
    Li & Lee (2005), Demography 42(3). They drop a group that does not return; to hold its index is own choice.
    """
    groups = [str(dim) for dim in mx.dims if dim not in ("age", "year")]
    stacked, names = _by_group(mx, groups)
    log_rate = xr.apply_ufunc(np.log, stacked)
    common = fit_lee_carter_svd(xr.apply_ufunc(np.exp, log_rate.mean("group")))
    shared_response, shared_index = (part.isel(component=0, drop=True) for part in (common.response, common.index))
    level = log_rate.mean("year")
    left = log_rate - level - shared_response * shared_index
    factors = [_first_factor(left.isel(group=place)) for place in range(len(names))]
    responses = xr.concat([_only(response, place, level) for place, (response, _) in enumerate(factors)], "component")
    responses = responses.assign_coords(component=names)
    indices = xr.concat([index for _, index in factors], "component").assign_coords(component=names)
    shared = shared_response.broadcast_like(level).expand_dims(component=[COMMON])
    walk, reversion = fit_walk(shared_index), fit_reversion(indices)
    moved = (responses * indices.where(~reversion.is_held, 0.0)).sum("component")
    return CoherentModel(
        _by_dims(level, groups),
        _by_dims(xr.concat([shared, responses], "component"), groups),
        xr.concat([shared_index.expand_dims(component=[COMMON]), indices], "component"),
        walk,
        reversion,
        _by_dims(_steps(left - moved), groups),
    )


def with_common_index(model: CoherentModel, index: xr.DataArray) -> CoherentModel:
    """The model with the common index forecast from other years than those of the fit, such as a second-stage index.

    Parameters
    ----------
    index : (year,)
    """
    return replace(model, walk=fit_walk(index))


def fit_walk(index: xr.DataArray) -> RandomWalk:
    """Yearly drift and variance of one index whose years may lie apart; the walk's steps are the years it spans.

    drift = (last - first) / span; variance = sum of (step - width drift)^2 / width, over one less than the steps.
    In consecutive years they are the mean and the variance of the steps.

    Parameters
    ----------
    index : (year,)

    Raises
    ------
    AssumptionError
        If fewer than three steps are seen, or the years do not rise.

    Source
    ------
    Li, Lee & Tuljapurkar (2004), International Statistical Review 72(1), for years that lie apart; the variance is
    that of the likelihood but for its divisor, which makes it unbiased.
    """
    years, values = index["year"].values, index.values
    width, step = np.diff(years), np.diff(values)
    if len(step) < 3 or bool((width <= 0).any()):
        raise AssumptionError(f"mortality: a random walk needs four rising years or more, found {years.tolist()}")
    span = int(years[-1] - years[0])
    drift = step.sum() / span
    variance = ((step - width * drift) ** 2 / width).sum() / (len(step) - 1)
    component = {"component": [COMMON]}
    return RandomWalk(
        xr.DataArray([values[-1]], component, ("component",)),
        xr.DataArray([drift], component, ("component",)),
        xr.DataArray([[variance]], {**component, "other": [COMMON]}, ("component", "other")),
        span,
        int(years[-1]),
    )


def central_mortality(model: CoherentModel, jump_off: xr.DataArray, years: np.ndarray) -> xr.DataArray:
    """Rates of the years to come, from those observed in the year before the first of them.

    rate = jump_off exp(sum over components of response (index(t) - index(year of jump_off)))

    Parameters
    ----------
    jump_off : (..., group dims, age), 1/year
        Dims that the model does not know, such as region, are carried along.
    years : consecutive, the first one after the year of jump_off

    Returns
    -------
    mx : (..., group dims, age, year), 1/year

    Source
    ------
    Lee & Miller (2001), Demography 38(4), for the start from observed rates.
    """
    same = {dim: jump_off[dim] for dim in model.level.dims}
    moved = (model.response.sel(same) * central_change(model, years)).sum("component")
    return (jump_off * xr.apply_ufunc(np.exp, moved)).transpose(*jump_off.dims, "year")


def central_change(model: CoherentModel, years: np.ndarray) -> xr.DataArray:
    """Central change of every index since the year before the first of ``years``; (component, year)."""
    horizon = years_ahead(model, years)
    last, persistence, _ = yearly_reversion(model.reversion)
    groups = returning(last, persistence, years_since(model.reversion, years))
    common = model.walk.drift.values[:, None] * horizon
    return by_component(model, np.concatenate([common, groups]), ("component", "year"), years)


def years_ahead(model: CoherentModel, years: np.ndarray) -> np.ndarray:
    """1, 2, ...: years since the rates were observed.

    Raises
    ------
    AssumptionError
        If ``years`` are not consecutive, or start before the fit ends.
    """
    seen = max(model.walk.last_year, model.reversion.last_year)
    if years[0] <= seen or bool((np.diff(years) != 1).any()):
        raise AssumptionError(
            f"mortality: the forecast needs consecutive years after {seen}, the last that is fitted, found "
            f"{[int(year) for year in years]}"
        )
    return np.arange(1, len(years) + 1)


def by_component(model: CoherentModel, values: np.ndarray, dims: tuple[str, ...], years: np.ndarray) -> xr.DataArray:
    """Values of the forecast years with the labels of the indices."""
    return xr.DataArray(values, {"component": model.response["component"], "year": years}, dims)


def _by_group(mx: xr.DataArray, groups: list[str]) -> tuple[xr.DataArray, list[str]]:
    """Rates as (group, age, year) and the name of every group."""
    if not bool((mx > 0).all()):
        raise SchemaError("mx: coherent mortality needs positive rates in every cell")
    stacked = mx.stack(group=groups).transpose("group", "age", "year") if groups else mx.expand_dims("group")
    if stacked.sizes["group"] < 2:
        raise AssumptionError("mortality: one group alone has nothing to be coherent with; use Lee-Carter")
    return stacked, ["/".join(map(str, labels)) for labels in stacked["group"].values]


def _by_dims(values: xr.DataArray, groups: list[str]) -> xr.DataArray:
    first = [dim for dim in values.dims if dim not in ("group", "age")]
    return values.unstack("group").transpose(*first, *groups, "age")


def _first_factor(left: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """Response, of length one, and index by the first singular vectors; zero where only rounding is left."""
    matrix = left.transpose("age", "year").values
    ages, size, years = np.linalg.svd(matrix, full_matrices=False)
    sign = np.copysign(1.0, ages[:, 0].sum()) * (size[0] > 1e-12 * matrix.size)
    response = xr.DataArray(sign * ages[:, 0], {"age": left["age"]}, ("age",))
    return response, xr.DataArray(sign * size[0] * years[0], {"year": left["year"]}, ("year",))


def _only(response: xr.DataArray, place: int, level: xr.DataArray) -> xr.DataArray:
    """The response in its own group, zero in the others; (group, age)."""
    own = xr.zeros_like(level["group"], dtype=float)
    own[place] = 1.0
    return (own * response).transpose("group", "age")


def _steps(left: xr.DataArray) -> xr.DataArray:
    """Steps about their mean, for which they give up one freedom: (step, group, age)."""
    steps = left.diff("year").drop_vars("year").rename(year="step")
    count = steps.sizes["step"]
    return (steps - steps.mean("step")) * np.sqrt(count / (count - 1))
