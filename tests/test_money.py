import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from actuarial.errors import SchemaError
from actuarial.money import round_to_total, to_fen, to_yuan


def test_yuan_become_whole_fen_and_back():
    fen = to_fen(xr.DataArray([0.01, 12.345, -3.0]))
    assert fen.dtype == np.int64
    np.testing.assert_array_equal(fen, [1, 1234, -300])
    np.testing.assert_array_equal(to_yuan(fen), [0.01, 12.34, -3.0])


@pytest.mark.parametrize("amount", [np.inf, np.nan, 1e17])
def test_amount_without_exact_fen_is_refused(amount):
    with pytest.raises(SchemaError, match="money: an amount is not finite or beyond 90 trillion yuan"):
        to_fen(xr.DataArray([amount]))


def test_largest_remainders_are_rounded_up():
    np.testing.assert_array_equal(round_to_total(np.array([33.3, 33.4, 33.3]), 100), [33, 34, 33])


def test_total_out_of_reach_is_refused():
    with pytest.raises(SchemaError, match="rounding: 2 values are 5 away from their total 8"):
        round_to_total(np.array([1.2, 2.3]), 8)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=30))
def test_rounded_parts_add_up_and_stay_within_one(values):
    parts = np.array(values)
    rounded = round_to_total(parts, round(float(np.sum(parts))))
    assert rounded.sum() == round(float(np.sum(parts)))
    assert (np.abs(rounded - parts) <= 1 + 1e-6).all()
