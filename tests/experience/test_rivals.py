import numpy as np
import pytest

from actuarial.errors import AssumptionError
from actuarial.experience.rivals import smoothing_paths


def philox(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def test_smoothing_of_a_walk_starts_at_its_end():
    walk = philox(12).standard_normal(200).cumsum()
    paths = smoothing_paths(walk, 3, 20_000, philox(13))
    # with 200 levels the smoothing parameter is near one: the forecast is the last level and spreads as the walk does,
    # whose spread 200 steps tell to 5%
    assert abs(np.median(paths[:, 0]) - walk[-1]) < 0.5
    np.testing.assert_allclose(paths.std(axis=0), np.sqrt([1, 2, 3]), rtol=0.15)


def test_smoothing_follows_a_trend():
    levels = 3.0 * np.arange(20) + philox(2).standard_normal(20)
    paths = smoothing_paths(levels, 4, 5_000, philox(3))
    # a line through 20 levels with unit noise ends within one of the true one
    np.testing.assert_allclose(np.median(paths, axis=0), 3.0 * np.arange(20, 24), atol=1.5)


def test_smoothing_gives_the_same_in_every_unit():
    levels = 100 + philox(14).normal(2.0, 1.0, 12).cumsum()
    plain = smoothing_paths(levels, 3, 4, philox(15))
    np.testing.assert_allclose(smoothing_paths(levels * 1e8, 3, 4, philox(15)), plain * 1e8, rtol=1e-6)


def test_five_levels_have_no_trend():
    paths = smoothing_paths(np.array([1.0, 2.0, 3.0, 4.1, 4.9]), 3, 20_000, philox(4))
    # without a trend every horizon has the same median
    assert np.ptp(np.median(paths, axis=0)) < 4 * 1.25 * paths.std() / np.sqrt(20_000) * 2


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ([1.0, 2.0, 4.0], "smoothing: levels known: 3, needed: 5"),
        ([2.0] * 9, "smoothing: the levels do not vary"),
        ([0.1] * 9, "smoothing: the levels do not vary"),
        ([1.0, 2.0, np.nan, 4.0, 3.0, 6.0, 5.0], "smoothing: a level is missing or infinite; smoothing bridges no gap"),
        ([1.0, 2.0, np.inf, 4.0, 3.0, 6.0, 5.0], "smoothing: a level is missing or infinite; smoothing bridges no gap"),
    ],
)
def test_series_without_a_fit_is_refused(levels, message):
    with pytest.raises(AssumptionError) as caught:
        smoothing_paths(np.array(levels), 2, 3, philox(16))
    assert str(caught.value) == message
