"""Stress tests of the tiny city: common random numbers, hand-worked factors, and what a run stores of them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.assumptions.policy import Dated
from actuarial.contract import TABLES
from actuarial.errors import AssumptionError
from actuarial.projection import project
from actuarial.scenario import Change, Scenario, apply_scenario, read_scenario
from actuarial.stress.cases import central_cases, drawn_cases
from actuarial.stress.city import compare_scenarios, reverse_tests, stress_city
from actuarial.stress.sensitivity import Range

EMPTY = Change("employee", "spending", "multiply", 2026, 2030, 1.0, "无", "nothing", "test")
DEAR = Change("employee", "spending", "multiply", 2026, 2030, 1.1, "贵", "dear", "test")
WAGES = Change("employee", "contribution_base", "growth", 2026, 2027, -0.02, "低", "low", "test")
BIRTHS = Change("all", "births", "multiply", 2026, 2030, 0.5, "少", "few", "test")


def scenario(name: str, *changes: Change) -> Scenario:
    return Scenario(name, "情景", "Scenario", changes)


BASE = read_scenario(None, "baseline")


def with_limit(basis: Basis, limit: float) -> Basis:
    values = {**basis.policy.values, (basis.city.code, "all", "stress_limit", ""): (Dated(limit, 2018, "test"),)}
    return replace(basis, policy=replace(basis.policy, values=values))


def test_empty_change_differs_from_the_baseline_by_nothing(peopled_basis):
    found = compare_scenarios(peopled_basis, [BASE, scenario("empty", EMPTY)], 1, 10)
    gap = found.isel(scenario=1, drop=True).astype(float) - found.isel(scenario=0, drop=True).astype(float)
    assert all((gap[name] == 0).all() for name in gap)


def test_scenarios_side_by_side_are_each_projected_alone(peopled_basis):
    """To the fen, with people who answer to births and wages of the scenario."""
    cases = [peopled_basis, *(apply_scenario(peopled_basis, scenario("x", change)) for change in (DEAR, WAGES, BIRTHS))]
    found = drawn_cases(peopled_basis, cases, 1, 7)
    for place, case in enumerate(cases):
        alone = project(case, 1, 0, 7)["closing_balance"].sum("region").transpose("draw", "fund", "year")
        np.testing.assert_array_equal(found["closing_balance"].isel(case=place), alone)


def test_central_cases_are_each_projected_alone(peopled_basis):
    tables = [apply_scenario(peopled_basis, scenario("x", *own)).factors for own in ((DEAR,), (WAGES, BIRTHS))]
    both = central_cases(peopled_basis, xr.concat(tables, dim="draw"))
    for place, table in enumerate(tables):
        alone = central_cases(peopled_basis, table.expand_dims("draw"))
        np.testing.assert_array_equal(both["closing_balance"].isel(draw=place), alone["closing_balance"].isel(draw=0))


def test_dearer_care_costs_a_tenth_more(tiny_basis):
    """All spending of the employees' pooled fund is benefits or in proportion to them, but for maternity allowances."""
    found = compare_scenarios(tiny_basis, [BASE, scenario("dear", DEAR)], 1, 10)
    spending = found["scenario_spending"].sel(fund="employee_pooled")
    ratio = spending.isel(scenario=1) / spending.isel(scenario=0)
    assert ((ratio > 1.095) & (ratio < 1.1001)).all()


def test_mildest_multiple_leaves_nothing(tiny_basis):
    """Projected at the multiple found, the lowest balance is within a hundredth of what one more multiple takes."""
    one = Range("cost", "费用", "Cost", "employee", "spending", "multiply", 2026, 2030, 0.9, 1.1, "test")
    found = reverse_tests(tiny_basis, [BASE, scenario("dear", DEAR)], (one,), 50.0)
    multiple = float(found["reverse_scenario"].sel(scenario="dear", fund="employee_pooled"))
    assert 0 < multiple < 50
    assert multiple == float(found["reverse_sensitivity"].sel(bound="high", fund="employee_pooled").item())
    assert np.isnan(found["reverse_sensitivity"].sel(bound="low", fund="employee_pooled").item())
    tables = [
        apply_scenario(tiny_basis, scenario("x", replace(DEAR, value=1 + 0.1 * at))).factors
        for at in (multiple, multiple + 1)
    ]
    balance = central_cases(tiny_basis, xr.concat(tables, dim="draw"))["closing_balance"].sel(fund="employee_pooled")
    near, beyond = balance.min("year").values
    assert abs(near) < 0.01 * abs(beyond)


def test_search_ends_where_nothing_would_be_left(tiny_basis):
    """Half of all births less can be taken 1.98 times: then a hundredth of them remains."""
    found = reverse_tests(tiny_basis, [BASE, scenario("few", BIRTHS)], (), 50.0)
    assert float(found["reverse_scenario_limit"].sel(scenario="few")) == pytest.approx(1.98)


def test_folder_with_nothing_to_test_is_not_tested(tiny_basis):
    assert stress_city(tiny_basis, {}, 1) is None


def test_stress_of_a_folder_holds_every_part(tiny_basis, tiny_data):
    rows = [
        ("cost", "费用", "Cost", "employee", "spending", "multiply", 2026, 2030, bound, value, "1", "estimated", "test")
        for bound, value in (("low", 0.9), ("high", 1.1))
    ]
    ranges = pd.DataFrame(rows, columns=list(TABLES["sensitivities"].column_names))
    made = stress_city(with_limit(tiny_basis, 3.0), {**tiny_data.frames, "sensitivities": ranges}, 1, 20)
    assert made is not None
    found, record = made
    assert found["scenario"].values.tolist() == ["baseline", "weak_wages"]
    assert (record["draws"], record["limit"]) == (20, 3.0)
    # one input explains everything that it moves
    assert float(found["sobol"].sel(index="first", fund="employee_pooled").item()) == pytest.approx(1, abs=0.02)
    assert float(found["surrogate_error"].sel(fund="employee_pooled")) < 0.01


def test_limit_beyond_the_model_is_refused(tiny_basis):
    nobody_dies = scenario("immortal", replace(BIRTHS, quantity="deaths", value=0.0))
    message = (
        r"^stress_limit: a change taken up to 50 times is more than the model holds, choose less: "
        r"mx: the open age needs a positive death rate$"
    )
    with pytest.raises(AssumptionError, match=message):
        reverse_tests(tiny_basis, [BASE, nobody_dies], (), 50.0)
