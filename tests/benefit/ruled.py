"""Rules and patterns of care for the tests of payments by cost: made up, with every threshold and cap in reach."""

from itertools import product
from math import inf

import numpy as np
from hypothesis import strategies as st

from actuarial.benefit.care import CarePattern
from actuarial.benefit.persons import ALONE, Bills, Persons
from actuarial.benefit.rows import Member
from actuarial.benefit.rules import (
    AREAS,
    SERVICES,
    TIERS,
    Assistance,
    Basic,
    BenefitRules,
    Care,
    Commercial,
    Layer,
    SafetyNet,
    Segment,
)

AREA_FACTORS = {"local": 1.0, "referred": 0.9, "unreferred": 0.7}
ADMISSIONS = {"primary": (300.0, 150.0), "secondary": (600.0, 300.0), "tertiary": (1_200.0, 600.0, 0.0)}
RATES = {"primary": (0.85, 0.9, 0.95), "secondary": (0.8, 0.85, 0.9), "tertiary": (0.75, 0.8, 0.85)}


def by_segment(edges: tuple[float, ...], rates: tuple[float, ...]) -> tuple[Segment, ...]:
    return tuple(Segment(*ends) for ends in zip((0.0, *edges), (*edges, inf), rates, strict=True))


def care_of(service: str, tier: str, area: str) -> Care:
    factor = AREA_FACTORS[area]
    if service == "inpatient":
        rates = tuple(round(rate * factor, 8) for rate in RATES[tier])
        return Care(ADMISSIONS[tier], by_segment((20_000.0, 60_000.0), rates), None)
    rate = {"chronic": 0.7, "outpatient": 0.5}[service]
    return Care((200.0,), by_segment((), (round(rate * factor, 8),)), None)


def rules_of(category: str = "subsistence", participation: float = 0.4) -> BenefitRules:
    """Rules of a resident; an assisted one has assistance and its safety net, and half the critical deductible."""
    basic = Basic(
        {case: care_of(*case) for case in product(SERVICES, TIERS, AREAS)},
        {"inpatient": 180_000.0, "chronic": 30_000.0, "outpatient": 3_000.0},
        200_000.0,
        500.0,
    )
    is_assisted = category != "none"
    critical = Layer(
        SERVICES,
        10_000.0 if is_assisted else 20_000.0,
        by_segment((30_000.0, 70_000.0), (0.8, 0.85, 0.9) if is_assisted else (0.6, 0.65, 0.7)),
        inf if is_assisted else 400_000.0,
    )
    aid = Assistance({"inpatient": 0.7, "chronic": 0.6}, 1_000.0, 50_000.0, 12) if is_assisted else None
    net = SafetyNet(("inpatient", "chronic"), 30_000.0, 0.9) if is_assisted else None
    policy = Commercial(Layer(SERVICES, 15_000.0, by_segment((50_000.0,), (0.5, 0.6)), 1_000_000.0), participation)
    return BenefitRules(
        Member("330200", "330201", "resident", "adult", category, 40, 2025), basic, critical, aid, net, policy
    )


PATTERNS = (
    CarePattern(0.0, "primary", "local", 0, 0.0, 0.3, 0.8),
    CarePattern(0.0, "secondary", "local", 1, 0.9, 0.0, 0.2),
    CarePattern(8_000.0, "secondary", "local", 1, 0.7, 0.2, 0.6),
    CarePattern(8_000.0, "tertiary", "referred", 2, 0.85, 0.05, 0.3),
    CarePattern(8_000.0, "primary", "local", 0, 0.0, 0.8, 0.1),
    CarePattern(60_000.0, "tertiary", "local", 3, 0.8, 0.1, 0.7),
    CarePattern(60_000.0, "tertiary", "unreferred", 5, 0.95, 0.0, 0.3),
)

patterns = st.builds(
    lambda tier, area, admissions, inpatient, chronic: CarePattern(
        0.0, tier, area, admissions, inpatient if admissions else 0.0, round(chronic * (1 - inpatient), 4), 1.0
    ),
    st.sampled_from(TIERS),
    st.sampled_from(AREAS),
    st.integers(0, 6),
    st.sampled_from((0.1, 0.55, 0.8, 1.0)),
    st.sampled_from((0.0, 0.3, 1.0)),
)


def bills_of(cost: np.ndarray, pattern: CarePattern) -> Bills:
    """The year of each person as bills in whole fen: admissions, one chronic bill, one outpatient bill.

    cost : (person,), fen
    """
    inpatient = np.rint(cost * pattern.inpatient_share).astype("int64")
    chronic = np.minimum(np.rint(cost * pattern.chronic_share).astype("int64"), cost - inpatient)
    count = pattern.admissions
    number = np.arange(count + 2)
    ends = inpatient[:, None] * np.minimum(number[: count + 1], count) // max(count, 1)
    amount = np.column_stack([np.diff(ends), chronic, cost - inpatient - chronic]).ravel()
    service = np.append(np.zeros(count, int), [SERVICES.index("chronic"), SERVICES.index("outpatient")])
    admission = np.append(np.arange(1, count + 1), [0, 0])

    def every(values: np.ndarray) -> np.ndarray:
        return np.tile(values, cost.size).astype("int64")

    place = np.full(amount.size, 0)
    return Bills(
        np.arange(cost.size + 1) * (count + 2),
        every(service),
        place + TIERS.index(pattern.tier),
        place + AREAS.index(pattern.area),
        every(admission),
        amount,
        amount,
    )


def persons_of(count: int, has_policy: np.ndarray) -> Persons:
    """Persons under the first rule, without account or family or earlier payments."""
    none = np.zeros(count, "int64")
    return Persons(none, has_policy, none, none + ALONE, none)
