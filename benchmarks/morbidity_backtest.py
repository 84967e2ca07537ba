"""Cost per insured year of Dutch municipalities: the morbidity model beside simple rivals on the same origins.

    python -m benchmarks.morbidity_backtest FOLDER [--rivals PYTHON] [--most N]

FOLDER holds one CSV of Vektis claims by municipality, sex, age class and year with the columns `insured_years` and
`cost_comparable_2011`; the data are for personal and research use and are not part of this project. PYTHON is an
interpreter with statsforecast, which wants an older pandas than this project and so lives in an environment of its own.

1. Origins 2015 to the last year but one, horizons 1-3, target the cost per insured year of each municipality;
2. the model sees cost and insured years up to the origin; insured years of later years are carried forward by cohort;
3. `drift` and `naive` are random walks by municipality with normal errors (closed form); AutoETS and AutoARIMA come
   from statsforecast, which falls back to the naive forecast where a history is too short for them;
4. CRPS as % of the mean cost of all targets, coverage of central intervals, PIT, in all and by half of the
   municipalities (every other one by name): nothing was chosen on the second half that was not chosen on the first.

Scores are in docs/method/morbidity.md.
"""

import argparse
import json
import subprocess
import time
from pathlib import Path

import numpy as np
import pandas as pd
import scoringrules as scoring
import xarray as xr
from scipy import stats

from actuarial.experience.morbidity import (
    CompiledMorbidity,
    MorbidityPriors,
    compile_morbidity,
    fit_morbidity,
)
from actuarial.experience.morbidity_exposure import carried_exposure
from actuarial.experience.morbidity_history import morbidity_history
from actuarial.experience.morbidity_path import morbidity_path
from actuarial.experience.sampling import Sampling

FIRST_ORIGIN, HORIZON, SEED, DRAWS = 2015, 3, 7, 2000
# Own choices. Growth at a constant age is about the price target of the European Central Bank, 2% a year, give or take
# 1%: the history of an origin holds four to seven steps and cannot tell. A common year is quiet (spread
# 0.5%) but one in seven is a jump, three times as wide. Municipalities differ by about a tenth and hold on to their
# differences; a member's yearly cost varies by two to three times its mean. How the scores move with the common part
# stands in docs/method/morbidity.md.
PRIORS = MorbidityPriors(
    drift_mean=0.02,
    drift_spread=0.01,
    common_spread=0.005,
    jump_share=0.15,
    jump_ratio=3.0,
    effect_spread=0.05,
    region_spread=0.1,
    deviation_spread=0.05,
    persistence_alpha=6.0,
    persistence_beta=2.0,
    noise_floor=0.02,
    unrest_spread=0.3,
    variation_median=2.5,
    variation_spread=0.5,
    profile_spread=0.5,
    contrast_spread=0.3,
    cell_floor=0.1,
)
SAMPLING = Sampling(
    draws=2000, tuning=1000, chains=2, seed=SEED, acceptance=0.95, cores=1, sampler="nutpie", is_progress_shown=False
)
RIVALS = """
import json, sys, warnings
import pandas as pd
from statsforecast import StatsForecast
from statsforecast.models import AutoARIMA, AutoETS, Naive
warnings.filterwarnings("ignore")
task = json.load(sys.stdin)
rows = [(r, pd.Timestamp(y, 12, 31), v) for r, line in enumerate(task["rate"]) for y, v in zip(task["years"], line)]
frame = pd.DataFrame(rows, columns=["unique_id", "ds", "y"])
models = [AutoETS(season_length=1), AutoARIMA(season_length=1)]
made = StatsForecast(models, freq="YE", fallback_model=Naive()).forecast(df=frame, h=task["horizon"], level=[80])
made = made.sort_values(["unique_id", "ds"])
print(json.dumps({
    name: {"mean": made[name].tolist(), "high": made[name + "-hi-80"].tolist()} for name in ("AutoETS", "AutoARIMA")
}))
"""


def read_panel(folder: Path, most: int | None) -> tuple[xr.DataArray, xr.DataArray]:
    """Cost and insured years by municipality, sex, age (lowest year of the class) and year; 0 where nobody is."""
    (path,) = folder.glob("*.csv")
    frame = pd.read_csv(path)
    frame["age"] = frame["age_class"].str.extract(r"(\d+)", expand=False).astype(int)
    frame = frame.rename(columns={"municipality": "region"})
    if most:
        frame = frame[frame["region"].isin(sorted(frame["region"].unique())[:most])]
    table = frame.groupby(["region", "sex", "age", "year"])[["cost_comparable_2011", "insured_years"]].sum()
    panel = table.to_xarray().fillna(0.0)
    return panel["cost_comparable_2011"], panel["insured_years"]


def no_effect(years: np.ndarray) -> xr.DataArray:
    """No declared break: cost_comparable_2011 has the same scope in every year."""
    return xr.DataArray(np.zeros((0, len(years))), coords={"effect": np.array([], dtype=str), "year": years})


