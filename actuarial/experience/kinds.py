"""Kinds of members of a city and the benefit rules that each of them meets.

A kind is a scheme, a category and a broad age as the bands of cost name them. Its parts are the statuses of its
members, cut at the ages that rules name. A region follows its own rules where it has rows, else the city's.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from actuarial.assumptions.basis import History
from actuarial.benefit.care import CarePattern, care_patterns
from actuarial.benefit.entitlement import benefit_rules
from actuarial.benefit.rules import BenefitRules
from actuarial.cells import age_parts
from actuarial.city import City
from actuarial.errors import AssumptionError
from actuarial.experience.city_severity import CitySeverity
from actuarial.schema import STATUSES
from actuarial.spending.severity import PARAMETERS, Severity
from actuarial.tables import CityData

UNSPLIT, NOT_SPLIT = "all", "none"


class Kind(NamedTuple):
    """A kind of member by its labels in the bands of cost."""

    scheme: str
    category: str
    age: str


def member_kinds(found: CitySeverity) -> dict[str, Kind]:
    """Scheme, category and broad age of every kind, in the order of the bands."""
    labels = [(str(row["scheme"]), str(row["category"]), str(row["age"])) for row in found.record]
    ordered = sorted(dict.fromkeys(labels), key=lambda row: (row[0], row[1], lowest_age(row[2])))
    return {" ".join(row): Kind(*row) for row in ordered}


def lowest_age(age: str) -> int:
    """The first age of a broad age written as ``15-59`` or ``60+``."""
    return int(age.split("-")[0].rstrip("+"))


def kind_severity(severity: Severity, kind: Kind) -> Severity:
    """The cost of a person of one kind, by region."""
    labels = {"scheme": kind.scheme, "category": rule_category(kind), "age": kind.age}
    return Severity(*(getattr(severity, name).sel(labels, drop=True) for name in PARAMETERS))


def rule_category(kind: Kind) -> str:
    """The category whose rules a kind meets: bands that are not split are of members who are not assisted."""
    return NOT_SPLIT if kind.category == UNSPLIT else kind.category


def rule_years(rules: pd.DataFrame, last: int, years: np.ndarray) -> list[int]:
    """The last closed year, and every forecast year in which a rule changes."""
    coming = rules.loc[(rules["from_year"] > last) & (rules["from_year"] <= years[-1]), "from_year"]
    return [last, *sorted({int(year) for year in coming})]


def rule_places(data: CityData) -> dict[str, list[str]]:
    """Regions by the place whose rules and patterns they follow: their own where they have rows, else the city's."""
    rules, economy = data.frames["benefits"], data.frames["economy"]
    known = {*rules["region"].astype(str), *data.frames["care"]["region"].astype(str)}
    if (rules["parameter"] == "deductible_income_share").any():
        known |= set(economy.loc[economy["indicator"] == "disposable_income", "region"].astype(str))
    places: dict[str, list[str]] = {}
    for region in data.city.region_codes:
        places.setdefault(region if region in known else data.city.code, []).append(region)
    return places


def distinct_rules(
    data: CityData, mix: xr.DataArray, kind: Kind, place: str, year: int
) -> list[tuple[BenefitRules, list[int]]]:
    """The rules that the parts of a kind meet, each with the places of the parts that meet them."""
    frame, city, category = data.frames["benefits"], data.city.code, rule_category(kind)
    income = incomes(data.frames["economy"], data.city, data.city.last_year).get(place)
    found: list[tuple[BenefitRules, list[int]]] = []
    for number, (status, age) in enumerate(zip(mix["status"].values.tolist(), mix["age"].values.tolist(), strict=True)):
        rules = benefit_rules(frame, city, place, kind.scheme, status, category, age, year, income)
        same = next((parts for known, parts in found if replace(rules, member=known.member) == known), None)
        if same is None:
            found.append((rules, [number]))
        else:
            same.append(number)
    return found


