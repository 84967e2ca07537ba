from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from actuarial.assumptions.history import read_death_rates, read_history, read_vital
from actuarial.demography.membership import mid_year
from actuarial.experience.mortality_level import with_own_deaths

YEARS = np.arange(2026, 2029)


def deaths_of(region: str, persons: float) -> dict[str, object]:
    return {
        "region": region, "year": 2025, "measure": "deaths", "sex": "total", "age": "all", "value": persons,
        "unit": "person",
    }  # fmt: skip


@pytest.fixture
def read(tiny_data):
    return read_history(tiny_data), read_vital(tiny_data, YEARS)


def expected_deaths(history, rates, region: str) -> float:
    exposure = mid_year(history.population.sel(year=[2024, 2025])).isel(year=0, drop=True)
    return float((exposure * rates).sel(region=region).sum())


def test_region_dies_as_it_says_and_the_other_as_the_city(tiny_data, read):
    """The forward rates keep their path: what they are moved by brings last year's rates to last year's deaths."""
    history, vital = read
    rates = read_death_rates(tiny_data)
    stated = 1.2 * expected_deaths(history, rates, "339901")
    frame = pd.concat([tiny_data.frames["vital_rates"], pd.DataFrame([deaths_of("339901", stated)])])
    data = replace(tiny_data, frames={**tiny_data.frames, "vital_rates": frame})
    moved, regions = with_own_deaths(data, history, vital)
    assert regions == 1
    ratio = (moved.death_rate / vital.death_rate).isel(year=-1, drop=True)
    assert expected_deaths(history, rates * ratio, "339901") == pytest.approx(stated, rel=1e-9)
    np.testing.assert_array_equal(ratio.sel(region="339902"), 1.0)
    assert (ratio.sel(region="339901") > 1).all()


def test_without_deaths_nothing_is_moved(tiny_data, read):
    history, vital = read
    same, regions = with_own_deaths(tiny_data, history, vital)
    assert same is vital
    assert regions == 0
