"""Payments of the pooled funds by region, service, sex and age group, adding up to the ledger to the fen."""

import numpy as np
import xarray as xr

from actuarial.schema import SERVICES
from data.estimates.profile import relative_cost
from data.estimates.raking import largest_remainder

LINE_SERVICES = {"benefit_inpatient": ("inpatient",), "benefit_outpatient": ("outpatient", "chronic")}


def claims_by_age(scheme: str, exposure: xr.DataArray, ledger: dict[str, np.ndarray], choice: dict) -> xr.DataArray:
    """(region, service, sex, group), fen.

    Parameters
    ----------
    exposure : (region, sex, group), person-year
        Members of the scheme in the last year.
    ledger : line to (region,), fen
        Benefit lines of the pooled fund in the last year.
    """
    weight = (relative_cost(scheme, choice) * exposure).transpose("region", "service", "sex", "group")
    amounts = xr.zeros_like(weight, dtype=np.int64)
    for line, services in LINE_SERVICES.items():
        for place, region in enumerate(weight["region"].values):
            where = {"region": region, "service": list(services)}
            amounts.loc[where] = largest_remainder(weight.loc[where].values, int(ledger[line][place]))
    return amounts.sel(service=list(SERVICES))
