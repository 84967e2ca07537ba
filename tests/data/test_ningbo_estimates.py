from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from actuarial.schema import LEVEL_INFLOWS, REVENUE_LINES, SPENDING_LINES, UNITS
from data.estimates.bands import band_money
from data.estimates.catalogue import catalogue_entries
from data.estimates.census import BROAD, census_people
from data.estimates.facts import choices, fact_rows, figure
from data.estimates.ningbo import Ningbo, estimate_ningbo
from data.estimates.ningbo_tables import ningbo_tables
from data.estimates.profile import insured_people
from data.estimates.rows import catalogue_bytes

FOLDER = Path(__file__).parents[2] / "data" / "ningbo"
CITY = "330200"
FEN = 100
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def ningbo() -> Ningbo:
    return estimate_ningbo()


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    frames = {}
    for path in FOLDER.glob("*.csv"):
        if path.stem == "catalogue":
            continue
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        frame["amount"] = [
            float(value) * float(UNITS[unit][1]) for value, unit in zip(frame["value"], frame["unit"], strict=True)
        ]
        frames[path.stem] = frame
    return frames


def published(indicator: str) -> float:
    return figure("ningbo_figures", CITY, 2020, indicator)


def line(tables: dict[str, pd.DataFrame], scheme: str, name: str, year: int = 2020) -> float:
    """City total of a ledger line, yuan, from the rows of the regions."""
    ledger = tables["ledger"]
    rows = ledger[(ledger["region"] != CITY) & (ledger["scheme"] == scheme) & (ledger["line"] == name)]
    fen = rows[rows["year"] == str(year)]["value"].astype(float).mul(FEN).round().astype("int64")
    return int(fen.sum()) / FEN


def test_the_committed_folder_is_what_the_estimates_make(ningbo: Ningbo):
    made = ningbo_tables(ningbo)
    for name, content in made.items():
        assert (FOLDER / f"{name}.csv").read_bytes() == content, name
    catalogue = catalogue_bytes(made, catalogue_entries("ningbo", made))
    assert (FOLDER / "catalogue.csv").read_bytes() == catalogue


def test_every_file_is_under_a_megabyte():
    assert max(path.stat().st_size for path in FOLDER.iterdir()) < MEGABYTE


def test_census_people_meet_every_published_count():
    people = census_people(choices("ningbo"))
    rows = [row for row in fact_rows("ningbo_population") if row["date"] == "census" and row["year"] == "2020"]
    assert float(people.sum()) == 9_404_283
    for row in rows:
        region = people["region"].isin(
            choices("ningbo")["city"]["regions"] if row["region"] == CITY else [row["region"]]
        )
        if not bool(region.any()):
            continue  # a district inside the urban region
        part = people.sel(region=region)
        part = part if row["sex"] == "total" else part.sel(sex=row["sex"])
        low, high = {"all": (0, 100), "60+": (60, 100), **{k: (a, b - 1) for k, (a, b) in BROAD.items()}}[row["age"]]
        assert float(part.sel(age=slice(low, high)).sum()) == row["amount"], row


def test_urban_region_is_the_sum_of_its_five_districts():
    rows = {
        (row["region"], row["date"], row["year"], row["sex"], row["age"]): row for row in fact_rows("ningbo_population")
    }
    districts = choices("ningbo")["city"]["urban_districts"]
    total = sum(rows[(code, "census", "2020", "total", "all")]["amount"] for code in districts)
    assert float(census_people(choices("ningbo")).sel(region="330201").sum()) == total == 4_479_635


def test_year_ends_meet_every_published_total_and_age_group(ningbo: Ningbo):
    people = ningbo.population.people
    regions = set(people["region"].values)
    ages = {"all": (0, 100), "0-14": (0, 14), "15-59": (15, 59), "60+": (60, 100), "65+": (65, 100)}
    compared = 0
    for row in fact_rows("ningbo_population"):
        year = int(row["year"])
        if row["date"] != "year_end" or year == 2020 or row["region"] not in {CITY, *regions}:
            continue
        part = people.sel(year=year) if row["region"] == CITY else people.sel(year=year, region=row["region"])
        value = float(part.sel(age=slice(*ages[row["age"]])).sum())
        assert abs(value - row["amount"]) <= 500, row
        compared += 1
    assert compared == 30


def test_age_shares_of_2023_print_as_published(ningbo: Ningbo):
    people = ningbo.population.people.sel(year=2023)
    for name, ages in {"0_14": (0, 14), "15_59": (15, 59), "60_plus": (60, 100), "65_plus": (65, 100)}.items():
        share = float(people.sel(age=slice(*ages)).sum() / people.sum())
        assert round(share, 3) == pytest.approx(figure("ningbo_figures", CITY, 2023, f"share_age_{name}"), abs=1e-9)


def test_year_end_of_2020_is_the_census_two_months_before():
    """942.0 at the year end is 0.17% above the census, which is shipped because it alone has ages and counties."""
    rows = [row for row in fact_rows("ningbo_population") if row["region"] == CITY and row["date"] == "year_end"]
    at_year_end = next(row["amount"] for row in rows if row["year"] == "2020")
    assert at_year_end / 9_404_283 - 1 == pytest.approx(0.0017, abs=0.0001)


