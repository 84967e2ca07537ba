import numpy as np
import pytest
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.warning.replay import replay


def marks(text: str) -> xr.DataArray:
    return xr.DataArray([mark == "x" for mark in text], dims="year", coords={"year": 2010 + np.arange(len(text))})


def test_hand_worked_history():
    """Events begin in 2014 (warned of two years before) and 2018 (not). The warning of 2010 came to nothing; that of
    2021 is not decided by 2022; that of 2015 stood while the deficit was there.
    """
    found = replay(lit=marks("x.xx.x.....x."), event=marks("....xx..x...."), within=2)
    assert {name: found[name].item() for name in ("events", "warned", "warning_years")} == {
        "events": 2,
        "warned": 1,
        "warning_years": 5,
    }
    assert (found["false_years"].item(), found["unjudged_years"].item()) == (1, 2)
    assert (found["hit_rate"].item(), found["false_rate"].item(), found["lead"].item()) == (0.5, 1 / 3, 2.0)


def test_event_of_the_first_year_could_not_be_warned_of():
    assert replay(marks("...."), marks("xx.."), 1)["events"].item() == 0


def test_history_without_events_has_no_hit_rate():
    found = replay(marks("x..."), marks("...."), 1)
    assert np.isnan(found["hit_rate"])
    assert np.isnan(found["lead"])
    assert found["false_rate"].item() == 1


def test_regions_are_judged_apart():
    lit = xr.concat([marks("x..."), marks("...x")], dim="region")
    event = xr.concat([marks(".x.."), marks(".x..")], dim="region")
    np.testing.assert_array_equal(replay(lit, event, 1)["warned"], [1, 0])


@pytest.mark.parametrize("within", [0, 4])
def test_window_that_the_history_cannot_hold_is_refused(within):
    message = f"replay within {within} years: the history has 4; ask for at least 1 and less than that"
    with pytest.raises(AssumptionError, match=message):
        replay(marks("x..."), marks("...."), within)
