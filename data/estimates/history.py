"""The past of mortality as rows of vital rates: death rates of the five-year periods, and life expectancy at birth.

A city has the nation's past at its own level: death rates times the factor of its last year, life expectancy plus the
difference that the factor makes in that year.
"""

from collections.abc import Iterator

import xarray as xr

from actuarial.demography.life_table import life_table
from actuarial.schema import SEXES
from data.estimates.facts import AGE_LABELS, national_life_expectancy, national_mortality
from data.estimates.rows import ESTIMATED, Row, number

LAST_PERIOD = "2020-2025"
_HALF_PERIOD = 3


def past_death_rates() -> dict[int, xr.DataArray]:
    """Middle year to (sex, age) central death rates of the nation, of every period before the last, 1/year."""
    rates = national_mortality()
    periods = [str(period) for period in rates["period"].values if str(period) < LAST_PERIOD]
    return {int(period[:4]) + _HALF_PERIOD: rates.sel(period=period, drop=True) for period in sorted(periods)}


def expectancy_gain(factor: float) -> xr.DataArray:
    """(sex,) years of life expectancy at birth that the factor on the nation's rates of the last period gains."""
    rate = national_mortality().sel(period=LAST_PERIOD, drop=True)
    own, nation = (life_table(table)["ex"].sel(age=0, drop=True) for table in (rate * factor, rate))
    return own - nation


def death_history_rows(region: str, factor: float, source: str) -> Iterator[Row]:
    """Death rates of past years by sex and single age."""
    for year, rate in past_death_rates().items():
        for sex in SEXES:
            for age, value in zip(AGE_LABELS, (rate * factor).sel(sex=sex).values, strict=True):
                key = {"region": region, "year": year, "measure": "death_rate", "sex": sex, "age": age}
                yield {**key, "value": number(value, 8), "unit": "1/year", "provenance": ESTIMATED, "source": source}


def expectancy_rows(region: str, gain: xr.DataArray | None, provenance: str, source: str) -> Iterator[Row]:
    """Life expectancy at birth by sex and year, as published where nothing is gained."""
    for sex in SEXES:
        years = national_life_expectancy().sel(sex=sex, drop=True)
        years = years if gain is None else years + float(gain.sel(sex=sex))
        for year, value in zip(years["year"].values, years.values, strict=True):
            key = {"region": region, "year": year, "measure": "life_expectancy", "sex": sex, "age": "all"}
            digits = 4 if gain is None else 2
            yield {**key, "value": number(value, digits), "unit": "year", "provenance": provenance, "source": source}
