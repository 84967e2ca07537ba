import re
from math import inf

import pandas as pd
import pytest

from actuarial.benefit.entitlement import benefit_rules
from actuarial.benefit.rules import BenefitRules, Segment
from actuarial.errors import AssumptionError
from tests.benefit.example import CITY, REGION, YEAR, example_frame


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return example_frame()


def rules(frame: pd.DataFrame, **changes) -> BenefitRules:
    asked = {
        "city": CITY,
        "region": REGION,
        "scheme": "resident",
        "status": "adult",
        "category": "none",
        "age": 40,
        "year": YEAR,
        "disposable_income": None,
    }
    return benefit_rules(frame, **{**asked, **changes})


def added(frame: pd.DataFrame, *rows: dict) -> pd.DataFrame:
    """The table with more rows; what a row does not say is everything, and in force."""
    everything = dict.fromkeys(("scheme", "group", "age", "service", "tier", "area"), "all")
    return pd.concat([frame, pd.DataFrame([{"region": CITY, "from_year": 2025, **everything, **row} for row in rows])])


def without(frame: pd.DataFrame, **columns) -> pd.DataFrame:
    matches = pd.concat([frame[name] == value for name, value in columns.items()], axis=1).all(axis=1)
    assert matches.any()
    return frame[~matches]


def test_status_goes_before_all(frame):
    case = ("inpatient", "tertiary", "local")
    retired = rules(frame, scheme="employee", status="retired").basic.care[case]
    active = rules(frame, scheme="employee", status="active").basic.care[case]
    assert [segment.rate for segment in (*active.segments, *retired.segments)] == [0.86, 0.90]


def test_region_goes_before_city(frame):
    case = ("inpatient", "tertiary", "local")
    assert rules(frame, region="330282").basic.care[case].segments == (
        Segment(0, 50_000, 0.6),
        Segment(50_000, inf, 0.7),
    )
    assert rules(frame).basic.care[case].segments == (Segment(0, inf, 0.65),)


def test_category_goes_before_assisted(frame):
    destitute, near_poor = (rules(frame, category=category).assistance for category in ("destitute", "near_poor"))
    assert destitute is not None
    assert near_poor is not None
    assert (destitute.rates, near_poor.rates) == ({"inpatient": 1.0}, {"inpatient": 0.7})


def test_deductible_holds_from_its_admission_on(frame):
    third = {"layer": "basic", "service": "inpatient", "tier": "tertiary", "parameter": "deductible", "admission": 4}
    changed = added(frame, {**third, "value": 100})
    assert rules(changed).basic.care["inpatient", "tertiary", "local"].deductibles == (1_200, 600, 600, 100)


def test_factor_of_the_area_is_in_the_rates(frame):
    care = rules(frame).basic.care
    rates = [care["inpatient", "tertiary", area].segments[0].rate for area in ("local", "referred", "unreferred")]
    assert rates == pytest.approx([0.65, 0.585, 0.52], rel=1e-15)


def test_critical_segments_stay_where_they_are_when_the_deductible_is_halved(frame):
    assert rules(frame).critical.segments == (
        Segment(0, 30_000, 0.6),
        Segment(30_000, 80_000, 0.7),
        Segment(80_000, inf, 0.8),
    )
    assisted = rules(frame, category="subsistence").critical
    assert assisted.deductible == 10_000
    assert assisted.segments == (Segment(0, 40_000, 0.8), Segment(40_000, 90_000, 0.8), Segment(90_000, inf, 0.8))
    assert (rules(frame).critical.cap, assisted.cap) == (400_000, inf)


def test_segment_below_the_deductible_is_left_out(frame):
    deductible = {"layer": "critical", "group": "adult", "parameter": "deductible", "value": 60_000}
    changed = added(frame, deductible)
    assert rules(changed).critical.segments == (Segment(0, 40_000, 0.7), Segment(40_000, inf, 0.8))


def test_deductible_as_a_share_of_disposable_income(frame):
    share = {"layer": "critical", "parameter": "deductible_income_share", "value": 0.5}
    changed = added(without(frame, layer="critical", parameter="deductible"), share)
    assert rules(changed, disposable_income=70_000.0).critical.deductible == 35_000
    assert rules(changed, disposable_income=70_000.0, category="near_poor").critical.deductible == 17_500
    with pytest.raises(
        AssumptionError, match="is a share of disposable income, which is not known for scheme 'resident'"
    ):
        rules(changed)


def test_two_kinds_of_deductible_are_refused(frame):
    changed = added(frame, {"layer": "critical", "parameter": "deductible_income_share", "value": 0.5})
    with pytest.raises(AssumptionError, match="layer 'critical' has both a deductible and a deductible_income_share"):
        rules(changed, disposable_income=1.0)


def test_later_year_replaces_a_schedule_as_a_whole(frame):
    row = {"layer": "critical", "scheme": "resident", "parameter": "reimbursement_rate", "from_year": 2027}
    changed = added(frame, {**row, "lower": 0, "upper": 30_000, "value": 0.7}, {**row, "lower": 30_000, "value": 0.9})
    assert rules(changed).critical == rules(frame).critical
    assert rules(changed, year=2027).critical.segments == (Segment(0, 10_000, 0.7), Segment(10_000, inf, 0.9))


def test_layers_that_nobody_ruled_are_none(frame):
    found = rules(without(frame, layer="commercial"))
    assert (found.assistance, found.safety_net, found.commercial) == (None, None, None)


