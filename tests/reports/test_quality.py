from dataclasses import replace

import pytest

from actuarial.runs.store import Run
from reports.pages.quality import policy_table
from reports.view import View


@pytest.mark.parametrize(
    ("parameter", "value", "unit", "shown"),
    [
        ("reserve_confidence", 0.95, "1", "95.00%"),
        ("prevention_admissions", 0.7, "1", "0.70"),
        ("long_run_fertility", 0.94, "1", "0.94"),
        ("interest_rate", 1.5, "percent/year", "1.50%"),
    ],
)
def test_shares_are_shown_in_percent_and_other_ratios_as_they_are(run: Run, parameter, value, unit, shown):
    row = {**run.manifest["policy"][0], "parameter": parameter, "value": value, "unit": unit}
    view = View(replace(run, manifest={**run.manifest, "policy": [row]}), "en", "100m_yuan")
    assert policy_table(view).rows[0].cells[4] == shown
