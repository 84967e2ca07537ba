"""The mildest shock against funds whose balance is known in closed form."""

import numpy as np

from actuarial.stress.reverse import smallest_multiple

OPENING, SURPLUS, REVENUE, YEARS = 100.0, 5.0, 50.0, np.arange(1, 11)


def lowest(number: np.ndarray, multiple: np.ndarray) -> np.ndarray:
    """Funds of 100 with a yearly surplus of 5; the changes cut revenue by 10% at once, and by 1% more every year."""
    loss = np.where(number[:, None] == 0, 0.1 * YEARS, 0.01 * YEARS * (YEARS + 1) / 2) * multiple[:, None]
    balance = OPENING + SURPLUS * YEARS - REVENUE * loss
    return np.stack([balance.min(1), balance.min(1) + 1e9, np.full(len(number), -1.0)], axis=1)


def test_smallest_multiple_is_the_closed_form():
    """At once: 100 + 5 t - 5 m t < 0 at t = 10 for m > 3; step by step: 150 - 0.5 m 55 = 0, m = 60 / 11."""
    found = smallest_multiple(lowest, np.array([20.0, 20.0]), 3)
    # a piecewise linear balance: exact but for rounding once the bracket is on one piece
    np.testing.assert_allclose(found[:, 0], [3.0, 60 / 11], rtol=1e-9)


def test_fund_that_lasts_to_the_limit_has_no_multiple():
    found = smallest_multiple(lowest, np.array([2.9, 5.4]), 3)
    assert np.isnan(found[:, :2]).all()


def test_exhausted_fund_is_relieved_where_its_balance_passes_zero():
    """-30 and 12 for each multiple: 2.5; a fund that no relief reaches has none."""

    def balance(_: np.ndarray, multiple: np.ndarray) -> np.ndarray:
        return np.stack([12 * multiple - 30, multiple - 30], axis=1)

    found = smallest_multiple(balance, np.array([20.0]), 2)[0]
    np.testing.assert_allclose(found, [2.5, np.nan], rtol=1e-12)


def test_curved_balance_is_met_to_a_hundredth():
    """Revenue that falls by 3% a year for ten: 1500 - 50 sum of (1 - (1 - .03 m)^t) = 0 has one root, by bisection."""

    def balance(multiple: np.ndarray) -> np.ndarray:
        kept = (1 - 0.03 * multiple[:, None]) ** YEARS
        return (120 - REVENUE * (1 - kept).sum(1))[:, None]

    low, high = 0.0, 5.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if balance(np.array([middle]))[0, 0] > 0 else (low, middle)
    found = smallest_multiple(lambda _, multiple: balance(multiple), np.array([5.0]), 1)[0, 0]
    np.testing.assert_allclose(found, low, rtol=0.01)
