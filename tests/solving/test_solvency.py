"""What keeps a fund solvent, on the tiny city and on a fund without uncertainty."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.assumptions.policy import Dated
from actuarial.errors import AssumptionError
from actuarial.experience.base_year import contribution_rate
from actuarial.projection import project
from actuarial.scenario import Change, Scenario, apply_scenario
from actuarial.solving.futures import Futures, sample_futures
from actuarial.solving.search import Search
from actuarial.solving.solvency import Answer, Lever, first_year, solve_solvency, solvency_margin, today
from tests.layered_city import layered_basis

SEED, DRAWS, WIDTH = 5, 60, 1e-4
ENDS = {True: (0.5, 12.0), False: (1.0, 0.3)}
STRAIN = [1.0, 3.0, 4.0, 5.0, 6.0]
MONEY = [("contribution_rate", "employee"), ("fiscal_subsidy", "resident"), ("individual_contribution", "resident")]
BENEFITS = [("spending", "employee"), ("spending", "resident"), ("spending", "assistance")]


@cache
def strained_basis() -> Basis:
    """The layered basis with benefits of the residents that grow far beyond its revenue."""
    basis = layered_basis()
    table = basis.factors.copy()
    table.loc[{"quantity": "spending", "scheme": "resident"}] *= STRAIN
    return replace(basis, factors=table)


@cache
def futures() -> tuple[Futures, ...]:
    with xr.set_options(arithmetic_join="exact"):
        return sample_futures(strained_basis(), SEED, DRAWS)


def under_scenario(lever: Lever, factor: float) -> xr.Dataset:
    """A whole projection under the scenario of the change."""
    basis = strained_basis()
    said, last = ("", "", ""), int(basis.years[-1])
    strain = [
        Change("resident", "spending", "multiply", year, year, value, *said)
        for year, value in zip(basis.years.tolist(), STRAIN, strict=True)
    ]
    change = Change(lever.scheme, lever.quantity, "multiply", lever.from_year, last, factor, *said)
    return project(apply_scenario(basis, Scenario("test", "", "", (*strain, change))), SEED, 0, DRAWS)


def search(lever: Lever, kept: float = 0.9) -> Search:
    return Search(*ENDS[lever.quantity != "spending"], kept, 0.95, WIDTH, 30)


@cache
def answer(lever: Lever) -> Answer:
    with xr.set_options(arithmetic_join="exact"):
        return solve_solvency(strained_basis(), futures(), lever, search(lever))


@pytest.mark.parametrize(("quantity", "scheme"), [*MONEY, *BENEFITS])
def test_balance_is_to_the_fen_that_of_a_run_under_the_scenario_of_the_change(quantity, scheme):
    lever = Lever(quantity, scheme, 2027)
    fund = "assistance" if scheme == "assistance" else f"{scheme}_pooled"
    run = under_scenario(lever, 1.07)["closing_balance"].sel(fund=fund, drop=True)
    got = solvency_margin(strained_basis(), futures(), lever)(1.07)
    for unit, region in enumerate(strained_basis().city.regions):
        own = replace(lever, region=region.code)
        alone = solvency_margin(strained_basis(), futures(), own)(1.07).isel(unit=0, drop=True)
        np.testing.assert_array_equal(alone, run.sel(region=region.code).transpose(*alone.dims), str(unit))
    np.testing.assert_array_equal(got.sum("unit"), run.sum("region").transpose("draw", "year"))


@pytest.mark.parametrize("quantity", ["fiscal_subsidy", "spending"])
def test_solved_value_keeps_the_share_asked_for_under_its_scenario_and_a_little_less_does_not(quantity):
    own = answer(Lever(quantity, "resident", 2027))
    step = WIDTH if quantity != "spending" else -WIDTH
    kept = []
    for factor in (own.solved.value, own.solved.value - step):
        closing = under_scenario(own.lever, factor)["closing_balance"].sel(fund="resident_pooled", drop=True)
        pools = {}
        for region in strained_basis().city.regions:
            pools.setdefault(region.pool, []).append(region.code)
        each = [(closing.sel(region=own).sum("region") >= 0).all("year") for own in pools.values()]
        kept.append(float(xr.concat(each, dim="pool").all("pool").mean()))
    assert kept[0] == own.solved.kept >= 0.9 > kept[1]
    assert own.solved.trials < 30


@pytest.mark.parametrize(
    ("quantity", "sign"), [("fiscal_subsidy", 1), ("individual_contribution", 1), ("spending", -1)]
)
def test_delay_asks_for_more(quantity, sign):
    now, later = (answer(Lever(quantity, "resident", year)).solved.value for year in (2027, 2028))
    assert sign * later > sign * now


def test_stricter_target_asks_for_more():
    lever = Lever("fiscal_subsidy", "resident", 2027)
    milder = solve_solvency(strained_basis(), futures(), lever, search(lever, 0.6)).solved.value
    assert milder < answer(lever).solved.value


def certain(basis: Basis) -> Basis:
    """The same without uncertainty or interest."""
    still = replace(basis.trends, residual=0 * basis.trends.residual)
    none = {key: (Dated(0.0, 2000, "test"),) for key in basis.policy.values if key[2] == "interest_rate"}
    policy = replace(basis.policy, values={**basis.policy.values, **none})
    return replace(basis, trends=still, policy=policy, people_uncertainty=frozenset())


def test_certain_fund_needs_what_is_missing_over_what_the_lever_brings(tiny_basis):
    """Balance after n years = opening + f x (lever's lines, from its year on) + all the rest: linear in f."""
    basis, lever = certain(tiny_basis), Lever("contribution_rate", "employee", 2027)
    run = project(basis, SEED, 0, 1).sel(fund="employee_pooled", draw=0, drop=True).sum("region")
    # Everything that the fund receives is in proportion to contributions, where there is no interest.
    later = run.sel(year=slice(2027, None))
    brings = later["revenue"].cumsum("year").assign_coords(year=later["year"])
    closing = later["closing_balance"]
    # smallest f with closing + (f - 1) brings >= 0 in every year of the change
    exact = float((1 - closing / brings).max())
    found = solve_solvency(basis, sample_futures(basis, SEED, 1), lever, Search(0.2, 3.0, 0.5, 0.95, 1e-7, 30))
    assert found.solved.value == pytest.approx(exact, abs=2e-7)


def test_today_is_what_is_decided_for_the_year_of_the_change():
    basis = layered_basis()
    rate = today(basis, Lever("contribution_rate", "employee", 2027))
    assert rate.values.tolist() == [contribution_rate(basis.policy, region, 2027) for region in rate["region"].values]
    assert (today(basis, Lever("spending", "resident", 2027)) == 1).all()


def test_year_of_the_change_is_the_budget_year_or_later_and_within_the_horizon():
    basis = layered_basis()
    assert (first_year(basis, 0), first_year(basis, 3)) == (2027, 2030)
    with pytest.raises(AssumptionError, match=r"delay -1: 2026 is decided already; .* budget year, 2027"):
        first_year(basis, -1)
    with pytest.raises(AssumptionError, match="in 2031, after the last year of the horizon, 2030"):
        first_year(basis, 4)


def test_decided_standards_and_unknown_levers_are_refused():
    basis = layered_basis()
    code = basis.city.code
    key = (code, "resident", "fiscal_subsidy", "")
    decided = replace(
        basis.policy, values={**basis.policy.values, key: (*basis.policy.values[key], Dated(900.0, 2028, "t"))}
    )
    lever = Lever("fiscal_subsidy", "resident", 2027)
    with pytest.raises(AssumptionError, match=r"fiscal_subsidy: 2028 is decided .* delay the change by 2 years"):
        solve_solvency(replace(basis, policy=decided), futures(), lever, search(lever))
    for wrong, message in (
        (replace(lever, quantity="births"), "lever: 'births' is unknown; one of contribution_rate"),
        (replace(lever, scheme="employee"), "fiscal_subsidy of scheme 'employee'; use resident"),
        (replace(lever, region="1"), "region '1': the city has 339901, 339902"),
    ):
        with pytest.raises(AssumptionError, match=message):
            solve_solvency(basis, futures(), wrong, search(lever))
