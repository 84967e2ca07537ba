"""Text cells of one table to typed columns, in the order of the contract; every cell that does not fit is a fault.

The frame that comes back has, beside the columns of the table:

- ``row``: line of the file,
- ``value`` in the base unit of its kind (yuan, person, ...), converted through exact decimals, so that the same amount
  given in 元, 万元 or 亿元 is the same float to the last bit; ``unit`` names the base unit,
- ``fen``: the same in whole fen, where the unit is money,
- ``half_digit``: half of the last digit as printed, in the base unit,
- ``age`` with "all" where a cell may be empty and is,
- ``age_lower``, ``age_upper``: bounds of the age label (empty for "all"; no upper bound for an open group),
- ``is_bad``: the row has a fault that refuses, and no sum over it is judged;
- ``is_lost``: the fault is in the key, so that nobody knows to which sum the row belongs.
"""

import math
from decimal import Context, Decimal

import pandas as pd

from actuarial import cells
from actuarial.catalogue import column_faults
from actuarial.city import FIRST_YEAR, City
from actuarial.contract import Column, Table
from actuarial.faults import Fault, closest, refuse
from actuarial.rules.records import cells_of
from actuarial.schema import (
    ADJUSTMENT_PARAMETERS,
    ASSISTANCE_MEASURES,
    BENEFIT_PARAMETERS,
    INDICATORS,
    PARAMETERS,
    SUBTOTAL_WORDS,
    UNITS,
    UTILISATION_MEASURES,
    VITAL_MEASURES,
    WARNING_INDICATORS,
)
from actuarial.sheet import Sheet

BASE_UNITS = {
    "money": "yuan",
    "person": "person",
    "visit": "visit",
    "money_per_head": "yuan/person",
    "ratio": "1",
    "rate": "1/year",
    "month": "month",
    "year": "year",
}
# Tables whose unit depends on what a row measures: the column that says so, and the kind for each of its words.
UNIT_KINDS = {
    "vital_rates": ("measure", VITAL_MEASURES),
    "assistance": ("measure", ASSISTANCE_MEASURES),
    "utilisation": ("measure", UTILISATION_MEASURES),
    "economy": ("indicator", INDICATORS),
    "policy": ("parameter", PARAMETERS),
    "benefits": ("parameter", BENEFIT_PARAMETERS),
    "adjustment_rules": ("parameter", ADJUSTMENT_PARAMETERS),
    "warning_rules": ("indicator", WARNING_INDICATORS),
    "scenarios": ("operation", {"multiply": "ratio", "growth": "rate"}),
    "sensitivities": ("operation", {"multiply": "ratio", "growth": "rate"}),
}
# Own choice: a policy may be enacted this many years ahead, no further.
_YEARS_AHEAD = 50
_EXACT = Context(prec=80)
# Whole fen are kept in 64 bits.
_LARGEST = 9e16
_KINDS = {unit: kind for unit, (kind, _) in UNITS.items()}


def typed(sheet: Sheet, table: Table, city: City) -> tuple[pd.DataFrame | None, list[Fault]]:
    """The table of a sheet, or None if its columns are not those of the table."""
    faults = column_faults(sheet, table.column_names, table.needed_names)
    if faults:
        return None, faults
    raw = sheet.cells.reindex(columns=list(table.column_names), fill_value="")
    frame = pd.DataFrame({"row": sheet.lines})
    frame["is_bad"] = False
    frame["is_lost"] = False
    for column in table.columns:
        name = column.name
        bad, found = _cell_faults(raw[name], column, sheet, city)
        faults += found
        frame["is_bad"] |= bad
        frame["is_lost"] |= bad & (name in table.key)
        if column.kind == "year":
            frame[name] = raw[name].where(~bad, "0").astype("int64")
        elif column.kind == "count":
            frame[name] = raw[name].where(~bad & (raw[name] != "")).astype("float64")
        elif column.kind == "number":
            is_read = ~bad & raw["unit"].isin(tuple(UNITS))
            frame[name] = _in_base_unit(raw[name].where(is_read), raw["unit"])
        elif column.kind == "age" and not column.is_required:
            frame[name] = raw[name].replace("", "all")
        else:
            frame[name] = raw[name]
    _add_ages(frame, table)
    faults += _value_faults(frame, raw, table, sheet.file)
    return frame[["row", *table.column_names, *_added(frame, table)]], faults


