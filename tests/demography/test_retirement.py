import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from actuarial.assumptions.policy import Dated, Policy
from actuarial.demography.retirement import (
    RetirementReform,
    cohort_delay,
    delay_at_year_end,
    move_retirement,
    paced_reform,
    read_reform,
    retirement_ages,
)
from actuarial.errors import AssumptionError
from actuarial.schema import ALL_STATUSES

REGIONS = np.array(["r"])
LAW: dict[str, tuple[float, float, float]] = {
    "male": (60, 3, 63),
    "female_cadre": (55, 3, 58),
    "female_worker": (50, 6, 55),
}


def policy(law: dict[str, tuple[float, float, float]]) -> Policy:
    rows = {}
    for detail, (age, rate, limit) in law.items():
        rows["c", "employee", "retirement_age", detail] = (Dated(age, 2016, "law"),)
        rows["c", "employee", "retirement_delay", detail] = (Dated(rate, 2025, "law"),)
        rows["c", "employee", "retirement_age_limit", detail] = (Dated(limit, 2025, "law"),)
    return Policy("c", rows)


def reform(years: np.ndarray, law: dict[str, tuple[float, float, float]] = LAW) -> RetirementReform:
    found = read_reform(policy(law), REGIONS, years)
    assert found is not None
    return found


def split(male: dict[int, float], female: dict[int, float]) -> xr.DataArray:
    """Employee members by age 0-100; the retired share steps up to the value at each age given."""
    ages = np.arange(101)
    values = np.zeros((1, len(ALL_STATUSES), 2, len(ages)))
    for sex, steps in enumerate((female, male)):
        for age, share in steps.items():
            values[0, 1, sex, age:] = share
    values[0, 0] = 1 - values[0, 1]
    values[0, 4] = 1
    coords = {"region": REGIONS, "status": list(ALL_STATUSES), "sex": ["female", "male"], "age": ages}
    return xr.DataArray(values, dims=("region", "status", "sex", "age"), coords=coords)


SPLIT = split({60: 1.0}, {50: 0.6, 55: 1.0})


def retired(moved: xr.DataArray, sex: str, year: int) -> np.ndarray:
    return moved.sel(region="r", status="retired", sex=sex, year=year).values


@pytest.mark.parametrize(
    ("first", "birth", "rate", "limit", "months"),
    [
        # men, 60 in January 2025
        ("1965-01", "1965-01", 3, 36, 1),
        ("1965-01", "1965-04", 3, 36, 1),
        ("1965-01", "1965-05", 3, 36, 2),
        ("1965-01", "1965-12", 3, 36, 3),
        ("1965-01", "1970-01", 3, 36, 16),
        ("1965-01", "1976-08", 3, 36, 35),
        ("1965-01", "1976-09", 3, 36, 36),
        ("1965-01", "1990-01", 3, 36, 36),
        # women cadres, 55 in January 2025
        ("1970-01", "1970-01", 3, 36, 1),
        ("1970-01", "1981-08", 3, 36, 35),
        ("1970-01", "1981-09", 3, 36, 36),
        # women workers, 50 in January 2025
        ("1975-01", "1975-02", 6, 60, 1),
        ("1975-01", "1975-03", 6, 60, 2),
        ("1975-01", "1984-10", 6, 60, 59),
        ("1975-01", "1984-11", 6, 60, 60),
    ],
)
def test_delay_is_that_of_the_published_tables(first: str, birth: str, rate: float, limit: int, months: int):
    """State Council measures of 13 September 2024, tables 1 to 3: the month of birth and the months of delay."""
    after = np.datetime64(birth, "M") - np.datetime64(first, "M")
    assert cohort_delay(np.array([after.astype(int)]), rate, limit).tolist() == [months]


def test_delay_at_year_end_counts_who_is_still_waiting():
    """Men, end of 2025: born January to September 1965 have retired, in December the last, 3 months late.

    Women workers: born January to August 1975, the last in December, 4 months late.
    """
    assert delay_at_year_end(2025, 2025, 3, 36) == 3
    assert delay_at_year_end(2025, 2025, 6, 60) == 4
    assert [delay_at_year_end(year, 2025, 3, 36) for year in (2024, 2026, 2038, 2039, 2060)] == [0, 5, 34, 36, 36]


def test_statutory_ages_end_at_their_limits():
    ages = retirement_ages(reform(np.array([2024, 2025, 2050]))).isel(region=0)
    np.testing.assert_allclose(ages.sel(detail="male"), [60, 60.25, 63])
    np.testing.assert_allclose(ages.sel(detail="female_cadre"), [55, 55.25, 58])
    np.testing.assert_allclose(ages.sel(detail="female_worker"), [50, 50 + 1 / 3, 55])


def test_without_a_reform_the_split_is_held():
    years = np.arange(2025, 2028)
    assert read_reform(Policy("c", {}), REGIONS, years) is None
    moved = move_retirement(SPLIT, None, years)
    for year in years:
        np.testing.assert_array_equal(moved.sel(year=year, drop=True), SPLIT)


def test_the_last_closed_year_keeps_its_split():
    moved = move_retirement(SPLIT, reform(np.arange(2027, 2030)), np.arange(2027, 2030))
    np.testing.assert_allclose(moved.sel(year=2027, drop=True), SPLIT, atol=1e-12)


