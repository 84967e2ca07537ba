"""A file as a grid of text with the line number of every row: CSV, Parquet and XLSX read alike.

Nothing is interpreted here. A row that cannot be laid out under the header is reported and left out.
"""

import csv
import io
import zipfile
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from pathlib import PurePath

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from actuarial.decoding import decode
from actuarial.faults import Fault, refuse, warn

# What openpyxl raises on a file that is no workbook, or a damaged or hostile one.
_NO_WORKBOOK = (
    zipfile.BadZipFile,
    AttributeError,
    IndexError,
    KeyError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
)

type Grid = list[tuple[int, list[str]]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Text cells of one file, the line number of each row, and whether every row could be laid out."""

    file: str
    cells: pd.DataFrame
    lines: pd.Series
    is_whole: bool


def read_sheet(file: str, data: bytes, known: tuple[str, ...]) -> tuple[Sheet | None, list[Fault]]:
    """Cells of a file given as bytes; ``known`` are the column names that a right header may hold.

    Spaces around a cell are dropped with a warning; empty rows are left out with a warning.
    """
    reader = {".csv": _read_csv, ".parquet": _read_parquet, ".xlsx": _read_xlsx}[PurePath(file).suffix.lower()]
    grid, faults = reader(file, data)
    if grid is None:
        return None, faults
    if not grid or not any(cell.strip() for cell in grid[0][1]):
        return None, [*faults, refuse("file_empty", file)]
    header, grid = _without_empty_columns(grid)
    faults += _header_faults(file, header, known)
    if any(fault.severity == "refuse" for fault in faults if fault.rule in _UNREADABLE_HEADER):
        return None, faults
    return _laid_out(file, header, grid, faults)


_UNREADABLE_HEADER = ("column_twice", "column_unnamed", "encoding_unknown", "delimiter")


def _without_empty_columns(grid: Grid) -> tuple[list[str], Grid]:
    """Header and rows without the columns that Excel leaves behind at the right: no name, no cell."""
    header, rows = [cell.strip() for cell in grid[0][1]], grid[1:]
    while (
        header and not header[-1] and not any(any(cell.strip() for cell in row[len(header) - 1 :]) for _, row in rows)
    ):
        header = header[:-1]
        rows = [(line, row[: len(header)]) for line, row in rows]
    return header, rows


def _header_faults(file: str, header: list[str], known: tuple[str, ...]) -> list[Fault]:
    if len(header) == 1 and len(known) > 1:
        for mark, name in ((";", ";"), ("\t", "tab"), ("，", "，"), ("|", "|")):
            if mark in header[0]:
                return [refuse("delimiter", file, 1, value=header[0], delimiter=name)]
    faults = [
        refuse("column_twice", file, 1, name, name) for name, times in Counter(header).items() if times > 1 and name
    ]
    faults += [refuse("column_unnamed", file, 1, value=f"{place}") for place, name in enumerate(header, 1) if not name]
    if file.endswith(".csv") and not set(header) & set(known):
        faults.append(refuse("encoding_unknown", file, 1, value=",".join(header)))
    return faults


def _laid_out(file: str, header: list[str], grid: Grid, faults: list[Fault]) -> tuple[Sheet, list[Fault]]:
    rows, lines, is_whole = [], [], True
    for line, row in grid:
        if not any(cell.strip() for cell in row):
            if row:
                faults.append(warn("row_blank", file, line))
        elif len(row) != len(header):
            faults.append(refuse("cells_count", file, line, value=",".join(row), cells=len(row), columns=len(header)))
            is_whole = False
        else:
            rows.append(row)
            lines.append(line)
    cells = pd.DataFrame(rows, columns=pd.Index(header, dtype="str"), dtype="str")
    numbers = pd.Series(lines, dtype="int64")
    for name in header:
        stripped = cells[name].str.strip()
        spaced = stripped != cells[name]
        if spaced.any():
            line, cell = int(numbers[spaced].iloc[0]), cells.loc[spaced, name].iloc[0]
            faults.append(warn("space_around", file, line, name, cell, count=int(spaced.sum())))
            cells[name] = stripped
    return Sheet(file, cells, numbers, is_whole), faults


def _read_csv(file: str, data: bytes) -> tuple[Grid | None, list[Fault]]:
    content, faults = decode(data, file)
    if content is None:
        return None, faults
    reader = csv.reader(io.StringIO(content, newline=""), strict=True)
    grid: Grid = []
    last = 0
    try:
        for row in reader:
            grid.append((last + 1, row))
            last = reader.line_num
    except csv.Error as error:
        return None, [*faults, refuse("file_unreadable", file, last + 1, reason=_reason(error))]
    return grid, faults


def _read_parquet(file: str, data: bytes) -> tuple[Grid | None, list[Fault]]:
    try:
        table = pq.read_table(io.BytesIO(data))
    except (pa.ArrowException, OSError, ValueError) as error:
        return None, [refuse("file_unreadable", file, reason=_reason(error))]
    columns = [[_as_text(cell) for cell in column.to_pylist()] for column in table.columns]
    rows = [list(row) for row in zip(*columns, strict=True)]
    return [(1, table.column_names), *enumerate(rows, start=2)], []


def _read_xlsx(file: str, data: bytes) -> tuple[Grid | None, list[Fault]]:
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False)
        rows = [list(row) for row in book.worksheets[0].iter_rows()]
    except _NO_WORKBOOK as error:
        return None, [refuse("file_unreadable", file, reason=_reason(error))]
    faults = [warn("sheet_extra", file, value=name) for name in book.sheetnames[1:]]
    width = max((len(row) for row in rows), default=0)
    grid: Grid = []
    for line, row in enumerate(rows, start=1):
        texts = [_as_text(cell.value) for cell in row] + [""] * (width - len(row))
        grid.append((line, texts))
        faults += [
            refuse("formula_cell", file, line, grid[0][1][place], texts[place])
            for place, cell in enumerate(row)
            if cell.data_type == "f"
        ]
    return grid, faults


def _reason(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].partition(". ")[0].rstrip(".")


def _as_text(value: object) -> str:
    """A typed cell as a person would type it: whole floats without a point, others as their shortest exact digits."""
    if value is None:
        return ""
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return str(value)
        return format(Decimal(repr(value)), "f").removesuffix(".0")
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)
