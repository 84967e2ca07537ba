"""Small forms of the Bayesian models, for simulation-based calibration: histories from the priors, and what is ranked.

A history is made by what carries a forecast forward (`morbidity_replicate`, `revenue_path`), from parameters that the
model's own graph draws; it goes to the fit as amounts and insured years or as levels, as a user's would. Among the
quantities is what comes after the history: the next year's cost or growth, so the forecast is calibrated as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import xarray as xr

from actuarial.experience.morbidity import (
    CompiledMorbidity,
    MorbidityPosterior,
    compile_morbidity,
    history_shares,
    prior_predictive,
)
from actuarial.experience.morbidity import posterior_draws as morbidity_draws
from actuarial.experience.morbidity_density import model_data as morbidity_data
from actuarial.experience.morbidity_history import MorbidityHistory, morbidity_history
from actuarial.experience.morbidity_path import morbidity_path
from actuarial.experience.morbidity_replicate import replicated_level
from actuarial.experience.revenue import CompiledRevenue, RevenuePosterior, RevenuePriors, compile_revenue
from actuarial.experience.revenue import model_data as revenue_data
from actuarial.experience.revenue import posterior_draws as revenue_draws
from actuarial.experience.revenue_history import revenue_history
from actuarial.experience.revenue_path import prior_predictive as revenue_prior
from actuarial.experience.revenue_path import replicate_shares, revenue_path
from actuarial.experience.sampling import CompiledModel, Diagnostics, Sampling
from actuarial.streams import stream
from benchmarks import morbidity_backtest, revenue_backtest

Quantities = dict[str, xr.DataArray]


@dataclass(frozen=True, slots=True)
class Made:
    """A history as the fit sees it, beside the true value of every quantity that is ranked."""

    data: Mapping[str, np.ndarray]
    history: object
    truth: Mapping[str, float]


def _declared(years: np.ndarray, when: int) -> xr.DataArray:
    """One effect in force in one year."""
    values = (years == when).astype(float)[None, :]
    return xr.DataArray(values, coords={"effect": ["epidemic"], "year": years}, dims=("effect", "year"))


class MorbidityForm:
    """Four regions of 5 to 300 thousand members, five years, three ages by two sexes, one declared effect."""

    years, ahead, effect_year = np.arange(2015, 2020), np.arange(2020, 2021), 2017
    priors = morbidity_backtest.PRIORS
    # Longer than the history: steps beyond it must follow their prior and disturb nothing.
    longest = 6

    def __init__(self, seed: int, count: int) -> None:
        self.seed, self.count = seed, count
        self.all_years = np.concatenate([self.years, self.ahead])
        young = np.array([0.4, 0.4, 0.2])
        ageing = np.exp(np.outer([-0.02, 0.0, 0.04], np.arange(len(self.all_years))))
        share = young[:, None] * ageing / (young[:, None] * ageing).sum(axis=0)
        # The old are not equally many everywhere, so the index has something to say.
        tilt = np.array([0.8, 0.95, 1.05, 1.2])[:, None, None] ** np.array([-1.0, 0.0, 1.0])[:, None]
        share = share * tilt / (share * tilt).sum(axis=1, keepdims=True)
        size = np.array([5e3, 2e4, 8e4, 3e5])
        values = size[:, None, None, None] * share[:, None, :, :] * np.array([0.52, 0.48])[:, None, None]
        labels = {
            "region": ["330201", "330202", "330203", "330204"],
            "sex": ["female", "male"],
            "age": [0, 40, 70],
            "year": self.all_years,
        }
        self.exposure = xr.DataArray(values, labels, list(labels))
        self.declared = _declared(self.all_years, self.effect_year)

    @cached_property
    def template(self) -> MorbidityHistory:
        """A history of the same labels; its costs are not looked at."""
        past = self.exposure.sel(year=self.years)
        return morbidity_history(past * 1.0, past, self.declared)

    @cached_property
    def drawn(self) -> xr.Dataset:
        """Parameters, level and common path of every history, one year beyond its end."""
        rng = stream(self.seed, "calibration morbidity", 0)
        known = prior_predictive(self.template, self.priors, self.count, rng).drop_vars("level")
        # Forecast years are as noisy as the last year of the history (`morbidity_path`).
        held = known.sel(year=np.minimum(self.all_years, self.years[-1])).assign_coords(year=self.all_years)
        longer = morbidity_history(self.exposure * 1.0, self.exposure, self.declared)
        made = replicated_level(held, longer, self.priors.jump_share, self.priors.jump_ratio, rng)
        spread = (known["cell_floor"] ** 2 + known["variation"] ** 2 * self.template.cell_size) ** 0.5
        noise = xr.DataArray(rng.standard_normal(spread.shape), spread.coords, spread.dims)
        cell = known["profile"] + spread * noise
        return held.assign(level=made["level"], common=made["common"], cell=cell.reindex(year=self.all_years))

    def compile(self) -> CompiledMorbidity:
        """One machine code for all histories."""
        return compile_morbidity(self.template, self.priors, self.longest)

    def made(self, fit: int) -> Made:
        """History and truth number `fit`."""
        known = self.drawn.sel(draw=fit, drop=True)
        share = self.exposure / self.exposure.sum(["sex", "age"])
        index = xr.ufuncs.log(xr.dot(share, xr.ufuncs.exp(known["profile"]), dim=["sex", "age"]))
        effect = xr.dot(known["effect_size"], self.declared, dim="effect")
        rate = xr.ufuncs.exp(known["level"] + index + effect)
        past = self.exposure.sel(year=self.years)
        cost = _with_margins(past, rate.sel(year=self.years), known["cell"].sel(year=self.years))
        history = morbidity_history(cost, past, self.declared)
        truth = self._quantities(known.sel(year=self.years), np.log(history.scale))
        truth |= self._ahead(rate.sel(year=self.ahead))
        return Made(morbidity_data(history), history, {name: float(value) for name, value in truth.items()})

    def ranked(self, sampled: xr.DataTree, made: Made, draws: int, sampling: Sampling) -> tuple[Quantities, bool]:
        """Near-independent draws of every quantity, and whether the predictive gate would pass the fit."""
        history = made.history
        assert isinstance(history, MorbidityHistory)
        every = morbidity_draws(sampled, history)
        shares = history_shares(every, history, self.priors, sampling.seed)
        few = thinned(every, draws)
        posterior = MorbidityPosterior(few, history, self.priors, sampling, UNKNOWN, shares, xr.Dataset())
        streams = [stream(sampling.seed, f"calibration {name}", 0) for name in ("parameters", "process")]
        path = morbidity_path(posterior, self.exposure.sel(year=self.ahead), draws, *streams)
        return self._quantities(few, 0.0) | self._ahead(path["cost"]), _passes(shares)

    def _quantities(self, known: xr.Dataset, scale: float) -> Quantities:
        """`scale`: log of what the fit takes costs relative to, where the parameters do not know it."""
        names = ("drift", "common_spread", "region_spread", "deviation_spread", "persistence", "noise_floor")
        names += ("variation", "cell_floor", "profile_spread", "contrast_spread")
        profile, common = known["profile"], known["common"]
        return {name: known[name] for name in names} | {
            "effect_size": known["effect_size"].isel(effect=0),
            "common_last": common.isel(year=-1) - scale,
            "common_growth": common.isel(year=-1) - common.isel(year=0),
            "unrest_last": known["unrest"].isel(year=-1),
            "profile_oldest": profile.sel(age=70).mean("sex"),
            "profile_sexes": profile.sel(sex="male", age=40) - profile.sel(sex="female", age=40),
        }

    def _ahead(self, rate: xr.DataArray) -> Quantities:
        next_year = rate.isel(year=0)
        return {
            "cost_ahead_smallest": next_year.isel(region=0),
            "cost_ahead_largest": next_year.isel(region=-1),
        }


def _with_margins(exposure: xr.DataArray, rate: xr.DataArray, cell: xr.DataArray) -> xr.DataArray:
    """Cost by region, sex, age and year whose regions have these rates and whose cells stand in these log ratios."""
    regions = rate * exposure.sum(["sex", "age"])
    cells = xr.ufuncs.exp(cell) * exposure.sum("region")
    cells = cells * regions.sum("region") / cells.sum(["sex", "age"])
    cost = exposure * xr.ufuncs.exp(cell)
    for _ in range(60):
        cost = cost * (cells / cost.sum("region"))
        cost = cost * (regions / cost.sum(["sex", "age"]))
    assert float(abs(cost.sum("region") / cells - 1).max()) < 1e-11
    return cost


class RevenueForm:
    """Three series, a city and two regions, six growth steps with a break, one declared effect."""

    years, ahead, effect_year, break_year = np.arange(2015, 2022), np.arange(2022, 2023), 2018, 2020
    series = ("average_wage", "contribution_base", "payers")
    regions = ("330200", "330201", "330202")
    longest = 7

    def __init__(self, seed: int, count: int) -> None:
        self.seed, self.count = seed, count
        self.all_years = np.concatenate([self.years, self.ahead])
        self.declared = _declared(self.all_years, self.effect_year)
        chosen = {name: revenue_backtest.SERIES[name] for name in self.series}
        self.priors: RevenuePriors = replace(revenue_backtest.PRIORS, series=chosen)
        is_city = xr.DataArray([True, False, False], coords={"region": list(self.regions)})
        is_wage = xr.DataArray([True, False, False], coords={"series": list(self.series)})
        self.is_published = (is_wage == is_city).transpose("series", "region")
        broken = (is_wage["series"] == "payers") & xr.DataArray(
            self.years == self.break_year, coords={"year": self.years}
        )
        self.is_broken = broken.transpose("series", "year")

    def _levels(self, growth: xr.DataArray) -> xr.DataArray:
        levels = xr.ufuncs.exp(growth.cumsum("year")).reindex(year=self.years, fill_value=1.0)
        return (50_000 * levels).where(self.is_published).transpose("series", "region", "year")

    @cached_property
    def drawn(self) -> xr.Dataset:
        """Parameters and growth of every history, one year beyond its end."""
        rng = stream(self.seed, "calibration revenue", 0)
        labels = {"series": list(self.series), "region": list(self.regions), "year": self.all_years}
        noise = stream(self.seed, "calibration revenue labels", 0).standard_normal(
            [len(part) for part in labels.values()]
        )
        levels = xr.DataArray(np.exp(noise), labels, list(labels)).where(self.is_published)
        unbroken = xr.DataArray(
            np.zeros((len(self.series), len(self.all_years)), dtype=bool),
            {"series": list(self.series), "year": self.all_years},
            ["series", "year"],
        )
        longer = revenue_history(levels, unbroken, self.declared)
        return revenue_prior(longer, self.priors, self.count, rng)

    def compile(self) -> CompiledRevenue:
        """One machine code for all histories."""
        made = self.made(0)
        return compile_revenue(made.history, self.priors, self.longest)  # pyright: ignore[reportArgumentType]

    def made(self, fit: int) -> Made:
        """History and truth number `fit`."""
        known = self.drawn.sel(draw=fit, drop=True)
        growth = known["growth"].sel(year=self.years[1:])
        history = revenue_history(self._levels(growth), self.is_broken, self.declared)
        past = known.drop_vars("growth").sel(year=self.years[1:])
        truth = self._quantities(past) | self._ahead(known["growth"].sel(year=self.ahead))
        values = {name: float(value) for name, value in truth.items()}
        return Made(revenue_data(history, self.longest), history, values)

    def ranked(self, sampled: xr.DataTree, made: Made, draws: int, sampling: Sampling) -> tuple[Quantities, bool]:
        """Near-independent draws of every quantity, and whether the predictive gate would pass the fit."""
        every = revenue_draws(sampled, made.history, self.priors)  # pyright: ignore[reportArgumentType]
        few = thinned(every, draws)
        posterior = RevenuePosterior(few, made.history, self.priors, sampling, UNKNOWN, xr.Dataset())  # pyright: ignore[reportArgumentType]
        streams = [stream(sampling.seed, f"calibration {name}", 0) for name in ("parameters", "process", "replicates")]
        path = revenue_path(posterior, self.ahead, draws, *streams[:2])
        passes = _passes(replicate_shares(replace(posterior, draws=every), 1000, streams[2]))
        return self._quantities(few) | self._ahead(path["growth"]), passes

    def _quantities(self, known: xr.Dataset) -> Quantities:
        names = {"base": "contribution_base", "payers": "payers", "wage": "average_wage"}
        found = {"factor_spread": known["factor_spread"], "persistence": known["persistence"]}
        found |= {f"drift_{short}": known["drift"].sel(series=name) for short, name in names.items()}
        found |= {f"spread_{short}": known["spread"].sel(series=name) for short, name in names.items()}
        base = known.sel(series="contribution_base")
        return found | {
            "loading_base": base["loading"],
            "loading_payers": known["loading"].sel(series="payers"),
            "region_spread_base": base["region_spread"],
            "region_drift_base": base["region_drift"].sel(region="330201"),
            "common_share_base": base["common_share"],
            "effect_size_base": base["effect_size"].isel(effect=0),
            "factor_first": known["factor"].isel(year=0),
            "factor_last": known["factor"].isel(year=-1),
        }

    def _ahead(self, growth: xr.DataArray) -> Quantities:
        next_year = growth.isel(year=0)
        return {
            "growth_ahead_wage": next_year.sel(series="average_wage", region="330200"),
            "growth_ahead_base": next_year.sel(series="contribution_base", region="330201"),
            "growth_ahead_payers": next_year.sel(series="payers", region="330202"),
        }


# A posterior of the study is judged by the study itself, before its draws are thinned.
UNKNOWN = Diagnostics(np.nan, np.nan, np.nan, 0, np.nan)
Form = MorbidityForm | RevenueForm


def code_of(compiled: CompiledMorbidity | CompiledRevenue) -> CompiledModel:
    """Machine code of either model."""
    return compiled.compiled


def thinned(draws: xr.Dataset, count: int) -> xr.Dataset:
    """Draws spread evenly over all chains."""
    places = np.linspace(0, draws.sizes["draw"] - 1, count).round().astype(int)
    return draws.isel(draw=places).assign_coords(draw=np.arange(count))


def _passes(shares: Mapping[str, float]) -> bool:
    return all(0.01 <= share <= 0.99 for share in shares.values())
