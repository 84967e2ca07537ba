"""What one cell may hold: numbers, years, ages, dates and plain text, and what a person probably meant instead."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from actuarial.faults import FORMULA_STARTS

NUMBER = r"-?\d{1,24}(?:\.\d{1,40})?(?:[eE]-\d{1,3})?"
YEAR = r"\d{4}"
AGE = r"all|\d{1,3}|\d{1,3}\+|\d{1,3}-\d{1,3}"
# What people write where a figure is not known. None of them is zero.
MISSING = frozenset(
    (
        *("", "-", "--", "—", "——", "–", "−", "/", "\\", "…", "……", "..."),
        *("n/a", "na", "n.a.", "#n/a", "null", "none", "无", "缺", "暂无", "未知", "未公布", "空"),
    )
)
_NOT_FINITE = frozenset(
    (
        *("nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity", "∞", "-∞"),
        *("#div/0!", "#value!", "#ref!", "#num!", "#name?", "#null!"),
    )
)
_WIDE = re.compile("[０-９．－＋]")
_BRACKETED = re.compile(r"\(\s*([\d,.\s]+)\s*\)")
_SEPARATED = re.compile(r"-?\d{1,3}(?:[,'’_\s]\d{3})+(?:\.\d+)?")
_SCIENTIFIC = re.compile(r"-?\d+(?:\.\d+)?[eE]\+?\d{1,3}")
_WITH_UNIT = re.compile(r"(-?\d[\d,]*(?:\.\d+)?)\s*([^\d\s.,+\-()eE].*)")
_INVISIBLE = "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
_UNSAFE = re.compile(
    rf"(?s)[{re.escape(''.join(FORMULA_STARTS))}].*|.*(?:{_INVISIBLE}|<[A-Za-z/!?]|(?i:javascript\s*:)).*"
)
_DAMAGED = "\ufffd|锟斤拷"
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True, slots=True)
class Defect:
    """Why a cell is not what its column wants: the rule it breaks and the values of the message."""

    rule: str
    values: dict[str, object] = field(default_factory=dict)


def is_missing(cells: pd.Series) -> pd.Series:
    """Cells that say, in whatever way, that there is no value."""
    return cells.str.strip().str.lower().isin(MISSING)


def is_unsafe(cells: pd.Series) -> pd.Series:
    """Cells that a spreadsheet or a browser could run: a formula, a tag, a script address, invisible characters."""
    return cells.str.match(_UNSAFE)


def is_damaged(cells: pd.Series) -> pd.Series:
    """Cells whose characters were lost in an earlier change of encoding."""
    return cells.str.contains(_DAMAGED)


def text_defect(cell: str) -> Defect | None:
    """The same three tests for one cell, with the rule it breaks."""
    if cell.strip().lower() in MISSING:
        return Defect("value_missing")
    if _UNSAFE.fullmatch(cell):
        return Defect("text_unsafe")
    if re.search(_DAMAGED, cell):
        return Defect("text_damaged")
    return None


def plain_number(cell: str) -> str | None:
    """The plain number that a decorated cell stands for, or None when it stands for none."""
    cell = unicodedata.normalize("NFKC", cell).strip().replace("−", "-")
    bracketed = _BRACKETED.fullmatch(cell)
    cell = f"-{bracketed[1]}" if bracketed else cell
    cell = re.sub(r"[,'’_\s]", "", cell)
    return cell if re.fullmatch(NUMBER, cell) else None


def number_defect(cell: str) -> Defect:
    """Why a cell is not a plain number, with the plain number where one can be proposed."""
    if cell.strip().lower() in MISSING:
        return Defect("value_missing")
    if cell.strip().lower() in _NOT_FINITE:
        return Defect("number_infinite")
    narrow = unicodedata.normalize("NFKC", cell).strip().replace("−", "-")
    proposal = plain_number(cell)
    if proposal is not None:
        if _WIDE.search(cell):
            return Defect("number_full_width", {"proposal": proposal})
        if _BRACKETED.fullmatch(narrow):
            return Defect("number_brackets", {"proposal": proposal})
        if _SEPARATED.fullmatch(narrow):
            return Defect("number_separators", {"proposal": proposal})
    if _SCIENTIFIC.fullmatch(narrow):
        return Defect("number_scientific")
    with_unit = _WITH_UNIT.fullmatch(narrow)
    if with_unit:
        return Defect("number_with_unit", {"proposal": with_unit[1].replace(",", ""), "unit": with_unit[2]})
    return Defect("number_text")


def year_defect(cell: str) -> Defect:
    """Why a cell is not a year of four digits."""
    if cell.strip().lower() in MISSING:
        return Defect("value_missing")
    narrow = unicodedata.normalize("NFKC", cell).strip()
    year = re.match(r"(\d{4})(?!\d)", narrow)
    if year and narrow != cell.strip():
        return Defect("number_full_width", {"proposal": year[1]})
    if year and "年" in narrow:
        return Defect("year_suffix", {"proposal": year[1]})
    return Defect("year_text", {"proposal": year[1] if year else "2025"})


def age_defect(cell: str) -> Defect:
    """Why a cell is not an age label."""
    if cell.strip().lower() in MISSING:
        return Defect("value_missing")
    narrow = unicodedata.normalize("NFKC", cell).strip()
    narrow = re.sub(r"(周?岁)?(及|以)?(以上|及以上)|\s*(and over|plus|岁\+)$", "+", narrow)
    narrow = re.sub(r"\s*(~|—|–|−|至|到|to)\s*", "-", narrow).replace("周岁", "").replace("岁", "")
    is_label = re.fullmatch(AGE, narrow) and not _is_reversed(narrow)
    return Defect("age_unknown", {"proposal": narrow if is_label else "0, 60-64, 100+, all"})


def _is_reversed(label: str) -> bool:
    first, _, last = label.partition("-")
    return bool(last) and int(first) >= int(last)


def date_defect(cell: str) -> Defect | None:
    """Why a cell is not YYYY, YYYY-MM or YYYY-MM-DD; None if it is."""
    if cell.strip().lower() in MISSING:
        return Defect("value_missing")
    parts = _DATE.fullmatch(cell)
    if parts is None:
        return Defect("date_text")
    year, month, day = (int(part) if part else 1 for part in parts.groups())
    try:
        date(year, month, day)
    except ValueError:
        return Defect("date_impossible")
    return None


def age_bounds(label: str) -> tuple[int, int | None]:
    """First and last completed year of age of a label: "60-64" is (60, 64), "7" is (7, 7), "100+" is (100, None)."""
    if label.endswith("+"):
        return int(label[:-1]), None
    first, _, last = label.partition("-")
    return int(first), int(last or first)


def holds_age(label: str, age: int) -> bool:
    """Whether a right age label, or "all", holds for a completed year of age."""
    if label == "all":
        return True
    first, last = age_bounds(label)
    return first <= age and (last is None or age <= last)


def shared_ages(one: str, other: str) -> str | None:
    """The ages that two labels other than "all" have in common, as a label."""
    (first, last), (other_first, other_last) = age_bounds(one), age_bounds(other)
    lowest, highest = max(first, other_first), min((end for end in (last, other_last) if end is not None), default=None)
    return age_label(lowest, highest) if highest is None or lowest <= highest else None


def age_label(first: int, last: int | None) -> str:
    """The label of the ages from one to another, as :func:`age_bounds` reads it."""
    return f"{first}+" if last is None else str(first) if first == last else f"{first}-{last}"


def age_parts(labels: Iterable[str]) -> tuple[str, ...]:
    """The parts into which some age labels cut all ages, the lowest first; one of all ages where none cuts them."""
    bounds = [age_bounds(label) for label in set(labels) if label != "all"]
    later = {first for first, _ in bounds} | {last + 1 for _, last in bounds if last is not None}
    starts = sorted({0} | later)
    return tuple(map(age_label, starts, [*(after - 1 for after in starts[1:]), None]))


def is_age_group(label: str) -> bool:
    """Whether a cell is a right age label other than "all"."""
    return label != "all" and re.fullmatch(AGE, label) is not None and not _is_reversed(label)
