"""The fit of a folder as one step: check, fit every model asked for, store."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path, PurePath
from typing import Any

from actuarial.assumptions.selection import apply_selections, read_selections
from actuarial.errors import AssumptionError
from actuarial.experience.city_fit import MODELS, Report, fit_models
from actuarial.experience.city_shifts import undeclared_shifts
from actuarial.experience.earlier_fit import Earlier
from actuarial.experience.fit import fit_indicated
from actuarial.experience.indication import INDICATED, indicate
from actuarial.experience.priors import priors_digest
from actuarial.runs.fits import Fitted, fit_name, fit_path, fit_record, list_fits, open_fit, write_fit
from actuarial.runs.manifest import VERSIONED, code_digest, data_digest, lock_digest, selection_rows
from actuarial.runs.store import writing
from actuarial.streams import BLOCK, stream
from actuarial.tables import CityData, read_folder

ASKABLE = ("trends", *MODELS)
# Models whose chains start from an earlier fit, where there is one.
SAMPLED = ("morbidity", "revenue")
SAMPLERS = ("pymc", "pytensor", "nutpie")


def make_fit(
    folder: Path, store: Path, years: int, seed: int, models: Sequence[str], report: Report | None = None
) -> Fitted:
    """Check the folder, fit it, store what it indicates. The same input and seed is the same fit: found, not repeated.

    Parameters
    ----------
    models : of ASKABLE; the trends are always fitted, since they project
    report : is told the model at work, how many are done, and of how many

    Raises
    ------
    SchemaError, AssumptionError
        If the folder or a choice is wrong; nothing is stored.
    BusyError
        If another writer holds the store.
    """
    unknown = [model for model in models if model not in ASKABLE]
    if unknown:
        raise AssumptionError(f"models: {unknown[0]!r} is none of {', '.join(ASKABLE)}")
    data = read_folder(Path(folder))
    basis = fit_indicated(data, years)
    selected = apply_selections(basis.trends, read_selections(data.frames.get("selections")), data.city.code)
    asked = _made_from(data, years, seed, models)
    with writing(store):
        known = {name: fit_record(store, name) for name in list_fits(store)}
        name = _found(known, asked)
        is_new = name is None
        if name is None:
            last = _last_fit(known, data, models)
            made_from = {**asked, "start": last}
            name = fit_name(made_from)
            rngs = stream(seed, "joint_shock", 0), stream(seed, "drift_error", 0)
            earlier = {} if last is None else _earlier(store, last)
            found, _ = fit_models(data, basis, models, BLOCK, seed, {}, report or _silent, earlier)
            write_fit(store, indicate(basis, made_from, BLOCK, *rngs, found, undeclared_shifts(basis)))
    return Fitted(name, fit_path(store, name), is_new, open_fit(store, name), selection_rows(selected))


def _made_from(data: CityData, years: int, seed: int, models: Sequence[str]) -> dict[str, Any]:
    """What decides the numbers of a fit: the data without what is selected, the city, code, libraries, years, seed."""
    own = {name: digest for name, digest in data.digests.items() if PurePath(name).stem != "selections"}
    return {
        "data": data_digest(replace(data, digests=own)),
        "city": json.loads(json.dumps(asdict(data.city))),
        "years": years,
        "draws": BLOCK,
        "seed": seed,
        "models": [model for model in ASKABLE if model in models],
        "priors": priors_digest(),
        "code": code_digest(),
        "lock": lock_digest(),
        "versions": {name: version(name) for name in (*VERSIONED, *SAMPLERS)},
    }


def _found(known: Mapping[str, dict[str, Any]], asked: Mapping[str, Any]) -> str | None:
    """The first fit made from the same, wherever its chains started."""
    plain = json.loads(json.dumps(asked))
    same = [
        record
        for record in known.values()
        if {part: value for part, value in record["made_from"].items() if part != "start"} == plain
    ]
    return min(same, key=lambda record: record["fitted"])["fit"] if same else None


def _last_fit(known: Mapping[str, dict[str, Any]], data: CityData, models: Sequence[str]) -> str | None:
    """Of the fits of this city with a shorter history that sampled anything: of the longest, the one made last."""
    city, sampled = data.city, [model for model in models if model in SAMPLED]
    shorter = [
        record
        for record in known.values()
        if record["made_from"]["city"]["code"] == city.code
        and record["made_from"]["city"]["first_forecast_year"] < city.first_forecast_year
        and any(model["outcome"] == INDICATED and "diagnostics" in model for model in record["models"])
    ]
    if not shorter or not sampled:
        return None
    return max(shorter, key=lambda record: (record["made_from"]["city"]["first_forecast_year"], record["fitted"]))[
        "fit"
    ]


def _earlier(store: Path, name: str) -> dict[str, Earlier]:
    return {
        model.name: Earlier(name, model.record, model.points)
        for model in open_fit(store, name).models
        if model.points.data_vars
    }


def _silent(_model: str, _done: int, _total: int) -> None:
    """Says nothing."""
