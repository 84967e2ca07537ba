"""Average deposits against the area under the balance of a bank account, quarter by quarter."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from actuarial.fund.commitments import commitments
from actuarial.fund.timing import deposit_timing
from tests.decided import decided
from tests.fund.test_commitments import flows_of
from tests.tiny_city import CITY

AMOUNT, COST = 1000.0, 700.0


def test_without_rules_every_flow_is_even(tiny_basis):
    flows = flows_of(tiny_basis, benefit_inpatient=COST)
    assert deposit_timing(tiny_basis, flows, commitments(tiny_basis, flows)) is None


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 1), st.lists(st.integers(1, 9), min_size=4, max_size=4), st.floats(0, 12))
def test_timing_is_the_area_under_the_bank_balance(tiny_basis, early, weights, months):
    """A second derivation: the balance is linear within a quarter, so the trapezoid rule is exact.

    The year opens with the early part of its contributions and the same advance as every year; the rest comes evenly,
    spending by quarter, and the early part of the next year in the fourth.
    """
    shares = np.array(weights) / sum(weights)
    rules = {(CITY, "resident", "spending_quarter_share", f"q{n}"): share for n, share in enumerate(shares, start=1)}
    rules[CITY, "resident", "early_contribution_share", ""] = early
    rules[CITY, "resident", "advance_payment", ""] = months
    basis = decided(tiny_basis, rules)
    flows = flows_of(basis, individual_contribution=AMOUNT, benefit_inpatient=COST)
    timing = deposit_timing(basis, flows, commitments(basis, flows))
    assert timing is not None
    found = timing.sel(fund="resident_pooled").isel(year=2)
    in_quarter = np.full(4, (1 - early) * AMOUNT / 4) - shares * COST + np.array([0, 0, 0, early * AMOUNT])
    balance = early * AMOUNT - months / 12 * COST + np.concatenate([[0], np.cumsum(in_quarter)])
    area = ((balance[1:] + balance[:-1]) / 2).mean()
    # rounding of some twenty sums of amounts up to 1000
    np.testing.assert_allclose(found, area - (AMOUNT - COST) / 2, rtol=0, atol=1e-9)
