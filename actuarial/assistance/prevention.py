"""A prevention programme paid from what assistance spends on outpatient care: what it costs and achieves."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from actuarial.assumptions.policy import Policy
from actuarial.evaluation.cost_effectiveness import Programme, sample_programme

PARAMETERS = (
    "prevention_share",
    "prevention_cost",
    "prevention_admissions",
    "prevention_admissions_error",
    "prevention_saving",
    "prevention_saving_error",
    "prevention_correlation",
    "prevention_worth",
)


@dataclass(frozen=True, slots=True)
class Prevention:
    """What is decided and assumed of a programme.

    share : 1, of outpatient assistance that pays for it
    programme : per person and year; its effect is admissions avoided
    worth : yuan, what an avoided admission is worth to the city beyond the money it saves
    """

    share: float
    programme: Programme
    worth: float


def read_prevention(policy: Policy, city: str, year: int) -> Prevention | None:
    """The programme in force in a year; None where the policy table has none of its rows.

    Raises
    ------
    AssumptionError
        If some of its rows are given and others are not.
    """
    if not any(policy.holds(name, "assistance") for name in PARAMETERS):
        return None
    share, cost, averted, averted_error, saved, saved_error, correlation, worth = (
        policy.value(name, "assistance", city, year) for name in PARAMETERS
    )
    return Prevention(share, Programme(cost, averted, averted_error, saved, saved_error, correlation), worth)


def prevention_draws(prevention: Prevention, outpatient: xr.DataArray, rng: np.random.Generator) -> xr.DataArray:
    """Persons in the programme, its cost less what it saves, and admissions avoided: (draw, outcome).

    The money moved pays for money / cost persons.

    Parameters
    ----------
    outpatient : (draw,), yuan, outpatient assistance of the year

    Returns
    -------
    (draw, outcome), person, yuan and admissions: ``persons``, ``cost``, ``effect``

    Source
    ------
    Three tenths of chronic assistance moved to early treatment, 0.7 admissions and 12,000 yuan of later care less a
    patient and year: seed 002, of an unnamed province. Cost per person and errors are the city's own choice.
    """
    persons = prevention.share * outpatient / prevention.programme.cost
    drawn = sample_programme(prevention.programme, persons, outpatient.sizes["draw"], rng)
    parts = {"persons": persons, "cost": drawn["cost"], "effect": drawn["effect"]}
    joined = xr.concat(list(parts.values()), dim="outcome", coords="minimal").assign_coords(outcome=list(parts))
    return joined.transpose("draw", "outcome")
