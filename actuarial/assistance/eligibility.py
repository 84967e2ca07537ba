"""Who may be helped: entitled persons by category in draws, and those of them that assistance knows.

1. the impoverished by illness follow the share of members whose own payments weigh too much on their household;
2. entries and exits: what the stocks of two years and the exit rate leave as the only answer;
3. recognised persons: entitled, less those who wait for recognition, with those whose end is not yet recorded.
"""

import xarray as xr

from actuarial.assistance.shortfall import check_amounts
from actuarial.errors import AssumptionError

_MONTHS = 12


def follow_burden(entitled: xr.DataArray, burdened: xr.DataArray, members: xr.DataArray, category: str) -> xr.DataArray:
    """Persons of one category moved by the share of burdened members, relative to the first year.

        persons(t) = persons as drawn(t) x burdened(t) / burdened(first year)

    The deviations that people draw stay; the share of the burdened that is recognised stays that of the first year.

    Parameters
    ----------
    entitled : (draw, region, category, year), person, the last closed year first
    burdened : (..., region, year), 1, share of the members whose own payments pass the stated share of the disposable
        income of their household; the same years
    members : (..., region, year), person, resident members
    category : whose persons follow

    Returns
    -------
    as ``entitled``

    Raises
    ------
    AssumptionError
        If nobody was burdened in the first year, or more persons are entitled than there are members.

    Source
    ------
    Own choice: proportional to the burden, so that the calibrated persons of the last closed year come out; the burden
    itself is computed from the distribution of own payments. Payments above 50% of disposable income as the sign: seed
    002.
    """
    check_amounts("share of burdened members", burdened)
    first = burdened.isel(year=0, drop=True)
    if bool((first == 0).any()):
        raise AssumptionError(
            f"{category}: no member is burdened in {int(burdened['year'][0])}, and a ratio to that year is not defined"
        )
    moved = (entitled * (burdened / first)).where(entitled["category"] == category, entitled)
    share = moved.sum("category") / members
    if bool((share > 1).any()):
        raise AssumptionError(
            f"assisted persons: up to {float(share.max()):.4f} of the resident members are entitled; the limit is 1: "
            "look at the share of burdened members"
        )
    return moved.transpose(*entitled.dims)


def entries_and_exits(entitled: xr.DataArray, exit_rate: xr.DataArray) -> xr.Dataset:
    """Persons who become entitled and who cease to be, from the second year on; (..., year), person.

        entries = max(0, stock(t) - (1 - exit rate) stock(t-1)),   exits = stock(t-1) + entries - stock(t)

    Exits are at least the rate; where the stock falls faster than that, they are more and nobody enters. The flow
    between two yearly mean stocks stands for that of the later year.

    Parameters
    ----------
    entitled : (..., category, year), person
    exit_rate : (category, ...), 1/year

    Raises
    ------
    AssumptionError
        If a rate is not in [0, 1].
    """
    if not bool(((exit_rate >= 0) & (exit_rate <= 1)).all()):
        raise AssumptionError(
            f"assisted persons: exit rates from {float(exit_rate.min()):g} to {float(exit_rate.max()):g}; they lie in "
            "[0, 1] and are all stated"
        )
    check_amounts("entitled persons", entitled)
    now, before = entitled.isel(year=slice(1, None)), entitled.isel(year=slice(None, -1))
    before = before.assign_coords(year=now["year"])
    entering = now - (1 - exit_rate) * before
    entries = entering.where(entering > 0, 0.0)
    flows = xr.Dataset({"entries": entries, "exits": before + entries - now})
    return flows.transpose(*entitled.dims)


def uncovered_months(recognition_lag: xr.DataArray, lookback: xr.DataArray) -> xr.DataArray:
    """Months between entitlement and recognition whose bills nobody pays later: lag less look-back; (category, ...).

    Parameters
    ----------
    recognition_lag : month, from entitlement to recognition
    lookback : month before recognition whose bills are still helped with

    Source
    ------
    Look-back of 12 months for the impoverished by illness: Ningbo, 2021 (seed 004); lags of 3-6 months: seed 002.
    """
    uncovered = recognition_lag - lookback
    return uncovered.where(~(uncovered < 0), 0.0)


def recognised_persons(
    entitled: xr.DataArray, flows: xr.Dataset, waiting: xr.DataArray, removal: xr.DataArray
) -> xr.DataArray:
    """Person-years that assistance covers, from the second year on; (..., year), person-year.

    Entries and exits are spread evenly over the year. Whoever enters waits L = waiting / 12 of a year, partly in the
    next one:

        waiting(t) = entries(t) (L - L^2/2) + entries(t-1) stay(t) L^2/2,   stay(t) = 1 - exits(t) / stock(t-1)

    and in the same way whoever leaves is covered for ``removal`` months more, without ``stay``.

    Parameters
    ----------
    entitled : (..., category, year), person
    flows : of :func:`entries_and_exits`
    waiting : (category, ...), month, see :func:`uncovered_months`
    removal : (category, ...), month, from the end of entitlement to its record

    Raises
    ------
    AssumptionError
        If months are not in [0, 12].

    Source
    ------
    The mean over a year of the number in a queue with a fixed wait and even arrivals: integral of min(s, L) over the
    year is L - L^2/2, of max(0, L - s) is L^2/2; over many equal years arrivals x wait (Little 1961, Operations
    Research 9(3)). Own choice: before the first flow the stock was in balance, as many entering and leaving as leave
    then; those who wait stay into the next year as often as all do.
    """
    for name, months in (("waiting", waiting), ("removal", removal)):
        if not bool(((months >= 0) & (months <= _MONTHS)).all()):
            raise AssumptionError(
                f"assisted persons: {name} from {float(months.min()):g} to {float(months.max()):g} months; from 0 to "
                f"{_MONTHS} are modelled, and all are to be stated"
            )
    now, before = entitled.isel(year=slice(1, None)), entitled.isel(year=slice(None, -1))
    before = before.assign_coords(year=now["year"])
    stay = 1 - (flows["exits"] / before.where(before > 0, 1.0))
    balance = flows["exits"].isel(year=0, drop=True)
    unknown = _in_queue(flows["entries"], balance, waiting, stay)
    overdue = _in_queue(flows["exits"], balance, removal, xr.ones_like(stay))
    return (now - unknown + overdue).transpose(*entitled.dims)


def _in_queue(arrivals: xr.DataArray, before: xr.DataArray, months: xr.DataArray, stay: xr.DataArray) -> xr.DataArray:
    """Mean number of those in a queue of fixed length over each year; ``before``, who arrived before the first year."""
    wait = months / _MONTHS
    is_first = arrivals["year"] == arrivals["year"][0]
    earlier = xr.where(is_first, before, arrivals.shift(year=1))
    return arrivals * (wait - wait**2 / 2) + earlier * stay * wait**2 / 2