def rules_by_region(
    data: CityData, mix: xr.DataArray, kind: Kind, year: int
) -> list[tuple[list[str], list[tuple[BenefitRules, list[int]]]]]:
    """Regions in groups that follow the same rules, and these rules as :func:`distinct_rules` gives them."""
    groups: list[tuple[list[str], list[tuple[BenefitRules, list[int]]]]] = []
    for place, regions in rule_places(data).items():
        ruled = distinct_rules(data, mix, kind, place, year)
        same = next((known for known, other in groups if _are_same(ruled, other)), None)
        if same is None:
            groups.append((list(regions), ruled))
        else:
            same.extend(regions)
    return groups


def _are_same(ruled: list[tuple[BenefitRules, list[int]]], other: list[tuple[BenefitRules, list[int]]]) -> bool:
    """Whether every part of a kind meets the same rules, whatever region they are written for."""
    return len(ruled) == len(other) and all(
        parts == known_parts and replace(rules, member=known.member) == known
        for (rules, parts), (known, known_parts) in zip(ruled, other, strict=True)
    )


def patterns_by_region(data: CityData, kind: Kind, year: int) -> list[tuple[list[str], tuple[CarePattern, ...]]]:
    """Regions in groups whose members are treated alike, and how."""
    groups: dict[tuple[CarePattern, ...], list[str]] = {}
    for place, regions in rule_places(data).items():
        patterns = care_patterns(data.frames["care"], data.city.code, place, kind.scheme, kind.age, year)
        groups.setdefault(patterns, []).extend(regions)
    return [(regions, patterns) for patterns, regions in groups.items()]


def alike_regions(
    data: CityData, mix: xr.DataArray, kind: Kind, year: int
) -> list[tuple[list[str], list[tuple[BenefitRules, list[int]]], tuple[CarePattern, ...]]]:
    """Regions in groups that follow the same rules and whose members are treated alike, with both."""
    groups = []
    for ruled, rules in rules_by_region(data, mix, kind, year):
        for treated, patterns in patterns_by_region(data, kind, year):
            regions = [region for region in ruled if region in treated]
            if regions:
                groups.append((regions, rules, patterns))
    return groups


def member_mix(history: History, rules: pd.DataFrame, kind: Kind) -> xr.DataArray:
    """Share of each part among the members of a broad age, at the end of the last closed year: (region, part).

    A part has a ``status`` and an ``age``, its first; no rule begins or ends within it.

    Parameters
    ----------
    rules : the ``benefits`` table, whose ages begin where groups of members do

    Raises
    ------
    AssumptionError
        If a region has no such members: the bands are of nobody.
    """
    upper = np.inf if kind.age.endswith("+") else int(kind.age.split("-")[1])
    within = (history.member_ages >= lowest_age(kind.age)) & (history.member_ages <= upper)
    members = history.grouped_members.sel(status=list(STATUSES[kind.scheme])).sum("sex")
    counts = members.isel(group=np.flatnonzero(within))
    total = counts.sum(["status", "group"])
    if bool((total <= 0).any()):
        region = total["region"].values[(total <= 0).values][0]
        raise AssumptionError(
            f"claim_bands: {kind.scheme}, age {kind.age}, region {region}: bands of a group that has no members"
        )
    starts = np.array([lowest_age(part) for part in age_parts(rules["age"].fillna(UNSPLIT).astype(str))])
    begun = starts[np.searchsorted(starts, history.member_ages[within], side="right") - 1]
    counts = counts.assign_coords(age=("group", np.maximum(begun, lowest_age(kind.age)))).groupby("age").sum("group")
    share = (counts / total).stack(part=("status", "age"), create_index=False)
    return share.isel(part=np.flatnonzero((share > 0).any("region").values))


def incomes(economy: pd.DataFrame, city: City, year: int) -> dict[str, float]:
    """Disposable income a head of a year by region, the city's where a region has none of its own."""
    rows = economy[(economy["indicator"] == "disposable_income") & (economy["year"] == year)]
    known = {str(row["region"]): float(row["value"]) for row in rows.to_dict("records")}
    whole = known.get(city.code)
    own = {place: known.get(place, whole) for place in (city.code, *city.region_codes)}
    return {region: value for region, value in own.items() if value is not None}
