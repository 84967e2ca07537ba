import csv
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from actuarial.errors import AssumptionError, SchemaError
from actuarial.experience.completion import Tail, by_development, chain_ladder, check_triangle, complete

# Mack (1999), table 1: mortgage guarantee business, accident years 1 to 9.
MORTGAGE = (
    (58046, 127970, 476599, 1027692, 1360489, 1647310, 1819179, 1906852, 1950105),
    (24492, 141767, 984288, 2142656, 2961978, 3683940, 4048898, 4115760),
    (32848, 274682, 1522637, 3203427, 4445927, 5158781, 5342585),
    (21439, 529828, 2900301, 4999019, 6460112, 6853904),
    (40397, 763394, 2920745, 4989572, 5648563),
    (90748, 951994, 4210640, 5866482),
    (62096, 868480, 1954797),
    (24983, 284441),
    (13121,),
)
SMALL = (
    (100.0, 150.0, 170.0, 175.0, 176.0),
    (110.0, 168.0, 190.0, 195.0),
    (120.0, 175.0, 199.0),
    (105.0, 160.0),
    (130.0,),
)


def triangle_of(rows) -> xr.DataArray:
    cells = np.full((len(rows), len(rows[0])), np.nan)
    for number, row in enumerate(rows):
        cells[number, : len(row)] = row
    return xr.DataArray(
        cells,
        dims=("origin", "development"),
        coords={"origin": np.arange(1, len(rows) + 1), "development": np.arange(cells.shape[1])},
    )


def cumulative(path: Path) -> xr.DataArray:
    with path.open(encoding="utf-8") as file:
        cells = [(int(row["origin"]), int(row["development"]), float(row["values"])) for row in csv.DictReader(file)]
    first = min(origin for origin, _, _ in cells)
    size = max(origin for origin, _, _ in cells) - first + 1
    triangle = triangle_of(np.full((size, size), np.nan))
    for origin, calendar, value in cells:
        triangle.loc[{"origin": origin - first + 1, "development": calendar - origin}] = value
    return triangle


def test_reserve_and_errors_of_taylor_ashe(published: Path):
    """Mack (1993), table 3: reserves in thousands and their errors in per cent; whole figures: R's ChainLadder."""
    found = chain_ladder(cumulative(published / "golden" / "genins.csv"))
    assert found.total_reserve.item() == pytest.approx(18_680_856, abs=1)
    assert found.total_standard_error.item() == pytest.approx(2_447_095, abs=1)
    reserve = [0, 94_634, 469_511, 709_638, 984_889, 1_419_459, 2_177_641, 3_920_301, 4_278_972, 4_625_811]
    error = [0, 75_535, 121_699, 133_549, 261_406, 411_010, 558_317, 875_328, 971_258, 1_363_155]
    np.testing.assert_allclose(found.reserve, reserve, atol=1)
    np.testing.assert_allclose(found.standard_error, error, atol=1)


def test_reserve_and_errors_of_raa(published: Path):
    """Mack (1994), Measuring the variability of chain ladder reserve estimates; whole figures by R's ChainLadder."""
    found = chain_ladder(cumulative(published / "golden" / "raa.csv"))
    assert found.total_reserve.item() == pytest.approx(52_135, abs=1)
    assert found.total_standard_error.item() == pytest.approx(26_909, abs=1)
    reserve = [0, 154, 617, 1_636, 2_747, 3_649, 5_435, 10_907, 10_650, 16_339]
    error = [0, 206, 623, 747, 1_469, 2_002, 2_209, 5_358, 6_333, 24_566]
    np.testing.assert_allclose(found.reserve, reserve, atol=1)
    np.testing.assert_allclose(found.standard_error, error, atol=1)


def test_tail_of_mortgage_guarantee():
    """Mack (1999), table 1: ratios, their errors and sigma, with tail 1.05, 0.02 and 71; errors by R's ChainLadder."""
    found = chain_ladder(triangle_of(MORTGAGE), Tail(1.05, 0.02, 71.0))
    ratio = [11.10, 4.092, 1.708, 1.276, 1.139, 1.069, 1.026, 1.023, 1.05]
    ratio_error = [2.24, 0.517, 0.122, 0.051, 0.042, 0.023, 0.015, 0.012, 0.02]
    sigma = [1337, 988.5, 440.1, 207, 164.2, 74.60, 35.49, 16.89, 71]
    error = [106_544, 179_977, 249_708, 417_857, 670_156, 1_127_984, 1_377_496, 1_901_740, 2_293_437]
    # half of the last printed place
    np.testing.assert_allclose(found.link_ratio, ratio, atol=0.005)
    np.testing.assert_allclose(found.ratio_error, ratio_error, atol=0.005)
    np.testing.assert_allclose(found.sigma, sigma, rtol=4e-4)
    np.testing.assert_allclose(found.standard_error, error, atol=1)
    assert found.total_reserve.item() == pytest.approx(16_875_554.55, abs=0.01)
    assert found.total_standard_error.item() == pytest.approx(4_053_667.67, abs=0.01)


