"""Yearly growth of all revenue series together: a drift, one economic factor that moves them all, and noise.

1. `revenue_history` (a module of its own) checks a panel and reduces it to log growth;
2. `build_revenue` is the model, `compile_revenue` its machine code, good for histories up to a longest one;
3. `fit_revenue` samples it and passes the diagnostics, or refuses;
4. `revenue_path` carries it forward; its sibling `prior_predictive` says what the priors believe.

    growth(s, r, t) = drift(s) + region_drift(s, r) + loading(s) factor(t) + effects(s, t) + noise(s, r, t)
    factor(t)       = persistence factor(t-1) + factor_spread shock(t)    shock normal, in a few years much wider
    noise(s, r, t)  = common noise(s, t) + own noise(s, r, t), normal, variance spread(s)^2 in common_share and the rest

The loading of one series at least is fixed, which gives the factor its sign and its unit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.experience.revenue_history import RevenueHistory
from actuarial.experience.sampling import (
    CompiledModel,
    Diagnostics,
    Sampling,
    check_diagnostics,
    compile_model,
    sample_posterior,
    starting_points,
)

# The stubs of pytensor give no type to elementwise functions.
pt: Any = pytensor.tensor


@dataclass(frozen=True, slots=True)
class SeriesPriors:
    """What is believed of one series; all are log growth a year, loadings are growth per growth of the fixed series.

    Normal: drift, loading (with `loading_spread` zero it is fixed at its mean). Rayleigh, by its mode: `region_spread`,
    of the drifts of regions about the drift of the series. Lognormal, by its median: `noise`, what the factor leaves.
    """

    drift_mean: float
    drift_spread: float
    region_spread: float
    loading_mean: float
    loading_spread: float
    noise: float


@dataclass(frozen=True, slots=True)
class RevenuePriors:
    """What is believed before the history is seen; the series in the order of the panel.

    Rayleigh, by its mode: `factor_spread`. Beta: persistence of the factor; share of a series' noise that all regions
    have in common. `noise_width` is the standard deviation of the log of every noise spread. Normal about zero:
    declared effects. A year is a jump of the factor with probability `jump_share`; its shock is then `jump_ratio`
    times as wide.
    """

    series: Mapping[str, SeriesPriors]
    noise_width: float
    factor_spread: float
    persistence_alpha: float
    persistence_beta: float
    jump_share: float
    jump_ratio: float
    common_alpha: float
    common_beta: float
    effect_spread: float

    def by_series(self, field: str) -> np.ndarray:
        """One field of every series, in order."""
        return np.array([getattr(part, field) for part in self.series.values()])

    @property
    def free(self) -> list[str]:
        """Series whose loading is estimated."""
        return [name for name, part in self.series.items() if part.loading_spread > 0]


@dataclass(frozen=True, slots=True)
class CompiledRevenue:
    """The model for given priors, regions and effects, and for histories of at most `longest` growth steps."""

    compiled: CompiledModel
    priors: RevenuePriors
    regions: tuple[str, ...]
    effects: tuple[str, ...]
    longest: int


@dataclass(frozen=True, slots=True)
class RevenuePosterior:
    """Posterior draws beside what they were fitted to; `points`: where the fit of a longer history may start."""

    draws: xr.Dataset
    history: RevenueHistory
    priors: RevenuePriors
    sampling: Sampling
    diagnostics: Diagnostics
    points: xr.Dataset


def model_data(history: RevenueHistory, longest: int) -> dict[str, np.ndarray]:
    """The arrays that change from fit to fit, filled up with unseen years to the longest history."""
    growth = history.growth.transpose("series", "region", "year").values
    missing = longest - growth.shape[-1]
    padded = np.pad(growth, ((0, 0), (0, 0), (0, missing)), constant_values=np.nan)
    is_seen = np.isfinite(padded)
    data = {"growth": np.where(is_seen, padded, 0.0), "is_seen": is_seen.astype(float)}
    if history.declared.sizes["effect"]:
        steps = effect_steps(history.declared).sel(year=history.growth["year"]).transpose("effect", "year").values
        data["declared"] = np.pad(steps, ((0, 0), (0, missing)))
    return data


def effect_steps(declared: xr.DataArray) -> xr.DataArray:
    """Change of each declared effect into a year: what it does to growth, as it starts and as it ends."""
    return declared.astype(float).diff("year")


def build_revenue(history: RevenueHistory, priors: RevenuePriors, longest: int) -> pm.Model:
    """Joint model of the growth of every series and region.

    The noise that regions share is integrated out: of the regions seen in a year, the mean and the differences from it
    are independent normals.

    Parameters
    ----------
    history : any panel with the series, regions and effects that the model is for
    longest : growth steps that the longest history may have

    Raises
    ------
    AssumptionError
        If the priors are of other series, or no loading is fixed at a value other than zero.

    Source
    ------
    One factor behind many series: Stock & Watson (1989), NBER Macroeconomics Annual 4. Normal scale mixture for shocks:
    Tukey (1960), A survey of sampling from contaminated distributions; not Student's t, whose exponential has no mean.
    Non-centred parameters: Betancourt & Girolami (2015), arXiv:1312.0906. The rest: own choice.
    """
    check_priors(history, priors)
    effects = history.declared["effect"].values.tolist()
    series, regions = len(priors.series), history.growth.sizes["region"]
    coords = {"series": list(priors.series), "free": priors.free, "effect": effects}
    with pm.Model(coords=coords) as model:
        data: dict[str, Any] = {name: pm.Data(name, values) for name, values in model_data(history, longest).items()}
        drift: Any = pm.Normal("drift", priors.by_series("drift_mean"), priors.by_series("drift_spread"), dims="series")
        region_spread = _away_from_zero("region_spread", priors.by_series("region_spread"))
        apart: Any = pm.Normal("region_apart", 0, 1, shape=(series, regions))
        mean = (drift[:, None] + region_spread[:, None] * apart)[..., None]
        mean = mean + (_loading(priors)[:, None] * _factor(priors, longest)[None, :])[:, None, :]
        if effects:
            size: Any = pm.Normal("effect_size", 0, priors.effect_spread, dims=("effect", "series"))
            mean = mean + pt.dot(size.T, data["declared"])[:, None, :]
        # A spread that can reach zero lets the factor become one of the series; a lognormal one cannot.
        spread = pm.LogNormal("spread", np.log(priors.by_series("noise")), priors.noise_width, dims="series")
        share = pm.Beta("common_share", priors.common_alpha, priors.common_beta, dims="series")
        pm.Potential("panel", panel_density(data["growth"] - mean, data["is_seen"], spread, share))
    return model


def check_priors(history: RevenueHistory, priors: RevenuePriors) -> None:
    """Raises AssumptionError where the priors do not fit the panel or leave the factor without a unit."""
    names = history.growth["series"].values.tolist()
    if names != list(priors.series):
        raise AssumptionError(f"revenue: the priors are of {list(priors.series)}, the history of {names}")
    fixed = [name for name in names if name not in priors.free and priors.series[name].loading_mean != 0]
    if not fixed:
        raise AssumptionError("revenue: no loading is fixed, so the factor has neither sign nor unit; fix one at 1")


def _away_from_zero(name: str, mode: np.ndarray | float) -> Any:
    """Spread with a Rayleigh prior: no weight at zero, where samplers stick, and no more tail than a normal.

    Source: Chung et al. (2013), Psychometrika 78(4), for priors that are zero at zero; the Rayleigh is own choice.
    """
    dims = "series" if np.ndim(mode) else None
    return pm.Weibull(name, alpha=2, beta=mode * np.sqrt(2), dims=dims)


def _loading(priors: RevenuePriors) -> Any:
    """Loadings of all series; those that are fixed are no quantity to be sampled."""
    means, spreads = priors.by_series("loading_mean"), priors.by_series("loading_spread")
    if not priors.free:
        return pt.as_tensor(means)
    is_free = spreads > 0
    loading = pm.Normal("loading", means[is_free], spreads[is_free], dims="free")
    return pt.set_subtensor(pt.as_tensor(np.where(is_free, 0.0, means))[np.flatnonzero(is_free)], loading)


def _factor(priors: RevenuePriors, longest: int) -> Any:
    """The factor in each step of the history, stationary from the first on; steps beyond it follow the prior."""
    spread = _away_from_zero("factor_spread", priors.factor_spread)
    persistence: Any = pm.Beta("persistence", priors.persistence_alpha, priors.persistence_beta)
    shock: Any = pm.NormalMixture(
        "shock",
        w=[1 - priors.jump_share, priors.jump_share],
        mu=[0.0, 0.0],
        sigma=[1.0, priors.jump_ratio],
        shape=longest,
    )
    apart = np.subtract.outer(np.arange(longest), np.arange(longest))
    carried = persistence ** np.maximum(apart, 0) * (apart >= 0)
    first = pt.concatenate([shock[:1] / pt.sqrt(1 - persistence**2), shock[1:]])
    return pm.Deterministic("factor", spread * pt.dot(carried, first))


def panel_density(residual: Any, is_seen: Any, spread: Any, share: Any) -> Any:
    """Log density of residuals that are equally correlated over the regions of a series and year.

    Parameters
    ----------
    residual, is_seen : (series, region, year)
    spread, share : (series,), standard deviation of the noise, share of its variance common to regions
    """
    own, common = (spread**2 * (1 - share))[:, None], (spread**2 * share)[:, None]
    count = is_seen.sum(1)
    mean = (residual * is_seen).sum(1) / pt.maximum(count, 1)
    apart = (is_seen * (residual - mean[:, None, :]) ** 2).sum(1)
    whole = own + count * common
    logs = count * np.log(2 * np.pi) + (count - 1) * pt.log(own) + pt.log(whole)
    return -0.5 * pt.sum(pt.where(count > 0, logs + apart / own + count * mean**2 / whole, 0.0))


def compile_revenue(history: RevenueHistory, priors: RevenuePriors, longest: int) -> CompiledRevenue:
    """Machine code for panels with the series, regions and effects of this one."""
    return CompiledRevenue(
        compiled=compile_model(build_revenue(history, priors, longest)),
        priors=priors,
        regions=tuple(history.growth["region"].values.tolist()),
        effects=tuple(history.declared["effect"].values.tolist()),
        longest=longest,
    )


def fit_revenue(
    history: RevenueHistory, compiled: CompiledRevenue, sampling: Sampling, start: xr.Dataset | None = None
) -> RevenuePosterior:
    """Posterior of the model for a panel, once its diagnostics pass.

    Parameters
    ----------
    start : `points` of an earlier posterior of the same compiled model, as of a history one year shorter

    Raises
    ------
    AssumptionError
        If the model was compiled for other series, regions or effects or for shorter histories, or a diagnostic fails.
    """
    check_priors(history, compiled.priors)
    regions = tuple(history.growth["region"].values.tolist())
    effects = tuple(history.declared["effect"].values.tolist())
    steps = history.growth.sizes["year"]
    if (regions, effects) != (compiled.regions, compiled.effects) or steps > compiled.longest:
        raise AssumptionError(
            f"revenue: compiled for regions {list(compiled.regions)}, effects {list(compiled.effects)} and at most "
            f"{compiled.longest} steps; the history has regions {list(regions)}, effects {list(effects)} and {steps}"
        )
    sampled = sample_posterior(compiled.compiled, model_data(history, compiled.longest), sampling, start)
    diagnostics = check_diagnostics(sampled)
    draws = posterior_draws(sampled, history, compiled.priors)
    points = starting_points(sampled, compiled.compiled)
    return RevenuePosterior(draws, history, compiled.priors, sampling, diagnostics, points)


def posterior_draws(sampled: xr.DataTree, history: RevenueHistory, priors: RevenuePriors) -> xr.Dataset:
    """Parameters by draw, chain after chain, with the labels of the panel."""
    flat = sampled["posterior"].to_dataset().stack(draws=("chain", "draw"), create_index=False)
    flat = flat.drop_vars(["chain", "draw"]).rename(draws="draw")
    values = {str(name): part.transpose("draw", ...).values for name, part in flat.data_vars.items()}
    return labelled(values, history, priors)


def labelled(values: Mapping[str, np.ndarray], history: RevenueHistory, priors: RevenuePriors) -> xr.Dataset:
    """Parameters by draw, (draw, ...), with the labels of the panel; the factor of the history's own years alone."""
    growth = history.growth
    loading = np.repeat(priors.by_series("loading_mean")[None, :], len(values["drift"]), axis=0)
    if priors.free:
        loading[:, priors.by_series("loading_spread") > 0] = values["loading"]
    by_series = ("draw", "series")
    parts: dict[str, Any] = {name: (by_series, values[name]) for name in ("drift", "spread", "common_share")}
    parts |= {name: ("draw", values[name]) for name in ("factor_spread", "persistence")}
    parts |= {
        "loading": (by_series, loading),
        "region_spread": (by_series, values["region_spread"]),
        "region_drift": (
            ("draw", "series", "region"),
            values["region_spread"][..., None] * values["region_apart"],
        ),
        "factor": (("draw", "year"), values["factor"][:, : growth.sizes["year"]]),
    }
    if "effect_size" in values:
        parts["effect_size"] = (("draw", "effect", "series"), values["effect_size"])
    coords = {name: growth[name].values for name in ("series", "region", "year")}
    return xr.Dataset(parts, coords=coords | {"effect": history.declared["effect"].values})
