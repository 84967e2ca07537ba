from itertools import permutations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from actuarial.errors import SchemaError
from actuarial.evaluation.decomposition import (
    FACTORS,
    additive_effects,
    enrolment_and_structure,
    logarithmic_mean,
    multiplicative_effects,
    yearly_effects,
)

# Factors of a cell lie within six orders of magnitude; sums then lose at most a few units in the sixteenth digit.
POSITIVE = st.floats(1e-3, 1e3)
EXACT = 1e-12


def cells(values) -> xr.DataArray:
    return xr.DataArray(np.asarray(values, float), dims="age")


def product(factors: dict[str, xr.DataArray]) -> xr.DataArray:
    whole = xr.DataArray(1.0)
    for values in factors.values():
        whole = whole * values
    return whole


def named(rows: np.ndarray) -> dict[str, xr.DataArray]:
    return {name: cells(row) for name, row in zip(FACTORS, rows, strict=True)}


def random_factors(seed: int, shape: dict[str, int]) -> dict[str, xr.DataArray]:
    rng = np.random.default_rng(seed)
    return {name: xr.DataArray(rng.lognormal(size=tuple(shape.values())), dims=tuple(shape)) for name in FACTORS}


def test_logarithmic_mean_of_one_and_e_is_e_less_one():
    mean = logarithmic_mean(xr.DataArray([np.e, 1.0, 5.0, 0.0, 3.0]), xr.DataArray([1.0, np.e, 5.0, 4.0, 0.0]))
    np.testing.assert_allclose(mean, [np.e - 1, np.e - 1, 5.0, 0.0, 0.0], rtol=1e-15)


def test_logarithmic_mean_near_equality_follows_its_series():
    """L(1 + h, 1) = 1 + h/2 - h^2/12 + h^3/24 - ...; the quotient itself keeps no more than six digits of h/2."""
    step = xr.DataArray([1e-9, 1e-6, 9e-5, 1.1e-4])
    series = 1 + step / 2 - step**2 / 12 + step**3 / 24
    np.testing.assert_allclose(logarithmic_mean(1 + step, xr.DataArray(1.0)), series, rtol=3e-16 * 4)


@given(arrays(float, (2, 5, 4), elements=POSITIVE))
def test_additive_effects_leave_no_residual(values: np.ndarray):
    before, after = named(values[0]), named(values[1])
    effects = additive_effects(before, after, ["age"])
    start, end = product(before).sum(), product(after).sum()
    # what cancels within the effects is as large as their absolute sum
    scale = max(float(start), float(end), float(abs(effects).sum()))
    assert abs(float(effects.sum() - (end - start))) <= EXACT * scale


@given(arrays(float, (2, 5, 4), elements=POSITIVE))
def test_multiplicative_effects_leave_no_residual(values: np.ndarray):
    before, after = named(values[0]), named(values[1])
    effects = multiplicative_effects(before, after, ["age"])
    ratio = product(after).sum() / product(before).sum()
    np.testing.assert_allclose(np.log(effects).sum(), np.log(ratio), rtol=0, atol=1e-11)


def test_effects_do_not_depend_on_the_order_of_the_factors():
    before, after = random_factors(1, {"age": 7}), random_factors(2, {"age": 7})
    first = additive_effects(before, after, ["age"])
    for order in list(permutations(FACTORS))[::11]:
        again = additive_effects({k: before[k] for k in order}, {k: after[k] for k in order}, ["age"])
        np.testing.assert_allclose(again.sel(factor=list(FACTORS)), first, rtol=1e-12, atol=1e-12)


def test_effects_reversed_in_time_change_their_sign():
    before, after = random_factors(3, {"age": 5}), random_factors(4, {"age": 5})
    forward, backward = additive_effects(before, after, ["age"]), additive_effects(after, before, ["age"])
    np.testing.assert_allclose(forward, -backward, rtol=1e-12)


