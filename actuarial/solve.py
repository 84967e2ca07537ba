"""The most generous standard of assistance that a city's money covers, on common random numbers.

1. money, enrolment paid for, aid, persons and scale of cost of the assisted in draws, under the rules as they are;
2. the standard changed from the first forecast year on, and curves of the assisted kinds alone made anew;
3. aid moves with what the layers then pay over what they paid; the rest of need stays (``assistance.standard``).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from actuarial.assistance.standard import Standard, solve_standard
from actuarial.assumptions.basis import Basis
from actuarial.benefit.protection import AID, UNASSISTED
from actuarial.errors import AssumptionError
from actuarial.experience.city_severity import CitySeverity, member_severity
from actuarial.experience.kinds import member_kinds, rule_years
from actuarial.experience.protection import Reach, protection_curves
from actuarial.experience.shocks import shock_paths
from actuarial.fund.assistance_lines import assistance_flows
from actuarial.fund.assistance_money import draw_money, money_by_source
from actuarial.fund.resident_lines import resident_flows
from actuarial.payers import Payers, pay_layers, payments_under_rules
from actuarial.people import project_people
from actuarial.projection import draw_shifts
from actuarial.recognition import recognised_people
from actuarial.schema import REVENUE_LINES
from actuarial.streams import BLOCK, stream
from actuarial.tables import CityData

# What can be solved for: layer and parameter of the benefit rows.
STANDARDS = {
    "assistance_deductible": ("assistance", "deductible"),
    "assistance_rate": ("assistance", "reimbursement_rate"),
    "assistance_cap": ("assistance", "cap"),
    "safety_net_threshold": ("assistance", "safety_net_threshold"),
    "safety_net_rate": ("assistance", "safety_net_rate"),
}
# Own choice: cells of a tenth of a scale's logarithm, as exact here as the whole range in its own.
CELL = 0.1
FEN = 100


class Lever(NamedTuple):
    """A standard of the benefit rows, of one group and service as they name them."""

    standard: str
    group: str
    service: str


@dataclass(frozen=True, slots=True)
class Paths:
    """What a trial does not move, in draws.

    money, fixed, aid : (draw, region, year), yuan: money of the year, enrolment paid for, and aid under today's rules
    opening : (region,), yuan
    persons, scale : (draw, region, kind, year), of the assisted kinds, the last closed year in front
    paid : (draw, region, year), yuan, what the layers of assistance pay for them under today's rules
    """

    money: xr.DataArray
    fixed: xr.DataArray
    aid: xr.DataArray
    opening: xr.DataArray
    persons: xr.DataArray
    scale: xr.DataArray
    paid: xr.DataArray


def solve_city_standard(
    data: CityData,
    basis: Basis,
    found: CitySeverity,
    seed: int,
    draws: int,
    lever: Lever,
    strictest: float,
    most_generous: float,
    confidence: float,
    level: float,
    tolerance: float,
) -> Standard:
    """The most generous value at which no region falls short in any forecast year, in a share of the draws.

    Parameters
    ----------
    found : distributions of cost of the same folder, see :func:`fit_city_severity`
    strictest, most_generous, confidence, level, tolerance : as :func:`solve_standard`

    Raises
    ------
    AssumptionError
        If the assisted are no kinds of their own, no such rule is in force, or as :func:`solve_standard`.
    """
    if basis.layers is None or not basis.layers.has_assisted:
        raise AssumptionError("standard: the bands of cost do not set the assisted apart, so that rules move no aid")
    paths = assistance_paths(basis, seed, draws)
    need_at = trial_need(data, basis, found, paths, lever)
    return solve_standard(need_at, paths.money, paths.opening, strictest, most_generous, confidence, level, tolerance)


def changed_benefits(frame: pd.DataFrame, lever: Lever, from_year: int, value: float) -> pd.DataFrame:
    """Benefit rows with another value of the standard from a year on, in every region that has one in force.

    Raises
    ------
    AssumptionError
        If the standard is not one of STANDARDS, or no such row is in force in the year.
    """
    if lever.standard not in STANDARDS:
        raise AssumptionError(f"standard: {lever.standard!r} is unknown; one of {', '.join(STANDARDS)}")
    layer, parameter = STANDARDS[lever.standard]
    chosen = (frame["layer"] == layer) & (frame["parameter"] == parameter)
    chosen &= (frame["group"] == lever.group) & (frame["service"] == lever.service)
    before = frame[chosen & (frame["from_year"] <= from_year)]
    if before.empty:
        known = frame.loc[(frame["layer"] == layer) & (frame["parameter"] == parameter), ["group", "service"]]
        pairs = "; ".join(sorted({f"{row['group']}, {row['service']}" for row in known.to_dict("records")})) or "none"
        raise AssumptionError(
            f"standard: no {parameter} of layer {layer} for group {lever.group!r}, service {lever.service!r} in force "
            f"in {from_year}; the benefit rows have {pairs}"
        )
    key = ["region", "scheme", "tier", "area", "admission", "lower"]
    latest = before.sort_values("from_year", kind="stable").drop_duplicates(key, keep="last")
    later = chosen & (frame["from_year"] >= from_year)
    return pd.concat([frame[~later], latest.assign(from_year=from_year, value=value)], ignore_index=True)


def assistance_paths(basis: Basis, seed: int, draws: int) -> Paths:
    """Money and need of assistance in draws, the same random numbers as in a run of this seed."""
    sizes = [min(BLOCK, draws - start) for start in range(0, draws, BLOCK)]
    parts = [_block_paths(basis, seed, block, size) for block, size in enumerate(sizes)]
    joined = xr.concat(parts, dim="draw", join="exact")
    opening = basis.history.opening.sel(fund="assistance", drop=True) / FEN
    tables = {str(name): joined[name].rename(coming="year") for name in ("money", "fixed", "aid", "paid")}
    tables |= {name: joined[name] for name in ("persons", "scale")}
    return Paths(**tables, opening=opening.where(opening > 0, 0.0))


def trial_need(
    data: CityData, basis: Basis, found: CitySeverity, paths: Paths, lever: Lever
) -> Callable[[float], xr.DataArray]:
    """Need of assistance at any value of the standard: value -> (draw, region, year), yuan."""
    protection = basis.layers
    if protection is None:
        raise AssumptionError("standard: the basis has no layers of protection")
    severity, names = member_severity(found), paths.persons["kind"].values.tolist()
    kinds = {name: kind for name, kind in member_kinds(found).items() if name in names}
    level = protection.index.sel(year=paths.scale["year"])
    reach = _reach(paths.scale / level)
    first = int(basis.years[0])

    def need_at(value: float) -> xr.DataArray:
        benefits = changed_benefits(data.frames["benefits"], lever, first, value)
        changed = replace(data, frames={**data.frames, "benefits": benefits})
        curves = {
            start: protection_curves(changed, basis.history, severity, kinds, start, reach)
            for start in rule_years(benefits, basis.last_year, basis.years)
        }
        each = payments_under_rules(replace(protection, curves=curves), paths.scale).sel(layer=list(AID)).sum("layer")
        paid = (each * paths.persons).sum("kind").isel(year=slice(1, None))
        return (paths.fixed + paths.aid * (paid / paths.paid)).transpose("draw", "region", "year")

    return need_at


def _reach(scale: xr.DataArray) -> Reach:
    """A range that holds every scale, with a cell to spare at both ends."""
    low, high = float(scale.min()) * np.exp(-CELL), float(scale.max()) * np.exp(CELL)
    return Reach(low, high, int(np.ceil(np.log(high / low) / CELL)))


def _block_paths(basis: Basis, seed: int, block: int, draws: int) -> xr.Dataset:
    central = basis.trends.central
    shocks = shock_paths(basis.trends, stream(seed, "joint_shock", block), stream(seed, "drift_error", block), BLOCK)
    deviation = shocks.isel(draw=slice(0, draws))
    wages = deviation.sel(series="effective_base", drop=True).mean("region")
    people = project_people(basis, draw_shifts(basis, wages, seed, block, draws))
    people = recognised_people(basis, people, central, deviation)
    payers = pay_layers(basis, people, central, deviation)
    if payers is None:
        raise AssumptionError("standard: the basis has no layers of protection")
    resident = resident_flows(basis, people, payers, central, deviation)
    shift = draw_money(basis, draws, stream(seed, "assistance_money", block))
    money = money_by_source(basis, central, deviation, shift)
    flows = assistance_flows(basis, people, payers, resident, money, central, deviation)
    own = _assisted(payers)
    revenue = [flows[line] for line in REVENUE_LINES["assistance"] if line in flows]
    fixed = flows.get("subsidised_enrolment", xr.zeros_like(revenue[0]))
    aid = [flow for line, flow in flows.items() if line not in (*REVENUE_LINES["assistance"], "subsidised_enrolment")]
    paid = own.amount.sel(layer=list(AID)).sum(["kind", "layer"]).isel(year=slice(1, None))
    tables = {"money": sum(revenue[1:], start=revenue[0]), "fixed": fixed, "aid": sum(aid[1:], start=aid[0]),
              "paid": paid}  # fmt: skip
    wide = {name: table.transpose("draw", "region", "year").rename(year="coming") for name, table in tables.items()}
    kinds = {"persons": own.persons, "scale": own.scale}
    return xr.Dataset(wide | kinds)


def _assisted(payers: Payers) -> Payers:
    """Persons and payments of the assisted kinds alone."""
    places = np.flatnonzero(~np.isin(payers.persons["category"], UNASSISTED))
    return Payers(*(table.isel(kind=places) for table in (payers.persons, payers.scale, payers.amount)), rules=None)
