from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.errors import AssumptionError
from actuarial.people import (
    ageing,
    answer_to_wages,
    central_population,
    central_shifts,
    no_shift,
    official_factor,
    people_views,
    project_people,
    year_ends,
)
from actuarial.projection import draw_shifts
from actuarial.scenario import Change, Scenario, apply_scenario, read_scenario
from actuarial.simulation import PROBABILITIES, simulate

DRAWS = 40
CELL = ["sex", "age"]


def shifts_of(basis: Basis, draws: int = DRAWS):
    wages = xr.zeros_like(basis.factors["year"], dtype=float).expand_dims(draw=draws)
    return draw_shifts(basis, wages, 7, 0, draws)


def scenario_of(quantity: str, value: float, operation: str = "multiply", scheme: str = "all") -> Scenario:
    change = Change(scheme, quantity, operation, 2026, 2030, value, "理由", "reason", "test")
    return Scenario("changed", "变动", "Changed", (change,))


def only(basis: Basis, *kinds: str) -> Basis:
    return replace(basis, people_uncertainty=frozenset(kinds))


def test_every_source_is_drawn(peopled_basis):
    methods = {entry["source"]: entry["method"] for entry in peopled_basis.people.record}
    assert methods == {
        "mortality": "li_lee",
        "fertility": "autoregression",
        "migration": "autoregression",
        "enrolment": "regional_walk",
        "assisted": "regional_walk",
        "retirement": "statutory",
    }
    shifts = shifts_of(peopled_basis)
    for source in ("mortality", "fertility", "migration", "enrolment", "assisted"):
        assert (getattr(shifts, source).std("draw").isel(year=-1) > 0).any(), source


def test_people_balance_in_every_cell_of_every_draw(peopled_basis):
    """People of an age are those a year younger before, less their deaths, with their net migrants."""
    ends = list(year_ends(peopled_basis, shifts_of(peopled_basis)))
    for before, after in pairwise(ends):
        younger = before.population.shift(age=1, fill_value=0.0)
        oldest = before.population.sel(age=[99, 100]).sum("age")
        came = xr.where(younger["age"] == 100, oldest, xr.where(younger["age"] == 0, after.births, younger))
        right = came - after.deaths + after.migrants
        order = ("draw", "region", "sex", "age")
        np.testing.assert_allclose(after.population.transpose(*order), right.transpose(*order), rtol=0, atol=1e-8)
        assert (after.population >= 0).all()
        assert (after.deaths >= 0).all()
        assert (after.schemes.sum("scheme") <= 1 + 1e-12).all()
        assert (after.schemes >= 0).all()


def test_without_uncertainty_every_draw_is_the_central_path(peopled_basis):
    still = only(peopled_basis)
    drawn, central = people_views(project_people(still, shifts_of(still, 2))), people_views(project_people(still))
    for name, table in central.items():
        for draw in range(2):
            np.testing.assert_allclose(drawn[name].isel(draw=draw), table, rtol=1e-12)


def test_parameter_and_process_are_switched_apart(peopled_basis):
    """Each alone moves the people; a longer history would shrink the one and not the other."""
    spread = {
        kind: people_views(project_people(only(peopled_basis, kind), shifts_of(only(peopled_basis, kind))))
        .std("draw")["ageing_city"]
        .isel(year_all=-1)
        for kind in ("parameter", "process")
    }
    assert (spread["parameter"] > 0).all()
    assert (spread["process"] > 0).all()
    shifts = {kind: shifts_of(only(peopled_basis, kind)) for kind in ("parameter", "process")}
    both = shifts_of(peopled_basis)
    first = {kind: shift.mortality.isel(year=0) for kind, shift in shifts.items()}
    np.testing.assert_allclose(both.mortality.isel(year=0), first["parameter"] + first["process"], atol=1e-12)


def test_source_without_a_model_stays_on_its_path(tiny_basis):
    shifts = shifts_of(tiny_basis)
    for source in ("mortality", "fertility", "migration"):
        assert "draw" not in getattr(shifts, source).dims
        assert not getattr(shifts, source).any()
    notes = {entry["source"]: (entry["method"], entry["note"]) for entry in tiny_basis.people.record}
    assert notes["mortality"] == ("held", "no_history")
    assert notes["fertility"] == notes["migration"] == ("held", "no_long_run")


def test_mortality_shift_is_of_the_log_of_death_rates(peopled_basis):
    """A shift of the rates of two ages in one year, recomputed by hand for one cell."""
    shift = no_shift(peopled_basis, "mortality")
    shift.loc[{"sex": "male", "age": [90, 91], "year": 2026}] = [0.3, -0.2]
    moved = replace(central_shifts(peopled_basis), mortality=shift)
    ends = [list(year_ends(peopled_basis, shifts))[1] for shifts in (central_shifts(peopled_basis), moved)]
    place = {"region": "339901", "sex": "male", "age": 91}
    rate = float(peopled_basis.vital.death_rate.sel(place | {"age": 90, "year": 2026}))
    next_rate = float(peopled_basis.vital.death_rate.sel(place | {"year": 2026}))
    factors = np.exp([0.3, -0.2])

    def lived(rates: np.ndarray) -> float:
        """L(91) / L(90) of a life table of single ages, deaths in the middle of the year."""
        dying = rates / (1 + rates / 2)
        return (1 - dying[0]) * (1 - dying[1] / 2) / (1 - dying[0] / 2)

    rates = np.array([rate, next_rate])
    migrants = float(ends[0].migrants.sel(place)) / 2
    people = [float(end.population.sel(place)) - migrants for end in ends]
    assert people[1] / people[0] == pytest.approx(lived(rates * factors) / lived(rates), rel=1e-12)


