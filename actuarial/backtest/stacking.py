"""Weights of models by their past log scores, and the mixture of their draws.

At each origin the weights rest on targets that had come true by then. Where these are too few, the models count alike,
and the record says so.
"""

import numpy as np
import xarray as xr
from scipy.optimize import minimize

from actuarial.backtest.origins import Forecasts
from actuarial.errors import AssumptionError

# At the best weights no model's mean density ratio passes one; more than this above it, and the optimiser has failed.
LARGEST_GAP = 1e-4


def stacking_weights(log_density: xr.DataArray) -> xr.DataArray:
    """Weights, none negative and together one, under which the mixture's mean log density is largest.

    Parameters
    ----------
    log_density : (model, point), log predictive density of each model at values it had not seen

    Raises
    ------
    AssumptionError
        If a point has no density under any model, a density is missing, or the optimiser fails.

    Source
    ------
    Yao, Vehtari, Simpson & Gelman (2018), Bayesian Analysis 13(3), section 3, with past one-way forecasts in place of
    leaving one out. The problem is convex; the bound on the gradient is its condition of Karush, Kuhn and Tucker.
    """
    logs = log_density.transpose("model", "point")
    if bool(logs.isnull().any()):
        raise AssumptionError("stacking: a log density is missing")
    highest = logs.max("model")
    if not bool(np.isfinite(highest).all()):
        raise AssumptionError("stacking: a point has no density under any model")
    density = np.exp((logs - highest).values)
    count = len(density)
    found = minimize(
        lambda weight: -np.log(weight @ density).mean(),
        np.full(count, 1 / count),
        jac=lambda weight: -(density / (weight @ density)).mean(axis=1),
        bounds=[(1e-12, 1.0)] * count,
        constraints={"type": "eq", "fun": lambda weight: weight.sum() - 1, "jac": lambda weight: np.ones(count)},
        method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 500},
    )
    weight = found.x / found.x.sum()
    gap = float((density / (weight @ density)).mean(axis=1).max() - 1)
    if gap > LARGEST_GAP:
        raise AssumptionError(f"stacking: not converged, gradient {gap:g} above its bound of {LARGEST_GAP:g}")
    return xr.DataArray(weight, dims="model", coords={"model": logs["model"]})


def add_stack(
    forecasts: Forecasts, log_density: xr.DataArray, least_targets: int, models: tuple[str, ...], name: str = "stack"
) -> tuple[Forecasts, xr.DataArray]:
    """The forecasts with one more model: the mixture of some of them by rolling stacking weights.

    The ladder at each origin, every step noted: stacking weights of the models that forecast every cell there; equal
    weights of these, where fewer than `least_targets` periods they all forecast have come true, or the weights cannot
    be found; no forecast, where none of them has one.

    Parameters
    ----------
    log_density : (model, origin, units, horizon), NaN where nothing has come true
    least_targets : distinct target periods that weights may rest on

    Returns
    -------
    forecasts with the mixture; weights (model, origin), zero for a model that took no part
    """
    draws = forecasts.draws
    weights = xr.DataArray(
        np.zeros((len(models), draws.sizes["origin"])),
        dims=("model", "origin"),
        coords={"model": list(models), "origin": draws["origin"]},
    )
    mixtures, notes = [], list(forecasts.notes)
    for origin in draws["origin"].values:
        here = draws.sel(origin=origin, model=list(models))
        cells = [dim for dim in here.dims if dim != "model"]
        able = [str(model) for model in models if bool(here.sel(model=model).notnull().all(cells))]
        if able:
            weight, step = _weights_at(log_density.sel(model=able), int(origin), least_targets)
            weights.loc[{"model": able, "origin": origin}] = weight.values
            mixtures.append(mixture(here.sel(model=able), weight))
        else:
            step = "none of its models has a forecast of every cell"
            mixtures.append(xr.full_like(here.isel(model=0, drop=True), np.nan))
        notes.append({"model": name, "origin": int(origin), "note": step})
    stacked = xr.concat(mixtures, dim="origin").assign_coords(origin=draws["origin"])
    joined = xr.concat([draws, stacked.expand_dims(model=[name])], dim="model", join="exact")
    return Forecasts(joined.transpose(*draws.dims), tuple(notes)), weights


def mixture(draws: xr.DataArray, weights: xr.DataArray) -> xr.DataArray:
    """Whole draws of each model in proportion to its weight: (draw, ...); whole by largest remainder."""
    n = draws.sizes["draw"]
    exact = weights.values * n
    counts = np.floor(exact).astype(int)
    counts[np.argsort(counts - exact, kind="stable")[: n - counts.sum()]] += 1
    parts = [
        draws.sel(model=model, drop=True).isel(draw=slice(None, count))
        for model, count in zip(weights["model"].values, counts, strict=True)
    ]
    return xr.concat(parts, dim="draw").transpose(*(dim for dim in draws.dims if dim != "model"))


def _weights_at(log_density: xr.DataArray, origin: int, least_targets: int) -> tuple[xr.DataArray, str]:
    """Weights from what had come true by an origin, and the step of the ladder."""
    target = log_density["origin"] + log_density["horizon"]
    past = log_density.where(target <= origin)
    count = log_density.sizes["model"]
    equal = xr.DataArray(np.full(count, 1 / count), dims="model", coords={"model": log_density["model"]})
    others = [dim for dim in past.dims if dim != "model"]
    is_common = past.notnull().all("model")
    targets = np.unique(target.where(is_common.any([dim for dim in others if dim not in target.dims])).values)
    number = int(np.isfinite(targets).sum())
    names = ", ".join(str(name) for name in log_density["model"].values)
    if number < least_targets:
        return equal, f"equal weights of {names}: target periods: {number}, needed: {least_targets}"
    points = past.where(is_common).stack(point=others).dropna("point", how="any")
    try:
        return stacking_weights(points.reset_index("point", drop=True)), f"stacking weights on {number} target periods"
    except AssumptionError as error:
        return equal, f"equal weights of {names}: {error}"
