"""A fault of the data: where it stands, what is wrong and what to do, in both languages; a list of them as CSV."""

import csv
import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from actuarial.wording import text

SEVERITIES = ("refuse", "warn")
CSV_COLUMNS = (
    "severity",
    "rule",
    "file",
    "row",
    "column",
    "value",
    "message_zh",
    "message_en",
    "remedy_zh",
    "remedy_en",
)
# A spreadsheet takes a cell that begins with one of these for a formula (the full-width forms too).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_LONGEST_VALUE = 120
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. ``row`` is the line a person sees in the file, the header being line 1.

    ``values`` fills the message; a value that differs by language is a mapping with the keys zh and en.
    """

    severity: str
    rule: str
    file: str
    row: int | None = None
    column: str = ""
    value: str = ""
    values: Mapping[str, object] = field(default_factory=dict)

    def message(self, language: str) -> str:
        """What is wrong, in ``zh`` or ``en``."""
        return self._text("message", language)

    def remedy(self, language: str) -> str:
        """What to do about it, in ``zh`` or ``en``."""
        return self._text("remedy", language)

    def place(self, language: str) -> str:
        """File, row and column, as far as the fault has them."""
        parts = [self.file]
        if self.row is not None:
            parts.append(text("fault_place.row", language, row=self.row))
        if self.column:
            part = "item" if self.file.endswith(".yaml") else "column"
            parts.append(text(f"fault_place.{part}", language, column=self.column))
        return text("fault_place.joint", language).join(parts)

    def _text(self, part: str, language: str) -> str:
        values = {name: _in_language(value, language) for name, value in self.values.items()}
        place = {"file": self.file, "row": self.row, "column": self.column, "value": self.value}
        return text(f"fault.{self.rule}.{part}", language, **(place | values))


def refuse(
    rule: str, file: str, row: int | None = None, column: str = "", value: object = "", **values: object
) -> Fault:
    """A fault that forbids the use of the folder."""
    return Fault("refuse", rule, file, _line(row), column, visible(value), values)


def warn(rule: str, file: str, row: int | None = None, column: str = "", value: object = "", **values: object) -> Fault:
    """A fault to be looked at; the folder may be used."""
    return Fault("warn", rule, file, _line(row), column, visible(value), values)


def refuses(faults: Iterable[Fault]) -> bool:
    """Whether any of the faults forbids the use of the folder."""
    return any(fault.severity == "refuse" for fault in faults)


def visible(value: object) -> str:
    """A cell as it may be shown: control and invisible characters spelled out, long text cut."""
    shown = _INVISIBLE.sub(lambda match: f"\\u{ord(match[0]):04x}", str(value))
    return shown if len(shown) <= _LONGEST_VALUE else shown[: _LONGEST_VALUE - 1] + "…"


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The allowed word that looks most like the given one, if any looks like it."""
    lowered = {choice.lower(): choice for choice in choices}
    near = difflib.get_close_matches(word.strip().lower(), lowered, n=1, cutoff=0.6)
    return lowered[near[0]] if near else None


def closest(word: str, choices: Iterable[str]) -> str:
    """The nearest allowed word; if none is near, the first eight of them."""
    choices = tuple(choices)
    return nearest(word, choices) or ", ".join(choices[:8]) + (", …" if len(choices) > 8 else "")


def write_faults(faults: Iterable[Fault], path: Path) -> Path:
    """The list as CSV in UTF-8 with a byte-order mark, which Excel opens in Chinese.

    A cell that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    with Path(path).open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(CSV_COLUMNS)
        for fault in faults:
            texts = (fault.message("zh"), fault.message("en"), fault.remedy("zh"), fault.remedy("en"))
            row = "" if fault.row is None else str(fault.row)
            cells = (fault.severity, fault.rule, fault.file, row, fault.column, fault.value, *texts)
            writer.writerow([_neutral(cell) for cell in cells])
    return Path(path)


def _neutral(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def _line(row: int | None) -> int | None:
    return None if row is None else int(row)


def _in_language(value: object, language: str) -> object:
    return value[language] if isinstance(value, Mapping) else value
