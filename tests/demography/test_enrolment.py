import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from actuarial.demography.enrolment import enrolment_deviation, fit_concentration, fit_enrolment, log_odds, pooled_share
from actuarial.demography.membership import enrolment_share, scheme_share, shift_odds, status_share, within_scheme
from actuarial.errors import AssumptionError, SchemaError
from actuarial.schema import ALL_STATUSES

YEARS = np.arange(2015, 2026)
AHEAD = np.arange(2026, 2031)
REGIONS = ["a", "b", "c"]
LOWER = np.array([0, 20, 60])
AGES = np.arange(100)


def history(seed: int = 1) -> tuple[xr.DataArray, xr.DataArray, xr.DataArray]:
    """Members by status, people and no breaks: three regions with walks of their own."""
    rng = np.random.default_rng(seed)
    walk = np.cumsum(0.05 * rng.standard_normal((3, 5, 11)), axis=2)
    odds = np.array([2.0, 0.5, 0.8, 0.2, 1.5])[None, :, None] * np.exp(walk)
    people = np.array([1000.0, 5000.0, 200.0])[:, None] * np.ones(11)
    members = people[:, None] * odds / (1 + odds.sum(axis=1, keepdims=True))
    coords = {"region": REGIONS, "status": list(ALL_STATUSES), "year": YEARS}
    return (
        xr.DataArray(members, dims=("region", "status", "year"), coords=coords),
        xr.DataArray(people, dims=("region", "year"), coords={"region": REGIONS, "year": YEARS}),
        xr.DataArray(np.zeros(11, bool), dims="year", coords={"year": YEARS}),
    )


MEMBERS, PEOPLE, UNBROKEN = history()
MODEL = fit_enrolment(MEMBERS, PEOPLE, UNBROKEN)


def cells(seed: int, concentration: float, sizes: list[float]) -> tuple[xr.DataArray, xr.DataArray]:
    """Members by cell, shares Dirichlet around one pattern, and the people by single age."""
    rng = np.random.default_rng(seed)
    pattern = np.array([[0, 0, 0.6, 0.3, 0.05, 0.05], [0.7, 0, 0, 0.1, 0.1, 0.1], [0, 0.6, 0, 0, 0.3, 0.1]])
    people = np.array(sizes)[:, None, None] * np.ones((len(sizes), 2, 100))
    values = np.zeros((len(sizes), 5, 2, 3))
    widths = np.array([20, 40, 40])
    for region, size in enumerate(sizes):
        for sex in range(2):
            for group, row in enumerate(pattern):
                used = row > 0
                share = rng.dirichlet(concentration * row[used])
                values[region, np.flatnonzero(used[:5]), sex, group] = (size * widths[group] * share)[:-1]
    regions = [f"r{place}" for place in range(len(sizes))]
    coords = {"region": regions, "sex": ["female", "male"]}
    return (
        xr.DataArray(
            values,
            dims=("region", "status", "sex", "group"),
            coords={**coords, "status": list(ALL_STATUSES), "group": LOWER},
        ),
        xr.DataArray(people, dims=("region", "sex", "age"), coords={**coords, "age": AGES}),
    )


def test_log_odds_are_those_against_the_uninsured():
    """60 and 30 of 100: log 6 and log 3."""
    counts = xr.DataArray(
        [[[60.0], [30.0]]],
        dims=("region", "scheme", "year"),
        coords={"region": ["a"], "scheme": ["employee", "resident"], "year": [2025]},
    )
    people = xr.DataArray([[100.0]], dims=("region", "year"), coords={"region": ["a"], "year": [2025]})
    np.testing.assert_allclose(log_odds(counts, people, "enrolment").values.ravel(), np.log([6, 3]))


def test_residents_in_one_number_are_enough():
    whole = MEMBERS.copy()
    whole.loc[{"status": "adult"}] = MEMBERS.sel(status=["child", "student", "adult"]).sum("status")
    whole.loc[{"status": ["child", "student"]}] = np.nan
    model = fit_enrolment(whole, PEOPLE, UNBROKEN)
    np.testing.assert_allclose(model.common.basis, MODEL.common.basis, rtol=1e-9)


def test_a_year_without_retired_members_is_no_step():
    gap = MEMBERS.copy()
    gap.loc[{"status": "retired", "year": 2015}] = np.nan
    assert (MODEL.steps, fit_enrolment(gap, PEOPLE, UNBROKEN).steps) == (10, 9)


def test_a_region_with_nobody_uninsured_is_refused():
    people = PEOPLE.copy()
    people.loc[{"region": "b", "year": 2019}] = MEMBERS.sel(region="b", year=2019).sum() - 12
    with pytest.raises(
        AssumptionError,
        match=r"enrolment: nobody is left outside: log odds need at least one person, found -12 at "
        r"{'region': 'b', 'year': 2019}",
    ):
        fit_enrolment(MEMBERS, people, UNBROKEN)


