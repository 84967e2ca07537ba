"""What reserve, pooling and warnings cost beside the projection of as many draws, in one run; time and memory.

    python -m benchmarks.risk [FOLDER [DRAWS]]        from the root of the checkout; about eight minutes on two cores

1. The projection of a sample of draws (one block) over 30 years, on one worker.
2. On the same draws, repeated to DRAWS (100,000), for every fund that carries risk: measures of the reserve with
   their errors, its parts by region, its build-up; the three adjustment funds, one policy and one fund, with balances,
   gains and reserves after each; every preset warning that the accounts allow, with its probability within three
   years; the long-range balance. One process, one fund after the other.

Seconds are of the processor, not of the clock, so that a busy machine does not blur them. Measured in November 2026 for
Ningbo (6 regions, 30 years, three funds, 100,000 draws; a draw of the projection takes 34 ms):

    part          seconds   share of the projection
    reserve            13      0.4%
    pooling            39      1.1%
    warning             4      0.1%
    long range          3      0.1%
    all                58      1.7%     peak 3.2 GB, one fund in memory at a time
"""

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import xarray as xr

from actuarial import fit, read_folder, simulate
from actuarial.long_range import actuarial_balance, payable_share
from actuarial.risk.accumulation import reserve_path
from actuarial.risk.allocation import quantile_contributions, tail_contributions
from actuarial.risk.dependence import pooling_effect
from actuarial.risk.drawdown import drawdown_parts
from actuarial.risk.proportion import proportion
from actuarial.risk.reserve import diversification, reserve_measures
from actuarial.risk.ruin import first_year_share, ruin_probability
from actuarial.settlement.adjustment_fund import settle_adjustment_funds
from actuarial.settlement.adjustment_rule import preset
from actuarial.settlement.comparison import balance_after, gains_per_head
from actuarial.settlement.one_fund import settle_one_fund
from actuarial.settlement.one_policy import apply_one_policy, harmonised_factor
from actuarial.warning.indicators import growth_gap, months_of_cover, surplus_ratio
from actuarial.warning.outlook import comes_within
from actuarial.warning.rules import Rule, preset_rules
from actuarial.warning.state import is_lit, warning_states

FOLDER = "data/ningbo"
YEARS, SEED, SAMPLE, DRAWS = 30, 1, 500, 100_000
FUNDS = {"employee_pooled": "employee", "resident_pooled": "resident", "assistance": "assistance"}
CONFIDENCE, ONE_YEAR, INTERVAL = 0.95, 0.995, 0.95


def main() -> None:
    """Project a sample, repeat its draws, time every part on every fund, and print one table."""
    folder = sys.argv[1] if len(sys.argv) > 1 else FOLDER
    draws = int(sys.argv[2]) if len(sys.argv) > 2 else DRAWS
    basis = fit(read_folder(Path(folder)), YEARS)
    simulate(basis, SEED, 1, workers=1)  # what is loaded when first used is not a draw
    started = time.process_time()
    sample = simulate(basis, SEED, SAMPLE, workers=1)
    projected = (time.process_time() - started) / SAMPLE
    seconds: dict[str, float] = {}
    for fund, scheme in FUNDS.items():
        accounts = sample[["revenue", "spending", "closing_balance", "opening_balance"]].sel(fund=fund, drop=True)
        order = np.arange(draws) % SAMPLE
        accounts = accounts.isel(draw=order).assign_coords(draw=np.arange(draws)).copy(deep=True)
        for part, work in PARTS.items():
            started = time.process_time()
            work(accounts, scheme)
            seconds[part] = seconds.get(part, 0.0) + time.process_time() - started
    print(f"projection, {YEARS} years: {projected * 1000:.2f} ms a draw, {projected * draws:.0f} s for {draws:,}")
    for part, took in seconds.items():
        print(f"{part:>12} {took:8.1f} s {took / (projected * draws):8.2%}")
    total = sum(seconds.values())
    print(f"{'all':>12} {total:8.1f} s {total / (projected * draws):8.2%}")
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GB")


