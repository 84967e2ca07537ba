import numpy as np
import pytest
import xarray as xr

from actuarial.assumptions.policy import Dated, Policy
from actuarial.errors import AssumptionError
from actuarial.fund.resident_lines import since_decision
from actuarial.revenue.subsidies import financing_standard

YEARS = np.arange(2026, 2029)


def policy(*standards: tuple[int, float]) -> Policy:
    dated = tuple(Dated(value, year, "made for tests") for year, value in standards)
    growth = (Dated(0.05, 2020, "made for tests"),)
    return Policy(
        "c",
        {
            ("c", "resident", "fiscal_subsidy", ""): dated,
            ("c", "resident", "financing_growth", ""): growth,
        },
    )


def test_decided_standard_holds_and_then_grows():
    path = financing_standard(policy((2024, 400), (2026, 420)), "fiscal_subsidy", np.array(["r"]), YEARS)
    np.testing.assert_allclose(path["standard"].sel(region="r"), [420, 441, 463.05])
    np.testing.assert_array_equal(path["undecided"].sel(region="r"), [0, 1, 2])


def test_standard_of_a_closed_year_does_not_grow_before_the_forecast():
    path = financing_standard(policy((2022, 400)), "fiscal_subsidy", np.array(["r"]), YEARS)
    np.testing.assert_allclose(path["standard"].sel(region="r"), [420, 441, 463.05])
    np.testing.assert_array_equal(path["undecided"].sel(region="r"), [1, 2, 3])


def test_missing_standard_says_when_the_first_one_starts():
    with pytest.raises(AssumptionError, match="no fiscal_subsidy in force for scheme 'resident' in region r in 2026"):
        financing_standard(policy((2030, 400)), "fiscal_subsidy", np.array(["r"]), YEARS)


@pytest.mark.parametrize(
    ("undecided", "expected"),
    [
        ([0, 0, 0], [0.0, 0.0, 0.0]),
        ([0, 1, 2], [0.0, 0.2, 0.3]),
        ([1, 2, 3], [0.1, 0.3, 0.4]),
        ([1, 0, 1], [0.1, 0, 0.1]),
    ],
)
def test_shocks_count_from_the_last_decision(undecided, expected):
    deviation = xr.DataArray(
        [[[0.1, 0.3, 0.4]]], dims=("draw", "region", "year"), coords={"region": ["r"], "year": YEARS}
    )
    since = xr.DataArray([undecided], dims=("region", "year"), coords={"region": ["r"], "year": YEARS})
    np.testing.assert_allclose(since_decision(deviation, since).squeeze(), expected, atol=1e-15)
