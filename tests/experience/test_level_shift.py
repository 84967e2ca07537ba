"""Level shifts: found where they are, silent at the rate that was asked for, and never reported when declared."""

import json

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from actuarial.errors import AssumptionError
from actuarial.experience.level_shift import LevelShift, LevelShifts, find_level_shifts

FIRST = 2006
# Rosner (1983), Technometrics 25(2), table 1, as in the NIST/SEMATECH e-Handbook, section 1.3.5.17.3: of up to ten,
# three of these stand out at 5%, although the most extreme one alone does not.
# fmt: off
ROSNER = (
    -0.25, 0.68, 0.94, 1.15, 1.20, 1.26, 1.26, 1.34, 1.38, 1.43, 1.49, 1.49, 1.55, 1.56, 1.58, 1.65, 1.69, 1.70, 1.76,
    1.77, 1.81, 1.91, 1.94, 1.96, 1.99, 2.06, 2.09, 2.10, 2.14, 2.15, 2.23, 2.24, 2.26, 2.35, 2.37, 2.40, 2.47, 2.54,
    2.62, 2.64, 2.90, 2.92, 2.92, 2.93, 3.21, 3.26, 3.30, 3.59, 3.68, 4.30, 4.64, 5.34, 5.42, 6.01,
)
# fmt: on


def panel(growth: np.ndarray, first: int = FIRST, time: str = "year") -> xr.DataArray:
    """Levels from 100 on, of growth in logs by series, region and period."""
    logs = np.log(100.0) + np.insert(growth.cumsum(axis=2), 0, 0.0, axis=2)
    names = [[f"{word}{number}" for number in range(size)] for word, size in zip("sr", logs.shape[:2], strict=True)]
    coords = {"series": names[0], "region": names[1], time: first + np.arange(logs.shape[2])}
    return xr.DataArray(np.exp(logs), dims=("series", "region", time), coords=coords)


def marked(levels: xr.DataArray, *periods: int) -> xr.DataArray:
    return levels[str(levels.dims[-1])].isin(periods).expand_dims(series=levels["series"])


def search(levels: xr.DataArray, *breaks: int, shocks: tuple[int, ...] = (), season: int = 1) -> LevelShifts:
    return find_level_shifts(levels, marked(levels, *breaks), marked(levels, *shocks), season, 0.05)


def walks(seed: int, series: int, regions: int, steps: int) -> np.ndarray:
    """Drift 5%, a shock of 3% that all regions share and one of 2% of each."""
    rng = np.random.Generator(np.random.Philox(seed))
    common = 0.03 * rng.standard_normal((series, 1, steps))
    return 0.05 + common + 0.02 * rng.standard_normal((series, regions, steps))


def lifted(growth: np.ndarray, step: int, size: float, region: int | slice = slice(None)) -> np.ndarray:
    found = growth.copy()
    found[:, region, step] += np.log1p(size)
    return found


def reported_share(found: LevelShifts, series: int) -> float:
    return len({shift.series for shift in found.shifts}) / series


def test_shift_of_all_regions_is_found_once_with_year_and_size():
    (found,) = search(panel(lifted(walks(1, 1, 6, 15), 7, 0.4))).shifts
    assert (found.region, found.period, found.before, found.may_pass) == ("all", FIRST + 8, FIRST + 7, False)
    # Four standard errors of the size: a common shock beside a drift from 14 such steps.
    assert np.log1p(found.size) == pytest.approx(np.log(1.4), abs=4 * 0.03 * np.sqrt(1 + 1 / 14))


def test_shift_of_one_region_is_not_taken_for_one_of_all():
    (found,) = search(panel(lifted(walks(2, 1, 6, 15), 7, -0.4, 3))).shifts
    assert (found.region, found.period) == ("r3", FIRST + 8)
    assert np.log1p(found.size) == pytest.approx(np.log(0.6), abs=4 * 0.03)


def test_fall_of_the_level_has_a_negative_size():
    assert search(panel(lifted(walks(1, 1, 1, 15), 7, -0.4))).shifts[0].size < 0


def test_three_steps_of_rosner_stand_out_although_the_first_alone_does_not():
    levels = panel(np.array(ROSNER)[None, None] / 100)
    steps = sorted(shift.period - FIRST - 1 for shift in search(levels).shifts)
    assert [ROSNER[step] for step in steps] == [5.34, 5.42, 6.01]


