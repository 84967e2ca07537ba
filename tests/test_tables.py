"""Tables of a folder: typed frames in base units, one vintage, and arrays without a gap."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actuarial import cells
from actuarial.catalogue import digest
from actuarial.city import City
from actuarial.contract import TABLES
from actuarial.errors import SchemaError
from actuarial.rules.columns import typed
from actuarial.sheet import Sheet
from actuarial.tables import CityData, read_folder, to_array
from tests.faults.spoiled import edit, find
from tests.tiny_city import in_unit, write_tiny_city

EXACT_UNITS = ("yuan", "元", "10k_yuan", "万元", "100m_yuan", "亿元")


@pytest.mark.parametrize("unit", ["万元", "亿元"])
def test_unit_of_the_ledger_changes_no_bit(unit: str, tiny_data: CityData, tmp_path: Path):
    other = read_folder(write_tiny_city(tmp_path / "city", unit))
    for name, frame in tiny_data.frames.items():
        pd.testing.assert_frame_equal(other.frames[name], frame, check_exact=True)


@settings(max_examples=200, deadline=None)
@given(fen=st.integers(-(10**16), 10**16))
def test_amount_is_the_same_in_every_unit(fen: int):
    city = City("339900", {}, 2026, (), (), None)
    key = ["339900", "2025", "resident", "pooled", "interest", "final"]
    rows = [[*key, in_unit(fen, unit), unit, "official", "Accounts"] for unit in EXACT_UNITS]
    cell = pd.DataFrame(rows, columns=pd.Index(TABLES["ledger"].column_names), dtype="str")
    sheet = Sheet("ledger.csv", cell, pd.Series(range(2, len(rows) + 2)), True)
    frame, _ = typed(sheet, TABLES["ledger"], city)
    assert frame is not None
    assert set(frame["fen"]) == {fen}
    assert frame["value"].nunique() == 1
    assert frame["value"].iloc[0] == fen / 100


def test_frames_are_typed(tiny_data: CityData):
    ledger = tiny_data.frames["ledger"]
    assert {name: str(kind) for name, kind in ledger.dtypes.items() if name in ("region", "year", "value", "fen")} == {
        "region": "str",
        "year": "int64",
        "value": "float64",
        "fen": "int64",
    }
    assert set(ledger["unit"]) == {"yuan"}
    assert ledger["row"].iloc[0] == 2
    percent = tiny_data.frames["policy"].query("parameter == 'reserve_confidence'")
    assert percent["value"].tolist() == [0.95]


def test_digests_and_catalogue_come_with_the_frames(tiny_data: CityData, tiny_folder: Path):
    assert tiny_data.digests["ledger.csv"] == digest((tiny_folder / "ledger.csv").read_bytes())
    assert {row["file"] for row in tiny_data.catalogue} == set(tiny_data.digests)


def test_final_figures_replace_preliminary_ones(tiny_folder: Path, tiny_data: CityData, tmp_path: Path):
    folder = write_tiny_city(tmp_path / "city")

    def add_preliminary(rows: list[dict[str, str]]) -> None:
        rows += [row | {"vintage": "preliminary"} for row in rows if row["year"] == "2024"]
        for row in rows:
            if row["year"] == "2025" and row["scheme"] == "assistance":
                row["vintage"] = "preliminary"

    edit(folder, "ledger", add_preliminary)
    ledger = read_folder(folder).frames["ledger"]
    assert len(ledger) == len(tiny_data.frames["ledger"])
    vintages = ledger.groupby(["year", "scheme"])["vintage"].unique().map(list)
    assert vintages[2024, "resident"] == ["final"]
    assert vintages[2025, "assistance"] == ["preliminary"]
    assert vintages[2025, "resident"] == ["final"]


def test_population_is_an_array_by_single_age(tiny_data: CityData):
    array = to_array(tiny_data.frames["population"], ("region", "sex", "age", "year"))
    assert dict(array.sizes) == {"region": 2, "sex": 2, "age": 101, "year": 9}
    assert list(array["age"].values) == list(range(101))
    assert array.attrs["units"] == "person"
    row = tiny_data.frames["population"].query(
        "region == '339902' and sex == 'male' and age == '100+' and year == 2020"
    )
    assert float(array.sel(region="339902", sex="male", age=100, year=2020)) == row["value"].item()


def test_groups_stand_in_the_order_of_their_ages(tiny_data: CityData):
    claims = tiny_data.frames["claims"].query("year == 2025")
    array = to_array(claims, ("region", "scheme", "service", "sex", "age"), value="fen")
    assert list(array["age"].values) == ["0-17", "18-44", "45-59", "60-79", "80+"]
    assert (array.dtype, array.attrs["units"]) == (np.dtype("int64"), "fen")


def test_gap_in_an_array_is_refused(tiny_data: CityData):
    frame = tiny_data.frames["economy"].query("indicator == 'contribution_base'")
    with pytest.raises(SchemaError) as error:
        to_array(frame, ("year",), {"year": range(2017, 2026)})
    assert str(error.value) == "1 of 9 values missing, first at {'year': 2017}"


def test_two_rows_for_one_cell_are_refused(tiny_data: CityData):
    with pytest.raises(SchemaError) as error:
        to_array(tiny_data.frames["economy"], ("region", "year"))
    assert str(error.value) == "two rows for {'region': '339900', 'year': 2018}"


def test_one_array_has_one_unit(tiny_data: CityData):
    frame = tiny_data.frames["assistance"].query("year == 2025 and region == '339901'")
    with pytest.raises(SchemaError) as error:
        to_array(frame, ("category", "measure"))
    assert "values missing" in str(error.value) or "units" in str(error.value)


def test_refusal_lists_the_first_faults(tmp_path: Path):
    folder = write_tiny_city(tmp_path / "city")
    edit(folder, "economy", lambda rows: find(rows, year=2025, indicator="average_wage").update(value="93,600"))
    with pytest.raises(SchemaError) as error:
        read_folder(folder)
    assert str(error.value) == (
        "city 未予采用，须改正 1 处\n"
        "  economy.csv 第 17 行 value 列: “93,600”带有千分位分隔符。 写成 93600。\n"
        "city is refused; faults: 1\n"
        "  economy.csv, line 17, column value: '93,600' has thousands separators. Write 93600."
    )


@pytest.mark.parametrize(("label", "bounds"), [("7", (7, 7)), ("60-64", (60, 64)), ("100+", (100, None))])
def test_age_label_has_bounds(label: str, bounds: tuple[int, int | None]):
    assert cells.age_bounds(label) == bounds
