"""A good folder, spoiled in one way: the tools of the tests in this package."""

import csv
import tomllib
from collections.abc import Callable
from pathlib import Path

from actuarial.checks import check_folder
from actuarial.contract import TABLES
from actuarial.faults import Fault
from tests.tiny_city import write_catalogue, write_table

type Row = dict[str, str]
type Spoil = Callable[[list[Row]], object]

TEXTS = tomllib.loads(Path(__file__).with_name("messages.toml").read_text(encoding="utf-8"))


def edit(folder: Path, table: str, spoil: Spoil) -> None:
    """Changes the rows of a table in place and enters the new digest."""
    path = folder / f"{table}.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    spoil(rows)
    header = TABLES[table].column_names
    write_table(path, header, [tuple(row[name] for name in header) for row in rows])
    write_catalogue(folder)


def find(rows: list[Row], **wanted: object) -> Row:
    """The first row with these cells."""
    return next(row for row in rows if all(row[name] == str(cell) for name, cell in wanted.items()))


def refusals(folder: Path) -> list[Fault]:
    return [fault for fault in check_folder(folder) if fault.severity == "refuse"]


def assert_text(case: str, fault: Fault) -> None:
    """Place, message and remedy of a fault in both languages, word for word as in ``messages.toml``."""
    shown = {
        language: f"{fault.place(language)} | {fault.message(language)} | {fault.remedy(language)}"
        for language in ("zh", "en")
    }
    assert shown == {language: TEXTS[case][language] for language in ("zh", "en")}