def test_error_of_an_origin_is_the_closed_form_of_mack():
    """Mack (1993), theorem 3: one sum over the steps ahead, in place of the recursion."""
    triangle = triangle_of(SMALL)
    found = chain_ladder(triangle)
    ratio, sigma = found.link_ratio.values, found.sigma.values
    for number in range(1, 5):
        steps = range(4 - number, 4)
        level = found.cumulative.isel(origin=number).values
        volume = [float(triangle.isel(origin=slice(0, 4 - k), development=k).sum()) for k in steps]
        terms = [(sigma[k] / ratio[k]) ** 2 for k in steps]
        process = level[-1] ** 2 * sum(term / level[k] for term, k in zip(terms, steps, strict=True))
        parameter = level[-1] ** 2 * sum(term / size for term, size in zip(terms, volume, strict=True))
        # equal but for rounding
        assert found.process_error.values[number] ** 2 == pytest.approx(process, rel=1e-10)
        assert found.parameter_error.values[number] ** 2 == pytest.approx(parameter, rel=1e-10)


def test_errors_of_the_total_share_the_ratios():
    found = chain_ladder(triangle_of(SMALL))
    assert found.total_process_error.item() == pytest.approx(float((found.process_error**2).sum() ** 0.5))
    assert found.total_parameter_error.item() > float((found.parameter_error**2).sum() ** 0.5)
    assert found.total_parameter_error.item() < float(found.parameter_error.sum())


def test_regions_are_completed_side_by_side():
    one, other = triangle_of(SMALL), triangle_of(SMALL) * 3
    both = xr.concat([one, other], dim="region").assign_coords(region=["a", "b"])
    found = chain_ladder(both)
    for region, alone in (("a", one), ("b", other)):
        np.testing.assert_allclose(found.ultimate.sel(region=region), chain_ladder(alone).ultimate, rtol=1e-14)
        np.testing.assert_allclose(found.standard_error.sel(region=region), chain_ladder(alone).standard_error)


@given(st.floats(1e-4, 1e8))
def test_unit_of_money_does_not_matter(scale: float):
    plain, scaled = chain_ladder(triangle_of(SMALL)), chain_ladder(triangle_of(SMALL) * scale)
    np.testing.assert_allclose(scaled.ultimate, plain.ultimate * scale, rtol=1e-12)
    np.testing.assert_allclose(scaled.standard_error, plain.standard_error * scale, rtol=1e-9)


def test_more_origins_than_developments_need_no_extrapolation():
    settled = [
        (100.0, 150.0, 170.0, 175.0, 176.0),
        (110.0, 168.0, 190.0, 195.0, 198.0),
        (120.0, 175.0, 199.0, 204.0, 206.0),
        (105.0, 160.0, 180.0, 185.0, 187.0),
        (130.0, 190.0, 214.0, 220.0, 221.0),
    ]
    cells = np.array([*settled, *(row + (np.nan,) * (5 - len(row)) for row in SMALL)])
    found = chain_ladder(triangle_of(cells))
    last = cells[:6, 3:5]
    ratio = last[:, 1].sum() / last[:, 0].sum()
    sigma_squared = (last[:, 0] * (last[:, 1] / last[:, 0] - ratio) ** 2).sum() / 5
    assert found.sigma.values[-1] ** 2 == pytest.approx(sigma_squared)
    assert found.reserve.values[:6].tolist() == [0.0] * 6


def test_steps_that_never_vary_leave_no_error():
    # whole numbers, so that the ratios of two, three and four are exact
    rows = [
        [base * factor for factor in (1, 2, 6, 24)][: 4 - number] for number, base in enumerate((1.0, 2.0, 5.0, 3.0))
    ]
    found = chain_ladder(triangle_of(rows))
    np.testing.assert_array_equal(found.ultimate, [24.0, 48.0, 120.0, 72.0])
    np.testing.assert_array_equal(found.standard_error, 0.0)
    draws = complete(triangle_of(rows), np.random.Generator(np.random.Philox(1)), 3)
    np.testing.assert_array_equal(draws, xr.zeros_like(draws) + found.ultimate)


def test_draws_have_the_moments_of_the_model():
    """The exact variance of the simulated product, whose ratios are drawn apart: V' = s2 C + f^2 V + se^2 (V + C^2)."""
    triangle, n, tail = triangle_of(SMALL), 40_000, Tail(1.02, 0.01, 0.3)
    found = chain_ladder(triangle, tail)
    draws = complete(triangle, np.random.Generator(np.random.Philox(4)), n, tail)
    for number in range(5):
        level, variance = float(triangle.values[number][: 5 - number][-1]), 0.0
        for step in range(4 - number, 5):
            ratio, error, sigma = (
                float(part.values[step]) for part in (found.link_ratio, found.ratio_error, found.sigma)
            )
            variance = sigma**2 * level + ratio**2 * variance + error**2 * (variance + level**2)
            level = level * ratio
        sample = draws.isel(origin=number).values
        assert abs(sample.mean() - level) < 4 * np.sqrt(variance / n)
        kurtosis = ((sample - sample.mean()) ** 4).mean() / sample.var() ** 2
        assert abs(sample.var() - variance) < 4 * variance * np.sqrt((kurtosis - 1) / n)


