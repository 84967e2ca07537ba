"""Joint density of the morbidity model: its priors, and what it says of a panel reduced to logs.

    log cost(r, t) = index(r, t) + common(t) + declared(t) + local(r, t) + noise(r, t)
    index(r, t)    = log sum over sex, age of share(r, sex, age, t) exp(profile(sex, age))
    common(t)      = common(t-1) + drift + shock(t)         shock normal, in a few years much wider
    local(r, .)    normal, covariance region_spread^2 + deviation_spread^2 persistence^|t-s|
    noise(r, t)    normal, variance (noise_floor^2 + variation^2 / insured years) exp(unrest(t))
    unrest(t)      random walk about its mean over the history: some years' accounts are noisier in every region
    cell(a, t)     profile(a) + noise of variance cell_floor^2 + variation^2 / insured years, about the mean of its year

The ageing of members is in the index and so never in the drift: the drift is growth at a constant age.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor

from actuarial.experience.morbidity_history import MorbidityHistory

# The stubs of pytensor give no type to elementwise functions.
pt: Any = pytensor.tensor


@dataclass(frozen=True, slots=True)
class MorbidityPriors:
    """What is believed before the history is seen; spreads are standard deviations of logs.

    Rayleigh, by their modes: `common_spread`, `region_spread`, `deviation_spread`, `noise_floor`. Half-normal scales:
    `profile_spread` (over ten years of age), `contrast_spread` (between the sexes, likewise), `cell_floor`. Normal: the
    drift, declared effects (around zero) and the steps of unrest (likewise). Lognormal: `variation`, standard deviation
    over mean of a member's yearly cost. Beta: persistence. A year is a jump with probability `jump_share`; its shock is
    then `jump_ratio` times as wide.
    """

    drift_mean: float
    drift_spread: float
    common_spread: float
    jump_share: float
    jump_ratio: float
    effect_spread: float
    region_spread: float
    deviation_spread: float
    persistence_alpha: float
    persistence_beta: float
    noise_floor: float
    unrest_spread: float
    variation_median: float
    variation_spread: float
    profile_spread: float
    contrast_spread: float
    cell_floor: float


def model_data(history: MorbidityHistory) -> dict[str, np.ndarray]:
    """The arrays that change from fit to fit, in the layout of the model."""
    regions, years = history.cost.sizes["region"], history.cost["year"]
    rows = history.share.transpose("region", "year", "sex", "age").values
    data = {
        "cost": history.cost.transpose("region", "year").values,
        "share": rows.reshape(regions * len(years), -1),
        "noise_size": history.noise_size.values,
        "cell": history.cell.transpose("sex", "age", "year").values,
        "cell_size": history.cell_size.transpose("sex", "age", "year").values,
    }
    if history.declared.sizes["effect"]:
        declared = history.declared.sel(year=years).transpose("year", "effect")
        data["declared"] = declared.values.astype(float)
    return data


def build_morbidity(history: MorbidityHistory, priors: MorbidityPriors, longest: int) -> pm.Model:
    """Joint model of the profile and of the level of every region and year.

    Regions are integrated out: their covariance over years is the same matrix plus noise on the diagonal, so one
    eigen-decomposition turns every region's years into independent normals.

    Parameters
    ----------
    history : any panel with the ages and effects that the model is for
    longest : years that the longest history may have

    Source
    ------
    Normal scale mixture for shocks: Tukey (1960), A survey of sampling from contaminated distributions. Random walk in
    age: Rue & Held (2005), Gaussian Markov Random Fields, section 3.3. The rest: own choice, by backtest
    (docs/method/morbidity.md).
    """
    ages = history.cell["age"].values
    effects = [str(name) for name in history.declared["effect"].values]
    with pm.Model(coords={"effect": effects}) as model:
        data: dict[str, Any] = {name: pm.Data(name, values) for name, values in model_data(history).items()}
        profile = _profile(ages, priors)
        floor = pm.HalfNormal("cell_floor", priors.cell_floor)
        variation = pm.LogNormal("variation", np.log(priors.variation_median), priors.variation_spread)
        cell_spread = pt.sqrt(floor**2 + variation**2 * data["cell_size"])
        pm.Potential("cells", cell_density(data["cell"] - profile[..., None], cell_spread))
        index = pt.log(pt.dot(data["share"], pt.exp(profile).flatten())).reshape(data["cost"].shape)
        residual = data["cost"] - index - _common(data, priors, effects, longest)
        unrest = _unrest(residual.shape[1], priors, longest)
        pm.Potential("regions", _region_density(residual, data["noise_size"], variation, unrest, priors))
    return model


def cell_density(residual: Any, spread: Any) -> Any:
    """Log density of the cells of each year about their mean, whatever the level of the year.

    Cells come relative to the mean of their year, so one of them is known from the others. With the level integrated
    out, what is left is the density of any orthonormal contrasts; taken as independent, n cells would make their
    noise smaller by the root of 1 - 1/n.

    Parameters
    ----------
    residual, spread : (sex, age, year)

    Source
    ------
    Patterson & Thompson (1971), Biometrika 58(3): likelihood of contrasts.
    """
    weight = spread**-2
    total = weight.sum((0, 1))
    count = residual.shape[0] * residual.shape[1]
    squares = (weight * residual**2).sum((0, 1)) - (weight * residual).sum((0, 1)) ** 2 / total
    logs = 2 * pt.log(spread).sum((0, 1)) + pt.log(total) + (count - 1) * np.log(2 * np.pi) - pt.log(count)
    return -0.5 * pt.sum(squares + logs)


def _profile(ages: np.ndarray, priors: MorbidityPriors) -> Any:
    """Log cost by sex and age about its mean: a random walk in age, and another one for the sexes apart."""
    width = np.sqrt(np.diff(ages) / 10)
    sums = np.tril(np.ones((len(ages), len(ages) - 1)), -1)
    spread = pm.HalfNormal("profile_spread", priors.profile_spread)
    contrast_spread = pm.HalfNormal("contrast_spread", priors.contrast_spread)
    step: Any = pm.Normal("profile_step", 0, spread * width, shape=len(width))
    start = pm.Normal("contrast_start", 0, priors.contrast_spread)
    contrast_step: Any = pm.Normal("contrast_step", 0, contrast_spread * width, shape=len(width))
    middle = pt.dot(sums - sums.mean(axis=0), step)
    contrast = start + pt.dot(sums, contrast_step)
    return pm.Deterministic("profile", pt.stack([middle + contrast / 2, middle - contrast / 2]))


def _common(data: dict[str, Any], priors: MorbidityPriors, effects: list[str], longest: int) -> Any:
    """Level that all regions share in each year of the history; steps beyond the history follow the prior."""
    drift = pm.Normal("drift", priors.drift_mean, priors.drift_spread)
    spread = _away_from_zero("common_spread", priors.common_spread)
    step: Any = pm.NormalMixture(
        "step",
        w=[1 - priors.jump_share, priors.jump_share],
        mu=drift,
        sigma=pt.stack([spread, priors.jump_ratio * spread]),
        shape=longest - 1,
    )
    # The panel is relative to its own mean, so one covers every start that a history can have.
    start = pm.Normal("start", 0, 1)
    sums = np.tril(np.ones((longest, longest - 1)), -1)
    common: Any = pm.Deterministic("common", start + pt.dot(sums, step))
    level = common[: data["cost"].shape[1]]
    if effects:
        level = level + pt.dot(data["declared"], pm.Normal("effect_size", 0, priors.effect_spread, dims="effect"))
    return level


def _away_from_zero(name: str, mode: float) -> Any:
    """Spread with a Rayleigh prior: no weight at zero, where samplers stick, and no more tail than a normal.

    Source: Chung et al. (2013), Psychometrika 78(4), for priors that are zero at zero; the Rayleigh is own choice.
    """
    return pm.Weibull(name, alpha=2, beta=mode * np.sqrt(2))


def _unrest(years: Any, priors: MorbidityPriors, longest: int) -> Any:
    """Log of how much more than usual the noise of each year of the history varies."""
    step: Any = pm.Normal("unrest_step", 0, priors.unrest_spread, shape=longest - 1)
    walk = pt.dot(np.tril(np.ones((longest, longest - 1)), -1), step)[:years]
    return walk - walk.mean()


def _region_density(
    residual: Any,
    noise_size: Any,
    variation: Any,
    unrest: Any,
    priors: MorbidityPriors,
) -> Any:
    """Log density of all regions' years with their local levels integrated out.

    Divided by the root of exp(unrest), the noise of a region is the same in every year.
    """
    region_spread = _away_from_zero("region_spread", priors.region_spread)
    deviation_spread = _away_from_zero("deviation_spread", priors.deviation_spread)
    persistence = pm.Beta("persistence", priors.persistence_alpha, priors.persistence_beta)
    floor = _away_from_zero("noise_floor", priors.noise_floor)
    year = pt.arange(residual.shape[1])
    apart = pt.abs(year[:, None] - year[None, :]).astype("float64")
    calm = pt.exp(-unrest / 2)
    local = region_spread**2 + deviation_spread**2 * persistence**apart
    values, vectors = pt.linalg.eigh(local * calm[:, None] * calm[None, :])
    spread = pt.sqrt(values + (floor**2 + variation**2 * noise_size)[:, None])
    density = pt.sum(pm.logp(pm.Normal.dist(0, spread), pt.dot(residual * calm, vectors)))
    return density - residual.shape[0] * unrest.sum() / 2
