"""How many members without assistance pass an amount by their own payments: a city's table for its projection."""

import numpy as np
import pandas as pd
import xarray as xr

from actuarial.assumptions.basis import History
from actuarial.assumptions.policy import Policy
from actuarial.benefit.burden import Burden, burdened_share, own_payments
from actuarial.errors import AssumptionError
from actuarial.experience.city_severity import CitySeverity, member_severity
from actuarial.experience.kinds import (
    NOT_SPLIT,
    Kind,
    alike_regions,
    distinct_rules,
    incomes,
    kind_severity,
    member_kinds,
    member_mix,
    rule_category,
    rule_years,
)
from actuarial.schema import CATEGORIES
from actuarial.spending.severity import PARAMETERS, Severity
from actuarial.tables import CityData

# Own choice: costs from a tenth to thirty times today's and amounts from a quarter to ten times, in steps of about 8%;
# between them the share is within a hundredth of itself (see the tests).
SCALES = np.geomspace(0.1, 30.0, 73)
AMOUNTS = np.geomspace(0.25, 10.0, 49)
RESIDENT = "resident"


def fit_burden(
    data: CityData, history: History, policy: Policy, found: CitySeverity, years: np.ndarray
) -> Burden | None:
    """The table of the resident kinds that are not assisted; None where the policy table states no exits of assisted.

    Raises
    ------
    AssumptionError
        If a region has no disposable income of the last closed year or the one before.
    """
    city = data.city
    if not policy.has_detail("assisted_exit_rate", "assistance"):
        return None
    severity, last = member_severity(found), city.last_year
    income = _income(data.frames["economy"], data)
    share = policy.value("review_income_share", "assistance", city.code, last)
    middle = share * float(income.mean())
    reached = AMOUNTS * middle
    amounts = xr.DataArray(reached, dims="amount", coords={"amount": reached})
    kinds = {
        name: kind
        for name, kind in member_kinds(found).items()
        if kind.scheme == RESIDENT and rule_category(kind) == NOT_SPLIT
    }
    tables = {}
    for start in rule_years(data.frames["benefits"], last, years):
        parts = [_kind_table(data, history, severity, kind, start, amounts) for kind in kinds.values()]
        joined = xr.concat(parts, dim=xr.DataArray(list(kinds), dims="kind", name="kind"))
        tables[start] = joined.transpose("region", "kind", "scale", "amount")
    return Burden(tables, income, _lookback(data, history, kinds))


def _kind_table(
    data: CityData,
    history: History,
    severity: Severity,
    kind: Kind,
    year: int,
    amounts: xr.DataArray,
) -> xr.DataArray:
    """The share of one kind in all regions: (region, scale, amount)."""
    own, mix = kind_severity(severity, kind), member_mix(history, data.frames["benefits"], kind)
    scales = xr.DataArray(SCALES, dims="scale", coords={"scale": SCALES}, name="scale")
    parts: list[xr.DataArray] = []
    for regions, ruled, patterns in alike_regions(data, mix, kind, year):
        here = Severity(*(getattr(own, name).sel(region=regions) for name in PARAMETERS))
        whole = [
            burdened_share(here, own_payments(rules, patterns), amounts, scales)
            * mix.sel(region=regions).isel(part=own_parts).sum("part")
            for rules, own_parts in ruled
        ]
        parts.append(sum(whole[1:], start=whole[0]))
    joined = xr.concat(parts, dim="region")
    return joined.sel(region=list(data.city.region_codes))


def _income(economy: pd.DataFrame, data: CityData) -> xr.DataArray:
    """Disposable income a head of the last closed year and the one before: (region, year), yuan."""
    years = [data.city.last_year - 1, data.city.last_year]
    known = {year: incomes(economy, data.city, year) for year in years}
    for year in years:
        absent = [region for region in data.city.region_codes if region not in known[year]]
        if absent:
            raise AssumptionError(
                f"disposable_income: none of region {absent[0]} or the city in {year}; "
                "assisted_exit_rate is stated, and the impoverished by illness are found by their payments against it"
            )
    rows = [[known[year][region] for year in years] for region in data.city.region_codes]
    return xr.DataArray(rows, {"region": list(data.city.region_codes), "year": years}, ("region", "year"))


def _lookback(data: CityData, history: History, kinds: dict[str, Kind]) -> xr.DataArray:
    """Months of look-back by category: (category,), the longest that any status of it has."""
    months = []
    for category in CATEGORIES:
        found = [0]
        for kind in kinds.values():
            own = kind._replace(category=category)
            mix = member_mix(history, data.frames["benefits"], own)
            rules = distinct_rules(data, mix, own, data.city.code, data.city.last_year)
            found += [each.assistance.lookback for each, _ in rules if each.assistance is not None]
        months.append(float(max(found)))
    return xr.DataArray(months, {"category": list(CATEGORIES)}, ("category",))
