"""The page of quality shows what was declared, and what the distribution of each group's cost rests on."""

from html import unescape

import pytest

from actuarial.runs.store import Run
from reports.pages.quality import layer_table, quality, shock_table
from reports.view import View

REASON = {"zh": "新冠疫情", "en": "Pandemic"}
SHOCKS = [{"scheme": "all", "from": 2020, "to": 2022, "reason": REASON}]
BREAKS = [{"scheme": "employee", "fund": "pooled", "year": 2023, "reason": {"zh": "个人账户改革", "en": "Reform"}}]


def group(region: str, category: str, age: str, rung: str, persons: float) -> dict:
    note = "mean known to 7.2%, limit 5%" if rung == "city_shape" else ""
    return {
        **{"scheme": "resident", "category": category, "region": region, "age": age},
        **{"rung": rung, "note": note, "persons": persons},
    }


LAYERS = [
    group("330213", "none", "0-14", "own", 60_000.0),
    group("330281", "none", "0-14", "own", 90_000.0),
    group("330213", "destitute", "0-14", "city_shape", 40.0),
    group("330281", "destitute", "0-14", "no_cost", 3.0),
    group("330281", "destitute", "60+", "city_shape", 700.0),
]


def view(run: Run, language: str, **changed: object) -> View:
    city = {**run.manifest["city"], "shocks": SHOCKS, "breaks": BREAKS}
    return View(Run(run.id, run.dataset, {**run.manifest, "city": city, **changed}), language, "100m_yuan")


def page(shown: View) -> str:
    return unescape(str(quality(shown).body))


def test_declared_shocks_and_breaks_are_told_with_their_reason(run: Run) -> None:
    rows = [(row.label, *row.cells[1:]) for row in shock_table(view(run, "en")).rows]
    assert rows == [("Shock", "2020–2022", "Pandemic"), ("Break", "2023", "Reform")]
    assert "新冠疫情" in page(view(run, "zh"))


def test_rungs_are_counted_and_every_thin_group_is_named(run: Run) -> None:
    shown = view(run, "en", layers=LAYERS)
    plain, destitute = layer_table(shown).rows
    assert plain.cells[1:] == ("150,000", "2", "0", "0", "")
    assert destitute.cells[1:5] == ("743", "0", "2", "1")
    for region, age in (("330213", "0-14"), ("330281", "60+")):
        assert f"{shown.regions[region]} {age}" in destitute.cells[5]
    counted = sum(int(cell) for row in (plain, destitute) for cell in row.cells[2:5])
    assert counted == len(LAYERS)


@pytest.mark.parametrize(
    ("language", "title"),
    [("zh", "费用分布：各组的拟合依据"), ("en", "Distribution of yearly cost: what each group rests on")],
)
def test_run_without_layers_claims_nothing_of_them(run: Run, language: str, title: str) -> None:
    assert title in page(view(run, language, layers=LAYERS))
    assert title not in page(view(run, language, layers=[]))
    assert title not in page(view(run, language))
