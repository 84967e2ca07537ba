import numpy as np
import pytest
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.quantiles import count_draws, counted_quantiles

PROBABILITIES = (0.025, 0.1, 0.5, 0.9, 0.975)
REFERENCE = xr.Dataset({"people": ("place", [1000.0, 3.0e6, 0.25])}, coords={"place": ["a", "b", "c"]})


def lognormal(spread: float, draws: int = 20_001) -> xr.Dataset:
    noise = np.random.default_rng(5).normal(0, spread, (draws, 3))
    return xr.Dataset({"people": (("draw", "place"), np.exp(noise) * REFERENCE["people"].values)}, REFERENCE.coords)


@pytest.mark.parametrize("spread", [1e-5, 0.001, 0.02, 0.3])
def test_quantiles_of_counts_are_those_of_the_draws(spread: float):
    draws = lognormal(spread)
    found = counted_quantiles(count_draws(draws, REFERENCE), REFERENCE, PROBABILITIES)["people"]
    exact = np.quantile(draws["people"].values, PROBABILITIES, axis=0, method="inverted_cdf")
    distance = np.log(exact / REFERENCE["people"].values)
    # the width of a bin: 2.4% of the distance, and near the reference 2.4% of the scale of 0.1%
    allowed = 0.024 * np.hypot(distance, 1e-3)
    assert (np.abs(np.log(found.values / exact)) <= allowed).all()


def test_counts_of_parts_add_up_to_those_of_the_whole():
    draws = lognormal(0.1, 1_000)
    whole = count_draws(draws, REFERENCE)
    parts = count_draws(draws.isel(draw=slice(0, 300)), REFERENCE) + count_draws(
        draws.isel(draw=slice(300, None)), REFERENCE
    )
    xr.testing.assert_equal(whole, parts)
    assert (whole["people"].sum("bin") == 1_000).all()


def test_memory_is_that_of_the_bins_whatever_the_draws():
    assert count_draws(lognormal(0.1, 10), REFERENCE).nbytes == count_draws(lognormal(0.1, 5_000), REFERENCE).nbytes


def test_nobody_stays_nobody():
    reference = xr.zeros_like(REFERENCE)
    counts = count_draws(reference.expand_dims(draw=[0, 1]), reference)
    assert (counted_quantiles(counts, reference, (0.1, 0.9))["people"] == 0).all()


def test_draw_far_from_its_central_value_moves_no_other_quantile():
    far = xr.concat([*[REFERENCE] * 8, REFERENCE * [1, 1, 4040], REFERENCE * [1, 1, 0]], dim="draw")
    found = counted_quantiles(count_draws(far, REFERENCE), REFERENCE, (0.2, 0.8))["people"]
    np.testing.assert_allclose(found, [REFERENCE["people"]] * 2, rtol=1e-4)  # a bin at the reference is 0.003% wide


def test_quantile_far_from_its_central_value_is_refused():
    draws = xr.concat([REFERENCE, REFERENCE * [1, 1, 404]], dim="draw")
    counts = count_draws(draws, REFERENCE)
    with pytest.raises(AssumptionError, match=r"the 0.9 quantile .* more than 403 times .* first at {'place': 'c'}"):
        counted_quantiles(counts, REFERENCE, (0.9,))


def test_people_where_the_central_path_has_none_are_refused():
    with pytest.raises(AssumptionError, match="positive where the central path is zero"):
        count_draws(lognormal(0.1, 5), xr.zeros_like(REFERENCE))
