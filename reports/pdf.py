"""The report as PDF, printed by a Chromium that is already on the machine."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import Error, sync_playwright

from actuarial.errors import StoreError

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def browser() -> str:
    """Path of the browser: the environment variable CHROMIUM, else the first found on the PATH.

    Raises
    ------
    StoreError
        If there is none; the message says what to install.
    """
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise StoreError("PDF: no Chromium on this machine; install the package chromium or set CHROMIUM to its path")
    return found


def write_pdf(html_path: Path) -> Path:
    """Print an HTML report beside itself on A4 and return the path of the PDF."""
    path = html_path.with_suffix(".pdf")
    # In a thread of its own, because a notebook already runs an event loop in this one.
    with ThreadPoolExecutor(max_workers=1) as aside:
        aside.submit(_print, html_path, path, browser()).result()
    return path


def _print(html_path: Path, path: Path, executable: str) -> None:
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
            page = chromium.new_page(java_script_enabled=False)
            page.goto(html_path.resolve().as_uri())
            page.pdf(path=path, prefer_css_page_size=True, print_background=True, outline=True, tagged=True)
            chromium.close()
    except Error as failed:
        raise StoreError(f"PDF: {html_path.name} could not be printed: {str(failed).splitlines()[0]}") from failed
