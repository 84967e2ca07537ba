import numpy as np
import pytest
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.experience.trend import fit_trends, shock_paths, smoothed_path

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


def test_constant_growth_goes_on_without_any_spread():
    levels = panel(np.array([100 * 1.05 ** np.arange(10)]))
    trends = fit_trends(levels, unbroken(levels), AHEAD)
    # the trend is damped: a fit of exact growth keeps all of it but the damping that its bound of 0.98 forces
    assert np.expm1(float(trends.central.sel(year=2026).squeeze())) == pytest.approx(0.05, abs=0.002)
    np.testing.assert_allclose(trends.residual, 0.0, atol=1e-12)


def test_drift_is_the_mean_growth():
    levels = panel(walks()[:, :7], YEARS[:7])
    trends = fit_trends(levels, unbroken(levels), AHEAD)
    growth = np.log(levels.isel(year=-1) / levels.isel(year=0)) / 6
    assert [entry["method"] for entry in trends.record] == ["drift", "drift"]
    np.testing.assert_allclose(trends.central.sel(year=2029), 4 * growth, rtol=1e-12)


def test_step_into_a_declared_break_is_not_growth():
    jumped = walks()
    jumped[0, 7:] *= 3
    levels = panel(jumped)
    broken = unbroken(levels)
    broken.loc[{"series": "s0", "year": 2023}] = True
    trends = fit_trends(levels, broken, AHEAD)
    assert {entry["steps"] for entry in trends.record} == {8}
    assert 2023 not in trends.residual["origin"]
    assert trends.record[0]["mean_growth"] == pytest.approx(0.05, abs=0.03)


def test_too_short_a_history_is_refused():
    levels = panel(walks()[:, :4], YEARS[:4])
    with pytest.raises(AssumptionError, match="trend: s0, region r: 3 unbroken growth steps, 4 are needed"):
        fit_trends(levels, unbroken(levels), AHEAD)


def test_series_without_common_years_are_refused():
    levels = panel(walks())
    levels.loc[{"series": "s0", "year": slice(2021, None)}] = np.nan
    levels.loc[{"series": "s1", "year": slice(None, 2020)}] = np.nan
    with pytest.raises(AssumptionError, match="trend: only 0 years have a growth step of every series, 4 are needed"):
        fit_trends(levels, unbroken(levels), AHEAD)


def test_forecast_does_not_depend_on_the_unit():
    levels = panel(walks())
    yuan, billions = (fit_trends(part, unbroken(levels), AHEAD) for part in (levels * 1e9, levels * 1e-3))
    np.testing.assert_allclose(yuan.central, billions.central, atol=1e-6)
    assert yuan.record[0]["method"] == billions.record[0]["method"]


def test_smoothing_gives_its_reason_when_it_gives_no_path():
    assert smoothed_path(np.log(np.arange(1.0, 10.0)), 3) == (None, "short")
    assert smoothed_path(np.zeros(10), 3) == (None, "constant")


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
    with pytest.raises(AssumptionError, match="trend: a level is not positive or not finite"):
        fit_trends(levels, unbroken(levels), AHEAD)


def test_regions_of_a_series_are_smoothed_together_or_not_at_all():
    levels = panel(walks())
    two = xr.concat([levels, levels], dim="region").assign_coords(region=["long", "short"])
    two.loc[{"region": "short", "series": "s0", "year": 2016}] = np.nan
    trends = fit_trends(two, unbroken(two), AHEAD)
    methods = {(entry["series"], entry["region"]): (entry["method"], entry["note"]) for entry in trends.record}
    assert methods[("s0", "short")] == ("drift", "short")
    assert methods[("s0", "long")] == ("drift", "other_region")
    assert methods[("s1", "long")][0] == methods[("s1", "short")][0] == "drift+ets"
