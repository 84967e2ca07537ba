"""Random walks of several log odds in several regions: a common part, regional parts, and covariances partly pooled.

1. step(region, item, t) = level(t) - level(t-1); common step = mean over regions, regional step = the rest;
2. covariance of the common step from its own history, about zero;
3. covariance of each region's step shrunk to that of all regions, by an inverse Wishart prior whose weight is fitted;
4. draws: covariances from their posterior, drift from its error about zero, then yearly steps.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np
import xarray as xr
from scipy.optimize import OptimizeResult, minimize_scalar
from scipy.special import chdtri, gammaln, ndtr

from actuarial.errors import AssumptionError

# Own choice: eigenvalues below this share of the largest are rounding of the figures, not movement.
RANK_LIMIT = 1e-10


@dataclass(frozen=True, slots=True)
class Covariance:
    """Posterior of a covariance: inverse Wishart on the subspace in which the history moves at all.

    basis : (item, rank); basis basis' is the scale of the inverse Wishart
    freedom : its degrees of freedom
    divisor : scale / divisor is the estimate
    """

    basis: np.ndarray
    freedom: float
    divisor: float


@dataclass(frozen=True, slots=True)
class RegionalWalk:
    """What the history says about the yearly steps.

    item : the labels of the walks, in the dim they stand in
    regions : labels
    common, regional : covariance of the common step, and of every region's own
    weight : share of the pooled covariance in the estimate of a region's own; NaN where regions never differ
    steps : yearly steps seen
    """

    item: xr.DataArray
    regions: np.ndarray
    common: Covariance
    regional: tuple[Covariance, ...]
    weight: float
    steps: int


def fit_regional_walk(level: xr.DataArray, is_broken: xr.DataArray, what: str) -> RegionalWalk:
    """Covariances of the common and the regional steps, about zero.

    Parameters
    ----------
    level : (region, item, year), log odds; the item dim has any name; NaN where a year is not published
    is_broken : (year,)
        True where the step into the year crosses a declared break.
    what : the quantity, for messages

    Raises
    ------
    AssumptionError
        If years are not consecutive, or too few steps are known in every region.

    Source
    ------
    Gelman et al. (2013), Bayesian Data Analysis, section 3.6: inverse Wishart prior and posterior of a covariance,
    known mean. Steps about zero and not about their mean, common part as mean over regions: own choice, see
    docs/method/members.md.
    """
    (item,) = [str(dim) for dim in level.dims if dim not in ("region", "year")]
    years = level["year"].values
    if bool((np.diff(years) != 1).any()):
        raise AssumptionError(f"{what}: the years are not consecutive, found {years.tolist()}")
    known = level.diff("year").where(~is_broken.isel(year=slice(1, None))).dropna("year")
    steps, items, regions = known.sizes["year"], level.sizes[item], level.sizes["region"]
    if steps < items + 2:
        raise AssumptionError(
            f"{what}: {steps} yearly steps are known in every region; {items + 2} are needed for {items} {item} labels"
        )
    mean = known.mean("region")
    common = mean.transpose("year", item).values
    rest = (known - mean).transpose("region", "year", item).values
    # The mean over regions takes 1 / regions of the regional variance with it.
    rest = rest * np.sqrt(regions / max(regions - 1, 1))
    regional, weight = _pooled(np.swapaxes(rest, 1, 2) @ rest, steps)
    basis = _root(common.T @ common)
    # this freedom leaves the variance of every single item the posterior it would have alone
    shared = Covariance(basis, steps + basis.shape[1] - 1, steps)
    return RegionalWalk(level[item], level["region"].values, shared, regional, weight, steps)


def walk_deviation(
    walk: RegionalWalk,
    years: np.ndarray,
    n: int,
    parameter_rng: np.random.Generator | None,
    process_rng: np.random.Generator | None,
) -> xr.DataArray:
    """Deviations of the log odds from those of the last closed year, for draws of the years to come.

    With ``parameter_rng`` the covariances come from their posterior, and a drift is added, normal about zero with
    covariance / steps: the central path holds the odds, but the history does not prove it. Without it covariances are
    at their estimate. ``process_rng`` adds the yearly steps. The regional parts sum to zero over the regions.

    Parameters
    ----------
    years : forecast years, consecutive, the first follows the last closed one
    n : draws

    Returns
    -------
    (draw, region, item, year), 1
    """
    regions, items = len(walk.regions), walk.item.size
    spread, drift = _parameters(walk, n, parameter_rng)
    steps = np.broadcast_to(drift[:, None], (n, len(years), regions + 1, items))
    if process_rng is not None:
        shocks = process_rng.standard_normal((len(years), n, regions + 1, items)).swapaxes(0, 1)
        steps = steps + np.einsum("nrij,ntrj->ntri", spread, shocks)
    own = steps[:, :, 1:] - steps[:, :, 1:].mean(axis=2, keepdims=True)
    path = np.cumsum(steps[:, :, :1] + own, axis=1)
    name = str(walk.item.dims[0])
    return xr.DataArray(
        path,
        dims=("draw", "year", "region", name),
        coords={"year": years, "region": walk.regions, name: walk.item.values},
    ).transpose("draw", "region", name, "year")


def _pooled(products: np.ndarray, steps: int) -> tuple[tuple[Covariance, ...], float]:
    """Every region's covariance shrunk to the mean of all: weight pooled + (1 - weight) own.

    products : (region, item, item), sums of squares and products of the regional steps

    The prior is inverse Wishart with mean the pooled covariance and freedom + rank + 1, freedom = steps weight / (1 -
    weight); the weight maximises the marginal likelihood of the products, which is closed.
    """
    pooled = products.mean(axis=0) / steps
    basis = _root(pooled)
    rank = basis.shape[1]
    if rank == 0:
        return tuple(Covariance(basis, steps, steps) for _ in products), np.nan
    white = np.linalg.pinv(basis)
    own = white @ products @ white.T

    def unlikely(weight: float) -> float:
        prior = steps * weight / (1 - weight)
        freedom = prior + rank + 1
        determinants = np.linalg.slogdet(prior * np.eye(rank) + own).logabsdet
        halves = (freedom - np.arange(rank)) / 2
        per_region = (gammaln(halves + steps / 2) - gammaln(halves)).sum()
        return -float(
            len(own) * (per_region + freedom * rank / 2 * np.log(prior)) - (freedom + steps) / 2 * determinants.sum()
        )

    weight = float(cast(OptimizeResult, minimize_scalar(unlikely, bounds=(0.0, 1.0), method="bounded"))["x"])
    divisor = steps / (1 - weight)
    freedom = divisor + rank + 1
    scale = divisor * (weight * pooled + (1 - weight) * products / steps)
    # the root of every region in the subspace of the pooled covariance, so that all have its rank
    roots = [basis @ np.linalg.cholesky(white @ part @ white.T) for part in scale]
    return tuple(Covariance(root, freedom, divisor) for root in roots), weight


def _root(matrix: np.ndarray) -> np.ndarray:
    """A basis with basis basis' = matrix, one column for every direction in which the matrix is not zero."""
    values, vectors = np.linalg.eigh(matrix)
    is_used = values > RANK_LIMIT * values[-1]
    return vectors[:, is_used] * np.sqrt(values[is_used])


