"""Every way in which rows, years and tables can contradict one another, each in a copy of the tiny city."""

from pathlib import Path

import pytest

from actuarial.checks import check_folder
from actuarial.errors import SchemaError
from actuarial.tables import read_folder
from tests.faults.spoiled import Row, Spoil, assert_text, edit, find, refusals

ACCOUNT = {"region": "339901", "year": 2021, "scheme": "resident", "fund": "pooled"}


def put(change: dict[str, str], **wanted: object) -> Spoil:
    return lambda rows: find(rows, **wanted).update(change)


def plus(amount: str, **wanted: object) -> Spoil:
    def spoil(rows: list[Row]) -> None:
        row = find(rows, **wanted)
        row["value"] = f"{float(row['value']) + float(amount):.2f}"

    return spoil


def drop(**wanted: object) -> Spoil:
    def spoil(rows: list[Row]) -> None:
        rows[:] = [row for row in rows if any(row[name] != str(cell) for name, cell in wanted.items())]

    return spoil


def copy(change: dict[str, str], **wanted: object) -> Spoil:
    return lambda rows: rows.append(find(rows, **wanted) | change)


def both(first: Spoil, second: Spoil) -> Spoil:
    return lambda rows: (first(rows), second(rows))


def all_ages_of(value: str) -> Spoil:
    """Relabels one group of ages throughout the table."""

    def spoil(rows: list[Row]) -> None:
        for row in rows:
            if row["age"] == "18-44":
                row["age"] = value

    return spoil


