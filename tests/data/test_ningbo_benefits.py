"""The benefit rules, patterns of care and incomes of the shipped folder."""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from actuarial.benefit.entitlement import benefit_rules
from actuarial.schema import BENEFIT_PARAMETERS, CATEGORIES, PARAMETERS, STATUSES
from data.estimates.benefits import carried_back
from data.estimates.rows import Row

FOLDER = Path(__file__).parents[2] / "data" / "ningbo"
CITY = "330200"
INTERVIEW = "宁波市医保局与市财政局负责人访谈(期刊 2021年)"


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(FOLDER / f"{name}.csv", dtype={"region": str, "unit": str})


def test_what_the_bureau_said_stands_as_it_said_it():
    """Seventy percent of inpatients, half the deductible, at least eighty percent, all above 30,000, a year back."""
    rules = table("benefits")
    said = rules[rules["provenance"] == "official"]
    assert set(said["source"]) == {INTERVIEW}
    assert dict(zip(said["parameter"], said["value"], strict=True)) == {
        "deductible_factor": 0.5,
        "rate_floor": 0.8,
        "reimbursement_rate": 0.7,
        "safety_net_threshold": 30_000,
        "safety_net_rate": 1,
        "lookback": 12,
    }
    assert set(said["from_year"]) == {2020}


def test_no_rule_stands_in_two_tables():
    assert set(BENEFIT_PARAMETERS) & set(PARAMETERS) == set()
    assert "subsidised_share" in set(table("policy")["parameter"])


@pytest.mark.parametrize("year", [2016, 2020, 2025, 2026])
def test_every_member_has_whole_rules_in_past_and_coming_years(year: int):
    rules = table("benefits")
    for scheme, statuses in STATUSES.items():
        for status, category in product(statuses, ("none", *CATEGORIES)):
            found = benefit_rules(rules, CITY, "330281", scheme, status, category, 40, year, 60_000.0)
            assert found.critical.deductible == (20_000 if category == "none" else 10_000)
            assert (found.assistance is None) == (category == "none")


def test_primary_care_is_paid_at_least_ten_points_better_than_tertiary_for_residents():
    found = benefit_rules(table("benefits"), CITY, "330201", "resident", "adult", "none", 40, 2025, 60_000.0)
    rates = {tier: found.basic.care["inpatient", tier, "local"].segments[0].rate for tier in ("primary", "tertiary")}
    assert rates == {"primary": 0.85, "tertiary": 0.65}


def test_the_active_pay_a_lower_outpatient_deductible_from_45_on():
    paid = []
    for age in (44, 45):
        found = benefit_rules(table("benefits"), CITY, "330201", "employee", "active", "none", age, 2025, 60_000.0)
        paid.append(found.basic.care["outpatient", "tertiary", "local"].deductibles)
    assert paid == [(900,), (600,)]


def test_a_rule_is_carried_back_where_none_is_known_before():
    words = ("region", "scheme", "layer", "group", "age", "service", "tier", "area", "parameter")
    case: Row = {**dict.fromkeys(words, "all"), "admission": "", "lower": "", "upper": ""}
    known = [
        case | {"from_year": "2025", "value": "1", "parameter": "cap"},
        case | {"from_year": "2018", "value": "2", "parameter": "deductible"},
        case | {"from_year": "2025", "value": "3", "parameter": "deductible"},
        case | {"from_year": "2022", "value": "4", "parameter": "full_cover"},
    ]
    (row,) = carried_back(known, 2016, [2025])
    source = "估算 沿用2025年标准"
    assert row == known[0] | {"from_year": 2016, "provenance": "estimated", "source": source}


def test_patterns_of_a_band_are_everybody():
    care = table("care")
    shares = care.groupby(["scheme", "age", "lower"])["value"].apply(lambda part: round(part.mul(10_000)).sum())
    assert set(shares) == {10_000}


def test_dearer_years_have_more_admissions_at_higher_tiers():
    care = table("care").query("scheme == 'resident' and age == '60+'")
    by_band = care.assign(admitted=care["admissions"] * care["value"]).groupby("lower")["admitted"].sum()
    assert by_band.is_monotonic_increasing
    admitted = care[care["admissions"] > 0]
    tertiary = admitted[admitted["tier"] == "tertiary"].groupby("lower")["value"].sum()
    assert (tertiary / admitted.groupby("lower")["value"].sum()).is_monotonic_increasing


def test_incomes_of_the_regions_make_that_of_the_city():
    """Weighted by people; incomes are whole yuan, so the mean is within half a yuan."""
    economy, people = table("economy"), table("population")
    income = economy[economy["indicator"] == "disposable_income"].pivot(index="year", columns="region", values="value")
    single = people["age"].str.fullmatch(r"\d+|100\+") & people["sex"].isin(["female", "male"])
    ages = people[(people["region"] != CITY) & single]
    heads = ages.groupby(["year", "region"])["value"].sum().unstack()
    regions = [region for region in income.columns if region != CITY]
    years = income.index[income[CITY].notna()]
    mean = (income * heads).loc[years, regions].sum(axis="columns") / heads.loc[years, regions].sum(axis="columns")
    np.testing.assert_allclose(mean, income.loc[years, CITY], atol=0.5, rtol=0)
