import dataclasses

import numpy as np
import pytest
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.experience.shocks import shock_paths
from actuarial.experience.trend import fit_trends

YEARS = np.arange(2016, 2026)
AHEAD = np.arange(2026, 2030)


def panel(levels: np.ndarray, years: np.ndarray = YEARS) -> xr.DataArray:
    names = [f"s{number}" for number in range(levels.shape[0])]
    return xr.DataArray(
        levels[:, None, :],
        dims=("series", "region", "year"),
        coords={"series": names, "region": ["r"], "year": years},
    )


def unbroken(levels: xr.DataArray) -> xr.DataArray:
    return xr.zeros_like(levels.isel(region=0, drop=True), dtype=bool)


def walks(seed: int = 3, count: int = 2) -> np.ndarray:
    rng = np.random.Generator(np.random.Philox(seed))
    return 100 * np.exp(rng.normal(0.05, 0.02, (count, len(YEARS))).cumsum(axis=1))


def test_constant_growth_goes_on_between_the_same_share_and_the_same_amount_without_any_spread():
    levels = panel(np.array([100 * 1.05 ** np.arange(10)]))
    trends = fit_trends(levels, unbroken(levels), AHEAD)
    last = 100 * 1.05**9
    share, amount = last * 1.05 ** np.arange(1, 5), last + (last - 100) / 9 * np.arange(1, 5)
    np.testing.assert_allclose(np.exp(trends.central.squeeze(drop=True)) * last, np.sqrt(share * amount), rtol=1e-12)
    np.testing.assert_array_equal(trends.residual, 0.0)


def test_centre_rests_on_first_and_last_level():
    """Both paths are known from the two ends: log growth and amount are differences over the number of steps."""
    levels = panel(walks())
    trends = fit_trends(levels, unbroken(levels), AHEAD)
    first, last = levels.isel(year=0, drop=True), levels.isel(year=-1, drop=True)
    by_growth, by_amount = last * (last / first) ** (4 / 9), last + (last - first) * 4 / 9
    np.testing.assert_allclose(np.exp(trends.central.sel(year=2029)) * last, (by_growth * by_amount) ** 0.5, rtol=1e-12)


def test_falling_series_stays_positive():
    levels = panel(np.array([100 * 0.8 ** np.arange(10)]))
    trends = fit_trends(levels, unbroken(levels), np.arange(2026, 2056))
    np.testing.assert_allclose(trends.central.squeeze(drop=True), np.log(0.8) * np.arange(1, 31), rtol=1e-12)
    assert trends.record[0]["paths"] == "growth"


def broken_in(year: int) -> tuple[xr.DataArray, xr.DataArray]:
    """A series that grows by 30% a year before a declared break, where it trebles, and by 5% after it; and a walk."""
    growth = np.where(YEARS[1:] < year, np.log(1.3), np.log(1.05))
    growth[YEARS[1:] == year] = np.log(3.0)
    levels = panel(np.array([100 * np.exp(np.concatenate([[0.0], growth.cumsum()])), walks()[1]]))
    broken = unbroken(levels)
    broken.loc[{"series": "s0", "year": year}] = True
    return levels, broken


def test_growth_before_a_break_is_not_carried_past_it():
    levels, broken = broken_in(2021)
    trends = fit_trends(levels, broken, AHEAD)
    entry = trends.record[0]
    assert (entry["ladder"], entry["steps"], entry["steps_before_break"]) == ("since_break", 4, 0)
    assert entry["mean_growth"] == pytest.approx(0.05, rel=1e-12)
    assert (trends.record[1]["ladder"], trends.record[1]["steps"]) == ("all_steps", 9)


def test_few_steps_since_a_break_are_filled_up_with_the_latest_before_it():
    levels, broken = broken_in(2023)
    trends = fit_trends(levels, broken, AHEAD)
    entry = trends.record[0]
    assert (entry["ladder"], entry["steps"], entry["steps_before_break"]) == ("latest_steps", 4, 2)
    assert entry["mean_growth"] == pytest.approx(np.sqrt(1.3 * 1.05) - 1, rel=1e-12)


def test_step_into_a_declared_break_is_neither_growth_nor_shock():
    levels, broken = broken_in(2023)
    trends = fit_trends(levels, broken, AHEAD)
    assert 2023 not in trends.residual["origin"]
    moved = levels.copy()
    moved.loc[{"series": "s0", "year": slice(2023, None)}] *= 7.0
    again = fit_trends(moved, broken, AHEAD)
    np.testing.assert_allclose(again.central, trends.central, atol=1e-12)
    np.testing.assert_allclose(again.residual, trends.residual, atol=1e-12)


