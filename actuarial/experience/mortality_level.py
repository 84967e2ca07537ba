"""The level of mortality of each region from its own deaths, where a folder gives those and no rates of its own."""

from dataclasses import replace

import xarray as xr

from actuarial.assumptions.basis import History, Vital
from actuarial.assumptions.history import read_death_rates
from actuarial.demography.membership import mid_year
from actuarial.demography.relational import adjust_to_deaths
from actuarial.tables import CityData


def with_own_deaths(data: CityData, history: History, vital: Vital) -> tuple[Vital, int]:
    """Death rates of the city moved to the deaths of each region of the last closed year, by Brass.

    A region with ``death_rate`` rows of its own keeps them, and one without ``deaths`` keeps the city's.

    Returns
    -------
    forward rates, and the number of regions that were moved

    Source
    ------
    Brass (1971), see :mod:`actuarial.demography.relational`.
    """
    city, frame = data.city, data.frames["vital_rates"]
    last = frame[(frame["year"] == city.last_year) & frame["region"].isin(city.region_codes)]
    has_rates = set(last.loc[last["measure"] == "death_rate", "region"])
    rows = last[(last["measure"] == "deaths") & (last["sex"] == "total") & (last["age"] == "all")]
    deaths = {str(region): float(value) for region, value in zip(rows["region"], rows["value"], strict=True)}
    moved = [region for region in city.region_codes if region in deaths and region not in has_rates]
    if not moved:
        return vital, 0
    people = history.population.sel(region=moved, year=[city.last_year - 1, city.last_year])
    exposure = mid_year(people).isel(year=0, drop=True)
    held = read_death_rates(data)
    own = xr.DataArray([deaths[region] for region in moved], dims="region", coords={"region": moved})
    adjusted = adjust_to_deaths(held.sel(region=moved[0], drop=True), exposure, own)
    ratio = xr.ones_like(held)
    ratio.loc[{"region": moved}] = (adjusted / held.sel(region=moved)).transpose(*held.dims)
    return replace(vital, death_rate=(vital.death_rate * ratio).transpose(*vital.death_rate.dims)), len(moved)
