from datetime import date

import numpy as np
import pytest

from actuarial.errors import AssumptionError
from actuarial.experience.calendar import YEARS, growing_settlement, in_months, month_number, new_year, spring_festival

MONTHS = np.arange(month_number(2000, 1), month_number(2050, 12) + 1)


def test_spring_festivals_as_published():
    """First day of the first month in the almanacs of the Hong Kong Observatory."""
    known = {2019: (2, 5), 2020: (1, 25), 2021: (2, 12), 2022: (2, 1), 2023: (1, 22), 2024: (2, 10), 2025: (1, 29)}
    assert {year: new_year(year) for year in known} == {year: date(year, *day) for year, day in known.items()}


def test_spring_festival_falls_on_a_new_moon():
    """Second derivation: mean new moons, 29.530589 days apart from 6 January 2000 18:14 UT (Meeus, chapter 49).

    A true new moon lies within 0.6 days of the mean one, and midnight in Beijing is at 16:00 UT the day before.
    """
    first = date(2000, 1, 6).toordinal() + (18 + 14 / 60 + 8) / 24
    for year in YEARS:
        days = new_year(year).toordinal() + 0.5 - first
        away = abs(days / 29.530588861 - round(days / 29.530588861)) * 29.530588861
        assert away < 0.6 + 0.5 + 0.1, year
        assert date(year, 1, 21) <= new_year(year) <= date(year, 2, 20)


def test_years_between_festivals_have_twelve_or_thirteen_months():
    lengths = {(new_year(year + 1) - new_year(year)).days for year in YEARS[:-1]}
    assert lengths <= {353, 354, 355, 383, 384, 385}


def test_window_is_divided_between_its_months():
    """2025: the festival is on 29 January; of a week, three days lie in January and four in February."""
    week = spring_festival(MONTHS, 0, 6)
    at = {month: float(week.sel(month=month_number(2025, month))) for month in (1, 2, 3)}
    also = {month: float(week.sel(month=month_number(2024, month))) for month in (1, 2, 3)}
    # 2024: on 10 February, the whole week in February; centring cancels between years
    assert at[1] - also[1] == pytest.approx(3 / 7)
    assert at[2] - also[2] == pytest.approx(4 / 7 - 1)
    assert at[3] == also[3] == 0.0


def test_festival_regressor_has_no_season_and_no_level():
    week = spring_festival(MONTHS, -10, 6)
    by_month = week.values.reshape(len(YEARS), 12)
    np.testing.assert_allclose(by_month.mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(by_month.sum(axis=1), 0.0, atol=1e-12)


def test_year_outside_the_table_is_refused():
    with pytest.raises(AssumptionError, match="calendar: no Spring Festival for 2051; the table runs 2000 to 2050"):
        spring_festival(np.array([month_number(2051, 1)]), 0, 6)


def test_window_that_leaves_its_year_is_refused():
    with pytest.raises(AssumptionError, match="calendar: a window from day -30 to day 6 leaves the year 2001"):
        spring_festival(MONTHS, -30, 6)


def test_empty_window_is_refused():
    with pytest.raises(AssumptionError, match="calendar: a window from day 3 to day 2 is empty"):
        spring_festival(MONTHS, 3, 2)


def test_contributions_arrive_in_the_fourth_quarter():
    quarter = in_months(MONTHS[:12], (10, 11, 12))
    np.testing.assert_array_equal(quarter, [0.0] * 9 + [1.0] * 3)
    with pytest.raises(AssumptionError, match=r"calendar: calendar months are 1 to 12, found \[0\]"):
        in_months(MONTHS, (0,))


@pytest.mark.parametrize(
    "build", [lambda months: spring_festival(months, 0, 6), lambda months: in_months(months, (12,))]
)
@pytest.mark.parametrize("months", [[], [24000, 24002], [24001, 24000]])
def test_months_that_do_not_follow_each_other_are_refused(build, months):
    with pytest.raises(AssumptionError) as caught:
        build(np.array(months, dtype=int))
    assert str(caught.value) == f"calendar: months {months} do not go up by one; give every month, known or not"


def test_growing_settlement_counts_years_in_its_month_alone():
    grown = growing_settlement(MONTHS[:36], 12, month_number(2000, 12))
    np.testing.assert_array_equal(grown[grown != 0], [1.0, 2.0])
    np.testing.assert_array_equal(np.flatnonzero(grown), [23, 35])