def test_spread_is_that_of_the_chosen_steps_with_the_width_of_student():
    levels = panel(walks())
    trends = fit_trends(levels, unbroken(levels), AHEAD)
    level = levels.isel(region=0, drop=True).values
    growth = np.diff(np.log(level), axis=1)
    amount = np.diff(level, axis=1) / level[:, -1:]
    both = (growth - growth.mean(axis=1, keepdims=True) + amount - amount.mean(axis=1, keepdims=True)) / 2
    # upper tenth of Student's t with 8 degrees of freedom and of the normal, from tables
    factor = 1.396815 / 1.281552
    np.testing.assert_allclose(
        trends.residual.isel(region=0).std("origin", ddof=1), both.std(axis=1, ddof=1) * factor, rtol=1e-6
    )


def test_drift_of_few_steps_is_less_certain():
    """The error of a mean of four steps has nine fourths of the variance of that of nine."""
    levels, broken = broken_in(2021)
    levels.loc[{"series": "s0"}] *= walks()[:1] / 100
    levels = xr.concat([levels, levels.sel(series=["s0"]).assign_coords(series=["s2"])], dim="series")
    broken = xr.concat([broken, broken.sel(series=["s0"]).assign_coords(series=["s2"])], dim="series")
    trends = fit_trends(levels, broken, AHEAD)
    assert trends.steps.squeeze(drop=True).values.tolist() == [4, 9, 4]
    shocks = {
        steps: shock_paths(
            dataclasses.replace(trends, steps=trends.steps * 0 + steps),
            np.random.Generator(np.random.Philox(1)),
            np.random.Generator(np.random.Philox(2)),
            50,
        )
        for steps in (1, 4)
    }
    own = shock_paths(trends, np.random.Generator(np.random.Philox(1)), np.random.Generator(np.random.Philox(2)), 50)
    # the yearly shocks are the same in all, so what differs is the drift: 1 and 1/2 of that of a single step
    single = 2 * (shocks[1] - shocks[4])
    np.testing.assert_allclose(shocks[1] - own, single * (1 - trends.steps**-0.5), atol=1e-12)


def test_too_short_a_history_is_refused():
    levels = panel(walks()[:, :4], YEARS[:4])
    with pytest.raises(AssumptionError, match=r"^trend: s0, region r: unbroken growth steps: 3, needed: 4$"):
        fit_trends(levels, unbroken(levels), AHEAD)


def test_series_without_common_years_are_refused():
    levels = panel(walks())
    levels.loc[{"series": "s0", "year": slice(2021, None)}] = np.nan
    levels.loc[{"series": "s1", "year": slice(None, 2020)}] = np.nan
    with pytest.raises(AssumptionError, match=r"^trend: years with a step of every series and region: 0, needed: 4$"):
        fit_trends(levels, unbroken(levels), AHEAD)


def test_forecast_does_not_depend_on_the_unit():
    levels = panel(walks())
    yuan, billions = (fit_trends(part, unbroken(levels), AHEAD) for part in (levels * 1e9, levels * 1e-3))
    np.testing.assert_allclose(yuan.central, billions.central, atol=1e-12)
    np.testing.assert_allclose(yuan.residual, billions.residual, atol=1e-12)


def test_spread_follows_from_every_block_that_can_be_drawn():
    """Second derivation: the variance after h years, from a list of all circular blocks of two neighbouring years."""
    levels = panel(walks())
    trends = fit_trends(levels, unbroken(levels), AHEAD)
    draws = 40_000
    shocks = shock_paths(
        trends, np.random.Generator(np.random.Philox(1)), np.random.Generator(np.random.Philox(2)), draws
    )
    rows = trends.residual.sel(region="r").values * np.sqrt(9 / 8)
    pairs = np.array([rows[start] + rows[(start + 1) % 9] for start in range(9)])
    # nine rows are four pairs and the first year of a fifth
    drift = (4 * pairs.var(axis=0) + rows.var(axis=0)) / 81
    expected = {2026: rows.var(axis=0), 2027: pairs.var(axis=0), 2028: pairs.var(axis=0) + rows.var(axis=0)}
    for year, own in expected.items():
        spread = shocks.sel(year=year, region="r").var("draw")
        # four standard errors of a variance of 40,000 draws of light tails
        np.testing.assert_allclose(spread, own + (year - 2025) ** 2 * drift, rtol=4 * np.sqrt(2 / draws))


