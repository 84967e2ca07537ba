"""Parts of a drawing as SVG text: scales, ticks, labels that keep apart, and the frame that a screen reader knows."""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

INK, MUTED, RULE = "#1F2933", "#52606D", "#D5DBE1"
BLUE, BLUE_MIDDLE, BLUE_LIGHT = "#174A7C", "#8FB3D6", "#CFE0EF"
RED, AMBER, GREEN = "#B3261E", "#8A5A00", "#1B6E3C"
SAND = "#EBD9B4"
SIZE = 13


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear map from a domain to a range of pixels."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Pixels of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def text_width(text: str, size: float = SIZE) -> float:
    """Pixels that a text takes at most: a Chinese character is one em wide, others about 0.58."""
    return sum(1.0 if ord(character) > 0x2E80 else 0.58 for character in text) * size


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """About `count` round numbers that cover low to high, two at least: a scale needs a length."""
    span = high - low or abs(high) or 1.0
    power = 10 ** math.floor(math.log10(span / count))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= span / count)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(index * step, 10) for index in range(first, max(last, first + 1) + 1)]


def tick_decimals(values: Sequence[float]) -> int:
    """Decimals needed to tell neighbouring ticks apart."""
    step = min(abs(b - a) for a, b in itertools.pairwise(values))
    return next((places for places in range(7) if abs(step - round(step, places)) < 1e-9 * max(step, 1)), 6)


def year_ticks(years: Sequence[int], pixels: float) -> list[int]:
    """Years to print so that neighbours keep apart; always the last."""
    step = next(step for step in (1, 2, 5, 10, 20, 50) if pixels / (len(years) / step) > text_width("2000") + 8)
    return [year for year in years if (years[-1] - year) % step == 0]


def spread(positions: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Positions moved as little as needed to keep a gap and stay inside, in the order given."""
    order = sorted(range(len(positions)), key=lambda index: positions[index])
    placed = list(positions)
    for before, index in zip([None, *order], order, strict=False):
        placed[index] = max(placed[index], low if before is None else placed[before] + gap)
    limit = high
    for index in reversed(order):
        placed[index] = min(placed[index], limit)
        limit = placed[index] - gap
    return placed


def label(x: float, y: float, text: str, anchor: str = "start", fill: str = INK, weight: str = "400") -> str:
    """A text at a point; y is its baseline."""
    where = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {where} fill="{fill}" font-weight="{weight}">{escape(text)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, stroke: str = RULE, width: float = 1, dash: str = "") -> str:
    """A straight line."""
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    where = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {where} stroke="{stroke}" stroke-width="{width}"{dashes}/>'


def path(points: Sequence[tuple[float, float]], stroke: str, width: float = 2, dash: str = "") -> str:
    """A line through points."""
    where = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="{where}" fill="none" stroke="{stroke}" stroke-width="{width}" stroke-linejoin="round"{dashes}/>'


def area(upper: Sequence[tuple[float, float]], lower: Sequence[tuple[float, float]], fill: str) -> str:
    """The surface between two lines."""
    where = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in [*upper, *reversed(lower)]) + "Z"
    return f'<path d="{where}" fill="{fill}"/>'


def box(x: float, y: float, width: float, height: float, fill: str, stroke: str = "none") -> str:
    """A rectangle."""
    where = f'x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}"'
    return f'<rect {where} fill="{fill}" stroke="{stroke}"/>'


def legend(entries: Sequence[tuple[str, Callable[[float, float], str]]], x: float, y: float) -> str:
    """Marks and words in a row from x; each mark is drawn in a cell 22 wide, y is the baseline."""
    parts = []
    for word, mark in entries:
        parts += [mark(x, y), label(x + 27, y, word, fill=MUTED)]
        x += 27 + text_width(word) + 18
    return "".join(parts)


def drawing(key: str, title: str, description: str, width: float, height: float, body: str) -> Markup:
    """A complete SVG element with a title and a description for those who do not see it."""
    return Markup(
        f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'role="img" aria-labelledby="{key}-title {key}-text" font-size="{SIZE}">'
        f'<title id="{key}-title">{escape(title)}</title><desc id="{key}-text">{escape(description)}</desc>{body}</svg>'
    )
