import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from actuarial.errors import SchemaError
from actuarial.warning.rules import Rule, preset_rules
from actuarial.warning.state import is_lit, warning_states


def rule(name: str) -> Rule:
    return next(each for each in preset_rules() if each.name == name)


def path(*values: float) -> xr.DataArray:
    return xr.DataArray(list(values), dims="year", coords={"year": 2026 + np.arange(len(values))})


def test_warning_goes_out_only_at_the_safer_value():
    """Yellow under 6 until 6.5, red under 3 until 4."""
    state = warning_states(path(7, 5.9, 6.2, 2.9, 3.5, 4.1, 6.6, 6.2), rule("cover_short"), 0)
    np.testing.assert_array_equal(state, [0, 1, 1, 2, 2, 1, 0, 0])
    np.testing.assert_array_equal(is_lit(state, rule("cover_short"), "red"), np.isin(np.arange(8), (3, 4)))
    np.testing.assert_array_equal(is_lit(state, rule("cover_short"), "yellow"), np.isin(np.arange(8), range(1, 6)))


def test_colour_of_the_year_before_is_carried_on():
    assert warning_states(path(6.2), rule("cover_short"), 1).item() == 1
    assert warning_states(path(6.2), rule("cover_short"), 0).item() == 0


def test_rule_that_looks_up_lights_above():
    state = warning_states(path(0.04, 0.06, 0.045, 0.03), rule("cost_and_income"), 0)
    np.testing.assert_array_equal(state, [0, 1, 1, 0])


@given(arrays(float, (5, 6), elements=st.floats(-2, 9)), st.integers(0, 2))
def test_hysteresis_only_ever_holds_a_warning_longer(values, before):
    value = xr.DataArray(values, dims=("draw", "year"))
    state = warning_states(value, rule("cover_short"), before)
    at_once = (value < 6).astype(int) + (value < 3)
    assert (state >= at_once).all()
    assert (state <= (value < 6.5).astype(int) + (value < 4)).all()


def test_missing_value_is_refused():
    message = "warning: rule 'excess' has years without a value of spending_excess; leave them out"
    with pytest.raises(SchemaError, match=message):
        warning_states(path(0.1, np.nan), rule("excess"), 0)
