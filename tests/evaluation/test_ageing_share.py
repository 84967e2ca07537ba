import numpy as np
import pytest
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.evaluation.ageing_share import ageing_headline

BEFORE = xr.DataArray(1000.0)


def effects(ageing, rest) -> xr.DataArray:
    return xr.DataArray([ageing, rest], dims=("factor", "draw"), coords={"factor": ["age_structure", "intensity"]})


def test_share_and_yearly_points_of_a_sure_growth():
    """1000 -> 1300 in five years, 60 of it ageing: a fifth, and a fifth of ln(1.3) / 5 a year."""
    headline = ageing_headline(effects([60.0, 60.0], [240.0, 240.0]), BEFORE, 5, "age_structure", [0.1, 0.5, 0.9])
    np.testing.assert_allclose(headline["effect"], 60.0)
    np.testing.assert_allclose(headline["share"], 0.2)
    np.testing.assert_allclose(headline["growth_rate"], 0.2 * np.log(1.3) / 5, rtol=1e-13)
    assert float(headline["growing_share"]) == 1.0


def test_band_is_that_of_the_draws():
    ageing = np.arange(101.0)
    headline = ageing_headline(effects(ageing, 200.0 - ageing), BEFORE, 5, "age_structure", [0.05, 0.95])
    np.testing.assert_allclose(headline["share"], [0.025, 0.475])
    np.testing.assert_allclose(headline["effect"], [5.0, 95.0])


def test_draws_without_growth_are_counted_and_left_out_of_the_share():
    headline = ageing_headline(effects([50.0] * 4, [50.0, 50.0, 50.0, -80.0]), BEFORE, 1, "age_structure", [0, 0.5])
    assert float(headline["growing_share"]) == 0.75
    np.testing.assert_allclose(headline["share"], [0.5, 0.5])
    # the points of growth are those of all four draws
    points = 50 / (np.array([100, 100, 100, -30]) / np.log(np.array([1.1, 1.1, 1.1, 0.97])))
    np.testing.assert_allclose(headline["growth_rate"], [points.min(), np.median(points)], rtol=1e-12)


def test_regions_add_up_to_the_city():
    rng = np.random.default_rng(1)
    regional = xr.DataArray(
        rng.uniform(1, 50, (2, 8, 3)),
        dims=("factor", "draw", "region"),
        coords={"factor": ["age_structure", "intensity"]},
    )
    before = xr.DataArray([300.0, 200.0, 100.0], dims="region")
    city = ageing_headline(regional.sum("region"), before.sum(), 3, "age_structure", [0.5])
    by_draw = regional.sel(factor="age_structure").sum("region")
    np.testing.assert_allclose(city["effect"], [np.median(by_draw)])
    apart = ageing_headline(regional, before, 3, "age_structure", [0.5])
    assert apart["share"].sizes == {"quantile": 1, "region": 3}


def test_what_has_no_answer_is_refused():
    fall = effects([10.0], [-40.0])
    with pytest.raises(AssumptionError, match="grows in no draw"):
        ageing_headline(fall, BEFORE, 1, "age_structure", [0.5])
    with pytest.raises(AssumptionError, match="no factor 'ageing' among"):
        ageing_headline(fall, BEFORE, 1, "ageing", [0.5])
    with pytest.raises(AssumptionError, match="a span of 0 years"):
        ageing_headline(fall, BEFORE, 0, "age_structure", [0.5])
    with pytest.raises(AssumptionError, match="not positive at one end"):
        ageing_headline(effects([10.0], [-2000.0]), BEFORE, 1, "age_structure", [0.5])
