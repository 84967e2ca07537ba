"""Every model that a city has data for, fitted one after the other; nothing of them is used before it has earned it.

1. severity from the bands; morbidity of each scheme from claims by age; revenue jointly from the accounts;
2. each is indicated, refused by its gate or absent for want of data, and says which; the trends project in any case.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from actuarial.assumptions.basis import Basis
from actuarial.errors import AssumptionError, SchemaError
from actuarial.experience.city_morbidity import FUNDS, fit_city_morbidity
from actuarial.experience.city_revenue import fit_city_revenue
from actuarial.experience.city_severity import fit_city_severity, rungs
from actuarial.experience.earlier_fit import Earlier
from actuarial.experience.indication import ABSENT, INDICATED, REFUSED, ModelFit, not_indicated
from actuarial.experience.sampling import Sampling
from actuarial.experience.severity_choice import sample_parameters
from actuarial.spending.severity import PARAMETERS
from actuarial.streams import stream
from actuarial.tables import CityData

MODELS = ("severity", "morbidity", "revenue", "completion")
# Own choices: two chains, so that R-hat can be measured, on the two cores that a small office has.
CHAINS, CORES = 2, 2
# Models that were compiled, by name; handed from one fit to the next, they need not be compiled again.
Compiled = Mapping[str, Any]
Report = Callable[[str, int, int], None]


def fit_models(
    data: CityData,
    basis: Basis,
    models: Sequence[str],
    n: int,
    seed: int,
    compiled: Compiled,
    report: Report,
    earlier: Mapping[str, Earlier] = MappingProxyType({}),
) -> tuple[tuple[ModelFit, ...], dict[str, Any]]:
    """What every model asked for indicates, and the compiled models for the next fit.

    Parameters
    ----------
    basis : of `fit_indicated`
    models : of MODELS; others are passed over
    n : draws that are kept
    compiled : of an earlier call for the same city, or empty
    report : is told the model at work, how many are done, and of how many
    earlier : by name of the model, a fit of the same city with a shorter history
    """
    steps = _steps(data, basis, models, n, sampling_of(seed), earlier)
    found, codes = [], dict(compiled)
    for done, (name, step) in enumerate(steps.items()):
        report(name, done, len(steps))
        made, code = step(codes.get(name))
        found.append(made)
        if code is not None:
            codes[name] = code
    return tuple(found), codes


def sampling_of(seed: int) -> Sampling:
    """Chains and seed; draws, tuning and acceptance come from the ladder of each model."""
    return Sampling(0, 0, CHAINS, seed, 1.0, CORES, "nutpie", False)


def _steps(
    data: CityData, basis: Basis, models: Sequence[str], n: int, sampling: Sampling, earlier: Mapping[str, Earlier]
) -> dict[str, Callable[[Any], tuple[ModelFit, Any]]]:
    steps: dict[str, Callable[[Any], tuple[ModelFit, Any]]] = {}
    if "severity" in models:
        steps["severity"] = lambda _: (severity_model(data, n, sampling.seed), None)
    if "morbidity" in models:
        for scheme in FUNDS:
            steps[f"morbidity_{scheme}"] = lambda code, scheme=scheme: fit_city_morbidity(
                data, basis, scheme, sampling, n, code, earlier.get(f"morbidity_{scheme}")
            )
    if "revenue" in models:
        steps["revenue"] = lambda code: fit_city_revenue(data, basis, sampling, n, code, earlier.get("revenue"))
    if "completion" in models:
        steps["completion"] = lambda _: (_completion(), None)
    return steps


def _completion() -> ModelFit:
    reason = "the folder holds whole years; no table of it has months of settlement"
    return not_indicated("completion", ABSENT, reason, reference="docs/method/completion.md")


def severity_model(data: CityData, n: int, seed: int) -> ModelFit:
    """Severity of every group with draws of its parameters; refused where a group is."""
    said = {"reference": "docs/method/severity.md", "instead": "", "seed": seed}
    try:
        found = fit_city_severity(data)
    except (AssumptionError, SchemaError) as reason:
        # Bands that the contract allows may yet not be fine enough to fit: without a band of those without cost, say.
        return not_indicated("severity", ABSENT, str(reason), **said)
    truth, drawn = found.fit.severity, sample_parameters(found.fit, n, stream(seed, "severity parameters", 0))
    fitted = {name: getattr(truth, name) for name in PARAMETERS}
    draws = {f"{name}_draws": getattr(drawn, name).assign_coords(draw=np.arange(n)) for name in _DRAWN}
    errors = found.fit.errors.rename({name: f"{name}_error" for name in PARAMETERS if name in found.fit.errors})
    counts = rungs(found)
    refused = [entry for entry in found.record if entry["rung"] == "refused"]
    forms = {f"{row['scheme']} {row['category']} {row['age']}": row.get("tried", []) for row in found.record}
    record = {
        "model": "severity",
        "outcome": REFUSED if refused else INDICATED,
        "reason": str(refused[0]["note"]) if refused else "",
        "use": "" if refused else "benefit_layers",
        "verdict": "meets_its_bands",
        **said,
        "rungs": counts,
        "groups": [{key: value for key, value in row.items() if key != "tried"} for row in found.record],
        "forms": forms,
    }
    return ModelFit("severity", errors.assign(fitted | draws), record)


# The form is not in doubt in the draws, so its threshold is the fitted one.
_DRAWN = tuple(name for name in PARAMETERS if name != "threshold")
