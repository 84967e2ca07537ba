import numpy as np
import pytest

from actuarial.errors import AssumptionError
from actuarial.fund.deposits import interest_rates
from tests.decided import ONE_RATE, decided
from tests.tiny_city import CITY

WEST = "339902"
MIX = {
    (CITY, "all", "deposit_share", "demand"): 0.2,
    (CITY, "all", "deposit_share", "3-month"): 0.3,
    (CITY, "all", "deposit_share", "3-year"): 0.5,
    (CITY, "all", "deposit_rate", "demand"): 0.0035,
    (CITY, "all", "deposit_rate", "3-month"): 0.011,
    (CITY, "all", "deposit_rate", "3-year"): 0.0275,
}


def rates(basis):
    return interest_rates(basis.policy, basis.history.ledger["region"].values, basis.years)


def test_one_rate_holds_for_every_fund(tiny_basis):
    assert (rates(tiny_basis) == 0.0275).all()


def test_terms_are_mixed_by_their_shares(tiny_basis):
    """0.2 x 0.35% + 0.3 x 1.10% + 0.5 x 2.75% = 1.775%."""
    mixed = rates(decided(tiny_basis, MIX, without=ONE_RATE))
    np.testing.assert_allclose(mixed, 0.01775, rtol=1e-12)  # rounding of five sums and products


def test_a_region_and_scheme_may_hold_its_own_terms(tiny_basis):
    own = {
        (WEST, "assistance", "deposit_share", "demand"): 1.0,
        (WEST, "assistance", "deposit_share", "3-month"): 0.0,
        (WEST, "assistance", "deposit_share", "3-year"): 0.0,
    }
    mixed = rates(decided(tiny_basis, MIX | own, without=ONE_RATE))
    np.testing.assert_allclose(mixed.sel(region=WEST, fund="assistance"), 0.0035, rtol=1e-12)
    others = mixed.where((mixed["region"] != WEST) | (mixed["fund"] != "assistance"), drop=False)
    assert float(others.max() - others.min()) == 0


def test_both_ways_at_once_are_refused(tiny_basis):
    with pytest.raises(AssumptionError) as error:
        rates(decided(tiny_basis, MIX))
    assert str(error.value) == "interest_rate: stated beside deposit_share; keep one of the two"


def test_shares_that_miss_one_are_refused(tiny_basis):
    half = MIX | {(CITY, "all", "deposit_share", "3-year"): 0.4}
    with pytest.raises(AssumptionError) as error:
        rates(decided(tiny_basis, half, without=ONE_RATE))
    place = "scheme 'employee' in region 339901 in 2026"
    assert str(error.value) == f"deposit_share: the terms sum to 0.9, not 1, first for {place}"
