import re
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from actuarial.errors import AssumptionError
from actuarial.settlement.adjustment_fund import settle_adjustment_funds
from actuarial.settlement.adjustment_rule import AdjustmentRule, Segment, preset

REGIONS = ["a", "b", "c"]
ONE_FUND = {"a": "city", "b": "city", "c": "city"}


def table(values: list | np.ndarray) -> xr.DataArray:
    array = np.asarray(values, dtype="int64")
    dims = ("draw", "region", "year")[-array.ndim :]
    return xr.DataArray(array, dims=dims, coords={"region": REGIONS, "year": 2026 + np.arange(array.shape[-1])})


REVENUE = table([[500, 500], [300, 300], [200, 200]])
SPENDING = table([[450, 700], [330, 480], [210, 250]])
RULE = AdjustmentRule(0.1, "deficit", (Segment(0.04, float("inf"), 0.8),), is_prorated=True)


def test_hand_worked_settlement_of_two_years():
    """10% paid in: 50, 30, 20. 80% of the deficit beyond 4% of revenue.

    2026: b lacks 30, 18 beyond 12: 14.4, so 14; c lacks 10, 2 beyond 8: 1.6, so 2. 100 - 16 = 84 are kept.
    2027: asked 144, 134, 34, in all 312; held 84 + 100 = 184, a share of 0.5897: 84, 79, 20; 1 is kept.
    """
    found = settle_adjustment_funds({"city": RULE}, ONE_FUND, REVENUE, SPENDING, None)
    np.testing.assert_array_equal(found["paid_in"], [[50, 50], [30, 30], [20, 20]])
    np.testing.assert_array_equal(found["asked"], [[0, 144], [14, 134], [2, 34]])
    np.testing.assert_array_equal(found["drawn"], [[0, 84], [14, 79], [2, 20]])
    np.testing.assert_array_equal(found["transfer"], [[-50, 34], [-16, 49], [-18, 0]])
    np.testing.assert_array_equal(found["balance"], [[84, 1]])


@pytest.mark.parametrize(
    ("variant", "transfer", "balance"),
    [
        # 8%: 40, 24, 16; all of the deficits 30 and 10
        ("zhejiang", [-40, 6, -6], 40),
        # 3%: 15, 9, 6; 80%: 24 and 8 asked of 30: 22 and 7
        ("guangdong", [-15, 13, 1], 1),
        # 3%; expected 400, 330, 200: a is 10 beyond 440, half of it
        ("yangtze_delta", [-10, -9, -6], 25),
    ],
)
def test_hand_worked_settlement_of_the_published_variants(variant, transfer, balance):
    year = {"year": [2026]}
    found = settle_adjustment_funds(
        {"city": preset(variant, "resident")},
        ONE_FUND,
        REVENUE.sel(year),
        SPENDING.sel(year),
        table([[400], [330], [200]]),
    )
    np.testing.assert_array_equal(found["transfer"].squeeze("year"), transfer)
    assert found["balance"].item() == balance


def test_cap_ends_what_is_covered():
    """b lacks 30 of 300: covered from 12 to 21, so 9; c lacks 10 of 200: from 8 on, 2."""
    rule = AdjustmentRule(0.1, "deficit", (Segment(0.04, 0.07, 1.0),), is_prorated=True)
    found = settle_adjustment_funds({"city": rule}, ONE_FUND, REVENUE, SPENDING, None)
    np.testing.assert_array_equal(found["asked"].sel(year=2026), [0, 9, 2])


def test_what_is_above_the_ceiling_goes_back_and_interest_leaves_the_accounts():
    """As the hand-worked settlement, with a ceiling of 5% of revenue, 50, and interest of 2%.

    2026: 84 would be kept; 34 go back by what was paid in: 17, 10.2 and 6.8: 17, 10 and what is left, 7. 50 are held.
    2027: interest on 50 is 1, by what was paid in nothing whole but the last region's 1. Held 50 + 100 + 1 = 151 of 312
    asked: 144, 134, 34 times 0.48397: 69, 64, 16; 2 are kept.
    """
    rule = replace(RULE, balance_ceiling=0.05, interest_rate=0.02)
    found = settle_adjustment_funds({"city": rule}, ONE_FUND, REVENUE, SPENDING, None)
    np.testing.assert_array_equal(found["returned"], [[17, 0], [10, 0], [7, 0]])
    np.testing.assert_array_equal(found["interest"], [[0, 0], [0, 0], [0, 1]])
    np.testing.assert_array_equal(found["drawn"], [[0, 69], [14, 64], [2, 16]])
    np.testing.assert_array_equal(found["transfer"], [[-33, 19], [-6, 34], [-11, -5]])
    np.testing.assert_array_equal(found["balance"], [[50, 2]])


