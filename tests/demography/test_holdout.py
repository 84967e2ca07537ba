"""Forecasts of five origins held against what came; docs/method/levels.md says the same figures and what they mean."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from tests.demography.holdout import (
    BANDS,
    COUNTRIES,
    GROUPS,
    LONG_RUN,
    ORIGINS,
    Judged,
    coverage,
    forecast,
    judge,
    reproduced,
)
from tests.demography.united_nations import Prospects

PAGE = Path(__file__).parents[2] / "docs" / "method" / "levels.md"
PLAIN, WIDE = "plain", "ages"
CELLS_OF_CHANCE = 3  # inside or not by chance: the spread of the 252 cells of 2010 over four seeds
Results = dict[tuple[str, str], list[Judged]]


def written(heading: str) -> list[list[str]]:
    """Rows of the first table under a heading of the page, without its head."""
    after = PAGE.read_text(encoding="utf-8").split(f"### {heading}\n")[1]
    table = [line for line in after.split("\n#")[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]


@pytest.fixture(scope="module")
def prospects(published: Path) -> Prospects:
    return Prospects.read(published / "wpp")


@pytest.fixture(scope="module")
def results(prospects: Prospects) -> Results:
    """By mortality and by what the bands are held against, one forecast for each origin."""
    found: Results = {}
    for origin in ORIGINS:
        from_rates = reproduced(prospects, origin)
        for mortality in (PLAIN, WIDE):
            drawn = forecast(prospects, origin, mortality == WIDE)
            for name, came in (("published", prospects.population), ("reproduced", from_rates)):
                found.setdefault((mortality, name), []).append(judge(drawn, came, origin))
    return found


def shares(counted: tuple[int, int, int]) -> list[float]:
    return [100 * inside / counted[0] for inside in counted[1:]]


def coverage_rows(results: Results) -> list[list[str]]:
    rows = []
    for name, origins in (("2010", slice(-1, None)), ("1990-2010", slice(None))):
        counted = [coverage(results[mortality, "published"][origins]) for mortality in (PLAIN, WIDE)]
        for ages in GROUPS:
            numbers = [f"{share:.1f}" for part in counted for share in shares(part[ages])]
            rows.append([name, ages, str(counted[0][ages][0]), *numbers])
    return rows


def country_rows(results: Results) -> list[list[str]]:
    rows = []
    for country in COUNTRIES:
        counted = [coverage(results[WIDE, came], [country]) for came in ("published", "reproduced")]
        for ages in GROUPS[1:]:
            numbers = [f"{share:.1f}" for part in counted for share in shares(part[ages])]
            rows.append([country, ages, str(counted[0][ages][0]), *numbers])
    return rows


def error_rows(results: Results) -> list[list[str]]:
    last = results[WIDE, "published"][-1]
    rows = []
    for part, people in (("all", "all"), ("old", "60 and over")):
        for country in COUNTRIES:
            pairs = (table.sel(part=part, region=country).values for table in (last.error, last.width))
            numbers = [f"{value:.2f}" for pair in zip(*pairs, strict=True) for value in pair]
            rows.append([people, country, *numbers])
    return rows


def horizon_rows(results: Results) -> list[list[str]]:
    rows = []
    for part, people in (("all", "all"), ("old", "60 and over")):
        for country in COUNTRIES:
            found = [judged.error.sel(part=part, region=country) for judged in results[WIDE, "published"]]
            horizons = found[0]["horizon"].values
            at = [[float(path.sel(horizon=h)) for path in found if h in path["horizon"].values] for h in horizons]
            rows.append([people, country, *(f"{np.sqrt(np.mean(np.square(errors))):.2f}" for errors in at)])
    return rows


def assert_written(heading: str, rows: list[list[str]], labels: int, allowed: list[float]) -> None:
    page = written(heading)
    assert [row[:labels] for row in page] == [row[:labels] for row in rows]
    for row, found, away in zip(page, rows, allowed, strict=True):
        claimed, measured = ([float(cell) for cell in cells[labels:]] for cells in (row, found))
        assert measured == pytest.approx(claimed, abs=away), row[:labels]


@pytest.mark.slow
def test_coverage_is_as_written(results: Results):
    rows = coverage_rows(results)
    assert_written("Coverage", rows, 3, [100 * CELLS_OF_CHANCE / int(row[2]) for row in rows])


@pytest.mark.slow
def test_coverage_by_country_is_as_written(results: Results):
    rows = country_rows(results)
    assert_written("Coverage by country", rows, 3, [100 * CELLS_OF_CHANCE / int(row[2]) for row in rows])


@pytest.mark.slow
def test_errors_are_as_written(results: Results):
    """The seed is held, so only rounding moves them; another seed moves a quantile of 1000 draws by up to 0.2."""
    for heading, rows in (("Errors from 2010", error_rows(results)), ("Errors by horizon", horizon_rows(results))):
        assert_written(heading, rows, 2, [0.02] * len(rows))


@pytest.mark.slow
def test_old_ages_are_held_too_narrow_by_one_index_and_a_little_too_wide_with_the_ages_own_errors(results: Results):
    """Away from 80% by more than four binomial errors of 1080 cells; the cells hang together, so it is no proof."""
    plain, wide = (coverage(results[mortality, "published"])["60 and over"] for mortality in (PLAIN, WIDE))
    error = 100 * np.sqrt(0.8 * 0.2 / plain[0])
    assert shares(plain)[0] < 80 - 4 * error
    assert shares(wide)[0] > 80 + 4 * error
    assert abs(shares(wide)[1] - 95) < 4 * 100 * np.sqrt(0.95 * 0.05 / wide[0])


@pytest.mark.slow
def test_bands_lie_within_each_other(results: Results):
    for judged in results[PLAIN, "published"]:
        inner, outer = (judged.inside.sel(band=band, drop=True) for band in BANDS)
        assert bool((outer | ~inner).all())


def without_future(prospects: Prospects, origin: int) -> Prospects:
    """Everything after the origin made wrong: twice as many people, rates, births and movers."""
    parts = {field.name: getattr(prospects, field.name) for field in dataclasses.fields(prospects)}
    return Prospects(**{name: part.where(part["year"] <= origin, part * 2) for name, part in parts.items()})


@pytest.mark.parametrize("has_age_error", [False, True])
def test_nothing_after_the_origin_enters(prospects: Prospects, has_age_error: bool):
    found, same = (forecast(data, 2010, has_age_error) for data in (prospects, without_future(prospects, 2010)))
    np.testing.assert_array_equal(found, same)
    earlier = forecast(without_future(prospects, 2005), 2010, has_age_error)
    assert float(abs(earlier / found - 1).max()) > 0.1


def test_long_run_fertility_is_the_one_written():
    page = {int(row[0]): float(row[1]) for row in written("Long-run values of the hold-out")}
    assert page == LONG_RUN
