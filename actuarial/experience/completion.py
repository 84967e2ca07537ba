"""Months that are not settled yet, completed by the chain ladder with the errors of Mack.

1. cumulative amounts by month of service (origin) and months since (development);
2. link ratios weighted by volume, the spread of each development step, extrapolated for the last one as Mack does;
3. the square completed step by step; the squared error grows with it, in a process and a parameter part;
4. a tail after the last development, with its own two errors, as one more step;
5. draws of the completed amounts for the models that read them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import xarray as xr

from actuarial.errors import AssumptionError, SchemaError

# Spread of a step needs two ratios; one is left for the last step, whose spread is extrapolated from the two before.
LEAST_DEVELOPMENTS = 4


@dataclass(frozen=True, slots=True)
class Tail:
    """What follows the last observed development, as the actuary chooses it.

    factor : 1, ultimate over the amount at the last development
    factor_error : 1, standard error of the factor
    sigma : square root of the unit of the amounts; Var(ultimate | last) = sigma^2 last
    """

    factor: float
    factor_error: float
    sigma: float


@dataclass(frozen=True, slots=True)
class ChainLadder:
    """A completed triangle with its standard errors; leading dims are those of the triangle.

    link_ratio, ratio_error : (..., development), 1; labelled by the development that the step leaves
    sigma : (..., development), square root of the unit of the triangle
    cumulative : (..., origin, development), observed and completed
    ultimate, reserve, process_error, parameter_error, standard_error : (..., origin), unit of the triangle
    total_reserve, total_process_error, total_parameter_error, total_standard_error : (...,), over all origins;
        the errors of the ratios are shared by all origins, so these are not sums of squares over them
    """

    link_ratio: xr.DataArray
    ratio_error: xr.DataArray
    sigma: xr.DataArray
    cumulative: xr.DataArray
    ultimate: xr.DataArray
    reserve: xr.DataArray
    process_error: xr.DataArray
    parameter_error: xr.DataArray
    standard_error: xr.DataArray
    total_reserve: xr.DataArray
    total_process_error: xr.DataArray
    total_parameter_error: xr.DataArray
    total_standard_error: xr.DataArray


def by_development(settled: xr.DataArray) -> xr.DataArray:
    """Cumulative amounts by months since service, from amounts by month of service and month of settlement.

    Parameters
    ----------
    settled : (..., origin, settlement), yuan; both label the same months, settlement up to the last closed one

    Returns
    -------
    (..., origin, development), yuan; development 0, 1, ...; NaN where the month of settlement is not closed yet

    Raises
    ------
    SchemaError
        If the months differ, an amount is settled before its service, or a closed cell is missing.
    """
    months = settled["origin"].values
    if not np.array_equal(months, settled["settlement"].values):
        raise SchemaError("settled: origin and settlement do not label the same months")
    order = np.arange(len(months))
    row, column = xr.DataArray(order, dims="origin"), xr.DataArray(order, dims="settlement")
    early = settled.where((column < row) & (settled.fillna(0.0) != 0))
    _refuse(early.notnull(), early, "settled before its month of service", "settled")
    _refuse((column >= row) & settled.isnull(), settled, "missing in a closed month", "settled")
    lag = xr.DataArray(order, dims="development", coords={"development": order})
    position = row + lag
    is_closed = (position < len(months)).assign_coords(origin=months)
    cells = settled.isel(origin=row, settlement=position.where(position < len(months), 0))
    cumulative = cells.drop_vars("settlement").where(is_closed).cumsum("development").where(is_closed)
    return cumulative.transpose(..., "origin", "development")


def check_triangle(triangle: xr.DataArray) -> xr.DataArray:
    """The same triangle, if every cell up to the last diagonal is known and positive and none beyond it is.

    Raises
    ------
    SchemaError
        If labels do not follow each other, a cell is missing (a gap) or lies beyond the last diagonal, or an amount is
        not positive.
    AssumptionError
        If the triangle is too small for the spread of its steps.
    """
    for dim in ("origin", "development"):
        steps = np.diff(triangle[dim].values)
        if not (steps == steps[:1]).all() or not (steps > np.zeros(1, dtype=steps.dtype)).all():
            raise SchemaError(f"triangle: {dim} does not go up by equal steps")
    origins, developments = triangle.sizes["origin"], triangle.sizes["development"]
    if developments < LEAST_DEVELOPMENTS or origins < developments:
        raise AssumptionError(
            f"triangle: origins: {origins}, developments: {developments}, needed: {LEAST_DEVELOPMENTS} developments, "
            "and as many origins as developments"
        )
    row = xr.DataArray(np.arange(origins), dims="origin")
    column = xr.DataArray(np.arange(developments), dims="development")
    is_due = row + column < origins
    _refuse(is_due & triangle.isnull(), triangle, "missing before the last diagonal", "triangle")
    _refuse(~is_due & triangle.notnull(), triangle, "beyond the last diagonal", "triangle")
    _refuse((triangle <= 0) | xr.ufuncs.isinf(triangle), triangle, "not positive and finite", "triangle")
    return triangle


def chain_ladder(triangle: xr.DataArray, tail: Tail | None = None) -> ChainLadder:
    """Ultimate amounts and their standard errors.

    Parameters
    ----------
    triangle : (..., origin, development), cumulative, yuan; NaN beyond the last diagonal
    tail : what follows the last development; None where nothing does

    Raises
    ------
    SchemaError, AssumptionError
        As check_triangle.

    Source
    ------
    Mack (1993), ASTIN Bulletin 23(2): ratios, sigma, errors of an origin and of the total. Mack (1999), ASTIN Bulletin
    29(2): the same errors step by step, and the tail as one more step.
    """
    steps = _steps(check_triangle(triangle), tail)
    level = triangle.isel(development=0, drop=True)
    process, parameter = xr.zeros_like(level), xr.zeros_like(level)
    joint = xr.zeros_like(level.isel(origin=0, drop=True))
    columns = [level]
    for step, observed in _walk(triangle, steps):
        is_ahead = observed.isnull()
        ahead = level.where(is_ahead, 0.0)
        joint = joint * step["ratio"] ** 2 + ahead.sum("origin") ** 2 * step["ratio_variance"]
        process = process * step["ratio"] ** 2 + ahead * step["sigma_squared"]
        parameter = parameter * step["ratio"] ** 2 + ahead**2 * step["ratio_variance"]
        level = (level * step["ratio"]).where(is_ahead, observed)
        columns.append(level)
    size = triangle.sizes["development"]
    is_latest = triangle.notnull() & triangle.shift(development=-1).isnull()
    latest = triangle.where(is_latest).sum("development")
    cumulative = xr.concat(columns[:size], dim="development").assign_coords(development=triangle["development"])
    total_process = process.sum("origin")
    return ChainLadder(
        link_ratio=steps["ratio"],
        ratio_error=steps["ratio_variance"] ** 0.5,
        sigma=steps["sigma_squared"] ** 0.5,
        cumulative=cumulative.transpose(*triangle.dims),
        ultimate=level,
        reserve=level - latest,
        process_error=process**0.5,
        parameter_error=parameter**0.5,
        standard_error=(process + parameter) ** 0.5,
        total_reserve=(level - latest).sum("origin"),
        total_process_error=total_process**0.5,
        total_parameter_error=joint**0.5,
        total_standard_error=(total_process + joint) ** 0.5,
    )


def complete(triangle: xr.DataArray, rng: np.random.Generator, n: int, tail: Tail | None = None) -> xr.DataArray:
    """Draws of the completed amount of every origin, with process and parameter error.

    Each draw takes one ratio per step for all origins, and then each origin's own step about it; both from gamma
    distributions with the mean and variance of Mack's model, so that no draw is negative. What is settled is the same
    in every draw.

    Returns
    -------
    (draw, ..., origin), unit of the triangle

    Source
    ------
    Mack (1993) gives the moments alone; simulated step by step as England & Verrall (2006), Annals of Actuarial
    Science 1(2). Gamma for both parts: own choice.
    """
    steps = _steps(check_triangle(triangle), tail)
    draws = xr.DataArray(np.zeros(n), dims="draw")
    level = triangle.isel(development=0, drop=True) + draws
    for step, observed in _walk(triangle, steps):
        ratio = _gamma(step["ratio"] + draws, step["ratio_variance"], rng)
        ahead = level.where(observed.isnull(), 0.0)
        level = _gamma(ahead * ratio, ahead * step["sigma_squared"], rng).where(observed.isnull(), observed)
    return level.transpose("draw", ...)


def _steps(triangle: xr.DataArray, tail: Tail | None) -> xr.Dataset:
    """Ratio, its variance and the variance per unit of every development step: (..., development)."""
    after = triangle.shift(development=-1).isel(development=slice(None, -1))
    before = triangle.isel(development=slice(None, -1)).where(after.notnull())
    volume = before.sum("origin")
    ratio = after.sum("origin") / volume
    count = after.notnull().sum("origin")
    spread = (before * (after / before - ratio) ** 2).sum("origin") / (count - 1).where(count > 1)
    last = spread["development"].values[-1]
    if bool((count.sel(development=last) == 1).all()):
        second, third = spread.isel(development=-2, drop=True), spread.isel(development=-3, drop=True)
        extrapolated = xr.ufuncs.minimum(second, third)
        # where nothing varied two steps before, nothing does in the last one
        extrapolated = xr.ufuncs.minimum(extrapolated, (second**2 / third.where(third > 0)).fillna(0.0))
        spread = spread.where(spread["development"] != last, extrapolated)
    found = xr.Dataset({"ratio": ratio, "sigma_squared": spread, "ratio_variance": spread / volume})
    if tail is None:
        return found
    chosen = {"ratio": tail.factor, "sigma_squared": tail.sigma**2, "ratio_variance": tail.factor_error**2}
    one = xr.zeros_like(found.isel(development=-1)).assign_coords(development=triangle["development"].values[-1])
    added = xr.Dataset({name: one[name] + value for name, value in chosen.items()})
    return xr.concat([found, added], dim="development")


def _walk(triangle: xr.DataArray, steps: xr.Dataset) -> Iterator[tuple[xr.Dataset, xr.DataArray]]:
    """Every step with the observed amounts that it leads to; nothing is observed after the last development."""
    after = triangle.shift(development=-1)
    for label in steps["development"].values:
        yield steps.sel(development=label, drop=True), after.sel(development=label, drop=True)


def _gamma(mean: xr.DataArray, variance: xr.DataArray, rng: np.random.Generator) -> xr.DataArray:
    mean, variance = xr.broadcast(mean, variance)
    spread = variance.where(variance > 0, 1.0)
    drawn = mean.copy(data=rng.gamma((mean**2 / spread).values, (spread / mean.where(mean > 0, 1.0)).values))
    return drawn.where(variance > 0, mean)


def _refuse(is_wrong: xr.DataArray, values: xr.DataArray, fault: str, name: str) -> None:
    values, is_wrong = xr.broadcast(values, is_wrong)
    if not bool(is_wrong.any()):
        return
    place = {dim: indices[0] for dim, indices in zip(is_wrong.dims, np.nonzero(is_wrong.values), strict=True)}
    first = values.isel(place)
    label = {str(dim): first[dim].values.item() for dim in is_wrong.dims if dim in first.coords}
    raise SchemaError(
        f"{name}: {int(is_wrong.sum())} of {is_wrong.size} cells {fault}, first at {label}: {first.item():g}"
    )
