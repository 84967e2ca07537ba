from pathlib import Path

import pandas as pd
import pytest

from actuarial.schema import UNITS
from data.estimates.catalogue import catalogue_entries
from data.estimates.china import China, estimate_china
from data.estimates.china_tables import china_tables
from data.estimates.facts import fact_rows
from data.estimates.rows import catalogue_bytes

FOLDER = Path(__file__).parents[2] / "data" / "china"
BILLION = 100_000_000 * 100  # 亿元 in fen


@pytest.fixture(scope="module")
def china() -> China:
    return estimate_china()


@pytest.fixture(scope="module")
def ledger() -> pd.DataFrame:
    frame = pd.read_csv(FOLDER / "ledger.csv", dtype=str)
    frame["amount"] = [float(v) * float(UNITS[u][1]) / 1e8 for v, u in zip(frame["value"], frame["unit"], strict=True)]
    return frame


def pick(ledger: pd.DataFrame, year: int, scheme: str, fund: str, line: str, vintage: str = "final") -> float:
    """One ledger row, 亿元."""
    rows = ledger[(ledger["year"] == str(year)) & (ledger["scheme"] == scheme) & (ledger["fund"] == fund)]
    rows = rows[(rows["line"] == line) & (rows["vintage"] == vintage)]
    assert len(rows) == 1
    return float(rows["amount"].iloc[0])


def test_the_committed_folder_is_what_the_estimates_make(china: China):
    made = china_tables(china)
    for name, content in made.items():
        assert (FOLDER / f"{name}.csv").read_bytes() == content, name
    catalogue = catalogue_bytes(made, catalogue_entries("china", made))
    assert (FOLDER / "catalogue.csv").read_bytes() == catalogue


def test_people_are_the_published_totals_in_every_year(china: China):
    people = china.people.sel(region="100000")
    ages = {"all": (0, 100), "60+": (60, 100), "65+": (65, 100)}
    for row in fact_rows("china_population"):
        if row["age"] in ages:
            part = people.sel(year=int(row["year"]), age=slice(*ages[row["age"]]))
            assert float(part.sum()) == pytest.approx(row["amount"], abs=1), row


def test_pooled_fund_and_accounts_make_the_published_whole(ledger: pd.DataFrame):
    """National bulletins 2019-2022 print revenue and spending of the scheme; 2022: 20 793.27 and 15 243.80."""
    for year in range(2019, 2023):
        for line in ("revenue_undivided", "spending_undivided"):
            parts = [pick(ledger, year, "employee", fund, line) for fund in ("pooled", "personal_account")]
            assert sum(parts) == pytest.approx(pick(ledger, year, "employee", "total", line), abs=0.011)
    assert pick(ledger, 2022, "employee", "total", "revenue_undivided") == pytest.approx(20_793.27)


@pytest.mark.parametrize(
    ("year", "revenue", "spending"),
    [
        (2022, 30_922.17, 24_597.24),
        (2023, 33_501.36, 28_208.38),
        (2024, 34_913.37, 29_764.03),
        (2025, 35_921.32, 30_055.19),
    ],
)
def test_both_schemes_make_the_published_grand_total(ledger: pd.DataFrame, year: int, revenue: float, spending: float):
    """National Healthcare Security Administration, statistical bulletins of 2022-2025, basic insurance in total."""
    funds = (("employee", "pooled"), ("employee", "personal_account"), ("resident", "pooled"))
    received = sum(pick(ledger, year, *fund, "revenue_undivided") for fund in funds)
    paid = sum(pick(ledger, year, *fund, "spending_undivided") for fund in funds)
    assert received == pytest.approx(revenue, abs=0.02)
    assert paid == pytest.approx(spending, abs=0.02)


def test_balance_of_2023_is_the_pooled_funds_alone(ledger: pd.DataFrame):
    """Bulletin of 2023: 33 979.75, which must not be chained to the 42 639.89 of 2022 that counts accounts too."""
    pooled = pick(ledger, 2023, "employee", "pooled", "closing_balance")
    resident = pick(ledger, 2023, "resident", "pooled", "closing_balance")
    assert pooled + resident == pytest.approx(33_979.75)
    before = [("employee", "pooled"), ("employee", "personal_account"), ("resident", "pooled")]
    assert sum(pick(ledger, 2022, *fund, "closing_balance") for fund in before) == pytest.approx(42_639.89)


def test_last_balances_follow_from_the_published_surplus(ledger: pd.DataFrame):
    """Bulletin of 2025: the pooled funds kept 5 257.72 in the year."""
    for_2025 = sum(pick(ledger, 2025, scheme, "pooled", "closing_balance") for scheme in ("employee", "resident"))
    assert for_2025 == pytest.approx(38_628.52 + 5_257.72, abs=0.01)


def test_spending_of_2012_is_the_sum_of_its_parts(ledger: pd.DataFrame):
    """4 868.5 + 675.1 = 5 543.6; the yearbook series prints 5 534.6."""
    parts = [
        pick(ledger, 2012, "employee", "total", "spending_undivided"),
        pick(ledger, 2012, "resident", "pooled", "spending_undivided"),
    ]
    assert sum(parts) == pytest.approx(5_543.6)


def test_preliminary_and_final_figures_of_2022_are_both_kept(ledger: pd.DataFrame):
    assert pick(ledger, 2022, "resident", "pooled", "revenue_undivided", "preliminary") == pytest.approx(10_060.55)
    assert pick(ledger, 2022, "resident", "pooled", "revenue_undivided") == pytest.approx(10_128.9)


def test_split_of_2020_and_2021_gives_the_published_pooled_balances(ledger: pd.DataFrame):
    for year in (2020, 2021):
        flow = pick(ledger, year, "employee", "pooled", "revenue_undivided") - pick(
            ledger, year, "employee", "pooled", "spending_undivided"
        )
        before = pick(ledger, year - 1, "employee", "pooled", "closing_balance")
        assert before + flow == pytest.approx(pick(ledger, year, "employee", "pooled", "closing_balance"), abs=0.001)


def test_claims_are_the_pooled_spending_of_the_last_year(china: China):
    for scheme, table in china.claims.items():
        assert int(table.sum()) == china.ledger[(2025, scheme, "pooled", "spending_undivided")]
    assert int(china.claims["resident"].sum()) == round(10_678.63 * BILLION)


def test_members_of_2025_are_those_published(china: China):
    """Bulletin of 2025, 万人: active 28 062.32, retired 10 793.80, residents 94 213.27."""
    last = china.members.sel(year=2025)
    assert float(last.sel(status="active")) == 280_623_200
    assert float(last.sel(status="retired")) == 107_938_000
    assert float(last.sel(status=["child", "student", "adult"]).sum()) == 942_132_700
    assert float(china.grouped.sum()) == float(last.sum())
