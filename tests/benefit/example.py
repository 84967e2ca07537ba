"""Rules of the hand-worked cases, read from their page, and small ways to write persons down."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from actuarial.benefit.entitlement import benefit_rules
from actuarial.benefit.persons import ALONE, Bills, Persons
from actuarial.benefit.rules import AREAS, SERVICES, TIERS, BenefitRules

PAGE = Path(__file__).parents[2] / "docs" / "method" / "benefits.md"
CITY, REGION, YEAR = "330200", "330201", 2026

# service, tier, area, yuan of the bill, yuan of it in scope
Bill = tuple[str, str, str, float, float]


@dataclass(frozen=True, slots=True)
class Example:
    """One person; money in yuan."""

    scheme: str
    status: str
    bills: tuple[Bill, ...]
    category: str = "none"
    age: int = 40
    region: str = REGION
    balance: float = 0.0
    household: int = ALONE
    earlier: float = 0.0
    has_policy: bool = False


def example_frame() -> pd.DataFrame:
    """The table of the page, as a checked folder would give it."""
    block = re.search(r"```csv\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    return pd.read_csv(io.StringIO(block.group(1)), dtype={"region": str})


def rules_of(frame: pd.DataFrame, person: Example) -> BenefitRules:
    kind = (person.scheme, person.status, person.category, person.age)
    return benefit_rules(frame, CITY, person.region, *kind, YEAR, None)


def fen(yuan: float) -> int:
    return round(yuan * 100)


def written_down(examples: Sequence[Example]) -> tuple[Bills, Persons]:
    """Bills and persons as the kernel takes them; each person has the rules of the same place."""
    rows = [bill for person in examples for bill in _numbered(person.bills)]
    columns = list(zip(*rows, strict=True)) if rows else [()] * 6
    kinds = ("int8", "int8", "int8", "int16", "int64", "int64")
    offsets = np.cumsum([0, *(len(person.bills) for person in examples)])
    bills = Bills(offsets, *(np.array(column, dtype=kind) for column, kind in zip(columns, kinds, strict=True)))
    persons = Persons(
        np.arange(len(examples)),
        np.array([person.has_policy for person in examples]),
        np.array([fen(person.balance) for person in examples]),
        np.array([person.household for person in examples]),
        np.array([fen(person.earlier) for person in examples]),
    )
    return bills, persons


def _numbered(bills: Sequence[Bill]) -> list[tuple[int, int, int, int, int, int]]:
    rows, admissions = [], 0
    for service, tier, area, amount, in_scope in bills:
        is_stay = service == "inpatient"
        admissions += is_stay
        codes = (SERVICES.index(service), TIERS.index(tier), AREAS.index(area))
        rows.append((*codes, admissions if is_stay else 0, fen(amount), fen(in_scope)))
    return rows
