"""Stored runs: a transactional array store in a local folder, one writer at a time.

Each run is one group with its arrays and its manifest, committed whole; which run is published is written in the same
store, in a commit of its own. A run that was stopped half-way was never there.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import icechunk
import xarray as xr
import zarr
from filelock import FileLock, Timeout

from actuarial.errors import BusyError, StoreError

icechunk.set_logs_filter("error")

BRANCH = "main"
_RUNS = "runs"


@dataclass(frozen=True, slots=True)
class Run:
    """A stored run: its name, its arrays, and everything that made it."""

    id: str
    dataset: xr.Dataset
    manifest: dict


@contextmanager
def writing(store: Path) -> Iterator[None]:
    """Hold the store for one writer.

    Raises
    ------
    BusyError
        At once, if another process holds it.
    """
    store.mkdir(parents=True, exist_ok=True)
    lock = FileLock(store / "writer.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as held:
        raise BusyError(f"store {store}: another writer holds it; try again when it has finished") from held
    try:
        yield
    finally:
        lock.release()


def has_run(store: Path, run: str) -> bool:
    """Whether the store holds a run."""
    return (store / "repo").exists() and run in _names(store, _reading(store))


def write_run(store: Path, dataset: xr.Dataset, manifest: dict) -> Run:
    """Commit a run; the caller holds the store."""
    repository = _open(store)
    session = repository.writable_session(BRANCH)
    name = str(manifest["run"])
    group = f"{_RUNS}/{name}"
    encoding = {
        str(variable): {"chunks": _chunks(array)} for variable, array in dataset.data_vars.items() if array.ndim > 0
    }
    dataset.to_zarr(session.store, group=group, mode="w-", consolidated=False, zarr_format=3, encoding=encoding)
    node = zarr.open_group(session.store, path=group, mode="r+")
    node.attrs["manifest"] = json.dumps(manifest, ensure_ascii=False)
    session.commit(f"run {name}")
    return open_run(store, name)


def open_run(store: Path, run: str) -> Run:
    """A stored run, its arrays in memory.

    Raises
    ------
    StoreError
        If there is no such store or run, or the store is damaged; the message lists the runs there are.
    """
    session = _reading(store)
    names = _names(store, session)
    if run not in names:
        raise StoreError(f"store {store}: no run {run!r}; it holds: {', '.join(names) or 'none'}")
    with _naming_damage(store):
        dataset = xr.open_zarr(session.store, group=f"{_RUNS}/{run}", consolidated=False, zarr_format=3).load()
    manifest = json.loads(str(dataset.attrs.pop("manifest")))
    manifest["published"] = published(store).get(run)
    return Run(run, dataset, manifest)


def list_runs(store: Path) -> list[dict]:
    """Manifests of every stored run, the oldest first."""
    session = _reading(store)
    stamps = published(store)
    manifests = []
    for name in _names(store, session):
        node = zarr.open_group(session.store, path=f"{_RUNS}/{name}", mode="r")
        manifests.append({**json.loads(str(node.attrs["manifest"])), "published": stamps.get(name)})
    return sorted(manifests, key=lambda manifest: manifest["created"])


def now() -> str:
    """The time as the store writes it: UTC, to the microsecond, so that publications have an order."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def publish(store: Path, run: str, stamp: str) -> None:
    """Mark a run as published at a time; the caller holds the store."""
    if not has_run(store, run):
        raise StoreError(f"store {store}: no run {run!r} to publish")
    session = _open(store).writable_session(BRANCH)
    root = zarr.open_group(session.store, mode="r+")
    stamps = {**json.loads(str(root.attrs.get("published", "{}"))), run: stamp}
    root.attrs["published"] = json.dumps(stamps)
    session.commit(f"publish {run}")


def published(store: Path) -> dict[str, str]:
    """When each published run was published."""
    root = zarr.open_group(_reading(store).store, mode="r")
    return json.loads(str(root.attrs.get("published", "{}")))


def last_published(store: Path, city: str) -> Run | None:
    """The run of a city that was published last; None if none was."""
    if not (store / "repo").exists():
        return None
    stamps = published(store)
    for name in sorted(stamps, key=lambda run: stamps[run], reverse=True):
        run = open_run(store, name)
        if run.manifest["city"]["code"] == city:
            return run
    return None


def _open(store: Path) -> icechunk.Repository:
    place = store / "repo"
    storage = icechunk.local_filesystem_storage(str(place))
    if place.exists():
        return icechunk.Repository.open(storage)
    repository = icechunk.Repository.create(storage)
    session = repository.writable_session(BRANCH)
    zarr.create_group(session.store, path="")
    zarr.create_group(session.store, path=_RUNS)
    session.commit("empty store")
    return repository


def _reading(store: Path) -> icechunk.Session:
    place = store / "repo"
    if not place.exists():
        raise StoreError(f"store {store}: there is no store here")
    with _naming_damage(store):
        repository = icechunk.Repository.open(icechunk.local_filesystem_storage(str(place)))
        return repository.readonly_session(branch=BRANCH)


@contextmanager
def _naming_damage(store: Path) -> Iterator[None]:
    """Files of the store that are missing or unreadable are an error of the store, with its name."""
    try:
        yield
    except icechunk.IcechunkError as damage:
        first = str(damage).strip().splitlines()[0]
        message = f"store {store}: it is damaged and cannot be read ({first}); restore it from a copy"
        raise StoreError(message) from damage


def _names(store: Path, session: icechunk.Session) -> list[str]:
    with _naming_damage(store):
        root = zarr.open_group(session.store, path=_RUNS, mode="r")
        return sorted(name for name, _ in root.groups())


def _chunks(array: xr.DataArray) -> tuple[int, ...]:
    """All of every dim but draw; draws by the 65,536."""
    return tuple(min(size, 65_536) if dim == "draw" else size for dim, size in array.sizes.items())
