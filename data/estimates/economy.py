"""Average wage of the city, contribution base and disposable income of each region, yuan per person and year."""

import numpy as np
import xarray as xr

from data.estimates.facts import figure
from data.estimates.noise import normal

PUBLISHED = (2020, 2021)


def average_wage(choice: dict) -> dict[int, float]:
    """Average wage of non-private units by year: 2020 and 2021 are published, the others follow the chosen growth."""
    city, own = choice["city"], choice["economy"]
    wage = {year: figure("ningbo_figures", city["code"], year, "average_wage") for year in PUBLISHED}
    growth = {int(year): value for year, value in own["wage_growth"].items()} | {
        2020: own["wage_growth_2016_to_2020_last"]
    }
    for year in range(2019, city["first_year"] - 1, -1):
        wage[year] = wage[year + 1] / (1 + growth[year + 1])
    for year in range(2022, city["last_year"] + 1):
        wage[year] = wage[year - 1] * (1 + growth[year])
    return {year: round(wage[year]) for year in sorted(wage)}


def disposable_income(people: xr.DataArray, choice: dict) -> xr.DataArray:
    """(region, year), yuan/person-year, whole: the city's income times a chosen index, whose mean over people is one.

    Parameters
    ----------
    people : (region, sex, age, year), person, year ends
    """
    city, own = choice["city"], choice["economy"]
    years = range(city["first_year"], city["last_year"] + 1)
    growth = {int(year): value for year, value in own["income_growth"].items()}
    income: dict[int, float] = {}
    for year in years:
        if year in growth:
            income[year] = income[year - 1] * (1 + growth[year])
        else:
            income[year] = figure("ningbo_figures", city["code"], year, "disposable_income")
    index = xr.DataArray(
        [own["income_index"][region] for region in city["regions"]], dims="region", coords={"region": city["regions"]}
    )
    weight = people.sum(("sex", "age")).sel(region=city["regions"], year=list(years))
    relative = index / ((index * weight).sum("region") / weight.sum("region"))
    city_income = xr.DataArray([income[year] for year in years], dims="year", coords={"year": list(years)})
    return (relative * city_income).round().transpose("region", "year")


def contribution_base(choice: dict) -> xr.DataArray:
    """(region, year), yuan/person-year, whole: a share of the average wage, with noise of city and region."""
    own, regions = choice["economy"], choice["city"]["regions"]
    wage = average_wage(choice)
    years = sorted(wage)
    common = normal("base city", (len(years),)) * own["base_noise_city"]
    local = normal("base region", (len(regions), len(years))) * own["base_noise_region"]
    share = np.array([own["base_share"][region] for region in regions])
    level = share[:, None] * np.array([wage[year] for year in years]) * np.exp(common + local)
    return xr.DataArray(np.round(level), dims=("region", "year"), coords={"region": regions, "year": years})
