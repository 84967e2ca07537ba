import numpy as np
import pandas as pd
import pytest
import xarray as xr

from actuarial.benefit.bills import joined, simulate_bills
from actuarial.benefit.care import CarePattern, care_patterns
from actuarial.benefit.persons import Bills
from actuarial.benefit.rules import SERVICES, Basic
from actuarial.errors import AssumptionError
from tests.benefit.drawn import row
from tests.benefit.example import CITY, REGION, Example, example_frame, rules_of

PATTERNS = (
    CarePattern(0, "primary", "local", 0, 0.0, 0.25, 1.0),
    CarePattern(1_000, "secondary", "local", 0, 0.0, 0.0, 0.7),
    CarePattern(1_000, "tertiary", "referred", 3, 0.8, 0.1, 0.3),
)


@pytest.fixture(scope="module")
def basic() -> Basic:
    frame = example_frame()
    shares = [row("basic", "in_scope_share", share, tier=tier) for tier, share in (("primary", 1.0), ("tertiary", 0.8))]
    for number, cells in enumerate((*shares, row("basic", "in_scope_share", 0.9, tier="secondary")), len(frame)):
        frame.loc[number] = [cells[name] for name in frame.columns]
    return rules_of(frame, Example("resident", "adult", ())).basic


def drawn(costs, basic: Basic, patterns=PATTERNS, scale: float = 1.0, seed: int = 3) -> Bills:
    cost = xr.DataArray(np.asarray(costs, dtype=float), dims="person")
    return simulate_bills(cost, patterns, basic, scale, np.random.default_rng(seed))


def by_person(column: np.ndarray, bills: Bills) -> list[int]:
    return [int(part.sum()) for part in np.split(column, bills.offsets[1:-1])]


def test_in_scope_parts_add_up_to_the_cost_to_the_fen(basic):
    costs = np.random.default_rng(1).integers(0, 10_000_000, 500) / 100
    bills = drawn(costs, basic)
    np.testing.assert_array_equal(by_person(bills.in_scope, bills), np.round(costs * 100))


def test_cost_is_cut_as_the_pattern_says(basic):
    bills = drawn([10_000.01], basic, (CarePattern(0, "tertiary", "referred", 3, 0.8, 0.1, 1.0),))
    assert [SERVICES[code] for code in bills.service] == ["inpatient"] * 3 + ["chronic", "outpatient"]
    np.testing.assert_array_equal(bills.admission, [1, 2, 3, 0, 0])
    np.testing.assert_array_equal(bills.in_scope, [266_667, 266_667, 266_667, 100_000, 100_000])
    np.testing.assert_array_equal(bills.amount, [333_334, 333_334, 333_334, 125_000, 125_000])
    assert set(bills.tier) == {2}
    assert set(bills.area) == {1}


def test_person_without_cost_has_no_bill(basic):
    bills = drawn([0.0, 500.0, 0.0], basic)
    np.testing.assert_array_equal(bills.offsets, [0, 0, 2, 2])


def test_patterns_occur_as_often_as_they_say(basic):
    count = 100_000
    bills = drawn(np.full(count, 5_000.0), basic)
    stays = int((np.diff(bills.offsets) == 5).sum())
    # Binomial; four standard errors.
    assert abs(stays / count - 0.3) < 4 * np.sqrt(0.3 * 0.7 / count)


def test_band_belongs_to_the_cost_of_the_base_year(basic):
    low, high = drawn(np.full(200, 999.99), basic, scale=50.0), drawn(np.full(200, 1_000.0), basic, scale=0.01)
    assert set(low.tier) == {0}
    assert set(high.tier) <= {1, 2}
    assert by_person(low.in_scope, low)[0] == 4_999_950
    assert by_person(high.in_scope, high)[0] == 1_000


def test_groups_are_joined_one_after_the_other(basic):
    first, second = drawn([5_000.0, 0.0], basic), drawn([500.0], basic)
    both = joined([first, second])
    assert by_person(both.amount, both) == by_person(first.amount, first) + by_person(second.amount, second)


def test_bills_without_in_scope_share_are_refused():
    basic = rules_of(example_frame(), Example("resident", "adult", ())).basic
    with pytest.raises(AssumptionError, match=r"in_scope_share: none for service, tier and area .*'primary', 'local'"):
        drawn([1.0], basic)


def test_cost_that_is_not_an_amount_is_refused(basic):
    with pytest.raises(AssumptionError, match="cost: negative or not finite; give yuan a year"):
        drawn([1.0, np.nan], basic)


def care(**changes):
    rows = pd.DataFrame(
        {
            "region": CITY,
            "year": 2025,
            "scheme": "resident",
            "age": "15-59",
            "lower": [0, 1_000, 1_000],
            "tier": ["primary", "secondary", "tertiary"],
            "area": ["local", "local", "referred"],
            "admissions": [0, 0, 3],
            "inpatient_share": [0.0, 0.0, 0.8],
            "chronic_share": [0.25, 0.0, 0.1],
            "value": [1.0, 0.7, 0.3],
        }
    )
    return rows.assign(**changes)


def test_patterns_are_read_from_the_latest_year_and_the_citys_rows():
    earlier = care(year=2024, value=[1.0, 0.5, 0.5])
    table = pd.concat([earlier, care()])
    assert care_patterns(table, CITY, REGION, "resident", "15-59", 2030) == PATTERNS
    assert [pattern.share for pattern in care_patterns(table, CITY, REGION, "resident", "15-59", 2024)] == [1, 0.5, 0.5]
    own = pd.concat([table, care(region=REGION, chronic_share=0.0)])
    assert {pattern.chronic_share for pattern in care_patterns(own, CITY, REGION, "resident", "15-59", 2030)} == {0.0}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"value": [1.0, 0.7, 0.2]}, "shares from 1000 yuan on sum to 0.9, not to 1"),
        ({"lower": [1, 1_000, 1_000]}, "the first band begins at 1 yuan, not at 0"),
        ({"admissions": [0, 1, 3]}, "1 admissions with an inpatient_share of 0; give both or neither"),
        ({"year": 2031}, "no care of scheme 'resident', age '15-59' in region 330201 up to 2030: add its patterns"),
    ],
)
def test_care_that_cannot_be_is_refused(changes, message):
    with pytest.raises(AssumptionError) as caught:
        care_patterns(care(**changes), CITY, REGION, "resident", "15-59", 2030)
    assert message in str(caught.value)
