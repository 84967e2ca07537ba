"""Every way in which a file, its encoding, its header or its entry in the catalogue can be wrong."""

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from actuarial.catalogue import digest, examine_files
from actuarial.checks import check_folder
from actuarial.contract import TABLES
from actuarial.sheet import read_sheet
from actuarial.tables import read_folder
from tests.faults.spoiled import assert_text, refusals
from tests.tiny_city import write_catalogue

LINE = "339900,2025,average_wage,93600,yuan/person,official,{}\n"
HEADER = "region,year,indicator,value,unit,provenance,source\n"


def economy(text: str, encoding: str = "utf-8") -> bytes:
    return text.encode(encoding)


MIXED = (HEADER + LINE.format("宁波市统计年鉴")).encode() + LINE.format("医疗保障局").encode("gbk")
BYTES = {
    "encoding_bom": economy(HEADER + LINE.format("统计年鉴"), "utf-8-sig"),
    "encoding_gb18030": economy(HEADER + LINE.format("统计年鉴"), "gb18030"),
    "encoding_mixed": MIXED,
    "encoding_unknown-utf16": economy(HEADER, "utf-16"),
    "encoding_unknown-bytes": HEADER.encode() + b"339900,\xff\xff\n",
    "encoding_unknown-header": economy("地区,年份,指标,数值,单位,性质,来源\n", "gb18030"),
    "file_empty": b"",
    "file_unreadable": (HEADER + '339900,"2025').encode(),
    "delimiter": economy(HEADER.replace(",", ";")),
    "column_twice": economy(HEADER.replace("source", "unit")),
    "column_unnamed": economy(HEADER.replace("unit", "")),
    "cells_count": economy(HEADER + "339900,2025,average_wage,93,600,yuan/person,official,Yearbook\n"),
    "row_blank": economy(HEADER + ",,,,,,\n"),
}


@pytest.mark.parametrize("case", BYTES)
def test_bytes_of_a_file(case: str):
    sheet, faults = read_sheet("economy.csv", BYTES[case], TABLES["economy"].column_names)
    rule = case.partition("-")[0]
    assert rule in [fault.rule for fault in faults]
    fault = next(fault for fault in faults if fault.rule == rule)
    accepted = rule in ("encoding_bom", "encoding_gb18030", "row_blank")
    assert fault.severity == ("warn" if accepted else "refuse")
    assert (sheet is not None) == (accepted or rule == "cells_count")
    assert_text(case, fault)


def test_gbk_text_is_read_as_it_was_written():
    sheet, _ = read_sheet("economy.csv", BYTES["encoding_gb18030"], TABLES["economy"].column_names)
    assert sheet is not None
    assert list(sheet.cells["source"]) == ["统计年鉴"]


def swap(name: str, old: str, new: str) -> Callable[[Path], object]:
    def spoil(folder: Path) -> None:
        path = folder / name
        path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")

    return spoil


def entered(spoil: Callable[[Path], object]) -> Callable[[Path], object]:
    return lambda folder: (spoil(folder), write_catalogue(folder))


def workbook(folder: Path, cell: object = 93600, extra: bool = False) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(HEADER.strip().split(","))
    for year in range(2018, 2026):
        sheet.append(["339900", year, "contribution_base", cell, "yuan/person", "estimated", "made"])
    if extra:
        book.create_sheet("notes")
    (folder / "economy.csv").unlink()
    book.save(folder / "economy.xlsx")


FOLDERS = {
    "column_missing": entered(swap("economy.csv", ",source\n", "\n")),
    "column_extra": entered(swap("economy.csv", ",source\n", ",source,remarks_of_the_clerk\n")),
    "column_renamed": entered(swap("economy.csv", "indicator", "indicators")),
    "digest_changed": swap("economy.csv", "93600", "93601"),
    "file_not_in_catalogue": swap("catalogue.csv", "economy.csv", "economy-2025.csv"),
    "catalogue_file_missing": swap("catalogue.csv", "economy.csv", "economy-2025.csv"),
    "catalogue_missing": lambda folder: (folder / "catalogue.csv").unlink(),
    "catalogue_twice": swap("catalogue.csv", "\nclaims.csv", "\nclaim_bands.csv"),
    "digest_text": swap("catalogue.csv", "assistance.csv,", "assistance.csv,not-a-digest-"),
    "date_text": swap("catalogue.csv", "2026-05-01", "2026年5月"),
    "date_impossible": swap("catalogue.csv", "2025-12-31", "2025-13-31"),
    "text_unsafe-catalogue": swap("catalogue.csv", "Test Bureau", "=Test Bureau"),
    "unit_unknown-catalogue": swap("catalogue.csv", "by row", "rows"),
}


