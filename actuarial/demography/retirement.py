"""The statutory retirement age moves by birth cohort, and with it the share of employee members who are retired.

1. delay of a cohort: so many months for every year of birth, whole months, from the first cohort on, up to the limit;
2. delay of those who retire at the end of a year, from the cohorts of every month;
3. the retired share by age of the last closed year, every retirement age moved by the delay added since then.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from actuarial.assumptions.policy import Policy
from actuarial.errors import AssumptionError

PARAMETERS = ("retirement_age", "retirement_delay", "retirement_age_limit")
DETAILS = {"male": ("male",), "female": ("female_worker", "female_cadre")}
MONTHS = 12


@dataclass(frozen=True, slots=True)
class RetirementReform:
    """Statutory ages before the reform and what is added to them.

    age : (region, detail), year, before the reform
    limit : (region, detail), year, most that is ever added
    delay : (..., region, detail, year), year, of those who retire at the end of the year, the last closed year in front
    """

    age: xr.DataArray
    limit: xr.DataArray
    delay: xr.DataArray


def read_reform(policy: Policy, regions: np.ndarray, years: np.ndarray) -> RetirementReform | None:
    """The reform of the policy table; None where the table has no row of it.

    Parameters
    ----------
    regions : codes
    years : the last closed year and the forecast years

    Raises
    ------
    AssumptionError
        If some of its rows are missing or dated twice, or a limit is below the age before the reform.

    Source
    ------
    Decision of the Standing Committee of the National People's Congress of 13 September 2024 on gradually raising the
    statutory retirement age, in force 1 January 2025, with the tables of the State Council's measures annexed to it.
    """
    if not any(parameter in PARAMETERS for _, _, parameter, _ in policy.values):
        return None
    for (region, _, parameter, detail), dated in policy.values.items():
        if parameter in PARAMETERS and len(dated) > 1:
            raise AssumptionError(
                f"{parameter}: {detail} in region {region} is dated {[one.from_year for one in dated]}; one reform is "
                "modelled, which starts once"
            )
    names = [name for details in DETAILS.values() for name in details]
    age, limit = np.empty((len(regions), len(names))), np.empty((len(regions), len(names)))
    delay = np.empty((len(regions), len(names), len(years)))
    for row, region in enumerate(regions):
        for column, name in enumerate(names):
            old, rate, latest = (
                policy.dated(parameter, "employee", str(region), int(years[-1]), name) for parameter in PARAMETERS
            )
            if latest.value < old.value:
                raise AssumptionError(
                    f"retirement_age_limit: {latest.value:g} is below the retirement_age {old.value:g} of {name} in "
                    f"region {region}"
                )
            most = round((latest.value - old.value) * MONTHS)
            age[row, column], limit[row, column] = old.value, most / MONTHS
            delay[row, column] = [
                delay_at_year_end(int(year), rate.from_year, rate.value, most) / MONTHS for year in years
            ]
    coords = {"region": regions, "detail": names, "year": years}
    fixed = {"region": regions, "detail": names}
    return RetirementReform(
        age=xr.DataArray(age, dims=("region", "detail"), coords=fixed),
        limit=xr.DataArray(limit, dims=("region", "detail"), coords=fixed),
        delay=xr.DataArray(delay, dims=("region", "detail", "year"), coords=coords),
    )


def cohort_delay(months_after: np.ndarray, months_per_year: float, limit: int) -> np.ndarray:
    """Whole months added to the retirement age of those born so many months after the first month that is moved.

    The first month is moved by one month already; then a month is added as soon as the rate has made it up.

    Parameters
    ----------
    months_after : months of birth after the first one moved, from 0
    months_per_year : months added for each year of birth
    limit : most months ever added
    """
    return np.minimum(np.floor(months_after * months_per_year / MONTHS).astype(int) + 1, limit)


def delay_at_year_end(year: int, first_year: int, months_per_year: float, limit: int) -> int:
    """Months by which those are late who retire at the end of a year: they reached the old age that long before.

    Of the months of birth from the first one on, count those whose new retirement month is not after December: the
    others are still waiting.

    Parameters
    ----------
    first_year : the year in which the first cohort reaches the old age
    months_per_year, limit : as in :func:`cohort_delay`
    """
    elapsed = MONTHS * (year + 1 - first_year)
    if elapsed <= 0 or limit == 0:
        return 0
    cohort = np.arange(elapsed)
    return elapsed - int((cohort + cohort_delay(cohort, months_per_year, limit) < elapsed).sum())


def retirement_ages(reform: RetirementReform) -> xr.DataArray:
    """Statutory age of those who retire at the end of each year: (region, detail, year), year."""
    return reform.age + reform.delay


def paced_reform(reform: RetirementReform, pace: xr.DataArray, last_year: int) -> RetirementReform:
    """The reform at another pace: what a year adds to the age of retirement is multiplied, up to the same limit.

    delay(t) = min(limit, delay(last) + sum over the years since then of pace(s) x (delay(s) - delay(s - 1))).
    A pace of 0 stops the reform for a year, 1 leaves it, 2 adds as much in a year as it would have in two.

    Parameters
    ----------
    pace : (..., year), 1, forecast years
    last_year : the last closed year, whose ages are what they are

    Source
    ------
    Own choice: the law's own steps, slower or faster, and its own highest age.
    """
    now = reform.delay.sel(year=last_year, drop=True)
    added = (reform.delay.diff("year") * pace).cumsum("year")
    delay = xr.ufuncs.minimum(now + added.assign_coords(year=pace["year"]), reform.limit)
    first = now.broadcast_like(delay.isel(year=0, drop=True)).expand_dims(year=[last_year])
    joined = xr.concat([first, delay], dim="year", join="exact").transpose(..., "region", "detail", "year")
    return RetirementReform(reform.age, reform.limit, joined)


def move_retirement(split: xr.DataArray, reform: RetirementReform | None, years: np.ndarray) -> xr.DataArray:
    """Split of the schemes over their statuses in later years: whoever would retire at an age does so later.

    The retired share at an age of the last closed year says who retires up to that age. In another year the same
    people are those up to the age plus the delay added since: retired(age + added(age, t), t) = retired(age, last).
    Below the lower of two statutory ages of a sex the delay is that of the lower, above the higher that of the higher,
    between them it is interpolated: workers and cadres are not told apart in the members.

    Parameters
    ----------
    split : (region, status, sex, age), 1, from :func:`actuarial.demography.membership.within_scheme`
    reform : None leaves the split as it is
    years : the last closed year and the forecast years, as in ``reform``

    Returns
    -------
    (..., region, status, sex, age, year), 1; statuses of the resident scheme are held

    Raises
    ------
    AssumptionError
        If the delays of a sex differ so much that a lower old age would become the higher new one.

    Source
    ------
    Own choice; the delay also moves early retirement, at the same pace as the statutory age next to it.
    """
    held = split.expand_dims(year=years).transpose(*split.dims, "year").copy()
    if reform is None:
        return held
    cases = reform.delay.isel(region=0, detail=0, year=0, drop=True)
    held = held.broadcast_like(cases).transpose(*cases.dims, *held.dims).copy()
    ages = split["age"].values.astype(float)
    retired, active = split.sel(status="retired", drop=True), split.sel(status="active", drop=True)
    for region in split["region"].values:
        for sex in split["sex"].values:
            place = {"region": region, "sex": sex}
            details = list(DETAILS[str(sex)])
            delay = reform.delay.sel(region=region, detail=details, year=years).transpose(..., "year", "detail")
            whole = (retired + active).sel(place).values
            share = np.divide(retired.sel(place).values, whole, out=np.zeros(len(ages)), where=whole > 0)
            moved = _moved_share(share, ages, reform.age.sel(region=region, detail=details).values, delay.values)
            both = {"retired": moved * whole, "active": (1 - moved) * whole}
            for status, members in both.items():
                held.loc[{**place, "status": status}] = np.swapaxes(members, -1, -2)
    return held


def _moved_share(share: np.ndarray, ages: np.ndarray, statutory: np.ndarray, delay: np.ndarray) -> np.ndarray:
    """Retired share of later years by age: (..., year, age).

    share : (age,), in the last closed year; statutory : (detail,), old ages; delay : (..., year, detail)
    """
    order = np.argsort(statutory)
    old = np.union1d(ages, statutory)
    # Years and cases with the same delay have the same share; all start from the same last closed year.
    rows = delay.reshape(-1, len(statutory))
    distinct, place = np.unique(rows, axis=0, return_inverse=True)
    new = np.stack([old + np.interp(old, statutory[order], late[order]) for late in distinct])
    if bool((np.diff(new) <= 0).any()):
        raise AssumptionError(f"retirement_delay: delays of {rows.max(axis=0)} years change the order of retirement")
    first = new[place.ravel()[0]]
    moved = np.stack([np.interp(np.interp(ages, late, first), ages, share) for late in new])
    return moved[place.ravel()].reshape(*delay.shape[:-1], len(ages))
