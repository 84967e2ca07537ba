"""The level of benefits of every region: what its own rules pay for the same care, that of the city's members.

1. persons of the base year with the yearly cost and the patterns of care that each region has;
2. what every layer would pay for all of them under the rules of each region in turn;
3. per person, by the fund that pays.
"""

from collections.abc import Mapping
from itertools import product

import numpy as np
import xarray as xr

from actuarial.assumptions.basis import History
from actuarial.benefit.expectation import expected_payments
from actuarial.benefit.layers import band_payments
from actuarial.benefit.protection import AID, BASIC, UNASSISTED
from actuarial.experience.kinds import Kind, kind_severity, member_mix, patterns_by_region, rules_by_region
from actuarial.spending.severity import PARAMETERS, Severity
from actuarial.tables import CityData

# The layers that a fund pays for, and the scheme of its members; medical assistance is for the assisted of any scheme.
PAID_BY = {
    "employee_pooled": ("employee", BASIC),
    "resident_pooled": ("resident", (*BASIC, "critical")),
    "assistance": ("all", AID),
}


def benefit_levels(
    data: CityData, history: History, severity: Severity, kinds: Mapping[str, Kind], persons: xr.DataArray, year: int
) -> xr.DataArray | None:
    """What each region's own rules of a year pay for a person of the city, by the fund that pays.

    Parameters
    ----------
    severity : (region, scheme, category, age), of the base year's cost
    kinds : labels of every kind
    persons : (region, kind), person
    year : of the rules

    Returns
    -------
    (region, fund), yuan/person-year, NaN for a fund that has no members; None where all regions follow the same rules

    Raises
    ------
    AssumptionError
        If a rule is missing.

    Source
    ------
    Own choices: one and the same care is that of all the city's members at the cost of the base year, everyone treated
    as in the own region, so that the rules alone differ.
    """
    frame = data.frames["benefits"]
    groups = {name: rules_by_region(data, member_mix(history, frame, kind), kind, year) for name, kind in kinds.items()}
    if all(len(own) == 1 for own in groups.values()):
        return None
    paid = [
        xr.concat(
            [
                _paid(data, history, severity, kind, persons.sel(kind=name, drop=True), year, ruled).expand_dims(
                    region=regions
                )
                for regions, ruled in groups[name]
            ],
            dim="region",
        ).sel(region=list(data.city.region_codes))
        for name, kind in kinds.items()
    ]
    whole = xr.concat(paid, dim="kind").assign_coords(kind=list(kinds))
    levels = []
    for scheme, layers in PAID_BY.values():
        own = [name for name, kind in kinds.items() if _is_member(kind, scheme)]
        heads = persons.sel(kind=own).sum()
        levels.append(whole.sel(kind=own, layer=list(layers)).sum(["kind", "layer"]) / (heads if heads else np.nan))
    joined = xr.concat(levels, dim="fund").assign_coords(fund=list(PAID_BY)).transpose("region", "fund")
    return joined.assign_attrs(units="yuan/person-year")


def _is_member(kind: Kind, scheme: str) -> bool:
    return kind.scheme == scheme or (scheme == "all" and kind.category not in UNASSISTED)


def _paid(
    data: CityData,
    history: History,
    severity: Severity,
    kind: Kind,
    persons: xr.DataArray,
    year: int,
    ruled: list,
) -> xr.DataArray:
    """What the layers pay for all the city's persons of a kind under one region's rules: (layer,), yuan."""
    own, mix = kind_severity(severity, kind), member_mix(history, data.frames["benefits"], kind)
    parts = []
    for (regions, patterns), (rules, own_parts) in product(patterns_by_region(data, kind, year), ruled):
        here = Severity(*(getattr(own, name).sel(region=regions) for name in PARAMETERS))
        mean = expected_payments(here, band_payments(rules, patterns), 1.0)["payment"]
        share = mix.sel(region=regions).isel(part=own_parts).sum("part")
        parts.append((mean * share * persons.sel(region=regions)).sum("region"))
    return sum(parts[1:], start=parts[0])