def _in_base_unit(numbers: pd.Series, units: pd.Series) -> list[float]:
    """Numbers beside the value, such as what clears a warning, in the base unit of their row; NaN where unreadable."""
    return [
        math.nan if not isinstance(number, str) else float(_EXACT.multiply(Decimal(number), UNITS[unit][1]))
        for number, unit in zip(numbers, units, strict=True)
    ]


def _added(frame: pd.DataFrame, table: Table) -> list[str]:
    return [name for name in frame.columns if name not in table.column_names and name != "row"]


def _cell_faults(raw: pd.Series, column: Column, sheet: Sheet, city: City) -> tuple[pd.Series, list[Fault]]:
    """Which cells of a column do not fit, and why."""
    blank = raw == "" if not column.is_required else pd.Series(False, index=raw.index)
    match column.kind:
        case "region":
            known = tuple(dict.fromkeys((*city.region_codes, city.code)))
            bad = ~raw.isin(known)
            return bad, _each(raw[bad], column, sheet, lambda cell: _unlisted(cell, "region_unknown", known))
        case "choice":
            bad = ~raw.isin(column.choices)
            return bad, _each(raw[bad], column, sheet, lambda cell: _choice_defect(cell, column))
        case "unit":
            bad = ~raw.isin(tuple(UNITS))
            return bad, _each(raw[bad], column, sheet, lambda cell: _unlisted(cell, "unit_unknown", tuple(UNITS)))
        case "year":
            return _year_faults(raw, column, sheet, city)
        case "age":
            bad = ~raw.str.fullmatch(cells.AGE) & ~blank
            group = raw.str.extract(r"^(\d+)-(\d+)$").astype("Float64")
            bad |= (group[0] >= group[1]).fillna(False).astype("bool")
            return bad, _each(raw[bad], column, sheet, cells.age_defect)
        case "number":
            bad = ~raw.str.fullmatch(cells.NUMBER)
            return bad, _each(raw[bad], column, sheet, cells.number_defect)
        case "count":
            bad = ~raw.str.fullmatch(cells.NUMBER) & ~blank
            negative = ~bad & raw.str.startswith("-")
            faults = _each(raw[bad], column, sheet, cells.number_defect)
            return bad | negative, faults + _each(
                raw[negative], column, sheet, lambda _: cells.Defect("value_negative")
            )
        case "text":
            bad = (cells.is_missing(raw) & ~blank) | cells.is_unsafe(raw) | cells.is_damaged(raw)
            return bad, _each(
                raw[bad], column, sheet, lambda cell: cells.text_defect(cell) or cells.Defect("text_unsafe")
            )
    raise ValueError(f"column {column.name} has the unknown kind {column.kind!r}")


def _each(bad: pd.Series, column: Column, sheet: Sheet, defect_of) -> list[Fault]:
    found = []
    for place, cell in cells_of(bad):
        defect = defect_of(cell)
        found.append(refuse(defect.rule, sheet.file, sheet.lines[place], column.name, cell, **defect.values))
    return found


def _unlisted(cell: str, rule: str, known: tuple[str, ...]) -> cells.Defect:
    if cell.lower() in cells.MISSING:
        return cells.Defect("value_missing")
    return cells.Defect(rule, {"suggestion": closest(cell, known)})


def _choice_defect(cell: str, column: Column) -> cells.Defect:
    if column.name == "line" and any(word in cell.lower() for word in SUBTOTAL_WORDS):
        return cells.Defect("subtotal_row")
    defect = _unlisted(cell, "choice_unknown", column.choices)
    return (
        cells.Defect("provenance_missing") if column.name == "provenance" and defect.rule == "value_missing" else defect
    )