def model_draws(
    cost: xr.DataArray, exposure: xr.DataArray, years: np.ndarray, compiled: CompiledMorbidity
) -> tuple[np.ndarray, str]:
    """Draws (draw, region, year) of the model fitted up to the year before `years`, and what the fit measured."""
    started = time.perf_counter()
    every = np.arange(cost["year"].values[0], years[-1] + 1)
    history = morbidity_history(cost, exposure, no_effect(every))
    posterior = fit_morbidity(history, compiled, SAMPLING)
    streams = [np.random.default_rng((SEED, number)) for number in (1, 2)]
    path = morbidity_path(posterior, carried_exposure(exposure, years), DRAWS, *streams)
    found = posterior.diagnostics
    note = f"{time.perf_counter() - started:.0f} s, R-hat {found.largest_rhat:.3f}, effective {found.least_bulk:.0f}"
    return path["cost"].transpose("draw", "region", "year").values, note


def closed_form(rate: np.ndarray, horizon: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Mean and spread (region, horizon) of random walks; Hyndman & Athanasopoulos (2021), section 5.5."""
    step = np.diff(rate, axis=1)
    ahead, known = np.arange(1, horizon + 1), step.shape[1]
    drift = step.mean(axis=1, keepdims=True)
    spread = step.std(axis=1, ddof=1, keepdims=True)
    plain = np.sqrt((step**2).mean(axis=1, keepdims=True))
    last = rate[:, -1:]
    return {
        "naive": (last + 0 * drift * ahead, plain * np.sqrt(ahead)),
        "drift": (last + drift * ahead, spread * np.sqrt(ahead * (1 + ahead / known))),
    }


def rivals(python: str, rate: np.ndarray, years: np.ndarray, horizon: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Mean and spread (region, horizon) of AutoETS and AutoARIMA from another interpreter."""
    task = {"rate": rate.tolist(), "years": years.tolist(), "horizon": horizon}
    done = subprocess.run([python, "-c", RIVALS], input=json.dumps(task), capture_output=True, text=True, check=True)
    shape, found = (len(rate), horizon), {}
    for name, made in json.loads(done.stdout.splitlines()[-1]).items():
        mean = np.reshape(made["mean"], shape)
        found[name] = (mean, (np.reshape(made["high"], shape) - mean) / stats.norm.ppf(0.9))
    return found


def backtest(cost: xr.DataArray, exposure: xr.DataArray, priors: MorbidityPriors, python: str | None) -> pd.DataFrame:
    """One row for each model, origin, horizon and municipality: CRPS and the probability integral transform."""
    rate = (cost.sum(["sex", "age"]) / exposure.sum(["sex", "age"])).transpose("region", "year")
    years = rate["year"].values
    started = time.perf_counter()
    compiled = compile_morbidity(morbidity_history(cost, exposure, no_effect(years)), priors, len(years))
    print(f"compiled in {time.perf_counter() - started:.0f} s", flush=True)
    rows = []
    for origin in range(FIRST_ORIGIN, years[-1]):
        ahead = np.arange(origin + 1, min(origin + HORIZON, years[-1]) + 1)
        seen = {"year": slice(None, origin)}
        past, truth = rate.sel(seen).values, rate.sel(year=ahead).values
        draws, note = model_draws(cost.sel(seen), exposure.sel(seen), ahead, compiled)
        print(f"origin {origin}: {note}", flush=True)
        normals = closed_form(past, len(ahead))
        if python:
            normals |= rivals(python, past, rate.sel(seen)["year"].values, len(ahead))
        scores = {
            name: (scoring.crps_normal(truth, *made), stats.norm.cdf(truth, *made)) for name, made in normals.items()
        }
        scores["morbidity"] = (scoring.crps_ensemble(truth, np.moveaxis(draws, 0, -1)), (draws < truth).mean(axis=0))
        for name, (crps, pit) in scores.items():
            for (region, step), value in np.ndenumerate(truth):
                rows.append((name, origin, step + 1, region % 2, value, crps[region, step], pit[region, step]))
    return pd.DataFrame(rows, columns=["model", "origin", "horizon", "half", "truth", "crps", "pit"])


def summary(scores: pd.DataFrame) -> pd.DataFrame:
    """Scores by model: CRPS in % of the mean cost, by horizon, ratios to rivals, coverage and mean PIT."""
    scale = scores["truth"].to_numpy().mean() / 100
    table = pd.DataFrame({"crps": scores.groupby("model")["crps"].mean() / scale})
    for horizon, part in scores.groupby("horizon"):
        table[f"h={horizon}"] = part.groupby("model")["crps"].mean() / scale
    for rival in ("drift", "AutoETS"):
        if rival in table.index:
            table[f"/{rival}"] = table["crps"] / table["crps"][rival]
    middle = (scores["pit"] - 0.5).abs()
    for level in (50, 80, 95):
        table[f"in {level}%"] = (middle < level / 200).groupby(scores["model"]).mean() * 100
    table["pit"] = scores.groupby("model")["pit"].mean()
    return table.sort_values("crps")


def main() -> None:
    """Print the scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rivals", metavar="PYTHON")
    parser.add_argument("--most", type=int, metavar="N", help="the first N municipalities by name")
    chosen = parser.parse_args()
    cost, exposure = read_panel(chosen.folder, chosen.most)
    scores = backtest(cost, exposure, PRIORS, chosen.rivals)
    with pd.option_context("display.width", 200, "display.float_format", "{:.2f}".format):
        print(summary(scores))
        for half, part in scores.groupby("half"):
            print(f"half {half}\n{summary(part)}")
        model = scores[scores["model"] == "morbidity"]
        print(model.pivot_table(index="origin", columns="horizon", values="pit").rename_axis("mean PIT by origin"))


if __name__ == "__main__":
    main()
