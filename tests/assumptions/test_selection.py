"""What is selected takes the place of what is indicated, in its years alone, and both are told."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from actuarial.assumptions.basis import Trends
from actuarial.assumptions.selection import Selection, apply_selections, read_selections, selections_of

CITY, EAST, WEST = "339900", "339901", "339902"
YEARS = [2026, 2027, 2028, 2029]
SERIES = ["employee_cost", "assistance_income", "resident_financing"]


def trends(growth: np.ndarray) -> Trends:
    """Trends of three series and two regions with the same indicated growth of each year."""
    steps = xr.DataArray(np.log1p(growth), dims="year", coords={"year": YEARS})
    place = xr.DataArray(np.ones((3, 2)), {"series": SERIES, "region": [EAST, WEST]}, ("series", "region"))
    record: tuple[dict[str, object], ...] = tuple(
        {"series": series, "region": region} for series in SERIES for region in (EAST, WEST)
    )
    residual = xr.zeros_like(place).expand_dims(origin=[2024, 2025])
    return Trends(place * steps.cumsum("year"), residual, place, record, "resampled")


def selection(region: str, first: int, last: int, value: float, series: str = "employee_cost") -> Selection:
    return Selection(region, series, first, last, value, "2026-03-01", "集采", "purchasing", "estimated", "minutes")


FIVE = np.full(4, 0.05)


def test_selected_growth_replaces_the_indicated_one_in_its_years():
    """Growth of 5% a year, but 2% in 2027 and 2028: 1.05, 1.05 x 1.02, 1.05 x 1.02^2, 1.05^2 x 1.02^2."""
    changed = apply_selections(trends(FIVE), (selection(EAST, 2027, 2028, 0.02),), CITY)
    level = np.exp(changed.central.sel(series="employee_cost", region=EAST))
    np.testing.assert_allclose(level, [1.05, 1.071, 1.09242, 1.147041], rtol=1e-12)


def test_what_is_not_selected_stays_to_the_last_bit():
    found = trends(np.array([0.031, 0.017, -0.004, 0.029]))
    changed = apply_selections(found, (selection(EAST, 2027, 2028, 0.02),), CITY)
    xr.testing.assert_identical(changed.central.sel(region=WEST), found.central.sel(region=WEST))
    xr.testing.assert_identical(changed.central.sel(year=2026), found.central.sel(year=2026))
    xr.testing.assert_identical(changed.residual, found.residual)
    xr.testing.assert_identical(apply_selections(found, (), CITY).central, found.central)


def test_row_of_the_city_holds_for_regions_without_their_own():
    rows = (selection(CITY, 2026, 2029, 0.01), selection(EAST, 2026, 2026, 0.02))
    assert selections_of(rows, CITY, EAST, "employee_cost") == rows[1:]
    assert selections_of(rows, CITY, WEST, "employee_cost") == rows[:1]
    assert selections_of(rows, CITY, EAST, "assistance_income") == ()


def test_record_holds_both_with_reason_date_and_source():
    changed = apply_selections(trends(FIVE), (selection(EAST, 2027, 2028, 0.02),), CITY)
    entry = changed.record[0]
    before, chosen, after = entry["selections"]  # type: ignore[misc]
    assert [(row["from_year"], row["to_year"]) for row in (before, chosen, after)] == [
        (2026, 2026),
        (2027, 2028),
        (2029, 2029),
    ]
    assert chosen["indicated"] == pytest.approx(0.05, rel=1e-12)
    told = {name: chosen[name] for name in ("selected", "is_indicated", "reason_zh", "reason_en", "source", "date")}
    assert told == {
        "selected": 0.02,
        "is_indicated": False,
        "reason_zh": "集采",
        "reason_en": "purchasing",
        "source": "minutes",
        "date": "2026-03-01",
    }
    assert (before["is_indicated"], before["selected"] == before["indicated"]) == (True, True)


def test_without_a_selection_the_indicated_growth_is_recorded_as_selected():
    changed = apply_selections(trends(FIVE), (), CITY)
    rows = [row for entry in changed.record for row in entry["selections"]]  # type: ignore[attr-defined]
    assert [(row["series"], row["region"]) for row in rows] == [
        (name, part) for name in SERIES[:2] for part in (EAST, WEST)
    ]
    assert {row["reason_en"] for row in rows} == {"as indicated"}


def test_series_of_the_policy_table_has_nothing_to_select():
    changed = apply_selections(trends(FIVE), (), CITY)
    assert [entry["selections"] for entry in changed.record if entry["series"] == "resident_financing"] == [[], []]


def test_years_after_the_horizon_wait():
    found = trends(FIVE)
    late = apply_selections(found, (selection(CITY, 2030, 2031, 0.02),), CITY)
    xr.testing.assert_identical(late.central, found.central)
    across = apply_selections(found, (selection(EAST, 2029, 2035, 0.02),), CITY)
    (_, cut) = across.record[0]["selections"]  # type: ignore[misc]
    assert (cut["from_year"], cut["to_year"], cut["selected"]) == (2029, 2029, 0.02)


RATE = st.floats(-0.4, 0.9)


@given(st.lists(RATE, min_size=4, max_size=4), RATE, st.integers(0, 3), st.integers(0, 3))
def test_stretches_of_the_record_multiply_to_the_projected_level(growth, value, first, last):
    first, last = sorted((first, last))
    picked = selection(WEST, YEARS[first], YEARS[last], value)
    changed = apply_selections(trends(np.array(growth)), (picked,), CITY)
    entry = next(entry for entry in changed.record if entry["region"] == WEST)
    rows: list[dict] = entry["selections"]  # type: ignore[assignment]
    spans = [row["to_year"] - row["from_year"] + 1 for row in rows]
    level = np.prod([(1 + row["selected"]) ** span for row, span in zip(rows, spans, strict=True)])
    end = changed.central.sel(series="employee_cost", region=WEST, year=2029)
    # Sums of logs of four years: a dozen roundings.
    assert level == pytest.approx(float(np.exp(end)), rel=1e-13)
    assert (1 + entry["selected_growth"]) ** 4 == pytest.approx(level, rel=1e-13)  # type: ignore[operator]
    assert sum(spans) == len(YEARS)


def test_table_is_read_row_by_row():
    row = {
        "region": EAST, "series": "employee_cost", "from_year": 2026, "to_year": 2027, "value": 0.04, "unit": "1/year",
        "decided": "2026-03-01", "reason_zh": "集采", "reason_en": "purchasing", "provenance": "estimated",
        "source": "minutes", "row": 2,
    }  # fmt: skip
    assert read_selections(pd.DataFrame([row])) == (selection(EAST, 2026, 2027, 0.04),)
    assert read_selections(None) == ()
