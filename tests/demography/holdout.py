"""Forecasts of China, Japan and the Republic of Korea from what was known at an origin, against what came.

Five-year steps. The data are the estimates of World Population Prospects 2019, cut at the origin; the method is the
library's: death rates as a run draws them and by two rivals, fertility and net migration by levels that return.
"""

import dataclasses
from dataclasses import dataclass

import numpy as np
import xarray as xr

from actuarial.demography.coherent import central_mortality, fit_coherent
from actuarial.demography.fertility import fertility_level, total_fertility
from actuarial.demography.level import central_level, fit_level, level_deviation
from actuarial.demography.migration import FUNDAMENTAL, migration_profile
from actuarial.demography.mortality import fit_lee_carter_svd
from actuarial.demography.population import step_population
from actuarial.demography.random_walk import fit_random_walk, observed_jump_off, project_rates, sample_walk
from actuarial.demography.rate_deviation import index_deviation, rate_deviation
from tests.demography.united_nations import Prospects

COUNTRIES = ["China", "Japan", "Republic of Korea"]
SEXES = ["female", "male"]
ORIGINS = (1990, 1995, 2000, 2005, 2010)
LAST = 2020
DRAWS = 1000
# Children per woman: the floor of the United Nations was replacement, 2.1, until their Expert Group Meeting on
# Completing the Fertility Transition of March 2002, and 1.85 from their 2002 revision on.
LONG_RUN = {1990: 2.1, 1995: 2.1, 2000: 2.1, 2005: 1.85, 2010: 1.85}
# No constant, and nobody of 80: a draw of heavy emigration would ask for more men of 95 than Korea had in 1990.
MOVES = dataclasses.replace(FUNDAMENTAL, constant=0.0)
HIGHEST_AGE = 80
GROUPS = ("all", "born since", "between", "60 and over")
# Death rates: the indices of the run's model alone; the run's, with the steps of the ages; a rival, each sex by itself.
MORTALITY = ("indices", "run", "ages")
BANDS = {80: (0.1, 0.9), 95: (0.025, 0.975)}


def known(prospects: Prospects, origin: int) -> Prospects:
    """The three countries without anything after the origin."""
    parts = {field.name: getattr(prospects, field.name) for field in dataclasses.fields(prospects)}
    return Prospects(**{name: part.sel(region=COUNTRIES, year=slice(None, origin)) for name, part in parts.items()})


def death_rates(mx: xr.DataArray, years: list[int], mortality: str, rng: np.random.Generator) -> xr.DataArray:
    """Draws of one of ``MORTALITY``; (draw, region, sex, age, year)."""
    sampled = coupled_rates if mortality == "ages" else coherent_rates
    countries = [sampled(mx.sel(region=country, drop=True), years, mortality, rng) for country in COUNTRIES]
    drawn = as_array(xr.concat(countries, dim="region")).assign_coords(region=COUNTRIES)
    return drawn.transpose("draw", "region", "sex", "age", "year")


def coherent_rates(mx: xr.DataArray, years: list[int], mortality: str, rng: np.random.Generator) -> xr.DataArray:
    """The two sexes of a country as in a run: a yearly path about its centre, of which every fifth year is kept.

    The mean of a period bears the year in which the period ends, in the past as ahead. The means of two periods running
    are five years apart, and the steps of the fit are those between such means: five yearly steps make one of them.
    """
    model, yearly = fit_coherent(mx), np.arange(mx["year"].values[-1] + 1, years[-1] + 1)
    deviated = rate_deviation if mortality == "run" else index_deviation
    deviation = deviated(model, yearly, DRAWS, *rng.spawn(2)).sel(year=years)
    if mortality == "indices":
        deviation = xr.dot(model.response, deviation, dim="component")
    central = central_mortality(model, mx.isel(year=-1, drop=True), yearly).sel(year=years)
    return central * as_array(np.exp(deviation))


