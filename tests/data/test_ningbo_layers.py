"""The layers of the shipped city against its accounts: what they imply for 2025, and the official figures of 2020."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.benefit.curves import payments, scale_of
from actuarial.benefit.protection import BASIC, UNASSISTED, Protection, summed_over
from actuarial.demography.membership import mid_year
from actuarial.experience.fit import fit, series_levels
from actuarial.payers import Payers, members_by_kind, payment_index
from actuarial.people import project_people
from actuarial.schema import STATUSES
from actuarial.tables import CityData, read_folder

FOLDER = Path(__file__).parents[2] / "data" / "ningbo"
CITY, LAST, PAST = "330200", 2025, 2020
CRITICAL_2020, ENROLMENT_2020 = 480_000_000, 70_790_000  # yuan, interview of the two bureaus, 2021
BENEFITS = ["benefit_inpatient", "benefit_outpatient"]


@pytest.fixture(scope="module")
def data() -> CityData:
    return read_folder(FOLDER)


@pytest.fixture(scope="module")
def basis(data: CityData) -> Basis:
    with xr.set_options(arithmetic_join="exact"):
        return fit(data, 2)


@pytest.fixture(scope="module")
def layers(basis: Basis) -> Protection:
    assert basis.layers is not None
    return basis.layers


@pytest.fixture(scope="module")
def both_years(data: CityData, basis: Basis, layers: Protection) -> Payers:
    """Members and cost of 2020 in front of those of 2025, under the rules of 2025: what the layers pay."""
    with xr.set_options(arithmetic_join="exact"):
        persons = xr.concat([persons_of_2020(data, basis, layers), persons_of_2025(basis, layers)], dim="year")
        levels = series_levels(basis.city, basis.history, basis.base_year, basis.policy)
        cost = levels.sel(series=["employee_cost", "resident_cost"], year=[PAST, LAST])
        index = cost / cost.sel(year=LAST, drop=True)
        index = index.rename(series="scheme").assign_coords(scheme=["employee", "resident"]).drop_attrs()
        index = index.sel(scheme=layers.kinds["scheme"]).transpose("region", "kind", "year")
        curves = layers.curves[LAST]
        one = payments(curves, xr.DataArray(1.0)).sel(layer=list(BASIC)).sum("layer")
        scale = scale_of(curves, BASIC, one * index)
        amount = payments(curves, scale) * persons
    return Payers(persons, scale, layers.index, amount.transpose("region", "kind", "layer", "year"), None)


def persons_of_2025(basis: Basis, layers: Protection) -> xr.DataArray:
    return members_by_kind(layers, project_people(basis)).sel(year=[LAST])


def persons_of_2020(data: CityData, basis: Basis, layers: Protection) -> xr.DataArray:
    """Members of the year and persons then entitled, over broad ages as in 2025: no ages are published for 2020."""
    now = persons_of_2025(basis, layers).sel(year=LAST, drop=True)
    members = mid_year(basis.history.members)
    heads = {scheme: members.sel(status=list(own)).sum("status") for scheme, own in STATUSES.items()}
    growth = xr.concat(
        [own.sel(year=PAST, drop=True) / own.sel(year=LAST, drop=True) for own in heads.values()], "scheme"
    )
    growth = growth.assign_coords(scheme=list(heads)).sel(scheme=now["scheme"]).transpose("region", "kind")
    then = now * growth
    rows = data.frames["assistance"].query("measure == 'eligible' and year == @PAST")
    entitled = rows.set_index(["region", "category"])["value"].to_xarray().sel(region=now["region"])
    is_assisted = ~now["category"].isin(UNASSISTED).values
    own = layers.persons.isel(kind=is_assisted)
    total = summed_over(own, "category").sel(category=own["category"])
    assisted = (entitled.sel(category=own["category"]) * own / total).transpose("region", "kind")
    parts = [assisted, then.isel(kind=~is_assisted)]
    return xr.concat(parts, dim="kind").sel(kind=now["kind"]).expand_dims(year=[PAST])


@pytest.mark.parametrize(("scheme", "measured"), [("employee", 0.974), ("resident", 0.928)])
def test_layers_imply_the_benefits_of_2025(both_years, basis, scheme, measured):
    """In-scope cost under the rules, in no way fitted to the accounts, against them: within a tenth in every region."""
    paid = summed_over(both_years.amount.sel(layer=list(BASIC)).sum("layer"), "scheme").sel(scheme=scheme, year=LAST)
    ledger = basis.history.ledger.sel(fund=f"{scheme}_pooled", line=BENEFITS, year=LAST).sum("line")
    ratio = paid.drop_vars(["scheme", "year"]) / ledger.drop_vars(["fund", "year"])
    assert bool((abs(ratio - 1) < 0.1).all())
    # the ratio stated in docs/method/payers.md, to its last digit
    assert float(paid.sum() / ledger.sum()) == pytest.approx(measured, abs=0.0006)


def critical_of(basis: Basis, year: int) -> xr.DataArray:
    """Critical illness in the accounts: (region,), yuan."""
    return basis.history.ledger.sel(fund="resident_pooled", line="critical_illness", year=year, drop=True)


def layer_of(payers: Payers, year: int) -> xr.DataArray:
    residents = payers.amount.isel(kind=np.flatnonzero(payers.amount["scheme"].values == "resident"))
    return residents.sel(layer="critical", year=year, drop=True).sum("kind")


def test_calibrated_2020_gives_critical_illness_of_480_million(both_years, basis):
    """What the layer pays for members of 2020 at the cost of 2020, times one factor a region, is the official sum."""
    factor = critical_of(basis, PAST) / layer_of(both_years, PAST)
    assert bool(((factor > 1) & (factor < 3)).all())
    assert float((factor * layer_of(both_years, PAST)).sum()) == pytest.approx(
        CRITICAL_2020, abs=0.5
    )  # yuan of regions
    # what the projection does: the accounts of its first year times what the layer grows by
    ahead = critical_of(basis, PAST) * payment_index(both_years, ("critical",), "resident").sel(year=LAST, drop=True)
    np.testing.assert_allclose(ahead, factor * layer_of(both_years, LAST), rtol=1e-12)


def test_the_factor_of_2025_carried_back_to_2020_misses_by_what_is_stated(both_years, basis, record_property):
    """Five years back; the accounts between are estimates, so this says how far off, and no more."""
    factor = critical_of(basis, LAST) / layer_of(both_years, LAST)
    carried = float((factor * layer_of(both_years, PAST)).sum())
    record_property("critical illness 2020 by the factor of 2025, million yuan", round(carried / 1e6, 1))
    print(
        f"critical illness 2020 by the factor of 2025: {carried / 1e6:.1f} million, {carried / CRITICAL_2020 - 1:+.1%}"
    )
    assert abs(carried / CRITICAL_2020 - 1) < 0.1


def test_assisted_enrolment_of_2020_is_70_79_million(data):
    """To the fen, in the assistance table and in both funds' accounts."""
    wanted = ENROLMENT_2020 * 100
    aid = data.frames["assistance"].query("measure == 'subsidised_amount' and year == @PAST")
    assert aid.loc[aid["region"] == CITY, "fen"].tolist() == [wanted]
    assert int(aid.loc[aid["region"] != CITY, "fen"].sum()) == wanted
    ledger = data.frames["ledger"].query("year == @PAST and region != @CITY")
    received = ledger[(ledger["scheme"] == "resident") & (ledger["line"] == "assisted_contribution")]
    paid = ledger[(ledger["scheme"] == "assistance") & (ledger["line"] == "subsidised_enrolment")]
    assert int(received["fen"].sum()) == wanted
    assert int(paid["fen"].sum()) == wanted
