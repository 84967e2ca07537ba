import numpy as np
import pytest
import xarray as xr

from actuarial.backtest.rivals import drift, in_logs, naive
from actuarial.backtest.table import backtest, histogram, splits, summary, tidy
from actuarial.errors import AssumptionError

YEARS = np.arange(2000, 2022)


def philox(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def walks(regions: int = 3, drift_rate: float = 0.05, seed: int = 1) -> xr.Dataset:
    logs = philox(seed).normal(drift_rate, 0.02, (regions, len(YEARS))).cumsum(axis=1)
    names = [f"r{number}" for number in range(regions)]
    return xr.Dataset({"level": (("region", "year"), 100 * np.exp(logs))}, coords={"region": names, "year": YEARS})


def short_only(history, periods, n, rng):
    if history["level"].sizes["year"] > 12:
        raise AssumptionError("short_only: too long")
    return naive(history, periods, n, rng)


def absent(history, periods, n, rng):
    raise AssumptionError("absent: its environment is not there")


def test_right_model_beats_the_others_and_covers_what_it_says():
    panel = walks(regions=150)
    found = backtest(panel, {"drift": in_logs(drift), "naive": naive}, [2010, 2014, 2018], 3, 400, philox(2))
    scores = summary(found, ["horizon"]).sel(errors="raw", horizon=1)
    assert (scores["crps"].sel(model="drift") < scores["crps"].sel(model="naive")).item()
    right = scores.sel(model="drift")
    assert int(right["count"]) == 450
    # plug-in sigma of ten steps: a normal covers a little less than it says, 78% of 80% by Student's t with 9 to 17
    # degrees of freedom; four binomial errors allow for it
    assert bool((abs(right["coverage"] - right["coverage"]["level"]) < 4 * right["coverage_error"]).all())


def test_averages_rest_on_cells_that_all_models_share():
    found = backtest(
        walks(), {"drift": drift, "short": short_only, "absent": absent}, [2010, 2011, 2014], 2, 20, philox(3)
    )
    rows = {(row["cells"], row["model"]): row for row in tidy(found, reference="drift").to_dict("records")}
    counts = {key: row["count"] for key, row in rows.items()}
    assert counts == {
        ("common", "drift"): 12,
        ("common", "short"): 12,
        ("common", "absent"): 0,
        ("own", "drift"): 18,
        ("own", "short"): 12,
        ("own", "absent"): 0,
    }
    assert rows["own", "short"]["crps_skill"] == pytest.approx(rows["common", "short"]["crps_skill"])
    assert rows["own", "short"]["count_shared"] == 12
    assert rows["common", "short"]["note"] == "short_only: too long (2014..2014, 1)"
    assert rows["common", "absent"]["note"] == "absent: its environment is not there (2010..2014, 3)"


def test_net_errors_leave_out_a_later_change():
    panel = walks(regions=1)
    cut_prices = xr.where(panel["year"] >= 2012, -0.3, 0.0)
    panel["level"] = panel["level"] * np.exp(cut_prices)
    declared = xr.where(panel["year"] == 2012, -0.3, 0.0)
    found = backtest(panel, {"drift": in_logs(drift)}, [2011], 2, 2_000, philox(4), declared)
    bias = summary(found)["bias"].sel(model="drift")
    assert bias.sel(errors="raw").item() > 30
    # drift 5% +- 2% a year on a level of some 180
    assert abs(bias.sel(errors="net").item()) < 15
    observed = found.cells["observed"].sel(origin=2011, horizon=2).squeeze()
    assert float(observed.sel(errors="net") / observed.sel(errors="raw")) == pytest.approx(np.exp(0.3))


def test_table_has_all_cells_then_horizons_then_regions():
    table = splits(backtest(walks(), {"naive": naive}, [2012, 2015], 2, 20, philox(5)), "naive")
    rows = table[table["cells"] == "own"]
    assert rows[["split", "group", "count"]].to_numpy().tolist() == [
        ["all", "all", 12],
        ["horizon", "1", 6],
        ["horizon", "2", 6],
        ["region", "r0", 4],
        ["region", "r1", 4],
        ["region", "r2", 4],
    ]
    assert rows["crps_skill"].abs().max() == 0.0
    assert table["coverage_error_80"].iloc[0] == pytest.approx(np.sqrt(0.8 * 0.2 / 12))


def test_histogram_of_pit_counts_every_cell():
    counts = histogram(backtest(walks(), {"naive": naive}, [2012, 2015], 2, 20, philox(6)))
    assert counts["pit_histogram"].sum() == 12
    assert len(counts) == 10
