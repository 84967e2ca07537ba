"""Adopted budgets of Ningbo with their versions, and what the funds received and paid by month, in 万元."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from actuarial.schema import BALANCES, REVENUE_LINES, SCHEMES, SPENDING_LINES, ledger_lines
from data.estimates.noise import normal
from data.estimates.rows import ESTIMATED, Row

if TYPE_CHECKING:
    from data.estimates.ningbo import Ningbo

METHOD = "docs/method/estimates.md"
FEN_PER_UNIT = 1_000_000
UNIT = {"unit": "10k_yuan", "provenance": ESTIMATED, "source": METHOD}


def budget_rows(city: "Ningbo") -> Iterator[Row]:
    """Every version of every adopted budget: the accounts of the year before with growth and error, closing exactly."""
    for year, dates in city.choice["budget"]["adopted"].items():
        for number, adopted in enumerate(dates, start=1):
            for scheme, fund, region, lines in _accounts(city):
                flows = _budget(city, scheme, fund, region, lines, int(year), number - 1)
                for line in ledger_lines(scheme):
                    if line in flows:
                        key = {"region": city.setting.regions[region], "year": year, "scheme": scheme, "fund": fund}
                        row = {**key, "line": line, "version": number, "adopted": adopted}
                        yield {**row, "value": str(flows[line]), **UNIT}


def _accounts(city: "Ningbo") -> Iterator[tuple[str, str, int, dict[str, np.ndarray]]]:
    """Scheme, fund, place of the region, and (year,) fen by line."""
    for region in range(len(city.setting.regions)):
        for scheme in SCHEMES:
            lines = city.ledger[scheme]
            for fund in dict.fromkeys(name for name, _ in lines):
                yield (
                    scheme,
                    fund,
                    region,
                    {line: amount[region] for (own, line), amount in lines.items() if own == fund},
                )


def _budget(
    city: "Ningbo", scheme: str, fund: str, region: int, lines: dict[str, np.ndarray], year: int, revisions: int
) -> dict[str, int]:
    """Whole units by line, with the balances."""
    choice = city.choice["budget"]
    before = city.setting.years.index(year - 1)
    revised = (1 + choice["revision"][scheme]) ** revisions
    flows = {}
    for line, amount in lines.items():
        if line not in BALANCES:
            growth = choice["growth"][scheme][line in SPENDING_LINES[scheme]]
            error = choice["error"] * float(
                normal(f"budget {year} {fund} {line}", (len(city.setting.regions),))[region]
            )
            factor = (1 + growth + error) * (revised if line in SPENDING_LINES[scheme] else 1)
            flows[line] = round(int(amount[before]) * factor / FEN_PER_UNIT)
    opening = round(int(lines["closing_balance"][before]) / FEN_PER_UNIT)
    surplus = sum(value if line in REVENUE_LINES[scheme] else -value for line, value in flows.items())
    return {**flows, "opening_balance": opening, "closing_balance": opening + surplus}


def outturn_rows(city: "Ningbo") -> Iterator[Row]:
    """Amounts since the first of January, to the chosen months of the last years and of the year under way."""
    choice, last = city.choice["budget"], city.setting.years[-1]
    for year in range(choice["first_year"], last + 2):
        for month in choice["months"] if year <= last else choice["open_months"]:
            for scheme, fund, region, lines in _accounts(city):
                for line in ledger_lines(scheme):
                    if line in lines and line not in BALANCES:
                        amount = _whole_year(city, scheme, fund, region, line, lines[line], year)
                        share = _elapsed(city, line, region, year)[month - 1]
                        key = {"region": city.setting.regions[region], "year": year, "month": month, "scheme": scheme}
                        value = f"{amount * share / FEN_PER_UNIT:.2f}"
                        yield {**key, "fund": fund, "line": line, "value": value, **UNIT}


def _whole_year(city: "Ningbo", scheme: str, fund: str, region: int, line: str, amount: np.ndarray, year: int) -> float:
    """The accounts of a closed year; of the year under way those of the last with growth and error, fen."""
    years, choice = city.setting.years, city.choice["budget"]
    if year <= years[-1]:
        return float(amount[years.index(year)])
    is_spending = line in SPENDING_LINES[scheme]
    side = "spending" if is_spending else "revenue"
    error = choice["open_error"] * float(normal(f"outturn {year} {fund} {side}", (len(city.setting.regions),))[region])
    return float(amount[-1]) * (1 + choice["open_growth"][scheme][is_spending] + error)


def _elapsed(city: "Ningbo", line: str, region: int, year: int) -> np.ndarray:
    """(month,) share of the year's amount that has come or gone by the end of each month."""
    choice = city.choice["budget"]
    kind = choice["kind"].get(line, "even")
    of_year = choice["year_noise"] * normal(f"months {kind} {year}", (12,))
    own = choice["region_noise"] * normal(f"months {line} {year}", (len(city.setting.regions), 12))[region]
    weight = np.array(choice["weights"][kind]) * np.exp(of_year + own)
    elapsed = np.round(np.cumsum(weight) / weight.sum(), 6)
    return np.append(elapsed[:-1], 1.0)
