"""The most generous standard that the money covers: of medical assistance, or the critical-illness deductible.

1. the standard is changed in the benefit rows from a year on, and curves of the kinds it is for alone are made anew;
2. the accounts are closed with what the layers then pay, on futures drawn once (``futures``);
3. the most generous value that the money covers in a share of the draws (``search``).

Persons are those recognised under the rules as they are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.benefit.curves import Curves
from actuarial.benefit.protection import UNASSISTED, Protection
from actuarial.errors import AssumptionError
from actuarial.experience.city_severity import CitySeverity, member_severity
from actuarial.experience.kinds import member_kinds, rule_years
from actuarial.experience.protection import Reach, protection_curves
from actuarial.fund.ledger import side_total
from actuarial.payers import Payers, payments_under_rules
from actuarial.projection import close_accounts
from actuarial.schema import SCHEME_FUND
from actuarial.solving.futures import Futures
from actuarial.tables import CityData

# What can be solved for: layer and parameter of the benefit rows, and whether more of it is more generous.
STANDARDS = {
    "assistance_deductible": ("assistance", "deductible", False),
    "assistance_rate": ("assistance", "reimbursement_rate", True),
    "assistance_cap": ("assistance", "cap", True),
    "safety_net_threshold": ("assistance", "safety_net_threshold", False),
    "safety_net_rate": ("assistance", "safety_net_rate", True),
    "critical_deductible": ("critical", "deductible", False),
}
# Own choice: cells of a tenth of a scale's logarithm, as exact here as the whole range in its own.
CELL = 0.1


@dataclass(frozen=True, slots=True)
class Standard:
    """A standard of the benefit rows, of one group and service as they name them, changed from a year on.

    share : of the resident fund's revenue that critical illness may take in a year; None where the fund has to last
    """

    name: str
    group: str
    service: str
    from_year: int
    share: float | None = None


def standard_margin(
    data: CityData, basis: Basis, found: CitySeverity, futures: tuple[Futures, ...], standard: Standard
) -> Callable[[float], xr.DataArray]:
    """What the money leaves at any value of the standard: value -> (draw, unit, year), fen.

    Of assistance, money so far and what was there less need so far, in every region by itself. Of critical illness the
    closing balance of every pool of the resident fund, or what its layer stays below the stated share of revenue.

    Parameters
    ----------
    found : distributions of cost of the same folder, see :func:`fit_city_severity`

    Raises
    ------
    AssumptionError
        If the assisted are no kinds of their own, or the standard is unknown or not in force.
    """
    protection = basis.layers
    if protection is None or not protection.has_assisted:
        raise AssumptionError("standard: the bands of cost do not set the assisted apart, so that rules move no aid")
    standard_today(data, standard)
    is_critical = STANDARDS[standard.name][0] == "critical"
    chosen = protection.kinds["scheme"] == "resident"
    if not is_critical:
        chosen = chosen & ~protection.kinds["category"].isin(UNASSISTED)
    names = protection.kinds.values[chosen.values].tolist()
    own_margin = _critical_margin if is_critical else _assistance_margin
    fund = SCHEME_FUND["resident" if is_critical else "assistance"]
    curves_at = _curves_at(data, basis, found, futures, standard, names)

    def margin_at(value: float) -> xr.DataArray:
        curves = curves_at(value)
        parts: list[xr.DataArray] = []
        for block in futures:
            payers = changed_payers(protection, _payers(block), curves, names)
            ledger = close_accounts(basis, block.people, payers, block.money, block.deviation, [fund])
            parts.append(own_margin(basis, ledger, standard))
        return xr.concat(parts, dim="draw")

    return margin_at


def standard_today(data: CityData, standard: Standard) -> list[float]:
    """The values of the standard in force in the year of the change, the lowest first."""
    return sorted(set(_rows_in_force(data.frames["benefits"], standard)["value"].astype(float)))


def changed_benefits(frame: pd.DataFrame, standard: Standard, value: float) -> pd.DataFrame:
    """Benefit rows with another value of the standard from its year on, in every region that has one in force.

    Raises
    ------
    AssumptionError
        If the standard is not one of STANDARDS, or no such row is in force in the year.
    """
    latest = _rows_in_force(frame, standard)
    later = _is_chosen(frame, standard) & (frame["from_year"] >= standard.from_year)
    return pd.concat([frame[~later], latest.assign(from_year=standard.from_year, value=value)], ignore_index=True)


def changed_payers(protection: Protection, payers: Payers, curves: Mapping[int, Curves], names: list[str]) -> Payers:
    """What the layers pay where some kinds meet other curves from the first of their years on."""
    start = min(curves)
    later = [year for year in payers.scale["year"].values.tolist() if year >= start]
    persons, scale, level = (
        table.sel(kind=names, year=later) if "kind" in table.dims else table.sel(year=later)
        for table in (payers.persons, payers.scale, payers.level)
    )
    changed = payments_under_rules(replace(protection, curves=curves), scale, level) * persons
    amount = payers.amount.copy()
    place = {"kind": names, "year": later}
    amount.loc[place] = changed.transpose(*amount.dims).sel(layer=amount["layer"])
    return replace(payers, amount=amount)


def _curves_at(
    data: CityData,
    basis: Basis,
    found: CitySeverity,
    futures: tuple[Futures, ...],
    standard: Standard,
    names: list[str],
) -> Callable[[float], dict[int, Curves]]:
    severity = member_severity(found)
    kinds = {name: kind for name, kind in member_kinds(found).items() if name in names}
    reach = _reach(basis, futures, names)

    def curves_at(value: float) -> dict[int, Curves]:
        rules = changed_benefits(data.frames["benefits"], standard, value)
        changed = replace(data, frames={**data.frames, "benefits": rules})
        years = [year for year in rule_years(rules, basis.last_year, basis.years) if year >= standard.from_year]
        return {year: protection_curves(changed, basis.history, severity, kinds, year, reach) for year in years}

    return curves_at


def _reach(basis: Basis, futures: tuple[Futures, ...], names: list[str]) -> Reach:
    """A range that holds every scale, with a cell to spare at both ends."""
    if basis.layers is None:
        raise AssumptionError("standard: the basis has no layers of protection")
    paid = [_payers(block) for block in futures]
    ends = [(own.scale / own.level).sel(kind=names) for own in paid]
    low, high = float(min(own.min() for own in ends)) * np.exp(-CELL), float(max(own.max() for own in ends))
    high *= np.exp(CELL)
    return Reach(low, high, int(np.ceil(np.log(high / low) / CELL)))


def _payers(block: Futures) -> Payers:
    if block.payers is None:
        raise AssumptionError("standard: the basis has no layers of protection")
    return block.payers


def _assistance_margin(basis: Basis, ledger: xr.DataArray, standard: Standard) -> xr.DataArray:
    interest = ledger.sel(fund="assistance", line="interest", drop=True)
    revenue, need = (side_total(ledger, side).sel(fund="assistance", drop=True) for side in ("revenue", "spending"))
    opening = basis.history.opening.sel(fund="assistance", drop=True)
    left = (revenue - interest - need).cumsum("year").assign_coords(year=basis.years)
    return (left + opening.where(opening > 0, 0)).rename(region="unit")


def _critical_margin(basis: Basis, ledger: xr.DataArray, standard: Standard) -> xr.DataArray:
    if standard.share is None:
        by_region = ledger.sel(fund="resident_pooled", line="closing_balance", drop=True)
    else:
        revenue = side_total(ledger, "revenue").sel(fund="resident_pooled", drop=True)
        critical = ledger.sel(fund="resident_pooled", line="critical_illness", drop=True)
        by_region = (standard.share * revenue - critical).sel(year=slice(standard.from_year, None))
    pools = pd.Series({region.code: region.pool for region in basis.city.regions})
    parts = [by_region.sel(region=pools.index[pools == pool].tolist()).sum("region") for pool in pools.unique()]
    return xr.concat(parts, dim="unit")


def _is_chosen(frame: pd.DataFrame, standard: Standard) -> pd.Series:
    if standard.name not in STANDARDS:
        raise AssumptionError(f"standard: {standard.name!r} is unknown; one of {', '.join(STANDARDS)}")
    layer, parameter, _ = STANDARDS[standard.name]
    chosen = (frame["layer"] == layer) & (frame["parameter"] == parameter)
    return chosen & (frame["group"] == standard.group) & (frame["service"] == standard.service)


def _rows_in_force(frame: pd.DataFrame, standard: Standard) -> pd.DataFrame:
    """The rows of the standard in force in the year of the change."""
    before = frame[_is_chosen(frame, standard) & (frame["from_year"] <= standard.from_year)]
    if before.empty:
        layer, parameter, _ = STANDARDS[standard.name]
        known = frame.loc[(frame["layer"] == layer) & (frame["parameter"] == parameter), ["group", "service"]]
        pairs = "; ".join(sorted({f"{row['group']}, {row['service']}" for row in known.to_dict("records")})) or "none"
        raise AssumptionError(
            f"standard: no {parameter} of layer {layer} for group {standard.group!r}, service {standard.service!r} in "
            f"force in {standard.from_year}; the benefit rows have {pairs}"
        )
    key = ["region", "scheme", "tier", "area", "admission", "lower"]
    return before.sort_values("from_year", kind="stable").drop_duplicates(key, keep="last")
