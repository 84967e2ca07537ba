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
    MORTALITY,
    ORIGINS,
    Judged,
    coverage,
    forecast,
    judge,
    reproduced,
)
from tests.demography.united_nations import Prospects

PAGE = Path(__file__).parents[2] / "docs" / "method" / "levels.md"
# Two Monte Carlo errors of 1000 draws: over six seeds the standard deviation of the cells inside is a quarter of the
# root of the cells (0.13 to 0.32, once 0.47).
CELLS_OF_CHANCE = 0.5
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
        for mortality in MORTALITY:
            drawn = forecast(prospects, origin, mortality)
            for name, came in (("published", prospects.population), ("reproduced", from_rates)):
                found.setdefault((mortality, name), []).append(judge(drawn, came, origin))
    return found


def shares(counted: tuple[int, int, int]) -> list[float]:
    return [100 * inside / counted[0] for inside in counted[1:]]


def coverage_rows(results: Results) -> list[list[str]]:
    rows = []
    for name, origins in (("2010", slice(-1, None)), ("1990-2010", slice(None))):
        counted = [coverage(results[mortality, "published"][origins]) for mortality in MORTALITY]
        for ages in GROUPS:
            numbers = [f"{share:.1f}" for part in counted for share in shares(part[ages])]
            rows.append([name, ages, str(counted[0][ages][0]), *numbers])
    return rows


def clustered(parts: list[tuple[int, int, int]], band: int) -> float:
    """Standard error of the share inside where only the parts, and not their cells, are independent, per cent.

    Ratio of totals: Cochran (1977), Sampling Techniques, section 2.11, without the correction for a finite population.
    """
    cells, inside = (np.array([part[place] for part in parts], dtype=float) for place in (0, band + 1))
    away = inside - cells * inside.sum() / cells.sum()
    return float(100 * np.sqrt(len(parts) / (len(parts) - 1) * np.sum(away**2)) / cells.sum())


def binomial(chance: float, cells: int) -> float:
    return 100 * np.sqrt(chance * (1 - chance) / cells)


def uncertainty_rows(results: Results) -> list[list[str]]:
    judged = results["run", "published"]
    rows = []
    for ages in GROUPS:
        pairs = [coverage([origin], [country])[ages] for origin in judged for country in COUNTRIES]
        lands = [coverage(judged, [country])[ages] for country in COUNTRIES]
        cells = coverage(judged)[ages][0]
        errors = [
            (binomial(chance / 100, cells), clustered(pairs, band), clustered(lands, band))
            for band, chance in enumerate(BANDS)
        ]
        rows.append([ages, *(f"{error:.1f}" for band in errors for error in band)])
    return rows


def country_rows(results: Results) -> list[list[str]]:
    rows = []
    for country in COUNTRIES:
        counted = [coverage(results["run", came], [country]) for came in ("published", "reproduced")]
        for ages in GROUPS[1:]:
            numbers = [f"{share:.1f}" for part in counted for share in shares(part[ages])]
            rows.append([country, ages, str(counted[0][ages][0]), *numbers])
    return rows


def error_rows(results: Results) -> list[list[str]]:
    last = results["run", "published"][-1]
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
            found = [judged.error.sel(part=part, region=country) for judged in results["run", "published"]]
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
    assert_written("Coverage", rows, 3, [100 * CELLS_OF_CHANCE / np.sqrt(int(row[2])) for row in rows])


@pytest.mark.slow
def test_error_of_the_coverage_is_as_written(results: Results):
    """Allowed are two standard deviations over six seeds, the largest of each row."""
    assert_written("Error of the coverage", uncertainty_rows(results), 1, [0.5, 2.0, 0.4, 0.8])


@pytest.mark.slow
def test_coverage_by_country_is_as_written(results: Results):
    rows = country_rows(results)
    assert_written("Coverage by country", rows, 3, [100 * CELLS_OF_CHANCE / np.sqrt(int(row[2])) for row in rows])


@pytest.mark.slow
def test_errors_are_as_written(results: Results):
    """The seed is held, so only rounding moves them; another seed moves those of 2010 by up to 0.4."""
    for heading, rows in (("Errors from 2010", error_rows(results)), ("Errors by horizon", horizon_rows(results))):
        assert_written(heading, rows, 2, [0.02] * len(rows))


@pytest.mark.slow
def test_old_ages_need_what_each_age_does_alone(results: Results):
    """By more than four binomial errors of 1080 cells; the cells hang together, so it is no proof."""
    indices, run, rival = (coverage(results[mortality, "published"])["60 and over"] for mortality in MORTALITY)
    cells = run[0]
    assert shares(indices)[0] < 80 - 4 * binomial(0.8, cells)
    assert abs(shares(run)[0] - 80) < 4 * binomial(0.8, cells)
    assert shares(run)[1] < 95 - 4 * binomial(0.95, cells)
    assert shares(rival)[0] > 80 + 4 * binomial(0.8, cells)


def test_error_of_clusters_of_one_size_is_that_of_a_mean():
    inside = np.array([3, 7, 8, 5])
    found = clustered([(10, int(count), 0) for count in inside], 0)
    assert found == pytest.approx(100 * np.std(inside / 10, ddof=1) / np.sqrt(4))


@pytest.mark.slow
def test_bands_lie_within_each_other(results: Results):
    for judged in results["run", "published"]:
        inner, outer = (judged.inside.sel(band=band, drop=True) for band in BANDS)
        assert bool((outer | ~inner).all())


def without_future(prospects: Prospects, origin: int) -> Prospects:
    """Everything after the origin made wrong: twice as many people, rates, births and movers."""
    parts = {field.name: getattr(prospects, field.name) for field in dataclasses.fields(prospects)}
    return Prospects(**{name: part.where(part["year"] <= origin, part * 2) for name, part in parts.items()})


@pytest.mark.parametrize("mortality", MORTALITY)
def test_nothing_after_the_origin_enters(prospects: Prospects, mortality: str):
    found, same = (forecast(data, 2010, mortality) for data in (prospects, without_future(prospects, 2010)))
    np.testing.assert_array_equal(found, same)
    earlier = forecast(without_future(prospects, 2005), 2010, mortality)
    assert float(abs(earlier / found - 1).max()) > 0.1


def test_long_run_fertility_is_the_one_written():
    page = {int(row[0]): float(row[1]) for row in written("Long-run values of the hold-out")}
    assert page == LONG_RUN
