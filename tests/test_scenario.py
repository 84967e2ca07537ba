import numpy as np
import pandas as pd
import pytest
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.people import project_people
from actuarial.projection import project
from actuarial.scenario import BASELINE, apply_scenario, factors, read_scenario

YEARS = np.arange(2026, 2031)


def rows(**changed: object) -> pd.DataFrame:
    row = {
        "scenario": "test", "name_zh": "测试", "name_en": "Test", "scheme": "employee", "quantity": "spending",
        "operation": "multiply", "from_year": 2027, "to_year": 2028, "value": 1.1, "unit": "1",
        "reason_zh": "测试", "reason_en": "test", "provenance": "estimated", "source": "made for tests",
    }  # fmt: skip
    return pd.DataFrame([row | changed])


def test_baseline_changes_nothing():
    assert (factors(read_scenario(None, BASELINE), YEARS) == 1).all()


def test_multiply_holds_within_its_years_alone():
    path = factors(read_scenario(rows(), "test"), YEARS).sel(quantity="spending", scheme="employee")
    np.testing.assert_allclose(path, [1, 1.1, 1.1, 1, 1])


def test_growth_builds_up_and_stays():
    path = factors(read_scenario(rows(operation="growth", value=-0.02), "test"), YEARS)
    np.testing.assert_allclose(path.sel(quantity="spending", scheme="employee"), [1, 0.98, 0.98**2, 0.98**2, 0.98**2])


def test_change_of_all_schemes_reaches_each():
    path = factors(read_scenario(rows(scheme="all"), "test"), YEARS).sel(quantity="spending", year=2027)
    np.testing.assert_allclose(path, 1.1)


def test_change_of_a_quantity_that_a_scheme_does_not_have_is_refused():
    with pytest.raises(
        AssumptionError, match="contribution_base of scheme 'resident' is not in the model; use employee"
    ):
        factors(read_scenario(rows(scheme="resident", quantity="contribution_base"), "test"), YEARS)
    with pytest.raises(AssumptionError, match="births of scheme 'resident' is not in the model; use all"):
        factors(read_scenario(rows(scheme="resident", quantity="births"), "test"), YEARS)


def test_change_outside_the_projected_years_is_refused():
    with pytest.raises(AssumptionError, match="spending changes in 2040-2041, the projection covers 2026-2030"):
        factors(read_scenario(rows(from_year=2040, to_year=2041), "test"), YEARS)


def test_change_of_closed_years_is_refused():
    with pytest.raises(AssumptionError, match="spending changes in 2020-2021, the projection covers 2026-2030"):
        factors(read_scenario(rows(from_year=2020, to_year=2021), "test"), YEARS)


def test_change_beyond_a_short_horizon_waits():
    near, far = rows(), rows(from_year=2040, to_year=2041, quantity="births", scheme="all")
    both = read_scenario(pd.concat([near, far]), "test")
    xr.testing.assert_identical(factors(both, YEARS), factors(read_scenario(near, "test"), YEARS))


def test_unknown_scenario_names_those_there_are():
    with pytest.raises(AssumptionError, match="no scenario 'flood'; the folder has: baseline, test"):
        read_scenario(rows(), "flood")


def test_scenario_shares_the_shocks_of_the_baseline(tiny_basis):
    """Draw by draw the benefits differ by the factor of the change and by nothing else."""
    changed = apply_scenario(tiny_basis, read_scenario(rows(), "test"))
    lines = [
        project(basis, 1, 0, 20)["ledger"].sel(fund="employee_pooled", line="benefit_inpatient")
        for basis in (tiny_basis, changed)
    ]
    # whole fen of amounts above a million yuan
    np.testing.assert_allclose((lines[1] / lines[0]).sel(year=[2026, 2027]).mean("region"), [[1, 1.1]] * 20, rtol=1e-8)


def test_applying_a_scenario_leaves_the_basis_as_it_was(tiny_basis):
    apply_scenario(tiny_basis, read_scenario(rows(), "test"))
    assert tiny_basis.scenario == BASELINE
    assert (tiny_basis.factors == 1).all()


def two_scenarios() -> pd.DataFrame:
    """A ``test`` and a ``second`` scenario, which change the spending of 2028 by 1.1 and 1.2."""
    second = rows(scenario="second", name_zh="第二", name_en="Second", from_year=2028, to_year=2029, value=1.2)
    return pd.concat([rows(), second])


def test_scenarios_together_multiply_what_both_change():
    path = factors(read_scenario(two_scenarios(), "test+second"), YEARS).sel(quantity="spending", scheme="employee")
    np.testing.assert_allclose(path, [1, 1.1, 1.1 * 1.2, 1.2, 1])


def test_scenarios_together_are_the_same_in_any_order():
    first, second = (read_scenario(two_scenarios(), name) for name in ("test+second", "second+test"))
    assert first == second
    assert (first.name, first.parts) == ("test+second", ("test", "second"))
    assert (first.name_zh, first.name_en) == ("测试＋第二", "Test + Second")


def test_scenario_named_twice_is_refused():
    with pytest.raises(AssumptionError, match=r"^scenario 'test\+test' names 'test' twice; leave it once$"):
        read_scenario(two_scenarios(), "test+test")


def test_unknown_part_is_refused():
    with pytest.raises(AssumptionError, match=r"^no scenario 'flood'; the folder has: baseline, test, second$"):
        read_scenario(two_scenarios(), "test+flood")


def test_baseline_with_another_is_refused():
    message = (
        r"^no scenario 'baseline'; the folder has: baseline, test, second; baseline changes nothing and stands alone$"
    )
    with pytest.raises(AssumptionError, match=message):
        read_scenario(two_scenarios(), "baseline+test")


def pace(value: float) -> pd.DataFrame:
    return rows(quantity="retirement_pace", from_year=2026, to_year=2030, value=value)


def test_retirement_reform_that_stops_keeps_the_split_of_the_last_year(peopled_basis):
    changed = apply_scenario(peopled_basis, read_scenario(pace(0.0), "test"))
    split, last = changed.people.split, peopled_basis.last_year
    held = split.sel(year=last, drop=True).broadcast_like(split)
    np.testing.assert_allclose(split, held.transpose(*split.dims), atol=1e-12)


def test_faster_retirement_reform_leaves_more_active_and_fewer_retired(peopled_basis):
    changed = apply_scenario(peopled_basis, read_scenario(pace(2.0), "test"))
    before, after = (project_people(basis).members.sel(year=2030).sum("region") for basis in (peopled_basis, changed))
    assert after.sel(status="active") > before.sel(status="active")
    assert after.sel(status="retired") < before.sel(status="retired")
    employees = ["active", "retired"]
    np.testing.assert_allclose(after.sel(status=employees).sum(), before.sel(status=employees).sum(), rtol=1e-12)


def test_pace_of_a_folder_without_a_reform_is_refused(tiny_basis):
    message = "^retirement_pace: the policy table has no retirement_age, so that there is no reform$"
    with pytest.raises(AssumptionError, match=message):
        apply_scenario(tiny_basis, read_scenario(pace(2.0), "test"))
