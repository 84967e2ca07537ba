import csv
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from actuarial.assumptions.policy import read_policy
from actuarial.errors import GateError, SchemaError
from actuarial.runs.gate import Verdict, judge
from actuarial.runs.jobs import Request, compare, make_run, reforecast, report_object
from actuarial.runs.store import last_published, list_runs, published
from actuarial.runs.summary import QUANTITIES, headline
from actuarial.schema import SCHEMES
from tests.tiny_city import write_tiny_city


def request(folder: Path, store: Path, **changed: object) -> Request:
    plain = {"folder": folder, "store": store, "scenario": "baseline", "draws": 60, "years": 4, "seed": 5}
    return Request(**(plain | changed))  # type: ignore[arg-type]


def change_policy(folder: Path, parameter: str, value: str) -> None:
    """Another value of a parameter, with the catalogue's digest brought up to date."""
    path = folder / "policy.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    place = lines[0].split(",").index("value")
    for number, line in enumerate(lines):
        cells = line.split(",")
        if parameter in cells:
            cells[place] = value
            lines[number] = ",".join(cells)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    catalogue = folder / "catalogue.csv"
    rows = list(csv.reader(catalogue.read_text(encoding="utf-8").splitlines()))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with catalogue.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([[row[0], digest, *row[2:]] if row[0] == "policy.csv" else row for row in rows])


@pytest.fixture
def folder(tmp_path) -> Path:
    return write_tiny_city(tmp_path / "city")


def test_same_input_and_seed_are_the_same_run(folder, tmp_path):
    first = make_run(request(folder, tmp_path / "store"))
    second = make_run(request(folder, tmp_path / "store"))
    assert (first.is_new, second.is_new) == (True, False)
    assert first.run.id == second.run.id
    assert len(list_runs(tmp_path / "store")) == 1


@pytest.mark.parametrize("changed", [{"seed": 6}, {"draws": 61}, {"years": 5}, {"scenario": "test"}])
def test_another_choice_is_another_run(folder, tmp_path, changed):
    names = {make_run(request(folder, tmp_path / "store", **part)).run.id for part in ({}, _known(folder, changed))}
    assert len(names) == 2


def _known(folder: Path, changed: dict) -> dict:
    """The scenario that the tiny city has, under whatever name."""
    if "scenario" not in changed:
        return changed
    with (folder / "scenarios.csv").open(encoding="utf-8") as stream:
        return {"scenario": next(csv.DictReader(stream))["scenario"]}


def test_refused_folder_stores_nothing(folder, tmp_path):
    (folder / "population.csv").unlink()
    with pytest.raises(SchemaError):
        make_run(request(folder, tmp_path / "store"))
    assert not (tmp_path / "store").exists()


def test_manifest_holds_what_made_the_run(folder, tmp_path):
    manifest = make_run(request(folder, tmp_path / "store")).run.manifest
    assert {row["file"] for row in manifest["data"]["files"]} >= {"population.csv", "ledger.csv"}
    assert manifest["seed"] == 5
    assert manifest["budget_year"] == 2027
    assert set(manifest["code"]) == {"version", "commit", "dirty", "digest"}
    assert set(manifest["versions"]) >= {"numpy", "xarray", "statsmodels"}


def test_printed_object_has_the_promised_names(folder, tmp_path):
    run = make_run(request(folder, tmp_path / "store")).run
    printed: dict[str, Any] = report_object(run, tmp_path / "store", {})
    assert {"run", "store", "city", "year", "paths", "schemes", *QUANTITIES} <= set(printed)
    for part in (printed, *printed["schemes"].values()):
        for quantity in QUANTITIES:
            assert {"mean", "p05", "p50", "p95"} <= set(part[quantity])
    assert sorted(printed["schemes"]) == sorted(SCHEMES)


def test_headline_agrees_with_a_sum_over_the_stored_draws(folder, tmp_path):
    run = make_run(request(folder, tmp_path / "store")).run
    figures = headline(run.dataset, 2027)
    revenue = run.dataset["revenue"].sel(fund=["employee_pooled", "resident_pooled", "assistance"], year=2027)
    city = revenue.sum(["region", "fund"]).values / 100
    assert figures["revenue"]["mean"] == pytest.approx(city.mean(), rel=1e-12)  # type: ignore[index]
    assert figures["revenue"]["p05"] == pytest.approx(np.quantile(city, 0.05), rel=1e-12)  # type: ignore[index]
    total = sum(part["revenue"]["mean"] for part in figures["schemes"].values())  # type: ignore[attr-defined]
    assert total == pytest.approx(city.mean(), rel=1e-12)


