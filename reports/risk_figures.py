"""Risk of the funds of a stored run, from its draws alone: falls of the pools, parts of the regions, steps of pooling.

Money is in fen. A pool is the regions that share one fund; the city is the sum of its pools.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from actuarial.risk.accumulation import reserve_path
from actuarial.risk.batching import batch_error
from actuarial.risk.dependence import pooling_effect
from actuarial.risk.drawdown import drawdown_parts, first_year_loss, maximum_drawdown
from actuarial.risk.proportion import proportion
from actuarial.risk.reserve import risk_reserve, saved_by_pooling
from actuarial.risk.ruin import has_fallen_below
from actuarial.risk.tail import tail_value_at_risk, value_at_risk
from actuarial.schema import FUNDS

# Own choice: the usual two-sided interval of a probability.
INTERVAL = 0.95


@dataclass(frozen=True, slots=True)
class FundRisk:
    """One pooled fund: (region,) opening, (draw, region, year) closing, parts of the deepest fall (draw, region)."""

    fund: str
    pools: tuple[tuple[str, ...], ...]
    opening: xr.DataArray
    closing: xr.DataArray
    near: xr.DataArray
    part: xr.DataArray
    confidence: float
    one_year_confidence: float | None
    adjustment_rules: tuple[dict[str, str], ...]
    collection: dict | None


def fund_risk(dataset: xr.Dataset, manifest: dict, fund: str) -> FundRisk:
    """Balances of a fund and the regions' parts in the deepest fall of their pools over the horizon of the reserve."""
    limits, dataset = manifest["reserve"], dataset.drop_vars("draw")
    opening = dataset["opening_balance"].sel(fund=fund, drop=True)
    closing = dataset["closing_balance"].sel(fund=fund, drop=True)
    near = closing.isel(year=slice(0, int(limits["horizon"])))
    together = _pools(manifest, opening["region"].values.tolist())
    parts = [drawdown_parts(opening.sel(region=list(own)), near.sel(region=list(own))) for own in together]
    part = xr.concat(parts, dim="region").sel(region=opening["region"].values)
    confidence, one_year = limits["confidence"], limits.get("one_year_confidence")
    own_rules = tuple(manifest.get("adjustment_rules", ()))
    collection = manifest.get("collection", {}).get(FUNDS[fund][0])
    part = part.transpose("draw", "region")
    return FundRisk(fund, together, opening, closing, near, part, confidence, one_year, own_rules, collection)


def _pools(manifest: dict, regions: list[str]) -> tuple[tuple[str, ...], ...]:
    pool = {part["code"]: part["pool"] for part in manifest["city"]["regions"]}
    labels = dict.fromkeys(pool[region] for region in regions)
    return tuple(tuple(region for region in regions if pool[region] == label) for label in labels)


def measures(risk: FundRisk) -> xr.Dataset:
    """Measures of the city's fund with their Monte Carlo errors: value, standard_error by (measure,), fen.

    The one-year measures are left out where the run states no confidence for them.
    """
    fall = risk.part.sum("region")
    found = {
        "drawdown_quantile": value_at_risk(fall, risk.confidence),
        "drawdown_tail_mean": tail_value_at_risk(fall, risk.confidence),
    }
    if risk.one_year_confidence is not None:
        loss = first_year_loss(risk.opening.sum("region"), risk.closing.sum("region"))
        found["one_year_quantile"] = value_at_risk(loss, risk.one_year_confidence)
        found["one_year_tail_mean"] = tail_value_at_risk(loss, risk.one_year_confidence)
    return xr.concat(list(found.values()), dim="measure").assign_coords(measure=list(found))


def ruin(risk: FundRisk) -> xr.Dataset:
    """Probability that a pool's balance was below zero at the end of this year or of one before: see `proportion`."""
    pools = [risk.closing.sel(region=list(own)).sum("region") for own in risk.pools]
    fallen = has_fallen_below(xr.concat(pools, dim="pool"), 0).any("pool")
    return proportion(fallen, INTERVAL)


def rival_risks(dataset: xr.Dataset, manifest: dict, fund: str) -> dict[str, FundRisk]:
    """The same of every rival of the trends, by name, on the draws that it was projected in."""
    if "rival_closing" not in dataset:
        return {}
    found = {}
    for name in dataset["rival"].values.tolist():
        closing = dataset["rival_closing"].sel(rival=name, drop=True).rename(rival_draw="draw")
        apart = xr.Dataset({"opening_balance": dataset["opening_balance"], "closing_balance": closing})
        found[name] = fund_risk(apart, manifest, fund)
    return found


def benefit_error(risk: FundRisk) -> float:
    """Monte Carlo error of what pooling saves of the reserve, fen; NaN where the draws are too few."""
    fall = xr.Dataset({"alone": maximum_drawdown(risk.opening, risk.near), "pooled": risk.part.sum("region")})
    return float(batch_error(fall, lambda part: saved_by_pooling(part, risk.confidence), risk.confidence))


def build_up(risk: FundRisk, revenue: xr.DataArray, set_aside_rate: float) -> xr.Dataset:
    """The city's reserve built up from nothing to its target, and released: see `reserve_path`; (draw, year), fen."""
    opening, closing = risk.opening.sum("region"), risk.closing.sum("region")
    target = risk_reserve(risk.part.sum("region"), risk.confidence)
    return reserve_path(xr.zeros_like(opening), opening, closing, revenue, target, set_aside_rate)


def common_risk(risk: FundRisk) -> xr.Dataset:
    """What the regions' falls by the end of the horizon have in common; see :func:`pooling_effect`."""
    return pooling_effect(risk.opening - risk.near.isel(year=-1, drop=True))


def stand_alone(risk: FundRisk) -> xr.Dataset:
    """Reserve of every region alone: value, standard_error by (region,), fen."""
    return value_at_risk(maximum_drawdown(risk.opening, risk.near), risk.confidence)


def is_pooled(risk: FundRisk) -> bool:
    """Whether any regions share a fund."""
    return bool(np.any([len(own) > 1 for own in risk.pools]))
