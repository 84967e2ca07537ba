"""Yuan, 万元 and 亿元 give every model the same forecast and the same intervals.

Each model is fitted to money in yuan and to the same money in another unit; its means and draws, back in yuan, agree to
1e-6, which is what is promised: far above rounding, far below any error of a forecast. The samplers of the Bayesian
models see the very same bits.
"""

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from actuarial.experience.calendar import month_number, spring_festival
from actuarial.experience.completion import Tail, chain_ladder, complete
from actuarial.experience.factor_series import factor_paths
from actuarial.experience.level_shift import find_level_shifts
from actuarial.experience.morbidity_density import build_morbidity
from actuarial.experience.morbidity_density import model_data as morbidity_data
from actuarial.experience.morbidity_history import MorbidityHistory, morbidity_history
from actuarial.experience.morbidity_path import morbidity_path
from actuarial.experience.revenue import build_revenue
from actuarial.experience.revenue import model_data as revenue_data
from actuarial.experience.revenue_factor import factor_paths as revenue_factor_paths
from actuarial.experience.revenue_factor import fit_factor
from actuarial.experience.revenue_history import RevenueHistory, revenue_history
from actuarial.experience.revenue_path import revenue_path
from actuarial.experience.rivals import smoothing_paths
from actuarial.experience.sampling import Sampling, compile_model, sample_posterior
from actuarial.experience.series import (
    SeriesFit,
    fit_arima,
    fit_smoothing,
    fit_structural,
    forecast,
    paths,
)
from actuarial.experience.severity import fit_bands, fit_persons
from actuarial.experience.severity_bands import Bands, band_persons
from actuarial.experience.shocks import shock_paths
from actuarial.experience.trend import fit_trends
from actuarial.spending.severity import Severity, partial_moment, sample
from tests.experience import test_morbidity as morbidity
from tests.experience import test_revenue as revenue
from tests.experience.test_completion import SMALL, triangle_of
from tests.experience.test_morbidity_path import posterior_of
from tests.experience.test_severity import EDGES, SPLICED

UNITS = {"万元": 1e4, "亿元": 1e8}
TOLERANCE = 1e-6
YEARS, AHEAD = np.arange(2006, 2026), np.arange(2026, 2029)
DRAWS = 200
QUANTILES = (0.025, 0.1, 0.5, 0.9, 0.975)
# Short on purpose: whether two units give the same draws is seen in ten of them.
TINY = Sampling(10, 10, 1, 1, 0.8, 1, "nutpie", False)