def test_settled_months_do_not_vary():
    draws = complete(triangle_of(SMALL), np.random.Generator(np.random.Philox(2)), 50)
    assert draws.dims == ("draw", "origin")
    assert set(draws.sel(origin=1).values) == {176.0}
    assert float(draws.std("draw").min()) == 0.0
    assert bool((draws.isel(origin=slice(1, None)).std("draw") > 0).all())


def test_settlements_become_a_triangle():
    months = [1, 2, 3, 4]
    nan = np.nan
    settled = xr.DataArray(
        [[5.0, 3.0, 2.0, 1.0], [0.0, 6.0, 2.0, -1.0], [0.0, 0.0, 7.0, 4.0], [nan, nan, nan, 8.0]],
        dims=("origin", "settlement"),
        coords={"origin": months, "settlement": months},
    )
    found = by_development(settled)
    expected = [[5.0, 8.0, 10.0, 11.0], [6.0, 8.0, 7.0, nan], [7.0, 11.0, nan, nan], [8.0, nan, nan, nan]]
    np.testing.assert_array_equal(found, expected)
    assert found["development"].values.tolist() == [0, 1, 2, 3]


def test_settlement_before_service_is_refused():
    settled = xr.DataArray(
        [[5.0, 3.0], [1.0, 6.0]],
        dims=("origin", "settlement"),
        coords={"origin": [1, 2], "settlement": [1, 2]},
    )
    with pytest.raises(SchemaError) as caught:
        by_development(settled)
    assert str(caught.value) == (
        "settled: 1 of 4 cells settled before its month of service, first at {'origin': 2, 'settlement': 1}: 1"
    )


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (
            (1, 1),
            np.nan,
            "1 of 25 cells missing before the last diagonal, first at {'origin': 2, 'development': 1}: nan",
        ),
        ((4, 1), 9.0, "1 of 25 cells beyond the last diagonal, first at {'origin': 5, 'development': 1}: 9"),
        ((0, 2), 0.0, "1 of 25 cells not positive and finite, first at {'origin': 1, 'development': 2}: 0"),
        ((3, 0), -4.0, "1 of 25 cells not positive and finite, first at {'origin': 4, 'development': 0}: -4"),
    ],
)
def test_faults_name_their_cell(place, value, message):
    triangle = triangle_of(SMALL)
    triangle[place] = value
    with pytest.raises(SchemaError) as caught:
        check_triangle(triangle)
    assert str(caught.value) == f"triangle: {message}"


def test_skipped_month_is_refused():
    with pytest.raises(SchemaError, match=r"^triangle: origin does not go up by equal steps$"):
        check_triangle(triangle_of(SMALL).assign_coords(origin=[1, 2, 4, 5, 6]))


def test_leading_and_trailing_gaps_are_refused():
    """A month of service without any settlement, and a last diagonal that has not come in."""
    leading, trailing = triangle_of(SMALL), triangle_of(SMALL)
    leading[0, :] = np.nan
    trailing = trailing.where(trailing["origin"] - 1 + trailing["development"] < 4)
    with pytest.raises(SchemaError) as caught:
        chain_ladder(leading)
    assert str(caught.value) == (
        "triangle: 5 of 25 cells missing before the last diagonal, first at {'origin': 1, 'development': 0}: nan"
    )
    with pytest.raises(SchemaError) as caught:
        chain_ladder(trailing)
    assert str(caught.value) == (
        "triangle: 5 of 25 cells missing before the last diagonal, first at {'origin': 1, 'development': 4}: nan"
    )


def test_negative_correction_is_kept_while_the_sum_stays_positive():
    """A correction lowers what is settled: a link ratio below one and a reserve below zero, nothing cut off."""
    rows = [[*row] for row in SMALL]
    for row in rows[:3]:
        row[2] = row[1] - 4.0
    rows[0][3:], rows[1][3:] = [144.0, 143.0], [161.0]
    found = chain_ladder(triangle_of(rows))
    after, before = sum(row[2] for row in rows[:3]), sum(row[1] for row in rows[:3])
    assert found.link_ratio.values[1] == pytest.approx(after / before)
    assert found.link_ratio.values[1] < 1
    assert found.reserve.sel(origin=4).item() < 0


def test_settlement_missing_in_a_closed_month_is_refused():
    settled = xr.DataArray(
        [[5.0, np.nan], [np.nan, 6.0]], dims=("origin", "settlement"), coords={"origin": [1, 2], "settlement": [1, 2]}
    )
    with pytest.raises(SchemaError) as caught:
        by_development(settled)
    assert str(caught.value) == (
        "settled: 1 of 4 cells missing in a closed month, first at {'origin': 1, 'settlement': 2}: nan"
    )


def test_small_triangle_is_refused():
    with pytest.raises(AssumptionError) as caught:
        chain_ladder(triangle_of(((1.0, 2.0, 3.0), (1.0, 2.0), (1.0,))))
    assert str(caught.value) == (
        "triangle: origins: 3, developments: 3, needed: 4 developments, and as many origins as developments"
    )
