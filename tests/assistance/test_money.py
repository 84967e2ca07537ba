import numpy as np
import pytest
import xarray as xr

from actuarial.assistance.money import central_money, money_deviation, money_paths
from actuarial.errors import AssumptionError, SchemaError
from actuarial.schema import MONEY_SOURCES

YEARS, REGIONS = np.arange(2026, 2031), np.array(["a", "b", "c"])


def by_source(values) -> xr.DataArray:
    full = np.broadcast_to(values, len(MONEY_SOURCES)).astype(float)
    return xr.DataArray(full, dims="source", coords={"source": list(MONEY_SOURCES)})


def growth(rate: float) -> xr.DataArray:
    return by_source(rate).expand_dims(year=YEARS)


BASE = by_source([30, 20, 25, 5, 1]).expand_dims(region=REGIONS)
SPREAD, COMMON, REGIONAL = by_source(0.06), by_source(0.5), by_source(0.2)


def drawn(draws: int, seed: int = 1) -> xr.DataArray:
    return money_deviation(SPREAD, COMMON, REGIONAL, REGIONS, YEARS, draws, np.random.default_rng(seed))


def test_central_path_grows_at_the_stated_rate():
    path = central_money(BASE, growth(0.085))
    assert path.dims == ("region", "source", "year")
    np.testing.assert_allclose(
        path.sel(region="b", source="central_subsidy"), 30 * 1.085 ** np.arange(1, 6), rtol=1e-14
    )


def test_median_of_the_draws_is_the_central_path():
    draws = 20_000
    paths = money_paths(central_money(BASE, growth(0.085)), drawn(draws))
    assert paths.dims == ("draw", "region", "source", "year")
    share = (paths < central_money(BASE, growth(0.085))).mean("draw")
    assert float(abs(share - 0.5).max()) < 4.5 * 0.5 / np.sqrt(draws)  # the largest of 75 cells


def test_steps_have_the_stated_spread_and_correlations():
    """Same source, two regions: common + own = 0.8; two sources, any regions: common = 0.5; spread grows as a root."""
    draws = 40_000
    deviation = drawn(draws)
    last = deviation.isel(year=-1)
    np.testing.assert_allclose(last.std("draw"), 0.06 * np.sqrt(5), rtol=4 / np.sqrt(2 * draws) * 1.2)
    pairs = [
        (("a", "lottery"), ("b", "lottery"), 0.8),
        (("a", "lottery"), ("a", "donations"), 0.5),
        (("a", "central_subsidy"), ("c", "donations"), 0.5),
    ]
    for (one, first), (other, second), expected in pairs:
        found = np.corrcoef(last.sel(region=one, source=first), last.sel(region=other, source=second))[0, 1]
        assert abs(found - expected) < 4 * (1 - expected**2) / np.sqrt(draws)


def test_yearly_steps_are_independent():
    deviation = drawn(40_000).sel(region="a", source="lottery")
    steps = deviation.diff("year")
    found = np.corrcoef(steps.isel(year=0), steps.isel(year=1))[0, 1]
    assert abs(found) < 4 / np.sqrt(40_000)


def test_first_draws_do_not_depend_on_how_many_there_are():
    xr.testing.assert_equal(drawn(10), drawn(50).isel(draw=slice(0, 10)))


def test_source_without_spread_is_sure():
    sure = money_deviation(by_source(0.0), COMMON, REGIONAL, REGIONS, YEARS, 3, np.random.default_rng(1))
    assert float(abs(sure).max()) == 0


def test_shares_of_a_tenth_and_nine_tenths_are_taken():
    """1 - 0.1 - 0.9 is -2.8e-17 in binary."""
    taken = money_deviation(SPREAD, by_source(0.1), by_source(0.9), REGIONS, YEARS, 3, np.random.default_rng(1))
    assert bool(np.isfinite(taken).all())


def test_impossible_money_is_refused():
    with pytest.raises(AssumptionError, match=r"a source's own share of -0\.2 of the variance"):
        money_deviation(SPREAD, by_source(0.7), by_source(0.5), REGIONS, YEARS, 3, np.random.default_rng(1))
    with pytest.raises(AssumptionError, match=r"a spread of -0\.1; it may not be negative"):
        money_deviation(by_source(-0.1), COMMON, REGIONAL, REGIONS, YEARS, 3, np.random.default_rng(1))
    with pytest.raises(AssumptionError, match="a yearly growth of -1, or none stated"):
        central_money(BASE, growth(-1.0))
    with pytest.raises(AssumptionError, match="or none stated"):
        central_money(BASE, growth(np.nan))
    with pytest.raises(SchemaError, match="money of the last closed year: 3 of 15 values"):
        central_money(BASE.where(BASE["source"] != "lottery"), growth(0.05))