def _reserve(accounts: xr.Dataset, scheme: str) -> None:
    opening, closing = accounts["opening_balance"], accounts["closing_balance"]
    reserve_measures(opening, closing, CONFIDENCE, ONE_YEAR)
    reserve_measures(opening.sum("region"), closing.sum("region"), CONFIDENCE, ONE_YEAR)
    saved = diversification(opening, closing, CONFIDENCE)
    part = drawdown_parts(opening, closing)
    tail_contributions(part, CONFIDENCE)
    quantile_contributions(part, CONFIDENCE)
    ruin_probability(closing, INTERVAL)
    first_year_share(closing, 0)
    pooling_effect(accounts["spending"] - accounts["revenue"])
    none = xr.zeros_like(opening)
    target = saved["stand_alone"].astype("int64")
    reserve_path(none, opening.where(opening > 0, 0), closing, accounts["revenue"], target, 0.05)


def _pooling(accounts: xr.Dataset, scheme: str) -> None:
    revenue, spending, closing = accounts["revenue"], accounts["spending"], accounts["closing_balance"]
    regions = revenue["region"]
    members = xr.ones_like(regions, dtype=float) * xr.ones_like(revenue["year"], dtype=float)
    pool = xr.full_like(regions, "city", dtype=object)
    pays_into = {str(region): "city" for region in regions.values}
    expected = spending.mean("draw")
    for variant in ("zhejiang", "guangdong", "yangtze_delta"):
        moved = settle_adjustment_funds({"city": preset(variant, scheme)}, pays_into, revenue, spending, expected)
        _after(accounts, balance_after(closing, moved["transfer"], xr.zeros_like(spending)), moved["transfer"], members)
    level = 1 + 0.01 * xr.DataArray(np.arange(regions.size), dims="region", coords={"region": regions})
    alike = apply_one_policy(spending, harmonised_factor(level, members.isel(year=0, drop=True), "best"))
    _after(accounts, balance_after(closing, xr.zeros_like(spending), alike - spending), spending - alike, members)
    one = settle_one_fund(revenue, alike, revenue.mean("draw"), 1.0, pool)["transfer"]
    _after(accounts, balance_after(closing, one, alike - spending), one, members)


def _after(accounts: xr.Dataset, balance: xr.DataArray, gained: xr.DataArray, members: xr.DataArray) -> None:
    gains_per_head(gained, members)
    diversification(accounts["opening_balance"], balance, CONFIDENCE)


def _warning(accounts: xr.Dataset, scheme: str) -> None:
    revenue, spending = accounts["revenue"], accounts["spending"]
    values = {
        "months_of_cover": months_of_cover(accounts["closing_balance"], spending),
        "spending_growth_gap": growth_gap(spending, revenue),
        "surplus_ratio": surplus_ratio(revenue, spending),
    }
    for rule in _rules(scheme, values):
        state = warning_states(values[rule.indicator], rule, 0)
        for level in rule.levels:
            proportion(comes_within(is_lit(state, rule, level.colour), 3), INTERVAL)


def _rules(scheme: str, values: dict[str, xr.DataArray]) -> list[Rule]:
    return [rule for rule in preset_rules() if rule.scheme in (scheme, "all") and rule.indicator in values]


def _long_range(accounts: xr.Dataset, scheme: str) -> None:
    revenue, spending, opening = accounts["revenue"], accounts["spending"], accounts["opening_balance"]
    rate = xr.full_like(revenue["year"], 0.02, dtype=float)
    actuarial_balance(opening, revenue, spending, revenue, rate, [10, 25])
    payable_share(opening, revenue, spending)


PARTS: dict[str, Callable[[xr.Dataset, str], None]] = {
    "reserve": _reserve,
    "pooling": _pooling,
    "warning": _warning,
    "long range": _long_range,
}

if __name__ == "__main__":
    main()
