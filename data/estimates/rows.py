"""Rows of the tables of a city folder, and the folder itself: written in one fixed way, with the catalogue over it."""

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from actuarial.contract import CATALOGUE_COLUMNS, TABLES

Row = dict[str, object]
ESTIMATED = "estimated"
# Ages over which the mean fall of death rates is taken: where most deaths are.


def table_bytes(table: str, rows: Iterable[Row]) -> bytes:
    """A table as CSV, columns and order as the contract has them; rows stay in the order given.

    Raises
    ------
    KeyError
        If a row lacks a column of the table.
    """
    columns = TABLES[table].column_names
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([row[name] for name in columns])
    return out.getvalue().encode("utf-8")


def yuan(fen: int) -> str:
    """Whole fen written in yuan, without a trailing zero after the point."""
    sign, amount = ("-" if fen < 0 else ""), abs(int(fen))
    text = f"{sign}{amount // 100}.{amount % 100:02d}"
    return text.rstrip("0").rstrip(".")


def number(value: float, digits: int = 0) -> str:
    """A value at fixed digits, without trailing zeros."""
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def write_folder(folder: Path, tables: Mapping[str, bytes], catalogue: Iterable[Mapping[str, str]]) -> None:
    """Write every table and the catalogue with their digests; ``city.yaml`` is written by hand and stays."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in tables.items():
        (folder / f"{name}.csv").write_bytes(content)
    (folder / "catalogue.csv").write_bytes(catalogue_bytes(tables, catalogue))


def catalogue_bytes(tables: Mapping[str, bytes], catalogue: Iterable[Mapping[str, str]]) -> bytes:
    """The catalogue of the tables: what is said of each file, and the digest of its bytes."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CATALOGUE_COLUMNS)
    for entry in catalogue:
        name = entry["file"].removesuffix(".csv")
        row = {**entry, "sha256": hashlib.sha256(tables[name]).hexdigest()}
        writer.writerow([row[column] for column in CATALOGUE_COLUMNS])
    return out.getvalue().encode("utf-8")