def test_members_of_2020_are_those_insured(tables: dict[str, pd.DataFrame]):
    rows = tables["enrolment"]
    rows = rows[(rows["year"] == "2020") & (rows["age"] == "all")]
    assert rows["amount"].sum() == published("insured") == 7_674_000
    residents = rows[rows["scheme"] == "resident"]["amount"].sum()
    assert residents == round(published("resident_subsidy") / published("resident_subsidy_per_head"))


def test_members_by_age_make_the_totals_of_the_last_year(tables: dict[str, pd.DataFrame]):
    rows = tables["enrolment"]
    rows = rows[rows["year"] == "2025"]
    by_age = rows[rows["age"] != "all"].groupby(["region", "status"])["amount"].sum()
    totals = rows[rows["age"] == "all"].groupby(["region", "status"])["amount"].sum()
    pd.testing.assert_series_equal(by_age, totals)


def test_nobody_is_insured_who_does_not_live_there(ningbo: Ningbo):
    people = ningbo.population.people.isel(year=-1)
    for group in ningbo.grouped["group"].values:
        living = people.sel(age=slice(int(group), int(group) + 4)).sum("age")
        assert bool((ningbo.grouped.sel(group=group).sum("status") <= living).all())


def test_resident_subsidy_of_five_years_sums_and_grows_as_published(tables: dict[str, pd.DataFrame]):
    paid = [line(tables, "resident", "fiscal_subsidy", year) for year in range(2016, 2021)]
    assert paid[-1] == published("resident_subsidy")
    assert round(sum(paid) / 1e8) == published("resident_subsidy_2016_2020") / 1e8 == 175
    growth = (paid[-1] / paid[0]) ** (1 / 4) - 1
    assert round(growth, 3) == pytest.approx(published("resident_subsidy_growth_2016_2020"), abs=1e-9)


@pytest.mark.parametrize(
    ("scheme", "name", "indicator"),
    [
        ("resident", "critical_illness", "critical_illness"),
        ("resident", "assisted_contribution", "subsidised_enrolment"),
        ("assistance", "subsidised_enrolment", "subsidised_enrolment"),
    ],
)
def test_published_money_of_2020_is_met_to_the_fen(
    tables: dict[str, pd.DataFrame], scheme: str, name: str, indicator: str
):
    assert line(tables, scheme, name) == published(indicator)


def test_recovered_money_of_both_schemes_is_the_published_total(tables: dict[str, pd.DataFrame]):
    parts = [line(tables, scheme, "other_revenue") for scheme in ("employee", "resident")]
    assert sum(parts) == published("recovered") == 74_395_000


def test_subsidised_persons_of_2020_are_those_published(tables: dict[str, pd.DataFrame]):
    rows = tables["assistance"]
    rows = rows[(rows["year"] == "2020") & (rows["measure"] == "subsidised") & (rows["region"] != CITY)]
    assert rows["amount"].sum() == published("subsidised") == 107_000


def test_every_account_closes_to_the_fen_and_opens_with_the_last_closing(ningbo: Ningbo):
    for scheme, lines in ningbo.ledger.items():
        for fund in {name for name, _ in lines}:
            flow = sum(
                (1 if name in (*REVENUE_LINES[scheme], *LEVEL_INFLOWS) else -1) * amount
                for (owner, name), amount in lines.items()
                if owner == fund and name in (*REVENUE_LINES[scheme], *SPENDING_LINES[scheme])
            )
            opening, closing = lines[(fund, "opening_balance")], lines[(fund, "closing_balance")]
            assert (closing == opening + flow).all()
            assert (opening[:, 1:] == closing[:, :-1]).all()
            assert (closing > 0).all()


def test_contributions_paid_by_assistance_are_received_by_the_residents_fund(ningbo: Ningbo):
    paid = ningbo.ledger["assistance"][("assistance", "subsidised_enrolment")]
    assert (ningbo.ledger["resident"][("pooled", "assisted_contribution")] == paid).all()


def test_claims_are_the_benefits_of_the_accounts_to_the_fen(ningbo: Ningbo):
    for scheme, table in ningbo.claims.items():
        for name, services in {
            "benefit_inpatient": ["inpatient"],
            "benefit_outpatient": ["outpatient", "chronic"],
        }.items():
            claimed = table.sel(service=services).sum(("service", "sex", "group")).values
            assert (claimed == ningbo.ledger[scheme][("pooled", name)][:, -1]).all()


def test_claims_of_past_years_are_the_benefits_of_their_accounts_to_the_fen(ningbo: Ningbo):
    for scheme, table in ningbo.past_claims.items():
        assert table["year"].values.tolist() == ningbo.setting.years[:-1]
        for name, services in {
            "benefit_inpatient": ["inpatient"],
            "benefit_outpatient": ["outpatient", "chronic"],
        }.items():
            claimed = table.sel(service=services).sum(("service", "sex", "group")).transpose("region", "year")
            assert (claimed.values == ningbo.ledger[scheme][("pooled", name)][:, :-1]).all()


