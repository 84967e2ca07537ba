import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm

from actuarial.errors import SchemaError
from actuarial.evaluation.inequality import concentration_index, gini, theil, theil_between_within

AMOUNTS = arrays(float, 6, elements=st.floats(0.01, 100.0))


def along(values, dim: str = "region") -> xr.DataArray:
    return xr.DataArray(np.asarray(values, float), dims=dim, coords={dim: np.arange(len(values))})


def log_normal_groups(spread: float, groups: int) -> tuple[xr.DataArray, xr.DataArray]:
    """Equal groups by rank, each with the mean of its part of a log-normal of mean one."""
    edges = norm.ppf(np.linspace(0, 1, groups + 1))
    means = np.diff(norm.cdf(edges - spread)) * groups
    return along(means), along(np.ones(groups))


def by_pairs(amount: np.ndarray, persons: np.ndarray) -> float:
    """Gini as the mean difference of all pairs over twice the mean."""
    share = persons / persons.sum()
    gaps = np.abs(amount[:, None] - amount[None, :])
    return float((share[:, None] * share[None, :] * gaps).sum() / (2 * (share * amount).sum()))


@pytest.mark.parametrize("spread", [0.3, 0.8, 1.2])
def test_log_normal_has_its_closed_theil_and_gini(spread: float):
    """Theil s^2 / 2, Gini 2 Phi(s / sqrt 2) - 1; equality inside the last of 200,000 groups takes 1e-4 at most away."""
    amount, persons = log_normal_groups(spread, 200_000)
    assert float(theil(amount, persons, "region")) == pytest.approx(spread**2 / 2, rel=2e-4)
    assert float(gini(amount, persons, "region")) == pytest.approx(2 * norm.cdf(spread / np.sqrt(2)) - 1, rel=1e-6)


def test_two_groups_by_hand():
    """A quarter of the people has 4 each, the rest 1: mean 1.75, shares 4/7 and 3/7, Gini 4/7 - 1/4."""
    amount, persons = along([4.0, 1.0]), along([1.0, 3.0])
    assert float(gini(amount, persons, "region")) == pytest.approx(4 / 7 - 1 / 4)
    expected = 4 / 7 * np.log(16 / 7) + 3 / 7 * np.log(4 / 7)
    assert float(theil(amount, persons, "region")) == pytest.approx(expected)


def test_equality_is_zero_and_one_who_has_all_is_the_most():
    assert float(theil(along([5.0] * 4), along([1.0, 2.0, 3.0, 4.0]), "region")) == pytest.approx(0, abs=1e-15)
    assert float(gini(along([5.0] * 4), along([1.0, 2.0, 3.0, 4.0]), "region")) == pytest.approx(0, abs=1e-15)
    alone = along([0.0, 0.0, 0.0, 9.0])
    assert float(theil(alone, along([1.0] * 4), "region")) == pytest.approx(np.log(4))
    assert float(gini(alone, along([1.0] * 4), "region")) == pytest.approx(3 / 4)


@settings(max_examples=40)
@given(AMOUNTS, AMOUNTS)
def test_gini_is_the_mean_difference_of_all_pairs(amount: np.ndarray, persons: np.ndarray):
    assert float(gini(along(amount), along(persons), "region")) == pytest.approx(by_pairs(amount, persons), abs=1e-12)


GROUPS = xr.DataArray(["east", "west", "east", "north", "west", "east"], dims="region", coords={"region": np.arange(6)})


@settings(max_examples=40)
@given(AMOUNTS, AMOUNTS)
def test_between_and_within_add_up_to_the_whole(amount: np.ndarray, persons: np.ndarray):
    split = theil_between_within(along(amount), along(persons), GROUPS)
    whole = theil(along(amount), along(persons), "region")
    assert split["within"]["group"].values.tolist() == ["east", "west", "north"]
    assert float(split["within"].sel(group="north")) == pytest.approx(0, abs=1e-12)  # one region alone
    assert float(split["between"] + split["within"].sum()) == pytest.approx(float(whole), abs=1e-12)
    assert float(split["between"]) >= -1e-12


