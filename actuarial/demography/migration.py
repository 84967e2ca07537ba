"""Age profile of migrants where none is published: the model schedule of Rogers and Castro."""

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from actuarial.demography.time_lived import age_width


@dataclass(frozen=True, slots=True)
class MigrationSchedule:
    """Parameters of the model schedule with seven parameters; levels are relative, slopes per year of age."""

    childhood_level: float
    childhood_decline: float
    labour_level: float
    labour_decline: float
    labour_age: float
    labour_ascent: float
    constant: float


# Rogers & Castro (1981), Model Migration Schedules, IIASA Research Report 81-30: the fundamental parameters.
FUNDAMENTAL = MigrationSchedule(0.02, 0.1, 0.06, 0.1, 20.0, 0.4, 0.003)
# Own choice: half of the constant, so that fewer move in old age; compared with the others in docs/method/people.md.
USUAL = replace(FUNDAMENTAL, constant=0.0015)
# Children and those of working age alone: what moves more or less with the years, in a city.
WORKING = replace(FUNDAMENTAL, constant=0.0)


def migration_profile(schedule: MigrationSchedule, ages: xr.DataArray, highest_age: int) -> xr.DataArray:
    """Share of all migrants in each age interval; the shares sum to one.

    Parameters
    ----------
    schedule : e.g. ``FUNDAMENTAL``
    ages : (age,), year
        Starts of the intervals, the last one open.
    highest_age : year
        Nobody moves at this age or above.

    Source
    ------
    Rogers & Castro (1981), Model Migration Schedules, IIASA Research Report 81-30: intensity
    a1 exp(-alpha1 x) + a2 exp(-alpha2 (x - mu2) - exp(-lambda2 (x - mu2))) + c, at the middle of each year of age.
    """
    starts = np.cumsum(np.append(0, age_width(ages).values[:-1])).astype(int)
    single = np.arange(max(highest_age, starts[-1] + 1))
    middle = single + 0.5
    past_labour_age = middle - schedule.labour_age
    childhood = schedule.childhood_level * np.exp(-schedule.childhood_decline * middle)
    peak = np.exp(-schedule.labour_decline * past_labour_age - np.exp(-schedule.labour_ascent * past_labour_age))
    intensity = childhood + schedule.labour_level * peak + schedule.constant
    profile = np.add.reduceat(np.where(single < highest_age, intensity, 0.0), starts)
    return xr.DataArray(profile / profile.sum(), dims="age", coords={"age": ages["age"]}, attrs={"units": "1"})