def _year_faults(raw: pd.Series, column: Column, sheet: Sheet, city: City) -> tuple[pd.Series, list[Fault]]:
    bad = ~raw.str.fullmatch(cells.YEAR)
    years = raw.where(~bad, str(FIRST_YEAR)).astype("int64")
    last = city.first_forecast_year + _YEARS_AHEAD
    outside = (years < FIRST_YEAR) | (years > last)
    faults = _each(raw[bad], column, sheet, cells.year_defect)
    beyond = cells.Defect("year_range", {"first": FIRST_YEAR, "last": last})
    return bad | outside, faults + _each(raw[outside], column, sheet, lambda _: beyond)


def _add_ages(frame: pd.DataFrame, table: Table) -> None:
    if "age" not in table.column_names:
        return
    labels = {label: cells.age_bounds(label) for label in frame["age"].unique() if cells.is_age_group(label)}
    frame["age_lower"] = frame["age"].map({label: lower for label, (lower, _) in labels.items()}).astype("Int64")
    frame["age_upper"] = frame["age"].map({label: upper for label, (_, upper) in labels.items()}).astype("Int64")


def _value_faults(frame: pd.DataFrame, raw: pd.DataFrame, table: Table, file: str) -> list[Fault]:
    """Fills value, unit, half_digit and fen; judges the kind of unit, the size and the whole fen."""
    faults = _kind_faults(frame, raw, table, file)
    good = raw["value"].str.fullmatch(cells.NUMBER) & raw["unit"].isin(tuple(UNITS))
    pairs = [
        (Decimal(cell), UNITS[unit][1]) if fits else None
        for cell, unit, fits in zip(raw["value"], raw["unit"], good, strict=True)
    ]
    exact = [_EXACT.multiply(*pair) if pair else None for pair in pairs]
    kinds = raw["unit"].map(_KINDS)
    frame["unit"] = kinds.map(BASE_UNITS).where(good, raw["unit"])
    frame["value"] = [math.nan if number is None else float(number) for number in exact]
    frame["half_digit"] = [float(_half_digit(*pair)) if pair else math.nan for pair in pairs]
    large = frame["value"].abs() >= _LARGEST
    frame["is_bad"] |= large
    faults += [
        refuse("number_too_large", file, frame["row"][place], "value", cell)
        for place, cell in cells_of(raw["value"][large])
    ]
    if "money" in table.unit_kinds:
        faults += _fen_faults(frame, exact, (kinds == "money") & good & ~large, raw["value"], file)
        if table.unit_kinds == ("money",):
            frame["fen"] = frame["fen"].fillna(0).astype("int64")
    return faults


def _half_digit(number: Decimal, factor: Decimal) -> Decimal:
    """Half of the last printed digit: 954.4 万人 stands for anything within 500 persons."""
    exponent = number.as_tuple().exponent
    return Decimal(5).scaleb(min(exponent, 0) - 1 if isinstance(exponent, int) else -1) * factor


def _kind_faults(frame: pd.DataFrame, raw: pd.DataFrame, table: Table, file: str) -> list[Fault]:
    kinds = raw["unit"].map(_KINDS)
    column, kind_of = UNIT_KINDS.get(table.name, ("", {}))
    wanted = raw[column].map(kind_of) if column else pd.Series(table.unit_kinds[0], index=raw.index)
    wrong = kinds.notna() & wanted.notna() & (kinds != wanted)
    frame["is_bad"] |= wrong
    return [
        refuse("unit_kind", file, frame["row"][place], "unit", unit, units=_units_of(str(wanted[place])))
        for place, unit in cells_of(raw["unit"][wrong])
    ]


def _units_of(kind: str) -> str:
    return ", ".join(unit for unit, unit_kind in _KINDS.items() if unit_kind == kind)


def _fen_faults(frame: pd.DataFrame, exact: list, is_money: pd.Series, raw: pd.Series, file: str) -> list[Fault]:
    fen = [
        _EXACT.multiply(number, Decimal(100)) if money else None for number, money in zip(exact, is_money, strict=True)
    ]
    is_broken = pd.Series([number is not None and number % 1 != 0 for number in fen], index=frame.index, dtype="bool")
    whole = [None if number is None else int(number) for number in fen]
    frame["fen"] = pd.array(whole, dtype="Int64")
    frame["is_bad"] |= is_broken
    return [
        refuse("fen_fraction", file, frame["row"][place], "value", cell) for place, cell in cells_of(raw[is_broken])
    ]