def test_year_is_followed_by_the_year_that_followed_it():
    """A fall that was made good the year after leaves less behind than two falls."""
    levels = panel(100 * np.exp(np.array([[0.0, 0.1, 0.0, 0.1, 0.0, 0.1, 0.0, 0.1, 0.0, 0.1]])))
    trends = fit_trends(levels, unbroken(levels), AHEAD)
    shocks = shock_paths(
        trends, np.random.Generator(np.random.Philox(1)), np.random.Generator(np.random.Philox(2)), 4_000
    )
    one, two = (float(shocks.sel(year=year).var("draw").squeeze()) for year in (2026, 2027))
    assert two < one


def test_series_that_moved_together_move_together():
    levels = panel(np.repeat(walks(count=1), 2, axis=0))
    trends = fit_trends(levels, unbroken(levels), AHEAD)
    shocks = shock_paths(
        trends, np.random.Generator(np.random.Philox(1)), np.random.Generator(np.random.Philox(2)), 200
    )
    np.testing.assert_array_equal(shocks.sel(series="s0"), shocks.sel(series="s1"))


def test_means_and_residuals_speak_of_the_years_that_all_series_have():
    """A fast decade of one series before the others begin is neither its drift nor a shock to come."""
    levels = panel(walks())
    levels.loc[{"series": "s0", "year": slice(None, 2019)}] *= np.exp(0.3 * np.arange(-4, 0))
    levels.loc[{"series": "s1", "year": slice(None, 2018)}] = np.nan
    trends = fit_trends(levels, unbroken(levels), AHEAD)
    assert trends.residual["origin"].values[0] == 2020
    np.testing.assert_allclose(trends.residual.mean("origin"), 0.0, atol=1e-12)


@pytest.mark.parametrize("level", [0.0, -1.0, np.inf])
def test_level_that_has_no_growth_is_refused(level):
    levels = panel(walks())
    levels.loc[{"series": "s0", "year": 2020}] = level
    with pytest.raises(AssumptionError) as error:
        fit_trends(levels, unbroken(levels), AHEAD)
    assert str(error.value) == (
        f"trend: s0, region r, year 2020: level {level:g}; its logarithm is taken, so it has to be positive and "
        "finite; levels like it: 1"
    )


def test_region_without_history_is_refused_by_name():
    """The trend has no prior to stand for it: the models that have one label it, this one refuses."""
    levels = panel(walks())
    levels = xr.concat([levels, levels.assign_coords(region=["new"]) * np.nan], dim="region")
    with pytest.raises(AssumptionError, match=r"^trend: s0, region new: unbroken growth steps: 0, needed: 4$"):
        fit_trends(levels, xr.zeros_like(levels.isel(region=0, drop=True), dtype=bool), AHEAD)


def test_leading_gap_shortens_the_history_and_a_trailing_one_is_refused():
    levels = panel(walks())
    later = levels.where(levels["year"] >= 2018)
    short = fit_trends(levels.sel(year=slice(2018, None)), unbroken(levels.sel(year=slice(2018, None))), AHEAD)
    xr.testing.assert_allclose(fit_trends(later, unbroken(levels), AHEAD).central, short.central, rtol=1e-12)
    with pytest.raises(AssumptionError, match=r"^trend: s0, region r: no level in 2025, which growth goes on from$"):
        fit_trends(levels.where(levels["year"] < 2025), unbroken(levels), AHEAD)


def test_gap_within_costs_the_two_steps_beside_it_and_no_other():
    levels = panel(walks())
    trends = fit_trends(levels.where(levels["year"] != 2020), unbroken(levels), AHEAD)
    assert trends.steps.values.tolist() == [[7], [7]]
    growth = np.diff(np.log(levels.sel(series="s0", region="r")))
    kept = np.delete(growth, [3, 4])
    assert trends.record[0]["mean_growth"] == pytest.approx(np.expm1(kept.mean()), rel=1e-12)


def test_constant_series_goes_on_without_growth_or_spread():
    levels = panel(np.stack([np.full(10, 7.0), walks()[0]]))
    trends = fit_trends(levels, unbroken(levels), AHEAD)
    np.testing.assert_array_equal(trends.central.sel(series="s0"), 0.0)
    np.testing.assert_array_equal(trends.residual.sel(series="s0"), 0.0)