def philox(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def panel() -> xr.DataArray:
    """Three series of two regions, in yuan; amounts of a fund."""
    common = philox(1).normal(0.06, 0.03, (1, 1, len(YEARS)))
    own = philox(2).normal(0.0, 0.02, (3, 2, len(YEARS)))
    values = 3.7e9 * np.exp((common + own).cumsum(axis=2))
    coords = {"series": list("abc"), "region": ["r", "t"], "year": YEARS}
    return xr.DataArray(values, coords=coords, dims=list(coords))


def unbroken(levels: xr.DataArray) -> xr.DataArray:
    return xr.zeros_like(levels.isel(region=0, drop=True), dtype=bool)


def months(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Monthly amounts in yuan with a season, a festival and noise, and the festival's regressor, half a year longer."""
    numbers = month_number(2018, 1) + np.arange(count + 6)
    festival = spring_festival(numbers, 0, 6).values
    season = np.tile(0.1 * np.sin(np.arange(12)), count // 12 + 1)[: count + 6]
    walk = philox(3).normal(0.005, 0.01, count + 6).cumsum()
    return 2.1e8 * np.exp(walk + season - 0.2 * festival)[:count], festival[:, None]


def trend(unit: float) -> dict[str, np.ndarray]:
    levels = panel() / unit
    trends = fit_trends(levels, unbroken(levels), AHEAD)
    last = levels.isel(year=-1, drop=True) * unit
    draws = last * np.exp(trends.central + shock_paths(trends, philox(4), philox(5), DRAWS))
    return {"mean": (last * np.exp(trends.central)).values, "draws": draws.values}


def univariate(fit: Callable[[np.ndarray], SeriesFit]) -> Callable[[float], dict[str, np.ndarray]]:
    def found(unit: float) -> dict[str, np.ndarray]:
        fitted = fit(panel().isel(series=0, region=0).values / unit)
        drawn = paths(fitted, len(AHEAD), DRAWS, None, philox(6))
        return {"mean": forecast(fitted, len(AHEAD), None) * unit, "draws": drawn * unit}

    return found


def monthly(fit: Callable[[np.ndarray, np.ndarray], SeriesFit]) -> Callable[[float], dict[str, np.ndarray]]:
    """Logs of monthly amounts, with the moving festival where the model takes a regressor."""

    def found(unit: float) -> dict[str, np.ndarray]:
        levels, festival = months(60)
        fitted = fit(np.log(levels / unit), festival[:60])
        ahead = None if fitted.form.startswith("smoothing") else festival[60:]
        drawn = paths(fitted, 6, DRAWS, ahead, philox(7))
        return {"mean": np.exp(forecast(fitted, 6, ahead)) * unit, "draws": np.exp(drawn) * unit}

    return found


def rival(unit: float) -> dict[str, np.ndarray]:
    drawn = smoothing_paths(panel().isel(series=0, region=0).values / unit, len(AHEAD), DRAWS, philox(8))
    return {"draws": drawn * unit}


def steps_of(unit: float) -> xr.DataArray:
    """Log growth of city amounts, as the dynamic factor reads it."""
    return xr.ufuncs.log((panel() / unit).isel(region=0, drop=True)).diff("year")


def dynamic_factor(unit: float) -> dict[str, np.ndarray]:
    return {"draws": np.exp(factor_paths(steps_of(unit), AHEAD, DRAWS, philox(9)).values)}


def revenue_factor(unit: float) -> dict[str, np.ndarray]:
    fitted = fit_factor(xr.ufuncs.log(panel() / unit).diff("year"))
    return {"draws": np.exp(revenue_factor_paths(fitted, AHEAD, DRAWS, philox(10)).values)}


def mack(unit: float) -> dict[str, np.ndarray]:
    triangle = triangle_of(SMALL) * 1e6 / unit
    tail = Tail(1.02, 0.01, 30.0 / np.sqrt(unit))
    found, drawn = chain_ladder(triangle, tail), complete(triangle, philox(11), DRAWS, tail)
    money = ("ultimate", "reserve", "standard_error", "total_reserve", "total_standard_error")
    return {"draws": drawn.values * unit, **{name: getattr(found, name).values * unit for name in money}}


def moments(severity: Severity, unit: float) -> dict[str, np.ndarray]:
    """Persons and cost above each edge, the edge in yuan."""
    edge = xr.DataArray(np.array(EDGES), dims="edge") / unit
    infinite = xr.full_like(edge, np.inf)
    above = [partial_moment(severity, order, edge, infinite).values for order in (0, 1)]
    return {"persons": above[0], "cost": above[1] * unit}


def severity_of_bands(unit: float) -> dict[str, np.ndarray]:
    bands = band_persons(sample(SPLICED, 5_000, philox(12)), (0.01, *EDGES[1:]))
    given = Bands(bands.lower / unit, bands.upper / unit, bands.persons, bands.cost / unit)
    return moments(fit_bands(given, 30_000.0 / unit).severity, unit)


def severity_of_persons(unit: float) -> dict[str, np.ndarray]:
    costs = sample(SPLICED, 5_000, philox(12))
    return moments(fit_persons(costs / unit, 30_000.0 / unit).severity, unit)


def level_shift(unit: float) -> dict[str, np.ndarray]:
    levels = panel() * xr.where(panel()["year"] > 2015, 1.5, 1.0) / unit
    shifts = find_level_shifts(levels, unbroken(levels), unbroken(levels), 1, 0.05).shifts
    assert shifts
    return {"size": np.array([shift.size for shift in shifts]), "year": np.array([shift.period for shift in shifts])}


def morbidity_panel(unit: float) -> tuple[MorbidityHistory, xr.DataArray]:
    years = np.arange(2015, 2021)
    cost, exposure = morbidity.simulated(3, years, philox(13), 0.0)
    declared = morbidity.effects(np.arange(2015, 2029))
    return morbidity_history(cost / unit, exposure, declared), morbidity.exposure_of(
        3, np.arange(2021, 2024), philox(13)
    )


def morbidity_forecast(unit: float) -> dict[str, np.ndarray]:
    history, ahead = morbidity_panel(unit)
    found = morbidity_path(posterior_of(history), ahead, 3, philox(14), philox(15))
    return {"draws": found["cost"].values * unit}


def revenue_panel(unit: float) -> RevenueHistory:
    years = np.arange(2015, 2022)
    levels, _ = revenue.simulated(years, philox(16))
    return revenue_history(levels / unit, revenue.unbroken(years), revenue.effects(np.arange(2015, 2027), "epidemic"))


def revenue_forecast(unit: float) -> dict[str, np.ndarray]:
    posterior = revenue.known(revenue_panel(unit), 5)
    growth = revenue_path(posterior, np.arange(2022, 2025), 5, philox(17), philox(18))["growth"]
    return {"draws": np.exp(growth.values)}


MODELS: dict[str, Callable[[float], dict[str, np.ndarray]]] = {
    "trend": trend,
    "structural": univariate(lambda levels: fit_structural(levels, 1, None)),
    "arima": univariate(lambda levels: fit_arima(levels, 1, None)),
    "smoothing": univariate(lambda levels: fit_smoothing(levels, 1)),
    "structural, months with a festival": monthly(lambda logs, festival: fit_structural(logs, 12, festival)),
    "arima, months with a festival": monthly(lambda logs, festival: fit_arima(logs, 12, festival)),
    "smoothing, months": monthly(lambda logs, _: fit_smoothing(logs, 12)),
    "smoothing as a rival": rival,
    "dynamic factor": dynamic_factor,
    "factor of revenue": revenue_factor,
    "completion": mack,
    "severity from bands": severity_of_bands,
    "severity from persons": severity_of_persons,
    "level shift": level_shift,
    "morbidity": morbidity_forecast,
    "revenue": revenue_forecast,
}


@pytest.mark.parametrize("model", MODELS)
def test_unit_changes_neither_forecast_nor_intervals(model: str):
    yuan = MODELS[model](1.0)
    for name, unit in UNITS.items():
        other = MODELS[model](unit)
        for part, values in yuan.items():
            np.testing.assert_allclose(other[part], values, rtol=TOLERANCE, err_msg=f"{part}, {name}")
        if "draws" in yuan:
            bands = [np.quantile(found["draws"], QUANTILES, axis=0) for found in (yuan, other)]
            np.testing.assert_allclose(bands[1], bands[0], rtol=TOLERANCE, err_msg=f"intervals, {name}")


@pytest.mark.parametrize("unit", UNITS)
def test_samplers_see_the_same_bits(unit: str):
    pairs = [
        (morbidity_data(morbidity_panel(1.0)[0]), morbidity_data(morbidity_panel(UNITS[unit])[0])),
        (revenue_data(revenue_panel(1.0), 8), revenue_data(revenue_panel(UNITS[unit]), 8)),
    ]
    for yuan, other in pairs:
        assert yuan.keys() == other.keys()
        for name, values in yuan.items():
            np.testing.assert_array_equal(other[name], values, err_msg=name)


@pytest.mark.slow
def test_samplers_draw_the_same_from_the_same_seed():
    """Two models, each compiled once and sampled from money in yuan and in 亿元."""
    pairs = {
        "morbidity": (
            build_morbidity(morbidity_panel(1.0)[0], morbidity.PRIORS, 6),
            [morbidity_data(morbidity_panel(unit)[0]) for unit in (1.0, 1e8)],
        ),
        "revenue": (
            build_revenue(revenue_panel(1.0), revenue.PRIORS, 6),
            [revenue_data(revenue_panel(unit), 6) for unit in (1.0, 1e8)],
        ),
    }
    for model, data in pairs.values():
        compiled = compile_model(model)
        yuan, other = (sample_posterior(compiled, part, TINY)["posterior"].to_dataset() for part in data)
        xr.testing.assert_equal(other, yuan)
