"""Simulation-based calibration of the Bayesian models: are posteriors as wide as they should be, in the right place?

    python -m benchmarks.calibration morbidity|revenue [--fits N]      goes on where the saved ranks end
    python -m benchmarks.calibration table                             saved ranks against the envelope

1. A small form of the model (`calibration_forms`) draws parameters from its priors and a history from the parameters;
2. the model is fitted to the history as to any other, with one machine code for all histories;
3. the rank of the true value among near-independent posterior draws is saved, for every quantity; if model, simulator
   and sampler agree, ranks are uniform;
4. `calibration_ranks` holds the ranks of all fits against an envelope.

Ranks, one row a fit, are in benchmarks/calibration/; a fit that a gate would refuse keeps its row, with what the
gate saw. Results are in docs/method/calibration.md.

Source: Talts, Betancourt, Simpson, Vehtari & Gelman (2018), arXiv:1804.06788.
"""

import argparse
import time
from pathlib import Path

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr

from actuarial.experience.sampling import CompiledModel, Sampling, sample_posterior
from actuarial.streams import stream
from benchmarks.calibration_forms import Form, Made, MorbidityForm, RevenueForm, code_of
from benchmarks.calibration_ranks import judged

SEED, HISTORIES, FITS = 20261122, 400, 300
# 49 draws give 50 ranks. Each fit has twenty times as many, since the common spread and the drift move slowly.
DRAWS = 49
LENGTHS = (500, 2000)
FOLDER = Path(__file__).parent / "calibration"
FORMS = {"morbidity": MorbidityForm, "revenue": RevenueForm}
MEASURED = ("fit", "draws", "divergences", "largest_rhat", "least_effective", "is_predictive_passed")


def how(model: str, fit: int, draws: int) -> Sampling:
    """How one fit of the study is sampled."""
    seed = int(stream(SEED, f"calibration fit of {model}", fit).integers(2**31))
    return Sampling(draws, 300, 2, seed, 0.95, 1, "nutpie", False)


def fitted_row(form: Form, model: str, fit: int, code: CompiledModel) -> dict[str, float | int]:
    """Measures of one fit and the rank of the truth in every quantity, 0 to DRAWS.

    A fit with fewer effective draws of some quantity than there are ranks is made again, four times as long.
    """
    made, row = form.made(fit), {}
    for length in LENGTHS:
        sampling = how(model, fit, length)
        row = measured_row(form, made, sampling, code)
        if row["least_effective"] > DRAWS:
            break
    return {"fit": fit} | row


def measured_row(form: Form, made: Made, sampling: Sampling, code: CompiledModel) -> dict[str, float | int]:
    """One fit, at one length of its chains."""
    sampled = sample_posterior(code, made.data, sampling)
    posterior, statistics = (sampled[name].to_dataset() for name in ("posterior", "sample_stats"))
    effective = az.ess(posterior, method="bulk")
    ranked, is_passed = form.ranked(sampled, made, DRAWS, sampling)
    row: dict[str, float | int] = {
        "draws": sampling.chains * sampling.draws,
        "divergences": int(statistics["diverging"].sum()),
        "largest_rhat": round(_extreme(az.rhat(posterior), "max"), 4),
        "least_effective": round(_extreme(effective, "min")),
        "is_predictive_passed": int(is_passed),
    }
    return row | {name: int((values < made.truth[name]).sum()) for name, values in ranked.items()}


def _extreme(measure: xr.Dataset, which: str) -> float:
    values = np.concatenate([np.ravel(measure[name].values) for name in measure.data_vars])
    return float(values.max() if which == "max" else values.min())


def run(model: str, fits: int) -> None:
    """Make the fits that are not yet saved, or saved with too few effective draws; each is saved as it ends."""
    path = FOLDER / f"{model}.csv"
    saved = pd.read_csv(path).set_index("fit", drop=False) if path.exists() else pd.DataFrame()
    done = {} if saved.empty else {int(row["fit"]): row.to_dict() for _, row in saved.iterrows()}
    missing = [fit for fit in range(fits) if fit not in done or done[fit]["least_effective"] <= DRAWS]
    form = FORMS[model](SEED, HISTORIES)
    code = code_of(form.compile()) if missing else None
    for fit in missing:
        assert code is not None
        started = time.perf_counter()
        done[fit] = fitted_row(form, model, fit, code)
        rows = pd.DataFrame([done[fit] for fit in sorted(done)])
        counts = [name for name in rows.columns if name != "largest_rhat"]
        rows.astype(dict.fromkeys(counts, int)).to_csv(path, index=False, lineterminator="\n")
        print(fit, f"{time.perf_counter() - started:.1f} s", done[fit]["least_effective"], flush=True)


def table(model: str) -> None:
    """Print what the fits measured, and the ranks of every quantity by tenths."""
    rows = pd.read_csv(FOLDER / f"{model}.csv")
    measured = rows[list(MEASURED[1:])]
    print(model, len(rows), "fits;", "with divergences", int((rows["divergences"] > 0).sum()), end="; ")
    print("predictive gate refuses", int((rows["is_predictive_passed"] == 0).sum()))
    print(measured.describe(percentiles=[0.01, 0.05, 0.5, 0.95, 0.99]).round(3).to_string())
    ranks = {str(name): rows[name].to_numpy() for name in rows.columns if name not in MEASURED}
    print(judged(ranks, DRAWS, stream(SEED, "calibration envelope", 0)).round(3).to_string())


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=[*FORMS, "table"])
    parser.add_argument("--fits", type=int, default=FITS)
    chosen = parser.parse_args()
    if chosen.what == "table":
        for model in FORMS:
            table(model)
    else:
        run(chosen.what, chosen.fits)


if __name__ == "__main__":
    main()
