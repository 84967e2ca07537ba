"""The mildest joint shock of the trends that exhausts a fund: of all that do, the one of the highest density.

1. the shocks of a run as independent standard normal components, by their covariance;
2. from the central path, to the nearest point of the plane that touches the balance of a year, until it stays there;
3. the year is the one whose plane is nearest.
"""

from collections.abc import Callable

import numpy as np
import xarray as xr

# Own choice: the share of the variance held; without the rest distances are longer by a thousandth (Ningbo).
KEPT = 0.99
# Own choice: differences of a hundredth of a standard deviation, far above the rounding to fen.
STEP = 0.01
# Own choice: beyond four standard deviations, once in thirty thousand, no run of some thousand draws says anything.
FURTHEST = 4.0
# Own choice: found when a round moves it by less than a hundredth of a deviation; smooth balances need three.
STILL, ROUNDS = 0.01, 8


def principal_shocks(paths: xr.DataArray) -> xr.DataArray:
    """Directions whose sum with independent standard normal weights has the covariance of the paths.

    Parameters
    ----------
    paths : (draw, ...), log

    Returns
    -------
    (component, ...), log, one standard deviation of each, the largest first
    """
    rest = paths.dims[1:]
    flat = (paths - paths.mean("draw")).stack(place=rest).transpose("draw", "place").values
    value, vector = np.linalg.eigh(flat.T @ flat / (len(flat) - 1))
    value, vector = np.maximum(value[::-1], 0.0), vector[:, ::-1]
    count = int(np.searchsorted(value.cumsum(), KEPT * value.sum())) + 1
    one = paths.isel(draw=0, drop=True)
    table = (np.sqrt(value[:count]) * vector[:, :count]).T.reshape(count, *one.shape)
    return xr.DataArray(table, one.coords, ("component", *rest))


def mildest_shock(
    balance_at: Callable[[np.ndarray], np.ndarray], components: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The point nearest to zero at which a fund has nothing left at the end of some year.

    Parameters
    ----------
    balance_at : weights (case, component) -> (case, fund, year)

    Returns
    -------
    distance : (fund,), standard deviations; 0 where the fund is exhausted without a shock, inf beyond FURTHEST, NaN
        where the search does not come to rest
    point : (fund, component); year : (fund,), place of the year in which nothing is left

    Source
    ------
    First-order reliability: Hasofer & Lind (1974), Journal of the Engineering Mechanics Division 100(1); search:
    Rackwitz & Fiessler (1978), Computers & Structures 9(5).
    """
    start = balance_at(np.zeros((1, components)))[0]
    funds = len(start)
    point, year = np.zeros((funds, components)), np.argmax(start < 0, axis=-1)
    is_exhausted = (start < 0).any(-1)
    moved = np.where(is_exhausted, 0.0, np.inf)
    for _ in range(ROUNDS):
        searched = np.flatnonzero(moved > STILL)
        if not len(searched):
            break
        places, which = np.unique(point[searched], axis=0, return_inverse=True)
        value, slope = _tangent(balance_at, places)
        for fund, place in zip(searched, which.ravel(), strict=True):
            year[fund], found = _nearest(value[place, fund], slope[place, :, fund], point[fund])
            moved[fund] = np.linalg.norm(found - point[fund])
            point[fund] = found
    distance = np.linalg.norm(point, axis=-1)
    distance = np.where(distance >= FURTHEST * (1 - STILL), np.inf, np.where(moved > STILL, np.nan, distance))
    return np.where(is_exhausted, 0.0, distance), point, year


def _tangent(balance_at: Callable[[np.ndarray], np.ndarray], places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Balances at some points, (place, fund, year), and their slopes there, (place, component, fund, year)."""
    around = np.concatenate([np.zeros((1, places.shape[1])), STEP * np.eye(places.shape[1])])
    found = balance_at((places[:, None] + around).reshape(-1, places.shape[1])).astype(float)
    found = found.reshape(len(places), len(around), *found.shape[1:])
    return found[:, 0], (found[:, 1:] - found[:, :1]) / STEP


def _nearest(value: np.ndarray, slope: np.ndarray, point: np.ndarray) -> tuple[int, np.ndarray]:
    """The year whose plane of no balance is nearest to the centre, and its point nearest to it."""
    steepness = np.linalg.norm(slope, axis=0)
    left = value - point @ slope
    distance = np.divide(left, steepness, out=np.full_like(left, np.inf), where=steepness > 0)
    year = int(distance.argmin())
    if not np.isfinite(distance[year]):
        return year, np.full_like(point, FURTHEST)
    found = -distance[year] * slope[:, year] / steepness[year]
    return year, found * min(1.0, FURTHEST / max(abs(distance[year]), STEP))
