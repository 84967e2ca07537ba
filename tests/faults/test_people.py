"""Every way in which people, their vital rates and what is decided about them can contradict one another."""

from pathlib import Path

import pytest

from actuarial.checks import check_folder
from tests.faults.spoiled import Row, Spoil, assert_text, edit, find, refusals
from tests.faults.test_rows import both, copy, drop, put
from tests.tiny_city import CITY, REGIONS, RETIREMENT, write_tiny_city

WEST = "339902"
# Fewer people leave too few for the members of the same group.
ABOVE = "enrolment_above_population"
COUNT = {"sex": "total", "age": "all", "unit": "person"}


def end_in(age: str, **wanted: object) -> Spoil:
    """Leaves out the ages above the lower bound of an open group, and gives its row that label."""

    def spoil(rows: list[Row]) -> None:
        lower = int(age.removesuffix("+"))
        mine = [row for row in rows if all(row[name] == str(cell) for name, cell in wanted.items())]
        for row in mine:
            if int(row["age"].removesuffix("+")) > lower:
                rows.remove(row)
            elif row["age"] == str(lower):
                row["age"] = age

    return spoil


def vital(measure: str, value: str, region: str = CITY, **cells: str) -> Spoil:
    """Adds a row of the last year."""
    row = COUNT | {"measure": measure, "value": value, "region": region} | cells
    return copy(row, measure="sex_ratio_at_birth")


def policy(parameter: str, value: str, unit: str, **cells: str) -> Spoil:
    """Adds a policy value of all schemes."""
    row = {"scheme": "all", "detail": "", "parameter": parameter, "value": value, "unit": unit} | cells
    return copy(row, parameter="settled_age")


TOTAL = {"sex": "total", "age": "all", "value": "11", "unit": "万人"}

# case in messages.toml: table, what is done to its rows, other rules that must follow from the same defect
CASES: dict[str, tuple[str, Spoil, set[str]]] = {
    "value_limits-expectancy": ("vital_rates", vital("life_expectancy", "8", sex="male", unit="year"), set()),
    "value_limits-fertility": ("policy", policy("long_run_fertility", "13", "1"), set()),
    "value_limits-migration": ("policy", policy("long_run_migration", "-25", "percent/year"), set()),
    "value_limits-response": ("policy", policy("migration_wage_response", "-0.1", "1"), set()),
    "value_limits-retirement": ("policy", put({"value": "600"}, parameter="retirement_age"), {"retirement_limit"}),
    "value_limits-delay": ("policy", put({"value": "36"}, parameter="retirement_delay"), set()),
    "rate_needed-sex": ("vital_rates", drop(year=2025, measure="death_rate", sex="male"), set()),
    "rate_needed-history": ("vital_rates", drop(year=2013, measure="death_rate", sex="male", age="57"), set()),
    "rate_needed-history_sex": ("vital_rates", drop(year=2013, measure="death_rate", sex="female"), set()),
    "rate_needed-improvement": (
        "vital_rates",
        both(drop(measure="death_improvement"), drop(measure="death_rate", year=2003)),
        set(),
    ),
    "population_not_single-sex": ("population", drop(region=WEST, year=2025, sex="female"), {ABOVE}),
    "population_not_single-open": ("population", end_in("85+", region=WEST, year="2025", sex="male"), {ABOVE}),
    "fertility_age": ("vital_rates", vital("birth_rate", "0.001", sex="female", age="8", unit="1/year"), set()),
    "fertility_age-open": ("vital_rates", vital("birth_rate", "0.001", sex="female", age="50+", unit="1/year"), set()),
    "open_age_unlike": (
        "vital_rates",
        end_in("85+", measure="death_rate", year="2025", sex="female"),
        {"rate_needed"},
    ),
    "parameter_of_all": ("policy", put({"scheme": "employee"}, parameter="long_run_fertility"), set()),
    "detail_unknown": ("policy", policy("retirement_age", "55", "year", detail="female"), set()),
    "detail_unknown-none": ("policy", put({"detail": "male"}, parameter="long_run_fertility"), set()),
    "retirement_incomplete": ("policy", drop(parameter="retirement_delay", detail="female_worker"), set()),
    "retirement_limit": ("policy", put({"value": "58"}, parameter="retirement_age_limit", detail="male"), set()),
    "births_not_people": ("vital_rates", vital("births", "2400"), set()),
    "births_not_people-region": ("vital_rates", vital("crude_birth_rate", "40", region=WEST, unit="permille"), set()),
    "deaths_not_rates": ("vital_rates", vital("deaths", "4500"), set()),
    "official_total_missing": ("population", both(drop(region=CITY, year=2026), drop(region=CITY, year=2040)), set()),
}


@pytest.fixture
def people_folder(tmp_path: Path) -> Path:
    return write_tiny_city(tmp_path / "people", with_people_history=True)


def test_folder_with_history_and_policy_of_people_has_no_fault(people_folder: Path):
    assert check_folder(people_folder) == ()


@pytest.mark.parametrize("case", CASES)
def test_contradiction_about_people_is_refused(case: str, people_folder: Path):
    table, spoil, consequences = CASES[case]
    edit(people_folder, table, spoil)
    rule = case.partition("-")[0]
    found = refusals(people_folder)
    assert {fault.rule for fault in found} <= {rule} | consequences
    assert_text(case, next(fault for fault in found if fault.rule == rule))


def test_four_years_of_death_rates_stand_for_their_fall(people_folder: Path):
    edit(people_folder, "vital_rates", drop(measure="death_improvement"))
    assert check_folder(people_folder) == ()


@pytest.mark.parametrize(("births", "severity"), [(1600, ()), (1900, ("warn",)), (2400, ("refuse",))])
def test_distance_of_births_from_infants_decides(births: int, severity: tuple[str, ...], people_folder: Path):
    """The tiny city has 1391 people of age 0 in 2025: 1.15, 1.37 and 1.73 times as many births."""
    edit(people_folder, "vital_rates", vital("births", str(births)))
    assert tuple(fault.severity for fault in check_folder(people_folder)) == severity


def test_small_numbers_may_differ_by_chance(people_folder: Path):
    """30 births and 16 infants: almost twice as many, but within four standard errors of the two, 27."""

    def shrink(rows: list[Row]) -> None:
        for row in rows:
            if (row["year"], row["region"], row["age"]) == ("2025", WEST, "0"):
                older = find(rows, **{name: row[name] for name in ("year", "region", "sex")}, age="1")
                older["value"] = str(int(older["value"]) + int(row["value"]) - 8)
                row["value"] = "8"

    edit(people_folder, "population", shrink)
    edit(people_folder, "vital_rates", vital("births", "30", region=WEST))
    assert check_folder(people_folder) == ()


def test_official_totals_of_every_region_serve_as_well(people_folder: Path):
    edit(people_folder, "population", drop(region=CITY))
    for region in REGIONS:
        edit(people_folder, "population", copy(TOTAL | {"region": region, "year": "2028"}, region=region))
    edit(people_folder, "scenarios", put({"from_year": "2028", "to_year": "2028"}, scenario="official"))
    assert check_folder(people_folder) == ()


def test_ages_of_retirement_may_be_left_out(people_folder: Path):
    for parameter in {name for name, *_ in RETIREMENT}:
        edit(people_folder, "policy", drop(parameter=parameter))
    assert check_folder(people_folder) == ()
