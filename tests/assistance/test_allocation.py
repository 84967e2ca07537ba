from itertools import product

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from actuarial.assistance.allocation import (
    allocate,
    allocation_effects,
    allocation_limits,
    allocation_path,
    fair_allocation,
    target_share,
)
from actuarial.errors import AssumptionError, SchemaError

REGIONS = ["a", "b", "c", "d"]


def regions(values) -> xr.DataArray:
    return xr.DataArray(np.asarray(values), dims="region", coords={"region": REGIONS[: len(values)]})


def by_enumeration(total: float, share: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """The minimum of sum (x - share total)^2 / share by trying every set of regions held at a limit."""
    best, found = np.inf, lower
    for held in product((0, 1, 2), repeat=len(share)):
        place = np.array(held)
        fixed = np.where(place == 1, lower, upper)
        free = place == 0
        rest = total - fixed[~free].sum()
        if free.any():
            x = np.where(free, share * (rest / share[free].sum()), fixed)
        elif abs(rest) > 1e-6:
            continue
        else:
            x = fixed.astype(float)
        if (x < lower - 1e-6).any() or (x > upper + 1e-6).any():
            continue
        value = ((x - share * total) ** 2 / share).sum()
        if value < best:
            best, found = value, x
    return found


def test_target_mixes_burden_and_need():
    share = target_share(regions([30.0, 70.0]), regions([500.0, 500.0]), 0.25)
    assert share.values.tolist() == [0.25 * 0.3 + 0.75 * 0.5, 0.25 * 0.7 + 0.75 * 0.5]


def test_allocation_by_hand():
    """1,000 over shares 0.5, 0.3, 0.2; last year 300, 400, 300; floor 0.9, rise 0.25.

    Target 500, 300, 200; limits 270-375, 360-500, 270-375. With the first at its ceiling and the others at their floors
    375 + 360 + 270 = 1,005 > 1,000, so that the first is free: 1,000 - 360 - 270 = 370.
    """
    limits = allocation_limits(regions([300, 400, 300]), 1000, 0.9, 0.25)
    assert limits["lower"].values.tolist() == [270, 360, 270]
    assert limits["upper"].values.tolist() == [375, 500, 375]
    share = regions([0.5, 0.3, 0.2])
    amounts = allocate(1000, share, limits["lower"], limits["upper"])
    assert amounts.values.tolist() == [370, 360, 270]
    effects = allocation_effects(amounts, share, regions([300, 400, 300]), limits["lower"], limits["upper"])
    assert effects["change"].values.tolist() == [70, -40, -30]
    np.testing.assert_allclose(effects["from_target"], [-130, 60, 70])
    assert effects["is_at_floor"].values.tolist() == [False, True, True]
    assert not bool(effects["is_at_ceiling"].any())


def test_target_itself_is_taken_where_no_limit_holds():
    amounts = allocate(1000, regions([0.5, 0.3, 0.2]), regions([0, 0, 0]), regions([1000, 1000, 1000]))
    assert amounts.values.tolist() == [500, 300, 200]


SHARES = arrays(float, 4, elements=st.floats(0.05, 1.0))
LAST = arrays("int64", 4, elements=st.integers(1000, 10**11))


@settings(max_examples=60)
@given(SHARES, LAST, st.floats(0.5, 1.0), st.floats(0.0, 0.5), st.floats(0.0, 1.0))
def test_allocation_adds_up_keeps_its_limits_and_is_the_nearest(weights, last, floor, rise, place):
    share = regions(weights / weights.sum())
    total = int(place * 2 * int(last.sum()))
    limits = allocation_limits(regions(last), total, floor, rise)
    lower, upper = limits["lower"], limits["upper"]
    assert int(lower.sum()) <= total <= int(upper.sum())
    amounts = allocate(total, share, lower, upper)
    assert int(amounts.sum()) == total
    assert amounts.dtype == np.int64
    assert bool(((amounts >= lower) & (amounts <= upper)).all())
    exact = fair_allocation(total, share, lower, upper)
    second = by_enumeration(total, share.values, lower.values, upper.values)
    # amounts of up to 4e11 fen carry 1e-4 of a fen of rounding
    np.testing.assert_allclose(exact, second, rtol=1e-9, atol=1e-3)
    assert float(abs(amounts - exact).max()) < 1.001


def test_no_transfer_between_two_regions_comes_nearer_to_the_target():
    share, lower, upper = regions([0.4, 0.3, 0.2, 0.1]), regions([0, 0, 300, 0]), regions([350, 999, 999, 999])
    total = 1000
    exact = fair_allocation(total, share, lower, upper).values

    def distance(x: np.ndarray) -> float:
        return float(((x - share.values * total) ** 2 / share.values).sum())

    for giver, taker in product(range(4), repeat=2):
        moved = exact.copy()
        moved[giver] -= 0.01
        moved[taker] += 0.01
        if giver != taker and (moved >= lower.values).all() and (moved <= upper.values).all():
            assert distance(moved) > distance(exact)


def test_several_years_move_to_the_target_at_the_stated_pace():
    """Last year 500, 500; target 0.8, 0.2 of a constant 1,000; falls of 20% at most: 400, 320, 256, 204.8, then 200."""
    years = np.arange(2026, 2031)
    total = xr.DataArray(np.full(5, 100_000), dims="year", coords={"year": years})
    share = regions([0.8, 0.2]).expand_dims(year=years).transpose("region", "year")
    path = allocation_path(total, share, regions([50_000, 50_000]), 0.8, 1.0)
    assert path.dims == ("region", "year")
    assert path.sel(region="b").values.tolist() == [40_000, 32_000, 25_600, 20_480, 20_000]
    assert path.sum("region").values.tolist() == [100_000] * 5


def test_floors_and_ceilings_that_cannot_be_met_are_refused():
    with pytest.raises(AssumptionError) as refusal:
        allocate(1000, regions([0.5, 0.5]), regions([600, 500]), regions([900, 900]))
    assert str(refusal.value) == (
        "allocation: the floors of the regions add up to 1100 fen, the city has 1000: change the total, the floor or "
        "the largest yearly change"
    )
    with pytest.raises(AssumptionError, match="the ceilings of the regions add up to 900 fen, the city has 1000"):
        allocate(1000, regions([0.5, 0.5]), regions([0, 0]), regions([400, 500]))


def test_city_with_less_money_than_last_year_keeps_the_proportions_of_its_limits():
    """Half of last year's 1,000: floors of 0.9 are 135, 180, 135, and a rise of 0.25 187.5 rounded up, 250, 188."""
    limits = allocation_limits(regions([300, 400, 300]), 500, 0.9, 0.25)
    assert limits["lower"].values.tolist() == [135, 180, 135]
    assert limits["upper"].values.tolist() == [188, 250, 188]


def test_impossible_choices_are_refused():
    with pytest.raises(AssumptionError, match=r"a weight of 1\.5 for the burden"):
        target_share(regions([1.0]), regions([1.0]), 1.5)
    with pytest.raises(AssumptionError, match="neither burden nor need"):
        target_share(regions([1.0, 0.0]), regions([1.0, 0.0]), 0.5)
    with pytest.raises(AssumptionError, match=r"a floor of 1\.2 and a rise of 0\.1 on 100 fen"):
        allocation_limits(regions([100]), 100, 1.2, 0.1)
    with pytest.raises(SchemaError, match="needs a positive share"):
        allocate(10, regions([1.0, 0.0]), regions([0, 0]), regions([10, 10]))
