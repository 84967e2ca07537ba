"""Cohort-component projection: two sexes, every region at once, steps as wide as an age interval.

Single ages move in steps of one year, five-year age groups in steps of five.

1. half of the step's net migrants join at the start, with the age they have;
2. everyone survives to the end of the step and is one interval older;
3. births: age-specific fertility times mid-step women; the new-born survive to the end;
4. the other half of the migrants join at the end.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from actuarial.demography.life_table import fold_infancy, life_table, survival
from actuarial.demography.time_lived import age_width
from actuarial.errors import AssumptionError, SchemaError

FERTILE = (10, 55)


@dataclass(frozen=True, slots=True)
class Step:
    """Population at the end of one step and its movements, person.

    Deaths and net migrants are by the age that the cohort has at the end of the step, so that in every cell

        population(x + 1) = population before(x) - deaths(x + 1) + migrants(x + 1)

    with births in place of the population before at age 0, and the last two ages together at the open one.

    population, deaths, migrants : (..., region, sex, age); births : (..., region, sex)
    """

    population: xr.DataArray
    births: xr.DataArray
    deaths: xr.DataArray
    migrants: xr.DataArray


@dataclass(frozen=True, slots=True)
class Projected:
    """Population at the end of each step with the births, deaths and migrants of each step; person.

    population : (region, sex, age, year), the base year in front
    births : (region, sex, year)
    deaths, migrants : (region, sex, age, year), by the cohort's age at the end of the step, as in :class:`Step`
    """

    population: xr.DataArray
    births: xr.DataArray
    deaths: xr.DataArray
    migrants: xr.DataArray


def project_population(
    base: xr.DataArray,
    death_rate: xr.DataArray,
    birth_rate: xr.DataArray,
    boys_share: xr.DataArray,
    net_migration: xr.DataArray,
) -> Projected:
    """Population at the end of each step with the births, deaths and migrants of the step.

    Parameters
    ----------
    base : (region, sex, age), person
        Population at the last year end before the first projected year; ages 0, 1, 2, ... or 0, 5, 10, ...
    death_rate : (..., sex, age, year), 1/year
        By single age, or abridged (0, 1, 5, 10, ...) for five-year groups. ``year`` is the last of each step.
    birth_rate : (..., age, year), 1/year
        Births per woman and year of age; zero outside the fertile ages.
    boys_share : (...,) or (..., year), 1
        Boys among births, srb / (1 + srb).
    net_migration : (region, sex, age, year), person
        Of the whole step.

    Raises
    ------
    SchemaError
        If a sex is missing, the ages of two tables differ, people are negative, or women give birth outside 10-54.
    AssumptionError
        If more move away than there are.

    Source
    ------
    Preston, Heuveline & Guillot (2001), Demography, box 6.2; migration split in halves as in section 6.3.3.
    """
    _check_ages(base, birth_rate, net_migration)
    years = death_rate["year"].values
    people = [base]
    births, deaths, migrants = [], [], []
    for year in years:
        share = boys_share.sel(year=year, drop=True) if "year" in boys_share.dims else boys_share
        dying, born, moving = (table.sel(year=year, drop=True) for table in (death_rate, birth_rate, net_migration))
        ended = step_population(people[-1], dying, born, share, moving, int(year))
        people.append(ended.population)
        births.append(ended.births)
        deaths.append(ended.deaths)
        migrants.append(ended.migrants)
    first = int(years[0]) - int(age_width(base["age"])[0])
    return Projected(
        population=_along(people, [first, *years]).transpose(..., *base.dims, "year"),
        births=_along(births, years).transpose(..., "region", "sex", "year"),
        deaths=_along(deaths, years).transpose(..., *base.dims, "year"),
        migrants=_along(migrants, years).transpose(..., *base.dims, "year"),
    )


def step_population(
    now: xr.DataArray,
    death_rate: xr.DataArray,
    birth_rate: xr.DataArray,
    boys_share: xr.DataArray,
    migrants: xr.DataArray,
    year: int,
    leaving: xr.DataArray | None = None,
) -> Step:
    """One step of :func:`project_population`, which has the arguments' units; none of them has a year here.

    Migration is a number of persons, ``migrants``, or a rate of those who are there, ``leaving``, or both; half of
    either at the start of the step and half at its end. A rate never takes more than there are.

    Parameters
    ----------
    now : (..., region, sex, age), person
    year : the last of the step, for messages
    leaving : (..., region, sex, age), 1/year, not negative

    Raises
    ------
    AssumptionError
        If more move away than there are.
    """
    order = ("region", "sex", "age")
    width = int(age_width(now["age"])[0])
    kept = xr.ones_like(now) if leaving is None else xr.ufuncs.exp(-leaving * width / 2)
    started = _check_emptied(now * kept + migrants / 2, year)
    table = life_table(death_rate)
    chance = survival(table if width == 1 else fold_infancy(table))
    survivors = started * chance["aged"]
    aged = _older(survivors)
    left = aged * kept + migrants / 2
    women = (now.sel(sex="female", drop=True) + left.sel(sex="female", drop=True)) / 2
    share = xr.concat([1 - boys_share, boys_share], dim="sex", coords="minimal").assign_coords(sex=["female", "male"])
    born = (women * birth_rate).sum("age") * width * share
    alive = born * chance["newborn"]
    ended = xr.where(left["age"] == 0, left + alive, left).transpose(..., *order)
    return Step(
        population=_check_emptied(ended, year),
        births=born.transpose(..., *order[:2]),
        deaths=xr.where(left["age"] == 0, born - alive, _older(started - survivors)).transpose(..., *order),
        migrants=(_older(started - now) + left - aged).transpose(..., *order),
    )


def _older(people: xr.DataArray) -> xr.DataArray:
    """The same people one interval older; nobody is left in the first, and the last two are one."""
    moved = people.shift(age=1, fill_value=0.0)
    return xr.where(moved["age"] == moved["age"][-1], moved + people.isel(age=-1, drop=True), moved)


def _along(parts: list[xr.DataArray], years: Iterable[int]) -> xr.DataArray:
    return xr.concat(parts, dim="year", coords="minimal", compat="override").assign_coords(year=list(years))


def _check_ages(base: xr.DataArray, birth_rate: xr.DataArray, net_migration: xr.DataArray) -> None:
    if sorted(base["sex"].values.tolist()) != ["female", "male"]:
        raise SchemaError(f"population: both sexes are needed, found {base['sex'].values.tolist()}")
    for name, table in (("birth_rate", birth_rate), ("net_migration", net_migration)):
        if not table["age"].equals(base["age"]):
            raise SchemaError(f"{name}: its ages, open one included, are not those of the population")
    if not bool((base >= 0).all()):
        raise SchemaError("population: people must be finite and not negative")
    fertile = (birth_rate["age"] >= FERTILE[0]) & (birth_rate["age"] < FERTILE[1])
    if bool((birth_rate.where(~fertile, 0.0) != 0).any()):
        raise SchemaError("birth_rate: women give birth from 10 to 54 alone")


def _check_emptied(people: xr.DataArray, year: int) -> xr.DataArray:
    """The same people, unless more moved away than there were."""
    if bool((people >= 0).all()):
        return people
    cells = people.stack(cell=people.dims)
    emptiest = cells.isel(cell=int(np.argmin(cells.values)))
    where = {str(dim): emptiest[dim].item() for dim in people.dims}
    raise AssumptionError(f"net_migration: {-emptiest.item():.1f} more move away than there are in {year} at {where}")
