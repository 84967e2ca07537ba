import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm

from actuarial.risk.allocation import in_whole_fen, quantile_contributions, tail_contributions
from actuarial.risk.tail import tail_value_at_risk, value_at_risk

COVARIANCE = np.array([[4.0, 1.0, 0.0], [1.0, 9.0, -2.0], [0.0, -2.0, 1.0]])


def normal_portfolio(draws: int, seed: int) -> xr.DataArray:
    rng = np.random.Generator(np.random.Philox(seed))
    return xr.DataArray(rng.multivariate_normal(np.zeros(3), COVARIANCE, size=draws), dims=("draw", "region"))


def test_parts_of_a_normal_portfolio():
    """Cov(X_r, S) / sd(S) times the factor of the measure: McNeil, Frey & Embrechts (2015), section 8.5.

    The stated standard error is judged too: at four of them.
    """
    part = normal_portfolio(200_000, 5)
    unit = COVARIANCE.sum(axis=1) / np.sqrt(COVARIANCE.sum())
    factors = {quantile_contributions: norm.ppf(0.95), tail_contributions: norm.pdf(norm.ppf(0.95)) / 0.05}
    for rule, factor in factors.items():
        found = rule(part, 0.95)
        assert (np.abs(found["value"] - factor * unit) < 4 * found["standard_error"]).all()
        assert (found["standard_error"] < 0.1).all()


@pytest.mark.parametrize("rule", [tail_contributions, quantile_contributions])
def test_stated_errors_are_those_of_repeated_runs(rule):
    """200 runs of 4000 draws; the spread of 200 values is known to 5%: four of these.

    The error of the quantile rule is stated given the quantile: the spread is taken around the line through q.
    """
    runs = [normal_portfolio(4000, 100 + seed) for seed in range(200)]
    found = xr.concat([rule(part, 0.95) for part in runs], dim="run")
    value = found["value"]
    if rule is quantile_contributions:
        unit = xr.DataArray(COVARIANCE.sum(axis=1) / COVARIANCE.sum(), dims="region")
        value = value - unit * value.sum("region")
    stated = np.sqrt((found["standard_error"] ** 2).mean("run"))
    np.testing.assert_allclose(value.std("run"), stated, rtol=0.2)


def test_parts_add_up_to_the_measure_of_the_sum():
    part = normal_portfolio(5_000, 9)
    total = part.sum("region")
    for rule, measure in ((tail_contributions, tail_value_at_risk), (quantile_contributions, value_at_risk)):
        # the same sums in another order: rounding only
        np.testing.assert_allclose(rule(part, 0.97)["value"].sum("region"), measure(total, 0.97)["value"], rtol=1e-9)


def test_region_that_never_falls_has_no_part():
    part = normal_portfolio(2_000, 3)
    part = xr.where(xr.DataArray([True, True, False], dims="region"), part, 0.0).transpose("draw", "region")
    for rule in (tail_contributions, quantile_contributions):
        assert float(rule(part, 0.9)["value"].isel(region=2)) == 0.0


def test_parts_of_a_quantile_of_zero_are_zero():
    part = xr.DataArray(np.zeros((50, 2), dtype="int64"), dims=("draw", "region"))
    np.testing.assert_array_equal(quantile_contributions(part, 0.95)["value"], [0, 0])


def test_ties_at_the_quantile_share_its_place():
    """Every draw loses 3 + 1: the regions' parts are 3 and 1 by either rule."""
    part = xr.DataArray(np.tile([3, 1], (40, 1)), dims=("draw", "region"))
    for rule in (tail_contributions, quantile_contributions):
        np.testing.assert_allclose(rule(part, 0.9)["value"], [3, 1], rtol=1e-12)


@pytest.mark.parametrize("rule", [tail_contributions, quantile_contributions])
@given(arrays("int64", (30, 4), elements=st.integers(-(10**13), 10**13)), st.sampled_from([0.5, 0.9, 0.95]))
def test_whole_parts_add_up_to_the_fen(rule, values, confidence):
    part = xr.DataArray(values, dims=("draw", "region"))
    contribution = rule(part, confidence)["value"]
    total = xr.ufuncs.rint(contribution.sum("region")).astype("int64")
    assert int(in_whole_fen(contribution, total).sum("region")) == int(total)
    measure = tail_value_at_risk if rule is tail_contributions else value_at_risk
    # four parts of up to 10^13 fen: their float64 sums are good to a hundredth of a fen
    assert abs(float(contribution.sum("region") - measure(part.sum("region"), confidence)["value"])) < 0.5


def test_whole_parts_are_within_a_fen_of_their_value():
    contribution = xr.DataArray([[10.4, 1.5], [20.4, -3.25], [30.2, 1.75]], dims=("region", "fund"))
    whole = in_whole_fen(contribution, xr.DataArray([61, 0], dims="fund"))
    np.testing.assert_array_equal(whole, [[11, 1], [20, -3], [30, 2]])
