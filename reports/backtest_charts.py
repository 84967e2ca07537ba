"""Charts of a backtest, models one below the other: what their intervals held, and their error by horizon."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reports.charts import WIDTH, Words
from reports.svg import BLUE, BLUE_LIGHT, INK, MUTED, Scale, box, drawing, label, line, text_width

STEP, TOP = 26.0, 62.0
GAP = 26.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A value with its text; `error` is what chance alone may do to it, `is_pale` sets it back."""

    value: float
    text: str
    error: float = 0.0
    is_pale: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A model: its name, whether it is the one that is asked about, and a mark by column, None where it has none."""

    name: str
    is_asked: bool
    marks: tuple[Mark | None, ...]


def coverage(words: Words, heads: Sequence[str], levels: Sequence[float], rows: Sequence[Line]) -> Markup:
    """A dot for the share inside each interval; a dashed line at the share promised, `error` to both sides of it."""
    bottom = TOP + STEP * len(rows)
    texts = max(text_width(mark.text) for row in rows for mark in row.marks if mark)
    body = _frame(words, heads, rows)
    for place, level in enumerate(levels):
        start, end = _column(rows, place, len(levels))
        x = Scale(0, 1, start, end - texts - 14)
        body += [line(x(edge), TOP - 6, x(edge), bottom) for edge in (0, 1)]
        for index, row in enumerate(rows):
            mark = row.marks[place]
            if mark is None:
                continue
            y, colour = TOP + STEP * index + 9, BLUE if row.is_asked else MUTED
            low, high = max(0.0, level - mark.error), min(1.0, level + mark.error)
            body.append(box(x(low), y - 6, x(high) - x(low), 12, BLUE_LIGHT))
            body.append(f'<circle cx="{x(mark.value):.1f}" cy="{y:.1f}" r="4.5" fill="{colour}"/>')
            body.append(label(end, y + 5, mark.text, "end", colour, "600" if row.is_asked else "400"))
        body.append(line(x(level), TOP - 6, x(level), bottom, INK, 1.5, "4 3"))
    return drawing(words.key, words.title, words.description, WIDTH, bottom + 6, "".join(body))


def errors(words: Words, heads: Sequence[str], rows: Sequence[Line]) -> Markup:
    """A bar for each model and horizon, all on one scale from zero."""
    bottom = TOP + STEP * len(rows)
    known = [mark for row in rows for mark in row.marks if mark]
    texts = max(text_width(mark.text) for mark in known)
    largest = max([mark.value for mark in known] + [1e-9])
    body = _frame(words, heads, rows)
    for place in range(len(heads)):
        start, end = _column(rows, place, len(heads))
        x = Scale(0, largest, start, end - texts - 8)
        body.append(line(x(0), TOP - 6, x(0), bottom, INK, 1.2))
        for index, row in enumerate(rows):
            mark = row.marks[place]
            if mark is None:
                continue
            above, colour = TOP + STEP * index, BLUE if row.is_asked else MUTED
            fill = BLUE_LIGHT if mark.is_pale else colour
            body.append(box(x(0), above + 1, max(x(mark.value) - x(0), 1), 16, fill))
            body.append(label(x(mark.value) + 6, above + 14, mark.text, fill=colour))
    return drawing(words.key, words.title, words.description, WIDTH, bottom + 6, "".join(body))


def _column(rows: Sequence[Line], place: int, count: int) -> tuple[float, float]:
    left = max(text_width(row.name) for row in rows) + 16
    width = (WIDTH - left) / count
    return left + width * place, left + width * (place + 1) - (GAP if place < count - 1 else 2)


def _frame(words: Words, heads: Sequence[str], rows: Sequence[Line]) -> list[str]:
    body = [label(0, 16, words.axis, fill=MUTED)]
    for place, head in enumerate(heads):
        body.append(label(_column(rows, place, len(heads))[0], TOP - 16, head, weight="600"))
    for index, row in enumerate(rows):
        colour = BLUE if row.is_asked else INK
        body.append(label(0, TOP + STEP * index + 14, row.name, fill=colour, weight="600" if row.is_asked else "400"))
    return body