def test_zero_migration_moves_nobody(peopled_basis):
    alone = apply_scenario(peopled_basis, scenario_of("net_migration", 0.0))
    for end in list(year_ends(alone, shifts_of(alone)))[1:]:
        assert not end.migrants.any()


def test_high_and_low_births_stand_on_either_side(peopled_basis):
    people = [
        central_population(apply_scenario(peopled_basis, scenario_of("births", factor))).sel(year=2030).sum(...)
        for factor in (0.9, 1.0, 1.1)
    ]
    assert people[0] < people[1] < people[2]
    np.testing.assert_allclose(people[2] - people[1], people[1] - people[0], rtol=1e-3)


def test_official_total_is_met_and_its_factor_reported(peopled_data, peopled_basis):
    official = apply_scenario(peopled_basis, read_scenario(peopled_data.frames["scenarios"], "official"))
    total = central_population(official).sum(["region", *CELL]).sel(year=official.years)
    assert official.official_population is not None
    assert official.official_factor is not None
    np.testing.assert_allclose(total, official.official_population.sel(year=official.years), rtol=1e-12)
    free = central_population(peopled_basis).sum(["region", *CELL])
    run = simulate(official, 3, DRAWS)
    np.testing.assert_allclose(
        run["official_factor"] * free.rename(year="year_all"), run["population"].sum(["region", *CELL]), rtol=1e-12
    )
    assert float(run["official_factor"].sel(year_all=2025)) == 1
    members = project_people(official).members / project_people(peopled_basis).members
    factor = official.official_factor
    middle = (factor.sel(year=2030) + factor.sel(year=2029, drop=True)) / 2
    np.testing.assert_allclose(members.sel(year=2030), float(middle), rtol=1e-3)


def test_missing_official_total_is_refused(peopled_basis, tiny_basis):
    short = replace(peopled_basis, official_population=peopled_basis.official_population.sel(year=[2026, 2027]))
    wanted = xr.ones_like(peopled_basis.factors["year"], dtype=float)
    with pytest.raises(AssumptionError, match="no official total of the city in 2028, 2029, 2030"):
        official_factor(short, wanted)
    with pytest.raises(AssumptionError, match="no official total of the city in 2026"):
        official_factor(tiny_basis, wanted)


def test_migration_answers_to_wages_and_fades(peopled_basis):
    """A step of wages by 10% at once: response x 10% in that year, and what persists of it later."""
    wages = xr.full_like(peopled_basis.factors["year"], 0.1, dtype=float)
    answer = answer_to_wages(peopled_basis, wages)
    persistence = float(peopled_basis.people.migration.persistence)
    expected = 0.1 * 0.1 * persistence ** np.arange(5)
    np.testing.assert_allclose(answer, np.tile(expected, (2, 1)), rtol=1e-12)


def test_recession_of_a_scenario_keeps_people_away(peopled_basis):
    poor = apply_scenario(peopled_basis, scenario_of("contribution_base", -0.03, "growth", "employee"))
    assert (central_shifts(poor).migration < 0).all()
    people = [central_population(basis).sel(year=2030).sum(...) for basis in (poor, peopled_basis)]
    assert people[0] < people[1]


def test_bad_years_of_wages_and_of_migration_come_together(peopled_basis):
    rng = np.random.default_rng(3)
    years = peopled_basis.years
    wages = xr.DataArray(
        rng.normal(0, 0.05, (500, len(years))).cumsum(axis=1), dims=("draw", "year"), coords={"year": years}
    )
    migration = draw_shifts(only(peopled_basis, "process"), wages, 7, 0, 500).migration
    first = migration.isel(year=0, region=0)
    assert np.corrcoef(wages.isel(year=0), first)[0, 1] > 0.3


def test_ageing_indicators_of_a_pyramid_made_by_hand():
    groups = np.arange(0, 101, 5)
    people = np.where(groups >= 65, 10.0, np.where(groups == 60, 30.0, 20.0))
    pyramid = xr.DataArray(
        np.stack([people, people])[..., None],
        dims=("sex", "group", "year"),
        coords={"sex": ["female", "male"], "group": groups, "year": [2030]},
    )
    found = ageing(pyramid).isel(year=0)
    total, over_65 = 2 * (12 * 20 + 30 + 8 * 10), 2 * 80
    expected = [total, (over_65 + 60) / total, over_65 / total, over_65 / (2 * (9 * 20 + 30))]
    np.testing.assert_allclose(found, expected)


def test_bands_of_a_run_hold_its_central_path_and_widen(peopled_basis):
    run = simulate(peopled_basis, 3, 500)
    assert run["quantile"].values.tolist() == list(PROBABILITIES)
    share = run["ageing_city"].sel(indicator="share_60")
    width = (share.sel(quantile=0.9) - share.sel(quantile=0.1)).transpose("year_all")
    assert float(width.isel(year_all=0)) == 0
    assert (width.diff("year_all") > 0).all()
    median = run["pyramid_city"].sel(quantile=0.5).sum(["sex", "group"]).isel(year_all=-1)
    assert float(median) == pytest.approx(float(run["population"].isel(year_all=-1).sum()), rel=0.02)


def test_heads_are_the_people_of_the_year(peopled_basis):
    """Members by status, residents of 60 and over apart, and the uninsured make up the mid-year population."""
    people = project_people(peopled_basis)
    ends = central_population(peopled_basis).sum(CELL)
    middle = (ends.sel(year=2029, drop=True) + ends.sel(year=2030, drop=True)) / 2
    np.testing.assert_allclose(people.heads.sel(year=2030).sum("heads"), middle, rtol=1e-12)
    adult = people.heads.sel(heads=["adult", "elder"], year=2030).sum("heads")
    np.testing.assert_allclose(adult, people.members.sel(status="adult", year=2030), rtol=1e-12)
