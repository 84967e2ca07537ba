"""The served pages: on loopback, from this machine alone, with the figures of the static report."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from actuarial.runs.store import Run, write_run, writing
from reports.pdf import ARGUMENTS, browser
from tests.reports.conftest import synthetic_dataset, synthetic_manifest

pytestmark = pytest.mark.browser

RUN = "r0123456789ab"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    store = tmp_path_factory.mktemp("store")
    with writing(store):
        made: Run = write_run(store, synthetic_dataset(), synthetic_manifest(RUN))
    assert made.id == RUN
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    code = f"from pathlib import Path; from reports.app import serve; serve(Path({str(store)!r}), {number})"
    server = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2], env=dict(os.environ))
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", number)) == 0:
                break
        time.sleep(0.2)
    yield number
    server.terminate()
    server.wait(timeout=20)


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser(), args=list(ARGUMENTS))
        yield chromium.new_page()
        chromium.close()


def test_pages_load_from_this_machine_alone(port: int, page: Page) -> None:
    asked: list[str] = []
    failed: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: failed.append(request.url))
    for name in ("overview", "budget", "regions", "pooling", "warning", "quality"):
        page.goto(f"http://127.0.0.1:{port}/{name}?lang=en")
        page.locator("table").first.wait_for()
    assert [url for url in asked if not url.startswith((f"http://127.0.0.1:{port}/", "data:", "blob:"))] == []
    assert failed == []


def test_a_region_and_a_unit_can_be_chosen(port: int, page: Page) -> None:
    page.goto(f"http://127.0.0.1:{port}/budget?lang=zh")
    page.locator("caption").filter(has_text="宁波市2027年职工").wait_for()
    page.locator("select").nth(1).select_option(label="居民医保")
    page.locator("select").nth(2).select_option(label="余姚市")
    page.get_by_text("万元", exact=True).first.click()
    page.locator("caption").filter(has_text="余姚市2027年城乡居民").filter(has_text="万元").wait_for()


def test_nothing_listens_beyond_loopback(port: int) -> None:
    listening = [line.split() for path in ("/proc/net/tcp", "/proc/net/tcp6") for line in _lines(path)]
    found = {
        fields[1].split(":")[0] for fields in listening if fields[1].endswith(f":{port:04X}") and fields[3] == "0A"
    }
    assert found == {"0100007F"}


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()[1:] if Path(path).exists() else []
