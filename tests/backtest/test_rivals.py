import json
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from actuarial.backtest.program import Program
from actuarial.backtest.rivals import drift, each_series, first_that_fits, in_logs, naive, seasonal_naive, separate
from actuarial.errors import AssumptionError
from actuarial.experience.rivals import smoothing_paths

N = 40_000
YEARS = np.arange(2011, 2015)
LEVELS = np.array([3.0, 5.0, 4.0, 8.0, 9.0, 13.0])


def philox(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def history_of(*rows, time: str = "year", last: int = 2010) -> xr.Dataset:
    level = np.array(rows, dtype=float)
    periods = np.arange(last - level.shape[1] + 1, last + 1)
    regions = [f"r{number}" for number in range(len(rows))]
    return xr.Dataset({"level": (("region", time), level)}, coords={"region": regions, time: periods})


def check_normal(draws: xr.DataArray, mean, deviation) -> None:
    """Means and standard deviations within four standard errors."""
    values = draws.isel(region=0).values
    deviation = np.asarray(deviation)
    assert (abs(values.mean(axis=0) - mean) < 4 * deviation / np.sqrt(N)).all()
    assert (abs(values.std(axis=0) - deviation) < 4 * deviation / np.sqrt(2 * N)).all()


def test_naive_is_its_closed_form():
    steps = np.arange(1, 5)
    sigma = np.sqrt((np.diff(LEVELS) ** 2).mean())
    check_normal(naive(history_of(LEVELS), YEARS, N, philox(1)), 13.0, sigma * np.sqrt(steps))


def test_drift_is_its_closed_form():
    """Hyndman & Athanasopoulos (2021), table 5.2: sigma sqrt(h (1 + h / (T - 1))), sigma^2 over T - K - M = T - 2."""
    steps, step = np.arange(1, 5), np.diff(LEVELS)
    sigma = np.sqrt(((step - step.mean()) ** 2).sum() / (6 - 2))
    check_normal(
        drift(history_of(LEVELS), YEARS, N, philox(2)), 13.0 + 2.0 * steps, sigma * np.sqrt(steps * (1 + steps / 5))
    )


def test_seasonal_naive_is_its_closed_form():
    history = history_of(LEVELS, time="month")
    sigma = np.sqrt(((LEVELS[2:] - LEVELS[:-2]) ** 2).sum() / 4)
    found = seasonal_naive(2)(history, np.arange(2011, 2016), N, philox(3))
    check_normal(found, [9.0, 13.0, 9.0, 13.0, 9.0], sigma * np.sqrt([1, 1, 2, 2, 3]))
    assert found["month"].values.tolist() == [2011, 2012, 2013, 2014, 2015]


def test_season_of_one_is_naive():
    found = seasonal_naive(1)(history_of(LEVELS), YEARS, N, philox(4))
    check_normal(found, 13.0, np.sqrt((np.diff(LEVELS) ** 2).mean()) * np.sqrt(np.arange(1, 5)))


def test_regions_keep_their_own_scale():
    found = drift(history_of(LEVELS, 100 * LEVELS), YEARS, N, philox(5))
    ratio = found.std("draw").sel(region="r1").values / found.std("draw").sel(region="r0").values
    # two standard deviations estimated from N draws each
    assert (abs(ratio / 100 - 1) < 4 / np.sqrt(N)).all()


def test_rivals_read_the_last_run_alone():
    history = history_of([np.nan, 100.0, 50.0, *LEVELS]).assign(
        is_broken=("year", np.array([False] * 3 + [True] + [False] * 5))
    )
    for model in (naive, drift):
        plain = model(history_of(LEVELS), YEARS, 50, philox(6))
        np.testing.assert_array_equal(model(history, YEARS, 50, philox(6)), plain)


def test_two_levels_have_no_drift():
    found = drift(history_of([1.0, 2.0], [1.0, 3.0]), YEARS, 3, philox(7))
    assert bool(found.isnull().all())


def test_logs_forecast_growth():
    grown = 100 * 1.1 ** np.arange(6)
    found = in_logs(drift)(history_of(grown), YEARS, 3, philox(8)).isel(region=0)
    # rounding leaves a spread of 1e-15 in the logs
    np.testing.assert_allclose(found, np.tile(grown[-1] * 1.1 ** np.arange(1, 5), (3, 1)), rtol=1e-9)
    with pytest.raises(AssumptionError, match=r"^in_logs: a level is not positive$"):
        in_logs(drift)(history_of([1.0, 0.0, 2.0]), YEARS, 3, philox(8))


def refuse(history, periods, n, rng):
    raise AssumptionError("first: no")


def test_every_step_down_the_ladder_is_noted():
    found = first_that_fits({"first": refuse, "naive": naive})(history_of(LEVELS), YEARS, 3, philox(9))
    assert found.attrs["note"] == "first refused: first: no; naive used"
    alone = first_that_fits({"naive": naive})(history_of(LEVELS), YEARS, 3, philox(9))
    assert alone.attrs["note"] == ""
    with pytest.raises(AssumptionError, match=r"^first refused: first: no$"):
        first_that_fits({"first": refuse})(history_of(LEVELS), YEARS, 3, philox(9))


def test_series_are_refused_one_by_one():
    history = history_of(np.arange(10.0) + philox(10).standard_normal(10), np.full(10, 2.0))
    found = each_series(smoothing_paths)(history, YEARS, 5, philox(11))
    assert found.isnull().all(["draw", "year"]).values.tolist() == [False, True]
    assert found.attrs["note"] == "smoothing: the levels do not vary"


def answering(tmp_path: Path, quantiles: list, faults: list[str]) -> Path:
    script = tmp_path / "forecast.py"
    answer = json.dumps({"quantiles": quantiles, "faults": faults})
    script.write_text(f"for _ in iter(input, ''):\n    print({answer!r}, flush=True)\n", encoding="utf-8")
    return script


def test_normal_quantiles_come_back_as_a_normal(tmp_path: Path):
    places = stats.norm.ppf(np.arange(1, 100) / 100)
    quantiles = [[(10 + step * places).tolist() for step in (1, 2, 3, 4)], None]
    script = answering(tmp_path, quantiles, ["", "AutoETS: 2 levels, 7 are needed"])
    with Program(Path(sys.executable), script) as program:
        found = separate(program, "AutoETS")(history_of(LEVELS, LEVELS), YEARS, N, philox(18))
    check_normal(found, 10.0, [1.0, 2.0, 3.0, 4.0])
    assert bool(found.sel(region="r1").isnull().all())
    assert found.attrs["note"] == "AutoETS: 2 levels, 7 are needed"


def test_missing_environment_is_said(tmp_path: Path):
    with Program(tmp_path / "python", tmp_path / "forecast.py") as program, pytest.raises(AssumptionError) as caught:
        separate(program, "AutoETS")(history_of(LEVELS), YEARS, 3, philox(17))
    assert str(caught.value) == f"AutoETS: its environment is not there: {tmp_path / 'python'}"