def coupled_rates(mx: xr.DataArray, years: list[int], mortality: str, rng: np.random.Generator) -> xr.DataArray:
    """Lee-Carter of each sex, the two indices walking together, and what each age does beside them."""
    # The walk counts years one by one: here a step of five is one.
    numbered = mx.assign_coords(year=np.arange(mx.sizes["year"]))
    models = [fit_lee_carter_svd(numbered.sel(sex=sex, drop=True)) for sex in SEXES]
    index = of_sexes([model.index.isel(component=0, drop=True) for model in models])
    drawn = sample_walk(fit_random_walk(index.rename(sex="component")), len(years), DRAWS, True, True, rng)
    rates = of_sexes(
        [
            project_rates(
                model,
                drawn.sel(component=[sex]).assign_coords(component=["index"]),
                observed_jump_off(model, numbered.sel(sex=sex, drop=True).isel(year=-1, drop=True)),
            )
            for sex, model in zip(SEXES, models, strict=True)
        ]
    )
    response = of_sexes([model.response.isel(component=0, drop=True) for model in models])
    left = as_array(np.log(numbered) - response * index).diff("year")
    return (rates * as_array(np.exp(age_errors(left, rates, rng)))).assign_coords(year=years)


def age_errors(left: xr.DataArray, rates: xr.DataArray, rng: np.random.Generator) -> xr.DataArray:
    """What the index leaves of the steps of log mx, resampled step by step, all ages and both sexes together.

    The mean of a second sample of all steps is the error of each age's own drift, as in docs/method/trends.md.
    """
    steps, ahead = left.sizes["year"], rates.sizes["year"]
    left = (left - left.mean("year")) * np.sqrt(steps / (steps - 1))
    chosen = xr.DataArray(rng.integers(steps, size=(DRAWS, ahead)), dims=("draw", "year"))
    again = xr.DataArray(rng.integers(steps, size=(DRAWS, steps)), dims=("draw", "again"))
    plain = left.drop_vars("year").rename(year="step")
    drift = plain.isel(step=again).mean("again")
    horizon = xr.DataArray(np.arange(1, ahead + 1), dims="year")
    return (plain.isel(step=chosen).cumsum("year") + horizon * drift).assign_coords(year=rates["year"])


def of_sexes(parts: list[xr.DataArray]) -> xr.DataArray:
    return as_array(xr.concat(parts, dim="sex")).assign_coords(sex=SEXES)


def as_array(joined: xr.DataArray | xr.Dataset | xr.DataTree | np.ndarray) -> xr.DataArray:
    """What joining arrays gives, for a type checker that cannot know."""
    return xr.DataArray(joined)


def drawn_level(
    history: xr.DataArray, long_run: float, years: list[int], rngs: list[np.random.Generator]
) -> xr.DataArray:
    """Each country by itself: a variance of migration that China and Korea shared would fit neither."""
    drawn = []
    for country in COUNTRIES:
        alone = history.sel(region=[country])
        model = fit_level(alone, xr.full_like(alone.isel(year=0, drop=True), long_run))
        drawn.append(central_level(model, years) + level_deviation(model, years, DRAWS, rngs[0], rngs[1]))
    return as_array(xr.concat(drawn, dim="region"))


