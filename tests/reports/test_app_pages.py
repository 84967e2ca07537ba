"""Every page of the app fills its template for every scheme and area."""

import pytest

from actuarial.budget.forms import CITY
from actuarial.runs.store import Run
from actuarial.wording import LANGUAGES
from reports.app import BODIES
from reports.view import View


@pytest.mark.parametrize("page", BODIES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_page_fills_its_template(run: Run, page: str, language: str) -> None:
    view = View(run, language, "10k_yuan")
    for area in (CITY, "330281"):
        assert "<p>" in BODIES[page](view, "resident", area)
