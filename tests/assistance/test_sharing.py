import pytest

from actuarial.assistance.sharing import PARAMETERS, Sharing, read_sharing
from actuarial.assumptions.policy import Dated, Policy
from actuarial.errors import AssumptionError

CITY = "339900"


def policy(count: int) -> Policy:
    rows = {(CITY, "assistance", name, ""): (Dated(0.1, 2020, "test"),) for name in PARAMETERS[:count]}
    return Policy(CITY, rows)


def test_all_rows_or_none():
    assert read_sharing(policy(0), CITY, 2026) is None
    assert read_sharing(policy(3), CITY, 2026) == Sharing(0.1, 0.1, 0.1)
    with pytest.raises(AssumptionError, match="no allocation_largest_rise in force"):
        read_sharing(policy(2), CITY, 2026)
