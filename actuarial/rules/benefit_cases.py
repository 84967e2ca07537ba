"""For whom and what a benefit rule speaks: rules that claim one case, and cases of the city that no rule speaks of."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, product

import pandas as pd

from actuarial.cells import age_bounds, age_parts, holds_age, shared_ages
from actuarial.city import City
from actuarial.faults import Fault, refuse
from actuarial.rules.amounts import runs
from actuarial.rules.records import records
from actuarial.schema import AREAS, CATEGORIES, SERVICES, STATUSES, TIERS

CASE = ("region", "scheme", "group", "age", "service", "tier", "area")
_AGE = CASE.index("age")
ALL = "all"
STATUS_SCHEME = {status: scheme for scheme, statuses in STATUSES.items() for status in statuses}
Labels = tuple[str, ...]
Need = tuple[str, tuple[str, ...]]
_CAP = ("cap", "is_uncapped")
_NEVER = 9999


def benefit_case_faults(city: City, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> list[Fault]:
    """Ties between rules, and members without a rule in a year that needs one."""
    if "benefits" not in frames:
        return []
    rows, file = frames["benefits"], files["benefits"]
    rows = rows[~rows["is_bad"]]
    faults = _tie_faults(city, rows, file)
    if "care" in frames and frames["benefits"]["is_bad"].sum() == 0:
        faults += _need_faults(city, rows, frames, file)
    return faults


def case_text(labels: Iterable[str | None]) -> str:
    """A case for a message: the words that narrow it down, and ? where no word says it."""
    return " ".join(label or "?" for label in labels if label != ALL) or ALL


def meeting(one: Labels, other: Labels, city: str) -> tuple[str | None, ...] | None:
    """Labels of what two cases have in common, or None; a label that no word says is None.

    Someone may have a status and a category, and no word of the table says both.
    """
    labels: list[str | None] = []
    for name, first, second in zip(CASE, one, other, strict=True):
        widest = city if name == "region" else ALL
        if first == second or second == widest:
            labels.append(first)
        elif first == widest:
            labels.append(second)
        elif name == "age":
            shared = shared_ages(first, second)
            if shared is None:
                return None
            labels.append(shared)
        elif name != "group":
            return None
        else:
            groups = {first, second}
            if "assisted" in groups and groups & set(CATEGORIES):
                labels.append(next(iter(groups & set(CATEGORIES))))
            elif len(groups & {"assisted", "none", *CATEGORIES}) == 1:
                labels.append(None)
            else:
                return None
    named = dict(zip(CASE, labels, strict=True))
    is_empty = named["scheme"] != ALL and STATUS_SCHEME.get(named["group"] or "", named["scheme"]) != named["scheme"]
    return None if is_empty else tuple(labels)


def _tie_faults(city: City, rows: pd.DataFrame, file: str) -> list[Fault]:
    """Pairs of rules for one case of which neither is the narrower, unless a third one settles it in time."""
    faults = []
    for _, own in rows.groupby(["layer", "parameter"], sort=False):
        firsts = own.groupby(list(CASE), as_index=False)[["from_year", "row"]].min()
        keys = list(firsts[list(CASE)].itertuples(index=False, name=None))
        known = dict(zip(keys, firsts["from_year"].tolist(), strict=True))
        lines = dict(zip(keys, firsts["row"].tolist(), strict=True))
        for one, other in combinations(sorted(known, key=lambda key: lines[key]), 2):
            common = meeting(one, other, city.code)
            if common is None or _is_settled(one, other, common):
                continue
            year = max(known[one], known[other])
            row = own[own["row"] == lines[other]].iloc[0]
            values = {"other": lines[one], "year": year, "case": case_text(common), "layer": row["layer"]}
            if _apart_from_age(one) == _apart_from_age(other) and ALL not in (one[_AGE], other[_AGE]):
                values |= {"name": row["parameter"], "ages": one[_AGE]}
                faults.append(refuse("benefit_ages_overlap", file, row["row"], "age", row["age"], **values))
            elif None in common or known.get(tuple(map(str, common)), year + 1) > year:
                faults.append(refuse("benefit_tie", file, row["row"], "parameter", row["parameter"], **values))
    return faults


def _is_settled(one: Labels, other: Labels, common: tuple[str | None, ...]) -> bool:
    """Whether one of two cases that meet is the narrower in every column; ages that are named are all as narrow."""
    if one[_AGE] == other[_AGE] or ALL in (one[_AGE], other[_AGE]):
        return common in (one, other)
    rests = _apart_from_age(one), _apart_from_age(other)
    return rests[0] != rests[1] and _apart_from_age(common) in rests


def _apart_from_age(case: tuple[str | None, ...]) -> tuple[str | None, ...]:
    return case[:_AGE] + case[_AGE + 1 :]


def _need_faults(city: City, rows: pd.DataFrame, frames: Mapping[str, pd.DataFrame], file: str) -> list[Fault]:
    """Rules that the layers cannot do without, missing for someone in the last year or in a year of care."""
    care = frames["care"]
    years = sorted({city.last_year, *(int(year) for year in care["year"] if year <= city.last_year)})
    schemes = [scheme for scheme in STATUSES if (care["scheme"] == scheme).any()]
    own = [region for region in city.region_codes if (rows["region"] == region).any()]
    everywhere = [] if len(own) == len(city.region_codes) else [city.code]
    ages = age_parts(rows["age"])
    missing: dict[tuple[str, ...], dict[str, set]] = {}
    for region, scheme, age in product([*everywhere, *own], schemes, ages):
        of_age = rows[[holds_age(label, age_bounds(age)[0]) for label in rows["age"]]]
        for status, category in product(STATUSES[scheme], ("none", *_categories(frames))):
            starts = _starts(of_age, {region, city.code}, {scheme, ALL}, _groups(status, category))
            for need, case in _needs(category, starts):
                late = [year for year in years if _start(starts, need, case) > year]
                if late:
                    key = (region, scheme, need[0], " / ".join(need[1]), *case)
                    found = missing.setdefault(key, {"status": set(), "category": set(), "age": set(), "years": set()})
                    found["status"].add(status)
                    found["category"].add(category)
                    found["age"].add(age)
                    found["years"].update(late)
    return [_need_fault(key, found, rows, frames, file) for key, found in missing.items()]


def _categories(frames: Mapping[str, pd.DataFrame]) -> tuple[str, ...]:
    """Categories that somebody has, by the tables of assistance and of claim bands."""
    named = {
        str(name) for table in ("assistance", "claim_bands") if table in frames for name in frames[table]["category"]
    }
    return tuple(name for name in CATEGORIES if name in named)


def _groups(status: str, category: str) -> set[str]:
    return {ALL, status, category} | ({"assisted"} if category != "none" else set())


def _starts(rows: pd.DataFrame, regions: set[str], schemes: set[str], groups: set[str]) -> dict[Labels, int]:
    """First year of every (layer, parameter, service, tier, area) that one kind of member may meet."""
    mine = rows[rows["region"].isin(regions) & rows["scheme"].isin(schemes) & rows["group"].isin(groups)]
    starts: dict[Labels, int] = {}
    for row in records(mine):
        key = (row.layer, row.parameter, row.service, row.tier, row.area)
        starts[key] = min(int(row.from_year), starts.get(key, _NEVER))
    return starts


def _needs(category: str, starts: Mapping[Labels, int]) -> Iterator[tuple[Need, Labels]]:
    """(layer, parameters of which one will do) and the case (service, tier, area)."""
    for service in SERVICES:
        yield ("basic", _CAP), (service, ALL, ALL)
        for tier in TIERS:
            yield ("basic", ("deductible",)), (service, tier, ALL)
            yield ("basic", ("reimbursement_rate",)), (service, tier, ALL)
    for area in AREAS[1:]:
        yield ("basic", ("area_factor",)), (ALL, ALL, area)
    for parameters in (("reimbursement_rate",), ("deductible", "deductible_income_share"), _CAP):
        yield ("critical", parameters), ("inpatient", ALL, ALL)
    if category != "none":
        yield ("assistance", ("reimbursement_rate",)), ("inpatient", ALL, ALL)
        yield ("assistance", _CAP), ("inpatient", ALL, ALL)
        for service in SERVICES:
            if any(("assistance", "safety_net_threshold", word, ALL, ALL) in starts for word in (service, ALL)):
                yield ("assistance", ("safety_net_rate",)), (service, ALL, ALL)


def _start(starts: Mapping[Labels, int], need: Need, case: Labels) -> int:
    """First year in which the whole case has a rule: one for all of it, or one for each of its parts."""
    layer, parameters = need
    parts = [words if label == ALL else (label,) for label, words in zip(case, (SERVICES, TIERS, AREAS), strict=True)]
    first = []
    for part in product(*parts):
        labels = product(*((label, ALL) for label in part))
        keys = [(layer, parameter, *label) for label in labels for parameter in parameters]
        first.append(min(starts.get(key, _NEVER) for key in keys))
    return max(first)


def _need_fault(
    key: tuple[str, ...], found: dict[str, set], rows: pd.DataFrame, frames: Mapping[str, pd.DataFrame], file: str
) -> Fault:
    region, scheme, layer, parameter, *case = key
    place = rows[(rows["layer"] == layer) & rows["parameter"].isin(parameter.split(" / "))]["row"]
    words_of = {
        "status": STATUSES[scheme],
        "category": ("none", *_categories(frames)),
        "age": age_parts(rows["age"]),
    }
    who = [
        ", ".join(word for word in words if word in found[name])
        for name, words in words_of.items()
        if found[name] != set(words)
    ]
    values = {
        "region": region,
        "scheme": scheme,
        "who": "; ".join(who) or ALL,
        "layer": layer,
        "case": case_text(case),
        "years": runs(found["years"]),
        "first": min(found["years"]),
    }
    return refuse("benefit_needed", file, None if place.empty else place.min(), "parameter", parameter, **values)
