"""Reliability by hand, its decomposition as an identity, and what published accounts say."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from actuarial.backtest.deficit import deficits, reliability_record
from actuarial.backtest.reliability import brier_score, reliability_table
from actuarial.errors import SchemaError


def cells(*values: float) -> xr.DataArray:
    return xr.DataArray(list(values), dims="cell")


STATED, CAME = cells(0.0, 0.1, 0.1, 0.6, 0.7, np.nan, 1.0), cells(0, 0, 1, 1, 0, 1, np.nan)


def test_table_by_hand():
    """Wilson's interval for 1 of 2 at 95%: (0.5 + z^2/4 -+ z sqrt(0.125 + z^2/16)) / (1 + z^2/2), z = 1.959964."""
    found = reliability_table(STATED, CAME, 0.95)
    assert found["count"].values.tolist() == [1, 2, 0, 2, 0, 0]
    np.testing.assert_allclose(found["stated"], [0, 0.1, np.nan, 0.65, np.nan, np.nan], rtol=1e-12)
    np.testing.assert_allclose(found["observed"], [0, 0.5, np.nan, 0.5, np.nan, np.nan], rtol=1e-12)
    assert float(found["lower"][1]) == pytest.approx(0.0945312, abs=1e-6)
    assert float(found["upper"][1]) == pytest.approx(0.9054688, abs=1e-6)


def test_brier_and_its_parts_by_hand():
    """Errors 0, .1, -.9, -.4, .7: 1.47 / 5. Bins: 2 (.4)^2 and 2 (.15)^2 over 5; base 2/5; within 2 (.005 + .1) / 5."""
    found = brier_score(STATED, CAME)
    expected = {"base": 0.4, "brier": 0.294, "reliability": 0.073, "resolution": 0.04, "uncertainty": 0.24}
    for name, value in expected.items():
        assert float(found[name]) == pytest.approx(value, rel=1e-12)
    assert float(found["within"]) == pytest.approx((2 * 0.05**2 + 4 * 0.05 * 0.5) / 5, rel=1e-12)
    assert float(found["skill"]) == pytest.approx(1 - 0.294 / 0.24, rel=1e-12)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40))
def test_parts_add_up_to_the_score(drawn):
    stated, came = (cells(*map(float, column)) for column in zip(*drawn, strict=True))
    found = brier_score(stated, came)
    whole = found["reliability"] - found["resolution"] + found["uncertainty"] + found["within"]
    assert float(whole) == pytest.approx(float(found["brier"]), abs=1e-12)


def test_right_probabilities_are_found_reliable():
    """Every frequency lies within four binomial errors of what was stated, and the score is what p alone gives."""
    rng = np.random.Generator(np.random.Philox(5))
    stated = rng.uniform(size=20_000)
    came = rng.uniform(size=20_000) < stated
    found = reliability_table(xr.DataArray(stated, dims="cell"), xr.DataArray(came.astype(float), dims="cell"), 0.95)
    error = np.sqrt(found["stated"] * (1 - found["stated"]) / found["count"])
    assert bool((abs(found["observed"] - found["stated"]) < 4 * error).all())
    score = brier_score(xr.DataArray(stated, dims="cell"), xr.DataArray(came.astype(float), dims="cell"))
    # E p (1 - p) = 1/6 for uniform p; four errors of a mean of values with deviation below 0.25
    assert float(score["brier"]) == pytest.approx(1 / 6, abs=4 * 0.25 / np.sqrt(20_000))


def test_impossible_probability_is_refused():
    with pytest.raises(SchemaError, match=r"stated probability 1\.2: must lie in"):
        brier_score(cells(1.2), cells(1))


def test_certain_deficits_are_stated_and_come():
    """Spending grows twice as fast as revenue without any shock: 0 before it passes, 1 after, never wrong."""
    years = np.arange(2010, 2026)
    levels = np.stack([100 * 1.04 ** (years - 2010), 60 * 1.08 ** (years - 2010)])[:, None]
    panel = xr.Dataset(
        {
            "level": (("series", "region", "year"), levels),
            "is_broken": (("series", "year"), np.zeros((2, len(years)), dtype=bool)),
        },
        {"series": ["revenue", "spending"], "region": ["r"], "year": years},
    )
    found = deficits(panel, [2013, 2015], 2, 20, np.random.Generator(np.random.Philox(1)))
    np.testing.assert_array_equal(found["stated"].isel(region=0), [[np.nan, np.nan], [0, 0]])
    later = deficits(panel.assign(level=panel["level"] * xr.DataArray([1, 2.0], dims="series")), [2015], 2, 20,
                     np.random.Generator(np.random.Philox(1)))  # fmt: skip
    np.testing.assert_array_equal(later["stated"].isel(region=0), [[1, 1]])
    np.testing.assert_array_equal(later["came"].isel(region=0), [[1, 1]])


def test_published_provinces_are_too_few_to_judge(published: Path):
    """The panel has one province with consecutive years of both schemes; its scores alone are kept here."""
    table = pd.read_csv(published / "china" / "B_province_panel_mi.csv")
    money = table[table["indicator"].isin(["fund_revenue", "fund_expenditure"])]
    long = money.groupby(["province", "scheme"])["year"].nunique()
    assert long[long >= 9].index.get_level_values("province").unique().tolist() == ["Tianjin"]
    own = money[(money["province"] == "Tianjin") & (money["year"] >= 2014) & (money["scheme"] != "total")]
    wide = own.pivot_table(index=["indicator", "scheme"], columns="year", values="value")
    schemes = wide.index.get_level_values("scheme").unique().tolist()
    levels = np.array([wide.loc[name].loc[schemes] for name in ("fund_revenue", "fund_expenditure")])
    years = wide.columns.values
    panel = xr.Dataset(
        {
            "level": (("series", "region", "year"), levels),
            "is_broken": (("series", "year"), np.zeros((2, len(years)), dtype=bool)),
        },
        {"series": ["revenue", "spending"], "region": schemes, "year": years},
    )
    found = deficits(panel, years[:-1].tolist(), 3, 1000, np.random.Generator(np.random.Philox(1)))
    record = reliability_record(found)
    assert (record["count"], record["base"]) == (18, pytest.approx(1 / 3))
    for part in record["bins"]:
        assert not part["count"] or part["lower"] <= part["stated"] <= part["upper"]
