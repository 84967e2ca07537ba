"""What a manifest says of the layers and of assistance, and what stood in for them."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from actuarial.experience.fit import fit
from actuarial.projection import project
from actuarial.runs.protection_record import protection_record
from actuarial.schema import STATUSES
from actuarial.tables import CityData
from tests.layered_city import ELIGIBLE, decided_basis, layered_basis


def test_city_that_decides_everything_is_recorded():
    found = protection_record(decided_basis())
    assert found["recognition"] == {
        "review_income_share": 0.5,
        "recognition_lag": 3.0,
        "lookback": dict.fromkeys(ELIGIBLE, 0.0),
        "exit_rate": dict.fromkeys(ELIGIBLE, 0.2),
        "removal_lag": dict.fromkeys(ELIGIBLE, 3.0),
        "follows_burden": "impoverished_by_illness",
    }
    assert found["allocation"] == {"burden_weight": 0.5, "floor_share": 0.9, "largest_rise": 0.2}
    assert found["reimbursement_benchmark"] == {"value": 0.816, "year": 2018}
    protection = found["protection"]
    assert isinstance(protection, dict)
    assert protection["aid_by"] == "layers"
    assert protection["unsplit"] == ["employee"]
    assert set(protection["benefit_indexation"].values()) == {0.02}


def test_city_that_decides_nothing_says_so():
    found = protection_record(layered_basis())
    assert [name for name, value in found.items() if value is None] == [
        "recognition", "allocation", "prevention", "reimbursement_benchmark",
    ]  # fmt: skip


def test_bands_without_categories_are_on_record(protected_data: CityData):
    found = protection_record(fit(protected_data, 5))["protection"]
    assert isinstance(found, dict)
    assert found["aid_by"] == "members"
    assert found["unsplit"] == ["employee", "resident"]
    assert protection_record(replace(layered_basis(), layers=None))["protection"] is None


@pytest.fixture(scope="module")
def drawn() -> xr.Dataset:
    with xr.set_options(arithmetic_join="exact"):
        return project(decided_basis(), 1, 0, 20)


def test_draws_hold_what_is_known(drawn):
    assert drawn["burdened"].dims == ("draw", "region", "year")
    assert drawn["inequality"].dims == ("draw", "measure", "part", "year")
    assert drawn["prevention"].dims == ("draw", "outcome")
    residents = (
        drawn["heads_city"].sel(heads=[*STATUSES["resident"], "elder"]).sum("heads").isel(year_all=slice(1, None))
    )
    assert bool((drawn["burdened"].sum("region").values < residents.values).all())
    assert float(drawn["burdened"].min()) > 0


def test_programme_is_paid_from_outpatient_assistance(drawn):
    spent = drawn["ledger"].sel(fund="assistance", line="outpatient_assistance", year=decided_basis().budget_year)
    persons = drawn["prevention"].sel(outcome="persons")
    np.testing.assert_allclose(persons, 0.3 * spent.sum("region") / 100 / 14_000, rtol=1e-12)


def test_undecided_city_keeps_none_of_them():
    with xr.set_options(arithmetic_join="exact"):
        found = project(layered_basis(), 1, 0, 5)
    assert {"burdened", "prevention"} & set(found) == set()
    assert found["inequality"]["part"].values.tolist() == ["between", "within"]
