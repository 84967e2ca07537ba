"""The section of members and ageing shows the quantiles of its draws, and says what its bands hold."""

import re
from html import unescape
from typing import Any

import numpy as np
import pytest
import xarray as xr

from actuarial.runs.store import Run
from actuarial.wording import LANGUAGES, text
from reports.figures import by_quantile, interval, nearest_year
from reports.pages.people import (
    age_pyramid,
    ageing_chart,
    ageing_table,
    assisted_table,
    group_table,
    member_chart,
    member_table,
    people,
    region_chart,
    share_table,
)
from reports.pages.quality import people_table
from reports.static import html
from reports.tables import Table, people_note
from reports.view import View
from tests.reports.conftest import HEADS, REGIONS, draws_of_people


@pytest.fixture(scope="module")
def draws(run: Run) -> xr.Dataset:
    """The draws whose quantiles the run stores, recomputed."""
    return draws_of_people(run.dataset["population"])


def with_manifest(run: Run, **changes: object) -> Run:
    return Run(run.id, run.dataset, {**run.manifest, **changes})


def cell(table: Table, row: str, head: str) -> str:
    """A cell as its figure and its band, such as ``23.9% | 23.8% to 24.0%``."""
    found = next(line for line in table.rows if line.label == row)
    return re.sub(r"<br><small>(.*)</small>", r" | \1", found.cells[table.heads.index(head) - 1])


def old_share(draws: xr.Dataset, age: int) -> np.ndarray:
    """Share of the city in every draw, (draw, year), in plain NumPy."""
    persons = draws["population"].transpose("draw", "year_all", "age", "region", "sex").values.sum(axis=(3, 4))
    return persons[..., age:].sum(axis=-1) / persons.sum(axis=-1)


def test_lead_states_2030_with_its_band(run: Run, draws: xr.Dataset) -> None:
    share = old_share(draws, 60)[:, 5]
    low, middle, high = (f"{value * 100:.1f}%" for value in np.quantile(share, [0.1, 0.5, 0.9]))
    page = unescape(str(people(View(run, "zh", "100m_yuan")).body))
    assert f"2030年末，宁波市60岁及以上人口占比 {middle}（80%区间 {low} 至 {high}）" in page
    page = unescape(str(people(View(run, "en", "100m_yuan")).body))
    said = f"{middle} (80% interval {low} to {high}) of the residents of Ningbo are aged 60 and over"
    assert f"At the end of 2030, {said}" in page


def test_lead_takes_the_nearest_year_of_a_short_run(run: Run) -> None:
    short = Run(run.id, run.dataset.sel(year_all=slice(2025, 2028)), run.manifest)
    assert nearest_year(short.dataset, 2030) == 2028
    assert "2028年末，宁波市60岁及以上人口占比" in str(people(View(short, "zh", "100m_yuan")).body)


def test_dependency_is_65_and_over_to_15_to_64(run: Run, draws: xr.Dataset) -> None:
    persons = draws["population"].sel(region="330281", year_all=2035).sum("sex").transpose("draw", "age").values
    ratio = persons[:, 65:].sum(axis=1) / persons[:, 15:65].sum(axis=1)
    low, middle, high = (f"{value * 100:.1f}%" for value in np.quantile(ratio, [0.1, 0.5, 0.9]))
    table = share_table(View(run, "en", "100m_yuan"))
    assert cell(table, "Yuyao", "Old-age dependency, 2035") == f"{middle} | {low} to {high}"


def test_city_is_the_sum_of_its_regions_in_every_draw(run: Run, draws: xr.Dataset) -> None:
    view = View(run, "en", "100m_yuan")
    low, middle, high = np.quantile(old_share(draws, 60)[:, -1], [0.1, 0.5, 0.9]) * 100
    shown = f"{middle:.1f}% | {low:.1f}% to {high:.1f}%"
    assert cell(share_table(view), "Ningbo", "60 and over, 2035") == shown
    assert cell(ageing_table(view), "2035", "Share aged 60 and over") == shown
    widths = [
        float(np.diff(by_quantile(run.dataset["ageing_region"].sel(region=code, indicator="share_60"), "year_all"),
                      axis=0)[:, -1].sum())
        for code in REGIONS
    ]  # fmt: skip
    city = by_quantile(run.dataset["ageing_city"].sel(indicator="share_60"), "year_all")
    assert city[-1][-1] - city[0][-1] < min(widths)


def test_the_last_closed_year_is_known_and_has_no_band(run: Run) -> None:
    view = View(run, "en", "100m_yuan")
    assert "|" not in cell(member_table(view), "Students", "2025")
    assert "|" in cell(member_table(view), "Students", "2027")
    assert "|" not in cell(ageing_table(view), "2025", "Old-age dependency")


