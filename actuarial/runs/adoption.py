"""A run's budget year written as the next version of the adopted budget of a city folder.

The old file is kept byte for byte as the beginning of the new one, so no older version can change. The new folder is
checked as a whole in a copy before anything of the folder is touched; then both files are written beside the old ones
and moved over them, the budgets first. Stopped in between, the budgets are whole and the catalogue still has the old
digest, which the check refuses; adopting the same again finishes it.
"""

import csv
import hashlib
import io
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from actuarial.budget.adopted import next_version
from actuarial.cells import date_defect, text_defect
from actuarial.city import read_city
from actuarial.contract import CATALOGUE_COLUMNS, TABLES
from actuarial.errors import AssumptionError, SchemaError
from actuarial.runs.store import open_run, writing
from actuarial.tables import read_folder

FILE, CATALOGUE = "budgets.csv", "catalogue.csv"


@dataclass(frozen=True, slots=True)
class Adoption:
    """What was adopted: the version of a year, its rows, and the file that holds them."""

    run: str
    year: int
    version: int
    rows: int
    path: Path


def adopt(folder: Path, store: Path, run: str, adopted: str, source: str) -> Adoption:
    """Append a run's budget year to the adopted budgets of a folder, as the next version; nothing older changes.

    Raises
    ------
    AssumptionError
        If the date is none or not after the version before, the source is empty, or the run is of another city.
    SchemaError
        If the folder with the new version would not pass its check; nothing is written.
    BusyError
        If another writer holds the store.
    """
    with writing(store):
        made = open_run(store, run)
        _check_words(made.manifest, folder, adopted, source)
        old = (folder / FILE).read_bytes() if (folder / FILE).exists() else b""
        header, before = _versions(old)
        is_done = any(date == adopted for _, _, date in before) and not _is_catalogued(folder, old)
        known = [entry for entry in before if not (is_done and entry[2] == adopted)]
        rows = next_version(made.dataset, made.manifest, known, adopted, source)
        addition = _written(header, rows, has_header=not old)
        content = old if is_done and old.endswith(addition) else _ended(old) + addition
        _replace(folder, content)
        first = rows[0]
        return Adoption(run, int(first["year"]), int(first["version"]), len(rows), folder / FILE)


def _check_words(manifest: dict, folder: Path, adopted: str, source: str) -> None:
    if date_defect(adopted) is not None or len(adopted) < len("2026-01-15"):
        raise AssumptionError(f"date {adopted!r}: write the day of adoption as 2026-01-15")
    if text_defect(source) is not None:
        raise AssumptionError(f"source {source!r}: name the resolution that adopted the budget, as plain text")
    city, own = str(manifest["city"]["code"]), read_city(folder).code
    if city != own:
        raise AssumptionError(f"run {manifest['run']} is of city {city}, the folder {folder} of {own}")
    others = [path.name for path in folder.glob("budgets.*") if path.name != FILE]
    if others:
        raise AssumptionError(f"{others[0]}: versions are appended to {FILE}; save the table as CSV in UTF-8 first")


def _versions(content: bytes) -> tuple[tuple[str, ...], list[tuple[int, int, str]]]:
    """Header of the file, and year, version and date of every version in it."""
    if not content:
        return TABLES["budgets"].column_names, []
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""))
        found = {(int(row["year"]), int(row["version"]), row["adopted"]) for row in reader}
    except (UnicodeDecodeError, KeyError, TypeError, ValueError) as broken:
        raise SchemaError(f"{FILE} cannot be read ({broken}); run `actuarial check` on its folder") from broken
    return tuple(reader.fieldnames or ()), sorted(found)


def _is_catalogued(folder: Path, content: bytes) -> bool:
    digest = hashlib.sha256(content).hexdigest()
    return any(row["file"] == FILE and row["sha256"] == digest for row in _catalogue(folder))


def _catalogue(folder: Path) -> list[dict[str, str]]:
    with (folder / CATALOGUE).open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def _written(header: tuple[str, ...], rows: list[dict[str, str]], has_header: bool) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, header, lineterminator="\n")
    if has_header:
        writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8")


def _ended(content: bytes) -> bytes:
    return content if not content or content.endswith(b"\n") else content + b"\n"


def _replace(folder: Path, content: bytes) -> None:
    """Both files new, or none; a copy of the folder passes the check first."""
    with tempfile.TemporaryDirectory() as place:
        trial = Path(shutil.copytree(folder, Path(place) / folder.resolve().name))
        (trial / FILE).write_bytes(content)
        (trial / CATALOGUE).write_bytes(_new_catalogue(folder, content))
        read_folder(trial)
        catalogue = (trial / CATALOGUE).read_bytes()
    for name, data in ((FILE, content), (CATALOGUE, catalogue)):
        part = folder / f".{name}.part"
        with part.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    for name in (FILE, CATALOGUE):
        (folder / f".{name}.part").replace(folder / name)


def _new_catalogue(folder: Path, content: bytes) -> bytes:
    """The catalogue with the digest of the new budgets; a first budget gets an entry of its own."""
    rows = _catalogue(folder)
    digest = hashlib.sha256(content).hexdigest()
    own = [row for row in rows if row["file"] == FILE]
    if not own:
        today = max(row["adopted"] for row in csv.DictReader(io.StringIO(content.decode("utf-8"))))
        said = (FILE, "", read_city(folder).name["zh"], "基金预算", today, today, "by row", "own figures")
        entry: dict[str, str] = {str(name): word for name, word in zip(CATALOGUE_COLUMNS, said, strict=True)}
        own = [entry]
        rows += own
    own[0]["sha256"] = digest
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CATALOGUE_COLUMNS)
    writer.writerows([row[name] for name in CATALOGUE_COLUMNS] for row in rows)
    return out.getvalue().encode("utf-8")
