"""May a run be published? Every rule with its value and its limit; one that fails refuses."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from actuarial.assumptions.policy import Policy
from actuarial.fund.ledger import side_total
from actuarial.runs.store import Run
from actuarial.schema import POOLED_FUNDS


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule applied to a run. ``place`` names the fund, or the table, that it was applied to."""

    rule: str
    place: str
    value: float
    limit: float

    @property
    def passes(self) -> bool:
        """Whether the value is within the limit; a value that is not a number never is."""
        return bool(np.isfinite(self.value) and abs(self.value) <= self.limit)


def judge(run: Run, policy: Policy, published: Run | None) -> tuple[Verdict, ...]:
    """Every rule of the gate on a run.

    ledger : closing = opening + revenue - spending in every draw, and lines add to the mean totals, within a fen
    transfer : transfers inside the city add to nothing in every draw
    growth : mean spending and revenue of the first forecast year over the last closed year
    revision : mean budget-year spending and revenue over those of the run published last
    estimated : share of input rows that are estimated

    Parameters
    ----------
    policy : holds ``gate_growth_limit``, ``gate_revision_limit``, ``gate_estimated_limit``
    published : the run published last, None if there is none
    """
    dataset, manifest = run.dataset, run.manifest
    city, year = str(manifest["city"]["code"]), int(manifest["budget_year"])

    def limit(parameter: str) -> float:
        return policy.value(parameter, "all", city, year)

    verdicts = [
        Verdict("ledger", "all", _ledger_gap(dataset), 0.0),
        Verdict("lines", "all", _line_gap(dataset), 1.0),
        Verdict("transfer", "all", float(np.abs(dataset["transfer"].sum("region")).max()), 0.0),
        Verdict("estimated", "all", estimated_share(manifest), limit("gate_estimated_limit")),
    ]
    for fund in POOLED_FUNDS:
        for quantity in ("revenue", "spending"):
            place = f"{fund}.{quantity}"
            verdicts.append(Verdict("growth", place, _growth(dataset, fund, quantity), limit("gate_growth_limit")))
            if published is not None and published.id != run.id:
                moved = _revision(dataset, published.dataset, fund, quantity, year)
                verdicts.append(Verdict("revision", place, moved, limit("gate_revision_limit")))
    return tuple(verdicts)


def estimated_share(manifest: dict) -> float:
    """Share of all input rows that are estimated."""
    counts = list(manifest["provenance"].values())
    return sum(table.get("estimated", 0) for table in counts) / sum(sum(table.values()) for table in counts)


def _ledger_gap(dataset: xr.Dataset) -> float:
    flow = (dataset["revenue"] - dataset["spending"]).cumsum("year")
    return float(np.abs(dataset["opening_balance"] + flow - dataset["closing_balance"]).max())


def _line_gap(dataset: xr.Dataset) -> float:
    lines = dataset["line_mean"].fillna(0.0)
    gaps = [np.abs(side_total(lines, side) - dataset[side].mean("draw")).max() for side in ("revenue", "spending")]
    return float(max(gaps))


def _growth(dataset: xr.Dataset, fund: str, quantity: str) -> float:
    history = dataset["line_history"].isel(history_year=-1, drop=True).fillna(0.0).expand_dims(year=1)
    before = side_total(history, quantity).sel(fund=fund).sum("region").isel(year=0)
    first = dataset[quantity].sel(fund=fund).isel(year=0).sum("region").mean("draw")
    return float(first / before - 1)


def _revision(new: xr.Dataset, old: xr.Dataset, fund: str, quantity: str, year: int) -> float:
    if year not in old["year"]:
        return 0.0
    now, then = (part[quantity].sel(fund=fund, year=year).sum("region").mean("draw") for part in (new, old))
    return float(now / then - 1)
