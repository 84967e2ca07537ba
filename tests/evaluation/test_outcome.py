import numpy as np
import pytest
import xarray as xr

from actuarial.errors import SchemaError
from actuarial.evaluation.outcome import burdened_share, paid_share

PAYERS = ["basic", "critical", "assistance", "person"]


def payments(rows) -> xr.DataArray:
    return xr.DataArray(np.asarray(rows, float), dims=("person", "payer"), coords={"payer": PAYERS})


def people(values) -> xr.DataArray:
    return xr.DataArray(np.asarray(values, float), dims="person")


PAID = payments([[6000, 1000, 2000, 1000], [40_000, 20_000, 15_000, 25_000]])
BILL = people([10_000, 100_000])


def test_actual_reimbursement_is_money_over_money():
    """9,000 of 10,000 and 75,000 of 100,000: 84 of 110, not the mean of 90% and 75%."""
    share = paid_share(PAID, BILL, ["person"])
    layers = share.sel(payer=["basic", "critical", "assistance"]).sum()
    assert float(layers) == pytest.approx(84 / 110)
    assert float(share.sel(payer="person")) == pytest.approx(26 / 110)
    assert float(share.sum()) == pytest.approx(1)


def test_bill_that_is_not_wholly_paid_is_refused():
    with pytest.raises(SchemaError) as refusal:
        paid_share(PAID, BILL + people([0.0, 500.0]), ["person"])
    assert str(refusal.value) == (
        "outcome: payers do not add up to the bill in 1 of 2 places, by 500.00 yuan at most; give every payer, the "
        "person among them"
    )
    with pytest.raises(SchemaError, match="a group has no bill"):
        paid_share(0 * PAID, 0 * BILL, ["person"])


def test_households_above_half_of_their_income():
    own, income, weight = people([30_000, 30_001, 10_000]), people([60_000, 60_000, 15_000]), people([1, 2, 5])
    assert float(burdened_share(own, income, 0.5, weight, ["person"])) == pytest.approx(
        7 / 8
    )  # the limit itself is not passed


def test_what_has_no_share_is_refused():
    with pytest.raises(SchemaError, match="missing or not positive"):
        burdened_share(people([1]), people([0]), 0.5, people([1]), ["person"])
    with pytest.raises(SchemaError, match="1 of 2 own payments are missing"):
        burdened_share(people([1, np.nan]), people([1, 1]), 0.5, people([1, 1]), ["person"])
    with pytest.raises(SchemaError, match="payers do not add up to the bill in 1 of 2 places"):
        paid_share(PAID, BILL.where(BILL > 10_000), ["person"])
    with pytest.raises(SchemaError, match="no household"):
        burdened_share(people([1]), people([1]), 0.5, people([0]), ["person"])
