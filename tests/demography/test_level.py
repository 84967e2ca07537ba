import numpy as np
import pytest
import xarray as xr
from scipy.signal import lfilter
from scipy.stats import chi2, norm

from actuarial.demography.level import LevelModel, Steps, central_level, fit_level, level_deviation
from actuarial.errors import AssumptionError, SchemaError

DRAWS = 20_000
AHEAD = range(2020, 2050)


def levels(values: np.ndarray, first: int = 2000, step: int = 1) -> xr.DataArray:
    years = first + step * np.arange(values.shape[1])
    return xr.DataArray(
        values, coords={"region": list("abcdef")[: len(values)], "year": years}, dims=("region", "year")
    )


def around(history: xr.DataArray, value: float = 0.0) -> xr.DataArray:
    return xr.full_like(history.isel(year=0, drop=True), value)


def autoregressive(persistence: float, common: float, regional: float, regions: int, years: int) -> xr.DataArray:
    rng = np.random.default_rng(11)
    shock = common * rng.standard_normal((1, years)) + regional * rng.standard_normal((regions, years))
    return levels(np.asarray(lfilter([1.0], [1.0, -persistence], shock)))


def of_known(persistence: float, common: float, regional: float, regions: int) -> LevelModel:
    """A model whose parameters hold exactly: all of the posterior in one cell, residual sums given."""
    last = levels(np.linspace(-1, 2, regions)[:, None]).isel(year=0, drop=True)
    posterior = xr.DataArray([1.0], dims="persistence", coords={"persistence": [persistence]})
    parts = (Steps(common**2 * 10, 0.0, 0.0, 10), Steps(regional**2 * 10 * (regions - 1), 0.0, 0.0, 10 * (regions - 1)))
    return LevelModel(xr.full_like(last, 5.0), last, posterior, *parts, 2019, 1)


THREE = fit_level(autoregressive(0.7, 0.3, 0.2, 3, 20), around(autoregressive(0.7, 0.3, 0.2, 3, 20)))
ONE = fit_level(autoregressive(0.7, 0.3, 0.0, 1, 12), around(autoregressive(0.7, 0.3, 0.0, 1, 12), 0.2))


def draw(model: LevelModel, is_parameter: bool, is_process: bool, n: int = DRAWS, longest: int = 30) -> xr.DataArray:
    rngs = [np.random.default_rng(seed) if on else None for seed, on in ((5, is_parameter), (6, is_process))]
    years = [model.last_year + model.step * h for h in range(1, longest + 1)]
    return level_deviation(model, years, n, rngs[0], rngs[1])


def test_central_path_returns_to_the_long_run_value():
    """Last deviations -1, 0.5 and 2 around 5, persistence 0.8: after h years 5 + 0.8^h of them."""
    path = central_level(of_known(0.8, 0.1, 0.1, 3), AHEAD)
    expected = 5 + np.outer([-1, 0.5, 2], 0.8 ** np.arange(1, 31))
    np.testing.assert_allclose(path, expected, rtol=1e-12)
    assert path["year"].values.tolist() == list(AHEAD)


@pytest.mark.parametrize("persistence", [0.0, 0.6, 0.95])
def test_process_variance_has_its_closed_form(persistence: float):
    """sigma^2 (1 - phi^2h) / (1 - phi^2), sigma^2 the common variance and 2/3 of the regional one; four errors."""
    found = draw(of_known(persistence, 0.3, 0.2, 3), False, True).var("draw", ddof=1)
    horizon = np.arange(1, 31)
    step = 0.3**2 + 0.2**2 * 2 / 3
    expected = step * (1 - persistence ** (2 * horizon)) / (1 - persistence**2)
    np.testing.assert_allclose(found, np.broadcast_to(expected, (3, 30)), rtol=4 * np.sqrt(2 / DRAWS))


def test_regions_share_the_common_part_alone():
    """Covariance of two regions: common - regional / 3; their mean moves by the common part, nothing else."""
    drawn = draw(of_known(0.8, 0.3, 0.2, 3), False, True).isel(year=0, drop=True)
    variance, shared = 0.09 + 0.04 * 2 / 3, 0.09 - 0.04 / 3
    expected = np.full((3, 3), shared) + np.eye(3) * (variance - shared)
    np.testing.assert_allclose(
        np.cov(drawn.transpose("region", "draw")), expected, atol=4 * variance * np.sqrt(2 / DRAWS)
    )
    np.testing.assert_allclose(drawn.mean("region").var("draw", ddof=1), 0.09, rtol=4 * np.sqrt(2 / DRAWS))


