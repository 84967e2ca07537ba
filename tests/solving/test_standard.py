"""The standard that the money covers, on the tiny city with layers."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import xarray as xr

from actuarial.assistance.shortfall import shortfall_path
from actuarial.errors import AssumptionError
from actuarial.experience.city_severity import CitySeverity, fit_city_severity
from actuarial.experience.protection import fit_protection
from actuarial.projection import project
from actuarial.solving.futures import Futures, sample_futures
from actuarial.solving.search import Search, Solved, solve
from actuarial.solving.standard import Standard, changed_benefits, standard_margin, standard_today
from tests.layered_city import layered_basis, layered_data

SEED, DRAWS, KEPT, WIDTH, FIRST = 11, 40, 0.9, 0.01, 2027
SHARE = 0.02


@cache
def found() -> CitySeverity:
    return fit_city_severity(layered_data())


@cache
def futures() -> tuple[Futures, ...]:
    with xr.set_options(arithmetic_join="exact"):
        return sample_futures(layered_basis(), SEED, DRAWS)


def rate() -> Standard:
    """The inpatient rate of assistance as the tiny city's rows name it."""
    return Standard("assistance_rate", "assisted", "inpatient", FIRST)


def deductible(share: float | None = None) -> Standard:
    return Standard("critical_deductible", "all", "all", FIRST, share)


def margin(standard: Standard):
    return standard_margin(layered_data(), layered_basis(), found(), futures(), standard)


@cache
def whole_run(standard: Standard, value: float) -> xr.Dataset:
    """A whole projection under the changed rules: the other way to the same figures."""
    data, basis = layered_data(), layered_basis()
    rules = changed_benefits(data.frames["benefits"], standard, value)
    changed = replace(data, frames={**data.frames, "benefits": rules})
    layers = fit_protection(changed, basis.history, basis.policy, basis.years)
    return project(replace(basis, layers=layers), SEED, 0, DRAWS)


def test_assistance_is_short_where_the_money_of_a_whole_projection_does_not_meet_its_need():
    value = 0.85
    run = whole_run(rate(), value).sel(fund="assistance", drop=True)
    money = (run["revenue"] - run["ledger"].sel(line="interest", drop=True)) / 100
    opening = layered_basis().history.opening.sel(fund="assistance", drop=True) / 100
    path = shortfall_path(run["spending"] / 100, money, opening)
    left = margin(rate())(value) / 100
    # Curves over another range differ by their error, a ten-thousandth of the mean cost at its upper end.
    exact = (money - run["spending"] / 100).cumsum("year") + opening
    np.testing.assert_allclose(
        left, exact.transpose(*left.rename(unit="region").dims), atol=2e-4 * float(money.max()) * 5
    )
    is_short = (path["shortfall"] > 0).any(["region", "year"])
    assert ((left < 0).any(["unit", "year"]).values == is_short.values).mean() > 0.95


def test_balance_under_another_deductible_is_that_of_a_whole_projection():
    value = 4_000.0
    whole = whole_run(deductible(), value).sel(fund="resident_pooled", drop=True)
    run, spent = whole["closing_balance"], float(whole["spending"].sum("region").max())
    got = margin(deductible())(value).sum("unit")
    # Two ten-thousandths of a year's spending, in each of the five years.
    np.testing.assert_allclose(got, run.sum("region").transpose(*got.dims), atol=2e-4 * spent * 5)


@cache
def answer(standard: Standard, ends: tuple[float, float], width: float) -> Solved:
    with xr.set_options(arithmetic_join="exact"):
        return solve(margin(standard), Search(*ends, KEPT, 0.95, width, 30))


def test_rate_is_covered_and_a_little_more_is_not():
    own = answer(rate(), (1.0, 0.0), WIDTH)
    assert own.trials < 30
    assert own.stricter <= own.value + WIDTH
    assert not own.is_bound
    covered = [
        float((margin(rate())(value) >= 0).all(["unit", "year"]).mean())
        for value in (own.value, min(own.value + WIDTH, 1.0))
    ]
    assert covered[0] == own.kept >= KEPT > covered[1]


def test_critical_illness_stays_within_its_share_and_a_lower_deductible_does_not():
    own = answer(deductible(SHARE), (1_000.0, 60_000.0), 20.0)
    margin_at = margin(deductible(SHARE))
    kept = [float((margin_at(value) >= 0).all(["unit", "year"]).mean()) for value in (own.value, own.value - 20.0)]
    assert not own.is_bound
    assert kept[0] == own.kept >= KEPT > kept[1]


def test_a_higher_deductible_leaves_more_in_every_draw_region_and_year():
    low, high = (margin(deductible())(value) for value in (5_000.0, 20_000.0))
    assert bool((high >= low).all())
    assert bool((high > low).sel(year=FIRST).all())


def test_only_the_chosen_rows_change_and_from_the_year_on():
    frame = layered_data().frames["benefits"]
    changed = changed_benefits(frame, rate(), 0.33)
    new = changed[changed["from_year"] == FIRST]
    assert new["value"].unique().tolist() == [0.33]
    assert len(changed) == len(frame) + len(new)
    assert (new["parameter"] == "reimbursement_rate").all()
    assert standard_today(layered_data(), rate()) == [0.7]


def test_unknown_standards_and_groups_are_refused_with_what_there_is():
    frame = layered_data().frames["benefits"]
    with pytest.raises(AssumptionError, match="standard: 'rate' is unknown; one of assistance_deductible"):
        changed_benefits(frame, replace(rate(), name="rate"), 0.5)
    with pytest.raises(AssumptionError, match="for group 'nobody', service"):
        changed_benefits(frame, replace(rate(), group="nobody"), 0.5)
