"""An indicated assumption: what is drawn, what is told of the draws, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.experience.fit import fit, fit_indicated
from actuarial.experience.indication import QUANTILES, indicate
from actuarial.experience.shocks import shock_paths
from actuarial.streams import stream


def rngs(seed: int = 1) -> tuple[np.random.Generator, np.random.Generator]:
    return stream(seed, "joint_shock", 0), stream(seed, "drift_error", 0)


@pytest.fixture(scope="module")
def indicated(tiny_data):
    return fit_indicated(tiny_data, 5)


def test_growth_of_the_central_path_compounds_to_it(indicated):
    found = indicate(indicated, {}, 50, *rngs())
    level = (1 + found.growth).cumprod("year")
    np.testing.assert_allclose(level, np.exp(indicated.trends.central), rtol=1e-13)


def test_draws_are_those_of_the_projection(indicated):
    """`project` adds the shock paths of these two streams to the central path."""
    found = indicate(indicated, {}, 50, *rngs(7))
    shocks = shock_paths(indicated.trends, *rngs(7), 50)
    np.testing.assert_array_equal(found.draws, (indicated.trends.central + shocks).transpose(*found.draws.dims))


def test_quantiles_are_of_the_growth_into_each_year(indicated):
    found = indicate(indicated, {}, 200, *rngs())
    place = {"series": "resident_cost", "region": "339902"}
    drawn = found.draws.sel(place)
    growth = np.exp(drawn.sel(year=2028) - drawn.sel(year=2027)) - 1
    expected = np.quantile(growth, QUANTILES)
    np.testing.assert_allclose(found.quantiles.sel(place).sel(year=2028), expected, rtol=1e-10)


def test_history_without_residuals_has_no_spread(indicated):
    still = replace(indicated, trends=replace(indicated.trends, residual=xr.zeros_like(indicated.trends.residual)))
    found = indicate(still, {}, 20, *rngs())
    np.testing.assert_allclose(found.quantiles, found.growth.expand_dims(quantile=list(QUANTILES)), atol=1e-15)
    assert {entry["spread"] for entry in found.record} == {0.0}
    assert max(entry["monte_carlo_error"] for entry in found.record) < 1e-15  # type: ignore[type-var]


def test_record_keeps_the_ladder_and_tells_the_spread(indicated):
    found = indicate(indicated, {}, 50, *rngs())
    assert len(found.record) == len(indicated.trends.record)
    for mine, given in zip(found.record, indicated.trends.record, strict=True):
        assert given.items() <= mine.items()
        own = indicated.trends.residual.sel(series=mine["series"], region=mine["region"])
        assert mine["spread"] == pytest.approx(np.std(own.values, ddof=1), rel=1e-12)


def test_monte_carlo_error_is_that_of_the_mean(indicated):
    """Four times the draws, half the error: within a fifth at 500 draws, whose own spread is known to 1 in 22."""
    few, many = (indicate(indicated, {}, n, *rngs()).record for n in (500, 2000))
    ratios = [a["monte_carlo_error"] / b["monte_carlo_error"] for a, b in zip(few, many, strict=True)]  # type: ignore[operator]
    np.testing.assert_allclose(ratios, 2, rtol=0.2)


def test_draw_that_is_not_finite_is_refused(indicated):
    broken = indicated.trends.residual.copy()
    broken.loc[{"series": "resident_cost", "region": "339902"}] = np.inf
    with pytest.raises(AssumptionError, match=r"indication: resident_cost, region 339902: \d+ of \d+ draws not finite"):
        indicate(replace(indicated, trends=replace(indicated.trends, residual=broken)), {}, 20, *rngs())


def test_folder_without_selections_projects_what_is_indicated(tiny_data, indicated):
    xr.testing.assert_identical(fit(tiny_data, 5).trends.central, indicated.trends.central)
