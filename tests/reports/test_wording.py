"""Every text of the report is used, in both languages with the same placeholders."""

import re
import tomllib
from pathlib import Path

import pytest

from actuarial.errors import SchemaError
from actuarial.wording import catalogue, text

ROOT = Path(__file__).parents[2]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def own_keys() -> list[str]:
    files = [ROOT / f"actuarial/locale/{name}.toml" for name in ("reports", "risk")]
    sections = {name for file in files for name in tomllib.loads(file.read_text(encoding="utf-8"))}
    return [key for key in catalogue() if key.split(".")[0] in sections]


def test_no_text_of_the_report_is_unused() -> None:
    files = [*(ROOT / "reports").rglob("*.py"), *(ROOT / "reports/templates").glob("*.html")]
    source = "\n".join(path.read_text(encoding="utf-8") for path in files)
    built = {prefix for prefix in re.findall(r"[\"\'](\w+\.\w*?)[{\"\']", source) if not prefix.endswith("_caption")}
    unused = [key for key in own_keys() if not any(key == start or _is_built(key, start, source) for start in built)]
    assert unused == []


def _is_built(key: str, start: str, source: str) -> bool:
    """Whether a key is put together from a start such as ``overview.`` and a name that the source spells out."""
    section, _, name = key.partition(".")
    if name == "heading":
        return True
    if not (key.startswith(start) and start.startswith(f"{section}.")):
        return False
    if section in ("form", "series", "paths", "ladder", "heads", "colour", "warning_rule") or section.startswith(
        "people_"
    ):
        return True
    return re.search(rf"[\"\'_.\s]{re.escape(name.split('_')[-1])}[\"\'\s]", source) is not None


def test_placeholders_agree_between_languages() -> None:
    for key in own_keys():
        found = [sorted(set(re.findall(r"{(\w+)}", catalogue()[key][language]))) for language in ("zh", "en")]
        assert found[0] == found[1] or {*found[0]} ^ {*found[1]} <= {"unit", "city"}, key


def test_english_texts_hold_no_chinese() -> None:
    allowed = {"app.this_language"}
    assert [key for key in own_keys() if CHINESE.search(catalogue()[key]["en"]) and key not in allowed] == []


def test_a_missing_text_is_an_error() -> None:
    with pytest.raises(SchemaError, match=r"no wording for 'form.nothing' in 'zh'"):
        text("form.nothing", "zh")
