import numpy as np
import pytest
import xarray as xr
from scipy.stats import norm

from actuarial.errors import AssumptionError
from actuarial.risk.tail import tail_value_at_risk, value_at_risk

# Midpoints of a million equal slices of probability stand for the law itself.
SLICES = (np.arange(1_000_000) + 0.5) / 1_000_000


def drawn(values: np.ndarray | list) -> xr.DataArray:
    return xr.DataArray(np.asarray(values), dims=("draw", "region")[: np.ndim(values)])


def test_normal_tail_at_995():
    """Closed form: z and phi(z) / 0.005. The mean of midpoints misses the unbounded last slices: 2e-5 of the tail."""
    loss = drawn(norm.ppf(SLICES))
    assert float(value_at_risk(loss, 0.995)["value"]) == pytest.approx(2.575829, abs=1e-4)
    assert float(tail_value_at_risk(loss, 0.995)["value"]) == pytest.approx(2.891949, abs=1e-4)


def test_log_normal_tail_at_995():
    """Closed form: exp(s z) and exp(s^2 / 2) Phi(s - z) / 0.005, s = 0.3."""
    loss = drawn(np.exp(0.3 * norm.ppf(SLICES)))
    assert float(value_at_risk(loss, 0.995)["value"]) == pytest.approx(2.165711, abs=1e-4)
    assert float(tail_value_at_risk(loss, 0.995)["value"]) == pytest.approx(2.390825, abs=1e-4)


def test_value_at_risk_is_a_drawn_value_that_the_stated_share_does_not_pass():
    loss = drawn(np.arange(1, 101))
    assert float(value_at_risk(loss, 0.95)["value"]) == 95
    assert float(value_at_risk(loss, 0.951)["value"]) == 96
    assert float(value_at_risk(loss, 0.07)["value"]) == 7


def test_tail_mean_takes_as_much_of_ties_as_fills_the_tail():
    """Worst 30% of 0 x 8, 10, 20: 10, 20 and one tenth of the draws at 0, so (10 + 20 + 0) / 3."""
    loss = drawn([0] * 8 + [10, 20])
    assert float(tail_value_at_risk(loss, 0.7)["value"]) == pytest.approx(10.0, rel=1e-12)


def test_stated_errors_are_those_of_repeated_runs():
    """400 runs of 2000 draws; the spread of 400 values is known to 1 / sqrt(800) = 3.5%: four of these."""
    loss = xr.DataArray(np.random.Generator(np.random.Philox(3)).lognormal(size=(400, 2000)), dims=("run", "draw"))
    for measure in (value_at_risk, tail_value_at_risk):
        found = measure(loss, 0.95)
        stated = float(np.sqrt((found["standard_error"] ** 2).mean()))
        assert float(found["value"].std()) == pytest.approx(stated, rel=0.14)


def test_error_of_a_normal_quantile_is_the_textbooks():
    """sqrt(p (1 - p) / n) / phi(z), David & Nagaraja (2003), Order Statistics, chapter 10; midpoints for the draws."""
    found = value_at_risk(drawn(norm.ppf((np.arange(100_000) + 0.5) / 100_000)), 0.95)
    expected = np.sqrt(0.95 * 0.05 / 100_000) / norm.pdf(norm.ppf(0.95))
    # the next term of the expansion is of order 1 / (n (1 - p)) of the first
    assert float(found["standard_error"]) == pytest.approx(expected, rel=1e-3)


def test_error_is_not_stated_where_no_draw_is_expected_beyond_the_quantile():
    loss = drawn(np.arange(100.0))
    assert np.isnan(value_at_risk(loss, 0.995)["standard_error"])
    assert np.isnan(tail_value_at_risk(loss, 0.995)["standard_error"])
    assert value_at_risk(loss, 0.99)["standard_error"] > 0


@pytest.mark.parametrize("confidence", [0.0, 1.0, 99.5, -0.1, float("nan")])
def test_confidence_outside_the_open_interval_is_refused(confidence):
    with pytest.raises(AssumptionError, match=r"confidence .*: must lie inside \(0, 1\), such as 0.95"):
        value_at_risk(drawn([1.0, 2.0]), confidence)
