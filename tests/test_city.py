"""city.yaml: what it gives, and every way in which it can be wrong."""

from pathlib import Path

import pytest

from actuarial.city import City, Region, Shock, examine_city, read_city
from actuarial.errors import SchemaError
from tests.faults.spoiled import assert_text

GOOD = """code: "339900"
name: {zh: 试验市, en: Testville}
first_forecast_year: 2026
regions:
  - code: "339901"
    name: {zh: 甲区, en: East}
    districts: ["339911"]
    pool: testville
  - code: "339902"
    name: {zh: 乙县, en: West}
    pool: testville
breaks:
  - {scheme: resident, fund: pooled, year: 2018, reason: {zh: 并入, en: merged}}
"""
# case in messages.toml: text replaced, by what
CASES = {
    "yaml_unreadable": ("name: {zh: 试验市, en: Testville}", "name: {zh: 试验市"),
    "city_key_twice": ("first_forecast_year: 2026", "first_forecast_year: 2026\nfirst_forecast_year: 2027"),
    "city_key_unknown": ("first_forecast_year", "first_forcast_year"),
    "city_key_missing": ("    pool: testville\nbreaks", "breaks"),
    "city_year": ("2026", "二〇二六"),
    "division_code": ('"339901"', "339901"),
    "division_code-district": ('"339911"', '"3399"'),
    "city_name": ("{zh: 乙县, en: West}", "乙县"),
    "city_pool": ("pool: testville\nbreaks", "pool: 7\nbreaks"),
    "city_list": ('["339911"]', "339911"),
    "city_fund_unknown": ("fund: pooled", "fund: pool"),
    "region_twice": ('"339902"', '"339901"'),
    "region_is_city": ('"339902"', '"339900"'),
    "district_twice": ("    pool: testville\nbreaks", '    pool: testville\n    districts: ["339911"]\nbreaks'),
    "text_unsafe-city": ("en: West", "en: '=West'"),
}


def write(folder: Path, text: str) -> Path:
    (folder / "city.yaml").write_text(text, encoding="utf-8")
    return folder


def test_city_is_read(tmp_path: Path):
    city = read_city(write(tmp_path, GOOD))
    assert city.regions[0] == Region("339901", {"zh": "甲区", "en": "East"}, ("339911",), "testville")
    assert (city.last_year, city.budget_year, city.region_codes) == (2025, 2027, ("339901", "339902"))
    assert (city.breaks[0].fund, city.breaks[0].year, city.notes) == ("pooled", 2018, None)
    assert not city.is_one_region


def test_city_of_one_region_may_share_its_code(tmp_path: Path):
    text = 'code: "100000"\nname: {zh: 全国, en: China}\nfirst_forecast_year: 2026\nregions:\n'
    text += '  - {code: "100000", name: {zh: 全国, en: China}, pool: china}\n'
    city = read_city(write(tmp_path, text))
    assert isinstance(city, City)
    assert city.is_one_region


@pytest.mark.parametrize("case", CASES)
def test_wrong_city_is_refused(case: str, tmp_path: Path):
    old, new = CASES[case]
    assert GOOD.count(old) >= 1
    city, faults = examine_city(write(tmp_path, GOOD.replace(old, new, 1)))
    assert city is None
    assert_text(case, next(fault for fault in faults if fault.rule == case.partition("-")[0]))


SHOCKS = """shocks:
  - {scheme: all, from_year: 2020, to_year: 2022, reason: {zh: 疫情, en: Pandemic}}
"""
# what is replaced, by what, and all that is then said
WRONG_SHOCKS = {
    "scheme": (
        "scheme: all",
        "scheme: residents",
        "city.yaml, line 15, shocks[0].scheme: 'residents' is not a word of this column.",
    ),
    "years": (
        "to_year: 2022",
        "to_year: 2019",
        "city.yaml, line 15, shocks[0].to_year: "
        "The end of the interval, 2019, does not come after its start, from_year (2020).",
    ),
    "text": (
        "from_year: 2020",
        "from_year: '2020'",
        "city.yaml, line 15, shocks[0].from_year: '2020' is not a year from 1949 to 2100.",
    ),
    "missing": (
        ", to_year: 2022",
        "",
        "city.yaml, line 15, shocks[0].to_year: The key 'to_year' is missing or empty.",
    ),
}


def test_shocks_are_read(tmp_path: Path):
    city = read_city(write(tmp_path, GOOD + SHOCKS))
    assert city.shocks == (Shock("all", 2020, 2022, {"zh": "疫情", "en": "Pandemic"}),)
    assert read_city(write(tmp_path, GOOD)).shocks == ()


@pytest.mark.parametrize("case", WRONG_SHOCKS)
def test_wrong_shock_is_refused(case: str, tmp_path: Path):
    old, new, said = WRONG_SHOCKS[case]
    with pytest.raises(SchemaError) as error:
        read_city(write(tmp_path, GOOD + SHOCKS.replace(old, new)))
    assert str(error.value) == said


def test_alias_that_holds_itself_is_only_a_wrong_value(tmp_path: Path):
    city, faults = examine_city(write(tmp_path, GOOD + "notes: &a [*a]\n"))
    assert city is None
    assert [fault.rule for fault in faults] == ["city_name"]


def test_missing_city_file(tmp_path: Path):
    city, (fault,) = examine_city(tmp_path)
    assert city is None
    assert_text("city_missing", fault)


def test_all_faults_of_the_file_stand_in_one_error(tmp_path: Path):
    spoiled = GOOD.replace('"339902"', '"339901"').replace("2026", "26")
    with pytest.raises(SchemaError) as error:
        read_city(write(tmp_path, spoiled))
    assert str(error.value) == (
        "city.yaml, line 3, first_forecast_year: '26' is not a year from 1951 to 2100.\n"
        "city.yaml, line 9, regions[1].code: The region code '339901' appears twice."
    )
