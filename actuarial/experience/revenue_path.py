"""Growth of revenue series carried forward from a posterior, and what the priors and the posterior say of the history.

Every draw has one factor for all series and regions, so one recession hits all of them.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pymc as pm
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.experience.predictive import check_predictive, predictive_shares
from actuarial.experience.revenue import (
    RevenuePosterior,
    RevenuePriors,
    build_revenue,
    effect_steps,
    labelled,
)
from actuarial.experience.revenue_history import RevenueHistory
from actuarial.experience.sampling import drawn_parameters

Measure = Callable[[xr.DataArray], xr.DataArray]


def revenue_path(
    posterior: RevenuePosterior,
    years: np.ndarray,
    draws: int,
    parameter_rng: np.random.Generator | None,
    process_rng: np.random.Generator | None,
) -> xr.Dataset:
    """Draws of the growth of each series and region since the last year of the history.

    1. parameters: posterior draws at random, or their means where `parameter_rng` is None;
    2. the factor goes on from its last value, with new shocks, or fades where `process_rng` is None;
    3. declared effects of forecast years; noise of the series and of its regions.

    Parameters
    ----------
    years : forecast years, following the history without a gap
    parameter_rng, process_rng : None switches that source off

    Returns
    -------
    growth : (draw, series, region, year), 1, log of the level over the last one
    is_prior_only : (series, region), true where the history has no growth at all: drift and noise of the others

    Raises
    ------
    AssumptionError
        If the years do not follow the history, or declared effects do not cover them.
    """
    history = posterior.history
    _check_years(history, years)
    parameters = drawn_parameters(posterior.draws, draws, parameter_rng)
    start = parameters["factor"].isel(year=-1, drop=True)
    factor_rng, noise_rng = (None, None) if process_rng is None else process_rng.spawn(2)
    factor = _factor(parameters, posterior.priors, start, years, factor_rng)
    yearly = _growth(parameters, factor, history.declared, noise_rng)
    return xr.Dataset({"growth": yearly.cumsum("year"), "is_prior_only": ~history.growth.notnull().any("year")})


def prior_predictive(
    history: RevenueHistory, priors: RevenuePriors, draws: int, rng: np.random.Generator
) -> xr.Dataset:
    """What the priors alone expect of a panel.

    Returns
    -------
    Parameters by draw as in a posterior, and of a history made from each of them `growth` (draw, series, region, year);
    only the labels and declared effects of the history given are used.
    """
    years = history.growth["year"].values
    model = build_revenue(history, priors, len(years))
    names = [variable.name for variable in model.free_RVs] + ["factor"]
    parameter_rng, noise_rng = rng.spawn(2)
    drawn = pm.draw([model[name] for name in names], draws=draws, random_seed=parameter_rng, mode="FAST_COMPILE")
    values = {str(name): np.asarray(value) for name, value in zip(names, drawn, strict=True)}
    parameters = labelled(values, history, priors).assign_coords(draw=np.arange(draws))
    return parameters.assign(growth=_growth(parameters, parameters["factor"], history.declared, noise_rng))


def prior_place(history: RevenueHistory, drawn: xr.DataArray) -> xr.DataArray:
    """Share of prior draws below each growth of the history, (series, region, year); near 0 or 1 it is a surprise."""
    return (drawn < history.growth).mean("draw").where(history.growth.notnull())


def check_replicates(posterior: RevenuePosterior, draws: int, rng: np.random.Generator) -> Mapping[str, float]:
    """The shares of :func:`replicate_shares`, if all may be used.

    Raises
    ------
    AssumptionError
        If a p lies outside the limits of :func:`check_predictive`: histories made by the model do not look like this.
    """
    return check_predictive(replicate_shares(posterior, draws, rng))


def replicate_shares(posterior: RevenuePosterior, draws: int, rng: np.random.Generator) -> dict[str, float]:
    """Posterior predictive p of the mean, the spread and the widest step of each series.

    Replicates have a new factor and new noise, and are seen where the history is.
    """
    history = posterior.history
    observed, years = history.growth, history.growth["year"].values
    parameter_rng, first_rng, factor_rng, noise_rng = rng.spawn(4)
    parameters = drawn_parameters(posterior.draws, draws, parameter_rng)
    stationary = parameters["factor_spread"] / (1 - parameters["persistence"] ** 2) ** 0.5
    start = stationary * xr.DataArray(first_rng.standard_normal(draws), coords={"draw": stationary["draw"]})
    factor = _factor(parameters, posterior.priors, start, years, factor_rng)
    replicate = _growth(parameters, factor, history.declared, noise_rng).where(observed.notnull())
    return predictive_shares(_statistics(observed), _statistics(replicate))


_CELLS = ["region", "year"]
_MEASURES: dict[str, Measure] = {
    "mean": lambda growth: growth.mean(_CELLS),
    "spread": lambda growth: growth.std(_CELLS),
    "widest step": lambda growth: abs(growth - growth.mean(_CELLS)).max(_CELLS),
}


def _statistics(growth: xr.DataArray) -> xr.Dataset:
    """Every measure of every series."""
    return xr.Dataset(
        {
            f"{name} of {series}": measure(growth.sel(series=series, drop=True))
            for name, measure in _MEASURES.items()
            for series in growth["series"].values
        }
    )


def _check_years(history: RevenueHistory, years: np.ndarray) -> None:
    last = int(history.growth["year"].values[-1])
    if not np.array_equal(years, np.arange(last + 1, last + 1 + len(years))):
        raise AssumptionError(f"revenue: years {list(years)} do not follow the last year of the history, {last}")
    uncovered = sorted({int(year) for year in years} - set(history.declared["year"].values.tolist()))
    if uncovered:
        raise AssumptionError(f"declared: forecast years {uncovered} are not covered")


def _factor(
    parameters: xr.Dataset,
    priors: RevenuePriors,
    start: xr.DataArray,
    years: np.ndarray,
    rng: np.random.Generator | None,
) -> xr.DataArray:
    """The factor of each year after its start, (draw, year)."""
    shape = (len(years), parameters.sizes["draw"])
    shocks = np.zeros(shape)
    if rng is not None:
        width = np.where(rng.random(shape) < priors.jump_share, priors.jump_ratio, 1.0)
        shocks = width * rng.standard_normal(shape)
    path, level = [], start
    for shock in shocks:
        level = parameters["persistence"] * level + parameters["factor_spread"] * shock
        path.append(level)
    return xr.concat(path, dim="year").assign_coords(year=years).transpose("draw", "year")


def _growth(
    parameters: xr.Dataset, factor: xr.DataArray, declared: xr.DataArray, rng: np.random.Generator | None
) -> xr.DataArray:
    """Yearly growth given the factor, (draw, series, region, year); without generator no noise."""
    mean = parameters["drift"] + parameters["region_drift"] + parameters["loading"] * factor
    if "effect_size" in parameters:
        steps = effect_steps(declared).sel(year=factor["year"])
        mean = mean + xr.dot(parameters["effect_size"], steps, dim="effect")
    mean = mean.transpose("draw", "series", "region", "year")
    if rng is None:
        return mean
    coords = {dim: mean[dim] for dim in ("draw", "series", "region", "year")}
    shared = {dim: coords[dim] for dim in ("draw", "series", "year")}
    common, own = (
        xr.DataArray(rng.standard_normal([len(part) for part in labels.values()]), labels, list(labels))
        for labels in (shared, coords)
    )
    share = parameters["common_share"]
    noise = parameters["spread"] * (share**0.5 * common + (1 - share) ** 0.5 * own)
    return (mean + noise).transpose(*mean.dims)
