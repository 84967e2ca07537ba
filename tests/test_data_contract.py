"""docs/data.md says what the program reads, and its examples are read."""

import re
from pathlib import Path

import pytest

from actuarial.city import read_city
from actuarial.contract import CATALOGUE_COLUMNS, FILE_SUFFIXES, TABLES
from actuarial.rules.columns import typed
from actuarial.schema import ALL_LINES, NEEDED_PARAMETERS, PARAMETERS, PROVENANCES, UNITS
from actuarial.sheet import read_sheet
from actuarial.wording import catalogue

PAGE = (Path(__file__).parent.parent / "docs" / "data.md").read_text(encoding="utf-8")
SECTIONS = {part.partition("\n")[0].strip(): part for part in PAGE.split("\n### ")[1:]}


@pytest.mark.parametrize("name", TABLES)
def test_section_gives_columns_and_words(name: str):
    table, section = TABLES[name], SECTIONS[name]
    assert f"`{','.join(table.column_names)}`" in section
    assert f"Key: {', '.join(table.key)}." in section
    for column in table.columns:
        # Sexes, provenances, lines and categories stand in the part that tables share or in another table.
        if column.name not in ("sex", "provenance", "line", "category", "scheme", "service", "fund"):
            assert [word for word in column.choices if f"`{word}`" not in section] == []


@pytest.mark.parametrize("name", TABLES)
def test_example_is_read_without_a_fault(name: str, tmp_path: Path):
    (tmp_path / "city.yaml").write_text(re.findall(r"```yaml\n(.*?)```", PAGE, re.S)[0], encoding="utf-8")
    example = re.findall(r"^    (\S.*)$", SECTIONS[name].partition("\n## ")[0], re.M)[-1]
    header = ",".join(TABLES[name].column_names)
    sheet, faults = read_sheet(f"{name}.csv", f"{header}\n{example}\n".encode(), TABLES[name].column_names)
    assert sheet is not None
    _, found = typed(sheet, TABLES[name], read_city(tmp_path))
    assert faults + found == []


def test_page_names_every_rule_and_no_other():
    rules = {key.split(".")[1] for key in catalogue() if key.startswith("fault.")}
    listed = set(re.findall(r"`([a-z_0-9]+)`", PAGE.partition("## Checks")[2].partition("## In Python")[0]))
    assert listed - {"refuse", "check"} == rules


@pytest.mark.parametrize(
    "words",
    [
        ALL_LINES,
        CATALOGUE_COLUMNS,
        FILE_SUFFIXES,
        PARAMETERS,
        PROVENANCES,
        UNITS,
        [name for _, name in NEEDED_PARAMETERS],
    ],
)
def test_page_names_every_word(words):
    assert [word for word in words if word not in PAGE] == []
