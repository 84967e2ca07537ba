"""Indices of mortality that return to zero, each from its own past, their shocks moving together."""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.special import expit, logit

from actuarial.errors import AssumptionError


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


def years_since(reversion: Reversion, years: np.ndarray) -> np.ndarray:
    """Years since the last fitted one, from the year before the first of ``years`` on."""
    return np.arange(years[0] - 1, years[-1] + 1) - reversion.last_year


def yearly_reversion(reversion: Reversion) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Last index, yearly persistence, and the root of the yearly covariance; a held group has zero in all three."""
    moves, steps = (~reversion.is_held).values, reversion.persistence.fillna(0.0).values
    steps = np.where(moves, steps, 0.0)
    persistence = np.power(steps, 1 / reversion.spacing)
    shrink = (1 - np.outer(persistence, persistence)) / (1 - np.outer(steps, steps))
    covariance = reversion.covariance.transpose("component", "other").values * shrink * np.outer(moves, moves)
    left, size, _ = np.linalg.svd(covariance)  # of two groups the one mirrors the other: no Cholesky root
    return np.where(moves, reversion.last.values, 0.0), persistence, left * np.sqrt(size)


def returning(last: np.ndarray, persistence: np.ndarray, since: np.ndarray) -> np.ndarray:
    """Change of the indices since the first of ``since``; (..., component, year)."""
    path = last[:, None] * persistence[..., None] ** since
    return path[..., 1:] - path[..., :1]


def drawn_persistence(reversion: Reversion, standard: np.ndarray) -> np.ndarray:
    """Yearly persistence for standard normals (..., component), normal on the logit scale of the fitted steps."""
    moves = (~reversion.is_held).values
    steps = np.where(moves, reversion.persistence.fillna(0.0).values, 0.5)
    error = reversion.persistence_error.fillna(0.0).values / (steps * (1 - steps))
    drawn = expit(logit(steps) + error * standard)
    return np.where(moves, np.power(drawn, 1 / reversion.spacing), 0.0)
