"""Every fault of a city folder at once: files, columns, cells, keys, then what must agree between rows and tables.

A rule over several rows is applied where all of them could be read; the rest waits until the cells are right, so that
one wrong cell is one fault and not ten.
"""

from dataclasses import dataclass
from pathlib import Path, PurePath

import pandas as pd

from actuarial.catalogue import BY_ROW, Files, examine_files
from actuarial.city import City, examine_city
from actuarial.contract import TABLES
from actuarial.faults import SEVERITIES, Fault, closest, refuse
from actuarial.rules import columns, keys
from actuarial.rules.adjustment import adjustment_faults
from actuarial.rules.ages import age_faults
from actuarial.rules.agreement import agreement_faults
from actuarial.rules.assistance import assistance_faults
from actuarial.rules.bands import band_faults
from actuarial.rules.benefit_cases import benefit_case_faults
from actuarial.rules.benefits import benefit_faults
from actuarial.rules.boundaries import boundary_faults
from actuarial.rules.bounds import bound_faults
from actuarial.rules.budgets import budget_faults
from actuarial.rules.care import care_faults
from actuarial.rules.ledger import ledger_faults
from actuarial.rules.magnitude import unit_faults
from actuarial.rules.outturn import outturn_faults
from actuarial.rules.policies import policy_faults
from actuarial.rules.scenarios import scenario_faults
from actuarial.rules.selections import selection_faults
from actuarial.rules.totals import total_faults
from actuarial.rules.treasury import treasury_faults
from actuarial.rules.vital import vital_faults
from actuarial.rules.warnings import warning_faults
from actuarial.rules.years import year_faults
from actuarial.schema import UNITS
from actuarial.sheet import Sheet, read_sheet

# Rules over several rows or tables, in the order in which a person would look.
_RULES = (
    year_faults,
    vital_faults,
    age_faults,
    band_faults,
    policy_faults,
    treasury_faults,
    assistance_faults,
    benefit_faults,
    benefit_case_faults,
    care_faults,
    ledger_faults,
    budget_faults,
    outturn_faults,
    total_faults,
    agreement_faults,
    boundary_faults,
    scenario_faults,
    selection_faults,
    adjustment_faults,
    warning_faults,
    unit_faults,
)


@dataclass(frozen=True, slots=True)
class Examined:
    """A folder as read: typed frames by table, the file of each, and all faults, refusals first."""

    city: City | None
    frames: dict[str, pd.DataFrame]
    files: dict[str, str]
    contents: Files
    faults: tuple[Fault, ...]


def check_folder(folder: Path) -> tuple[Fault, ...]:
    """All faults of a folder, refusals first, then by file and line; bad data never raises."""
    return examine(folder).faults


def examine(folder: Path) -> Examined:
    """The folder as read, with its faults."""
    folder = Path(folder)
    if not folder.is_dir():
        missing = refuse("folder_missing", folder.name or str(folder))
        return Examined(None, {}, {}, Files({}, {}, ()), (missing,))
    city, faults = examine_city(folder)
    contents, found = examine_files(folder)
    faults += found
    files, found = _table_files(contents)
    faults += found
    frames: dict[str, pd.DataFrame] = {}
    settled: dict[str, pd.DataFrame] = {}
    for name, file in files.items():
        sheet, found = read_sheet(file, contents.contents[file], TABLES[name].column_names)
        faults += found
        if sheet is None or city is None:
            continue
        frame, found = _examine_table(sheet, name, city, contents)
        faults += found
        if frame is not None:
            frames[name] = frame
            if sheet.is_whole and not frame["is_lost"].any():
                settled[name] = frame
    if city is not None:
        for rule in _RULES:
            faults += rule(city, settled, files)
    order = sorted(faults, key=lambda fault: (SEVERITIES.index(fault.severity), fault.file, fault.row or 0))
    return Examined(city, frames, files, contents, tuple(order))


def _examine_table(sheet: Sheet, name: str, city: City, contents: Files) -> tuple[pd.DataFrame | None, list[Fault]]:
    table, file = TABLES[name], sheet.file
    frame, faults = columns.typed(sheet, table, city)
    if frame is None:
        return None, faults
    faults += _file_unit_faults(sheet.cells["unit"], sheet.lines, file, contents)
    misplaced = keys.scheme_faults(frame, table, file)
    frame = frame.assign(is_lost=frame["is_lost"] | frame["row"].isin([fault.row for fault in misplaced]))
    faults += misplaced
    faults += bound_faults(frame, name, file)
    faults += keys.duplicate_faults(frame, table, file)
    return keys.without_equal_duplicates(frame, table), faults


def _table_files(contents: Files) -> tuple[dict[str, str], list[Fault]]:
    """File of each table; a table in two files, an unknown file and a table without a file are faults."""
    files: dict[str, str] = {}
    faults = []
    for file in contents.contents:
        name = PurePath(file).stem
        if name not in TABLES:
            faults.append(refuse("table_unknown", file, value=name, suggestion=closest(name, TABLES)))
        elif name in files:
            faults.append(refuse("table_twice", file, value=name, other=files[name]))
        else:
            files[name] = file
    for name, table in TABLES.items():
        if table.is_required and name not in files:
            faults.append(refuse("table_missing", f"{name}.csv", value=name))
    return files, faults


def _file_unit_faults(units: pd.Series, lines: pd.Series, file: str, contents: Files) -> list[Fault]:
    """Rows whose unit is not the one the catalogue gives for the whole file."""
    declared = {row["file"]: row["unit"] for row in contents.rows}.get(file, BY_ROW)
    if declared == BY_ROW or declared not in UNITS:
        return []
    other = units.isin(tuple(UNITS)) & (units != declared)
    return [
        refuse("unit_not_of_file", file, lines[place], "unit", units[place], declared=declared)
        for place in units.index[other]
    ]
