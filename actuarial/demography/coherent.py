"""Mortality of several groups that share one trend, so that their rates cannot drift apart: Li and Lee.

    log mx(group, age, year) = level(group, age) + common(age) K(year) + response(group, age) k(group, year)

The common index K is a random walk with drift; the index k of a group returns to zero, so that the ratio of two groups
at an age keeps a bounded variance however long the horizon.
"""

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from scipy.special import expit, logit

from actuarial.demography.mortality import fit_lee_carter_svd
from actuarial.demography.random_walk import RandomWalk
from actuarial.errors import AssumptionError, SchemaError

COMMON = "common"


@dataclass(frozen=True, slots=True)
class Reversion:
    """Return of the indices of the groups to zero, over steps of ``spacing`` years: k' = persistence k + shock.

    last, persistence, persistence_error : (component,); error is the standard error
    covariance : (component, other), of the shocks
    is_held : (component,), the persistence lies outside (0, 1) and the index stays where it is, without deviation
    """

    last: xr.DataArray
    last_year: int
    spacing: int
    persistence: xr.DataArray
    persistence_error: xr.DataArray
    covariance: xr.DataArray
    is_held: xr.DataArray


@dataclass(frozen=True, slots=True)
class CoherentModel:
    """A fitted model; the components are ``common`` and one for each group, named by its labels joined with a slash.

    level : (group dims, age)
    response : (component, group dims, age), zero for the component of another group
    index : (component, year), of the years of the fit
    walk : of the common index; ``with_common_index`` puts another in its place
    """

    level: xr.DataArray
    response: xr.DataArray
    index: xr.DataArray
    walk: RandomWalk
    reversion: Reversion


