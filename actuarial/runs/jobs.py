"""The steps a user asks for, whole: make a run, make and publish one, compare two."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from actuarial.assumptions.policy import read_policy
from actuarial.backtest.deficit import city_deficits, reliability_records
from actuarial.budget.adopted import budget_arrays
from actuarial.errors import GateError
from actuarial.experience.fit import fit
from actuarial.projection import reserve_years
from actuarial.runs.gate import Verdict, judge
from actuarial.runs.manifest import build_manifest
from actuarial.runs.store import Run, has_run, last_published, now, open_run, publish, write_run, writing
from actuarial.runs.summary import QUANTITIES, headline
from actuarial.scenario import apply_scenario, read_scenario
from actuarial.schema import PEOPLE_UNCERTAINTY, SCHEMES
from actuarial.simulation import simulate
from actuarial.solving.takes import what_it_takes
from actuarial.streams import BLOCK, stream
from actuarial.stress.city import stress_city
from actuarial.tables import CityData, read_folder
from actuarial.wording import LANGUAGES, text


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is asked to be.

    people : ``both``, ``parameter``, ``process`` or ``none``: which uncertainty of people the draws hold
    """

    folder: Path | str
    store: Path | str
    scenario: str
    draws: int
    years: int
    seed: int
    scheduler: str | None = None
    workers: int | None = None
    people: str = "both"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run with what was done about it."""

    run: Run
    is_new: bool
    is_published: bool
    verdicts: tuple[Verdict, ...]


def make_run(request: Request, progress: Callable[[int, int], None] | None = None) -> Outcome:
    """Check the folder, project, store. The same input and seed is the same run: found and not repeated.

    Raises
    ------
    SchemaError, AssumptionError
        If the folder or a choice is wrong; nothing is stored.
    BusyError
        If another writer holds the store.
    """
    data = read_folder(Path(request.folder))
    store = Path(request.store)
    with writing(store):
        return _run_held(request, store, data, progress)


def reforecast(
    request: Request, deliver: Callable[[Run], None], progress: Callable[[int, int], None] | None = None
) -> Outcome:
    """Check, run, pass the gate, deliver the reports and publish: all of it, or nothing is published.

    Parameters
    ----------
    deliver : writes the reports of a run that passed; if it fails, the run stays unpublished and the next job
        tries again

    Raises
    ------
    GateError
        If a rule of the gate refuses; the run stays in the store, unpublished.
    """
    data = read_folder(Path(request.folder))
    store = Path(request.store)
    with writing(store):
        previous = last_published(store, data.city.code)
        outcome = _run_held(request, store, data, progress)
        if previous is not None and previous.id == outcome.run.id:
            return Outcome(previous, False, False, ())
        verdicts = judge(outcome.run, read_policy(data.city.code, data.frames["policy"]), previous)
        refused = [verdict for verdict in verdicts if not verdict.passes]
        if refused:
            raise GateError("; ".join(_reason(verdict) for verdict in refused))
        # The reports say when the run was published, and are written before it is: without them it is not published.
        stamped = replace(outcome.run, manifest={**outcome.run.manifest, "published": now()})
        deliver(stamped)
        publish(store, stamped.id, stamped.manifest["published"])
        return Outcome(stamped, outcome.is_new, True, verdicts)


def _run_held(request: Request, store: Path, data: CityData, progress: Callable[[int, int], None] | None) -> Outcome:
    scenario = read_scenario(data.frames.get("scenarios"), request.scenario)
    fitted = replace(fit(data, request.years), people_uncertainty=PEOPLE_UNCERTAINTY[request.people])
    basis = apply_scenario(fitted, scenario)
    manifest = build_manifest(data, basis, scenario, request.seed, request.draws)
    name = str(manifest["run"])
    if has_run(store, name):
        return Outcome(open_run(store, name), False, False, ())
    dataset = simulate(basis, request.seed, request.draws, request.scheduler, request.workers, progress=progress)
    dataset = dataset.merge(budget_arrays(data.city, data.frames), join="exact")
    manifest["headline"] = headline(dataset, basis.budget_year)
    horizon, rng = len(reserve_years(basis)), stream(request.seed, "reliability", 0)
    manifest["reliability"] = reliability_records(city_deficits(data, None, horizon, BLOCK, rng))
    tested = stress_city(fitted, data.frames, request.seed, request.draws, request.workers)
    manifest["stress"] = None
    if tested is not None:
        dataset, manifest["stress"] = dataset.merge(tested[0], join="exact"), tested[1]
    manifest["solved"] = what_it_takes(data, basis, request.seed, request.draws)
    return Outcome(write_run(store, dataset, manifest), True, False, ())


def _reason(verdict: Verdict) -> str:
    """Why a rule refuses, in Chinese and English."""
    values = {"place": verdict.place, "value": f"{verdict.value:.4g}", "limit": f"{verdict.limit:.4g}"}
    return " ".join(text(f"gate.{verdict.rule}", language, **values) for language in LANGUAGES)


def report_object(run: Run, store: Path, paths: dict[str, str]) -> dict[str, object]:
    """The object that ``--json`` prints; other programs depend on its names. Yuan and months."""
    manifest = run.manifest
    return {
        "run": run.id,
        "store": str(store),
        "city": manifest["city"]["code"],
        "city_name": manifest["city"]["name"],
        "year": manifest["budget_year"],
        "draws": manifest["draws"],
        "seed": manifest["seed"],
        "scenario": manifest["scenario"]["name"],
        "published": manifest["published"],
        **manifest["headline"],
        "paths": paths,
    }


def compare(store: Path, first: str, second: str) -> dict[str, object]:
    """What differs between two runs: the inputs that differ, and every mean of the headline side by side.

    Returns
    -------
    ``inputs`` : name -> [first, second], only those that differ; ``figures`` : scheme.quantity -> first, second,
    difference, in yuan or months
    """
    runs = [open_run(store, name) for name in (first, second)]
    manifests = [run.manifest for run in runs]
    inputs = {}
    for name in ("city", "first_forecast_year", "draws", "years", "seed", "people_uncertainty", "lock", "versions"):
        inputs[name] = [manifest.get(name) for manifest in manifests]
    inputs["data"] = [manifest["data"]["digest"] for manifest in manifests]
    inputs["scenario"] = [manifest["scenario"]["name"] for manifest in manifests]
    inputs["code"] = [manifest["code"]["digest"] for manifest in manifests]
    figures = {}
    for quantity in QUANTITIES:
        for scheme in (*SCHEMES, "city"):
            pair = [_mean(manifest["headline"], scheme, quantity) for manifest in manifests]
            figures[f"{scheme}.{quantity}"] = {"first": pair[0], "second": pair[1], "difference": pair[1] - pair[0]}
    return {
        "first": first,
        "second": second,
        "years": [manifest["budget_year"] for manifest in manifests],
        "inputs": {name: pair for name, pair in inputs.items() if pair[0] != pair[1]},
        "files": _changed_files(manifests[0], manifests[1]),
        "figures": figures,
    }


def _mean(headline_object: dict, scheme: str, quantity: str) -> float:
    part = headline_object if scheme == "city" else headline_object["schemes"][scheme]
    return float(part[quantity]["mean"])


def _changed_files(first: dict, second: dict) -> list[str]:
    digests = [{row["file"]: row["sha256"] for row in manifest["data"]["files"]} for manifest in (first, second)]
    return sorted(
        name for name in digests[0].keys() | digests[1].keys() if digests[0].get(name) != digests[1].get(name)
    )
