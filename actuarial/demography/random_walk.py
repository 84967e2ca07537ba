"""Yearly indices of mortality carried forward as a random walk with drift, and the rates that follow from them."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from actuarial.demography.mortality import MortalityModel
from actuarial.errors import AssumptionError


@dataclass(frozen=True, slots=True)
class RandomWalk:
    """Mean yearly step of every component, the covariance of a step, and where the walk starts.

    last, drift : (component,), covariance : (component, other)
    steps : yearly steps seen, from which the drift is known to covariance / steps
    last_year : year of ``last``
    """

    last: xr.DataArray
    drift: xr.DataArray
    covariance: xr.DataArray
    steps: int
    last_year: int


def fit_random_walk(index: xr.DataArray) -> RandomWalk:
    """Drift and covariance of the yearly steps; the covariance divides by one less than the steps.

    Parameters
    ----------
    index : (component, year)
        Consecutive years.

    Raises
    ------
    AssumptionError
        If a year is missing between two others, or fewer than two steps more than components are seen.

    Source
    ------
    Lee & Carter (1992), Journal of the American Statistical Association 87(419); for two components Cairns,
    Blake & Dowd (2006), Journal of Risk and Insurance 73(4).
    """
    years = index["year"].values
    if bool((np.diff(years) != 1).any()):
        raise AssumptionError(f"random walk: the years are not consecutive, found {years.tolist()}")
    change = index.transpose("year", "component").diff("year")
    steps, components = change.sizes["year"], change.sizes["component"]
    if steps < components + 2:
        raise AssumptionError(f"random walk: {steps} steps are too few for {components} components")
    drift = change.mean("year")
    away = change - drift
    covariance = (away * away.rename(component="other")).sum("year") / (steps - 1)
    return RandomWalk(index.isel(year=-1, drop=True), drift, covariance, steps, int(years[-1]))


def sample_walk(
    walk: RandomWalk,
    years: int,
    draws: int,
    is_drift_uncertain: bool,
    is_process_uncertain: bool,
    rng: np.random.Generator,
) -> xr.DataArray:
    """Index of the years to come; with neither uncertainty every draw is the central path.

    Parameters
    ----------
    is_drift_uncertain : the drift of a draw is normal around the fitted one, with covariance / steps
    is_process_uncertain : every year adds a normal step of the walk's covariance

    Returns
    -------
    index : (draw, component, year)
    """
    components = walk.drift.sizes["component"]
    standard = rng.standard_normal((draws, years + 1, components))
    spread = np.linalg.cholesky(walk.covariance.transpose("component", "other").values)
    shocks = standard @ spread.T
    yearly = walk.drift.values + is_drift_uncertain * shocks[:, :1] / np.sqrt(walk.steps)
    path = np.cumsum(yearly + is_process_uncertain * shocks[:, 1:], axis=1)
    moved = xr.DataArray(
        path,
        dims=("draw", "year", "component"),
        coords={"year": walk.last_year + 1 + np.arange(years), "component": walk.drift["component"]},
    )
    return (walk.last + moved).transpose("draw", "component", "year")


def fitted_jump_off(model: MortalityModel) -> xr.DataArray:
    """Predictor of the last year as the model fits it: the forecast continues the fit; (age,)."""
    return model.predictor(model.index.isel(year=-1, drop=True))


def observed_jump_off(model: MortalityModel, rate: xr.DataArray) -> xr.DataArray:
    """Predictor of the last year as it was observed: no break against the last data, but their noise stays; (age,).

    Parameters
    ----------
    rate : (age,)
        mx or qx, as the model has it; strictly between its limits.

    Source
    ------
    Lee & Miller (2001), Demography 38(4).
    """
    highest = np.inf if model.family == "poisson" else 1.0
    if not bool(((rate > 0) & (rate < highest)).all()):
        raise AssumptionError("mortality: the observed rates to start from must lie strictly between their limits")
    return model.linked(rate)


def project_rates(model: MortalityModel, index: xr.DataArray, jump_off: xr.DataArray) -> xr.DataArray:
    """Rates of the years to come from the change of the index since the last fitted year.

    Parameters
    ----------
    index : (..., component, year)
    jump_off : (age,)
        ``fitted_jump_off`` or ``observed_jump_off``.

    Returns
    -------
    rate : (..., age, year)
        mx, 1/year, or qx, 1.
    """
    change = index - model.index.isel(year=-1, drop=True)
    return model.rate(jump_off + (model.response * change).sum("component"))