def test_whole_reform_moves_men_by_three_years():
    years = np.arange(2024, 2051)
    moved = retired(move_retirement(SPLIT, reform(years), years), "male", 2050)
    np.testing.assert_allclose(moved[:63], 0, atol=1e-12)
    np.testing.assert_allclose(moved[63:], 1)


def test_whole_reform_moves_workers_by_five_years_and_cadres_by_three():
    years = np.arange(2024, 2051)
    moved = retired(move_retirement(SPLIT, reform(years), years), "female", 2050)
    np.testing.assert_allclose(moved[[54, 55, 58]], [0, 0.6, 1], atol=1e-12)


def test_only_the_delay_added_since_the_last_year_moves_anyone():
    """2025 to 2026: men are 5 instead of 3 months late, so of those aged 60, a sixth more are still at work."""
    years = np.array([2025, 2026])
    moved = retired(move_retirement(SPLIT, reform(years), years), "male", 2026)
    np.testing.assert_allclose(moved[[59, 60, 61]], [0, 1 - 2 / 12, 1], atol=1e-12)


def test_first_year_keeps_three_months_of_births_at_work():
    """From the end of 2024: born October to December 1965 are 60 and still at work at the end of 2025."""
    years = np.array([2024, 2025])
    moved = retired(move_retirement(SPLIT, reform(years), years), "male", 2025)
    np.testing.assert_allclose(moved[[59, 60, 61]], [0, 0.75, 1], atol=1e-12)


def test_residents_do_not_retire():
    years = np.arange(2025, 2041)
    moved = move_retirement(SPLIT, reform(years), years)
    held = SPLIT.sel(status=["child", "student", "adult"])
    np.testing.assert_array_equal(moved.sel(status=held["status"], year=2040, drop=True), held)


rising = st.lists(st.floats(0, 1), min_size=61, max_size=61).map(sorted)


@settings(max_examples=25)
@given(rising, rising)
def test_a_later_retirement_never_lowers_the_active(male: list[float], female: list[float]):
    share = split(dict(enumerate(male, 40)), dict(enumerate(female, 40)))
    years = np.arange(2024, 2046)
    moved = move_retirement(share, reform(years), years)
    assert float(moved.sel(status="active").diff("year").min()) >= -1e-12
    assert float(moved.sel(status="retired").diff("age").min()) >= -1e-12
    np.testing.assert_allclose(moved.sel(status=["active", "retired"]).sum("status"), 1, rtol=1e-12)


def test_half_a_reform_is_refused():
    rows = {key: value for key, value in policy(LAW).values.items() if key[3] != "female_worker"}
    with pytest.raises(
        AssumptionError, match="no retirement_age of female_worker in force for scheme 'employee' in region r in 2026"
    ):
        read_reform(Policy("c", rows), REGIONS, np.array([2025, 2026]))


def test_a_second_date_is_refused():
    rows = policy(LAW).values
    key = ("c", "employee", "retirement_delay", "male")
    twice = Policy("c", {**rows, key: (*rows[key], Dated(4, 2030, "plan"))})
    with pytest.raises(
        AssumptionError, match=r"retirement_delay: male in region c is dated \[2025, 2030\]; one reform"
    ):
        read_reform(twice, REGIONS, np.array([2025, 2026]))


def test_a_limit_below_the_old_age_is_refused():
    with pytest.raises(AssumptionError, match="retirement_age_limit: 59 is below the retirement_age 60 of male"):
        reform(np.array([2025, 2026]), {**LAW, "male": (60, 3, 59)})


def test_delays_that_change_the_order_are_refused():
    law = {**LAW, "female_worker": (50, 12, 60), "female_cadre": (55, 0.001, 55)}
    years = np.arange(2025, 2051)
    with pytest.raises(AssumptionError, match="change the order of retirement"):
        move_retirement(SPLIT, reform(years, law), years)


def test_pace_of_two_adds_twice_as_much_up_to_the_limit():
    """Three months are added in each of three years; at twice the pace six, but never above the limit of ten."""
    coords = {"region": ["A"], "detail": ["male"]}
    reform = RetirementReform(
        age=xr.DataArray([[60.0]], coords, ("region", "detail")),
        limit=xr.DataArray([[10 / 12]], coords, ("region", "detail")),
        delay=xr.DataArray([[[0.25, 0.5, 0.75, 1.0]]], coords | {"year": [2025, 2026, 2027, 2028]}, (*coords, "year")),
    )
    pace = xr.DataArray([[2.0, 2.0, 2.0], [1.0, 0.0, 1.0]], {"year": [2026, 2027, 2028]}, ("draw", "year"))
    late = paced_reform(reform, pace, 2025).delay.sel(region="A", detail="male")
    np.testing.assert_allclose(late * 12, [[3, 9, 10, 10], [3, 6, 6, 9]], rtol=1e-12)


def test_cases_side_by_side_are_moved_as_each_alone():
    years = np.arange(2025, 2041)
    pace = xr.DataArray(np.full((2, 15), [[0.5], [3.0]]), {"year": years[1:]}, ("draw", "year"))
    moved = move_retirement(SPLIT, paced_reform(reform(years), pace, 2025), years)
    for case in (0, 1):
        alone = move_retirement(SPLIT, paced_reform(reform(years), pace.isel(draw=case), 2025), years)
        np.testing.assert_array_equal(moved.isel(draw=case).transpose(*alone.dims), alone)
