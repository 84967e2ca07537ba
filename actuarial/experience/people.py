"""From a city's history of deaths, births, moves and members to the models its people are drawn from.

1. mortality: the level of a region by its own deaths where it gives them; Li and Lee on the death rates of earlier
   years, the common index on life expectancy where that is given; central rates follow the stated improvement, or else
   the fitted drift;
2. fertility: births implied by the people of age 0, over women times the schedule of the last year;
3. migration: what survival leaves unexplained in the people of age 1 and over, per person;
4. members and assisted: the log odds of each year since the last break in who belongs to a scheme: before it, schemes
   were still being built, and their growth says nothing of the years to come.

What a folder gives no history or no long-run value for keeps its central path, is not drawn, and the record says so.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from actuarial.assumptions.basis import BaseYear, History, Vital
from actuarial.assumptions.policy import Policy
from actuarial.city import City
from actuarial.demography.assisted import assisted_share, fit_assisted
from actuarial.demography.coherent import CoherentModel, central_mortality, fit_coherent, with_common_index
from actuarial.demography.enrolment import fit_enrolment
from actuarial.demography.fertility import central_fertility, fertility_level
from actuarial.demography.futures import PeopleModels
from actuarial.demography.level import LevelModel, central_level, fit_level
from actuarial.demography.life_table import life_table, survival
from actuarial.demography.membership import mid_year, within_scheme
from actuarial.demography.regional_walk import RegionalWalk
from actuarial.demography.retirement import RetirementReform, move_retirement, read_reform, retirement_ages
from actuarial.demography.second_stage import index_of_expectancy
from actuarial.errors import AssumptionError
from actuarial.experience.mortality_level import with_own_deaths
from actuarial.schema import AGES, CATEGORIES, SEXES, STATUSES
from actuarial.tables import CityData, to_array

# Own choice, as for the random walk of the index: four pattern years give three steps.
LEAST_PATTERNS = 4
# Yearly steps that a walk needs beyond the number of shares that move in it.
SPARE_STEPS = 2
# A declared break of what these receive as a whole changes who is a member.
MEMBER_FUNDS = (("employee", "total"), ("resident", "pooled"))


def fit_people(
    data: CityData, history: History, vital: Vital, base_year: BaseYear, policy: Policy
) -> tuple[Vital, PeopleModels]:
    """The models, and the forward vital rates moved to their central path.

    Raises
    ------
    AssumptionError
        If there is neither a stated improvement of mortality nor a history to fit it from, or a history is too short
        for its model.
    """
    city, years = data.city, vital.death_rate["year"].values
    vital, moved = with_own_deaths(data, history, vital)
    mortality, mortality_entry = _fit_mortality(data.frames["vital_rates"], city)
    if moved:
        mortality_entry["own_deaths"] = moved
    if not has_improvement(data):
        if mortality is None:
            raise AssumptionError(
                f"vital_rates: neither death_improvement nor death_rate of {LEAST_PATTERNS} earlier years"
            )
        jump_off = vital.death_rate.sel(year=years[0], drop=True)
        vital = replace(vital, death_rate=central_mortality(mortality, jump_off, years))
    chance = _past_survival(history, vital, mortality)
    fertility, fertility_entry = _fit_fertility(history, vital, chance["newborn"], policy, city)
    if fertility is not None:
        vital = replace(vital, birth_rate=_central_births(vital, fertility, years))
    migration, migration_entry = _fit_migration(history, chance["aged"], policy, city)
    enrolment, enrolment_entry = _fit_enrolment(history, base_year, city)
    assisted, share, assisted_entry = _fit_assisted(data, history)
    split, reform, retirement_entry = _split(base_year, policy, city, years)
    regions = history.population["region"]
    still = xr.DataArray(np.zeros((len(regions), len(years))), {"region": regions, "year": years}, ("region", "year"))
    models = PeopleModels(
        mortality=mortality,
        fertility=fertility,
        migration=migration,
        enrolment=enrolment,
        assisted=assisted,
        net_migration_rate=still
        if migration is None
        else central_level(migration, years.tolist()) - _last_level(migration),
        wage_response=_wage_response(policy, city, regions),
        split=split,
        reform=reform,
        assisted_share=share,
        record=(
            mortality_entry,
            fertility_entry,
            migration_entry,
            enrolment_entry,
            assisted_entry,
            retirement_entry,
        ),
    )
    return vital, models


def has_improvement(data: CityData) -> bool:
    """Whether the folder states how fast death rates fall; otherwise the fitted drift says so."""
    return bool((data.frames["vital_rates"]["measure"] == "death_improvement").any())


def _fit_mortality(frame: pd.DataFrame, city: City) -> tuple[CoherentModel | None, dict[str, object]]:
    own = frame[frame["region"] == city.code]
    past = own[(own["measure"] == "death_rate") & (own["year"] < city.last_year)]
    if past["year"].nunique() < LEAST_PATTERNS:
        return None, _entry("mortality", None, "no_history")
    rates = to_array(past, ["sex", "age", "year"], {"sex": SEXES, "age": AGES})
    model = fit_coherent(rates)
    first = int(rates["year"].min())
    note = ""
    expectancy = own[own["measure"] == "life_expectancy"]
    if not expectancy.empty:
        published = to_array(expectancy, ["sex", "year"], {"sex": SEXES})
        index = index_of_expectancy(model.level, model.response.sel(component="common", drop=True), published)
        model = with_common_index(model, index)
        first, note = int(published["year"].min()), "life_expectancy"
    figures = {"drift": float(model.walk.drift.item()), "from": first, "to": model.walk.last_year}
    return model, _entry("mortality", "li_lee", note, **figures)


def _past_survival(history: History, vital: Vital, mortality: CoherentModel | None) -> xr.Dataset:
    """Survival in every closed year but the first: rates of the last one, moved back by the fitted indices."""
    years = history.population["year"].values[1:]
    first = int(vital.death_rate["year"].values[0])
    rates = vital.death_rate.sel(year=first, drop=True)
    since = xr.DataArray(years - first, dims="year", coords={"year": years})
    if mortality is None:
        rates = rates * xr.ones_like(since)
    else:
        drift = mortality.walk.drift.sel(component="common", drop=True)
        rates = rates * xr.ufuncs.exp(mortality.response.sel(component="common", drop=True) * drift * since)
    return survival(life_table(rates.transpose("region", "sex", "age", "year")))


def _fit_fertility(
    history: History, vital: Vital, newborn: xr.DataArray, policy: Policy, city: City
) -> tuple[LevelModel | None, dict[str, object]]:
    if not _has(policy, "long_run_fertility"):
        return None, _entry("fertility", None, "no_long_run")
    schedule = vital.birth_rate.isel(year=0, drop=True)
    whole = schedule.sum("age")
    women = mid_year(history.population.sel(sex="female", drop=True))
    boys = xr.concat([1 - vital.boys_share, vital.boys_share], dim="sex").assign_coords(sex=list(SEXES))
    infants = history.population.sel(age=0, year=women["year"], drop=True)
    births = infants.sum("sex") / (newborn * boys).sum("sex")
    tfr = (births / (women * schedule).sum("age") * whole).transpose("region", "year")
    long_run = _by_region(policy, "long_run_fertility", city, tfr["region"])
    model = fit_level(fertility_level(tfr), fertility_level(long_run))
    figures = {
        "last": float(tfr.isel(year=-1).mean()),
        "long_run": float(long_run.mean()),
        "persistence": float(model.persistence),
    }
    return model, _entry("fertility", "autoregression", "", **figures)


def _central_births(vital: Vital, fertility: LevelModel, years: np.ndarray) -> xr.DataArray:
    """The schedule of the last year at the central level of every forecast year."""
    shape = vital.birth_rate / vital.birth_rate.sum("age")
    return (shape * central_fertility(fertility, years.tolist())).transpose(*vital.birth_rate.dims)


def _fit_migration(
    history: History, aged: xr.DataArray, policy: Policy, city: City
) -> tuple[LevelModel | None, dict[str, object]]:
    """Net migrants of age 1 and over by forward survival: Preston, Heuveline & Guillot (2001), section 6.3."""
    if not _has(policy, "long_run_migration"):
        return None, _entry("migration", None, "no_long_run")
    people = history.population
    ends = people.isel(year=slice(1, None))
    starts = people.isel(year=slice(None, -1)).assign_coords(year=ends["year"])
    moved = ends.sel(age=slice(1, None)).sum(["sex", "age"]) - (starts * aged).sum(["sex", "age"])
    rate = (moved / starts.sum(["sex", "age"])).transpose("region", "year")
    long_run = _by_region(policy, "long_run_migration", city, rate["region"])
    model = fit_level(rate, long_run)
    figures = {
        "last": float(_last_level(model).mean()),
        "long_run": float(long_run.mean()),
        "persistence": float(model.persistence),
    }
    return model, _entry("migration", "autoregression", "", **figures)


def _last_level(model: LevelModel) -> xr.DataArray:
    return model.long_run + model.last


def _wage_response(policy: Policy, city: City, regions: xr.DataArray) -> xr.DataArray | None:
    if not _has(policy, "migration_wage_response"):
        return None
    return _by_region(policy, "migration_wage_response", city, regions)


def _by_region(policy: Policy, parameter: str, city: City, regions: xr.DataArray) -> xr.DataArray:
    values = [policy.value(parameter, "all", str(region), city.budget_year) for region in regions.values]
    return xr.DataArray(values, dims="region", coords={"region": regions})


def _has(policy: Policy, parameter: str) -> bool:
    return any(key[2] == parameter for key in policy.values)


def _entry(source: str, method: str | None, note: str, **figures: float) -> dict[str, object]:
    """One line of the record; ``held`` says that a source stays on its central path in every draw."""
    return {"source": source, "method": method or "held", "note": note, **figures}


def _fit_enrolment(history: History, base_year: BaseYear, city: City) -> tuple[RegionalWalk | None, dict[str, object]]:
    years = np.intersect1d(history.members["year"], history.population["year"])
    years = _since_break(city, years[years <= city.last_year])
    if len(years) - 1 < len(STATUSES) + SPARE_STEPS:
        return None, _entry("enrolment", None, "short_history")
    people = history.population.sel(year=years).sum(["sex", "age"])
    model = fit_enrolment(history.members.sel(year=years), people, _no_break(years))
    figures = {"from": int(years[0]), "to": int(years[-1]), "concentration": base_year.concentration}
    return model, _entry("enrolment", "regional_walk", "", **figures)


def _fit_assisted(
    data: CityData, history: History
) -> tuple[RegionalWalk | None, xr.DataArray | None, dict[str, object]]:
    """Entitled persons of the years in which every region has them, against resident members at the same year ends."""
    city, frame = data.city, data.frames["assistance"]
    rows = frame[(frame["measure"] == "eligible") & frame["region"].isin(city.region_codes)]
    rows = rows[rows["category"].isin(CATEGORIES) & (rows["year"] <= city.last_year)]
    if rows.empty or int(rows["year"].max()) < city.last_year:
        return None, None, _entry("assisted", None, "no_history")
    years = _since_break(city, np.sort(rows["year"].unique()))
    rows = rows[rows["year"].isin(years)]
    counts = rows.groupby("category").size()
    known = [name for name in CATEGORIES if counts.get(name, 0) == len(city.region_codes) * len(years)]
    if not known or len(years) - 1 < len(known) + SPARE_STEPS:
        return None, None, _entry("assisted", None, "short_history")
    coords = {"region": list(city.region_codes), "category": known}
    eligible = to_array(rows[rows["category"].isin(known)], ["region", "category", "year"], coords)
    statuses = list(STATUSES["resident"])
    residents = history.members.sel(status=statuses, year=eligible["year"]).sum("status", min_count=1)
    model = fit_assisted(eligible, residents, _no_break(years))
    share = assisted_share(eligible.sel(year=city.last_year, drop=True), residents.sel(year=city.last_year, drop=True))
    return model, share, _entry("assisted", "regional_walk", "", **{"from": int(years[0]), "to": int(years[-1])})


def _since_break(city: City, years: np.ndarray) -> np.ndarray:
    """The years from the last declared break on that changes who belongs to a scheme; all of them without one."""
    declared = [part.year for part in city.breaks if (part.scheme, part.fund) in MEMBER_FUNDS]
    return years[years >= max(declared, default=years[0])]


def _no_break(years: np.ndarray) -> xr.DataArray:
    return xr.DataArray(np.zeros(len(years), bool), dims="year", coords={"year": years})


def _split(
    base_year: BaseYear, policy: Policy, city: City, years: np.ndarray
) -> tuple[xr.DataArray, RetirementReform | None, dict[str, object]]:
    every = np.concatenate([[city.last_year], years])
    regions = base_year.share["region"].values
    reform = read_reform(policy, regions, every)
    split = move_retirement(within_scheme(base_year.share), reform, every)
    if reform is None:
        return split, None, _entry("retirement", None, "no_reform")
    ages = retirement_ages(reform).mean("region")
    figures = {str(name): float(ages.sel(detail=name, year=years[-1])) for name in ages["detail"].values}
    return split, reform, _entry("retirement", "statutory", "", **figures)
