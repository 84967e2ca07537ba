"""The people of the 2020 census by pooling region, sex and single age: the nation's structure raked to what is known.

1. seed: China's structure of 2020 times the people of each unit, with the chosen tilt by age and index of the old;
2. rake to the unit totals, the city's ages 0-14, 15-59, 60-64 and 65+, its sexes, and the sexes and ages of Beilun and
   Ninghai, the two counties that publish them; the sex ratio under 15 and over 60 is the nation's;
3. round to whole people, first sums of broad ages under all totals, then single ages inside them.
"""

import numpy as np
import xarray as xr

from actuarial.schema import AGES, SEXES
from data.estimates.facts import fact_rows, national_structure
from data.estimates.raking import controlled_round, largest_remainder, rake

BROAD = {"0-14": (0, 15), "15-59": (15, 60), "60-64": (60, 65), "65+": (65, 101)}


def census_facts() -> dict[tuple[str, str, str], float]:
    """Counts of the 2020 census by (code, sex, age)."""
    rows = [row for row in fact_rows("ningbo_population") if row["date"] == "census" and row["year"] == "2020"]
    return {(row["region"], row["sex"], row["age"]): row["amount"] for row in rows}


def census_people(choice: dict) -> xr.DataArray:
    """(region, sex, age) of 1 November 2020, person, whole; meets every published count."""
    facts = census_facts()
    beilun = "330206"
    urban = choice["city"]["regions"][0]
    units = [beilun, *choice["city"]["regions"]]
    totals = _unit_totals(facts, choice, beilun)
    seed = _seed(totals, units, choice["population"])
    table = rake(seed, _margins(seed, facts, totals, choice["city"]["code"], national_sex_ratios=True))
    broad = _broad_sums(table)
    rounded = controlled_round(broad, _margins(broad, facts, totals, choice["city"]["code"], national_sex_ratios=False))
    whole = table.copy()
    for unit in units:
        for sex in SEXES:
            for name, (low, high) in BROAD.items():
                place = {"unit": unit, "sex": sex, "age": slice(low, high - 1)}
                cells = table.loc[place].values
                whole.loc[place] = largest_remainder(cells, int(rounded.sel(unit=unit, sex=sex, broad=name)))
    merged = whole.sel(unit=units[1:]).rename(unit="region")
    merged.loc[{"region": urban}] += whole.sel(unit=beilun).drop_vars("unit")
    return merged


def _unit_totals(facts: dict, choice: dict, beilun: str) -> dict[str, float]:
    city = choice["city"]
    urban = sum(facts[(code, "total", "all")] for code in city["urban_districts"])
    totals = {code: facts[(code, "total", "all")] for code in city["regions"][1:]}
    apart = facts[(beilun, "total", "all")]
    return {beilun: apart, city["regions"][0]: urban - apart, **totals}


def _seed(totals: dict[str, float], units: list[str], choice: dict) -> xr.DataArray:
    nation = national_structure().sel(year="2020", drop=True)
    shape = nation * np.interp(nation["age"], choice["tilt_ages"], choice["tilt"])
    shape = shape / shape.sum()
    elder_index = choice["elder_index"]
    index = xr.DataArray([elder_index.get(unit, 1.0) for unit in units], dims="unit", coords={"unit": units})
    tilt = xr.where(shape["age"] >= 60, index, 1.0)
    people = xr.DataArray([totals[unit] for unit in units], dims="unit", coords={"unit": units})
    return (people * shape * tilt).transpose("unit", "sex", "age")


def _broad_sums(table: xr.DataArray) -> xr.DataArray:
    parts = [table.sel(age=slice(low, high - 1)).sum("age") for low, high in BROAD.values()]
    return xr.concat(parts, dim="broad").assign_coords(broad=list(BROAD)).transpose("unit", "sex", "broad")


def _mark(table: xr.DataArray, units: list[str] | None, sex: str | None, broad: tuple[str, ...]) -> xr.DataArray:
    mark = xr.ones_like(table)
    if units:
        mark = mark * table["unit"].isin(units)
    if sex:
        mark = mark * (table["sex"] == sex)
    if "broad" in table.dims:
        return mark * table["broad"].isin(broad)
    inside = np.zeros(len(AGES), dtype=bool)
    for name in broad:
        inside[slice(*BROAD[name])] = True
    return mark * xr.DataArray(inside, dims="age", coords={"age": table["age"]})


def _margins(
    table: xr.DataArray, facts: dict, totals: dict[str, float], city: str, *, national_sex_ratios: bool
) -> list[tuple[xr.DataArray, float]]:
    everything = tuple(BROAD)
    margins = [(_mark(table, [unit], None, everything), total) for unit, total in totals.items()]
    for code, units in ((city, None), ("330206", ["330206"]), ("330226", ["330226"])):
        ages = {name: facts[(code, "total", name)] for name in ("0-14", "15-59", "60+", "65+")}
        ages["60-64"] = ages.pop("60+") - ages["65+"]
        margins += [(_mark(table, units, None, (name,)), ages[name]) for name in BROAD]
        men = facts[(code, "male", "all")]
        women = facts[(code, "female", "all")]
        if code == city and national_sex_ratios:
            margins += _city_sexes(table, ages, {"male": men, "female": women})
        else:
            margins += [
                (_mark(table, units, "male", everything), men),
                (_mark(table, units, "female", everything), women),
            ]
    return margins


def _city_sexes(
    table: xr.DataArray, ages: dict[str, float], sexes: dict[str, float]
) -> list[tuple[xr.DataArray, float]]:
    """Sexes of the city by age: the nation's ratio for the young and the old, the rest at working ages."""
    nation = national_structure().sel(year="2020", drop=True)
    margins, rest = [], dict(sexes)
    for name in ("0-14", "60-64", "65+"):
        share = nation.sel(age=slice(BROAD[name][0], BROAD[name][1] - 1)).sum("age")
        for sex in SEXES:
            count = ages[name] * float(share.sel(sex=sex) / share.sum())
            rest[sex] -= count
            margins.append((_mark(table, None, sex, (name,)), count))
    return margins + [(_mark(table, None, sex, ("15-59",)), rest[sex]) for sex in SEXES]