def test_members_are_in_the_unit_of_the_language(run: Run, draws: xr.Dataset) -> None:
    grown = draws["insured"].sel(heads="elder", year_all=2027).sum("region").values
    low, middle, high = np.quantile(grown, [0.1, 0.5, 0.9])
    english = cell(member_table(View(run, "en", "100m_yuan")), "Residents of 60 and over", "2027")
    assert english == f"{middle / 1e3:,.1f} | {low / 1e3:,.1f} to {high / 1e3:,.1f}"
    chinese = cell(member_table(View(run, "zh", "100m_yuan")), "老年居民（60岁及以上）", "2027年")
    assert chinese == f"{middle / 1e4:,.2f} | {low / 1e4:,.2f} 至 {high / 1e4:,.2f}"


def test_every_status_somebody_has_is_shown(run: Run) -> None:
    view = View(run, "en", "100m_yuan")
    assert [row.label for row in member_table(view).rows[:-1]] == [text(f"heads.{name}", "en") for name in HEADS]
    without = run.dataset.copy(deep=True)
    without["heads_city"].loc[{"heads": "child"}] = 0.0
    labels = [row.label for row in member_table(View(Run(run.id, without, run.manifest), "en", "100m_yuan")).rows]
    assert "Children" not in labels
    assert len(labels) == len(HEADS)


def test_a_single_path_is_told_without_a_band(run: Run) -> None:
    flat = run.dataset.copy(deep=True)
    flat["ageing_city"] = flat["ageing_city"].sel(quantile=0.5, drop=True).broadcast_like(flat["ageing_city"])
    view = View(Run(run.id, flat, run.manifest), "en", "100m_yuan")
    lead = unescape(str(people(view).body)).split("</p>")[0]
    assert "interval" not in lead
    assert "(" not in cell(ageing_table(view), "2035", "Old-age dependency")
    assert "80%:" not in ageing_chart(view)[1]


def test_active_per_retired_is_that_of_the_medians(run: Run) -> None:
    middle = run.dataset["heads_city"].sel(quantile=0.5, year_all=2035)
    ratio = float(middle.sel(heads="active")) / float(middle.sel(heads="retired"))
    assert cell(member_table(View(run, "en", "100m_yuan")), "Active per retired", "2035") == f"{ratio:.2f}"


def test_assisted_persons_are_those_of_the_draws(run: Run, draws: xr.Dataset) -> None:
    persons = draws["assisted"].sel(category="subsistence", year_all=2035).sum("region").values
    low, middle, high = np.quantile(persons, [0.1, 0.5, 0.9]) / 1e3
    table = assisted_table(View(run, "en", "100m_yuan"))
    assert len(table.rows) == 4
    assert cell(table, "Subsistence recipients", "2035") == f"{middle:,.1f} | {low:,.1f} to {high:,.1f}"


def test_the_pyramid_has_a_table_of_its_groups(run: Run, draws: xr.Dataset) -> None:
    table = group_table(View(run, "en", "100m_yuan"))
    assert [table.rows[0].label, table.rows[-1].label] == ["100+", "0-4"]
    men = draws["population"].sel(sex="male", year_all=2035, age=slice(60, 64)).sum(["region", "age"]).values
    low, middle, high = np.quantile(men, [0.1, 0.5, 0.9]) / 1e3
    assert cell(table, "60-64", "Men, 2035") == f"{middle:,.1f} | {low:,.1f} to {high:,.1f}"