def test_effects_are_integrals_along_the_path_on_which_logs_are_straight():
    """Divisia: effect(k) = integral of sum of V(t) d ln x_k(t), x_k(t) = before^(1-t) after^t, by Gauss-Legendre."""
    before, after = random_factors(5, {"region": 2, "age": 6}), random_factors(6, {"region": 2, "age": 6})
    nodes, weights = np.polynomial.legendre.leggauss(40)
    times, weights = (nodes + 1) / 2, weights / 2
    integral = dict.fromkeys(FACTORS, xr.DataArray(0.0))
    for time, weight in zip(times, weights, strict=True):
        now = {k: before[k] ** (1 - time) * after[k] ** time for k in FACTORS}
        for name in FACTORS:
            slope = np.log(after[name]) - np.log(before[name])
            integral[name] = integral[name] + weight * (product(now) * slope).sum("age")
    effects = additive_effects(before, after, ["age"])
    for name in FACTORS:
        np.testing.assert_allclose(effects.sel(factor=name), integral[name], rtol=1e-11, atol=1e-12)


def test_two_sectors_by_hand():
    """Two cells, 30 -> 80 and 20 -> 16: activity 50 -> 80, shares 0.2, 0.8 -> 0.5, 0.5, intensity 3, 0.5 -> 2, 0.4.

    L(80, 30) = 50 / ln(8/3) = 50.977, L(16, 20) = 4 / ln(1.25) = 17.926.
    """
    before = {"activity": xr.DataArray(50.0), "structure": cells([0.2, 0.8]), "intensity": cells([3.0, 0.5])}
    after = {"activity": xr.DataArray(80.0), "structure": cells([0.5, 0.5]), "intensity": cells([2.0, 0.4])}
    large, small = 50 / np.log(8 / 3), 4 / np.log(1.25)
    by_hand = [
        (large + small) * np.log(1.6),
        large * np.log(2.5) + small * np.log(0.625),
        large * np.log(2 / 3) + small * np.log(0.8),
    ]
    np.testing.assert_allclose(by_hand, [32.3846, 38.2849, -24.6695], atol=5e-5)  # on paper; they add up to 46
    np.testing.assert_allclose(additive_effects(before, after, ["age"]), by_hand, rtol=1e-13)
    whole = 46 / np.log(96 / 50)
    np.testing.assert_allclose(multiplicative_effects(before, after, ["age"]), np.exp(np.array(by_hand) / whole))


def test_cell_that_appears_belongs_to_the_factor_that_was_zero():
    before = {"members": cells([0.0, 10.0]), "cost": cells([7.0, 3.0])}
    after = {"members": cells([5.0, 10.0]), "cost": cells([8.0, 3.0])}
    np.testing.assert_array_equal(additive_effects(before, after, ["age"]), [40.0, 0.0])
    np.testing.assert_array_equal(additive_effects(after, before, ["age"]), [-40.0, 0.0])


def test_zeros_take_the_limit_of_one_small_number_in_their_place():
    """Ang & Choi (1997): substitute a small number; effects converge, slowly, as the logarithm of that number."""
    before = {"a": cells([0.0, 2.0, 0.0]), "b": cells([0.0, 3.0, 1.0]), "c": cells([2.0, 1.0, 4.0])}
    after = {"a": cells([3.0, 2.5, 0.0]), "b": cells([4.0, 2.0, 2.0]), "c": cells([5.0, 1.0, 0.0])}
    limit = additive_effects(before, after, ["age"])
    gaps = []
    for small in (1e-50, 1e-100, 1e-140):
        near = additive_effects(
            {k: v.where(v > 0, small) for k, v in before.items()},
            {k: v.where(v > 0, small) for k, v in after.items()},
            ["age"],
        )
        gaps.append(float(abs(near - limit).max()))
    assert gaps[0] > gaps[1] > gaps[2]
    # the gap is of the order of 60 over the log of the small number: it falls as 1 / log
    np.testing.assert_allclose(gaps[0] * 50, gaps[2] * 140, rtol=0.02)
    assert float(limit.sum()) == pytest.approx(60 + 5 - 6, rel=1e-14)


