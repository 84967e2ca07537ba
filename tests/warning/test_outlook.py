import numpy as np
import pytest
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.warning.outlook import comes_within, outlook
from actuarial.warning.rules import preset_rules

LIT = xr.DataArray([[0, 0, 1, 0], [0, 0, 0, 1], [1, 0, 0, 0]], dims=("draw", "year")).astype(bool)


def test_warning_that_comes_later_does_not_count():
    np.testing.assert_array_equal(comes_within(LIT, 3), [True, False, True])


@pytest.mark.parametrize("years", [0, 5])
def test_horizon_beyond_the_forecast_is_refused(years):
    message = f"warning horizon {years} years: the forecast has 4; ask for at least 1, at most that, or project further"
    with pytest.raises(AssumptionError, match=message):
        comes_within(LIT, years)


def test_colour_of_the_last_closed_year_is_carried_into_every_draw():
    """Months of cover 5.9 now, yellow until 6.5; one draw stays at 6.2, one gets well at once, one falls to red."""
    rule = next(each for each in preset_rules() if each.name == "cover_short")
    past = xr.DataArray([7.0, 5.9], dims="year")
    coming = xr.DataArray([[6.2, 6.2, 9.0], [6.6, 9.0, 9.0], [5.0, 4.0, 2.9]], dims=("draw", "year"))
    found = outlook(past, coming, rule, 3)
    assert (found["value"].item(), found["state"].item()) == (5.9, 1)
    np.testing.assert_array_equal(found["comes"].sel(colour="yellow"), [True, False, True])
    np.testing.assert_array_equal(found["comes"].sel(colour="red"), [False, False, True])
