"""What protection comes to for the people: how much of their bills is paid, and whose own payments are too heavy.

Sums are taken before the ratio, so that it is the rate of the money and not the mean of persons' rates. The share whose
own payments are too heavy comes here from single persons, and in expectation from ``benefit.burden``.
"""

from collections.abc import Sequence

import xarray as xr

from actuarial.errors import SchemaError

# Payments of all payers may differ from the bill by this share of it in floating point.
_ROUNDING = 1e-9


def paid_share(paid: xr.DataArray, bill: xr.DataArray, over: Sequence[str]) -> xr.DataArray:
    """Share of the whole bill that each layer or person pays: (..., payer), 1.

    The actual reimbursement rate is the sum over the layers of insurance and assistance; what is out of the scope of
    the rules stays in the bill.

    Parameters
    ----------
    paid : (..., over, payer), yuan, every payer with the person among them
    bill : (..., over), yuan
    over : dims that are summed before the ratio, such as persons, categories or regions

    Raises
    ------
    SchemaError
        If the payers do not add up to the bill, or nobody had a bill.

    Source
    ------
    Actual reimbursement rate of assisted persons, with costs out of scope in the denominator: seed 002 (实际报销比例);
    81.6% of inpatient cost in 2022.
    """
    gap = abs(paid.sum("payer") - bill)
    is_open = ~(gap <= _ROUNDING * bill)  # and where either is missing
    if bool(is_open.any()):
        raise SchemaError(
            f"outcome: payers do not add up to the bill in {int(is_open.sum())} of {is_open.size} places, by "
            f"{float(gap.max()):.2f} yuan at most; give every payer, the person among them"
        )
    whole = bill.sum(list(over))
    if bool((whole <= 0).any()):
        raise SchemaError("outcome: a group has no bill; its paid share is not defined")
    return (paid.sum(list(over)) / whole).transpose(..., "payer")


def burdened_share(
    own_payment: xr.DataArray, income: xr.DataArray, share: float, weight: xr.DataArray, over: Sequence[str]
) -> xr.DataArray:
    """Share of the households whose own payments pass a share of disposable income per head: (...), 1.

    Parameters
    ----------
    own_payment : (..., over), yuan a year, of the household or of its member with a bill, as the rule has it
    income : (..., over) or fewer dims, yuan a year, disposable, per head
    share : limit that marks a household, such as 0.5
    weight : (..., over), households each stands for; 1 for a simulated household
    over : dims that are summed

    Raises
    ------
    SchemaError
        If an income is not positive, a payment is missing, or the weights sum to nothing.

    Source
    ------
    Own payments of a year above 50% of the disposable income per head of the area start a review: seed 002.
    """
    if not bool((income > 0).all()):
        raise SchemaError("outcome: a disposable income is missing or not positive; no share of it is defined")
    if bool(own_payment.isnull().any()):
        raise SchemaError(f"outcome: {int(own_payment.isnull().sum())} of {own_payment.size} own payments are missing")
    whole = weight.sum(list(over))
    if not bool((whole > 0).all()):
        raise SchemaError("outcome: a group has no household; give the weights of those there are")
    return (weight * (own_payment > share * income)).sum(list(over)) / whole
