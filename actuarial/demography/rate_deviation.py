"""How far death rates of single ages are from their central path: by the indices, and by what each age does alone.

1. indices: a common one, of uncertain drift and yearly steps; one for each group, which returns to zero;
2. ages: what the indices leave of the steps of the past, resampled whole, every group and age together.
"""

import numpy as np
import xarray as xr

from actuarial.demography.coherent import CoherentModel, by_component, years_ahead
from actuarial.demography.reversion import drawn_persistence, returning, yearly_reversion, years_since


def rate_deviation(
    model: CoherentModel,
    years: np.ndarray,
    n: int,
    parameter_rng: np.random.Generator | None,
    process_rng: np.random.Generator | None,
) -> xr.DataArray:
    """Deviation of log death rates from their central path, which starts from those observed in the year before.

        deviation = sum over components of response index_deviation + step_deviation

    The two parts draw from generators of their own, spawned from the given ones, so that neither moves the other. With
    None in place of a generator its kind of uncertainty is left out; with neither the deviation is zero.

    Returns
    -------
    deviation : (draw, group dims, age, year), log
    """
    first, second = _apart(parameter_rng), _apart(process_rng)
    indices = index_deviation(model, years, n, first[0], second[0])
    moved = xr.dot(model.response, indices, dim="component")
    ages = step_deviation(model, years, n, first[1], second[1])
    return (moved + ages).transpose("draw", *model.level.dims, "year")


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
    horizon, walk, reversion = years_ahead(model, years), model.walk, model.reversion
    last, persistence, spread = yearly_reversion(reversion)
    groups, deviation = len(last), np.zeros((draws, 1 + len(last), len(years)))
    variance = walk.covariance.values[0, 0]
    drawn = np.broadcast_to(persistence, (draws, groups))
    if parameter_rng is not None:
        standard = parameter_rng.standard_normal((draws, 1 + groups))
        drawn = drawn_persistence(reversion, standard[:, 1:])
        deviation[:, 0] += np.sqrt(variance / walk.steps) * standard[:, :1] * horizon
        since = years_since(reversion, years)
        deviation[:, 1:] += returning(last, drawn, since) - returning(last, persistence, since)
    if process_rng is not None:
        standard = process_rng.standard_normal((len(years), draws, 1 + groups)).swapaxes(0, 1)
        deviation[:, 0] += np.sqrt(variance) * np.cumsum(standard[..., 0], axis=1)
        state = np.zeros((draws, groups))
        for place in range(len(years)):
            state = drawn * state + standard[:, place, 1:] @ spread.T
            deviation[:, 1:, place] += state
    return by_component(model, deviation, ("draw", "component", "year"), years)


def step_deviation(
    model: CoherentModel,
    years: np.ndarray,
    draws: int,
    parameter_rng: np.random.Generator | None,
    process_rng: np.random.Generator | None,
) -> xr.DataArray:
    """Deviation of log death rates that no index explains: past steps of all groups and ages, resampled whole.

    With C the covariance of the steps that are left, over d years, n of them: h years ahead it is

        h C / d              process: one step for every year, drawn with replacement, over sqrt(d)
        h^2 C / (n d^2)      parameter: the mean of n steps drawn again is the error of the ages' own yearly drift

    Returns
    -------
    deviation : (draw, group dims, age, year), log

    Source
    ------
    Resampling of whole vectors of residuals: Efron & Tibshirani (1993), An Introduction to the Bootstrap, chapter 9.
    That every age has lasting steps of its own, a random walk: own choice, see docs/method/mortality.md.
    """
    horizon = xr.DataArray(years_ahead(model, years), {"year": years}, ("year",))
    spacing, count = model.reversion.spacing, model.left.sizes["step"]
    deviation = xr.zeros_like(model.level) * xr.zeros_like(horizon) * xr.DataArray(np.zeros(draws), dims=("draw",))
    if parameter_rng is not None:
        again = xr.DataArray(parameter_rng.integers(count, size=(draws, count)), dims=("draw", "again"))
        deviation = deviation + model.left.isel(step=again).mean("again") / spacing * horizon
    if process_rng is not None:
        chosen = xr.DataArray(process_rng.integers(count, size=(len(years), draws)), {"year": years}, ("year", "draw"))
        deviation = deviation + model.left.isel(step=chosen).cumsum("year") / np.sqrt(spacing)
    return deviation.transpose("draw", *model.level.dims, "year")


def _apart(rng: np.random.Generator | None) -> tuple[np.random.Generator | None, np.random.Generator | None]:
    """Two generators, so that the first years of one part do not depend on how many the other has drawn."""
    if rng is None:
        return None, None
    first, second = rng.spawn(2)
    return first, second
