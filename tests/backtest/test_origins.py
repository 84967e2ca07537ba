import numpy as np
import pytest
import xarray as xr

from actuarial.backtest.origins import check_no_look_ahead, cut, last_run, later_changes, outcomes, roll
from actuarial.backtest.rivals import drift, naive
from actuarial.errors import AssumptionError, SchemaError


def philox(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def panel_of(level, first: int = 2010, **more) -> xr.Dataset:
    level = np.atleast_2d(np.asarray(level, dtype=float))
    years = np.arange(first, first + level.shape[1])
    found = xr.Dataset(
        {"level": (("region", "year"), level)},
        coords={"region": [f"r{number}" for number in range(len(level))], "year": years},
    )
    for name, values in more.items():
        found[name] = ("year", values)
    return found


WALKS = panel_of(100 + philox(1).normal(2.0, 1.0, (2, 12)).cumsum(axis=1))


def test_a_model_is_handed_a_copy_that_ends_at_the_origin():
    seen = []

    def spy(history, periods, n, rng):
        seen.append((history["level"]["year"].values[-1], history["level"].values.base, periods.tolist()))
        history["level"][:] = 0.0
        return naive(history, periods, n, rng)

    before = WALKS.copy(deep=True)
    roll(WALKS, {"spy": spy}, [2014, 2017], 2, 3, philox(2))
    assert seen == [(2014, None, [2015, 2016]), (2017, None, [2018, 2019])]
    xr.testing.assert_identical(WALKS, before)


def test_cut_drops_attributes_and_cuts_every_variable():
    found = cut(panel_of([[1, 2, 3]], other=[4, 5, 6]).assign_attrs(later=3), 2011)
    assert found.attrs == {}
    assert found["other"].values.tolist() == [4, 5]


def test_no_forecast_moves_when_the_future_changes():
    check_no_look_ahead(lambda panel: {"naive": naive, "drift": drift}, WALKS, [2014, 2018], 3, 20, philox(3))


def test_a_cheating_model_is_caught():
    def build(panel):
        def cheat(history, periods, n, rng):
            known = panel["level"].sel(year=periods)
            return known.expand_dims(draw=n).transpose("draw", "region", "year")

        return {"naive": naive, "cheat": cheat}

    with pytest.raises(AssumptionError) as caught:
        check_no_look_ahead(build, WALKS, [2016], 2, 5, philox(4))
    assert str(caught.value) == "backtest: model cheat reads what came after its origin 2016"


def test_one_model_more_moves_no_other():
    alone = roll(WALKS, {"drift": drift}, [2015, 2016], 2, 10, philox(5)).draws
    both = roll(WALKS, {"naive": naive, "drift": drift}, [2015, 2016, 2017], 2, 10, philox(5)).draws
    np.testing.assert_array_equal(alone.sel(model="drift"), both.sel(model="drift", origin=[2015, 2016]))


def test_refusals_are_noted_and_leave_no_forecast():
    def shy(history, periods, n, rng):
        if history["level"].sizes["year"] < 8:
            raise AssumptionError("shy: too short")
        return naive(history, periods, n, rng)

    found = roll(WALKS, {"shy": shy}, [2015, 2018], 1, 4, philox(6))
    assert found.notes == ({"model": "shy", "origin": 2015, "note": "shy: too short"},)
    assert found.draws.isnull().all(["draw", "region", "horizon", "model"]).values.tolist() == [True, False]


def test_units_left_out_are_noted():
    level = WALKS["level"].values.copy()
    level[1, :5] = np.nan
    found = roll(panel_of(level), {"naive": naive}, [2015], 2, 4, philox(7))
    assert found.notes == ({"model": "naive", "origin": 2015, "note": "no forecast in 2 of 4 cells"},)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda drawn: drawn.isel(year=[0]), "backtest: model odd returns {'draw': 4, 'region': 2, 'year': 1}, not"),
        (lambda drawn: drawn.assign_coords(region=["a", "b"]), "backtest: model odd returns other region labels"),
        (lambda drawn: drawn.where(drawn["draw"] > 0), "backtest: model odd returns draws that are not finite"),
    ],
)
def test_wrong_answers_are_refused(change, message):
    def odd(history, periods, n, rng):
        return change(naive(history, periods, n, rng).assign_coords(draw=np.arange(n)))

    with pytest.raises(SchemaError) as caught:
        roll(WALKS, {"odd": odd}, [2015], 2, 4, philox(8))
    assert str(caught.value).startswith(message)


def test_origin_outside_the_panel_is_refused():
    with pytest.raises(SchemaError, match=r"^panel: origin 2030 is not among its years, 2010 to 2021$"):
        roll(WALKS, {"naive": naive}, [2030], 1, 4, philox(9))


def test_outcomes_end_with_the_panel_and_at_declared_breaks():
    panel = panel_of([[1, 2, 3, 4, 5]], is_broken=[False, False, False, True, False])
    found = outcomes(panel, [2010, 2012, 2013], 2).isel(region=0)
    np.testing.assert_array_equal(found, [[2, 3], [np.nan, np.nan], [5, np.nan]])


def test_last_run_stops_at_gaps_and_breaks():
    panel = panel_of([[1, 2, 3, 4, 5], [1, np.nan, 3, 4, 5]], is_broken=[False, False, False, True, False])
    np.testing.assert_array_equal(last_run(panel), [[False, False, False, True, True]] * 2)
    np.testing.assert_array_equal(
        last_run(panel.drop_vars("is_broken")), [[True] * 5, [False, False, True, True, True]]
    )


def test_only_changes_decided_after_the_origin_count():
    declared = xr.DataArray(
        [[0.0, 0.1, 0.0], [0.0, 0.0, 0.2]],
        dims=("decided", "year"),
        coords={"decided": [2010, 2012], "year": [2011, 2012, 2013]},
    )
    found = later_changes(declared, [2009, 2011, 2012], 4)
    # 2009: both; 2011: the change of 2012 was known, that of 2013 was not; 2012: all was known
    np.testing.assert_allclose(found, [[0, 0, 0.1, 0.3], [0, 0.2, 0.2, 0.2], [0, 0, 0, 0]])


def test_changes_without_a_year_of_decision_all_count():
    declared = xr.DataArray([0.0, 0.1, -0.2], dims="year", coords={"year": [2011, 2012, 2013]})
    np.testing.assert_allclose(later_changes(declared, [2010, 2012], 3), [[0, 0.1, -0.1], [-0.2, -0.2, -0.2]])
