"""Which file came from whom, published when, under which licence and with which digest; a changed file is refused."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path, PurePath

from actuarial.cells import date_defect, text_defect
from actuarial.contract import CATALOGUE_COLUMNS, FILE_SUFFIXES
from actuarial.faults import Fault, closest, nearest, refuse
from actuarial.schema import UNITS
from actuarial.sheet import Sheet, read_sheet

FILE = "catalogue.csv"
BY_ROW = "by row"
_DIGEST = re.compile("[0-9a-f]{64}")
# Files that a spreadsheet program or a desktop leaves beside the data.
_PASSING = ("~$", ".")


@dataclass(frozen=True, slots=True)
class Files:
    """The data files of a folder: their bytes, their digests and the rows of the catalogue."""

    contents: dict[str, bytes]
    digests: dict[str, str]
    rows: tuple[dict[str, str], ...]


def digest(data: bytes) -> str:
    """SHA-256 of a file, as lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def examine_files(folder: Path) -> tuple[Files, list[Fault]]:
    """Every data file of a folder held against its catalogue; files are read once and judged as read."""
    paths = sorted(path for path in folder.iterdir() if path.is_file() and _is_data(path.name))
    contents = {path.name: path.read_bytes() for path in paths}
    digests = {name: digest(data) for name, data in contents.items()}
    rows, faults = _rows(folder)
    if rows is not None:
        faults += _digest_faults(digests, rows)
    return Files(contents, digests, tuple(_without_line(row) for row in rows or ())), faults


def _is_data(name: str) -> bool:
    return PurePath(name).suffix.lower() in FILE_SUFFIXES and name != FILE and not name.startswith(_PASSING)


def _rows(folder: Path) -> tuple[list[dict] | None, list[Fault]]:
    path = folder / FILE
    if not path.is_file():
        return None, [refuse("catalogue_missing", FILE)]
    sheet, faults = read_sheet(FILE, path.read_bytes(), CATALOGUE_COLUMNS)
    if sheet is None:
        return None, faults
    wrong = column_faults(sheet, CATALOGUE_COLUMNS, CATALOGUE_COLUMNS)
    if wrong:
        return None, faults + wrong
    cells = sheet.cells.assign(line=sheet.lines.to_numpy())
    rows = [{str(name): cell for name, cell in row.items()} for row in cells.to_dict("records")]
    for row in rows:
        faults += _row_faults(row)
    return rows, faults


def column_faults(sheet: Sheet, wanted: tuple[str, ...], needed: tuple[str, ...]) -> list[Fault]:
    """Columns that are missing, extra or renamed; a missing and an extra one that look alike are one fault."""
    names = list(sheet.cells.columns)
    missing = [name for name in wanted if name not in names]
    faults = []
    for name in (name for name in names if name not in wanted):
        meant = nearest(name, missing)
        if meant:
            missing.remove(meant)
            faults.append(refuse("column_renamed", sheet.file, 1, name, name, suggestion=meant))
        else:
            faults.append(refuse("column_extra", sheet.file, 1, name, name, columns=", ".join(wanted)))
    return faults + [
        refuse("column_missing", sheet.file, 1, name, columns=", ".join(wanted)) for name in missing if name in needed
    ]


def _row_faults(row: dict) -> list[Fault]:
    faults = []
    for name in CATALOGUE_COLUMNS:
        defect = date_defect(row[name]) if name in ("published", "as_of") else text_defect(row[name])
        if defect:
            faults.append(refuse(defect.rule, FILE, row["line"], name, row[name], **defect.values))
    if row["unit"] != BY_ROW and row["unit"] not in UNITS and not text_defect(row["unit"]):
        suggestion = closest(row["unit"], (BY_ROW, *UNITS))
        faults.append(refuse("unit_unknown", FILE, row["line"], "unit", row["unit"], suggestion=suggestion))
    if row["sha256"] and not _DIGEST.fullmatch(row["sha256"]):
        faults.append(refuse("digest_text", FILE, row["line"], "sha256", row["sha256"]))
    return faults


def _digest_faults(digests: dict[str, str], rows: list[dict]) -> list[Fault]:
    faults = []
    seen: set[str] = set()
    for row in rows:
        name, line = row["file"], row["line"]
        if name in seen:
            faults.append(refuse("catalogue_twice", FILE, line, "file", name))
        elif name not in digests:
            faults.append(refuse("catalogue_file_missing", FILE, line, "file", name, suggestion=closest(name, digests)))
        elif _DIGEST.fullmatch(row["sha256"]) and digests[name] != row["sha256"]:
            faults.append(
                refuse("digest_changed", FILE, line, "sha256", row["sha256"], name=name, actual=digests[name])
            )
        seen.add(name)
    return faults + [refuse("file_not_in_catalogue", name) for name in digests if name not in seen]


def _without_line(row: dict) -> dict[str, str]:
    return {name: str(cell) for name, cell in row.items() if name != "line"}
