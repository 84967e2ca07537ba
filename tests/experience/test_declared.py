from dataclasses import replace

import numpy as np

from actuarial.city import Break, Shock
from actuarial.experience.declared import declared_effects, effect_reasons
from actuarial.tables import CityData

REASON = {"zh": "疫情", "en": "Pandemic"}
YEARS = np.arange(2018, 2028)


def test_shock_holds_in_its_years_and_break_from_its_first(tiny_data: CityData):
    city = replace(
        tiny_data.city,
        shocks=(Shock("all", 2020, 2021, REASON),),
        breaks=(Break("employee", "pooled", 2023, REASON),),
    )
    found = declared_effects(city, ("employee",), (("employee", "pooled"),), YEARS)
    assert found["effect"].values.tolist() == ["shock_2020_2021_all", "break_2023_employee_pooled"]
    assert found.sel(effect="shock_2020_2021_all").values.tolist() == [0, 0, 1, 1, 0, 0, 0, 0, 0, 0]
    assert found.sel(effect="break_2023_employee_pooled").values.tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]
    assert effect_reasons(city)["shock_2020_2021_all"] == REASON


def test_shocks_of_other_schemes_and_years_tell_nothing(tiny_data: CityData):
    shocks = (Shock("resident", 2020, 2020, REASON), Shock("all", 2010, 2012, REASON), Shock("all", 2010, 2040, REASON))
    city = replace(tiny_data.city, shocks=shocks, breaks=(Break("employee", "pooled", 2010, REASON),))
    found = declared_effects(city, ("employee",), (("employee", "pooled"),), YEARS)
    assert found.dims == ("effect", "year")
    assert found.sizes == {"effect": 0, "year": len(YEARS)}
