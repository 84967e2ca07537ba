"""Monthly regressors of the Chinese calendar: Spring Festival, year-end settlement, season of contributions.

Months are whole numbers that go up by one, `12 year + month - 1` (`month_number`), so that a panel of months is a panel
of consecutive periods.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import xarray as xr

from actuarial.errors import AssumptionError

# First day of the first month, 2000-2050, by GB/T 33661-2017 (Beijing time); as in the conversion tables of the Hong
# Kong Observatory. Two independent programs, lunardate and holidays, give the same 51 days.
# fmt: off
SPRING_FESTIVAL = dict(enumerate((
    (2, 5), (1, 24), (2, 12), (2, 1), (1, 22), (2, 9), (1, 29), (2, 18), (2, 7), (1, 26), (2, 14), (2, 3), (1, 23),
    (2, 10), (1, 31), (2, 19), (2, 8), (1, 28), (2, 16), (2, 5), (1, 25), (2, 12), (2, 1), (1, 22), (2, 10), (1, 29),
    (2, 17), (2, 6), (1, 26), (2, 13), (2, 3), (1, 23), (2, 11), (1, 31), (2, 19), (2, 8), (1, 28), (2, 15), (2, 4),
    (1, 24), (2, 12), (2, 1), (1, 22), (2, 10), (1, 30), (2, 17), (2, 6), (1, 26), (2, 14), (2, 2), (1, 23),
), start=2000))
# fmt: on
YEARS = range(min(SPRING_FESTIVAL), max(SPRING_FESTIVAL) + 1)


def month_number(year: int, month: int) -> int:
    """A month as a whole number that goes up by one."""
    return 12 * year + month - 1


def new_year(year: int) -> date:
    """The first day of the Spring Festival.

    Raises
    ------
    AssumptionError
        If the year is not in the table.
    """
    if year not in SPRING_FESTIVAL:
        raise AssumptionError(f"calendar: no Spring Festival for {year}; the table runs {YEARS[0]} to {YEARS[-1]}")
    return date(year, *SPRING_FESTIVAL[year])


def spring_festival(months: np.ndarray, first_day: int, last_day: int) -> xr.DataArray:
    """Share of a window about the festival that lies in each month, less the mean of that calendar month.

    Centred by calendar month over the whole table, the regressor has no level and no season of its own: what it takes
    out is the moving of the festival between January and February (and March), the rest is in the season.

    Parameters
    ----------
    months : whole numbers, as `month_number`
    first_day, last_day : days of the window counted from the first day of the festival, which is 0; both within

    Returns
    -------
    (month,), 1

    Raises
    ------
    AssumptionError
        If the window is empty or reaches beyond the table's years, or a month is skipped.

    Source
    ------
    Bell & Hillmer (1983), Journal of the American Statistical Association 78(383): share of the days of a moving
    holiday. Centring by calendar month: US Census Bureau, X-13ARIMA-SEATS, utility genhol.
    """
    if last_day < first_day:
        raise AssumptionError(f"calendar: a window from day {first_day} to day {last_day} is empty")
    numbers = _consecutive(months)
    for year in np.unique(numbers // 12):
        new_year(int(year))
    table = np.array([_shares(year, first_day, last_day) for year in YEARS])
    centred = table - table.mean(axis=0)
    values = centred[numbers // 12 - YEARS[0], numbers % 12]
    return xr.DataArray(values, dims="month", coords={"month": numbers}, name="spring_festival")


def in_months(months: np.ndarray, chosen: Sequence[int]) -> xr.DataArray:
    """One in the calendar months named, zero in the others: (month,), 1.

    December for the year-end settlement, October to December for resident contributions of the coming year. A season
    that is estimated month by month holds these already; the pair is refused by `series.check_regressors`.
    """
    wrong = [month for month in chosen if not 1 <= month <= 12]
    if wrong or not chosen:
        raise AssumptionError(f"calendar: calendar months are 1 to 12, found {list(chosen)}")
    numbers = _consecutive(months)
    return xr.DataArray(
        np.isin(numbers % 12 + 1, list(chosen)).astype(float), dims="month", coords={"month": numbers}, name="in_months"
    )


def growing_settlement(months: np.ndarray, calendar_month: int, origin: int) -> xr.DataArray:
    """Years since the origin in one calendar month, zero in the others: a settlement whose share grows by the year.

    Beside a fixed season this is what a December can still say: (month,), year.
    """
    numbers = np.asarray(months)
    return (in_months(numbers, (calendar_month,)) * (numbers - origin) / 12).rename("growing_settlement")


def _consecutive(months: np.ndarray) -> np.ndarray:
    """The months, if there is one and each follows the other: a skipped one would move the season of all later ones."""
    numbers = np.asarray(months)
    if not len(numbers) or (np.diff(numbers) != 1).any():
        raise AssumptionError(
            f"calendar: months {numbers.tolist()} do not go up by one; give every month, known or not"
        )
    return numbers


def _shares(year: int, first_day: int, last_day: int) -> np.ndarray:
    """Share of the window of one festival in each month of its year.

    Raises
    ------
    AssumptionError
        If the window leaves the year.
    """
    days = [new_year(year) + timedelta(days=day) for day in range(first_day, last_day + 1)]
    if {day.year for day in days} != {year}:
        raise AssumptionError(f"calendar: a window from day {first_day} to day {last_day} leaves the year {year}")
    return np.bincount([day.month - 1 for day in days], minlength=12) / len(days)
