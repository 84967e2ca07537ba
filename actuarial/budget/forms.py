"""The official budget forms: every printed line as a sum of ledger lines, with the mapping as data.

1. `amounts` takes last year's accounts and the means of the forecast as whole fen that add up over the regions.
2. `form` reads the printed lines of a scheme from lines.csv.
3. `form_amounts` sums ledger lines to printed lines; totals are sums of what they are made of, never read.
4. `budget_table` puts last year's actual, this year's estimate and next year's budget side by side.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import xarray as xr

from actuarial.errors import SchemaError
from actuarial.money import round_to_total
from actuarial.schema import ALL_LINES, BALANCES, FUNDS, LEVEL_OUTFLOWS, SPENDING_LINES

OUTFLOWS = frozenset(line for lines in SPENDING_LINES.values() for line in lines) | frozenset(LEVEL_OUTFLOWS)
GRAND_TOTALS = ("revenue_grand_total", "spending_grand_total")
CITY = "city"


@dataclass(frozen=True, slots=True)
class FormLine:
    """One printed line: its place, the ledger lines or printed lines it sums, and how well its layout is known."""

    side: str
    code: str
    name: str
    level: int
    kind: str  # "lines": terms are ledger lines; "sum": terms are printed lines, "-" before those taken away
    terms: tuple[str, ...]
    is_always_shown: bool
    provenance: str
    source: str


@cache
def form(scheme: str) -> tuple[FormLine, ...]:
    """Printed lines of the official form of a scheme, in order."""
    with files("actuarial.budget").joinpath("lines.csv").open(encoding="utf-8") as file:
        return tuple(
            FormLine(
                row["side"],
                row["code"],
                row["name"],
                int(row["level"]),
                row["kind"],
                tuple(row["terms"].split()),
                row["when"] == "always",
                row["provenance"],
                row["source"],
            )
            for row in csv.DictReader(file)
            if row["scheme"] == scheme
        )


def amounts(dataset: xr.Dataset) -> xr.Dataset:
    """Ledger of the last closed year and of every forecast year in whole fen.

    Forecast flows are means over the draws, rounded so that the regions add up to the rounded city; a balance is the
    balance before plus the flows, so the identity of the ledger holds to the fen.

    Returns
    -------
    amount : (region, fund, line, year), fen, int64; zero where nothing is published
    published : the same, bool
    provenance : (region, fund, line), text, of the last closed year

    Raises
    ------
    SchemaError
        If last year's accounts do not close, or the balances are further from the mean balances than rounding explains.
    """
    last = int(dataset["history_year"].values[-1])
    history = dataset["line_history"].sel(history_year=last, drop=True).expand_dims(year=[last])
    flows = xr.concat([history, dataset["line_mean"]], "year").transpose("region", "fund", "line", "year")
    published = flows.notnull()
    amount = _whole(flows.fillna(0.0))
    amount.loc[{"line": "closing_balance", "year": last}] = _closing(amount.sel(year=last))
    before = last
    for year in dataset["year"].values.tolist():
        amount.loc[{"line": "opening_balance", "year": year}] = amount.sel(line="closing_balance", year=before)
        amount.loc[{"line": "closing_balance", "year": year}] = _closing(amount.sel(year=year))
        before = year
    _check_balances(amount, flows)
    provenance = dataset["line_provenance"].sel(history_year=last, drop=True)
    return xr.Dataset({"amount": amount, "published": published, "provenance": provenance})


def _whole(flows: xr.DataArray) -> xr.DataArray:
    stacked = flows.transpose("fund", "line", "year", "region")
    rounded = np.apply_along_axis(lambda part: round_to_total(part, round(part.sum())), -1, stacked.values)
    return stacked.copy(data=rounded).transpose(*flows.dims)


def signed(amount: xr.DataArray) -> xr.DataArray:
    """Amounts with outgoing lines negative."""
    signs = [-1 if line in OUTFLOWS else 1 for line in amount["line"].values]
    return amount * xr.DataArray(signs, dims="line", coords={"line": amount["line"]})


def _closing(amount: xr.DataArray) -> xr.DataArray:
    return signed(amount.drop_sel(line="closing_balance")).sum("line")


def _check_balances(amount: xr.DataArray, flows: xr.DataArray) -> None:
    """Rounding moves a flow by at most one fen, so a balance by at most one fen for each flow and year behind it."""
    for line in BALANCES:
        gap = abs(amount.sel(line=line) - flows.sel(line=line))
        allowed = amount.sizes["line"] * amount.sizes["year"]
        if bool((gap > allowed).any()):
            at = gap.where(gap.notnull(), 0.0).argmax(...)
            place = {str(dim): gap[dim].values[int(index)].item() for dim, index in at.items()}
            raise SchemaError(f"{line}: {float(gap.max()):.0f} fen from opening plus flows, most at {place}")


def form_amounts(lines: tuple[FormLine, ...], amount: xr.DataArray) -> xr.DataArray:
    """Printed lines as sums of ledger lines.

    Parameters
    ----------
    amount : (..., line), whole units of money

    Returns
    -------
    amount : (..., row), the same units
    """
    return xr.dot(amount, weights(lines).sel(line=amount["line"]), dim="line")


@cache
def weights(lines: tuple[FormLine, ...]) -> xr.DataArray:
    """How often each printed line counts each ledger line: (row, line), whole numbers."""
    by_name = {line.name: line for line in lines}
    known: dict[str, np.ndarray] = {}

    def count(name: str) -> np.ndarray:
        if name not in known:
            line = by_name[name]
            if line.kind == "lines":
                known[name] = np.isin(ALL_LINES, line.terms).astype("int64")
            else:
                parts = [-count(term[1:]) if term.startswith("-") else count(term) for term in line.terms]
                known[name] = np.sum(parts, axis=0)
        return known[name]

    table = np.array([count(line.name) for line in lines])
    return xr.DataArray(table, dims=("row", "line"), coords={"row": list(by_name), "line": list(ALL_LINES)})


def ledger_terms(lines: tuple[FormLine, ...], name: str) -> tuple[str, ...]:
    """Ledger lines that a printed line is made of."""
    counted = weights(lines).sel(row=name)
    return tuple(counted["line"].values[counted.values != 0].tolist())


def _any_term(lines: tuple[FormLine, ...], marks: xr.DataArray) -> xr.DataArray:
    counted = np.abs(weights(lines).sel(line=marks["line"]))
    return xr.dot(marks.astype("int64"), counted, dim="line") > 0


def budget_table(dataset: xr.Dataset, area: str, scheme: str, fund: str) -> xr.Dataset:
    """The official form of one area from a run's dataset; see `budget_rows`."""
    return budget_rows(amounts(dataset), area, scheme, fund)