CLOSING = ACCOUNT | {"line": "closing_balance"}
BANDS = {"region": "339901", "scheme": "resident"}
# case in messages.toml: table, what is done to its rows, other rules that must follow from the same defect
CASES: dict[str, tuple[str, Spoil, set[str]]] = {
    "closing_not_flows": ("ledger", plus("0.01", **ACCOUNT, line="fiscal_subsidy"), set()),
    "opening_not_closing": (
        "ledger",
        both(plus("0.01", **CLOSING), plus("0.01", **ACCOUNT, line="individual_contribution")),
        set(),
    ),
    "undivided_beside_divided": (
        "ledger",
        copy({"line": "revenue_undivided", "value": "0"}, **ACCOUNT, line="fiscal_subsidy"),
        set(),
    ),
    "total_differs-city": (
        "ledger",
        copy({"region": "339900", "line": "fiscal_subsidy", "value": "99.1", "unit": "亿元"}, **CLOSING),
        set(),
    ),
    "total_differs-undivided": (
        "ledger",
        copy({"region": "339900", "line": "revenue_undivided", "value": "99.1", "unit": "亿元"}, **CLOSING),
        set(),
    ),
    "total_differs-fund": (
        "ledger",
        copy(
            {"fund": "total", "line": "revenue_undivided", "value": "0.01", "unit": "亿元"},
            **ACCOUNT | {"scheme": "employee"},
        ),
        set(),
    ),
    "total_differs-people": (
        "population",
        copy({"region": "339900", "sex": "total", "age": "all", "value": "11.5", "unit": "万人"}, year=2025),
        set(),
    ),
    "total_differs-ages": (
        "population",
        copy({"region": "339900", "sex": "total", "age": "60+", "value": "1.1", "unit": "万人"}, year=2025),
        set(),
    ),
    "total_differs-sex": (
        "population",
        copy({"sex": "total", "value": "1"}, region="339901", year=2025, age="30"),
        set(),
    ),
    "total_differs-status": (
        "enrolment",
        copy({"status": "all", "value": "1"}, region="339901", year=2021, scheme="employee"),
        set(),
    ),
    "series_gap": ("ledger", drop(**ACCOUNT), set()),
    "series_gap-population": ("population", drop(region="339902", year=2020), {"population_not_single"}),
    "closing_needed": ("ledger", drop(**CLOSING | {"year": 2025}), set()),
    "enrolment_needed": ("enrolment", drop(region="339901", year=2025, scheme="resident", age="all"), set()),
    "age_groups_needed": ("claims", drop(region="339901", scheme="resident", sex="male"), {"claims_not_ledger"}),
    "base_needed": ("economy", drop(year=2019, indicator="contribution_base"), set()),
    "rate_needed": ("vital_rates", drop(measure="death_rate", sex="female", age="100+"), set()),
    "policy_needed": ("policy", put({"from_year": "2026"}, parameter="cover_low"), set()),
    "policy_needed-history": ("policy", put({"from_year": "2020"}, parameter="employer_rate"), set()),
    "policy_needed-never": ("policy", drop(parameter="interest_rate"), set()),
    "age_overlap": ("enrolment", all_ages_of("18-45"), {"claims_not_ledger"}),
    "age_hole": ("claims", all_ages_of("20-44"), set()),
    "age_not_open": (
        "claims",
        lambda rows: [row.update(age="80-99") for row in rows if row["age"] == "80+"],
        set(),
    ),
    "age_groups_unlike": (
        "enrolment",
        lambda rows: [
            row.update(age={"0-17": "0-19", "18-44": "20-44"}.get(row["age"], row["age"]))
            for row in rows
            if (row["region"], row["status"], row["sex"]) == ("339901", "retired", "male")
        ],
        set(),
    ),
    "population_not_single": ("population", drop(region="339901", year=2022, sex="male", age="57"), {"age_hole"}),
    "enrolment_above_population": (
        "enrolment",
        put({"value": "90000"}, region="339901", year=2021, status="adult"),
        {"amount_unit_large"},
    ),
    "enrolment_above_population-group": (
        "enrolment",
        put({"value": "30000"}, region="339901", year=2025, status="adult", sex="female", age="80+"),
        {"total_differs"},
    ),
    "band_mean": ("claim_bands", put({"value": "300000.00"}, **BANDS, lower="200000"), set()),
    "band_mean-unit": ("claim_bands", put({"value": "35", "unit": "万元"}, **BANDS, lower="10000"), set()),
    "band_without_persons": ("claim_bands", put({"persons": "0"}, **BANDS, lower="200000"), set()),
    "band_gap": ("claim_bands", drop(**BANDS, lower="10000"), set()),
    "band_gap-start": ("claim_bands", drop(**BANDS, lower="0"), set()),
    "band_overlap": ("claim_bands", put({"upper": "60000"}, **BANDS, lower="10000"), set()),
    "band_open_below": ("claim_bands", put({"upper": ""}, **BANDS, lower="10000"), set()),
    "band_not_open": ("claim_bands", put({"upper": "900000"}, **BANDS, lower="200000"), set()),
    "claims_not_ledger": ("claims", plus("0.01", region="339901", scheme="resident", service="chronic"), set()),
    "claims_without_members": (
        "enrolment",
        lambda rows: [
            row.update(value="0")
            for row in rows
            if (row["region"], row["scheme"], row["sex"], row["age"]) == ("339901", "employee", "male", "80+")
        ],
        {"total_differs"},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_contradiction_is_refused(case: str, folder: Path):
    table, spoil, consequences = CASES[case]
    edit(folder, table, spoil)
    rule = case.partition("-")[0]
    found = refusals(folder)
    assert {fault.rule for fault in found} <= {rule} | consequences
    assert_text(case, next(fault for fault in found if fault.rule == rule))


def test_folder_with_a_refusal_is_not_read(folder: Path):
    edit(folder, *CASES["base_needed"][:2])
    with pytest.raises(SchemaError, match="is refused; faults: 2"):
        read_folder(folder)


WARNINGS: dict[str, tuple[str, Spoil]] = {
    "assisted_differs": (
        "ledger",
        both(
            plus("-1", **ACCOUNT | {"year": 2025}, line="assisted_contribution"),
            plus("1", **ACCOUNT | {"year": 2025}, line="fiscal_subsidy"),
        ),
    ),
    "balance_missing": ("ledger", drop(**ACCOUNT, line="opening_balance")),
    "year_not_closed": ("enrolment", copy({"year": "2026"}, region="339901", year=2025)),
}


@pytest.mark.parametrize("case", WARNINGS)
def test_doubt_is_a_warning(case: str, folder: Path):
    edit(folder, *WARNINGS[case])
    (fault,) = check_folder(folder)
    assert fault.severity == "warn"
    assert_text(case, fault)
    assert read_folder(folder).warnings == (fault,)


def test_declared_break_excuses_the_opening_balance(folder: Path):
    edit(folder, *CASES["opening_not_closing"][:2])
    city = folder / "city.yaml"
    declared = "- {scheme: resident, fund: pooled, year: 2022, reason: {zh: 口径, en: scope}}"
    city.write_text(city.read_text(encoding="utf-8") + f"breaks:\n  {declared}\n", encoding="utf-8")
    assert check_folder(folder) == ()


def test_city_total_is_held_to_half_of_its_last_digit(folder: Path):
    people = [row for row in _rows(folder, "population") if row["year"] == "2025"]
    exact = sum(int(row["value"]) for row in people)
    rounded = {"region": "339900", "sex": "total", "age": "all", "unit": "万人"}
    edit(folder, "population", copy(rounded | {"value": f"{exact / 1e4:.1f}"}, year=2025))
    assert check_folder(folder) == ()
    edit(folder, "population", put({"value": f"{exact / 1e4 + 0.1:.1f}"}, region="339900", sex="total"))
    assert [fault.rule for fault in check_folder(folder)] == ["total_differs"]


def test_mean_of_a_band_is_held_to_half_of_its_last_digit(folder: Path):
    """165 persons in the band from 10,000 have 1.65 million at least: 0.016 亿元 may be that, 0.0160 may not."""
    row = BANDS | {"lower": "10000"}
    edit(folder, "claim_bands", put({"persons": "165", "value": "0.016", "unit": "亿元"}, **row))
    assert check_folder(folder) == ()
    edit(folder, "claim_bands", put({"value": "0.0160"}, **row))
    assert [fault.rule for fault in check_folder(folder)] == ["band_mean"]


def test_wrong_cell_does_not_set_off_the_sums(folder: Path):
    edit(folder, "ledger", put({"value": "12,345.00"}, **ACCOUNT, line="fiscal_subsidy"))
    assert [fault.rule for fault in check_folder(folder)] == ["number_separators"]


def test_all_faults_are_told_at_once(folder: Path):
    edit(folder, "ledger", plus("0.01", **CLOSING))
    edit(folder, "claims", put({"value": "-"}, region="339901"))
    edit(folder, "economy", drop(year=2019, indicator="contribution_base"))
    (folder / "catalogue.csv").unlink()
    rules = {fault.rule for fault in refusals(folder)}
    assert rules == {"closing_not_flows", "opening_not_closing", "value_missing", "base_needed", "catalogue_missing"}


def _rows(folder: Path, table: str) -> list[Row]:
    kept: list[Row] = []
    edit(folder, table, kept.extend)
    return kept