def test_bars_of_the_pyramid_are_to_scale(run: Run) -> None:
    """The sand bars of men, oldest last, are in proportion to the persons of the last closed year."""
    _, chart = age_pyramid(View(run, "en", "100m_yuan"))
    widths = [float(width) for width in re.findall(r'width="([\d.]+)" height="15.0" fill="#EBD9B4"', chart)][:21]
    persons = run.dataset["pyramid_city"].sel(quantile=0.5, sex="male", year_all=2025).values
    # Pixels are written with one decimal, so a bar is within 0.05 of a pixel, and so is the longest it is set against.
    np.testing.assert_allclose(widths, persons / persons.max() * max(widths), atol=0.1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_chart_has_a_text_with_its_last_interval(run: Run, language: str) -> None:
    view = View(run, language, "100m_yuan")
    last = run.dataset.sel(year_all=2035)
    share = interval(last["ageing_city"].sel(indicator="share_60"))
    students = interval(last["heads_city"].sel(heads="student"))
    fenghua = interval(last["ageing_region"].sel(indicator="share_60", region="330213"))
    total = interval(last["ageing_city"].sel(indicator="people"))
    unit, decimals = (10_000, 2) if language == "zh" else (1_000, 1)
    said = {
        ageing_chart: view.percent(share.high),
        member_chart: view.number(students.low / unit, decimals),
        region_chart: view.percent(fenghua.high),
        age_pyramid: view.number(total.high / unit, decimals),
    }
    for chart, figure in said.items():
        described = re.search(r"<desc[^>]*>(.*?)</desc>", chart(view)[1])
        assert described is not None
        assert figure in described[1]


def test_a_run_without_distribution_says_so(run: Run) -> None:
    names = [name for name in run.dataset if str(name).startswith(("pyramid_", "ageing_", "heads_", "assisted_"))]
    old = Run(run.id, run.dataset.drop_vars(names), {**run.manifest, "people_record": []})
    for language in LANGUAGES:
        page = html(View(old, language, "100m_yuan"))
        assert text("people.absent", language) in page
        assert text("note.people_central", language) in page


def test_one_region_is_not_compared_with_itself(run: Run) -> None:
    names = [region for region in run.manifest["city"]["regions"] if region["code"] == "330281"]
    one = Run(
        run.id, run.dataset.sel(region=["330281"]), {**run.manifest, "city": {**run.manifest["city"], "regions": names}}
    )
    page = people(View(one, "en", "100m_yuan")).body
    assert 'id="ageing-table"' not in page
    assert 'id="ageing-years"' in page


def test_the_note_names_what_the_bands_hold_and_what_they_do_not(run: Run) -> None:
    said = people_note(View(run, "en", "100m_yuan"))
    assert said == (
        "The bands hold the uncertainty of the population: deaths; births; migration; enrolment. "
        "On a single path, and so not in the bands: assisted persons; the true uncertainty is larger."
    )
    full: list[dict[str, Any]] = [{**entry, "method": "li_lee"} for entry in run.manifest["people_record"]]
    said = people_note(View(with_manifest(run, people_record=full), "zh", "100m_yuan"))
    assert said == "各项区间已计入人口与参保的不确定性：死亡、生育、迁移、参保、救助对象。"
    half = with_manifest(run, people_record=full, people_uncertainty=["process"])
    only = "Of these only the uncertainty of the process is held, so the true uncertainty is larger."
    assert people_note(View(half, "en", "100m_yuan")).endswith(only)


def test_people_who_are_not_drawn_are_a_single_path(run: Run) -> None:
    central = text("note.people_central", "zh")
    held = [{**entry, "method": "held"} for entry in run.manifest["people_record"]]
    assert people_note(View(with_manifest(run, people_record=held), "zh", "100m_yuan")) == central
    assert people_note(View(with_manifest(run, people_uncertainty=[]), "zh", "100m_yuan")) == central
    law = [entry for entry in run.manifest["people_record"] if entry["source"] == "retirement"]
    assert people_note(View(with_manifest(run, people_record=law), "zh", "100m_yuan")) == central


def test_quality_tells_the_method_of_every_source(run: Run) -> None:
    table = people_table(View(run, "en", "100m_yuan"))
    assert len(table.rows) == len(run.manifest["people_record"])
    assert cell(table, "deaths", "Method") == (
        "coherent Lee-Carter (Li and Lee) (index taken from published life expectancy)"
    )
    assert cell(table, "deaths", "Main figures") == (
        "yearly change of the index -0.021; history from 2001; history to 2025"
    )
    assert cell(table, "migration", "Main figures") == "last year 0.62%; long run 0.20%; persistence 0.800"
    assert cell(table, "assisted persons", "Method") == "single path, not drawn (history too short)"


def test_a_city_without_assisted_persons_has_no_table_of_them(run: Run) -> None:
    without = Run(run.id, run.dataset.drop_vars(["assisted_region", "assisted_city"]), run.manifest)
    page = people(View(without, "en", "100m_yuan")).body
    assert 'id="assisted"' not in page
    assert 'id="members"' in page


def test_people_scaled_to_official_totals_tell_the_factor(run: Run) -> None:
    factor = xr.DataArray(np.linspace(1.0, 1.02, 11), dims="year_all", coords={"year_all": run.dataset["year_all"]})
    scaled = Run(run.id, run.dataset.assign(official_factor=factor), run.manifest)
    page = unescape(str(people(View(scaled, "en", "100m_yuan")).body))
    assert "People are scaled to the published totals: x1.0020 in 2026, x1.0200 in 2035." in page
    assert "scaled" not in people(View(run, "en", "100m_yuan")).body