def test_group_without_anything_adds_nothing_within():
    amount = along([1.0, 0.0, 3.0, 2.0, 0.0, 5.0])
    split = theil_between_within(amount, along([1.0] * 6), GROUPS)
    assert float(split["within"].sel(group="west")) == 0
    assert float(split["between"] + split["within"].sum()) == pytest.approx(
        float(theil(amount, along([1.0] * 6), "region"))
    )


def test_draws_are_measured_at_once():
    amounts = np.random.default_rng(1).lognormal(size=(3, 6))
    together = xr.DataArray(amounts, dims=("draw", "region"), coords={"region": np.arange(6)})
    persons = along([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    for draw, row in enumerate(amounts):
        for measure in (theil, gini):
            alone = float(measure(along(row), persons, "region"))
            assert float(measure(together, persons, "region").isel(draw=draw)) == pytest.approx(alone, rel=1e-12)


def test_concentration_of_child_deaths_in_india():
    """O'Donnell et al. (2008), chapter 8, table 8.1: births and under-five deaths by wealth group; index -0.1694."""
    births = along([29_939, 28_776, 26_528, 24_689, 19_739], "wealth")
    deaths_per_thousand = along([154.7, 152.9, 119.5, 86.9, 54.3], "wealth")
    found = concentration_index(deaths_per_thousand, births, "wealth")
    assert float(found["index"]) == pytest.approx(-0.1694, abs=5e-5)


@settings(max_examples=40)
@given(AMOUNTS, AMOUNTS)
def test_concentration_is_one_less_twice_the_area_under_its_curve(amount: np.ndarray, persons: np.ndarray):
    found = float(concentration_index(along(amount), along(persons), "region")["index"])
    x = np.concatenate([[0], np.cumsum(persons) / persons.sum()])
    y = np.concatenate([[0], np.cumsum(amount * persons) / (amount * persons).sum()])
    assert found == pytest.approx(1 - 2 * np.trapezoid(y, x), abs=1e-12)


def test_concentration_is_the_slope_of_the_regression_on_the_rank():
    """Kakwani et al. (1997), equation 12: 2 var(R) amount / mean on R, one person a group."""
    amount = np.random.default_rng(2).lognormal(size=50)
    rank = (np.arange(50) + 0.5) / 50
    slope = np.polyfit(rank, 2 * rank.var() * amount / amount.mean(), 1)[0]
    found = concentration_index(along(amount), along(np.ones(50)), "region")["index"]
    assert float(found) == pytest.approx(slope, rel=1e-10)


def test_standard_error_is_the_spread_of_repeated_samples():
    """3,000 samples of 400 persons whose amount falls with a rank drawn anew each time."""
    rng = np.random.default_rng(3)
    rank = np.sort(rng.uniform(size=(3000, 400)), axis=1)
    amount = xr.DataArray(np.exp(-rank + 0.5 * rng.standard_normal(rank.shape)), dims=("draw", "person"))
    found = concentration_index(amount, xr.DataArray(np.ones(400), dims="person"), "person")
    spread = float(found["index"].std("draw", ddof=1))
    # the spread of 3,000 samples is known to 1 / sqrt(6,000) = 1.3%; the formula itself is right to terms of 1 / 400
    assert float(found["standard_error"].mean()) == pytest.approx(spread, rel=4 * 0.013 + 1 / 400)


def test_what_is_not_known_or_nothing_is_refused():
    with pytest.raises(SchemaError, match="amount: 1 of 2 values are missing"):
        theil(along([1.0, np.nan]), along([1.0, 1.0]), "region")
    with pytest.raises(SchemaError, match="persons: 1 of 2 values are missing, infinite or negative"):
        gini(along([1.0, 1.0]), along([1.0, -1.0]), "region")
    with pytest.raises(SchemaError, match="nobody has anything"):
        concentration_index(along([0.0, 0.0]), along([1.0, 1.0]), "region")