def test_a_scheme_with_nobody_is_refused():
    members = MEMBERS.copy()
    members.loc[{"region": "a", "status": ["active", "retired"], "year": 2020}] = 0.0
    with pytest.raises(AssumptionError, match=r"nobody in a scheme.*found 0 at .*'a'.*'employee'.*2020"):
        fit_enrolment(members, PEOPLE, UNBROKEN)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_with_the_uninsured_shares_sum_to_one_in_every_draw(seed: int):
    grouped, population = cells(seed, 20.0, [3.0, 40.0, 7.0])
    share = enrolment_share(grouped, population, LOWER).assign_coords(region=REGIONS)
    people = population.assign_coords(region=REGIONS)
    rngs = np.random.default_rng(seed), np.random.default_rng(seed + 1)
    deviation = enrolment_deviation(MODEL, AHEAD, 20, *rngs)
    assert deviation.dims == ("draw", "region", "scheme", "year")
    shifted = shift_odds(scheme_share(share), deviation.sel(year=2030, drop=True))
    members = people * status_share(shifted, within_scheme(share))
    uninsured = people * (1 - shifted.sum("scheme"))
    assert min(members.values.min(), uninsured.values.min()) >= -1e-12
    np.testing.assert_allclose((members.sum("status") + uninsured - people).values, 0, atol=1e-10)


def test_concentration_maximises_the_published_likelihood():
    """The same cells under the Dirichlet-multinomial of scipy, whole persons: no neighbour on a grid does better."""
    grouped, population = cells(3, 30.0, [50.0] * 6)
    grouped = grouped.round()
    found = fit_concentration(grouped, population, LOWER)
    counts = np.concatenate(
        [grouped.values, (50.0 * np.array([20, 40, 40]) - grouped.sum("status").values)[:, None]], axis=1
    )
    # every region has the pattern of the city brought to its own totals
    pattern = _patterns(grouped, population)

    def likelihood(concentration: float) -> float:
        total = 0.0
        for region, sex, group in np.ndindex(6, 2, 3):
            used = pattern[region, :, sex, group] > 0
            alpha = concentration * pattern[region, used, sex, group]
            numbers = counts[region, used, sex, group].astype(int)
            total += float(stats.dirichlet_multinomial.logpmf(numbers, alpha, numbers.sum()))
        return total

    assert likelihood(found) > max(likelihood(found * 0.98), likelihood(found * 1.02))
    assert likelihood(found) > max(likelihood(5.0), likelihood(500.0))


def _patterns(grouped: xr.DataArray, population: xr.DataArray) -> np.ndarray:
    """Shares with the uninsured of an infinite concentration: (region, status, sex, group)."""
    share = pooled_share(grouped, population, LOWER, 1e15).sel(age=LOWER)
    return np.concatenate([share.values, 1 - share.sum("status").values[:, None]], axis=1)


def test_concentration_of_known_cells_is_found():
    """Drawn around 30; of a region's 16 free shares 5 go into its totals, so the most likely one is 30 x 16 / 11.

    The log of a variance from 40 x 11 free figures has the standard error sqrt(2 / 440); four of them.
    """
    grouped, population = cells(4, 30.0, [5000.0] * 40)
    found = fit_concentration(grouped, population, LOWER)
    assert abs(np.log(found / (30 * 16 / 11))) < 4 * np.sqrt(2 / 440)


def test_regions_that_are_alike_are_worth_the_whole_city():
    grouped, population = cells(5, 1e9, [100.0] * 4)
    assert fit_concentration(grouped, population, LOWER) > 1000


@pytest.mark.parametrize("concentration", [1e-6, 30.0, 1e6])
def test_totals_by_status_are_kept(concentration: float):
    grouped, population = cells(6, 10.0, [3.0, 40.0, 500.0])
    share = pooled_share(grouped, population, LOWER, concentration)
    assert share.dims == ("region", "status", "sex", "age")
    total = (share * population).sum(["sex", "age"])
    np.testing.assert_allclose(total, grouped.sum(["sex", "group"]), rtol=1e-9)
    assert share.sum("status").values.max() <= 1 + 1e-12


def test_nothing_is_borrowed_at_no_concentration():
    grouped, population = cells(7, 10.0, [3.0, 40.0])
    np.testing.assert_allclose(
        pooled_share(grouped, population, LOWER, 1e-9), enrolment_share(grouped, population, LOWER), atol=1e-9
    )


def test_a_small_region_borrows_and_a_large_one_does_not():
    grouped, population = cells(8, 10.0, [0.5, 4000.0])
    moved = abs(pooled_share(grouped, population, LOWER, 20.0) - enrolment_share(grouped, population, LOWER))
    by_region = moved.max(["status", "sex", "age"])
    assert by_region.sel(region="r0") > 0.05
    assert by_region.sel(region="r1") < 0.005


def test_a_single_region_keeps_its_own_pattern():
    grouped, population = cells(9, 10.0, [30.0])
    concentration = fit_concentration(grouped, population, LOWER)
    np.testing.assert_allclose(
        pooled_share(grouped, population, LOWER, concentration),
        enrolment_share(grouped, population, LOWER),
        atol=1e-12,
    )


def test_members_above_people_are_refused():
    grouped, population = cells(10, 10.0, [30.0, 30.0])
    with pytest.raises(SchemaError, match="enrolment: members exceed population, first at"):
        pooled_share(grouped * 2, population, LOWER, 30.0)