def test_probability_is_that_of_the_largest_deleted_residual():
    """A second way to it: the t test of one mean against one value, times the number of steps (Grubbs 1950)."""
    growth = lifted(walks(3, 1, 1, 9), 4, 0.5)
    (found,) = search(panel(growth)).shifts
    others = np.delete(growth.ravel(), 4)
    statistic = (growth.ravel()[4] - others.mean()) / (others.std(ddof=1) * np.sqrt(1 + 1 / 8))
    assert found.p_value == pytest.approx(9 * 2 * stats.t.sf(statistic, 7), rel=1e-6)
    assert np.log1p(found.size) == pytest.approx(growth.ravel()[4] - others.mean(), rel=1e-9)


@pytest.mark.parametrize(("regions", "steps", "limit"), [(1, 9, 0.05), (6, 9, 0.05), (1, 14, 0.065), (2, 9, 0.05)])
def test_false_reports_come_at_the_rate_that_was_asked_for(regions: int, steps: int, limit: float):
    """Measured at 10 to 14 steps, where two are sought and the critical values are approximate: 6.5% in place of 5%."""
    count = 300
    found = search(panel(walks(4, count, regions, steps)))
    assert reported_share(found, count) <= limit + 4 * np.sqrt(limit * (1 - limit) / count)
    assert found.unjudged == ()


def test_power_is_that_of_the_t_test_at_the_adjusted_level():
    """Noncentral t at a known place: a shift of six spreads in 14 steps; more than one candidate can only add to it."""
    count, steps, size = 300, 14, 6.0
    rng = np.random.Generator(np.random.Philox(5))
    growth = 0.05 + 0.03 * rng.standard_normal((count, 1, steps))
    found = search(panel(lifted(growth, 6, np.expm1(0.03 * size))))
    right = {shift.series for shift in found.shifts if shift.period == FIRST + 7}
    limit = stats.t.isf(0.05 / 2 / steps, steps - 2)
    power = float(stats.nct.sf(limit, steps - 2, size / np.sqrt(1 + 1 / (steps - 1))))
    assert 0.8 < power < 0.97
    assert len(right) / count == pytest.approx(power, abs=4 * np.sqrt(power * (1 - power) / count))


def test_declared_break_is_not_reported_again():
    levels = panel(lifted(walks(1, 1, 6, 15), 7, 0.4))
    assert search(levels, FIRST + 8).shifts == ()
    assert search(levels, FIRST + 9).shifts != ()


def test_drift_may_differ_on_the_two_sides_of_a_declared_break():
    growth = walks(6, 1, 1, 18)
    growth[:, :, :9] += 0.25
    assert search(panel(growth), FIRST + 10).shifts == ()


def test_declared_shock_is_passed_over_and_a_level_that_stays_is_not():
    shocked = lifted(lifted(walks(7, 1, 6, 15), 6, -0.4), 8, 1 / 0.6 - 1)
    periods = (FIRST + 7, FIRST + 8)
    assert search(panel(shocked), shocks=periods).shifts == ()
    (found,) = search(panel(lifted(walks(7, 1, 6, 15), 6, -0.4)), shocks=periods).shifts
    assert (found.before, found.period) == (FIRST + 6, FIRST + 9)


def test_year_that_the_next_one_takes_back_is_no_shift():
    assert search(panel(lifted(lifted(walks(8, 1, 1, 15), 6, -0.4), 7, 1 / 0.6 - 1))).shifts == ()


@pytest.mark.parametrize("step", [0, 14])
def test_first_and_last_step_may_pass(step: int):
    (found,) = search(panel(lifted(walks(9, 1, 1, 15), step, 0.5))).shifts
    assert found.may_pass


def test_shift_inside_a_gap_is_found_between_its_ends():
    levels = panel(lifted(walks(10, 1, 1, 15), 7, 0.6))
    (found,) = search(levels.where(levels["year"] != FIRST + 8)).shifts
    assert (found.before, found.period) == (FIRST + 7, FIRST + 9)


def test_gap_without_a_shift_is_none():
    """Three years of drift in one step are not a shift, though no other step is as large."""
    levels = panel(np.full((1, 1, 15), 0.1) + 0.02 * np.sin(np.arange(15)))
    gap = levels["year"].isin([FIRST + 7, FIRST + 8])
    assert search(levels.where(~gap)).shifts == ()


def test_leading_and_trailing_gaps_change_nothing():
    levels = panel(lifted(walks(11, 1, 1, 12), 5, 0.5))
    longer = levels.reindex(year=np.arange(FIRST - 3, FIRST + 16))
    assert search(longer) == search(levels)


def test_regions_that_know_other_years_are_judged_one_by_one():
    levels = panel(lifted(walks(12, 1, 3, 14), 6, 0.5))
    ragged = levels.where((levels["region"] != "r1") | (levels["year"] > FIRST))
    assert {shift.region for shift in search(ragged).shifts} == {"r0", "r1", "r2"}


