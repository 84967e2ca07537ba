"""What it would take, on the page of a stored run."""

from dataclasses import replace

import pytest

from actuarial.assumptions.basis import Basis
from actuarial.runs.store import Run
from actuarial.solving.takes import ASKED, DELAYS, what_it_takes
from actuarial.streams import BLOCK
from actuarial.tables import CityData
from actuarial.wording import LANGUAGES
from reports.figures import pooled_funds
from reports.pages.reserve import reserve_tables
from reports.pages.takes import takes_tables
from reports.risk_figures import fund_risk
from reports.view import View

ANSWER = {
    "lever": "fiscal_subsidy", "scheme": "resident", "delay": 0, "unit": "yuan/person-year", "first_year": 2026,
    "last_year": 2030, "target": 0.05, "confidence": 0.95, "draws": 500, "today": [1000.0, 1000.0],
    "fails_today": 0.42, "needed": [1234.0, 1234.0], "looser": [1200.0, 1200.0], "stricter": [1300.0, 1300.0],
}  # fmt: skip
REFUSED = {"lever": "fiscal_subsidy", "scheme": "resident", "delay": 3, "refused": "solve: out of reach"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_shows_what_is_there_what_is_needed_and_what_is_out_of_reach(run: Run, language):
    view = View(replace(run, manifest={**run.manifest, "solved": [ANSWER, REFUSED]}), language, "100m_yuan")
    (table,) = takes_tables(view)
    (row,) = table.rows
    assert row.cells[:2] == ("1,000", "42.0%")
    assert str(row.cells[2]).startswith("1,234<br>")
    assert "1,200" in str(row.cells[2])
    assert "1,300" in str(row.cells[2])
    assert row.cells[3] == view.say("takes.refused")
    shown = reserve_tables(view, [fund_risk(view.dataset, view.manifest, pooled_funds(view.dataset)[0])])
    assert shown[-1].key == "takes"


def test_run_with_less_than_a_block_answers_and_shows_nothing(run: Run, tiny_data: CityData, tiny_basis: Basis):
    assert what_it_takes(tiny_data, tiny_basis, 1, BLOCK - 1) == []
    assert takes_tables(View(replace(run, manifest={**run.manifest, "solved": []}), "zh", "100m_yuan")) == []


def test_every_lever_is_answered_or_says_why_not(tiny_data: CityData, tiny_basis: Basis):
    found = what_it_takes(tiny_data, tiny_basis, 1, BLOCK)
    asked = [(row["lever"], row["scheme"], row["delay"]) for row in found]
    assert asked == [(*lever, delay) for lever in ASKED for delay in DELAYS]
    answered = [row for row in found if "refused" not in row]
    assert answered
    for row in answered:
        change, projections = float(str(row["change"])), int(str(row["projections"]))
        assert projections < 15
        # Nothing looser than today is looked for.
        assert change <= 1 if row["lever"] == "spending" else change >= 1