def test_profile_of_past_claims_is_that_of_the_last_year_but_for_its_noise(ningbo: Ningbo):
    """Old over middle-aged cost per head moves by the noise of two years and two ages, never by three times that."""
    own = choices("ningbo")["claims"]
    for scheme, table in ningbo.past_claims.items():
        statuses = {"employee": ["active", "retired"], "resident": ["child", "student", "adult"]}[scheme]
        insured = insured_people(ningbo.population.people, ningbo.grouped.sel(status=statuses).sum("status"))

        def contrast(claims: xr.DataArray, members: xr.DataArray) -> xr.DataArray:
            rate = [
                claims.sel(group=part).sum(("region", "sex", "group")) / members.sel(group=part).sum()
                for part in (slice(70, 100), slice(40, 55))
            ]
            return rate[0] / rate[1]

        last = contrast(ningbo.claims[scheme], insured.isel(year=-1))
        for year in table["year"].values:
            moved = np.log(contrast(table.sel(year=year), insured.sel(year=year)) / last)
            assert float(abs(moved).max()) < 3 * 2 * (own["age_noise"] + own["cell_noise"])


def test_people_over_60_cost_three_to_five_times_the_working_ages(ningbo: Ningbo):
    parts = [table.sum(("region", "service", "sex")) for table in ningbo.claims.values()]
    claims = parts[0] + parts[1]
    members = ningbo.grouped.sum(("region", "status", "sex"))
    per_head = [
        float(claims.sel(group=ages).sum() / members.sel(group=ages).sum()) for ages in (slice(60, 100), slice(15, 55))
    ]
    assert 3 <= per_head[0] / per_head[1] <= 5


def test_claim_bands_hold_every_member_of_the_scheme(ningbo: Ningbo):
    for scheme, statuses in {"employee": ["active", "retired"], "resident": ["child", "student", "adult"]}.items():
        persons = sum(int(str(row["persons"])) for row in ningbo.bands[scheme])
        assert persons == int(ningbo.grouped.sel(status=statuses).sum())


def test_mean_cost_of_a_band_lies_inside_it(tables: dict[str, pd.DataFrame]):
    """To the fen: in a band of three persons too, and nobody's cost in a band of nobody."""
    rows = tables["claim_bands"]
    fen = (rows["amount"] * FEN).round().astype("int64")
    persons, lower = rows["persons"].astype("int64"), rows["lower"].astype("int64")
    above = (rows["upper"] != "") & (fen >= pd.to_numeric(rows["upper"]).fillna(0) * FEN * persons)
    assert rows[(fen < lower * FEN * persons) | (above & (persons > 0)) | ((persons == 0) & (fen != 0))].empty


def test_bands_add_up_to_payments_times_their_ratio(ningbo: Ningbo):
    """Within the yuan to which the total of each group of bands is rounded."""
    ratio = choices("ningbo")["bands"]["cost_over_payment"]
    for scheme, rows in ningbo.bands.items():
        fen = sum(int(str(row["fen"])) for row in rows)
        groups = len({(row["region"], row["category"], row["age"]) for row in rows})
        assert abs(fen - float(ningbo.claims[scheme].sum()) * ratio[scheme]) <= groups * FEN


@given(seed=st.integers(0, 2**32 - 1), shift=st.floats(-0.9, 0.9))
def test_money_of_whole_persons_stays_in_its_bands(seed: int, shift: float):
    rng = np.random.default_rng(seed)
    lower = np.array([0, 1, 2_000, 5_000, 10_000])
    upper = np.append(lower[1:], 30_000)
    mean = np.append(0.0, rng.uniform(lower[1:] + 0.1, upper[1:] - 0.1))
    persons = np.append(rng.integers(0, 9), rng.integers(1, 50, 4))
    way = persons * np.where(shift > 0, np.append(upper[:-1], 2 * mean[-1] - lower[-1]) - mean, mean - lower)
    total = round(100 * float((persons * mean).sum() + shift * way[1:].sum()))
    money = band_money(mean, persons, lower, total)
    assert (money.sum(), money[0]) == (total, 0)
    assert ((money >= 100 * lower * persons) & (money <= 100 * persons * np.append(upper[:-1], np.inf)))[1:].all()


def test_money_that_no_persons_can_have_is_refused():
    with pytest.raises(ValueError, match=r"persons cannot have 100000 fen in all; 600\.00 yuan is left"):
        band_money(np.array([0.0, 200.0, 900.0]), np.array([5, 2, 0]), np.array([0, 1, 400]), 100_000)


def test_what_is_ours_is_marked_and_what_is_recalled_too(tables: dict[str, pd.DataFrame]):
    for name in ("claims", "claim_bands"):
        assert set(tables[name]["provenance"]) == {"estimated"}
    people = tables["population"]
    recalled = people[
        (people["year"] == "2020") & people["region"].isin(("330281", "330282")) & (people["age"] == "all")
    ]
    assert set(recalled["provenance"]) == {"unverified"}
    assert not people[people["provenance"] == "official"]["source"].str.contains("http").any()
