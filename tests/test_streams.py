import numpy as np

from actuarial.streams import stream


def test_same_name_and_block_give_the_same_numbers():
    np.testing.assert_array_equal(stream(1, "wages", 3).random(5), stream(1, "wages", 3).random(5))


def test_name_block_and_seed_each_change_the_numbers():
    drawn = [stream(*key).random() for key in ((1, "wages", 3), (1, "costs", 3), (1, "wages", 4), (2, "wages", 3))]
    assert len(set(drawn)) == 4


def test_streams_of_neighbouring_blocks_are_uncorrelated():
    left, right = stream(1, "wages", 0).normal(size=100_000), stream(1, "wages", 1).normal(size=100_000)
    # four standard errors of a correlation of independent draws
    assert abs(np.corrcoef(left, right)[0, 1]) < 4 / np.sqrt(100_000)
