"""History replayed: how many bad events had been warned of, how early, and how many warnings came to nothing."""

import xarray as xr

from actuarial.errors import AssumptionError


def replay(lit: xr.DataArray, event: xr.DataArray, within: int) -> xr.Dataset:
    """Warnings of the past beside what then happened, over all years and the dims other than ``year``.

    An event counts in its first year only; it was warned of if the warning was lit in one of the ``within`` years
    before it, and the lead is the number of years from the first of these on. A warning year is false if no event began
    within as many years after it. It is not judged where these go beyond the history and none has begun yet, nor where
    the event is already there.

    Parameters
    ----------
    lit, event : (..., year), bool, the same consecutive years
    within : years

    Returns
    -------
    events, warned, warning_years, false_years, unjudged_years : counts; hit_rate = warned / events; false_rate =
    false_years / judged warning years; lead : mean of the warned events, year; NaN where there is nothing to divide by

    Raises
    ------
    AssumptionError
        If ``within`` is less than 1 or leaves no year that has so many after it.

    Source
    ------
    Signals approach of Kaminsky & Reinhart (1999), American Economic Review 89(3), with their window before an event;
    events are counted once and not by the year: own choice, a fund in deficit for five years is one failure.
    """
    years = lit.sizes["year"]
    if not 1 <= within < years:
        raise AssumptionError(
            f"replay within {within} years: the history has {years}; ask for at least 1 and less than that"
        )
    onset = event & ~event.shift(year=1, fill_value=False)
    # The first year's event may have begun before, and nothing could have warned of it.
    onset = onset & (lit["year"] > lit["year"][0])
    lead = xr.zeros_like(lit, dtype="int64")
    follows = xr.zeros_like(lit)
    for distance in range(1, within + 1):
        lead = xr.where(lit.shift(year=distance, fill_value=False), distance, lead)
        follows = follows | onset.shift(year=-distance, fill_value=False)
    is_warned = onset & (lead > 0)
    is_open = lit & ~follows & (event | (lit["year"] > lit["year"][years - 1 - within]))
    is_false = lit & ~follows & ~is_open
    counts = {
        "events": onset,
        "warned": is_warned,
        "warning_years": lit,
        "false_years": is_false,
        "unjudged_years": is_open,
    }
    found = xr.Dataset({name: mask.sum("year") for name, mask in counts.items()})
    judged = found["warning_years"] - found["unjudged_years"]
    return found.assign(
        hit_rate=found["warned"] / found["events"].where(found["events"] > 0),
        false_rate=found["false_years"] / judged.where(judged > 0),
        lead=lead.where(is_warned, 0).sum("year") / found["warned"].where(found["warned"] > 0),
    )
