import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from actuarial.errors import BusyError, StoreError
from actuarial.runs.store import (
    has_run,
    last_published,
    list_runs,
    now,
    open_run,
    publish,
    published,
    write_run,
    writing,
)


def manifest(run: str, created: str = "2026-01-01", city: str = "330200") -> dict:
    return {"run": run, "created": created, "city": {"code": city, "name": {"zh": "宁波市", "en": "Ningbo"}}}


@pytest.fixture
def dataset() -> xr.Dataset:
    return xr.Dataset(
        {"closing": (("draw", "region"), np.arange(6, dtype="int64").reshape(3, 2)), "name": ("region", ["奉化", "b"])},
        coords={"region": ["330213", "330225"], "draw": [0, 1, 2]},
    )


def test_run_comes_back_as_it_was_stored(tmp_path, dataset):
    with writing(tmp_path):
        write_run(tmp_path, dataset, manifest("a"))
    run = open_run(tmp_path, "a")
    xr.testing.assert_identical(run.dataset, dataset)
    assert run.dataset["closing"].dtype == np.int64
    assert run.manifest == manifest("a") | {"published": None}


def test_missing_run_names_those_there_are(tmp_path, dataset):
    with writing(tmp_path):
        write_run(tmp_path, dataset, manifest("a"))
    with pytest.raises(StoreError, match="no run 'b'; it holds: a"):
        open_run(tmp_path, "b")


def test_folder_without_a_store_is_said(tmp_path):
    assert not has_run(tmp_path, "a")
    with pytest.raises(StoreError, match="there is no store here"):
        list_runs(tmp_path)


def test_runs_are_listed_the_oldest_first(tmp_path, dataset):
    with writing(tmp_path):
        write_run(tmp_path, dataset, manifest("b", "2026-02-01"))
        write_run(tmp_path, dataset, manifest("a", "2026-03-01"))
    assert [entry["run"] for entry in list_runs(tmp_path)] == ["b", "a"]


def test_last_published_is_that_of_the_city(tmp_path, dataset):
    assert last_published(tmp_path, "330200") is None
    with writing(tmp_path):
        for name, city in (("a", "330200"), ("b", "330200"), ("c", "100000")):
            write_run(tmp_path, dataset, manifest(name, city=city))
            publish(tmp_path, name, now())
    found = last_published(tmp_path, "330200")
    assert found is not None
    assert found.id == "b"
    assert list(published(tmp_path)) == ["a", "b", "c"]
    assert found.manifest["published"] == published(tmp_path)["b"]


def test_only_a_stored_run_can_be_published(tmp_path, dataset):
    with writing(tmp_path):
        write_run(tmp_path, dataset, manifest("a"))
        with pytest.raises(StoreError, match="no run 'b' to publish"):
            publish(tmp_path, "b", now())


def test_second_writer_is_turned_away_at_once(tmp_path):
    script = textwrap.dedent(f"""
        from pathlib import Path
        from actuarial.errors import BusyError
        from actuarial.runs.store import writing
        try:
            with writing(Path({str(tmp_path)!r})):
                print("in")
        except BusyError as error:
            print(error)
    """)
    root = Path(__file__).parents[2]
    with writing(tmp_path):
        answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=root, check=True)
    assert "another writer holds it; try again when it has finished" in answer.stdout
    with writing(tmp_path):
        pass


def test_failure_while_writing_leaves_no_run_behind(tmp_path, dataset):
    with writing(tmp_path):
        write_run(tmp_path, dataset, manifest("a"))
        # a manifest that cannot be written stops the write after the arrays and before the commit
        with pytest.raises(TypeError):
            write_run(tmp_path, dataset, manifest("b") | {"bad": object()})
    assert [entry["run"] for entry in list_runs(tmp_path)] == ["a"]


def test_damaged_store_is_named(tmp_path, dataset):
    with writing(tmp_path):
        write_run(tmp_path, dataset, manifest("a"))
    for part in (tmp_path / "repo" / "chunks").glob("*"):
        part.unlink()
    for part in (tmp_path / "repo" / "snapshots").glob("*"):
        part.unlink()
    with pytest.raises(StoreError, match="it is damaged and cannot be read"):
        open_run(tmp_path, "a")


def test_busy_is_a_kind_of_store_error():
    assert issubclass(BusyError, StoreError)
