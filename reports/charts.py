"""Charts as pure functions from numbers and words to SVG; text stays text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reports.svg import (
    BLUE,
    BLUE_LIGHT,
    BLUE_MIDDLE,
    GREEN,
    INK,
    MUTED,
    RED,
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
class Series:
    """One named line."""

    name: str
    years: Sequence[int]
    values: Sequence[float]
    is_main: bool = False


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


def lines(words: Words, series: Sequence[Series], number: Number) -> Markup:
    """Several lines named at their right end; the main one is heavy, the others told apart by their dashes."""
    height, top, bottom = 300.0, 34.0, 266.0
    values = [value for one in series for value in one.values]
    marks = ticks(min(values), max(values))
    decimals = tick_decimals(marks)
    left = max(text_width(number(mark, decimals)) for mark in marks) + 12
    texts = [f"{one.name} {number(one.values[-1], max(decimals, 1))}" for one in series]
    right = WIDTH - max(text_width(text) for text in texts) - 14
    years = sorted({year for one in series for year in one.years})
    x, y = Scale(years[0], years[-1], left, right), Scale(marks[0], marks[-1], bottom, top)
    body = [label(left, 16, words.axis, fill=MUTED)]
    for mark in marks:
        body += [
            line(left, y(mark), right, y(mark)),
            label(left - 8, y(mark) + 4, number(mark, decimals), "end", MUTED),
        ]
    body += [label(x(year), bottom + 20, str(year), "middle", MUTED) for year in year_ticks(years, right - left)]
    places = spread([y(one.values[-1]) + 4 for one in series], SIZE + 3, top, bottom + 4)
    dashes = ("", "7 3", "2 3", "10 3 2 3", "4 2", "1 2", "12 4")
    for index, (one, place, text) in enumerate(zip(series, places, texts, strict=True)):
        points = [(x(year), y(value)) for year, value in zip(one.years, one.values, strict=True)]
        colour = BLUE if one.is_main else MUTED
        body.append(path(points, colour, 3 if one.is_main else 1.4, "" if one.is_main else dashes[index % len(dashes)]))
        body.append(label(right + 7, place, text, fill=colour, weight="600" if one.is_main else "400"))
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


def pyramid(
    words: Words,
    women: tuple[Sequence[float], Sequence[float]],
    men: tuple[Sequence[float], Sequence[float]],
    names: tuple[str, str],
    sexes: tuple[str, str],
    number: Number,
) -> Markup:
    """Persons by age group, men to the left, women to the right; bars now, outline at the end of the projection."""
    count = len(women[0])
    step, top = 13.0, 64.0
    bottom = top + step * count
    marks = [mark for mark in ticks(0, max(max(part) for part in (*women, *men)), 4) if mark > 0]
    decimals = tick_decimals([0, *marks])
    middle, half = WIDTH / 2, WIDTH / 2 - 40
    right, left = Scale(0, marks[-1], middle + 24, middle + half), Scale(0, marks[-1], middle - 24, middle - half)
    body = [label(0, 16, words.axis, fill=MUTED)]
    body.append(
        legend(
            [
                (names[0], lambda a, b: box(a, b - 10, 22, 12, BLUE_MIDDLE)),
                (names[1], lambda a, b: line(a, b - 4, a + 22, b - 4, INK, 2)),
            ],
            0,
            38,
        )
    )
    body += [
        label(middle - 34, top - 8, sexes[1], "end", weight="600"),
        label(middle + 34, top - 8, sexes[0], weight="600"),
    ]
    for scale, parts in ((left, men), (right, women)):
        outline = []
        for index in range(count):
            base = bottom - step * (index + 1)
            start, end = sorted((scale(0), scale(parts[0][index])))
            body.append(box(start, base + 1, end - start, step - 2, BLUE_MIDDLE))
            edge = scale(parts[1][index])
            outline += [(edge, base + step), (edge, base)]
        body.append(path(outline, INK, 1.6))
        body += [label(scale(mark), bottom + 18, number(mark, decimals), "middle", MUTED) for mark in marks]
    for index in range(0, count, 2):
        text = f"{index * 5}+" if index == count - 1 else f"{index * 5}-{index * 5 + 4}"
        body.append(label(middle, bottom - step * index - 2, text, "middle", MUTED))
    return drawing(words.key, words.title, words.description, WIDTH, bottom + 28, "".join(body))


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
