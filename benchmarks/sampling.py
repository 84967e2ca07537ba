"""Effective draws per second of a fit, beside plain `pm.sample`, and what a start from the last posterior saves.

    python -m benchmarks.sampling speed        both models, three ways, cold and warm
    python -m benchmarks.sampling start        a history one year longer: tuning from the priors or from the posterior

1. The small forms of the calibration study, 2 chains of 1,000 draws after 1,000 of tuning, one core, one seed;
2. `ours` compiles once and takes new data; `pm.sample` as it stands takes nutpie where it is installed and
   compiles for every call; `pymc` is PyMC's own sampler;
3. cold: the first fit of a fresh process, with compilation; warm: a second history of the same shape;
4. processor time of the process and its children, as the machine is shared; effective draws are the least over all
   sampled quantities, bulk.

Results are in benchmarks/README.md.
"""

import argparse
import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import arviz as az
import numpy as np
import pandas as pd
import pymc as pm
import xarray as xr

from actuarial.experience.morbidity_density import build_morbidity
from actuarial.experience.morbidity_density import model_data as morbidity_data
from actuarial.experience.morbidity_history import MorbidityHistory
from actuarial.experience.revenue import build_revenue
from actuarial.experience.revenue import model_data as revenue_data
from actuarial.experience.revenue_history import RevenueHistory
from actuarial.experience.sampling import CompiledModel, Sampling, compile_model, sample_posterior, starting_points
from benchmarks.calibration_forms import Form, MorbidityForm, RevenueForm

FORMS = {"morbidity": MorbidityForm, "revenue": RevenueForm}
WAYS = ("ours", "pm.sample", "pymc")
SEED, REPEATS = 7, 5
SAMPLING = Sampling(1000, 1000, 2, SEED, 0.95, 1, "nutpie", False)
TUNING = (50, 100, 200, 400)


def processor_seconds() -> float:
    """Used so far by this process and its children."""
    return sum(os.times()[:4])


def model_of(form: Form) -> pm.Model:
    """The small form as a model that nothing is compiled for."""
    history: Any = form.made(0).history
    if isinstance(form, MorbidityForm):
        return build_morbidity(history, form.priors, form.longest)
    return build_revenue(history, form.priors, form.longest)


def plain(model: pm.Model, data: dict[str, np.ndarray], sampler: Any) -> xr.DataTree:
    """What a user would write."""
    with model:
        pm.set_data(data)
        return pm.sample(
            draws=SAMPLING.draws,
            tune=SAMPLING.tuning,
            chains=SAMPLING.chains,
            cores=1,
            random_seed=SEED,
            target_accept=SAMPLING.acceptance,
            progressbar=False,
            nuts_sampler=sampler,
        )


def least_effective(draws: xr.DataTree) -> float:
    """Effective draws in the bulk of the quantity that has fewest."""
    measure = az.ess(draws["posterior"].to_dataset(), method="bulk")
    return min(float(measure[name].min()) for name in measure.data_vars)


def speed(name: str, way: str) -> None:
    """Print one row for the cold fit and one for the warm one."""
    form = FORMS[name](SEED, 2)
    first, second = (dict(form.made(fit).data) for fit in (0, 1))
    model = model_of(form)
    compiled: CompiledModel | None = None
    for label, data in (("cold", first), ("warm", second)):
        started = processor_seconds()
        if way == "ours":
            compiled = compiled or compile_model(model)
            draws = sample_posterior(compiled, data, SAMPLING)
        else:
            draws = plain(model, data, None if way == "pm.sample" else way)
        took = processor_seconds() - started
        found = least_effective(draws)
        print(f"{name},{way},{label},{took:.1f},{found:.0f},{found / took:.2f}", flush=True)


def speeds() -> None:
    """One process for each model and way, so that none finds what another has compiled in memory."""
    print("model,way,fit,processor_seconds,least_effective,effective_per_second", flush=True)
    for name in FORMS:
        for way in WAYS:
            subprocess.run([sys.executable, "-m", "benchmarks.sampling", "one", name, way], check=True)


def shorter(form: Form, history: MorbidityHistory | RevenueHistory) -> dict[str, np.ndarray]:
    """Data of the same history without its last year."""
    if isinstance(history, MorbidityHistory):
        cut = {
            name: getattr(history, name).isel(year=slice(None, -1)) for name in ("cost", "cell", "share", "cell_size")
        }
        return morbidity_data(replace(history, **cut))
    return revenue_data(replace(history, growth=history.growth.isel(year=slice(None, -1))), form.longest)


def starts(name: str) -> None:
    """Tuning from the priors and from the last posterior, over histories and seeds, by the number of tuning draws."""
    form = FORMS[name](SEED, REPEATS)
    compiled = compile_model(model_of(form))
    rows = []
    for fit in range(REPEATS):
        made = form.made(fit)
        history = made.history
        assert isinstance(history, MorbidityHistory | RevenueHistory)
        before = sample_posterior(compiled, shorter(form, history), SAMPLING)
        points = starting_points(before, compiled)
        for tuning in TUNING:
            for label, start in (("priors", None), ("posterior", points)):
                how = replace(
                    SAMPLING, tuning=tuning, seed=int(np.random.SeedSequence((SEED, fit)).generate_state(1)[0])
                )
                started = processor_seconds()
                draws = sample_posterior(compiled, made.data, how, start)
                took = processor_seconds() - started
                posterior, statistics = (draws[part].to_dataset() for part in ("posterior", "sample_stats"))
                rhat = az.rhat(posterior)
                rows.append(
                    {
                        "model": name,
                        "tuning": tuning,
                        "start": label,
                        "seconds": took,
                        "effective": least_effective(draws),
                        "rhat": max(float(rhat[part].max()) for part in rhat.data_vars),
                        "divergences": int(statistics["diverging"].sum()),
                    }
                )
                print(rows[-1], flush=True, file=sys.stderr)
    table = pd.DataFrame(rows).assign(is_mixed=lambda made: made["rhat"] <= 1.01)
    columns = ["seconds", "effective", "rhat", "divergences", "is_mixed"]
    print(table.groupby(["model", "tuning", "start"])[columns].mean().round(3).to_string(), flush=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["speed", "start", "one"])
    parser.add_argument("which", nargs="*", help="of `one`: model and way, in this process")
    chosen = parser.parse_args()
    if chosen.what == "speed":
        speeds()
    elif chosen.what == "one":
        speed(*chosen.which)
    else:
        for name in FORMS:
            starts(name)


if __name__ == "__main__":
    main()
