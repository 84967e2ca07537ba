import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from actuarial.demography.assisted import assisted_deviation, assisted_share, fit_assisted
from actuarial.demography.membership import shift_odds
from actuarial.errors import AssumptionError

REGIONS, YEARS, AHEAD = ["a", "b"], np.arange(2016, 2026), np.arange(2026, 2036)
CATEGORIES = ["destitute", "subsistence", "near_poor", "impoverished_by_illness"]


def counts() -> xr.DataArray:
    steps = 0.05 * np.random.default_rng(3).standard_normal((2, 4, 10))
    start = np.array([1900.0, 12_800.0, 8500.0, 2100.0])[:, None]
    return xr.DataArray(
        start * np.exp(np.cumsum(steps, axis=2)),
        dims=("region", "category", "year"),
        coords={"region": REGIONS, "category": CATEGORIES, "year": YEARS},
    )


ELIGIBLE = counts()
RESIDENTS = xr.DataArray(
    np.full((2, 10), 1_200_000.0), dims=("region", "year"), coords={"region": REGIONS, "year": YEARS}
)
UNBROKEN = xr.zeros_like(RESIDENTS["year"], dtype=bool)
MODEL = fit_assisted(ELIGIBLE, RESIDENTS, UNBROKEN)
SHARE = assisted_share(ELIGIBLE.sel(year=2025, drop=True), RESIDENTS.sel(year=2025, drop=True))


def test_share_is_entitled_over_members():
    np.testing.assert_allclose(SHARE * 1_200_000, ELIGIBLE.sel(year=2025))


def test_no_uncertainty_holds_the_shares():
    deviation = assisted_deviation(MODEL, AHEAD, 2, None, None)
    assert deviation.dims == ("draw", "region", "category", "year")
    held = shift_odds(SHARE, deviation.isel(year=9, drop=True), over="category").isel(draw=0)
    np.testing.assert_allclose(held, SHARE, rtol=1e-12)


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 2))
def test_categories_never_exceed_the_members(seed: int):
    deviation = assisted_deviation(MODEL, AHEAD, 50, np.random.default_rng(seed), np.random.default_rng(seed + 1))
    share = shift_odds(SHARE, deviation, over="category")
    assert share.sizes == {"draw": 50, "year": 10, "region": 2, "category": 4}
    assert bool((share > 0).all())
    assert float(share.sum("category").max()) < 1


def test_odds_against_none_move_by_the_deviation():
    deviation = assisted_deviation(MODEL, AHEAD, 200, None, np.random.default_rng(1)).isel(year=9, drop=True)
    share = shift_odds(SHARE, deviation, over="category")
    odds = xr.ufuncs.log(share / (1 - share.sum("category"))) - xr.ufuncs.log(SHARE / (1 - SHARE.sum("category")))
    np.testing.assert_allclose(odds.transpose("draw", "region", "category"), deviation, rtol=0, atol=1e-10)


def test_a_missing_category_is_refused():
    missing = ELIGIBLE.copy()
    missing.loc[{"region": "b", "category": "near_poor", "year": 2020}] = np.nan
    with pytest.raises(
        AssumptionError,
        match=r"assisted persons: entitled persons are missing in 1 places, first at "
        r"{'region': 'b', 'category': 'near_poor', 'year': 2020}",
    ):
        fit_assisted(missing, RESIDENTS, UNBROKEN)


def test_missing_members_are_refused():
    with pytest.raises(AssumptionError, match="resident members are missing in 2 places, first at"):
        fit_assisted(ELIGIBLE, RESIDENTS.where(YEARS != 2016), UNBROKEN)


def test_a_gap_in_the_years_is_refused():
    kept = np.array([2016, 2017, 2019, 2020, 2021, 2022, 2023])
    with pytest.raises(AssumptionError, match="assisted persons: the years are not consecutive"):
        fit_assisted(ELIGIBLE.sel(year=kept), RESIDENTS.sel(year=kept), UNBROKEN.sel(year=kept))


def test_more_entitled_than_members_is_refused():
    with pytest.raises(AssumptionError, match="assisted persons: nobody is left outside"):
        fit_assisted(ELIGIBLE * 100, RESIDENTS, UNBROKEN)


def test_a_short_history_is_refused():
    last = slice(2021, 2025)
    with pytest.raises(AssumptionError, match="assisted persons: 4 yearly steps are known in every region; 6 are"):
        fit_assisted(ELIGIBLE.sel(year=last), RESIDENTS.sel(year=last), UNBROKEN.sel(year=last))