def test_missing_rule_says_where_and_since_when(frame):
    with pytest.raises(AssumptionError) as caught:
        rules(frame, year=2019)
    assert str(caught.value) == (
        "no deductible of layer 'basic' for service 'inpatient', tier 'primary', area 'local', scheme 'resident', "
        "status 'adult', category 'none', age 40, in region 330201 in 2019; the first starts in 2025: add one"
    )
    with pytest.raises(AssumptionError, match="in 2026; the benefits table has no such row: add one"):
        rules(without(frame, service="outpatient", parameter="cap", scheme="resident").query("service != 'all'"))


def test_rows_of_which_none_is_the_most_specific_tie(frame):
    frame = frame.assign(row=range(2, len(frame) + 2))
    region = {"layer": "basic", "service": "inpatient", "parameter": "deductible", "value": 500, "region": REGION}
    with pytest.raises(AssumptionError) as caught:
        rules(added(frame, {**region, "row": 99}))
    assert str(caught.value) == (
        "deductible of layer 'basic': row 2 and row 99 claim the same case for scheme 'resident', status 'adult', "
        "category 'none', age 40, in region 330201 in 2026, and none is the most specific in every column: name the "
        "case in full in one of them, or leave one out"
    )


def test_age_goes_before_all_and_beside_status(frame):
    young, older = (rules(frame, scheme="employee", status="active", age=age).basic.care for age in (44, 45))
    case = ("outpatient", "tertiary", "local")
    assert (young[case].deductibles, older[case].deductibles) == ((900,), (600,))
    retired = rules(frame, scheme="employee", status="retired", age=45).basic.care
    assert retired[case].deductibles == (300,)


def test_ages_that_overlap_tie_for_whom_both_name(frame):
    row = {"layer": "critical", "parameter": "deductible"}
    changed = added(frame, {**row, "age": "0-59", "value": 1}, {**row, "age": "45+", "value": 2})
    assert [rules(changed, age=age).critical.deductible for age in (44, 60)] == [1, 2]
    with pytest.raises(AssumptionError, match="claim the same case"):
        rules(changed, age=50)


def test_region_with_ages_of_its_own_goes_before_those_of_the_city(frame):
    row = {"layer": "critical", "parameter": "deductible"}
    ages = ({"age": "0-59", "value": 1}, {"age": "60+", "value": 2}, {"age": "0-44", "value": 3, "region": REGION})
    changed = added(frame, *({**row, **age} for age in ages))
    assert [rules(changed, age=age).critical.deductible for age in (44, 45)] == [3, 1]


def test_status_and_category_tie(frame):
    row = {"layer": "critical", "parameter": "deductible", "value": 1}
    changed = added(frame, {**row, "group": "adult"}, {**row, "group": "destitute"})
    assert rules(changed).critical.deductible == 1
    with pytest.raises(AssumptionError, match="claim the same case"):
        rules(changed, category="destitute")


def test_two_values_for_one_case_are_refused(frame):
    changed = added(frame, {"layer": "critical", "scheme": "resident", "parameter": "cap", "value": 1})
    with pytest.raises(AssumptionError, match="give 2 values for one case and one year: leave one"):
        rules(changed)


@pytest.mark.parametrize(
    ("lower", "upper", "listed"),
    [(0, 40_000, "0 to 40000"), (10, 50_000, "10 to 50000"), (0, 60_000, "0 to 60000")],
)
def test_segments_that_do_not_meet_are_refused(frame, lower, upper, listed):
    first = (frame["region"] == "330282") & (frame["upper"] == 50_000)
    changed = frame.copy()
    changed.loc[first, ["lower", "upper"]] = [lower, upper]
    with pytest.raises(AssumptionError, match=re.escape(listed) + ".*; segments must begin at 0, meet"):
        rules(changed, region="330282")


def test_rate_outside_its_bounds_is_refused(frame):
    changed = frame.copy()
    changed.loc[changed["region"] == "330282", "value"] = 1.2
    with pytest.raises(AssumptionError, match=re.escape("reimbursement_rate of layer 'basic': 1.2 is outside [0, 1]")):
        rules(changed, region="330282")


def test_layer_that_sees_services_together_has_one_value_for_them(frame):
    row = {"layer": "critical", "service": "chronic", "group": "adult", "parameter": "deductible", "value": 1}
    with pytest.raises(AssumptionError, match="deductible of layer 'critical' differs between services"):
        rules(added(frame, row))


def test_admissions_that_do_not_begin_with_the_first_are_refused(frame):
    changed = frame[~((frame["tier"] == "primary") & (frame["admission"] == 1))]
    with pytest.raises(AssumptionError, match="give one row for each admission, from the first on"):
        rules(changed)


def test_cap_holds_where_it_is_narrower_than_its_absence(frame):
    """The table caps critical illness by scheme and frees the assisted of it in both."""
    narrow = {"layer": "critical", "parameter": "cap", "value": 7.0, "scheme": "resident", "group": "destitute"}
    capped = added(frame, narrow)
    assert (rules(frame).critical.cap, rules(frame, category="destitute").critical.cap) == (400_000, inf)
    assert [rules(capped, category=name).critical.cap for name in ("destitute", "near_poor")] == [7.0, inf]


@pytest.mark.parametrize(("from_year", "cap"), [(2021, 90_000), (2022, inf), (2023, inf)])
def test_later_of_a_cap_and_its_absence_for_one_case_holds(frame, from_year, cap):
    """The commercial policy has one cap in the table, for everyone since 2022."""
    freed = {"layer": "commercial", "parameter": "is_uncapped", "value": 1.0, "from_year": from_year}
    commercial = rules(added(frame, freed)).commercial
    assert commercial is not None
    assert commercial.layer.cap == cap