def test_reforecast_publishes_once(folder, tmp_path):
    delivered = []
    first = reforecast(request(folder, tmp_path / "store"), delivered.append)
    second = reforecast(request(folder, tmp_path / "store"), delivered.append)
    assert (first.is_published, second.is_published) == (True, False)
    assert [run.id for run in delivered] == [first.run.id]
    assert delivered[0].manifest["published"] == published(tmp_path / "store")[first.run.id]


def test_gate_refuses_growth_beyond_its_limit(folder, tmp_path):
    change_policy(folder, "gate_growth_limit", "0.001")
    with pytest.raises(GateError, match=r"growth \(employee_pooled.revenue\): .* passes the limit 0.001"):
        reforecast(request(folder, tmp_path / "store"), lambda run: None)
    assert published(tmp_path / "store") == {}
    assert len(list_runs(tmp_path / "store")) == 1


def test_gate_refuses_a_leap_from_the_run_published_before(folder, tmp_path):
    reforecast(request(folder, tmp_path / "store"), lambda run: None)
    change_policy(folder, "gate_revision_limit", "0.0000001")
    with pytest.raises(GateError, match=r"revision \("):
        reforecast(request(folder, tmp_path / "store", seed=6), lambda run: None)
    assert len(published(tmp_path / "store")) == 1


def test_report_that_fails_leaves_the_run_unpublished_for_the_next_job(folder, tmp_path):
    def fail(_: object) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        reforecast(request(folder, tmp_path / "store"), fail)
    assert last_published(tmp_path / "store", "339900") is None
    assert reforecast(request(folder, tmp_path / "store"), lambda run: None).is_published


def test_gate_sees_a_ledger_that_does_not_close(folder, tmp_path, tiny_data):
    run = make_run(request(folder, tmp_path / "store")).run
    policy = read_policy("339900", tiny_data.frames["policy"])
    assert all(verdict.passes for verdict in judge(run, policy, None))
    spoiled = run.dataset.copy(deep=True)
    spoiled["closing_balance"][0, 0, 0, 1] += 1
    spoiled["transfer"][1, 0, 0, 0] += 2
    refused = [v.rule for v in judge(replace(run, dataset=spoiled), policy, None) if not v.passes]
    assert refused == ["ledger", "transfer"]


def test_figure_that_is_no_number_never_passes():
    assert not Verdict("growth", "all", float("nan"), 1.0).passes


def test_comparison_names_what_differs(folder, tmp_path):
    first = make_run(request(folder, tmp_path / "store")).run.id
    change_policy(folder, "financing_growth", "0.2")
    second = make_run(request(folder, tmp_path / "store")).run.id
    found = compare(tmp_path / "store", first, second)
    assert found["files"] == ["policy.csv"]
    assert list(found["inputs"]) == ["data"]  # type: ignore[call-overload]
    assert found["figures"]["resident.revenue"]["difference"] > 0  # type: ignore[index]
    assert found["figures"]["employee.revenue"]["difference"] == 0  # type: ignore[index]


def test_people_without_uncertainty_are_another_run(folder, tmp_path):
    both, none = (make_run(request(folder, tmp_path / "store", people=word)).run for word in ("both", "none"))
    found = compare(tmp_path / "store", both.id, none.id)
    assert found["inputs"] == {"people_uncertainty": [["parameter", "process"], []]}
    heads = {word: run.dataset["heads_city"].isel(year_all=-1) for word, run in (("both", both), ("none", none))}
    assert (heads["both"].sel(quantile=0.975) > heads["both"].sel(quantile=0.025)).any()
    assert (
        heads["none"].sel(quantile=0.975) - heads["none"].sel(quantile=0.025) < 1e-4 * heads["none"].sel(quantile=0.5)
    ).all()


def test_changed_city_record_is_another_run(folder, tmp_path):
    """A pool or a break stands in city.yaml alone: a run made with another one is not found again."""
    first = make_run(request(folder, tmp_path / "store")).run.id
    record = folder / "city.yaml"
    record.write_text(record.read_text(encoding="utf-8").replace("Testville", "Testville on Sea"), encoding="utf-8")
    second = make_run(request(folder, tmp_path / "store"))
    assert second.is_new
    assert second.run.id != first