def _parameters(walk: RegionalWalk, n: int, rng: np.random.Generator | None) -> tuple[np.ndarray, np.ndarray]:
    """A factor of the covariance of each part, common first: (draw, part, item, item), and the drift of each part."""
    parts, items = (walk.common, *walk.regional), walk.item.size
    if rng is None:
        fixed = np.stack([_square(part.basis / np.sqrt(part.divisor)) for part in parts])
        return np.broadcast_to(fixed, (n, *fixed.shape)), np.zeros((n, len(parts), items))
    # one call for everything, so that the first draws do not depend on how many there are
    normal = rng.standard_normal((n, len(parts), items + 1, items))
    spread = np.stack([_sampled(part, normal[:, place, :items]) for place, part in enumerate(parts)], axis=1)
    return spread, np.einsum("npij,npj->npi", spread, normal[:, :, items]) / np.sqrt(walk.steps)


def _sampled(part: Covariance, normal: np.ndarray) -> np.ndarray:
    """Factors of covariances drawn from the posterior, from standard normals: (draw, item, item).

    Bartlett's decomposition of a Wishart matrix (Anderson 2003, An Introduction to Multivariate Statistical Analysis,
    section 7.2), its chi-square variables by inversion.
    """
    rank = part.basis.shape[1]
    triangle = np.tril(normal[:, :rank, :rank], -1)
    place = np.arange(rank)
    triangle[:, place, place] = np.sqrt(chdtri(part.freedom - place, ndtr(normal[:, place, place])))
    return _square(part.basis @ np.swapaxes(np.linalg.inv(triangle), 1, 2))


def _square(factor: np.ndarray) -> np.ndarray:
    """The same factor with columns of zeros up to a square."""
    rows, columns = factor.shape[-2:]
    return np.concatenate([factor, np.zeros((*factor.shape[:-1], rows - columns))], axis=-1)
