import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import brentq
from scipy.stats import norm

from actuarial.assistance.shortfall import (
    first_shortfall,
    lasting_addition,
    money_needed,
    money_needed_interval,
    shortfall_path,
    shortfall_summary,
)
from actuarial.errors import AssumptionError, SchemaError

NEED_GROWTH, MONEY_GROWTH = 1.12, 1.085
AMOUNTS = st.integers(0, 10**12)


def yearly(values) -> xr.DataArray:
    """One region: (draw, region, year) from (draw, year), or (region, year) from (year,)."""
    table = np.asarray(values)
    years = np.arange(2026, 2026 + table.shape[-1])
    dims = ("draw", "region", "year")[-1 - table.ndim :]
    return xr.DataArray(np.expand_dims(table, -2), dims=dims, coords={"region": ["a"], "year": years})


def opening(amount: float) -> xr.DataArray:
    return xr.DataArray([amount], dims="region", coords={"region": ["a"]})


def grown(first: float, growth: float, years: int) -> xr.DataArray:
    return yearly(first * growth ** np.arange(years)[None])


def test_path_by_hand():
    """Money 100 a year, 30 carried in; need 90, 110, 150, 80: 40 left, 30 left, 20 short, 20 left."""
    path = shortfall_path(yearly([90, 110, 150, 80]), yearly([100, 100, 100, 100]), opening(30)).squeeze()
    assert path["available"].values.tolist() == [130, 140, 130, 100]
    assert path["shortfall"].values.tolist() == [0, 0, 20, 0]
    assert path["surplus"].values.tolist() == [40, 30, 0, 20]


@settings(max_examples=15)
@given(st.floats(0.3, 0.99))
def test_need_of_12_percent_outruns_money_of_8_5_in_the_year_of_the_geometric_sums(share: float):
    """Need so far, s (1.12^t - 1) / 0.12, passes money so far, (1.085^t - 1) / 0.085, at the root of an equation."""

    def gap(years: float) -> float:
        return share * (NEED_GROWTH**years - 1) / 0.12 - (MONEY_GROWTH**years - 1) / 0.085

    crossing = float(np.asarray(brentq(gap, 1e-6, 200.0)))
    if abs(crossing - round(crossing)) < 1e-6:
        return  # the year itself is in doubt by rounding
    horizon = int(crossing) + 5
    path = shortfall_path(grown(share, NEED_GROWTH, horizon), grown(1.0, MONEY_GROWTH, horizon), opening(0.0))
    first = first_shortfall(path["shortfall"])["first"].squeeze()
    assert int(first["year"][int(first.argmax("year"))]) == 2026 + int(np.ceil(crossing)) - 1


def test_need_of_80_percent_draws_on_savings_eight_years_later_and_falls_short_twelve_years_later():
    """ln(1 / 0.8) / ln(1.12 / 1.085) = 7.03 years until need of the year passes money of the year, by logarithms."""
    years = 16
    path = shortfall_path(grown(0.8, NEED_GROWTH, years), grown(1.0, MONEY_GROWTH, years), opening(0.0)).squeeze()
    surplus = path["surplus"].values
    assert int(np.ceil(np.log(1 / 0.8) / np.log(NEED_GROWTH / MONEY_GROWTH))) == 8
    assert (np.diff(surplus)[:7] > 0).all()
    assert np.diff(surplus)[7] < 0
    short = path["year"].values[path["shortfall"].values > 0]
    # 0.8 (1.12^13 - 1) / 0.12 = 22.42 and (1.085^13 - 1) / 0.085 = 22.21; of 12 years 19.31 and 19.55
    assert short.tolist() == [2038, 2039, 2040, 2041]


def test_log_normal_need_has_the_closed_form_of_probability_mean_and_tail():
    """One year, money m, need exp(mu + s Z): P = Phi(d), E max(0, N - m) = e^(mu + s^2/2) Phi(d + s) - m Phi(d)."""
    rng = np.random.default_rng(1)
    draws, centre, spread, money = 40_000, np.log(100.0), 0.2, 115.0
    need = yearly(np.exp(centre + spread * rng.standard_normal((draws, 1))))
    summary = shortfall_summary(shortfall_path(need, yearly([money]), opening(0.0))["shortfall"], 0.95).squeeze()
    distance = (centre - np.log(money)) / spread
    probability = norm.cdf(distance)
    mean = np.exp(centre + spread**2 / 2) * norm.cdf(distance + spread) - money * probability
    assert abs(float(summary["probability"]) - probability) < 4 * float(summary["probability_error"])
    assert float(summary["probability_error"]) == pytest.approx(
        np.sqrt(probability * (1 - probability) / draws), rel=0.05
    )
    assert abs(float(summary["mean"]) - mean) < 4 * float(summary["mean_error"])
    tail = np.exp(centre + spread * norm.ppf(0.95)) - money
    density = norm.pdf(norm.ppf(0.95)) / (spread * (tail + money))
    assert abs(float(summary["tail"]) - tail) < 4 * np.sqrt(0.95 * 0.05 / draws) / density


def test_money_needed_of_a_log_normal_need_is_its_quantile():
    need = np.exp(0.2 * np.random.default_rng(2).standard_normal((20_000, 1)))
    short = shortfall_path(yearly(need), yearly([1.0]), opening(0.0))["shortfall"]
    true = np.exp(0.2 * norm.ppf(0.95)) - 1
    interval = money_needed_interval(short, 0.05, 0.9999).squeeze()
    assert float(interval["lower"]) < true < float(interval["upper"])
    assert float(interval["lower"]) < float(money_needed(short, 0.05).squeeze()) < float(interval["upper"])


