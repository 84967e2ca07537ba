"""Money of the assistance fund by source: its paths, the year in which it falls short, and who pays for enrolment."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from actuarial.assistance.shortfall import first_shortfall, shortfall_path
from actuarial.assumptions.basis import Basis
from actuarial.assumptions.policy import read_policy
from actuarial.contract import TABLES
from actuarial.errors import AssumptionError
from actuarial.experience.fit import fit
from actuarial.fund.assistance_money import draw_money, money_by_source, money_views
from actuarial.people import project_people
from actuarial.projection import central_views, collect_flows, project
from actuarial.schema import STATUSES
from actuarial.tables import CityData
from tests.tiny_city import CITY, LAST_YEAR, money_rows

SOURCES = ["provincial_subsidy", "local_budget"]
FIRST = LAST_YEAR + 1
AID = ["inpatient_assistance", "outpatient_assistance"]


def financed(basis: Basis, data: CityData, *rows: tuple) -> Basis:
    """The same with more rows in the policy table."""
    more = pd.DataFrame(list(rows), columns=list(TABLES["policy"].column_names))
    return replace(basis, policy=read_policy(CITY, pd.concat([data.frames["policy"], more], ignore_index=True)))


@pytest.fixture(scope="module")
def stated(tiny_basis: Basis, tiny_data: CityData) -> Basis:
    return financed(tiny_basis, tiny_data, *money_rows(FIRST))


def central_money(basis: Basis) -> dict[str, xr.DataArray]:
    return money_by_source(basis, basis.trends.central, xr.zeros_like(basis.trends.central), None)


def published(basis: Basis, line: str, fund: str = "assistance") -> xr.DataArray:
    return basis.history.ledger.sel(year=LAST_YEAR, fund=fund, line=line, drop=True)


def test_every_source_grows_at_its_own_rate(tiny_basis: Basis, tiny_data: CityData) -> None:
    rows = [row for row in money_rows(FIRST) if row[2:4] != ("money_growth", "local_budget")]
    local = money_rows(FIRST, growth=-0.02)[4]
    money = central_money(financed(tiny_basis, tiny_data, *rows, local))
    years = 1 + np.arange(tiny_basis.years.size)
    for source, rate in (("provincial_subsidy", 1.06), ("local_budget", 0.98)):
        by_hand = np.outer(published(tiny_basis, source), rate**years)
        np.testing.assert_allclose(money[source].transpose("region", "year"), by_hand, rtol=1e-12)


def test_region_may_have_a_growth_of_its_own(tiny_basis: Basis, tiny_data: CityData) -> None:
    own = ("339902", *money_rows(FIRST, growth=0.2)[4][1:])
    money = central_money(financed(tiny_basis, tiny_data, *money_rows(FIRST), own))["local_budget"]
    growth = money.sel(year=FIRST) / published(tiny_basis, "local_budget")
    np.testing.assert_allclose(growth.sel(region=["339901", "339902"]), [1.06, 1.2], rtol=1e-12)


def test_money_without_paths_follows_its_trend(tiny_basis: Basis) -> None:
    assert draw_money(tiny_basis, 5, np.random.default_rng(1)) is None
    trend = np.exp(tiny_basis.trends.central.sel(series="assistance_income", drop=True))
    for source in SOURCES:
        xr.testing.assert_allclose(central_money(tiny_basis)[source], published(tiny_basis, source) * trend, rtol=1e-12)


def test_paths_that_begin_after_the_first_forecast_year_do_not_count(tiny_basis: Basis, tiny_data: CityData) -> None:
    assert draw_money(financed(tiny_basis, tiny_data, *money_rows(FIRST + 1)), 5, np.random.default_rng(1)) is None


def test_source_without_a_whole_path_is_refused(tiny_basis: Basis, tiny_data: CityData) -> None:
    basis = financed(tiny_basis, tiny_data, *money_rows(FIRST)[:4])
    with pytest.raises(AssumptionError, match="no money_growth of local_budget in force for scheme 'assistance'"):
        central_money(basis)


def test_scenario_of_appropriations_leaves_donations(stated: Basis, tiny_basis: Basis, tiny_data: CityData) -> None:
    """The ledger of the tiny city with its provincial subsidy given by donors."""
    history = tiny_basis.history
    lines = [{"provincial_subsidy": "donations", "donations": "provincial_subsidy"}.get(line, line)
             for line in history.ledger["line"].values.tolist()]  # fmt: skip
    swapped = replace(history, ledger=history.ledger.assign_coords(line=lines).sel(line=history.ledger["line"]))
    donors = [(*row[:3], row[3].replace("provincial_subsidy", "donations"), *row[4:]) for row in money_rows(FIRST)]
    basis = financed(replace(tiny_basis, history=swapped), tiny_data, *donors)
    half = basis.factors.where(basis.factors["quantity"] != "fiscal_subsidy", 0.5)
    before, after = central_money(basis), central_money(replace(basis, factors=half))
    xr.testing.assert_identical(after["donations"], before["donations"])
    xr.testing.assert_allclose(after["local_budget"], before["local_budget"] * 0.5, rtol=1e-12)


def test_drawn_money_is_the_money_of_the_ledger(stated: Basis) -> None:
    """To the fen, and its views are quantities of the same draws."""
    block = project(stated, 3, 0, 40)
    ledger = (
        block["ledger"].sel(fund="assistance", line=SOURCES, drop=True).sum(["line", "region"]).rename(year="year_all")
    )
    whole = block["money_city"].sel(source="total", drop=True).isel(year_all=slice(1, None))
    assert float(abs(ledger / 100 - whole).max()) < 0.02 * 2  # half a fen for each of two lines in two regions
    assert float(whole.std("draw").min()) > 0


def test_paths_move_nothing_but_money(stated: Basis, tiny_basis: Basis) -> None:
    """Its stream is its own: every other line of every fund stays to the fen."""
    one, other = (project(basis, 3, 0, 20)["ledger"] for basis in (stated, tiny_basis))
    moved = (one != other).any(["draw", "region", "year"])
    lines = {(str(fund), str(line)) for fund in moved["fund"].values for line in moved["line"].values
             if bool(moved.sel(fund=fund, line=line))}  # fmt: skip
    assert lines == {("assistance", line) for line in (*SOURCES, "opening_balance", "closing_balance")}


def test_views_start_with_the_accounts(stated: Basis) -> None:
    found = money_views(stated, central_money(stated))["money_region"].sel(year_all=LAST_YEAR, drop=True)
    for source in SOURCES:
        np.testing.assert_array_equal(found.sel(source=source), published(stated, source))
    np.testing.assert_array_equal(found.sel(source="total"), sum(published(stated, source) for source in SOURCES))
    assert central_views(stated)["money_city"]["source"].values.tolist() == [*SOURCES, "total"]


def short_of_money(data: CityData) -> Basis:
    """Need up 12% a year and money 8.5%, need 80% of money in the first year, nothing brought in, nothing by chance."""
    basis = financed(fit(data, 15), data, *money_rows(FIRST, growth=0.085, spread=0.0))
    ledger = basis.history.ledger.copy()
    last = {"fund": "assistance", "year": LAST_YEAR}
    money = ledger.sel(last, drop=True).sel(line=SOURCES).sum("line")
    for line, part in zip(AID, (0.7, 0.3), strict=True):
        ledger.loc[last | {"line": line}] = money * (0.8 * 1.085 / 1.12) * part
    ledger.loc[{"fund": "assistance", "line": "subsidised_enrolment"}] = np.nan
    history = replace(basis.history, ledger=ledger, opening=xr.zeros_like(basis.history.opening))
    heads = project_people(basis).members.sel(status=list(STATUSES["resident"])).sum("status")
    steps = xr.DataArray(np.arange(1, 16), {"year": basis.years}, ("year",))
    wanted = steps * np.log(1.12) - np.log(heads.sel(year=basis.years) / heads.sel(year=LAST_YEAR, drop=True))
    central = xr.where(basis.trends.central["series"] == "assistance_cost", wanted, basis.trends.central)
    still = xr.zeros_like(basis.trends.residual)
    trends = replace(basis.trends, central=central.transpose(*basis.trends.central.dims), residual=still)
    return replace(basis, history=history, trends=trends, people_uncertainty=frozenset())


def test_shortfall_appears_in_the_year_that_arithmetic_says(tiny_data: CityData) -> None:
    """By hand, in docs/method/assistance.md: savings last through twelve years, 19.31 against 19.55, not thirteen."""
    need = 0.8 * (1.12 ** np.array([12, 13]) - 1) / 0.12
    money = (1.085 ** np.array([12, 13]) - 1) / 0.085
    assert (need[0] < money[0], need[1] > money[1]) == (True, True)
    block = project(short_of_money(tiny_data), 5, 0, 2).sel(fund="assistance", drop=True)
    growth = block["spending"] / block["spending"].shift(year=1)
    np.testing.assert_allclose(growth.isel(year=slice(1, None)), 1.12, rtol=1e-6)  # whole fen
    opening = block["closing_balance"].isel(draw=0, year=0, drop=True) * 0
    path = shortfall_path(block["spending"], block["revenue"], opening)
    first = first_shortfall(path["shortfall"])["first"]
    assert first.idxmax("year").values.tolist() == [LAST_YEAR + 13] * 2
    assert float(first.sel(year=LAST_YEAR + 13).min()) == 1.0
    debt = -block["closing_balance"].sel(year=LAST_YEAR + 13)
    xr.testing.assert_equal(path["shortfall"].sel(year=LAST_YEAR + 13), debt)


def enrolled(basis: Basis, assisted: xr.DataArray) -> xr.Dataset:
    """Contributions by payer when so many are assisted: individual, paid, and what assistance spends."""
    central, still = basis.trends.central, xr.zeros_like(basis.trends.central)
    people = replace(project_people(basis), assisted=assisted)
    flows = collect_flows(basis, people, None, central_money(basis), central, still.expand_dims(draw=[0])).isel(draw=0)
    resident = flows.sel(fund="resident_pooled", drop=True)
    paid, own = (resident.sel(line=line, drop=True) for line in ("assisted_contribution", "individual_contribution"))
    spent = flows.sel(fund="assistance", line="subsidised_enrolment", drop=True)
    return xr.Dataset({"paid": paid, "own": own, "spent": spent}).drop_vars(["fund", "line", "draw"], errors="ignore")


@pytest.fixture(scope="module")
def subsidised(tiny_basis: Basis, tiny_data: CityData) -> Basis:
    """Subsistence, the one category of the tiny city, is paid for in full, and in half from 2028 on."""
    stated = [(CITY, "assistance", "subsidised_share", "subsistence", year, share, "1", "official", "Decree 1")
              for year, share in ((LAST_YEAR, 1), (2028, 0.5))]  # fmt: skip
    return financed(tiny_basis, tiny_data, *stated)


def test_paid_contributions_follow_persons_part_and_standard(subsidised: Basis) -> None:
    assisted = project_people(subsidised).assisted
    assert assisted is not None
    steps = assisted["year"] - LAST_YEAR
    found = enrolled(subsidised, assisted.isel(year=0, drop=True) * (1 + 0.1 * steps))
    assert found["spent"].identical(found["paid"].rename("spent"))
    first = found["paid"].sel(year=FIRST) / published(subsidised, "assisted_contribution", "resident_pooled")
    np.testing.assert_allclose(first, 1.1 * 1.05, rtol=1e-12)  # the tiny city's financing_growth is 5%
    halved = found["paid"].sel(year=2028) / found["paid"].sel(year=2027)
    np.testing.assert_allclose(halved, 1.3 / 1.2 * 0.5 * 1.05, rtol=1e-12)


def test_who_pays_moves_no_contribution(subsidised: Basis, tiny_basis: Basis) -> None:
    assisted = project_people(subsidised).assisted
    assert assisted is not None
    more = enrolled(subsidised, assisted * xr.where(assisted["year"] > 2026, 3.0, 1.0))
    before = enrolled(tiny_basis, assisted)
    xr.testing.assert_allclose(more["paid"] + more["own"], before["paid"] + before["own"], rtol=1e-12)
    assert bool((more["paid"].sel(year=2027) > 2.9 * before["paid"].sel(year=2027)).all())


def test_more_paid_than_is_owed_is_refused(subsidised: Basis) -> None:
    assisted = project_people(subsidised).assisted
    assert assisted is not None
    with pytest.raises(AssumptionError, match=r"assistance would pay .* yuan more than all individual contributions"):
        enrolled(subsidised, assisted * xr.where(assisted["year"] > LAST_YEAR, 80.0, 1.0))


def test_contribution_paid_for_nobody_is_refused(subsidised: Basis) -> None:
    assisted = project_people(subsidised).assisted
    assert assisted is not None
    with pytest.raises(
        AssumptionError, match="assisted_contribution of region 339901 in 2025, where nobody was assisted"
    ):
        enrolled(subsidised, assisted * 0.0)


def test_paid_enrolment_is_received_to_the_fen(subsidised: Basis) -> None:
    ledger = project(subsidised, 7, 0, 50)["ledger"]
    paid = ledger.sel(fund="assistance", line="subsidised_enrolment", drop=True)
    received = ledger.sel(fund="resident_pooled", line="assisted_contribution", drop=True)
    xr.testing.assert_identical(paid, received)
    assert bool((paid.std("draw") > 0).any())
