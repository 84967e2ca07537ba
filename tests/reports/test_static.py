"""The page is one file, asks for nothing, and says what a reader must know."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from actuarial.runs.store import Run
from actuarial.schema import SCHEMES
from actuarial.wording import LANGUAGES
from reports.static import html, write_html
from reports.tables import people_note
from reports.view import View

Grid = list[list[str]]


class Tables(HTMLParser):
    """Cells of every table, by the id of the table."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, Grid] = {}
        self.key, self.is_cell, self.is_mark = "", False, False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "table":
            self.key = values["id"] or ""
            self.found[self.key] = []
        elif tag == "tr":
            self.found[self.key].append([])
        elif tag in ("td", "th"):
            self.is_cell = True
            self.found[self.key][-1].append("")
        elif tag in ("span", "small"):
            self.is_mark = self.is_cell

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.is_cell = False
        elif tag in ("span", "small"):
            self.is_mark = False

    def handle_data(self, data: str) -> None:
        if self.is_cell and not self.is_mark:
            self.found[self.key][-1][-1] += data


@pytest.fixture(scope="module")
def pages(run: Run) -> dict[tuple[str, str], str]:
    return {
        (language, unit): html(View(run, language, unit))
        for language in LANGUAGES
        for unit in ("100m_yuan", "10k_yuan")
    }


def tables(page: str) -> dict[str, Grid]:
    reader = Tables()
    reader.feed(page)
    return reader.found


def units(cell: str) -> int:
    """A displayed amount as whole units of its last digit."""
    return int(cell.replace(",", "").replace(".", ""))


def test_the_page_names_no_address_outside_itself(pages: dict[tuple[str, str], str]) -> None:
    for page in pages.values():
        plain = page.replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert re.findall(r'(?:src|href|url)\s*[=(]\s*["\']?(?!#|data:)[^"\'>)\s]+', plain) == []
        assert "<script" not in page


@pytest.mark.parametrize("unit", ["100m_yuan", "10k_yuan"])
def test_regions_add_up_to_the_city_as_displayed(pages: dict[tuple[str, str], str], unit: str) -> None:
    found = tables(pages["zh", unit])
    for scheme in SCHEMES:
        _, *rows = found[f"regions-{scheme}"]
        for column in (1, 2, 3, 4, 5, 7, 8, 9, 10):
            assert sum(units(row[column]) for row in rows[:-1]) == units(rows[-1][column])
        for row in rows:
            assert units(row[1]) + units(row[4]) == units(row[5])
            assert units(row[5]) + units(row[8]) == units(row[9])


@pytest.mark.parametrize("unit", ["100m_yuan", "10k_yuan"])
def test_form_and_region_table_show_the_same_city(pages: dict[tuple[str, str], str], unit: str) -> None:
    found = tables(pages["en", unit])
    for scheme in SCHEMES:
        rows = {row[0]: row for row in found[f"form-{scheme}"]}
        column = 6 if scheme == "employee" else 3
        city = found[f"regions-{scheme}"][-1]
        assert rows["Total revenue of the year"][column] == city[2]
        assert rows["Closing balance"][column] == city[5]
        year = next(row for row in found[f"outlook-{scheme}"] if row[0] == "2027")
        assert (year[1], year[4]) == (city[2], city[5])


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_one_says_how_much_is_estimated(pages: dict[tuple[str, str], str], run: Run, language: str) -> None:
    first = pages[language, "100m_yuan"].split('<section id="outlook"')[0]
    assert "94.7%" in first
    assert people_note(View(run, language, "100m_yuan")) in first


def test_estimated_figures_carry_a_mark(pages: dict[tuple[str, str], str]) -> None:
    page = pages["zh", "100m_yuan"]
    form = page[page.index('id="form-resident"') :]
    row = form[form.index("本年收入合计") :]
    assert '<span class="est">估</span>' in row[: row.index("</tr>")]
    subsidy = form[form.index("二、财政补贴收入") :]
    assert "est" not in subsidy[: subsidy.index("</tr>")]


def test_names_of_a_city_are_text_and_never_markup(run: Run) -> None:
    hostile = {**run.manifest, "city": {**run.manifest["city"], "name": {"zh": "<b>x</b>", "en": "<script>"}}}
    page = html(View(Run(run.id, run.dataset, hostile), "en", "100m_yuan"))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_the_same_run_gives_the_same_file(run: Run, tmp_path: Path) -> None:
    first = write_html(run, "zh", tmp_path / "a")
    second = write_html(run, "zh", tmp_path / "b")
    assert first.name == "330200-2027-r0123456789ab.zh.html"
    assert first.read_bytes() == second.read_bytes()


def test_the_page_says_how_to_make_the_run_again(pages: dict[tuple[str, str], str]) -> None:
    assert "actuarial run FOLDER --store STORE --seed 7 --draws 200 --years 10" in pages["en", "100m_yuan"]