def test_interval_holds_the_true_quantile_as_often_as_it_says():
    histories = xr.DataArray(np.random.default_rng(3).uniform(size=(400, 2000)), dims=("draw", "history"))
    interval = money_needed_interval(histories, 0.05, 0.9)
    held = float(((interval["lower"] <= 0.95) & (interval["upper"] > 0.95)).mean())
    # whole ranks make the interval a little wide: at least 90%, and by the binomial law 92.5% here
    assert 0.9 - 4 * 0.0067 < held < 0.95 + 4 * 0.0067


@given(arrays("int64", (40, 3), elements=AMOUNTS), st.sampled_from([0.01, 0.025, 0.05, 0.07, 0.1, 0.5, 1.0]))
def test_money_needed_is_enough_and_one_unit_less_is_not(values: np.ndarray, limit: float):
    short = xr.DataArray(values, dims=("draw", "year"))
    money = money_needed(short, limit)
    assert bool(((short > money).mean("draw") < limit).all())
    less = ((short > money - 1).mean("draw") >= limit) | (money == 0)
    assert bool(less.all())


def test_money_needed_of_a_hundred_draws_leaves_four_short():
    short = xr.DataArray(np.arange(1, 101), dims="draw")
    assert int(money_needed(short, 0.05)) == 96
    assert int(money_needed(short, 0.07)) == 94  # 0.07 * 100 is 7.000000000000001 in binary


AMOUNT_TABLES = arrays("int64", (6, 4), elements=st.integers(0, 1000))


@settings(max_examples=40)
@given(AMOUNT_TABLES, AMOUNT_TABLES, st.integers(0, 2000))
def test_money_is_kept_year_by_year(need: np.ndarray, money: np.ndarray, start: int):
    path = shortfall_path(yearly(need), yearly(money), opening(start))
    before = path["surplus"].shift(year=1, fill_value=start)
    balance = before + yearly(money) + path["shortfall"] - yearly(need)
    xr.testing.assert_equal(balance.transpose(*path["surplus"].dims), path["surplus"])
    assert bool(((path["shortfall"] == 0) | (path["surplus"] == 0)).all())
    assert bool((path["shortfall"] >= 0).all())


@settings(max_examples=40)
@given(AMOUNT_TABLES, AMOUNT_TABLES, st.integers(0, 2000), st.sampled_from([(1, 0, 0, 0), (1, 1, 1, 1), (1, 2, 4, 8)]))
def test_lasting_addition_is_enough_and_less_is_not(need, money, start, pattern):
    paid = xr.DataArray(np.array(pattern, float), dims="year", coords={"year": yearly(need)["year"]})
    addition = lasting_addition(yearly(need), yearly(money), opening(start), paid)
    # a millionth of a unit is far above the rounding of sums of thousands, far below one unit
    enough = shortfall_path(yearly(need), yearly(money) + (addition + 1e-6) * paid, opening(start))["shortfall"]
    assert float(enough.max()) == 0
    is_needed = addition > 1e-6
    short = shortfall_path(
        yearly(need), yearly(money) + (addition - 1e-6).where(is_needed, 0.0) * paid, opening(start)
    )["shortfall"]
    assert bool(((short.max("year") > 0) | ~is_needed).all())


def test_money_that_is_pooled_is_short_where_the_sums_are():
    """Region a is short by 30 while b has 50 left: together 20 are left, and the next year 10 are short."""
    coords = {"region": ["a", "b"], "year": [2026, 2027]}
    need = xr.DataArray([[130, 100], [50, 130]], dims=("region", "year"), coords=coords)
    money = xr.full_like(need, 100)
    pooled = shortfall_path(need.sum("region"), money.sum("region"), xr.DataArray(0))
    assert pooled["surplus"].values.tolist() == [20, 0]
    assert pooled["shortfall"].values.tolist() == [0, 10]
    start = xr.DataArray([0, 0], dims="region", coords={"region": ["a", "b"]})
    apart = shortfall_path(need, money, start)["shortfall"]
    assert apart.values.tolist() == [[30, 0], [0, 0]]


def test_first_years_and_never_sum_to_one():
    short = yearly([[0, 5, 5], [0, 0, 0], [7, 0, 1], [0, 0, 2]])
    first = first_shortfall(short)
    assert first["first"].squeeze().values.tolist() == [0.25, 0.25, 0.25]
    assert float(first["never"].squeeze()) == 0.25


def test_amount_that_is_missing_is_refused_with_its_place():
    need = yearly([1.0, np.nan])
    with pytest.raises(SchemaError) as refusal:
        shortfall_path(need, yearly([1.0, 1.0]), opening(0))
    assert str(refusal.value) == (
        "assistance: need: 1 of 2 values are missing, infinite or negative, first at {'region': 'a', 'year': 2027}; "
        "state every amount, zero where there is none"
    )
    with pytest.raises(SchemaError, match="opening surplus: 1 of 1 values"):
        shortfall_path(yearly([1.0]), yearly([1.0]), opening(-1))


def test_limits_and_draws_that_cannot_answer_are_refused():
    short = xr.DataArray(np.arange(20.0), dims="draw")
    with pytest.raises(AssumptionError, match="it lies above 0 and is 1 at most"):
        money_needed(short, 0.0)
    with pytest.raises(AssumptionError, match="20 draws are too few for an upper end"):
        money_needed_interval(short, 0.05, 0.9)
    late = xr.DataArray([0.0, 1.0], dims="year", coords={"year": [2026, 2027]})
    with pytest.raises(AssumptionError, match="before the pattern pays any"):
        lasting_addition(yearly([5.0, 5.0]), yearly([1.0, 1.0]), opening(0), late)