def forecast(prospects: Prospects, origin: int, mortality: str, seed: int = 1) -> xr.DataArray:
    """Draws of the population after the origin, to 2020; (draw, region, sex, age, year), thousand persons."""
    past, years = known(prospects, origin), list(range(origin + 5, LAST + 1, 5))
    deaths, *levels = [np.random.default_rng([seed, origin, place]) for place in range(5)]
    mx = death_rates(past.mx, years, mortality, deaths)
    long_run = fertility_level(xr.DataArray(LONG_RUN[origin])).item()
    tfr = total_fertility(drawn_level(fertility_level(past.tfr), long_run, years, levels[:2]))
    people = past.population.sum(["sex", "age"]).shift(year=1).isel(year=slice(1, None))
    rate = drawn_level(past.net_migration / people / 5, 0.0, years, levels[2:])
    now = past.population.sel(year=origin, drop=True)
    shape = (past.pasfr.isel(year=-1, drop=True) / 100 / 5).reindex(age=now["age"])
    shape = shape.where(shape["age"].isin(past.pasfr["age"]), 0.0)
    srb = past.srb.isel(year=-1, drop=True)
    of_sex = xr.DataArray([0.5, 0.5], dims="sex", coords={"sex": now["sex"]})
    path = []
    for year in years:
        movers = rate.sel(year=year, drop=True) * now.sum(["sex", "age"]) * 5
        moves = movers * of_sex * migration_profile(MOVES, now["age"], HIGHEST_AGE)
        asfr = shape * tfr.sel(year=year, drop=True)
        now = step_population(now, mx.sel(year=year, drop=True), asfr, srb / (1 + srb), moves, year).population
        path.append(now)
    return as_array(xr.concat(path, dim="year")).assign_coords(year=years).transpose("draw", ..., "year")


def reproduced(prospects: Prospects, origin: int) -> xr.DataArray:
    """What the published rates of the later years make of the people of the origin; not their published number."""
    return prospects.project(COUNTRIES, origin, LAST, MOVES).population.isel(year=slice(1, None))


@dataclass(frozen=True, slots=True)
class Judged:
    """How the forecast of one origin did; ``horizon`` in years.

    inside : (band, region, sex, age, horizon), whether the band holds what came
    error, width : (part, region, horizon), per cent of people of all ages (``all``) and of 60 and over (``old``):
        the median of the draws less what came; half of the 80% band
    """

    inside: xr.DataArray
    error: xr.DataArray
    width: xr.DataArray


def judge(drawn: xr.DataArray, came: xr.DataArray, origin: int) -> Judged:
    came = came.sel(region=COUNTRIES, sex=drawn["sex"], year=drawn["year"])
    drawn, came = (part.assign_coords(year=part["year"] - origin).rename(year="horizon") for part in (drawn, came))
    inside = []
    for band, chances in BANDS.items():
        low, high = (drawn.quantile(chance, "draw").drop_vars("quantile") for chance in chances)
        inside.append(((came >= low) & (came <= high)).assign_coords(band=band))
    error, width = [], []
    for part, first in (("all", 0), ("old", 60)):
        sums, truth = (people.sel(age=slice(first, None)).sum(["sex", "age"]) for people in (drawn, came))
        low, middle, high = (sums.quantile(chance, "draw").drop_vars("quantile") for chance in (0.1, 0.5, 0.9))
        error.append((100 * (middle / truth - 1)).assign_coords(part=part))
        width.append((50 * (high - low) / middle).assign_coords(part=part))
    bands, errors, widths = (
        as_array(xr.concat(parts, dim)) for parts, dim in ((inside, "band"), (error, "part"), (width, "part"))
    )
    return Judged(bands, errors, widths)


def coverage(judged: list[Judged], countries: list[str] = COUNTRIES) -> dict[str, tuple[int, int, int]]:
    """Cells, those inside the 80% band and those inside the 95% band, by group of ages."""
    counted = {}
    for name in GROUPS:
        cells = [where(name, origin.inside.sel(region=countries).astype(float)) for origin in judged]
        inside = [sum(int(part.sel(band=band).sum()) for part in cells) for band in BANDS]
        counted[name] = (sum(int(part.isel(band=0).count()) for part in cells), *inside)
    return counted


def where(name: str, cells: xr.DataArray) -> xr.DataArray:
    """Cells of one of the groups: those born since the origin, 60 and over, or the ages between."""
    born, old = cells["age"] < cells["horizon"], cells["age"] >= 60
    chosen = {"all": cells["age"] >= 0, "born since": born, "between": ~born & ~old, "60 and over": old}
    return cells.where(chosen[name])
