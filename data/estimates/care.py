"""Where people of a cost band are treated: chosen shares by tier, area and number of admissions, that sum to one.

Source
------
Own choice, in ``choices/ningbo.toml``: admissions, tiers and chronic shares that rise with the yearly cost, so that the
rules pay about what the funds paid.
"""

from collections.abc import Iterator

import numpy as np

from actuarial.schema import STATUSES, TIERS
from data.estimates.raking import largest_remainder
from data.estimates.rows import ESTIMATED, Row, number

METHOD = "估算 docs/method/estimates.md"
DIGITS = 4
# area, tier, admissions -> share of the persons of a band
Patterns = dict[tuple[str, str, int], float]


def care_rows(choice: dict) -> Iterator[Row]:
    """Rows of the table of Ningbo: one set of patterns from the first year on, for the whole city."""
    city, own = choice["city"], choice["care"]
    for scheme in STATUSES:
        for age in own["ages"][scheme]:
            for band, lower in enumerate(own["lower"]):
                here = {"region": city["code"], "year": city["first_year"], "scheme": scheme, "age": age}
                for pattern, share in rounded(patterns(scheme, age, band, own)).items():
                    area, tier, admissions = pattern
                    inpatient = own["inpatient_share"][band] if admissions else 0.0
                    chronic = own["chronic_share"][age][band] * (1 - inpatient)
                    yield {
                        **here,
                        "lower": lower,
                        "tier": tier,
                        "area": area,
                        "admissions": admissions,
                        "inpatient_share": number(inpatient, DIGITS),
                        "chronic_share": number(chronic, DIGITS),
                        "value": number(share, DIGITS),
                        "unit": "1",
                        "provenance": ESTIMATED,
                        "source": METHOD,
                    }


def patterns(scheme: str, age: str, band: int, own: dict) -> Patterns:
    """Share of the persons of a band by area, tier and admissions."""
    admitted = min(own["admitted"][scheme][band] * own["admitted_age"][age], 1.0)
    shares: Patterns = {}
    for tier, share in zip(TIERS, own["other_tier"][band], strict=True):
        shares["local", tier, 0] = (1 - admitted) * share
    for count, often in enumerate(own["admissions"][band], start=1):
        for tier, share in zip(TIERS, own["admitted_tier"][band], strict=True):
            whole, outside = admitted * often * share, own["outside"]
            leaves = tier == TIERS[-1] and own["lower"][band] >= outside["from"]
            away = {area: whole * outside[area] for area in ("referred", "unreferred")} if leaves else {}
            shares["local", tier, count] = whole - sum(away.values())
            shares |= {(area, tier, count): part for area, part in away.items()}
    return shares


def rounded(shares: Patterns) -> Patterns:
    """The shares at four digits, those of none left out, with a sum of exactly one."""
    whole = largest_remainder(np.array(list(shares.values())), 10**DIGITS)
    return {pattern: count / 10**DIGITS for pattern, count in zip(shares, whole.tolist(), strict=True) if count}
