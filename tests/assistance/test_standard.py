import numpy as np
import pytest
import xarray as xr
from scipy.stats import norm

from actuarial.assistance.standard import solve_standard
from actuarial.errors import AssumptionError

DRAWS, MONEY, MEAN_COST = 400, 130.0, 8000.0
PERSONS = np.exp(0.1 * np.random.default_rng(1).standard_normal(DRAWS))  # of one region and year, about one
OPENING = xr.DataArray([0.0], dims="region", coords={"region": ["a"]})
YEAR = {"region": ["a"], "year": [2026]}


def one_year(values) -> xr.DataArray:
    return xr.DataArray(np.asarray(values)[:, None, None], dims=("draw", "region", "year"), coords=YEAR)


def money(amount: float) -> xr.DataArray:
    return xr.DataArray([[amount]], dims=("region", "year"), coords=YEAR)


def need_at_rate(rate: float) -> xr.DataArray:
    return one_year(PERSONS * MEAN_COST * rate)


def need_at_deductible(deductible: float) -> xr.DataArray:
    """Exponential costs: what lies above a deductible d is mean e^(-d / mean)."""
    return one_year(PERSONS * MEAN_COST * np.exp(-deductible / MEAN_COST))


def ranked(place: int) -> float:
    return float(np.sort(PERSONS)[place - 1])


def test_rate_is_money_over_the_need_of_the_draw_that_just_has_to_be_covered():
    found = solve_standard(need_at_rate, money(6000.0), OPENING, 0.3, 0.95, 0.95, 0.95, 1e-7)
    assert found.value == pytest.approx(6000.0 / (MEAN_COST * ranked(380)), abs=1e-7)
    assert found.coverage == 0.95
    assert found.coverage_error == pytest.approx(np.sqrt(0.95 * 0.05 / DRAWS))
    assert not found.is_bound


def test_interval_ends_are_the_order_statistics_of_the_binomial_error():
    """380 of 400, 1.96 sqrt(0.95 0.05 / 400) = 0.02136: at least 388.5 and at least 371.5 of the draws."""
    found = solve_standard(need_at_rate, money(6000.0), OPENING, 0.3, 0.95, 0.95, 0.95, 1e-7)
    assert norm.ppf(0.975) * np.sqrt(0.95 * 0.05 / DRAWS) == pytest.approx(0.02136, abs=5e-6)
    assert found.stricter == pytest.approx(6000.0 / (MEAN_COST * ranked(389)), abs=1e-7)
    assert found.more_generous == pytest.approx(6000.0 / (MEAN_COST * ranked(372)), abs=1e-7)


def test_deductible_has_its_closed_form_and_the_larger_end_is_the_stricter():
    """persons mean e^(-d / mean) = money, so d = mean ln(mean persons / money)."""
    found = solve_standard(need_at_deductible, money(5000.0), OPENING, 30_000.0, 0.0, 0.9, 0.95, 0.01)
    assert found.value == pytest.approx(MEAN_COST * np.log(MEAN_COST * ranked(360) / 5000.0), abs=0.01)
    assert found.stricter > found.value > found.more_generous


def test_standard_has_to_last_over_years_and_regions():
    """Two years of need 1 : 3 in one region, the savings of the first carried over; the other region never short."""
    coords = {"region": ["a", "b"], "year": [2026, 2027]}
    shape = xr.DataArray([[1.0, 3.0], [0.1, 0.1]], dims=("region", "year"), coords=coords)
    cash = xr.DataArray(np.full((2, 2), 100.0), dims=("region", "year"), coords=coords)
    start = xr.DataArray([20.0, 0.0], dims="region", coords={"region": ["a", "b"]})

    def need_at(rate: float) -> xr.DataArray:
        return (shape * rate * 100).expand_dims(draw=3)

    # 4 x 100 rate = 20 + 200
    found = solve_standard(need_at, cash, start, 0.1, 0.99, 1.0, 0.95, 1e-9)
    assert found.value == pytest.approx(0.55, abs=1e-9)


def test_most_generous_value_that_is_covered_is_said_to_be_a_bound():
    found = solve_standard(need_at_rate, money(1e6), OPENING, 0.3, 0.95, 0.95, 0.95, 1e-3)
    assert (found.value, found.is_bound, found.coverage) == (0.95, True, 1.0)


def test_unreachable_confidence_is_refused_with_what_the_money_covers():
    with pytest.raises(AssumptionError) as refusal:
        solve_standard(need_at_rate, money(2400.0), OPENING, 0.3, 0.95, 0.95, 0.95, 1e-3)
    covered = int((PERSONS * MEAN_COST * 0.3 <= 2400.0).sum())
    assert str(refusal.value) == (
        f"standard: even at 0.3 the money covers need in {covered} of 400 draws; 0.95 of them are asked for: "
        "add money, ask for less, or allow a stricter standard"
    )


def test_ends_in_the_wrong_order_are_refused():
    with pytest.raises(AssumptionError, match=r"need falls from 0\.95 to the more generous 0\.86875 in 400 of 400"):
        solve_standard(need_at_rate, money(6000.0), OPENING, 0.95, 0.3, 0.95, 0.95, 1e-3)


def test_need_that_rises_and_falls_is_refused():
    def hump(rate: float) -> xr.DataArray:
        return one_year(PERSONS * (1 - (rate - 0.5) ** 2))

    with pytest.raises(AssumptionError, match="it has to rise in every draw"):
        solve_standard(hump, money(10.0), OPENING, 0.3, 0.95, 0.95, 0.95, 1e-3)


def test_new_random_numbers_at_every_value_are_refused():
    rng = np.random.default_rng(2)

    def fresh(rate: float) -> xr.DataArray:
        return one_year(MEAN_COST * rate * np.exp(0.1 * rng.standard_normal(DRAWS)))

    with pytest.raises(AssumptionError, match="tried on the same random numbers"):
        solve_standard(fresh, money(6000.0), OPENING, 0.3, 0.95, 0.95, 0.95, 1e-3)


def test_impossible_confidence_and_tolerance_are_refused():
    with pytest.raises(AssumptionError, match=r"a confidence of 1\.2 and a tolerance of 0\.1"):
        solve_standard(need_at_rate, money(1.0), OPENING, 0.3, 0.95, 1.2, 0.95, 0.1)
    with pytest.raises(AssumptionError, match="a tolerance of 0;"):
        solve_standard(need_at_rate, money(1.0), OPENING, 0.3, 0.95, 0.9, 0.95, 0.0)