def budget_rows(ledger: xr.Dataset, area: str, scheme: str, fund: str) -> xr.Dataset:
    """The official form of one area.

    Parameters
    ----------
    ledger : from `amounts`
    area : a region code, or CITY for the sum of the regions
    fund : a key of schema.FUNDS, or "all" for the sum of the funds of the scheme

    Returns
    -------
    amount : (row, year), fen, int64; last year's actual, this year's estimate, next year's budget
    published : (row, year), bool; false where no ledger line of the row is published
    is_estimated : (row), bool; true where last year's figure rests on an estimated ledger line
    change : (row), 1; next year's budget against this year's estimate, not a number where this year is zero
    """
    funds = [name for name, (owner, _) in FUNDS.items() if owner == scheme] if fund == "all" else [fund]
    regions = ledger["region"].values.tolist() if area == CITY else [area]
    chosen = ledger.sel(region=regions, fund=funds).isel(year=slice(0, 3))
    lines = form(scheme)
    amount = form_amounts(lines, chosen["amount"].sum(["region", "fund"]))
    published = _any_term(lines, chosen["published"].any(["region", "fund"]))
    is_estimated = _any_term(lines, (chosen["provenance"] == "estimated").any(["region", "fund"]))
    this, following = amount.isel(year=1, drop=True), amount.isel(year=2, drop=True)
    change = (following / this.where(this != 0)) - 1.0
    return xr.Dataset({"amount": amount, "published": published, "is_estimated": is_estimated, "change": change})
