"""From entitled persons to the money that is missing: the modules in their order, on the arrays that people give."""

from functools import cache

import numpy as np
import xarray as xr

from actuarial.assistance.eligibility import entries_and_exits, follow_burden, recognised_persons, uncovered_months
from actuarial.assistance.money import central_money, money_deviation, money_paths
from actuarial.assistance.shortfall import first_shortfall, money_needed, shortfall_path, shortfall_summary
from actuarial.assistance.usage import emergency_path, surplus_rate
from actuarial.schema import CATEGORIES, MONEY_SOURCES
from actuarial.solving.search import Search, solve

YEARS, AHEAD, REGIONS, DRAWS = np.arange(2025, 2036), np.arange(2026, 2036), ["a", "b", "c"], 200


def by_category(values) -> xr.DataArray:
    return xr.DataArray(values, dims="category", coords={"category": list(CATEGORIES)})


def over_region_and_year(value: float, years: np.ndarray, growth: float) -> xr.DataArray:
    path = value * growth ** np.arange(len(years))
    full = np.broadcast_to(path, (len(REGIONS), len(years)))
    return xr.DataArray(full, dims=("region", "year"), coords={"region": REGIONS, "year": years})


def entitled() -> xr.DataArray:
    rng = np.random.default_rng(1)
    steps = rng.normal(0.0, 0.04, (DRAWS, 3, 4, 10)).cumsum(axis=-1)
    start = np.array([2000.0, 13_000.0, 8000.0, 2000.0])[:, None]
    paths = start * np.exp(np.concatenate([np.zeros((DRAWS, 3, 4, 1)), steps], axis=-1))
    coords = {"region": REGIONS, "category": list(CATEGORIES), "year": YEARS}
    return xr.DataArray(paths, dims=("draw", *coords), coords=coords)


@cache
def recognised() -> tuple[xr.DataArray, xr.DataArray]:
    burdened = over_region_and_year(0.01, YEARS, 1.03)
    members = over_region_and_year(1_200_000.0, YEARS, 0.99)
    persons = follow_burden(entitled(), burdened, members, "impoverished_by_illness")
    flows = entries_and_exits(persons, by_category([0.1, 0.2, 0.25, 0.5]))
    waiting = uncovered_months(by_category([1.0, 3.0, 3.0, 6.0]), by_category([0.0, 0.0, 0.0, 12.0]))
    return persons.sel(year=AHEAD), recognised_persons(persons, flows, waiting, by_category([1.0, 1.0, 2.0, 0.0]))


def need_at(rate: float) -> xr.DataArray:
    insured, persons = recognised()
    support = over_region_and_year(430.0, AHEAD, 1.05) * by_category([1.0, 1.0, 0.5, 0.5])
    per_person = over_region_and_year(1.0, AHEAD, 1.08)
    aid = by_category([3000.0, 2200.0, 1200.0, 8000.0]) * rate * per_person
    net = by_category([200.0, 150.0, 150.0, 2500.0]) * per_person
    relief = by_category([50.0, 50.0, 50.0, 300.0]) * per_person
    need = insured * support + persons * (aid + net + relief)
    return need.sum("category").transpose("draw", "region", "year")


def money() -> xr.DataArray:
    base = xr.DataArray(
        np.outer([1.0, 1.0, 1.0], [22e6, 12e6, 18e6, 3e6, 1e6]),
        dims=("region", "source"),
        coords={"region": REGIONS, "source": list(MONEY_SOURCES)},
    )
    flat = xr.ones_like(base.isel(region=0, drop=True))
    growth = (0.05 * flat).expand_dims(year=AHEAD)
    moved = money_deviation(
        0.04 * flat, 0.4 * flat, 0.2 * flat, np.array(REGIONS), AHEAD, DRAWS, np.random.default_rng(2)
    )
    return money_paths(central_money(base, growth), moved).sum("source")


OPENING = xr.DataArray([4e6, 2e6, 0.0], dims="region", coords={"region": REGIONS})


def test_chain_fits_together_and_answers_every_question():
    need, cash = need_at(0.7), money()
    assert need.dims == cash.dims == ("draw", "region", "year")
    path = shortfall_path(need, cash, OPENING)
    summary = shortfall_summary(path["shortfall"], 0.95)
    late = summary["probability"].sel(year=2035)
    assert bool(
        (late > summary["probability"].sel(year=2026)).all()
    )  # need grows by a tenth a year, money by a twentieth
    first = first_shortfall(path["shortfall"])
    np.testing.assert_allclose(first["first"].sum("year") + first["never"], 1.0, rtol=1e-12)
    extra = money_needed(path["shortfall"], 0.05)
    assert bool(((path["shortfall"] > extra).mean("draw") < 0.05).all())
    assert bool((surplus_rate(path["surplus"], cash) >= 0).all())
    emergency = emergency_path(need, cash, OPENING, 0.95)["emergency"]
    assert bool((emergency.sum("year") >= path["shortfall"].sum("year") - 1).all())


def test_more_generous_rate_is_found_and_covered():
    cash = money() * 1.6
    found = solve(lambda rate: (cash - need_at(rate)).cumsum("year") + OPENING, Search(1.0, 0.3, 0.9, 0.95, 0.005, 30))
    short = shortfall_path(need_at(found.value), cash, OPENING)["shortfall"]
    assert float((short == 0).all(["region", "year"]).mean()) == found.kept >= 0.9
    beyond = shortfall_path(need_at(found.value + 0.005), cash, OPENING)["shortfall"]
    assert float((beyond == 0).all(["region", "year"]).mean()) < 0.9
