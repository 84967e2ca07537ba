"""The common factor of revenue series by maximum likelihood: a check on the Bayesian loadings, and a rival.

City means of the growth of every series, one factor with persistence, independent errors; no priors, no regions, no
jumps. Each series is centred and scaled, and the model fitted again at ten times the scale.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import statsmodels.tsa.statespace.dynamic_factor as dynamic
import xarray as xr

from actuarial.errors import AssumptionError

# A loading that moves by more than this share of the largest one between two scales has not converged.
LARGEST_MOVE = 0.001
# An error that is this small a share of its series' variance is no error: the factor has become that series (Heywood).
LEAST_ERROR = 1e-4
# Years that every series has: own choice, one more than the parameters of a series and the factor's persistence.
LEAST_YEARS = 5


@dataclass(frozen=True, slots=True)
class FactorFit:
    """One factor found by maximum likelihood.

    loading : (series,), growth per growth of the first series
    persistence : of the factor
    results : of statsmodels, on scaled growth; centre and spread : (series,), what scaled it
    """

    loading: xr.DataArray
    persistence: float
    results: Any
    centre: xr.DataArray
    spread: xr.DataArray


def fit_factor(growth: xr.DataArray) -> FactorFit:
    """The factor of city means.

    Parameters
    ----------
    growth : (series, region, year), 1, NaN where there is none; loadings are relative to the first series

    Raises
    ------
    AssumptionError
        If years are too few, a series does not vary, the optimiser stops early, a fit at a second scale gives other
        loadings, or the factor is one of the series.

    Source
    ------
    Stock & Watson (1989), NBER Macroeconomics Annual 4; fitted by statsmodels' DynamicFactor.
    """
    mean = growth.mean("region").transpose("year", "series")
    complete = int(mean.notnull().all("series").sum())
    if complete < LEAST_YEARS:
        raise AssumptionError(f"factor: years with growth of every series: {complete}, needed: {LEAST_YEARS}")
    centre, spread = mean.mean("year"), mean.std("year")
    if not bool((spread > 0).all()):
        raise AssumptionError(f"factor: {spread['series'].values[~(spread.values > 0)][0]} does not vary")
    scaled = ((mean - centre) / spread).values
    first, second = (_fit(scaled * scale) for scale in (1.0, 10.0))
    names = mean["series"].values
    loadings = [_loading(results, spread, len(names)) for results in (first, second)]
    move = float(abs(loadings[1] - loadings[0]).max() / abs(loadings[0]).max())
    if not move <= LARGEST_MOVE:
        raise AssumptionError(f"factor: loadings move by {move:.2g} between two scales, limit {LARGEST_MOVE}")
    error = np.asarray(first.params)[len(names) : 2 * len(names)]
    if error.min() < LEAST_ERROR:
        raise AssumptionError(f"factor: it is {names[error.argmin()]} itself, whose error is {error.min():.2g}")
    return FactorFit(loadings[0], float(np.asarray(first.params)[-1]), first, centre, spread)


def factor_paths(fitted: FactorFit, years: np.ndarray, n: int, rng: np.random.Generator) -> xr.DataArray:
    """Simulated growth since the last year, parameters as fitted: (draw, series, year), log over the last level."""
    # anchored at the end, so that the state is drawn from what the history says of it
    drawn = fitted.results.simulate(len(years), anchor="end", repetitions=n, rng=rng)
    values = np.asarray(drawn).reshape(len(years), -1, n)
    coords = {"year": years, "series": fitted.centre["series"].values, "draw": np.arange(n)}
    growth = xr.DataArray(values, coords=coords, dims=list(coords)) * fitted.spread + fitted.centre
    return growth.transpose("draw", "series", "year").cumsum("year")


def _fit(scaled: np.ndarray) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = dynamic.DynamicFactor(scaled, k_factors=1, factor_order=1, error_cov_type="diagonal")
        results: Any = model.fit(disp=False, maxiter=2000, method="lbfgs", factr=100.0, pgtol=1e-8)
    if not results.mle_retvals["converged"]:
        raise AssumptionError("factor: the optimiser stopped early")
    return results


def _loading(results: Any, spread: xr.DataArray, count: int) -> xr.DataArray:
    raw = spread * np.asarray(results.params)[:count]
    return raw / raw.isel(series=0, drop=True)
