"""Charts keep their words inside and apart, and describe themselves."""

import itertools
import re
import xml.etree.ElementTree as ElementTree

import pytest

from actuarial.runs.store import Run
from actuarial.wording import LANGUAGES
from reports.pages.overview import balance_chart
from reports.pages.people import age_pyramid, ageing_chart, member_chart, region_chart
from reports.pages.pooling import transfer_chart
from reports.svg import SIZE, spread, text_width, ticks, year_ticks
from reports.view import View

SVG = "{http://www.w3.org/2000/svg}"


def charts(view: View) -> list[str]:
    made = [balance_chart(view, fund) for fund in ("employee_pooled", "resident_pooled", "assistance")]
    made += [transfer_chart(view, fund) for fund in ("employee_pooled", "assistance")]
    made += [ageing_chart(view), region_chart(view), age_pyramid(view), member_chart(view)]
    return [str(chart) for _, chart in made]


def boxes(root: ElementTree.Element) -> list[tuple[float, float, float, float, str]]:
    """Left, right, top, bottom of every text, with the text."""
    found = []
    for node in root.iter(f"{SVG}text"):
        width, x, y = text_width(node.text or ""), float(node.attrib["x"]), float(node.attrib["y"])
        left = {"start": x, "middle": x - width / 2, "end": x - width}[node.attrib["text-anchor"]]
        found.append((left, left + width, y - SIZE * 0.8, y + SIZE * 0.1, node.text or ""))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("unit", ["100m_yuan", "10k_yuan"])
def test_no_label_is_cut_and_none_overlap(run: Run, language: str, unit: str) -> None:
    for chart in charts(View(run, language, unit)):
        root = ElementTree.fromstring(chart)
        width, height = (float(part) for part in root.attrib["viewBox"].split()[2:])
        found = boxes(root)
        for left, right, top, bottom, text in found:
            assert left >= -width * 0.02, text
            assert right <= width, text
            assert top >= 0, text
            assert bottom <= height, text
        for one, other in itertools.combinations(found, 2):
            apart = one[1] <= other[0] or other[1] <= one[0] or one[3] <= other[2] or other[3] <= one[2]
            assert apart, (one[4], other[4])


def test_every_chart_has_a_title_and_a_description(run: Run) -> None:
    for chart in charts(View(run, "en", "100m_yuan")):
        root = ElementTree.fromstring(chart)
        assert root.attrib["role"] == "img"
        assert len(root.findtext(f"{SVG}title") or "") > 10
        assert len(root.findtext(f"{SVG}desc") or "") > 10


def test_chart_ids_differ_on_a_page(run: Run) -> None:
    ids = re.findall(r' id="([^"]+)"', "".join(charts(View(run, "zh", "100m_yuan"))))
    assert len(ids) == len(set(ids))


def test_labels_that_would_overlap_are_moved_apart() -> None:
    assert spread([50.0, 52.0, 10.0], 10.0, 0.0, 60.0) == [50.0, 60.0, 10.0]


def test_ticks_are_round_and_cover_the_data() -> None:
    assert ticks(-3.0, 47.0) == [-10.0, 0.0, 10.0, 20.0, 30.0, 40.0, 50.0]
    assert ticks(0.0, 0.0) == [0.0, 0.2]


def test_the_last_year_is_always_printed() -> None:
    assert year_ticks(list(range(2000, 2036)), 500)[-1] == 2035
