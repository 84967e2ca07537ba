import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from actuarial.errors import AssumptionError
from actuarial.solving.search import Search, solve

DRAWS, MEAN_COST = 400, 8000.0
PERSONS = np.exp(0.1 * np.random.default_rng(1).standard_normal(DRAWS))  # about one


def search(loosest: float, strictest: float, kept: float = 0.95, tolerance: float = 1e-7) -> Search:
    return Search(loosest, strictest, kept, level=0.95, tolerance=tolerance, limit=30)


def by_draw(values) -> xr.DataArray:
    return xr.DataArray(values, dims="draw")


def at_rate(money: float):
    """Money less persons x cost x rate: the larger rate is the looser."""
    return lambda rate: by_draw(money - PERSONS * MEAN_COST * rate)


def at_deductible(money: float):
    """Exponential costs: above a deductible d lies mean e^(-d / mean); the larger deductible is the stricter."""
    return lambda deductible: by_draw(money - PERSONS * MEAN_COST * np.exp(-deductible / MEAN_COST))


def ranked(place: int) -> float:
    return float(np.sort(PERSONS)[place - 1])


def test_rate_is_money_over_the_need_of_the_draw_that_just_has_to_be_kept():
    found = solve(at_rate(6000.0), search(0.95, 0.3))
    assert found.value == pytest.approx(6000.0 / (MEAN_COST * ranked(380)), abs=1e-7)
    assert found.kept == 0.95
    assert found.kept_error == pytest.approx(np.sqrt(0.95 * 0.05 / DRAWS))
    assert not found.is_bound


def test_interval_ends_are_the_order_statistics_that_the_binomial_names():
    """P(B < r) and P(B >= s) are 2.5% at most for B the draws, of 400, below the quantile of 95%; no r and s closer."""
    found = solve(at_rate(6000.0), search(0.95, 0.3))
    rank, after = 371, 389
    assert binom.cdf(rank - 1, DRAWS, 0.95) <= 0.025 < binom.cdf(rank, DRAWS, 0.95)
    assert binom.sf(after - 1, DRAWS, 0.95) <= 0.025 < binom.sf(after - 2, DRAWS, 0.95)
    # of a straight line the crossing is exact
    assert found.looser == pytest.approx(6000.0 / (MEAN_COST * ranked(rank)), rel=1e-9)
    assert found.stricter == pytest.approx(6000.0 / (MEAN_COST * ranked(after)), rel=1e-9)


def test_deductible_has_its_closed_form():
    """persons mean e^(-d / mean) = money, so d = mean ln(mean persons / money); the ends after two trials each."""
    found = solve(at_deductible(5000.0), search(0.0, 30_000.0, kept=0.9, tolerance=0.01))
    exact = {rank: MEAN_COST * np.log(MEAN_COST * ranked(rank) / 5000.0) for rank in (360, 348, 372)}
    assert found.value == pytest.approx(exact[360], abs=0.01)
    # Their error is of second order in the distance from the values tried: a hundredth of the interval's width.
    width = exact[372] - exact[348]
    assert found.looser == pytest.approx(exact[348], abs=width / 100)
    assert found.stricter == pytest.approx(exact[372], abs=width / 100)


@given(
    slopes=st.lists(st.floats(0.5, 2), min_size=60, max_size=60),
    power=st.floats(0.3, 3),
    kept=st.floats(0.2, 0.95),
)
def test_value_is_proven_and_takes_few_trials_whatever_the_curve(slopes, power, kept):
    tried = []

    def margin_at(value: float) -> xr.DataArray:
        tried.append(value)
        return by_draw(np.array(slopes) * value**power - 0.4)

    own = search(0.0, 2.0, kept, tolerance=1e-4)
    found = solve(margin_at, own)
    share = [(margin_at(value) >= 0).mean().item() for value in (found.value, found.value - 1.01e-4)]
    assert share[0] == found.kept >= kept - 1e-9
    assert share[1] < kept
    assert found.trials == len(tried) - 2 < 30
    assert not found.looser > found.value + 1e-4
    assert not found.stricter < found.value - 1e-4


def test_draws_too_few_for_an_end_leave_it_open():
    """Of 20 draws the largest lies below the quantile of 95% with probability 0.95^20 = 0.36."""
    found = solve(lambda value: by_draw(value - np.arange(20) / 20), search(0.0, 1.0, kept=0.95))
    assert np.isnan(found.stricter)
    assert found.value == pytest.approx(0.9, abs=1e-7)


def test_loosest_value_that_keeps_enough_is_said_to_be_a_bound():
    found = solve(at_rate(1e6), search(0.95, 0.3))
    assert (found.value, found.is_bound, found.kept) == (0.95, True, 1.0)


def test_target_out_of_reach_is_refused_with_what_the_ends_reach():
    with pytest.raises(AssumptionError) as refusal:
        solve(at_rate(2000.0), search(0.95, 0.3))
    strict = float((PERSONS * MEAN_COST * 0.3 > 2000.0).mean())
    assert str(refusal.value) == (
        f"solve: out of reach: 100.0% of 400 draws fail at 0.95 and {strict:.1%} at 0.3, 5.0% are allowed; widen the "
        "range, allow more, or change another lever"
    )


def test_ends_in_the_wrong_order_are_refused():
    with pytest.raises(AssumptionError, match=r"from 0\.3 to the stricter 0\.95 the margin falls in 400 of 400 draws"):
        solve(at_rate(6000.0), search(0.3, 0.95))


def test_new_random_numbers_at_every_value_are_refused():
    rng = np.random.default_rng(2)

    def fresh(rate: float) -> xr.DataArray:
        return by_draw(6000.0 - MEAN_COST * rate * np.exp(0.1 * rng.standard_normal(DRAWS)))

    with pytest.raises(AssumptionError, match="tried on the same random numbers"):
        solve(fresh, search(0.95, 0.3))


def test_impossible_questions_are_refused():
    with pytest.raises(AssumptionError, match=r"confidence 1\.2: must lie inside \(0, 1\)"):
        solve(at_rate(1.0), search(0.95, 0.3, kept=1.2))
    with pytest.raises(AssumptionError, match=r"a tolerance of 0 between 0\.95 and 0\.3"):
        solve(at_rate(1.0), search(0.95, 0.3, tolerance=0.0))
    with pytest.raises(AssumptionError, match="not known to within 1e-07 after 3 projections"):
        solve(at_rate(6000.0), Search(0.95, 0.3, 0.95, 0.95, 1e-7, 3))
