"""Charts as pure functions from numbers and words to SVG; text stays text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reports.svg import (
    AMBER,
    BLUE,
    BLUE_LIGHT,
    BLUE_MIDDLE,
    GREEN,
    INK,
    MUTED,
    RED,
    SAND,
    SIZE,
    Scale,
    area,
    box,
    drawing,
    label,
    legend,
    line,
    path,
    spread,
    text_width,
    tick_decimals,
    ticks,
    year_ticks,
)

WIDTH = 760
# Amounts on an axis that reaches this far are named without decimals.
LARGE = 1000
Number = Callable[[float, int], str]


@dataclass(frozen=True, slots=True)
class Words:
    """Title, description and axis of a chart in the reader's language."""

    key: str
    title: str
    description: str
    axis: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One small chart of a grid: its name, first and last median, last 80% interval, and its quantiles by year.

    quantiles : 2.5%, 10%, 50%, 90%, 97.5%, each by year
    """

    name: str
    course: str
    interval: str
    years: Sequence[int]
    quantiles: Sequence[Sequence[float]]


def fan(
    words: Words,
    history: Sequence[tuple[int, float]],
    years: Sequence[int],
    quantiles: Sequence[Sequence[float]],
    legend_words: tuple[str, str, str, str],
    end_words: tuple[str, str, str],
    number: Number,
) -> Markup:
    """History, median and the 50% and 90% bands of an amount; the axis always shows zero.

    Parameters
    ----------
    history : year and value; the last joins the forecast
    quantiles : 5%, 25%, 50%, 75%, 95%, each by year
    legend_words : history, median, middle half, 5% to 95%
    end_words : names of the 95%, 50% and 5% ends
    """
    height, top, bottom = 310.0, 58.0, 276.0
    everything = [0.0, *(value for _, value in history), *quantiles[0], *quantiles[4]]
    marks = ticks(min(everything), max(everything))
    decimals = tick_decimals(marks)
    left = max(text_width(number(mark, decimals)) for mark in marks) + 12
    ends = [quantiles[4][-1], quantiles[2][-1], quantiles[0][-1]]
    end_decimals = decimals if marks[-1] >= LARGE else max(decimals, 1)
    end_texts = [f"{word} {number(value, end_decimals)}" for word, value in zip(end_words, ends, strict=True)]
    right = WIDTH - max(text_width(text) for text in end_texts) - 14
    all_years = [*(year for year, _ in history), *years]
    x, y = Scale(all_years[0], all_years[-1], left, right), Scale(marks[0], marks[-1], bottom, top)
    start = [(x(history[-1][0]), y(history[-1][1]))] if history else []
    bounds = [start + [(x(year), y(value)) for year, value in zip(years, row, strict=True)] for row in quantiles]
    body = [label(left, 18, words.axis, fill=MUTED)]
    body.append(
        legend(
            [
                (legend_words[0], lambda a, b: line(a, b - 4, a + 22, b - 4, INK, 2)),
                (legend_words[1], lambda a, b: line(a, b - 4, a + 22, b - 4, BLUE, 2.5, "6 3")),
                (legend_words[2], lambda a, b: box(a, b - 10, 22, 12, BLUE_MIDDLE)),
                (legend_words[3], lambda a, b: box(a, b - 10, 22, 12, BLUE_LIGHT)),
            ],
            left,
            40,
        )
    )
    for mark in marks:
        body.append(line(left, y(mark), right, y(mark)))
        body.append(label(left - 8, y(mark) + 4, number(mark, decimals), "end", MUTED))
    body += [label(x(year), bottom + 20, str(year), "middle", MUTED) for year in year_ticks(all_years, right - left)]
    body += [area(bounds[4], bounds[0], BLUE_LIGHT), area(bounds[3], bounds[1], BLUE_MIDDLE)]
    body.append(line(left, y(0), right, y(0), INK, 1.2))
    body.append(path(bounds[2], BLUE, 2.5, "6 3"))
    if history:
        body.append(path([(x(year), y(value)) for year, value in history], INK, 2))
        body.append(line(start[0][0], top, start[0][0], bottom, MUTED, 1, "2 3"))
    places = spread([y(value) + 4 for value in ends], SIZE + 3, top, bottom)
    body += [label(right + 7, place, text, fill=BLUE) for place, text in zip(places, end_texts, strict=True)]
    return drawing(words.key, words.title, words.description, WIDTH, height, "".join(body))


def panels(
    words: Words,
    parts: Sequence[Panel],
    legend_words: tuple[str, str, str],
    number: Number,
    columns: int,
    is_shared: bool,
) -> Markup:
    """A grid of medians with their 80% and 95% bands, on one scale if that is shared; axes do not start at zero.

    Parameters
    ----------
    legend_words : median, 10% to 90%, 2.5% to 97.5%
    """
    top, step, width = 56.0, 202.0, WIDTH / columns
    together = [value for part in parts for row in part.quantiles for value in row]
    body = [label(0, 16, words.axis, fill=MUTED)]
    body.append(
        legend(
            [
                (legend_words[0], lambda a, b: line(a, b - 4, a + 22, b - 4, BLUE, 2.5)),
                (legend_words[1], _swatch(BLUE_MIDDLE)),
                (legend_words[2], _swatch(BLUE_LIGHT)),
            ],
            0,
            40,
        )
    )
    for index, part in enumerate(parts):
        values = together if is_shared else [value for row in part.quantiles for value in row]
        marks = ticks(min(values), max(values), 3)
        body.append(_panel(part, marks, number, width * (index % columns), top + step * (index // columns), width))
    height = top + step * -(-len(parts) // columns)
    return drawing(words.key, words.title, words.description, WIDTH, height, "".join(body))


def _panel(part: Panel, marks: Sequence[float], number: Number, start: float, above: float, width: float) -> str:
    decimals = tick_decimals(marks)
    left = start + max(text_width(number(mark, decimals)) for mark in marks) + 8
    right, top, bottom = start + width - 24, above + 62, above + 166
    x, y = Scale(part.years[0], part.years[-1], left, right), Scale(marks[0], marks[-1], bottom, top)
    bounds = [[(x(year), y(value)) for year, value in zip(part.years, row, strict=True)] for row in part.quantiles]
    body = [label(start, above + 14, part.name, weight="600"), label(start, above + 31, part.course, fill=BLUE)]
    body.append(label(start, above + 48, part.interval, fill=MUTED))
    for mark in marks:
        body.append(line(left, y(mark), right, y(mark)))
        body.append(label(left - 6, y(mark) + 4, number(mark, decimals), "end", MUTED))
    shown = year_ticks(part.years, right - left)
    body += [label(x(year), bottom + 20, str(year), "middle", MUTED) for year in shown]
    body += [area(bounds[4], bounds[0], BLUE_LIGHT), area(bounds[3], bounds[1], BLUE_MIDDLE)]
    body.append(path(bounds[2], BLUE, 2.5))
    return "".join(body)


def curve(
    words: Words,
    points: Sequence[tuple[float, float]],
    marked: tuple[float, float],
    below: str,
    number: Number,
) -> Markup:
    """One probability over an amount, with the place that is decided by; the axis runs from nothing to certain.

    Parameters
    ----------
    points : amount and probability, in order
    marked : the amount and probability that the description names
    below : what the amounts are, under their axis
    """
    height, top, bottom, left, right = 250.0, 34.0, 196.0, 52.0, WIDTH - 40
    marks = ticks(points[0][0], points[-1][0])
    x, y = Scale(marks[0], marks[-1], left, right), Scale(0, 1, bottom, top)
    body = [label(0, 16, words.axis, fill=MUTED)]
    for level in (0, 0.25, 0.5, 0.75, 1):
        body.append(line(left, y(level), right, y(level)))
        body.append(label(left - 8, y(level) + 4, number(100 * level, 0) + "%", "end", MUTED))
    decimals = tick_decimals(marks)
    body += [label(x(mark), bottom + 20, number(mark, decimals), "middle", MUTED) for mark in marks]
    body.append(label(right, bottom + 42, below, "end", MUTED))
    body.append(line(x(marked[0]), top, x(marked[0]), bottom, MUTED, 1, "2 3"))
    body.append(path([(x(amount), y(share)) for amount, share in points], BLUE, 2.5))
    body.append(box(x(marked[0]) - 4, y(marked[1]) - 4, 8, 8, BLUE))
    body.append(label(x(marked[0]) + 10, y(marked[1]) + 20, words.description, fill=BLUE))
    return drawing(words.key, words.title, words.description, WIDTH, height, "".join(body))


def transfers(words: Words, rows: Sequence[tuple[str, float, str]], sides: tuple[str, str]) -> Markup:
    """Bars to the right for those who receive and to the left for those who pay; sides names left and right."""
    step, top = 30.0, 46.0
    names = max(text_width(name) for name, _, _ in rows) + 14
    texts = max(text_width(text) for _, _, text in rows) + 12
    largest = max([abs(value) for _, value, _ in rows] + [1e-9])
    x = Scale(-largest, largest, names + texts, WIDTH - texts)
    bottom = top + step * len(rows)
    body = [
        label(x(0) - 10, 18, f"◀ {sides[0]}", "end", RED),
        label(x(0) + 10, 18, f"{sides[1]} ▶", "start", GREEN),
        label(0, 18, words.axis, fill=MUTED),
    ]
    for index, (name, value, text) in enumerate(rows):
        baseline = top + step * index + 18
        start, end = sorted((x(0), x(value)))
        body.append(label(0, baseline, name))
        body.append(box(start, baseline - 13, end - start, 18, GREEN if value > 0 else RED))
        anchor, place = ("start", end + 6) if value >= 0 else ("end", start - 6)
        body.append(label(place, baseline, text, anchor))
    body.append(line(x(0), top - 8, x(0), bottom, INK, 1.2))
    return drawing(words.key, words.title, words.description, WIDTH, bottom + 8, "".join(body))


def tornado(
    words: Words,
    rows: Sequence[tuple[str, tuple[float, float], tuple[str, str]]],
    ends: tuple[str, str],
    sides: tuple[str, str],
) -> Markup:
    """Two bars for each assumption, at its low and at its high end, from the largest effect to the smallest.

    Parameters
    ----------
    rows : name, effects at the low and high end, their texts
    ends : names of the low and high end; sides : names of left and right
    """
    step, top = 40.0, 58.0
    names = max(text_width(name) for name, _, _ in rows) + 14
    texts = max(text_width(text) for _, _, both in rows for text in both) + 12
    largest = max([abs(value) for _, values, _ in rows for value in values] + [1e-9])
    x = Scale(-largest, largest, names + texts, WIDTH - texts)
    bottom = top + step * len(rows)
    fills = (AMBER, BLUE_MIDDLE)
    marks = [(name, _swatch(fill)) for name, fill in zip(ends, fills, strict=True)]
    body = [
        legend(marks, 0, 18),
        label(x(0) - 10, 40, f"◀ {sides[0]}", "end", MUTED),
        label(x(0) + 10, 40, f"{sides[1]} ▶", "start", MUTED),
    ]
    for index, (name, values, both) in enumerate(rows):
        body.append(label(0, top + step * index + 22, name))
        for place, (value, text, fill) in enumerate(zip(values, both, fills, strict=True)):
            above = top + step * index + 2 + 17 * place
            start, end = sorted((x(0), x(value)))
            body.append(box(start, above, end - start, 15, fill))
            anchor, edge = ("start", end + 6) if value >= 0 else ("end", start - 6)
            body.append(label(edge, above + 12, text, anchor))
    body.append(line(x(0), top - 8, x(0), bottom, INK, 1.2))
    return drawing(words.key, words.title, words.description, WIDTH, bottom + 8, "".join(body))


def pyramid(
    words: Words,
    groups: Sequence[str],
    women: tuple[Sequence[float], Sequence[Sequence[float]]],
    men: tuple[Sequence[float], Sequence[Sequence[float]]],
    legend_words: tuple[str, str, str, str],
    sexes: tuple[str, str],
    number: Number,
) -> Markup:
    """Persons by age group, men to the left, women to the right; bars now, median and bands at the end.

    Parameters
    ----------
    women, men : persons now, by group; 2.5%, 10%, 50%, 90%, 97.5% quantiles at the end, each by group
    legend_words : now, median, 10% to 90%, 2.5% to 97.5%
    sexes : women, men
    """
    step, top = 17.0, 64.0
    bottom = top + step * len(groups)
    largest = max(max(*now, *end[4]) for now, end in (women, men))
    marks = [mark for mark in ticks(0, largest, 4) if mark > 0]
    decimals = tick_decimals([0, *marks])
    middle, half = WIDTH / 2, WIDTH / 2 - 40
    right, left = Scale(0, marks[-1], middle + 30, middle + half), Scale(0, marks[-1], middle - 30, middle - half)
    body = [label(0, 16, words.axis, fill=MUTED)]
    body.append(
        legend(
            [
                (legend_words[0], _swatch(SAND)),
                (legend_words[1], lambda a, b: line(a + 11, b - 11, a + 11, b + 2, INK, 2.5)),
                (legend_words[2], _swatch(BLUE_MIDDLE)),
                (legend_words[3], _swatch(BLUE_LIGHT)),
            ],
            0,
            38,
        )
    )
    body.append(label(middle - 34, top - 8, sexes[1], "end", weight="600"))
    body.append(label(middle + 34, top - 8, sexes[0], weight="600"))
    for scale, (now, end) in ((left, men), (right, women)):
        body += [line(scale(mark), top, scale(mark), bottom) for mark in marks]
        body += [label(scale(mark), bottom + 18, number(mark, decimals), "middle", MUTED) for mark in marks]
        for index in range(len(groups)):
            above = bottom - step * (index + 1)
            body.append(_between(scale, 0, now[index], above + 1, step - 2, SAND))
            body.append(_between(scale, end[0][index], end[4][index], above + 3, step - 6, BLUE_LIGHT))
            body.append(_between(scale, end[1][index], end[3][index], above + 3, step - 6, BLUE_MIDDLE))
            place = scale(end[2][index])
            body.append(line(place, above + 1, place, above + step - 1, INK, 2))
    body += [label(middle, bottom - step * index - 4, name, "middle", MUTED) for index, name in enumerate(groups)]
    return drawing(words.key, words.title, words.description, WIDTH, bottom + 28, "".join(body))


def _between(scale: Scale, low: float, high: float, above: float, height: float, fill: str) -> str:
    start, end = sorted((scale(low), scale(high)))
    return box(start, above, end - start, height, fill)


def shares(words: Words, parts: Sequence[tuple[str, float, str]]) -> Markup:
    """One bar cut by shares that add up to one; each part has its own pattern and its words below."""
    fills = (GREEN, f"url(#{words.key}-dots)", f"url(#{words.key}-lines)")
    body = [
        f'<defs><pattern id="{words.key}-dots" width="7" height="7" patternUnits="userSpaceOnUse">'
        '<rect width="7" height="7" fill="#FFF1D6"/><circle cx="3.5" cy="3.5" r="1.8" fill="#8A5A00"/></pattern>'
        f'<pattern id="{words.key}-lines" width="7" height="7" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect width="7" height="7" fill="#FBE9E7"/>'
        '<rect width="3" height="7" fill="#B3261E"/></pattern></defs>'
    ]
    x = 0.0
    for (_, share, _), fill in zip(parts, fills, strict=True):
        body.append(box(x, 0, WIDTH * share, 22, fill, "#FFFFFF"))
        x += WIDTH * share
    body.append(
        legend([(f"{name} {text}", _swatch(fill)) for (name, _, text), fill in zip(parts, fills, strict=True)], 0, 42)
    )
    return drawing(words.key, words.title, words.description, WIDTH, 50, "".join(body))


def _swatch(fill: str) -> Callable[[float, float], str]:
    return lambda x, y: box(x, y - 11, 22, 13, fill, MUTED)