def test_single_jump_of_a_series_that_else_grows_evenly_is_found():
    growth = np.full((1, 1, 8), 0.05)
    growth[0, 0, 3] = 0.2
    (found,) = search(panel(growth)).shifts
    assert (found.period, found.size) == (FIRST + 4, pytest.approx(np.expm1(0.15), rel=1e-9))


@pytest.mark.parametrize("growth", [0.0, 0.05])
def test_series_without_any_spread_has_no_shift(growth: float):
    assert search(panel(np.full((1, 3, 12), growth))).shifts == ()


def test_unit_of_money_moves_nothing():
    levels = panel(lifted(walks(1, 1, 6, 15), 7, 0.4))
    (found,) = search(levels).shifts
    for factor in (1e-4, 1e-8):
        (scaled,) = search(levels * factor).shifts
        # rounding alone: the logs carry some 15 digits, their steps 13
        assert scaled.size == pytest.approx(found.size, rel=1e-10)
        assert scaled.p_value == pytest.approx(found.p_value, rel=1e-6)


def test_levels_stay_as_they_are():
    levels = panel(lifted(walks(1, 1, 6, 15), 7, 0.4))
    before = levels.copy(deep=True)
    search(levels)
    xr.testing.assert_identical(levels, before)


def monthly(seed: int, series: int, years: int, noise: float) -> xr.DataArray:
    """Drift 5% a year, a season of fixed shape with a high December, a walk of 1% a month, noise of single months."""
    rng = np.random.Generator(np.random.Philox(seed))
    months = 12 * years
    season = np.tile(np.append(0.1 * np.cos(np.arange(11)), 0.4), years)
    walk = (0.05 / 12 + 0.01 * rng.standard_normal((series, 1, months))).cumsum(axis=2)
    levels = np.exp(walk + season + noise * rng.standard_normal((series, 1, months)))
    coords = {"series": [f"s{number}" for number in range(series)], "region": ["r0"]}
    return xr.DataArray(
        levels, dims=("series", "region", "month"), coords={**coords, "month": 12 * 2020 + np.arange(months)}
    )


def test_monthly_season_and_noise_are_no_shift():
    count = 60
    found = search(monthly(13, count, 5, 0.03), season=12)
    assert reported_share(found, count) <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / count)
    assert found.unjudged == ()


def test_monthly_shift_is_found_at_its_month():
    levels = monthly(14, 1, 5, 0.02)
    at = 12 * 2022 + 5
    (found,) = search(levels * xr.where(levels["month"] >= at, 1.5, 1.0), season=12).shifts
    assert (found.period, found.before, found.may_pass) == (at, at - 1, False)


def test_record_is_plain_json_that_names_what_was_not_judged():
    short = panel(walks(15, 1, 1, 5))
    found = search(short)
    assert json.loads(json.dumps(found.record())) == {
        "error_rate": 0.05,
        "shifts": [],
        "unjudged": [{"series": "s0", "region": "r0", "steps": 5}],
    }
    (shift,) = search(panel(lifted(walks(1, 1, 1, 15), 7, 0.4))).record()["shifts"]  # pyright: ignore
    assert list(shift) == list(LevelShift.__slots__)
    assert json.dumps(shift)


def test_region_without_history_is_not_judged_and_hides_no_other():
    levels = panel(lifted(walks(12, 1, 3, 14), 6, 0.5))
    found = search(levels.where(levels["region"] != "r1"))
    assert {shift.region for shift in found.shifts} == {"r0", "r2"}
    assert found.unjudged == ({"series": "s0", "region": "r1", "steps": 0},)


@pytest.mark.parametrize("wrong", [0.0, -3.0, np.inf])
def test_level_without_a_logarithm_is_refused_with_its_place(wrong: float):
    levels = panel(walks(16, 2, 2, 12))
    levels.loc["s1", "r0", FIRST + 3] = wrong
    with pytest.raises(AssumptionError) as error:
        search(levels)
    assert str(error.value) == (
        f"level shift: s1, region r0, year {FIRST + 3}: level {wrong:g}; its logarithm is taken, so it has to be "
        "positive and finite; levels like it: 1"
    )


def test_years_have_to_follow_each_other():
    with pytest.raises(AssumptionError, match=r"^level shift: year does not go up by one$"):
        search(panel(walks(17, 1, 1, 12)).drop_sel(year=FIRST + 4))


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_error_rate_is_a_probability(rate: float):
    levels = panel(walks(17, 1, 1, 12))
    with pytest.raises(AssumptionError, match=f"^level shift: an error rate of {rate:g} is not between 0 and 1$"):
        find_level_shifts(levels, marked(levels), marked(levels), 1, rate)
