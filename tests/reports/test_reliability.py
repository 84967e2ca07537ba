"""The reliability tables read back from a record."""

from actuarial.runs.store import Run
from reports.reliability import reliability_tables
from reports.tables import NOTHING
from reports.view import View

BIN = {"from_probability": 0.2, "to_probability": 0.5, "count": 18, "stated": 0.3, "observed": 0.5, "lower": 0.29,
       "upper": 0.71}  # fmt: skip
EMPTY = {**BIN, "count": 0, "stated": None, "observed": None, "lower": None, "upper": None}
WHOLE = {"fund": "all", "count": 18, "base": 0.5, "brier": 0.29, "reliability": 0.04, "resolution": 0.0,
         "uncertainty": 0.25, "within": 0.0, "skill": -0.16, "origins": [2020, 2021], "horizon": 3,
         "bins": [EMPTY, BIN]}  # fmt: skip


def test_bins_without_a_case_are_left_out(run: Run) -> None:
    never = {**WHOLE, "fund": "assistance", "base": 0.0, "skill": None}
    table, brier = reliability_tables(View(run, "en", "100m_yuan"), [never, WHOLE])
    assert [(row.label, row.cells) for row in table.rows] == [("20% to 50%", ("18", "30%", "50%", "29% to 71%"))]
    assert brier.rows[0].cells[-1] == NOTHING
    assert brier.rows[1].cells == ("18", "50%", "0.290", "0.040", "0.000", "0.250", "0.000", "-0.160")


def test_too_few_cases_say_nothing(run: Run) -> None:
    assert reliability_tables(View(run, "en", "100m_yuan"), [{**WHOLE, "count": 15}]) == []
