"""The list of faults as CSV, and the wording of every rule."""

import csv
import re
from pathlib import Path

from actuarial.faults import CSV_COLUMNS, refuse, visible, warn, write_faults
from actuarial.wording import catalogue
from tests.faults.spoiled import TEXTS


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_list_is_written_for_excel(tmp_path: Path):
    path = write_faults([refuse("number_brackets", "ledger.csv", 7, "value", "(5)", proposal="-5")], tmp_path / "f.csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    (row,) = read(path)
    assert tuple(row) == CSV_COLUMNS
    assert (row["severity"], row["row"], row["value"]) == ("refuse", "7", "(5)")
    assert row["remedy_zh"] == "写成 -5。"


def test_cell_that_a_spreadsheet_would_run_is_neutralised(tmp_path: Path):
    cells = ["=1+1", "+1", "-1", "@SUM(A1)", "＝1"]
    rows = read(write_faults([warn("row_blank", "a.csv", 1, "", cell) for cell in cells], tmp_path / "f.csv"))
    assert [row["value"] for row in rows] == [f"'{cell}" for cell in cells]


def test_control_characters_are_spelled_out():
    assert visible("a\x1b[31m\u202eb") == "a\\u001b[31m\\u202eb"
    assert len(visible("x" * 1000)) == 120


def test_every_rule_has_a_test_of_its_message():
    rules = {key.split(".")[1] for key in catalogue() if key.startswith("fault.")}
    assert rules - {case.partition("-")[0] for case in TEXTS} == set()


def test_no_message_has_an_unfilled_placeholder():
    assert [case for case, text in TEXTS.items() if re.search(r"\{\w*\}", text["zh"] + text["en"])] == []