def test_city_effects_are_the_sums_of_regional_effects():
    before, after = (
        random_factors(7, {"draw": 3, "region": 4, "age": 6}),
        random_factors(8, {"draw": 3, "region": 4, "age": 6}),
    )
    regional = additive_effects(before, after, ["age"])
    assert regional.dims == ("factor", "draw", "region")
    np.testing.assert_allclose(regional.sum("region"), additive_effects(before, after, ["region", "age"]), rtol=1e-12)


def test_yearly_effects_chain_to_the_change_over_all_years():
    factors = random_factors(9, {"region": 2, "age": 5, "year": 6})
    factors = {name: values.assign_coords(year=np.arange(2025, 2031)) for name, values in factors.items()}
    factors["policy"] = xr.DataArray(1.0)
    chained = yearly_effects(factors, ["age"])
    assert chained["year"].values.tolist() == [2026, 2027, 2028, 2029, 2030]
    spending = product(factors).sum("age")
    change = spending.sel(year=2030) - spending.sel(year=2025)
    np.testing.assert_allclose(chained.sum(["factor", "year"]), change, rtol=1e-11)
    np.testing.assert_array_equal(chained.sel(factor="policy"), 0.0)


def test_only_ageing_moves_when_only_the_ages_of_the_members_move():
    exposure = xr.DataArray([[60.0, 40.0], [45.0, 55.0]], dims=("year", "age"), coords={"year": [2025, 2030]})
    factors = enrolment_and_structure(exposure, ["age"]) | {"intensity": cells([1000.0, 4000.0])}
    effects = yearly_effects(factors, ["age"]).sel(year=2030)
    # 15 of 100 members become old and cost 3000 more
    np.testing.assert_allclose(effects, [0.0, 45_000.0, 0.0], rtol=1e-12, atol=1e-9)


def test_uniform_growth_of_one_factor_is_its_own_ratio():
    before = random_factors(10, {"age": 5})
    after = before | {"price_technology": before["price_technology"] * 1.07}
    effects = multiplicative_effects(before, after, ["age"])
    np.testing.assert_allclose(effects, [1, 1, 1, 1.07, 1], rtol=1e-13)


def test_missing_factor_is_refused_with_its_place():
    before, after = random_factors(11, {"age": 3}), random_factors(12, {"age": 3})
    after["intensity"] = after["intensity"].where(xr.DataArray([True, False, True], dims="age"))
    with pytest.raises(SchemaError) as refusal:
        additive_effects(before, after, ["age"])
    assert str(refusal.value) == (
        "decomposition: intensity after: 1 of 3 values are missing, negative or infinite, first at position "
        "{'age': 1}; a log growth needs every factor known"
    )


def test_factors_that_differ_are_refused():
    before = random_factors(13, {"age": 3})
    with pytest.raises(SchemaError, match="they must be the same"):
        additive_effects(before, {"enrolment": before["enrolment"]}, ["age"])
    with pytest.raises(SchemaError, match="no factor has the dim 'tier'"):
        additive_effects(before, before, ["tier"])


def test_ratio_from_nothing_is_refused():
    nothing, something = {"a": cells([0.0])}, {"a": cells([1.0])}
    with pytest.raises(SchemaError, match="a total is zero"):
        multiplicative_effects(nothing, something, ["age"])


def test_group_without_a_member_has_no_age_structure():
    with pytest.raises(SchemaError, match="1 groups without a member"):
        enrolment_and_structure(xr.DataArray([[0.0, 0.0], [1.0, 2.0]], dims=("region", "age")), ["age"])


def test_nothing_that_moves_is_refused():
    with pytest.raises(SchemaError, match="no factor has a year"):
        yearly_effects({"a": cells([1.0])}, ["age"])
