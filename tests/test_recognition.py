"""Who is covered by assistance: illness, exits and waiting on the tiny city with layers."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.assumptions.policy import Dated
from actuarial.benefit.burden import Burden, burden_at, burdened_share, own_payments
from actuarial.benefit.care import care_patterns
from actuarial.errors import AssumptionError
from actuarial.experience.burden import fit_burden
from actuarial.experience.city_severity import fit_city_severity, member_severity
from actuarial.experience.kinds import Kind, distinct_rules, kind_severity, member_mix
from actuarial.people import People, project_people
from actuarial.projection import project
from actuarial.recognition import burdened_residents, recognised_people, review_amount
from actuarial.schema import CATEGORIES
from tests.layered_city import layered_basis, layered_data

EXIT, REMOVAL = 0.2, 3.0


def stated(basis: Basis, **values: float) -> Basis:
    """The basis with exits and removal of every category in its policy table."""
    rows = {("assisted_exit_rate", category): EXIT for category in CATEGORIES}
    rows |= {("removal_lag", category): REMOVAL for category in CATEGORIES}
    rows |= {(name, ""): value for name, value in values.items()}
    dated = {
        (basis.city.code, "assistance", name, detail): (Dated(value, 2000, "test"),)
        for (name, detail), value in rows.items()
    }
    return replace(basis, policy=replace(basis.policy, values=basis.policy.values | dated))


@cache
def burdened_basis() -> Basis:
    basis, data = stated(layered_basis()), layered_data()
    assert basis.layers is not None
    with xr.set_options(arithmetic_join="exact"):
        burden = fit_burden(data, basis.history, basis.policy, fit_city_severity(data), basis.years)
    return replace(basis, layers=replace(basis.layers, burden=burden))


def burden_of(basis: Basis) -> Burden:
    assert basis.layers is not None
    assert basis.layers.burden is not None
    return basis.layers.burden


def central(basis: Basis) -> tuple[People, People]:
    """People as drawn and as recognised, on the central path."""
    people, path = project_people(basis), basis.trends.central
    return people, recognised_people(basis, people, path, xr.zeros_like(path))


def assisted(people: People) -> xr.DataArray:
    assert people.assisted is not None
    return people.assisted


def test_without_rows_people_stay_as_they_are_drawn():
    basis = layered_basis()
    assert basis.layers is not None
    assert basis.layers.burden is None
    before, after = central(basis)
    assert after is before


def test_last_closed_year_keeps_the_counted_persons():
    before, after = central(burdened_basis())
    first = {"year": 0}
    np.testing.assert_allclose(assisted(after).isel(first), assisted(before).isel(first), rtol=1e-12)


def test_dearer_care_burdens_more_and_larger_amounts_fewer():
    table = next(iter(burden_of(burdened_basis()).share.values()))
    rounding = 1e-12
    assert bool((table.diff("amount") <= rounding).all())
    assert bool((table.diff("scale") >= -rounding).all())
    assert 0 < float(table.sel(scale=1.0, method="nearest").isel(amount=0).max()) < 1


def test_between_places_the_share_is_that_of_a_pareto_tail():
    """Where shares fall as a power of amount over scale the table is exact between its places."""
    scale, amount = np.geomspace(0.5, 4, 5), np.geomspace(1000.0, 9000.0, 4)
    grid = xr.DataArray(
        (scale[:, None] / amount[None, :]) ** 1.7, {"scale": scale, "amount": amount}, ("scale", "amount")
    )
    place = xr.DataArray([0.5, 0.77, 3.9], dims="case")
    wanted = xr.DataArray([1000.0, 4321.0, 8999.0], dims="case")
    np.testing.assert_allclose(burden_at(grid, place, wanted), (place / wanted) ** 1.7, rtol=1e-12)
    with pytest.raises(AssumptionError, match="amount from 40000 to 40000, and the table reaches from 1000 to 9000"):
        burden_at(grid, place, wanted * 0 + 40_000.0)


def test_interpolated_share_is_within_a_hundredth_of_the_exact_one():
    """The grid of the city against the formula itself at places between its own."""
    basis, data = burdened_basis(), layered_data()
    kind = Kind("resident", "none", "60+")
    last, place = basis.last_year, basis.city.region_codes[0]
    severity = kind_severity(member_severity(fit_city_severity(data)), kind)
    mix = member_mix(basis.history, data.frames["benefits"], kind)
    ((rules, _),) = distinct_rules(data, mix, kind, place, last)
    patterns = care_patterns(data.frames["care"], basis.city.code, place, kind.scheme, kind.age, last)
    scale, amount = (
        xr.DataArray([0.83, 1.37, 2.9], dims="case"),
        xr.DataArray([15_000.0, 21_000.0, 33_000.0], dims="case"),
    )
    exact = burdened_share(severity, own_payments(rules, patterns), amount, scale)
    table = next(iter(burden_of(basis).share.values())).sel(kind="resident none 60+", drop=True)
    read = burden_at(table, scale, amount)
    np.testing.assert_allclose(read, exact.transpose(*read.dims), rtol=0.01)


def test_review_is_half_the_income_of_the_year_before():
    basis = burdened_basis()
    burden, path = burden_of(basis), basis.trends.central
    amount = review_amount(basis, burden, path)
    last = basis.last_year
    np.testing.assert_allclose(amount.sel(year=last), 0.5 * burden.income.sel(year=last - 1), rtol=1e-12)
    np.testing.assert_allclose(amount.sel(year=last + 1), 0.5 * burden.income.sel(year=last), rtol=1e-12)
    wages = np.exp(path.sel(series="effective_base", year=last + 2))
    np.testing.assert_allclose(amount.sel(year=last + 3), 0.5 * burden.income.sel(year=last) * wages, rtol=1e-12)


def test_impoverished_follow_the_burden_and_others_do_not():
    """With everybody recognised at once and struck off at once only illness moves persons."""
    basis = stated(burdened_basis(), recognition_lag=0.0)
    values = dict(basis.policy.values)
    values |= {(basis.city.code, "assistance", "removal_lag", name): (Dated(0.0, 2000, "test"),) for name in CATEGORIES}
    basis = replace(basis, policy=replace(basis.policy, values=values))
    before, after = central(basis)
    ratio = assisted(after) / assisted(before)
    path = basis.trends.central
    share = burdened_residents(basis, before, path, xr.zeros_like(path))
    ill = ratio.sel(category="impoverished_by_illness", drop=True)
    np.testing.assert_allclose(ill, (share / share.isel(year=0, drop=True)).transpose(*ill.dims), rtol=1e-12)
    np.testing.assert_allclose(ratio.sel(category=["destitute", "subsistence", "near_poor"]), 1.0, rtol=1e-12)


def test_richer_households_are_burdened_less_often():
    basis = burdened_basis()
    people, path = project_people(basis), basis.trends.central
    raised = path + 0.1 * (path["series"] == "effective_base")
    still = xr.zeros_like(path)
    now, then = (burdened_residents(basis, people, one, still) for one in (path, raised))
    later = {"year": slice(2, None)}
    assert bool((then.isel(later) < now.isel(later)).all())


def test_a_category_without_exit_rate_is_named():
    basis = burdened_basis()
    values = {key: value for key, value in basis.policy.values.items() if key[2:] != ("removal_lag", "near_poor")}
    with pytest.raises(AssumptionError, match=r"no removal_lag of near_poor in force for scheme 'assistance'"):
        central(replace(basis, policy=replace(basis.policy, values=values)))


def test_draws_do_not_depend_on_how_many_there_are():
    few, many = (project(burdened_basis(), 3, 0, count) for count in (2, 5))
    xr.testing.assert_equal(few["ledger"], many["ledger"].isel(draw=slice(0, 2)))
