import numpy as np
import xarray as xr

from actuarial.risk.drawdown import maximum_drawdown
from actuarial.risk.proportion import proportion
from actuarial.risk.ruin import first_year_share, has_fallen_below, ruin_probability, year_reached


def paths(values: list) -> xr.DataArray:
    return xr.DataArray(values, dims=("draw", "year"), coords={"year": [2026, 2027, 2028]})


BALANCES = paths([[5, -1, 4], [3, 2, 1], [-2, -3, -4], [1, 1, -9]])


def test_a_fund_that_fell_once_stays_fallen():
    np.testing.assert_array_equal(has_fallen_below(BALANCES, 0).isel(draw=0), [False, True, True])


def test_ruin_is_counted_by_the_end_of_each_year():
    np.testing.assert_array_equal(ruin_probability(BALANCES, 0.95)["value"], [0.25, 0.5, 0.75])


def test_first_year_is_counted_once():
    share = first_year_share(BALANCES, 0)
    np.testing.assert_array_equal(share, [0.25, 0.25, 0.25])
    assert float(year_reached(share, 0.5)) == 2027
    assert np.isnan(year_reached(share, 0.8))


def test_ruin_with_exponential_claims():
    """psi(u) = exp(-theta u / ((1 + theta) mu)) / (1 + theta): a compound Poisson surplus through our own drawdown.

    Asmussen & Albrecher (2010), Ruin Probabilities, chapter IV: theta 0.2, mu 1. Seen at the claims, where alone it can
    fall. After 800 claims the surplus stands at 160 with deviation 44: that it should reach a new low has less than
    1e-4 of the least probability here (e^(-R x) with R = 1/6).
    """
    rng = np.random.Generator(np.random.Philox(11))
    draws, claims, theta = 20_000, 800, 0.2
    step = (1 + theta) * rng.standard_exponential((draws, claims)) - rng.standard_exponential((draws, claims))
    surplus = xr.DataArray(step.cumsum(axis=1), dims=("draw", "year"))
    deepest = maximum_drawdown(xr.DataArray(0.0), surplus)
    for capital, expected in ((0, 0.833333), (1, 0.705401), (5, 0.362165), (10, 0.157396), (20, 0.029728)):
        found = proportion(deepest > capital, 0.95)
        assert abs(float(found["value"]) - expected) < 4 * np.sqrt(expected * (1 - expected) / draws)
