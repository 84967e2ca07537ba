"""What the shipped city says of its people: the figure that docs/method/people.md states."""

import re
from pathlib import Path

import pytest

from actuarial.experience.fit import fit
from actuarial.simulation import simulate
from actuarial.tables import read_folder

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_old_age_share_of_2030_is_as_documented():
    """Share of 60 and over at the end of 2030, 80% and 95% bands; a thousand draws differ by less than 0.2 points.

    The standard error of a 2.5% quantile of a thousand draws is about sqrt(0.025 0.975 / 1000) / density, here 0.07
    points of a spread of 0.8.
    """
    page = (ROOT / "docs" / "method" / "people.md").read_text(encoding="utf-8")
    stated = re.search(
        r"22\.2% at the end of 2025, are ([\d.]+)% at the end of 2030 "
        r"\(80% band ([\d.]+)-([\d.]+)%, 95% ([\d.]+)-([\d.]+)%",
        page,
    )
    assert stated, "docs/method/people.md states the share and its bands"
    run = simulate(fit(read_folder(ROOT / "data" / "ningbo"), 5), 1, 1_000)
    share = 100 * run["ageing_city"].sel(indicator="share_60")
    assert float(share.sel(year_all=2025, quantile=0.5)) == pytest.approx(22.2, abs=0.05)
    found = [float(share.sel(year_all=2030, quantile=level)) for level in (0.5, 0.1, 0.9, 0.025, 0.975)]
    assert found == pytest.approx([float(part) for part in stated.groups()], abs=0.2)
