"""Payments of the pooled funds by region, service, sex and age group, adding up to the ledger to the fen."""

import numpy as np
import xarray as xr

from actuarial.schema import SERVICES
from data.estimates.profile import relative_cost
from data.estimates.raking import largest_remainder

Payments = dict[tuple[str, ...], np.ndarray]


def claims_by_age(scheme: str, exposure: xr.DataArray, payments: Payments, choice: dict) -> xr.DataArray:
    """(region, service, sex, group), fen.

    Parameters
    ----------
    exposure : (region, sex, group), person-year
        Members of the scheme in the last year.
    payments : services to (region,), fen
        What the pooled fund paid for these services together in the last year.
    """
    weight = (relative_cost(scheme, choice) * exposure).transpose("region", "service", "sex", "group")
    amounts = xr.zeros_like(weight, dtype=np.int64)
    for services, paid in payments.items():
        for place, region in enumerate(weight["region"].values):
            where = {"region": region, "service": list(services)}
            amounts.loc[where] = largest_remainder(weight.loc[where].values, int(paid[place]))
    return amounts.sel(service=list(SERVICES))
