"""The stress tests of a city: its scenarios side by side, what moves its balance, and what would exhaust it.

1. every scenario of the folder on the same draws;
2. every range of sensitivity at both ends, one at a time, and all of them together, on the central path;
3. the smallest multiple of every scenario, and of every end of a range, at which a fund is exhausted, or at which one
   that is exhausted on the central path no longer is;
4. the mildest joint shock of the trends that exhausts a fund.

All of it is about the baseline, whatever scenario the run itself is of.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.errors import AssumptionError
from actuarial.experience.shocks import shock_paths
from actuarial.people import project_people
from actuarial.projection import reserve_years
from actuarial.risk.drawdown import maximum_drawdown
from actuarial.scenario import BASELINE, Change, Scenario, apply_scenario, change_factors, read_scenario, scenario_names
from actuarial.schema import BOUNDS, FUNDS, POOLED_FUNDS
from actuarial.streams import stream
from actuarial.stress.cases import central_cases, drawn_cases, shocked_cases
from actuarial.stress.joint import mildest_shock, principal_shocks
from actuarial.stress.reverse import smallest_multiple
from actuarial.stress.sensitivity import (
    Range,
    design,
    fit_surrogate,
    one_at_a_time,
    one_at_a_time_effect,
    range_factors,
    read_ranges,
    sobol_indices,
)

# Own choice: a hundred draws tell scenarios apart, whose differences are paired.
DRAWS = 100
# Own choice: nearly twice as many points as the polynomial of a dozen ranges has terms, and unseen ones to judge it by.
POINTS, UNSEEN = 192, 32
SAMPLES = 4096
# Own choice: drawn shocks whose covariance is known to two hundredths.
PATHS = 4000
# Own choice: a quantity that is multiplied keeps a hundredth of itself; without deaths nobody leaves the open age.
LEAST = 0.01


def stress_city(
    basis: Basis, frames: dict[str, pd.DataFrame], seed: int, draws: int = DRAWS, workers: int | None = None
) -> tuple[xr.Dataset, dict[str, object]] | None:
    """Every stress test of a folder, and the record of what was tested; None where it has nothing to test.

    Parameters
    ----------
    basis : at the baseline

    Returns
    -------
    scenario_revenue, scenario_spending, scenario_closing, scenario_drawdown : (scenario, stress_draw, fund), fen, of
        the budget year, the last year, and the years of the reserve; scenario_exhausted : whether it ever was
    sensitivity_effect : (sensitivity, bound, fund), fen, on the closing balance of the last year
    sobol : (index, sensitivity, fund), 1; surrogate_error : (fund,), 1
    central_exhausted : (fund,), whether the fund is exhausted on the central path of the baseline
    reverse_scenario : (scenario, fund), 1; reverse_sensitivity : (sensitivity, bound, fund), 1; where a pooled fund is
        exhausted, or relieved if ``central_exhausted``; NaN where it is not up to ``reverse_scenario_limit`` and
        ``reverse_sensitivity_limit``
    and the variables of :func:`joint_test`

    Raises
    ------
    AssumptionError
        If the model does not reach as far as the policy value ``stress_limit`` asks.
    """
    table = frames.get("scenarios")
    read = [read_scenario(table, name) for name in scenario_names(table)]
    within = [one for one in read if min(change.from_year for change in one.changes) <= basis.years[-1]]
    scenarios = [read_scenario(None, BASELINE), *within]
    ranges = read_ranges(frames.get("sensitivities"), basis.years)
    if len(scenarios) == 1 and not ranges:
        return None
    parts = [compare_scenarios(basis, scenarios, seed, min(draws, DRAWS), workers)]
    parts.append(joint_test(basis, stream(seed, "joint_stress", 0)))
    if ranges:
        parts.append(sensitivity_tests(basis, ranges, stream(seed, "sensitivity", 0), workers))
    limit = None
    if basis.policy.holds("stress_limit", "all"):
        limit = basis.policy.value("stress_limit", "all", basis.city.code, basis.budget_year)
        parts.append(reverse_tests(basis, scenarios, ranges, limit, workers))
    record = {
        "draws": min(draws, DRAWS),
        "limit": limit,
        "points": POINTS,
        "unseen": UNSEEN,
        "last_year": int(basis.years[-1]),
        "scenarios": [{name: getattr(one, name) for name in ("name", "name_zh", "name_en")} for one in scenarios],
        "beyond": [one.name for one in read if one not in within],
        "sensitivities": [{name: getattr(one, name) for name in one.__slots__} for one in ranges],
    }
    return xr.merge(parts, join="exact"), record


def compare_scenarios(
    basis: Basis, scenarios: Sequence[Scenario], seed: int, draws: int, workers: int | None = None
) -> xr.Dataset:
    """Every scenario on the first draws of the run; see :func:`stress_city`."""
    cases = [basis if one.name == BASELINE else apply_scenario(basis, one) for one in scenarios]
    found = drawn_cases(basis, cases, seed, draws, workers).rename(case="scenario", draw="stress_draw")
    closing = found["closing_balance"]
    opening = basis.history.opening.sum("region")
    near = closing.sel(year=reserve_years(basis))
    table = xr.Dataset(
        {
            "scenario_revenue": found["revenue"].sel(year=basis.budget_year, drop=True),
            "scenario_spending": found["spending"].sel(year=basis.budget_year, drop=True),
            "scenario_closing": closing.isel(year=-1, drop=True),
            "scenario_drawdown": maximum_drawdown(opening, near),
            "scenario_exhausted": (closing < 0).any("year"),
        }
    )
    return table.assign_coords(scenario=[one.name for one in scenarios])


def sensitivity_tests(
    basis: Basis, ranges: tuple[Range, ...], rng: np.random.Generator, workers: int | None = None
) -> xr.Dataset:
    """Effects one at a time and indices of Sobol; see :func:`stress_city`."""
    bounds = np.array([[one.low, one.high] for one in ranges])
    single, spread = one_at_a_time(ranges), design(bounds, POINTS, UNSEEN, rng)
    factors = range_factors(ranges, np.concatenate([single, spread]), basis.years)
    closing = central_cases(basis, factors, workers)["closing_balance"].isel(year=-1, drop=True)
    effect = one_at_a_time_effect(ranges, closing.isel(draw=slice(0, len(single))))
    surrogate = fit_surrogate(bounds, spread, closing.isel(draw=slice(len(single), None)), POINTS)
    indices = sobol_indices(bounds, surrogate, SAMPLES, rng).rename(input="sensitivity")
    return xr.Dataset(
        {
            "sensitivity_effect": effect,
            "sobol": indices.assign_coords(sensitivity=effect["sensitivity"]),
            "surrogate_error": surrogate.error,
        }
    )


def reverse_tests(
    basis: Basis, scenarios: Sequence[Scenario], ranges: tuple[Range, ...], limit: float, workers: int | None = None
) -> xr.Dataset:
    """Smallest multiples that exhaust a fund on the central path; see :func:`stress_city`.

    The multiple m of a change is baseline + m (value - baseline), of a factor and of a growth alike.
    """
    tested = [one for one in scenarios if one.changes and not _meets_totals(one)]
    ends = [(one, bound, _end(one, getattr(one, bound))) for one in ranges for bound in BOUNDS]
    changes = [one.changes for one in tested] + [(change,) for _, _, change in ends]
    limits = np.array([min(limit, _reach(own)) for own in changes])

    def lowest_at(number: np.ndarray, multiple: np.ndarray) -> np.ndarray:
        tables = [
            change_factors([_multiplied(change, at) for change in changes[place]], basis.years)
            for place, at in zip(number, multiple, strict=True)
        ]
        found = central_cases(basis, xr.concat(tables, dim="draw", join="exact"), workers)["closing_balance"]
        return found.sel(fund=list(POOLED_FUNDS)).min("year").transpose("draw", "fund").values

    try:
        multiple = smallest_multiple(lowest_at, limits, len(POOLED_FUNDS))
    except (AssumptionError, ValueError) as beyond:
        raise AssumptionError(
            f"stress_limit: a change taken up to {limit:g} times is more than the model holds, choose less: {beyond}"
        ) from beyond
    names, funds = [one.name for one in scenarios], list(POOLED_FUNDS)
    whole = np.full((len(names), len(funds)), np.nan)
    rows = [names.index(one.name) for one in tested]
    whole[rows] = multiple[: len(tested)]
    reach = np.full(len(names), np.nan)
    reach[rows] = limits[: len(tested)]
    coords = {"sensitivity": [one.sensitivity for one in ranges], "bound": list(BOUNDS)}
    shape = (len(ranges), len(BOUNDS))
    return xr.Dataset(
        {
            "reverse_scenario": (("scenario", "fund"), whole),
            "reverse_scenario_limit": ("scenario", reach),
            "reverse_sensitivity": ((*coords, "fund"), multiple[len(tested) :].reshape(*shape, len(funds))),
            "reverse_sensitivity_limit": (tuple(coords), limits[len(tested) :].reshape(shape)),
        },
        coords={"scenario": names, "fund": funds, **coords},
    ).reindex(fund=list(FUNDS))


def joint_test(basis: Basis, rng: np.random.Generator) -> xr.Dataset:
    """The mildest joint shock of the trends that exhausts each pooled fund, people on their central path.

    Returns
    -------
    joint_distance : (fund,), 1, as :func:`mildest_shock`; joint_year : (fund,), in which nothing is left
    joint_path : (fund, shock_series, shock_year), log, deviation from the central path there, of
        the regions weighted by members
    central_exhausted : (fund,)
    """
    directions = principal_shocks(shock_paths(basis.trends, rng, rng, PATHS))
    people = project_people(replace(basis, factors=basis.factors.expand_dims(draw=1)))

    def balance_at(weights: np.ndarray) -> np.ndarray:
        moved = xr.dot(xr.DataArray(weights, dims=("draw", "component")), directions, dim="component")
        closing = shocked_cases(basis, people, moved.transpose("draw", *basis.trends.central.dims))["closing_balance"]
        return closing.sel(fund=list(POOLED_FUNDS)).transpose("draw", "fund", "year").values

    distance, point, year = mildest_shock(balance_at, directions.sizes["component"])
    path = xr.dot(xr.DataArray(point, dims=("fund", "component")), directions, dim="component")
    path = (
        path.weighted(basis.base_year.members.sum("status"))
        .mean("region")
        .rename(series="shock_series", year="shock_year")
    )
    table = xr.Dataset(
        {
            "joint_distance": ("fund", distance),
            "joint_year": ("fund", basis.years[year].astype(float)),
            "joint_path": path.transpose("fund", "shock_series", "shock_year"),
            "central_exhausted": ("fund", distance == 0),
        },
        coords={"fund": list(POOLED_FUNDS)},
    )
    return table.reindex(fund=list(FUNDS), fill_value={"central_exhausted": False})


def _meets_totals(scenario: Scenario) -> bool:
    return any(change.quantity == "official_population" for change in scenario.changes)


def _end(one: Range, value: float) -> Change:
    years = (one.from_year, one.to_year)
    return Change(one.scheme, one.quantity, one.operation, *years, value, one.name_zh, one.name_en, one.source)


def _multiplied(change: Change, multiple: float) -> Change:
    neutral = 1.0 if change.operation == "multiply" else 0.0
    return replace(change, value=neutral + multiple * (change.value - neutral))


def _reach(changes: Sequence[Change]) -> float:
    """The multiple up to which every quantity keeps something of itself; the scenario itself is always within."""
    falls = [1 - change.value for change in changes if change.operation == "multiply" and change.value < 1]
    falls += [-change.value for change in changes if change.operation == "growth" and change.value < 0]
    return max(1.0, (1 - LEAST) / max(falls)) if falls else np.inf
