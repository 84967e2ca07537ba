"""From a city's bands of cost, patterns of care and benefit rules to what the layers pay for each kind of member.

1. the distribution of a person's yearly cost, by region, scheme, category and broad age (`city_severity`);
2. rules of every status in every year in which some of them change; a broad age mixes its statuses as at the year end;
3. curves of the mean payment of every layer over the cost scale.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd
import xarray as xr

from actuarial.assumptions.basis import History
from actuarial.assumptions.policy import Policy
from actuarial.benefit.care import CarePattern, care_patterns
from actuarial.benefit.curves import Curves, payment_curves, side_by_side
from actuarial.benefit.entitlement import benefit_rules
from actuarial.benefit.layers import BandPayments, layer_payments, over_patterns
from actuarial.benefit.protection import Protection
from actuarial.city import City
from actuarial.errors import AssumptionError
from actuarial.experience.city_severity import CitySeverity, fit_city_severity
from actuarial.schema import STATUSES
from actuarial.spending.severity import PARAMETERS, Severity, mean
from actuarial.tables import CityData

# Own choice: costs from a twentieth to sixty times today's, in cells of 3%; exact to 5 millionths of the mean there.
LOWEST, HIGHEST, CELLS, TOLERANCE = 0.05, 60.0, 250, 5e-6
UNSPLIT = "all"


def fit_protection(data: CityData, history: History, policy: Policy, years: np.ndarray) -> Protection | None:
    """Curves of a city for its forecast years; None where the folder has no ``benefits`` table.

    Raises
    ------
    AssumptionError
        If the folder has benefit rules without bands of cost or patterns of care, a distribution was refused, a rule is
        missing, or a broad age has nobody whose rules could be taken.
    """
    frames, city = data.frames, data.city
    rules = frames.get("benefits")
    if rules is None:
        return None
    absent = [name for name in ("claim_bands", "care") if frames.get(name) is None]
    if absent:
        raise AssumptionError(f"benefits: rules are given and {absent[0]} is not; layers need both")
    found = fit_city_severity(data)
    refused = [entry for entry in found.record if entry["rung"] == "refused"]
    if refused:
        raise AssumptionError(f"severity: {len(refused)} groups refused; first {refused[0]['note']}")
    kinds = _kinds(found)
    sets = _rule_years(rules, city.last_year, years)
    income = _incomes(frames["economy"], city)
    curves = {
        start: side_by_side(
            {
                region: side_by_side(
                    {
                        kind: _kind_curves(data, history, found, income, region, *labels, max(start, city.last_year))
                        for kind, labels in kinds.items()
                    },
                    "kind",
                )
                for region in city.region_codes
            },
            "region",
        )
        for start in sets
    }
    bands = np.unique([lowest_age(age) for _, _, age in kinds.values()])
    persons = _persons(found, kinds, city.region_codes)
    return Protection(bands, curves, persons, _amount_index(policy, city, years), found.record)


def lowest_age(age: str) -> int:
    """The first age of a broad age written as ``15-59`` or ``60+``."""
    return int(age.split("-")[0].rstrip("+"))


def _kinds(found: CitySeverity) -> dict[str, tuple[str, str, str]]:
    """Scheme, category and broad age of every kind, in the order of the bands."""
    labels = [(str(row["scheme"]), str(row["category"]), str(row["age"])) for row in found.record]
    ordered = sorted(dict.fromkeys(labels), key=lambda row: (row[0], row[1], lowest_age(row[2])))
    return {" ".join(row): row for row in ordered}


def _rule_years(rules: pd.DataFrame, last: int, years: np.ndarray) -> list[int]:
    """The last closed year, and every forecast year in which a rule changes."""
    coming = rules.loc[(rules["from_year"] > last) & (rules["from_year"] <= years[-1]), "from_year"]
    return [last, *sorted({int(year) for year in coming})]


def _kind_curves(
    data: CityData,
    history: History,
    found: CitySeverity,
    income: dict[str, float],
    region: str,
    scheme: str,
    category: str,
    age: str,
    year: int,
) -> Curves:
    severity = _severity(found, region, scheme, category, age)
    patterns = care_patterns(data.frames["care"], data.city.code, region, scheme, age, year)
    return payment_curves(
        severity,
        list(_bands(data, history, income, patterns, region, scheme, category, age, year)),
        LOWEST,
        HIGHEST,
        CELLS,
        TOLERANCE * HIGHEST * max(float(mean(severity)), 1.0),
    )


def _bands(
    data: CityData,
    history: History,
    income: dict[str, float],
    patterns: tuple[CarePattern, ...],
    region: str,
    scheme: str,
    category: str,
    age: str,
    year: int,
) -> Iterator[BandPayments]:
    """Payments of every cost band, the mean over statuses and patterns of care."""
    mix = _status_mix(history, region, scheme, age)
    own = "none" if category == UNSPLIT else category
    rules = {
        status: benefit_rules(
            data.frames["benefits"], data.city.code, region, scheme, status, own, year, income.get(region)
        )
        for status in mix
    }
    edges = [*dict.fromkeys(pattern.lower for pattern in patterns), np.inf]
    for lower, upper in pairwise(edges):
        here = [pattern for pattern in patterns if pattern.lower == lower]
        parts = [(status, pattern) for status in mix for pattern in here]
        payments = [layer_payments(rules[status], pattern) for status, pattern in parts]
        yield over_patterns(lower, upper, payments, [mix[status] * pattern.share for status, pattern in parts])


def _status_mix(history: History, region: str, scheme: str, age: str) -> dict[str, float]:
    """Share of each status among the members of a broad age, at the end of the last closed year."""
    upper = np.inf if age.endswith("+") else int(age.split("-")[1])
    within = (history.member_ages >= lowest_age(age)) & (history.member_ages <= upper)
    members = history.grouped_members.sel(region=region, status=list(STATUSES[scheme])).sum("sex")
    counts = members.isel(group=np.flatnonzero(within)).sum("group")
    total = float(counts.sum())
    if total <= 0:
        raise AssumptionError(
            f"claim_bands: {scheme}, age {age}, region {region}: bands of a group that has no members"
        )
    shares = {str(status): float(counts.sel(status=status)) / total for status in counts["status"].values}
    return {status: share for status, share in shares.items() if share > 0}


def _severity(found: CitySeverity, region: str, scheme: str, category: str, age: str) -> Severity:
    """The distribution of one group; one in which nobody has cost is without cost for certain."""
    fitted = found.fit.severity
    own = fitted.zero_share
    wanted = {"region": region, "scheme": scheme, "category": category, "age": age}
    place = np.logical_and.reduce([own[name].values == label for name, label in wanted.items()])
    if not place.any():
        none = xr.DataArray(0.0)
        return Severity(none + 1, none, none + 1, none + np.inf, none, none + np.inf)
    at = int(np.flatnonzero(place)[0])
    return Severity(*(getattr(fitted, name).isel(group=at).reset_coords(drop=True) for name in PARAMETERS))


def _persons(found: CitySeverity, kinds: dict[str, tuple[str, str, str]], regions: tuple[str, ...]) -> xr.DataArray:
    count = {(row["region"], row["scheme"], row["category"], row["age"]): row["persons"] for row in found.record}
    table = [[float(str(count.get((region, *labels), 0))) for labels in kinds.values()] for region in regions]
    scheme, category, age = zip(*kinds.values(), strict=True)
    coords = {
        "region": list(regions),
        "kind": list(kinds),
        "scheme": ("kind", list(scheme)),
        "category": ("kind", list(category)),
        "band": ("kind", [lowest_age(one) for one in age]),
    }
    return xr.DataArray(table, coords, ("region", "kind"))


def _incomes(economy: pd.DataFrame, city: City) -> dict[str, float]:
    """Disposable income a head of the last closed year by region, the city's where a region has none of its own."""
    rows = economy[(economy["indicator"] == "disposable_income") & (economy["year"] == city.last_year)]
    known = {str(row["region"]): float(row["value"]) for row in rows.to_dict("records")}
    whole = known.get(city.code)
    own = {region: known.get(region, whole) for region in city.region_codes}
    return {region: value for region, value in own.items() if value is not None}


def _amount_index(policy: Policy, city: City, years: np.ndarray) -> xr.DataArray:
    """What the amounts of the rules are multiplied by: raised every forecast year by the decided rate."""
    rates = [policy.value("benefit_indexation", "all", city.code, int(year)) for year in years]
    return xr.DataArray(np.cumprod([1.0, *(1 + np.array(rates))]), {"year": [city.last_year, *years]}, ("year",))
