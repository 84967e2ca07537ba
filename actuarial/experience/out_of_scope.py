"""What a person's care costs beyond the scope of the rules: a constant share of each part of it, by how it is given."""

from collections.abc import Mapping
from itertools import pairwise
from math import inf

import xarray as xr

from actuarial.assumptions.basis import History
from actuarial.benefit.care import CarePattern, care_patterns
from actuarial.benefit.rules import Basic
from actuarial.experience.kinds import Kind, distinct_rules, kind_severity, member_mix, rule_places
from actuarial.spending.severity import PARAMETERS, Severity, partial_moment
from actuarial.tables import CityData


def out_of_scope_cost(
    data: CityData, history: History, severity: Severity, kinds: Mapping[str, Kind]
) -> xr.DataArray | None:
    """Yearly cost out of scope of a person of each kind: (region, kind), yuan, at the scale 1; it grows with the scale.

    None where the table does not state what share of every bill is in scope.

    Source
    ------
    Definition: a bill b with the share s in scope has an in-scope cost of s b, so that (1 / s - 1) of it are not.
    Own choice: the shares of the base year's rules hold.
    """
    found = [_kind_cost(data, history, severity, kind) for kind in kinds.values()]
    known = [table for table in found if table is not None]
    if len(known) < len(found):
        return None
    joined = xr.concat(known, dim=xr.DataArray(list(kinds), dims="kind", name="kind"))
    return joined.transpose("region", "kind")


def _kind_cost(data: CityData, history: History, severity: Severity, kind: Kind) -> xr.DataArray | None:
    own, year = kind_severity(severity, kind), data.city.last_year
    mix = member_mix(history, data.frames["benefits"], kind)
    parts: list[xr.DataArray] = []
    for place, regions in rule_places(data).items():
        here = Severity(*(getattr(own, name).sel(region=regions) for name in PARAMETERS))
        patterns = care_patterns(data.frames["care"], data.city.code, place, kind.scheme, kind.age, year)
        whole = xr.zeros_like(here.log_mean)
        for rules, own_parts in distinct_rules(data, mix, kind, place, year):
            beyond = [_beyond(rules.basic, pattern) for pattern in patterns]
            if any(part is None for part in beyond):
                return None
            share = mix.sel(region=regions).isel(part=own_parts).sum("part")
            whole = whole + share * _mean(here, patterns, [part for part in beyond if part is not None])
        parts.append(whole)
    return xr.concat(parts, dim="region").sel(region=list(data.city.region_codes))


def _beyond(basic: Basic, pattern: CarePattern) -> float | None:
    """Out-of-scope cost for a yuan in scope of one pattern; None where a share in scope is not stated."""
    parts = {
        "inpatient": pattern.inpatient_share,
        "chronic": pattern.chronic_share,
        "outpatient": 1 - pattern.inpatient_share - pattern.chronic_share,
    }
    total = 0.0
    for service, part in parts.items():
        share = basic.care[service, pattern.tier, pattern.area].in_scope_share
        if not share:
            return None
        total += part * (1 / share - 1)
    return total


def _mean(severity: Severity, patterns: tuple[CarePattern, ...], beyond: list[float]) -> xr.DataArray:
    edges = [*dict.fromkeys(pattern.lower for pattern in patterns), inf]
    cost = {lower: partial_moment(severity, 1, lower, upper) for lower, upper in pairwise(edges)}
    parts = [cost[pattern.lower] * (pattern.share * rate) for pattern, rate in zip(patterns, beyond, strict=True)]
    return sum(parts[1:], start=parts[0])
