"""Stored fits: the indicated assumptions of a folder, each in a folder of its own beside the runs.

``STORE/fits/NAME`` holds ``draws.zarr`` (arrays of the trends), ``models/MODEL.zarr`` (those of every other model that
indicates something), ``points/MODEL.zarr`` (where the chains of its next fit may start) and ``fit.json`` (everything
else). It is written under another name
and renamed when it is whole and on the disk, so a fit that was stopped half-way was never there. The name follows from
what decides the numbers; what is selected does not, and the clock does not either.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xarray as xr

from actuarial.errors import StoreError
from actuarial.experience.indication import QUANTILES, Indication, ModelFit

_ARRAYS, _MODELS, _POINTS, _RECORD = "draws.zarr", "models", "points", "fit.json"
_ARRAY_NAMES = ("growth", "quantiles", "draws")
_PARTIAL = ".partial-"


@dataclass(frozen=True, slots=True)
class Fitted:
    """A stored fit, and what its folder selects beside it."""

    name: str
    path: Path
    is_new: bool
    indication: Indication
    selections: list[dict[str, object]]


def fit_name(made_from: dict[str, Any]) -> str:
    """The first twelve hexadecimal digits of the digest of what decides the numbers."""
    return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()[:12]


def list_fits(store: Path) -> tuple[str, ...]:
    """Names of the stored fits."""
    place = store / "fits"
    if not place.exists():
        return ()
    return tuple(sorted(path.name for path in place.iterdir() if not path.name.startswith(_PARTIAL)))


def write_fit(store: Path, indication: Indication) -> Path:
    """Writes a fit whole; the caller holds the store, so what an earlier writer left half-written is cleared away."""
    name = fit_name(indication.made_from)
    (store / "fits").mkdir(parents=True, exist_ok=True)
    for left in (store / "fits").glob(f"{_PARTIAL}*"):
        shutil.rmtree(left)
    partial = store / "fits" / f"{_PARTIAL}{name}"
    arrays = xr.Dataset({array: getattr(indication, array) for array in _ARRAY_NAMES})
    arrays.to_zarr(partial / _ARRAYS, mode="w-", consolidated=False, zarr_format=3)
    for model in indication.models:
        for part, arrays in ((_MODELS, model.arrays), (_POINTS, model.points)):
            if arrays.data_vars:
                place = partial / part / f"{model.name}.zarr"
                arrays.to_zarr(place, mode="w-", consolidated=False, zarr_format=3)
    record = {
        "fit": name,
        "city": indication.city,
        "fitted": indication.fitted,
        "made_from": indication.made_from,
        "residual_years": indication.residual_years,
        "record": indication.record,
        "people": indication.people,
        "models": [model.record for model in indication.models],
        "level_shifts": indication.level_shifts,
        "files": _digests(partial / _ARRAYS),
        "model_files": _digests(partial / _MODELS),
        "point_files": _digests(partial / _POINTS),
    }
    text = json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False)
    (partial / _RECORD).write_text(text + "\n", encoding="utf-8")
    for path in (*(part for part in partial.rglob("*") if part.is_file()), partial):
        _to_disk(path)
    partial.rename(fit_path(store, name))
    _to_disk(store / "fits")
    return fit_path(store, name)


def open_fit(store: Path, name: str) -> Indication:
    """A stored fit, its arrays in memory.

    Raises
    ------
    StoreError
        If there is no such fit, or its files are not what was written.
    """
    if name not in list_fits(store):
        raise StoreError(f"store {store}: no fit {name!r}; it holds: {', '.join(list_fits(store)) or 'none'}")
    path, record = fit_path(store, name), fit_record(store, name)
    # Of a chunk that is not there the format makes zeros in silence: the files are judged before they are read.
    for part, key in ((_ARRAYS, "files"), (_MODELS, "model_files"), (_POINTS, "point_files")):
        # Fits made before chains could start from them have no points.
        found, written = _digests(path / part), record.get(key, {}) if part == _POINTS else record[key]
        wrong = sorted(file for file in found.keys() | written.keys() if found.get(file) != written.get(file))
        if wrong:
            raise StoreError(_damage(path, f"{part}/{wrong[0]}: not the file that was written"))
    arrays = xr.open_zarr(path / _ARRAYS, consolidated=False, zarr_format=3).load()
    return Indication(
        city=record["city"],
        growth=arrays["growth"],
        quantiles=arrays["quantiles"],
        draws=arrays["draws"],
        residual_years=tuple(record["residual_years"]),
        record=tuple(record["record"]),
        people=tuple(record["people"]),
        models=tuple(_model(path, entry) for entry in record["models"]),
        level_shifts=record["level_shifts"],
        made_from=record["made_from"],
        fitted=record["fitted"],
    )


def fit_record(store: Path, name: str) -> dict[str, Any]:
    """What a stored fit says of itself, without its arrays.

    Raises
    ------
    StoreError
        If it cannot be read.
    """
    path = fit_path(store, name)
    try:
        return json.loads((path / _RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as damage:
        raise StoreError(_damage(path, f"{_RECORD}: {type(damage).__name__}")) from damage


def _model(path: Path, record: dict[str, Any]) -> ModelFit:
    arrays, points = (_arrays(path / part / f"{record['model']}.zarr") for part in (_MODELS, _POINTS))
    return ModelFit(record["model"], arrays, record, points)


def _arrays(place: Path) -> xr.Dataset:
    return xr.open_zarr(place, consolidated=False, zarr_format=3).load() if place.exists() else xr.Dataset()


def fit_object(fitted: Fitted) -> dict[str, object]:
    """The object that ``--json`` prints: what is indicated by series, region and year, and what is selected."""
    found = fitted.indication
    return {
        "fit": fitted.name,
        "path": str(fitted.path),
        "is_new": fitted.is_new,
        "city": found.city,
        "fitted": found.fitted,
        "made_from": found.made_from,
        "residual_years": list(found.residual_years),
        "assumptions": [{**entry, "growth": _growth_rows(found, entry)} for entry in found.record],
        "people": list(found.people),
        "models": [model.record for model in found.models],
        "level_shifts": found.level_shifts,
        "selections": fitted.selections,
    }


def _growth_rows(found: Indication, entry: Mapping[str, object]) -> list[dict[str, float]]:
    """Growth into each year, 1/year: central, and the quantiles of the draws as p025, p100, ..."""
    place = {"series": entry["series"], "region": entry["region"]}
    central, quantiles = found.growth.sel(place), found.quantiles.sel(place)
    return [
        {
            "year": int(year),
            "central": float(central.sel(year=year)),
            **{f"p{1000 * level:03.0f}": float(quantiles.sel(year=year, quantile=level)) for level in QUANTILES},
        }
        for year in central["year"].values
    ]


def fit_path(store: Path, name: str) -> Path:
    """Folder of a stored fit."""
    return store / "fits" / name


def _damage(path: Path, reason: str) -> str:
    return f"fit {path}: it is damaged and cannot be read ({reason}); delete its folder and fit again"


def _digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a folder, by its path in there."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _to_disk(path: Path) -> None:
    """Until the disk has it, a rename may outlive what it renames."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
