"""The standard that the money covers, on the tiny city with layers."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import xarray as xr

from actuarial.assistance.shortfall import shortfall_path
from actuarial.assistance.standard import Standard
from actuarial.errors import AssumptionError
from actuarial.experience.city_severity import CitySeverity, fit_city_severity
from actuarial.experience.protection import fit_protection
from actuarial.projection import project
from actuarial.solve import Lever, Paths, assistance_paths, changed_benefits, solve_city_standard, trial_need
from tests.layered_city import layered_basis, layered_data

SEED, DRAWS, CONFIDENCE = 11, 60, 0.6
RATE = Lever("assistance_rate", "assisted", "inpatient")


@cache
def found() -> CitySeverity:
    return fit_city_severity(layered_data())


@cache
def paths() -> Paths:
    with xr.set_options(arithmetic_join="exact"):
        return assistance_paths(layered_basis(), SEED, DRAWS)


def lever() -> Lever:
    """The inpatient rate of assistance as the tiny city's rows name it."""
    rows = layered_data().frames["benefits"]
    own = rows[(rows["layer"] == "assistance") & (rows["parameter"] == "reimbursement_rate")].iloc[0]
    return Lever("assistance_rate", str(own["group"]), str(own["service"]))


def full_need(value: float) -> xr.DataArray:
    """Spending of the fund in a whole projection under the changed rules, yuan: the other way to the same figure."""
    data, basis = layered_data(), layered_basis()
    rules = changed_benefits(data.frames["benefits"], lever(), int(basis.years[0]), value)
    changed = replace(data, frames={**data.frames, "benefits": rules})
    layers = fit_protection(changed, basis.history, basis.policy, basis.years)
    run = project(replace(basis, layers=layers), SEED, 0, DRAWS)
    return run["spending"].sel(fund="assistance", drop=True) / 100


@pytest.mark.parametrize("value", [0.3, 0.85])
def test_need_of_a_trial_is_that_of_a_whole_projection(value):
    """Curves over another range differ by their error, a ten-thousandth of the mean cost at its upper end."""
    need = trial_need(layered_data(), layered_basis(), found(), paths(), lever())(value)
    np.testing.assert_allclose(need, full_need(value).transpose(*need.dims), rtol=2e-4)


def test_money_is_that_of_a_whole_projection():
    run = project(layered_basis(), SEED, 0, DRAWS)
    revenue = run["revenue"].sel(fund="assistance", drop=True) / 100
    interest = run["ledger"].sel(fund="assistance", line="interest", drop=True) / 100
    np.testing.assert_allclose(paths().money, (revenue - interest).transpose(*paths().money.dims), atol=0.05)


@cache
def answer() -> Standard:
    with xr.set_options(arithmetic_join="exact"):
        return solve_city_standard(
            layered_data(), layered_basis(), found(), SEED, DRAWS, lever(), 0.0, 1.0, CONFIDENCE, 0.95, 0.125
        )


def test_answer_is_covered_and_a_little_more_is_not():
    own = answer()
    need_at = trial_need(layered_data(), layered_basis(), found(), paths(), lever())

    def coverage(value: float) -> float:
        short = shortfall_path(need_at(value), paths().money, paths().opening)["shortfall"]
        return float((short == 0).all(["region", "year"]).mean())

    assert coverage(own.value) == own.coverage >= CONFIDENCE
    assert own.is_bound or coverage(own.value + 0.125) < CONFIDENCE
    assert own.stricter <= own.value <= own.more_generous


def test_only_the_chosen_rows_change_and_from_the_year_on():
    frame = layered_data().frames["benefits"]
    changed = changed_benefits(frame, lever(), 2027, 0.33)
    new = changed[changed["from_year"] == 2027]
    assert new["value"].unique().tolist() == [0.33]
    assert len(changed) == len(frame) + len(new)
    assert (new["parameter"] == "reimbursement_rate").all()


def test_unknown_standards_and_groups_are_refused_with_what_there_is():
    frame = layered_data().frames["benefits"]
    with pytest.raises(AssumptionError, match="standard: 'rate' is unknown; one of assistance_deductible"):
        changed_benefits(frame, lever()._replace(standard="rate"), 2027, 0.5)
    with pytest.raises(AssumptionError, match="for group 'nobody', service"):
        changed_benefits(frame, lever()._replace(group="nobody"), 2027, 0.5)
