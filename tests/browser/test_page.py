"""The static page as a browser shows it: no request, no script needed, nothing cut."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from actuarial.runs.store import Run
from actuarial.wording import LANGUAGES
from reports.pdf import ARGUMENTS, browser, write_pdf
from reports.static import write_html
from tests.reports.conftest import synthetic_dataset, synthetic_manifest

pytestmark = pytest.mark.browser

CUT_TEXTS = """() => [...document.querySelectorAll("svg.chart")].flatMap(svg => {
  const outer = svg.getBoundingClientRect();
  return [...svg.querySelectorAll("text")].filter(text => {
    const box = text.getBoundingClientRect();
    const across = box.left < outer.left - 16 || box.right > outer.right + 1;
    return across || box.top < outer.top - 1 || box.bottom > outer.bottom + 1;
  }).map(text => text.textContent);
})"""
OVERLAPS = """() => [...document.querySelectorAll("svg.chart")].flatMap(svg => {
  const boxes = [...svg.querySelectorAll("text")].map(text => [text.textContent, text.getBoundingClientRect()]);
  return boxes.flatMap(([a, one], i) => boxes.slice(i + 1).filter(([b, other]) =>
    one.right > other.left + 1 && other.right > one.left + 1 && one.bottom > other.top + 6 && other.bottom > one.top + 6
  ).map(([b]) => a + " / " + b));
})"""


@pytest.fixture(scope="module")
def run() -> Run:
    return Run("r0123456789ab", synthetic_dataset(), synthetic_manifest("r0123456789ab"))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=browser(), args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("unit", ["100m_yuan", "10k_yuan"])
def test_page_asks_for_nothing_and_cuts_nothing(
    run: Run, chromium: Browser, tmp_path: Path, language: str, unit: str
) -> None:
    path = write_html(run, language, tmp_path, unit)
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
    assert page.evaluate(CUT_TEXTS) == []
    assert page.evaluate(OVERLAPS) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.close()


def test_everything_shows_without_scripts(run: Run, chromium: Browser, tmp_path: Path) -> None:
    path = write_html(run, "zh", tmp_path)
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    for key in ("overview", "outlook", "budget", "regions", "pooling", "people", "quality"):
        assert page.locator(f"section#{key}").is_visible()
    assert page.locator("table").count() >= 18
    assert page.locator("svg.chart").count() >= 11
    assert page.locator("section#people svg.chart").count() == 4
    assert page.locator("section#people table").count() == 5
    context.close()


def test_the_page_prints_even_inside_an_event_loop(run: Run, tmp_path: Path) -> None:
    pdf = write_pdf(write_html(run, "zh", tmp_path))
    assert pdf.suffix == ".pdf"
    assert pdf.read_bytes().startswith(b"%PDF-")
