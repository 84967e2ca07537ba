"""What one kind of member is entitled to in one region and year: the rules of every layer, ready to apply.

The layers, in the order in which they pay: basic insurance, critical illness insurance, medical assistance and its
safety net, a commercial policy, the personal account; the rest is the person's. Each sees only what is left.

1. Basic, for each service (inpatient, chronic, outpatient): free chronic medicines first; then the deductible, by
   admission for inpatients, once a year for the others; then a rate by segment of the year's cost of that service above
   its deductibles; up to the cap of the service and, services in the order named, the cap of all.
2. Critical: of what basic left of its services, above a deductible, a rate by segment, up to a cap.
3. Assistance: of what is left of its services, above a deductible, a rate by service, up to a cap.
4. Safety net: what is then left of its services above a threshold, at a rate.
5. Commercial: of what is then left, above a deductible, a rate by segment, up to a cap.

Where a payment for several services is taken off them, services go in the order named.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from actuarial.benefit.rows import Member

SERVICES = ("inpatient", "chronic", "outpatient")
TIERS = ("primary", "secondary", "tertiary")
AREAS = ("local", "referred", "unreferred")


@dataclass(frozen=True, slots=True)
class Segment:
    """A rate that holds between two amounts, yuan, both measured above the deductible; an open end is infinite."""

    lower: float
    upper: float
    rate: float


@dataclass(frozen=True, slots=True)
class Care:
    """Basic insurance for one service at one tier in one area.

    Attributes
    ----------
    deductibles : yuan
        Inpatient: by admission of the year, the last one holds from there on. Otherwise one, for the year: what a bill
        takes of it is less what the year's bills of the service took before.
    segments : of the year's cost of the service above its deductibles; the factor of the area is in the rates
    in_scope_share : share of a bill to which the rules apply; none where the table does not say
    """

    deductibles: tuple[float, ...]
    segments: tuple[Segment, ...]
    in_scope_share: float | None


@dataclass(frozen=True, slots=True)
class Basic:
    """Basic insurance.

    Attributes
    ----------
    care : by (service, tier, area)
    caps : by service, yuan a year that the fund pays above the free medicines; infinite where none
    cap : of all services together, yuan; infinite where none
    full_cover : free chronic medicines, yuan a year, paid before the deductible and outside the caps
    """

    care: Mapping[tuple[str, str, str], Care]
    caps: Mapping[str, float]
    cap: float
    full_cover: float


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer over the year's cost of some services together: critical illness insurance, or a commercial policy."""

    services: tuple[str, ...]
    deductible: float
    segments: tuple[Segment, ...]
    cap: float


@dataclass(frozen=True, slots=True)
class Assistance:
    """Medical assistance of the year.

    Attributes
    ----------
    rates : by service, of those that count
    deductible, cap : yuan a year, services together; the cap infinite where none
    lookback : months before recognition whose own payments count as this year's inpatient ones
    """

    rates: Mapping[str, float]
    deductible: float
    cap: float
    lookback: int


@dataclass(frozen=True, slots=True)
class SafetyNet:
    """What assistance pays of own in-scope payments above a threshold, yuan a year."""

    services: tuple[str, ...]
    threshold: float
    rate: float


@dataclass(frozen=True, slots=True)
class Commercial:
    """A policy that a share of the members hold."""

    layer: Layer
    participation: float


@dataclass(frozen=True, slots=True)
class BenefitRules:
    """Every layer for one kind of member in one region and year; a layer that is not ruled is none."""

    member: Member
    basic: Basic
    critical: Layer
    assistance: Assistance | None
    safety_net: SafetyNet | None
    commercial: Commercial | None
