import numpy as np
import pytest
import xarray as xr
from scipy import stats

from actuarial.backtest.scores import average, crps, interval_score, log_density, score


def philox(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def cells_of(draws: np.ndarray, observed: np.ndarray) -> xr.Dataset:
    return score(
        xr.DataArray(draws, dims=("region", "draw")).transpose("draw", "region"), xr.DataArray(observed, dims="region")
    )


def test_crps_of_a_normal_is_its_closed_form():
    """Gneiting & Raftery (2007), equation 21: sigma (z (2 Phi(z) - 1) + 2 phi(z) - 1 / sqrt(pi))."""
    n, sigma = 200_000, 2.0
    draws = 1.0 + sigma * philox(1).standard_normal(n)
    for observed in (-2.0, 1.0, 4.5):
        z = (observed - 1.0) / sigma
        closed = sigma * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi))
        # four standard errors of a mean of n terms, none of which spreads wider than the forecast
        assert abs(float(crps(np.array(observed), draws)) - closed) < 4 * sigma / np.sqrt(n)


def test_crps_of_draws_is_its_definition():
    draws, observed = philox(2).gamma(2.0, 3.0, 60), 4.0
    distance = np.abs(draws[:, None] - draws[None, :]).sum() / (60 * 59)
    expected = np.abs(draws - observed).mean() - distance / 2
    assert float(crps(np.array(observed), draws)) == pytest.approx(expected, rel=1e-12)


def test_crps_does_not_depend_on_the_number_of_draws():
    few = crps(np.zeros(40_000), philox(3).standard_normal((40_000, 5)))
    closed = (np.sqrt(2) - 1) / np.sqrt(np.pi)
    assert abs(few.mean() - closed) < 4 * few.std() / np.sqrt(40_000)


@pytest.mark.parametrize(("observed", "expected"), [(5.0, 4.0), (2.0, 4.0 + 2 / 0.2 * 1.0), (7.5, 4.0 + 2 / 0.2 * 0.5)])
def test_interval_score_by_hand(observed: float, expected: float):
    found = interval_score(np.array([observed]), np.array([3.0]), np.array([7.0]), 0.2)
    assert found.tolist() == [pytest.approx(expected)]


def test_interval_score_keeps_dims_of_length_one():
    cells = score(xr.DataArray(np.arange(9.0)[:, None], dims=("draw", "region")), xr.DataArray([4.0], dims="region"))
    assert dict(cells["interval_score"].sizes) == {"level": 3, "region": 1}
    # of nine equal steps the central 50% runs from 2 to 6, the 80% from 0.8 to 7.2
    np.testing.assert_allclose(cells["interval_score"].sel(region=0).values[:2], [4.0, 6.4])


def test_coverage_and_pit_of_a_right_forecast():
    cells, n = 2_000, 400
    centre = philox(4).standard_normal(cells) * 3
    draws = centre[:, None] + philox(5).standard_normal((cells, n))
    found = average(cells_of(draws, centre + philox(6).standard_normal(cells)), ["region"])
    np.testing.assert_allclose(found["coverage_error"], [0.01118, 0.00894, 0.00487], atol=1e-5)
    assert bool((abs(found["coverage"] - found["coverage"]["level"]) < 4 * found["coverage_error"]).all())
    assert float(found["pit_p_value"]) > 0.001
    assert int(found["pit_histogram"].sum()) == cells


def test_pit_betrays_a_narrow_forecast():
    truth = philox(7).standard_normal(500)
    found = average(cells_of(philox(8).standard_normal((500, 400)) / 3, truth), ["region"])
    assert float(found["pit_p_value"]) < 1e-6
    assert float(found["coverage"].sel(level=0.8)) < 0.5
    ends = found["pit_histogram"].values[[0, -1]]
    assert (ends > 2 * 50).all()


def test_errors_by_hand():
    draws = np.array([[1.0, 2.0, 6.0], [10.0, 10.0, 13.0]])
    found = average(cells_of(draws, np.array([4.0, 8.0])), ["region"])
    assert float(found["bias"]) == pytest.approx(((3 - 4) + (11 - 8)) / 2)
    assert float(found["rmse"]) == pytest.approx(np.sqrt((1 + 9) / 2))
    assert float(found["mae"]) == pytest.approx((2 + 2) / 2)
    assert float(found["mape"]) == pytest.approx((2 / 4 + 2 / 8) / 2)
    assert float(found["crps_share"]) == pytest.approx(float(found["crps"]) / 6)


def test_pit_counts_draws_below():
    cells = cells_of(np.array([[1.0, 2.0, 3.0, 4.0]]), np.array([2.5]))
    assert float(cells["pit"][0]) == 0.5


def test_log_density_is_that_of_a_kernel():
    draws = philox(9).standard_normal(500)
    width = 1.06 * min(draws.std(), (np.quantile(draws, 0.75) - np.quantile(draws, 0.25)) / 1.34) * 500 ** (-1 / 5)
    expected = np.log(stats.norm.pdf(0.7, draws, width).mean())
    assert float(log_density(np.array(0.7), draws)) == pytest.approx(expected)
    assert float(log_density(np.array(1e3), draws)) == -np.inf


def test_nothing_is_scored_where_either_is_missing():
    draws = np.array([[1.0, 2.0], [np.nan, np.nan], [1.0, 2.0]])
    cells = cells_of(draws, np.array([1.5, 1.5, np.nan]))
    assert cells["crps"].notnull().values.tolist() == [True, False, False]
    assert int(average(cells, ["region"])["count"]) == 1


def test_error_in_percent_of_nothing_is_infinite():
    assert float(average(cells_of(np.array([[1.0, 2.0]]), np.array([0.0])), ["region"])["mape"]) == np.inf
