"""How a city says that it shares out its assistance money over its regions."""

from dataclasses import dataclass

from actuarial.assumptions.policy import Policy

PARAMETERS = ("allocation_burden_weight", "allocation_floor_share", "allocation_largest_rise")


@dataclass(frozen=True, slots=True)
class Sharing:
    """Weight of the burden of disease against need, and how far a region's money may move in a year; all 1."""

    burden_weight: float
    floor_share: float
    largest_rise: float


def read_sharing(policy: Policy, city: str, year: int) -> Sharing | None:
    """What is in force in a year; None where the policy table has none of its rows.

    Raises
    ------
    AssumptionError
        If some of its rows are given and others are not.
    """
    if not any(policy.holds(name, "assistance") for name in PARAMETERS):
        return None
    return Sharing(*(policy.value(name, "assistance", city, year) for name in PARAMETERS))