@pytest.mark.parametrize("case", FOLDERS)
def test_catalogue_and_header(case: str, folder: Path):
    FOLDERS[case](folder)
    rule = case.partition("-")[0]
    found = refusals(folder) if rule.startswith("column") else examine_files(folder)[1]
    fault = next(fault for fault in found if fault.rule == rule)
    if rule == "digest_changed":
        assert fault.values["actual"] == digest((folder / "economy.csv").read_bytes())
        fault = replace(fault, values={**fault.values, "actual": "DIGEST"}, value="OLD DIGEST")
    assert_text(case, fault)


WHOLE = {
    "table_unknown": lambda folder: (folder / "economy.csv").rename(folder / "economics.csv"),
    "table_missing": lambda folder: (folder / "economy.csv").unlink(),
    "table_twice": lambda folder: pd.read_csv(folder / "economy.csv", dtype=str).to_parquet(folder / "economy.parquet"),
    "formula_cell": lambda folder: workbook(folder, "=72000*1.3"),
    "file_unreadable-xlsx": lambda folder: (folder / "economy.csv").rename(folder / "economy.xlsx"),
    "file_unreadable-parquet": lambda folder: (folder / "economy.csv").rename(folder / "economy.parquet"),
}


@pytest.mark.parametrize("case", WHOLE)
def test_table_in_a_wrong_file(case: str, folder: Path):
    WHOLE[case](folder)
    write_catalogue(folder)
    fault = next(fault for fault in refusals(folder) if fault.rule == case.partition("-")[0])
    assert_text(case, fault)


def test_unit_of_the_whole_file(folder: Path):
    swap("catalogue.csv", "by row", "yuan")(folder)
    (fault,) = {fault.rule: fault for fault in refusals(folder)}.values()
    assert_text("unit_not_of_file", fault)


def test_another_sheet_is_a_warning(folder: Path):
    workbook(folder, 72000, extra=True)
    write_catalogue(folder)
    (fault,) = [fault for fault in check_folder(folder) if fault.rule == "sheet_extra"]
    assert fault.severity == "warn"
    assert_text("sheet_extra", fault)


def test_damaged_workbook_is_one_fault(tmp_path: Path):
    path = tmp_path / "economy.xlsx"
    book = openpyxl.Workbook()
    book.worksheets[0].append(HEADER.strip().split(","))
    book.save(path)
    damaged = tmp_path / "damaged.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(damaged, "w") as new:
        for name in old.namelist():
            new.writestr(name, b"<worksheet>" if name.endswith("sheet1.xml") else old.read(name))
    sheet, (fault,) = read_sheet("economy.xlsx", damaged.read_bytes(), TABLES["economy"].column_names)
    assert sheet is None
    assert fault.rule == "file_unreadable"


def test_missing_folder_is_one_fault(tmp_path: Path):
    (fault,) = check_folder(tmp_path / "nowhere")
    assert_text("folder_missing", fault)


@pytest.mark.parametrize("suffix", [".parquet", ".xlsx"])
def test_other_formats_give_the_same_frame(suffix: str, folder: Path):
    before = read_folder(folder).frames["ledger"]
    frame = pd.read_csv(folder / "ledger.csv", dtype={"region": str})
    if suffix == ".parquet":
        frame.to_parquet(folder / "ledger.parquet")
    else:
        frame.to_excel(folder / "ledger.xlsx", index=False)
    (folder / "ledger.csv").unlink()
    write_catalogue(folder)
    pd.testing.assert_frame_equal(read_folder(folder).frames["ledger"], before, check_exact=True)
