import numpy as np
import pytest
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.experience.predictive import check_predictive, predictive_shares


def statistic(*values: float) -> xr.Dataset:
    return xr.Dataset({"largest_step": ("draw", np.array(values))})


def test_share_counts_replicates_below_and_half_of_those_equal():
    assert predictive_shares(statistic(2, 2, 2, 2), statistic(1, 1, 2, 3)) == {"largest_step": 2.5 / 4}


def test_shares_within_the_limits_pass_with_their_ends():
    shares = {"largest_step": 0.01, "memory": 0.99}
    assert check_predictive(shares) is shares


@pytest.mark.parametrize(("share", "shown"), [(0.009, "0.009"), (0.9925, "0.9925"), (np.nan, "nan")])
def test_what_the_model_would_not_make_is_refused(share: float, shown: str):
    with pytest.raises(AssumptionError) as caught:
        check_predictive({"memory": 0.5, "largest_step": share})
    assert str(caught.value) == (
        f"posterior: predictive p of largest_step is {shown}, limits 0.01 to 0.99; "
        "remedy: declare a break or shock of the history, or priors wide enough for what was seen"
    )


def test_a_statistic_that_is_not_a_number_makes_no_share():
    assert np.isnan(predictive_shares(statistic(1, np.nan), statistic(2, 2))["largest_step"])
