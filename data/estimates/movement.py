"""One year of a population forwards or backwards, with migrants as what known totals leave over.

Forwards: survive, add births, add migrants of a fixed age pattern so that every region meets its total. Backwards: the
same in reverse. Rates are constant over a year; migrants arrive at the end of it.
"""

import numpy as np
import xarray as xr

from actuarial.schema import AGES, SEXES

OLDEST = AGES[-1]


def migrant_pattern(choice: dict) -> xr.DataArray:
    """Share of net migrants by sex and age; sums to 1.

    Source
    ------
    The double-sided labour peak of Rogers & Castro (1981), Model Migration Schedules, with own parameters.
    """
    age = np.array(AGES, dtype=float)
    distance = age - choice["migrant_age"]
    spread = np.where(distance < 0, choice["migrant_rise"], choice["migrant_fall"])
    density = np.exp(-((distance / spread) ** 2) / 2)
    density += choice["migrant_child"] * np.exp(-age / 6) + choice["migrant_elder"] * np.exp(-(((age - 63) / 6) ** 2))
    density[OLDEST] = 0.0
    male = choice["migrant_male_share"]
    shares = [{"female": 1 - male, "male": male}[sex] * density / density.sum() for sex in SEXES]
    return xr.DataArray(np.array(shares), dims=("sex", "age"), coords={"sex": list(SEXES), "age": list(AGES)})


def mortality_level(death_rate: xr.DataArray, people: xr.DataArray, crude_rate: float) -> xr.DataArray:
    """The national death rates scaled so that these people die at the published crude rate."""
    return death_rate * (crude_rate * people.sum() / (death_rate * people).sum())


def survived(people: xr.DataArray, death_rate: xr.DataArray) -> xr.DataArray:
    """Those of a year end who are alive a year later, at their new age; age 0 is empty."""
    alive = people * np.exp(-death_rate)
    older = alive.shift(age=1, fill_value=0.0)
    return xr.where(older["age"] == OLDEST, older + alive.sel(age=OLDEST), older).transpose(*people.dims)


def newborn(births: xr.DataArray, death_rate: xr.DataArray, boys_per_girl: float) -> xr.DataArray:
    """Births of the year alive at its end: (region, sex) at age 0. They live half a year on average."""
    boys = boys_per_girl / (1 + boys_per_girl)
    by_sex = xr.DataArray(
        [{"female": 1 - boys, "male": boys}[sex] for sex in SEXES], dims="sex", coords={"sex": list(SEXES)}
    )
    return births * by_sex * np.exp(-death_rate.sel(age=0) / 2)


def births_by_region(people: xr.DataArray, schedule: xr.DataArray, crude_rate: float) -> xr.DataArray:
    """Births of a year by region: the crude rate of the city, spread as its women are with the national schedule."""
    weight = (people.sel(sex="female", age=schedule["age"]) * schedule).sum("age")
    return weight / weight.sum() * crude_rate * people.sum()


def next_year(
    people: xr.DataArray,
    births: xr.DataArray,
    death_rate: xr.DataArray,
    boys: float,
    totals: xr.DataArray,
    pattern: xr.DataArray,
) -> tuple[xr.DataArray, xr.DataArray]:
    """People and net migrants of the next year end: (region, sex, age) each; regions meet their totals."""
    stay = survived(people, death_rate)
    stay = xr.where(stay["age"] == 0, newborn(births, death_rate, boys), stay).transpose(*people.dims)
    migrants = (totals - stay.sum(("sex", "age"))) * pattern
    return (stay + migrants).transpose(*people.dims), migrants.transpose(*people.dims)


def year_before(
    people: xr.DataArray, death_rate: xr.DataArray, totals: xr.DataArray, pattern: xr.DataArray, oldest: xr.DataArray
) -> xr.DataArray:
    """People of the year end before: younger by a year, without the migrants and with those who died.

    ``oldest`` is a population whose shape gives the ages 99 and 100+, which cannot be told apart a year later.
    """
    younger = people.shift(age=-1, fill_value=0.0) * np.exp(death_rate)
    shape = oldest / oldest.sel(age=OLDEST - 2)
    younger = xr.where(younger["age"] >= OLDEST - 1, younger.sel(age=OLDEST - 2) * shape, younger).transpose(
        *people.dims
    )
    earlier = pattern.shift(age=-1, fill_value=0.0)
    arrived = younger.sum(("sex", "age")) - totals
    return (younger - arrived * earlier / earlier.sum()).transpose(*people.dims)