def test_parameters_are_recovered_from_a_long_simulation():
    """4000 years: the error of phi is sqrt((1 - phi^2) / n), that of a variance its sqrt(2 / freedom); four of them."""
    history = autoregressive(0.7, 0.3, 0.2, 4, 4000)
    model = fit_level(history, around(history))
    assert model.persistence.item() == pytest.approx(0.7, abs=4 * np.sqrt(0.51 / 4000))
    common = model.common.variance(model.persistence, model.common.freedom).item()
    regional = model.regional.variance(model.persistence, model.regional.freedom).item()
    assert common == pytest.approx(0.09 + 0.04 / 4, rel=4 * np.sqrt(2 / 4000))
    assert regional == pytest.approx(0.04, rel=4 * np.sqrt(2 / 12_000))


def residuals(history: np.ndarray, persistence: np.ndarray) -> np.ndarray:
    return history[None, :, 1:] - persistence[:, None, None] * history[None, :, :-1]


def posterior_by_grid(history: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Second derivation: normal densities of the regions' steps summed over persistence and both variances.

    The steps of a year have the covariance common - regional / R, and regional more on the diagonal.
    """
    persistence = (np.arange(100) + 0.5) / 100
    regions = len(history)
    errors = residuals(history, persistence)
    log_variance = np.linspace(np.log(1e-3), np.log(1e2), 70)
    density = np.zeros(persistence.size)
    for common in np.exp(log_variance):
        for regional in np.exp(log_variance):
            covariance = np.full((regions, regions), common - regional / regions) + regional * np.eye(regions)
            precision, (_, log_size) = np.linalg.inv(covariance), np.linalg.slogdet(covariance)
            square = np.einsum("prt,rs,pst->p", errors, precision, errors)
            density += np.exp(-(square + errors.shape[2] * log_size) / 2)
    return persistence, density / density.sum()


def test_posterior_of_the_persistence_agrees_with_a_grid_over_both_variances():
    history = autoregressive(0.7, 0.3, 0.2, 3, 9)
    model = fit_level(history, around(history))
    persistence, density = posterior_by_grid(history.values)
    coarse = model.posterior.values.reshape(100, -1).sum(1)
    np.testing.assert_allclose(coarse, density, atol=1e-5)
    assert model.persistence.item() == pytest.approx((persistence * density).sum(), abs=1e-4)


def test_draws_follow_the_posterior():
    """Without steps to come the deviation is last (phi^h - E phi^h): after a step its quantiles are those of phi."""
    model = of_known(0.8, 0.3, 0.2, 3)
    middle = (np.arange(2000) + 0.5) / 2000
    weight = norm.pdf(middle, 0.6, 0.1)
    posterior = xr.DataArray(weight / weight.sum(), dims="persistence", coords={"persistence": middle})
    spread = LevelModel(model.long_run, model.last, posterior, model.common, model.regional, 2019, 1)
    found = draw(spread, True, False).isel(region=2, year=0, drop=True) / 2 + 0.6
    for chance in (0.1, 0.5, 0.9):
        error = np.sqrt(chance * (1 - chance) / DRAWS) / norm.pdf(norm.ppf(chance)) * 0.1
        assert found.quantile(chance).item() == pytest.approx(norm.ppf(chance, 0.6, 0.1), abs=4 * error)


def test_predictive_variance_of_one_region_agrees_with_a_grid():
    """One step on, the draws are E[last^2 phi^2] - E[last phi]^2 + E[S(phi)] E[1 / chi-square].

    All by sums over the posterior; of the chi-square with 11 degrees of freedom the lowest 1% is left out.
    """
    drawn = draw(ONE, True, True).isel(region=0, year=0, drop=True)
    phi = (np.arange(4000) + 0.5) / 4000
    deviation = (autoregressive(0.7, 0.3, 0.0, 1, 12) - 0.2).values
    square = (residuals(deviation, phi) ** 2).sum((1, 2))
    weight = square ** (-11 / 2)
    weight = weight / weight.sum()
    mean = (weight * phi).sum()
    kept = chi2(11).expect(lambda square: 1 / square, lb=chi2.ppf(0.01, 11), conditional=True)
    expected = deviation[0, -1] ** 2 * ((weight * phi**2).sum() - mean**2) + (weight * square).sum() * kept
    fourth = float(((drawn - drawn.mean()) ** 4).mean())
    assert float(drawn.var(ddof=1)) == pytest.approx(expected, abs=4 * np.sqrt((fourth - expected**2) / DRAWS))


@pytest.mark.parametrize("model", [ONE, THREE], ids=["one", "three"])
@pytest.mark.parametrize(("is_parameter", "is_process"), [(True, False), (False, True), (True, True)])
def test_draws_are_centred_on_the_central_path(model: LevelModel, is_parameter: bool, is_process: bool):
    drawn = draw(model, is_parameter, is_process)
    error = drawn.std("draw", ddof=1) / np.sqrt(DRAWS)
    np.testing.assert_array_less(abs(drawn.mean("draw")), 4 * error + 1e-15)


def test_both_parts_switched_off_leave_nothing():
    assert float(abs(draw(THREE, False, False, 3)).max()) == 0.0
    assert draw(THREE, False, False, 3).sizes == {"draw": 3, "region": 3, "year": 30}


def test_parts_add_up_in_variance():
    parts = [draw(THREE, *on).var("draw").isel(year=0) for on in ((True, False), (False, True), (True, True))]
    assert bool((parts[0] > 0).all())
    assert bool((parts[2] > parts[1]).all())
    assert bool((parts[2] > parts[0]).all())


def test_fall_without_return_is_still_stationary():
    """Least squares gives 1.04, away from the long-run value: the posterior stays below one, and so do the draws."""
    away = -0.3 * 1.04 ** np.arange(10) + 0.002 * np.array([1, -1, 1, 1, -1, 1, -1, -1, 1, 1])
    assert (away[1:] @ away[:-1]) / (away[:-1] @ away[:-1]) > 1.03
    model = fit_level(levels(away[None]), around(levels(away[None])))
    assert 0.98 < model.persistence.item() < 1
    reached = central_level(model, AHEAD)
    assert bool((reached.diff("year") > 0).all())
    assert float(reached.max()) < 0
    assert float(draw(model, True, False).isel(region=0).max()) < -float(model.last.item())


def test_draws_far_ahead_stay_as_wide_as_they_are():
    model = of_known(0.8, 0.3, 0.2, 3)
    late = level_deviation(model, [2069, 2119], DRAWS // 4, None, np.random.default_rng(6)).var("draw", ddof=1)
    expected = (0.09 + 0.04 * 2 / 3) / (1 - 0.64)
    np.testing.assert_allclose(late, expected, rtol=4 * np.sqrt(8 / DRAWS))


def test_first_years_do_not_depend_on_how_many_follow():
    near, far = (draw(THREE, True, True, 100, longest) for longest in (10, 30))
    np.testing.assert_array_equal(near, far.isel(year=slice(10)))


def test_steps_of_five_years_are_one_step_each():
    values = autoregressive(0.7, 0.3, 0.2, 3, 10).values
    yearly, five = levels(values, 2000), levels(values, 1965, 5)
    models = [fit_level(history, around(history)) for history in (yearly, five)]
    paths = [central_level(models[0], [2010, 2012]), central_level(models[1], [2015, 2025])]
    np.testing.assert_array_equal(paths[0].values, paths[1].values)


def test_a_long_run_value_moves_the_path_and_not_the_error():
    history = autoregressive(0.7, 0.3, 0.2, 3, 12)
    here, there = (fit_level(history + value, around(history, value)) for value in (0.0, 3.0))
    np.testing.assert_allclose(central_level(there, [2012]), central_level(here, [2012]) + 3, rtol=1e-9)
    np.testing.assert_allclose(draw(there, True, True, 10), draw(here, True, True, 10), atol=1e-9)


def test_gap_in_the_history_is_refused():
    history = autoregressive(0.7, 0.3, 0.2, 3, 9)
    message = r"level: 1 values of the history are missing or not finite, first at \{'region': 'b', 'year': 2004\}"
    with pytest.raises(SchemaError, match=message):
        fit_level(history.where((history["region"] != "b") | (history["year"] != 2004)), around(history))
    with pytest.raises(AssumptionError, match=r"level: the years must be equally far apart, found \[2000, 2001, 2003"):
        fit_level(history.drop_sel(year=2002), around(history))


def test_missing_long_run_value_is_refused():
    history = autoregressive(0.7, 0.3, 0.2, 3, 9)
    with pytest.raises(SchemaError, match=r"level: 3 values of the long-run value are missing or not finite"):
        fit_level(history, around(history, np.nan))


def test_short_history_is_refused():
    history = autoregressive(0.7, 0.3, 0.2, 3, 4)
    with pytest.raises(AssumptionError, match="level: a history of 4 years is too short, 5 are needed"):
        fit_level(history, around(history))


def test_different_regions_are_refused():
    history = autoregressive(0.7, 0.3, 0.2, 3, 9)
    message = r"level: regions \['a', 'b', 'c'\] have a history, regions \['a', 'b'\] a long-run value"
    with pytest.raises(SchemaError, match=message):
        fit_level(history, around(history).isel(region=[0, 1]))


@pytest.mark.parametrize(
    ("part", "values"), [("common", np.zeros((1, 6))), ("regional", np.ones((2, 1)) * np.arange(6) ** 2)]
)
def test_history_without_error_is_refused(part: str, values: np.ndarray):
    message = f"level: the {part} deviations follow each other without error, so no variance is known"
    with pytest.raises(AssumptionError, match=message):
        fit_level(levels(values), around(levels(values)))


@pytest.mark.parametrize("year", [2019, 2018])
def test_year_of_the_past_is_refused(year: int):
    with pytest.raises(AssumptionError, match=f"level: {year} is not a whole number of steps of 1 after 2019"):
        central_level(of_known(0.8, 0.3, 0.2, 3), [year])
