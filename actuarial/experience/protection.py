"""From a city's bands of cost, patterns of care and benefit rules to what the layers pay for each kind of member.

1. the distribution of a person's yearly cost, by region, scheme, category and broad age (`city_severity`);
2. rules of every status and age in every year in which some of them change; a broad age mixes them as at the year end;
3. curves of the mean payment of every layer over the cost scale.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from actuarial.assumptions.basis import History
from actuarial.assumptions.policy import Policy
from actuarial.benefit.care import CarePattern, care_patterns
from actuarial.benefit.curves import Curves, payment_curves, payments, side_by_side
from actuarial.benefit.layers import band_payments
from actuarial.benefit.protection import AID, UNASSISTED, Protection, scale_at, summed_over
from actuarial.benefit.rules import BenefitRules
from actuarial.city import City
from actuarial.errors import AssumptionError
from actuarial.experience.benefit_level import benefit_levels
from actuarial.experience.burden import fit_burden
from actuarial.experience.city_severity import GROUP, CitySeverity, fit_city_severity, member_severity
from actuarial.experience.kinds import (
    UNSPLIT,
    Kind,
    distinct_rules,
    kind_severity,
    lowest_age,
    member_kinds,
    member_mix,
    rule_places,
    rule_years,
)
from actuarial.experience.out_of_scope import out_of_scope_cost
from actuarial.spending.severity import PARAMETERS, Severity, mean
from actuarial.tables import CityData


class Reach(NamedTuple):
    """A range of scales of cost, in cells evenly spaced in the logarithm."""

    lowest: float
    highest: float
    cells: int


# Own choice: costs from a twentieth to sixty times today's, in cells of 7%; exact to a ten-thousandth of that mean.
WHOLE, TOLERANCE = Reach(0.05, 60.0, 100), 1e-4


def fit_protection(data: CityData, history: History, policy: Policy, years: np.ndarray) -> Protection | None:
    """Curves of a city for its forecast years; None where the folder has no ``benefits`` or no ``care``.

    Raises
    ------
    AssumptionError
        If the folder has patterns of care without bands of cost, a distribution was refused, a rule is missing, or a
        broad age has nobody whose rules could be taken.
    """
    frames, city = data.frames, data.city
    rules = frames.get("benefits")
    if rules is None or frames.get("care") is None:
        return None
    if frames.get("claim_bands") is None:
        raise AssumptionError("care: patterns of care are given and claim_bands is not; layers need both")
    found = fit_city_severity(data)
    severity, kinds = member_severity(found), member_kinds(found)
    curves = {}
    for start in rule_years(rules, city.last_year, years):
        curves[start] = protection_curves(data, history, severity, kinds, start, WHOLE)
    bands = np.unique([lowest_age(kind.age) for kind in kinds.values()])
    persons = _persons(found, kinds, city.region_codes)
    burden = fit_burden(data, history, policy, found, years)
    beyond = out_of_scope_cost(data, history, severity, kinds)
    levels = benefit_levels(data, history, severity, kinds, persons, city.budget_year)
    index = _amount_index(policy, city, years)
    response = _cost_response(policy, city, years)
    return Protection(bands, curves, persons, index, found.record, burden, beyond, levels, response)


def protection_curves(
    data: CityData, history: History, severity: Severity, kinds: Mapping[str, Kind], year: int, reach: Reach
) -> Curves:
    """Curves of some kinds under the rules of a year: (region, kind, ...), over a range of scales of cost.

    Parameters
    ----------
    data : the folder; its ``benefits`` may be changed ones
    severity : as :func:`actuarial.experience.city_severity.member_severity` gives it

    Raises
    ------
    AssumptionError
        If a rule is missing, or the cells are too few for the range.
    """
    alike: dict[tuple[str, str], dict[str, Kind]] = {}
    for name, kind in kinds.items():
        alike.setdefault((kind.scheme, kind.age), {})[name] = kind
    found: dict[str, Curves] = {}
    for own in alike.values():
        found |= _curves_of_age(data, history, severity, own, year, reach)
    return side_by_side({name: found[name] for name in kinds}, "kind")


def expected_aid(data: CityData, protection: Protection, cost: xr.DataArray) -> xr.DataArray:
    """What the layers of assistance would have paid in closed years for the persons who were entitled.

    Parameters
    ----------
    cost : (region, year), 1, what the residents' fund paid at constant membership, over the last closed year

    Returns
    -------
    (region, year), yuan; not a number where persons or cost are not known

    Raises
    ------
    AssumptionError
        If it is nothing for a region and year.

    Source
    ------
    Own choice: the rules of the last closed year in all of them, and no ageing within a broad age.
    """
    is_assisted = ~protection.kinds["category"].isin(UNASSISTED).values
    own = protection.persons.isel(kind=is_assisted)
    curves = next(iter(protection.curves.values()))
    chosen = Curves(curves.nodes, *(table.isel(kind=is_assisted) for table in (curves.coefficients, curves.error)))
    known = cost.dropna("year", how="any")
    index = known.expand_dims(kind=own["kind"]).transpose("region", "kind", "year")
    each = payments(chosen, scale_at(chosen, index)).sel(layer=list(AID)).sum("layer")
    mean_aid = summed_over(own * each, "category") / summed_over(own, "category")
    persons = _entitled(data.frames["assistance"], mean_aid["category"].values.tolist())
    persons = persons.reindex(region=cost["region"], year=cost["year"])
    aid = (persons * mean_aid.reindex(year=cost["year"])).where(persons != 0, 0.0).sum("category", skipna=False)
    if bool((aid == 0).any()):
        region = aid["region"].values[(aid == 0).any("year").values][0]
        raise AssumptionError(
            f"assistance: the layers would have paid nothing for the entitled persons of region {region}, and the "
            "accounts cannot be set against it; look at the assistance rules, the bands of cost and eligible persons"
        )
    return aid.transpose("region", "year")


def _entitled(rows: pd.DataFrame, categories: list[str]) -> xr.DataArray:
    """Persons entitled by region, category and year: (region, category, year), person."""
    own = rows[(rows["measure"] == "eligible") & rows["category"].isin(categories)]
    return own.set_index(["region", "category", "year"])["value"].to_xarray().sel(category=categories)


def _curves_of_age(
    data: CityData, history: History, severity: Severity, kinds: Mapping[str, Kind], year: int, reach: Reach
) -> dict[str, Curves]:
    """Curves of the kinds of one scheme and broad age in all regions: (region, ...).

    Kinds and regions whose rules are the same are done together.
    """
    one = next(iter(kinds.values()))
    mix = member_mix(history, data.frames["benefits"], one)
    parts: dict[str, list[Curves]] = {name: [] for name in kinds}
    for patterns, ruled, regions in _alike(data, mix, kinds, year):
        for rules, names in ruled:
            here = _side_by_side_severity(severity, {name: kinds[name] for name in names}, regions)
            tolerance = TOLERANCE * reach.highest * max(float(mean(here).max()), 1.0)
            whole: Curves | None = None
            for own, parts_of_kind in rules:
                curves = payment_curves(here, band_payments(own, patterns), *reach, tolerance)
                share = mix.sel(region=regions).isel(part=parts_of_kind).sum("part")
                weighted = Curves(curves.nodes, curves.coefficients * share, curves.error * share)
                whole = weighted if whole is None else _added(whole, weighted)
            if whole is not None:
                for name in names:
                    tables = (table.sel(kind=name, drop=True) for table in (whole.coefficients, whole.error))
                    parts[name].append(Curves(whole.nodes, *tables))
    return {name: _all_regions(own, list(data.city.region_codes)) for name, own in parts.items()}


def _alike(
    data: CityData, mix: xr.DataArray, kinds: Mapping[str, Kind], year: int
) -> list[tuple[tuple[CarePattern, ...], list[tuple[list[tuple[BenefitRules, list[int]]], list[str]]], list[str]]]:
    """Patterns of care, rules by kinds, and the regions where both are the same."""
    one, found = next(iter(kinds.values())), []
    for place, regions in rule_places(data).items():
        patterns = care_patterns(data.frames["care"], data.city.code, place, one.scheme, one.age, year)
        ruled = _kinds_by_rules(data, mix, kinds, place, year)
        same = next((held for known, other, held in found if known == patterns and other == ruled), None)
        if same is None:
            found.append((patterns, ruled, [*regions]))
        else:
            same.extend(regions)
    return found


def _kinds_by_rules(
    data: CityData, mix: xr.DataArray, kinds: Mapping[str, Kind], place: str, year: int
) -> list[tuple[list[tuple[BenefitRules, list[int]]], list[str]]]:
    """The rules by part, with the names of the kinds that meet them.

    Member, region and look-back do not enter the payments of a year's cost.
    """
    found: list[tuple[list[tuple[BenefitRules, list[int]]], list[str]]] = []
    for name, kind in kinds.items():
        own = [(_plain(rules), places) for rules, places in distinct_rules(data, mix, kind, place, year)]
        same = next((names for known, names in found if known == own), None)
        if same is None:
            found.append((own, [name]))
        else:
            same.append(name)
    return found


def _plain(rules: BenefitRules) -> BenefitRules:
    aid = None if rules.assistance is None else replace(rules.assistance, lookback=0)
    return replace(rules, member=replace(rules.member, region=rules.member.city, category=UNSPLIT), assistance=aid)


def _side_by_side_severity(severity: Severity, kinds: Mapping[str, Kind], regions: list[str]) -> Severity:
    each = [kind_severity(severity, kind) for kind in kinds.values()]
    names = xr.DataArray(list(kinds), dims="kind", name="kind")

    def joined(parameter: str) -> xr.DataArray:
        tables: list[xr.DataArray] = [getattr(own, parameter) for own in each]
        return xr.concat(tables, dim=names)

    return Severity(*(joined(parameter).sel(region=regions) for parameter in PARAMETERS))


def _all_regions(parts: list[Curves], order: list[str]) -> Curves:
    joined = [xr.concat([getattr(part, name) for part in parts], dim="region") for name in ("coefficients", "error")]
    return Curves(parts[0].nodes, *(table.sel(region=order).transpose("region", ...) for table in joined))


def _added(first: Curves, second: Curves) -> Curves:
    return Curves(first.nodes, first.coefficients + second.coefficients, first.error + second.error)


def _persons(found: CitySeverity, kinds: dict[str, Kind], regions: tuple[str, ...]) -> xr.DataArray:
    count = {tuple(str(row[name]) for name in GROUP): row["persons"] for row in found.record}
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


def _amount_index(policy: Policy, city: City, years: np.ndarray) -> xr.DataArray:
    """What the amounts of the rules are multiplied by: raised every forecast year by the decided rate."""
    rates = [policy.value("benefit_indexation", "all", city.code, int(year)) for year in years]
    return xr.DataArray(np.cumprod([1.0, *(1 + np.array(rates))]), {"year": [city.last_year, *years]}, ("year",))


def _cost_response(policy: Policy, city: City, years: np.ndarray) -> xr.DataArray | None:
    """How far the amounts follow cost in every forecast year: (year,), 1; None where they never do."""
    stated = [policy.stated("benefit_cost_response", "all", city.code, int(year)) for year in years]
    response = [0.0 if one is None else one.value for one in stated]
    return xr.DataArray(response, {"year": years}, ("year",)) if any(response) else None