def fit_coherent(mx: xr.DataArray) -> CoherentModel:
    """Common factor from the mean of log mx over the groups, group factors from what it leaves, all by singular values.

    1. Level: the mean of log mx over the years, by group and age.
    2. Common response, of sum one, and index: Lee-Carter of the mean over the groups, each weighing the same (own
       choice: a small region would vanish in pooled rates).
    3. Response, of length one, and index of each group: the first singular vectors of what is left.
    4. Random walk of the common index; first-order autoregression without constant of each group's, by least squares.

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
    indices = xr.concat([index for _, index in factors], "component").assign_coords(component=names)
    every = xr.concat([shared_response.broadcast_like(level), responses], "component")
    return CoherentModel(
        _by_dims(level, groups),
        _by_dims(every.assign_coords(component=[COMMON, *names]), groups),
        xr.concat([shared_index.expand_dims(component=[COMMON]), indices], "component"),
        fit_walk(shared_index),
        fit_reversion(indices),
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


def fit_reversion(index: xr.DataArray) -> Reversion:
    """Persistence of each index by least squares through the origin, and the covariance of what it leaves.

    persistence = sum k(t) k(t-1) / sum k(t-1)^2, of standard error sqrt(variance / sum k(t-1)^2); the covariance
    divides by one less than the steps.

    Parameters
    ----------
    index : (component, year)

    Raises
    ------
    AssumptionError
        If the years are not the same distance apart, or fewer than three steps are seen.

    Source
    ------
    Li & Lee (2005), Demography 42(3), without their constant: the index of a group sums to zero.
    """
    years = index["year"].values
    width = np.diff(years)
    if len(width) < 3 or len(set(width.tolist())) > 1:
        raise AssumptionError(f"mortality: groups need four years or more, equally far apart, found {years.tolist()}")
    before, after = index.isel(year=slice(None, -1)), index.isel(year=slice(1, None))
    before = before.assign_coords(year=after["year"])
    size = (before * before).sum("year")
    size = size.where(size > 0)
    persistence = (before * after).sum("year") / size
    left = (after - persistence * before).fillna(0.0)  # only an index that is zero in every year has no persistence
    covariance = (left * left.rename(component="other")).sum("year") / (len(width) - 1)
    variance = (left * left).sum("year") / (len(width) - 1)
    return Reversion(
        index.isel(year=-1, drop=True),
        int(years[-1]),
        int(width[0]),
        persistence,
        xr.apply_ufunc(np.sqrt, variance / size),
        covariance,
        ~((persistence > 0) & (persistence < 1)),
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
    horizon = _horizon(model, years)
    last, persistence, _ = _yearly(model.reversion)
    groups = _returning(last, persistence, _since(model.reversion, years))
    common = model.walk.drift.values[:, None] * horizon
    return _labelled(model, np.concatenate([common, groups]), ("component", "year"), years)


def index_deviation(
    model: CoherentModel,
    years: np.ndarray,
    draws: int,
    parameter_rng: np.random.Generator | None,
    process_rng: np.random.Generator | None,
) -> xr.DataArray:
    """Deviation of every index from its central change; zero in the year before the first of ``years``.

    Parameter: the drift is normal with variance / span; the logit of a group's persistence is normal, so that every
    draw returns (own choice), its shocks keeping their fitted yearly covariance. Process: the yearly shocks. With
    None in place of a generator that part is left out. The groups' shocks move together as fitted and apart from the
    common ones.

    Returns
    -------
    deviation : (draw, component, year)

    Source
    ------
    Li & Lee (2005), Demography 42(3); drift as Lee & Carter (1992), Journal of the American Statistical Association
    87(419).
    """
    horizon, walk, reversion = _horizon(model, years), model.walk, model.reversion
    last, persistence, spread = _yearly(reversion)
    groups, deviation = len(last), np.zeros((draws, 1 + len(last), len(years)))
    variance = walk.covariance.values[0, 0]
    drawn = np.broadcast_to(persistence, (draws, groups))
    if parameter_rng is not None:
        standard = parameter_rng.standard_normal((draws, 1 + groups))
        drawn = _drawn_persistence(reversion, standard[:, 1:])
        deviation[:, 0] += np.sqrt(variance / walk.steps) * standard[:, :1] * horizon
        since = _since(reversion, years)
        deviation[:, 1:] += _returning(last, drawn, since) - _returning(last, persistence, since)
    if process_rng is not None:
        standard = process_rng.standard_normal((len(years), draws, 1 + groups)).swapaxes(0, 1)
        deviation[:, 0] += np.sqrt(variance) * np.cumsum(standard[..., 0], axis=1)
        state = np.zeros((draws, groups))
        for place in range(len(years)):
            state = drawn * state + standard[:, place, 1:] @ spread.T
            deviation[:, 1:, place] += state
    return _labelled(model, deviation, ("draw", "component", "year"), years)


def _by_group(mx: xr.DataArray, groups: list[str]) -> tuple[xr.DataArray, list[str]]:
    """Rates as (group, age, year) and the name of every group."""
    if not bool((mx > 0).all()):
        raise SchemaError("mx: coherent mortality needs positive rates in every cell")
    stacked = mx.stack(group=groups).transpose("group", "age", "year") if groups else mx.expand_dims("group")
    if stacked.sizes["group"] < 2:
        raise AssumptionError("mortality: one group alone has nothing to be coherent with; use Lee-Carter")
    return stacked, ["/".join(map(str, labels)) for labels in stacked["group"].values]


def _by_dims(values: xr.DataArray, groups: list[str]) -> xr.DataArray:
    first = ["component"] if "component" in values.dims else []
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


def _horizon(model: CoherentModel, years: np.ndarray) -> np.ndarray:
    """1, 2, ...: years since the rates were observed."""
    seen = max(model.walk.last_year, model.reversion.last_year)
    if years[0] <= seen or bool((np.diff(years) != 1).any()):
        raise AssumptionError(
            f"mortality: the forecast needs consecutive years after {seen}, the last that is fitted, found "
            f"{[int(year) for year in years]}"
        )
    return np.arange(1, len(years) + 1)


def _since(reversion: Reversion, years: np.ndarray) -> np.ndarray:
    """Years since the last fitted one, from the year before the first of ``years`` on."""
    return np.arange(years[0] - 1, years[-1] + 1) - reversion.last_year


def _yearly(reversion: Reversion) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Last index, yearly persistence, and the root of the yearly covariance; a held group has zero in all three."""
    moves, steps = (~reversion.is_held).values, reversion.persistence.fillna(0.0).values
    steps = np.where(moves, steps, 0.0)
    persistence = np.power(steps, 1 / reversion.spacing)
    shrink = (1 - np.outer(persistence, persistence)) / (1 - np.outer(steps, steps))
    covariance = reversion.covariance.transpose("component", "other").values * shrink * np.outer(moves, moves)
    left, size, _ = np.linalg.svd(covariance)  # of two groups the one mirrors the other: no Cholesky root
    return np.where(moves, reversion.last.values, 0.0), persistence, left * np.sqrt(size)


def _returning(last: np.ndarray, persistence: np.ndarray, since: np.ndarray) -> np.ndarray:
    """Change of the indices since the first of ``since``; (..., component, year)."""
    path = last[:, None] * persistence[..., None] ** since
    return path[..., 1:] - path[..., :1]


def _drawn_persistence(reversion: Reversion, standard: np.ndarray) -> np.ndarray:
    moves = (~reversion.is_held).values
    steps = np.where(moves, reversion.persistence.fillna(0.0).values, 0.5)
    error = reversion.persistence_error.fillna(0.0).values / (steps * (1 - steps))
    drawn = expit(logit(steps) + error * standard)
    return np.where(moves, np.power(drawn, 1 / reversion.spacing), 0.0)


def _labelled(model: CoherentModel, values: np.ndarray, dims: tuple[str, ...], years: np.ndarray) -> xr.DataArray:
    return xr.DataArray(values, {"component": model.response["component"], "year": years}, dims)