def test_interest_of_a_higher_fund_is_refused():
    rules = {"x": RULE, "top": replace(RULE, interest_rate=0.02)}
    tree = {"a": "x", "b": "x", "c": "x", "x": "top"}
    message = (
        "fund 'top' states interest_rate and fund 'x' pays into it; state interest for funds that regions pay into"
    )
    with pytest.raises(AssumptionError, match=message):
        settle_adjustment_funds(rules, tree, REVENUE, SPENDING, None)


def test_lower_fund_draws_on_the_higher_one():
    """Provincial fund over a city of a and b and one of c, 2027 alone: each city fund pays 10% of what it was paid.

    North is paid 80, asked 144 + 134 = 278; pays 8 up, lacks 278 - 80 = 198, asks 0.8 (198 - 0.04 x 80) = 155.84: 156.
    South is paid 20, asked 34; pays 2 up, asks 0.8 (14 - 0.8) = 10.56: 11. The province holds 10 of 167: 9 and 0.
    North then holds 80 - 8 + 9 = 81 of 278: 41 and 39. South 20 - 2 + 0 = 18 of 34: 18.
    """
    above = {"a": "north", "b": "north", "c": "south", "north": "province", "south": "province"}
    year = {"year": [2027]}
    rules: dict[str, AdjustmentRule] = dict.fromkeys(("north", "south", "province"), RULE)
    found = settle_adjustment_funds(rules, above, REVENUE.sel(year), SPENDING.sel(year), None)
    np.testing.assert_array_equal(found["drawn"].squeeze("year"), [41, 39, 18])
    assert found["balance"].squeeze("year").to_series().to_dict() == {"north": 1, "south": 0, "province": 1}


amounts = arrays("int64", (4, 3, 3), elements=st.integers(0, 10**13))
trees = st.sampled_from([ONE_FUND, {"a": "x", "b": "y", "c": "x", "x": "top", "y": "top"}])


@settings(max_examples=40)
@given(amounts, amounts, trees, st.floats(0.01, 0.3), st.floats(0, 1), st.none() | st.floats(0, 0.5), st.floats(0, 0.1))
def test_every_fen_paid_in_is_drawn_or_held(revenue, spending, tree, paid_in, covered, ceiling, interest):
    segments = (Segment(0.05, 0.5, covered), Segment(0.5, 3.0, 1.0))
    earned = interest if tree == ONE_FUND else None
    rule = AdjustmentRule(paid_in, "deficit", segments, True, balance_ceiling=ceiling, interest_rate=earned)
    found = settle_adjustment_funds(dict.fromkeys(tree.values(), rule), tree, table(revenue), table(spending), None)
    change = found["balance"].diff("year", label="upper").sum("fund")
    first = found["balance"].isel(year=[0]).sum("fund")
    assert (found["transfer"].sum("region") + xr.concat([first, change], dim="year") == 0).all()
    assert (found["balance"] >= 0).all()
    if ceiling is not None and tree == ONE_FUND:
        assert (found["balance"].sum("fund") <= ceiling * table(revenue).sum("region")).all()
    assert ((found["drawn"] >= 0) & (found["drawn"] <= found["asked"])).all()


def test_fund_that_promises_more_than_it_holds_is_refused():
    promised = AdjustmentRule(0.1, "deficit", RULE.segments, is_prorated=False)
    message = (
        "adjustment fund: asked for 312 fen and holds 184, first at year 2027, but promises payment in full; raise "
        "paid_in_share, cover less, or set is_prorated to 1"
    )
    with pytest.raises(AssumptionError, match=re.escape(message)):
        settle_adjustment_funds({"city": promised}, ONE_FUND, REVENUE, SPENDING, None)


@pytest.mark.parametrize(
    ("pays_into", "message"),
    [
        ({"a": "city", "b": "city"}, "adjustment funds: region 'c' pays into none; give it one"),
        ({**ONE_FUND, "d": "city"}, "adjustment funds: payer 'd' is neither a region nor a fund; correct its code"),
        ({**ONE_FUND, "city": "top"}, "adjustment funds: fund 'top' has no rule; add its rows"),
    ],
)
def test_members_that_do_not_fit_are_refused(pays_into, message):
    with pytest.raises(AssumptionError, match=message):
        settle_adjustment_funds({"city": RULE}, pays_into, REVENUE, SPENDING, None)


def test_excess_without_an_expectation_is_refused():
    with pytest.raises(AssumptionError, match="spending above what was expected, which is not known here; give the"):
        settle_adjustment_funds({"city": preset("yangtze_delta", "all")}, ONE_FUND, REVENUE, SPENDING, None)
