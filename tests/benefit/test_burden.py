import numpy as np
import pytest
import xarray as xr
from scipy.stats import lognorm

from actuarial.benefit.burden import OwnPayments, burdened_share, cost_beyond
from actuarial.benefit.piecewise import Piecewise, line
from actuarial.errors import AssumptionError
from actuarial.spending.severity import Severity, sample
from tests.spending.test_severity import plain

SCALE = xr.DataArray([0.5, 1.0, 3.0], dims="year")


def people() -> Severity:
    return plain(8.0, 1.4, 0.2)


def test_own_payments_are_turned_back_to_the_cost_that_makes_them():
    own = Piecewise((0.0, 1000.0, 5000.0), (0.0, 1000.0, 2000.0), 0.1)
    assert cost_beyond(own, 500.0) == 500.0
    assert cost_beyond(own, 1500.0) == 3000.0
    assert cost_beyond(own, 2100.0) == 6000.0
    assert cost_beyond(Piecewise((0.0, 1000.0), (0.0, 1000.0), 0.0), 1000.0) == np.inf


def test_payments_that_fall_with_cost_are_refused():
    with pytest.raises(AssumptionError, match="own payments fall with cost"):
        cost_beyond(Piecewise((0.0, 1000.0), (0.0, 1000.0), -0.1), 10.0)


def test_share_above_is_that_of_the_log_normal():
    """Who pays all bills passes the amount as often as the cost does."""
    share = burdened_share(people(), [OwnPayments(0.0, np.inf, line(1.0), 1.0)], 20_000.0, SCALE)
    known = 0.8 * lognorm(1.4, scale=np.exp(8.0) * SCALE.values).sf(20_000.0)
    np.testing.assert_allclose(share, known, rtol=1e-12)


def test_a_safety_net_leaves_nobody_above_it():
    own = Piecewise((0.0, 30_000.0), (0.0, 30_000.0), 0.0)
    assert burdened_share(people(), [OwnPayments(0.0, np.inf, own, 1.0)], 30_000.0, SCALE).sum() == 0


def test_share_above_is_that_of_simulated_persons():
    """Two bands with patterns of their own; a million persons, four standard errors."""
    dear = Piecewise((0.0, 1000.0, 20_000.0), (0.0, 1000.0, 4800.0), 0.5)
    parts = [
        OwnPayments(0.0, 10_000.0, line(0.5), 1.0),
        OwnPayments(10_000.0, np.inf, dear, 0.3),
        OwnPayments(10_000.0, np.inf, line(0.1), 0.7),
    ]
    rng = np.random.default_rng(5)
    cost = sample(people(), 1_000_000, rng).values
    chosen = np.where(cost < 10_000, 0, np.where(rng.random(cost.size) < 0.3, 1, 2))
    for scale in SCALE.values:
        now = cost * scale
        paid = np.choose(chosen, [0.5 * now, np.interp(now, dear.breakpoints, dear.values), 0.1 * now])
        paid = np.where((chosen == 1) & (now > 20_000), 4800 + 0.5 * (now - 20_000), paid)
        seen = (paid > 4000).mean()
        share = float(burdened_share(people(), parts, 4000.0, xr.DataArray(scale)))
        assert abs(seen - share) < 4 * np.sqrt(share * (1 - share) / cost.size)
