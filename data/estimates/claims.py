"""Payments of the pooled funds by region, service, sex and age group, adding up to the ledger to the fen.

The last year stands in groups of five years of age, the years before it in broad ones.
"""

import numpy as np
import xarray as xr

from actuarial.schema import SERVICES
from data.estimates.noise import normal
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
    return _divided(relative_cost(scheme, choice) * exposure, payments)


def past_claims(scheme: str, insured: xr.DataArray, payments: Payments, choice: dict) -> xr.DataArray:
    """(region, service, sex, group, year), fen, of the years before the last, groups by their lowest age.

    The profile of the last year holds in all years, but for noise: of every service, sex and age, the same in all
    regions, and of every cell. There is none in the last year.

    Parameters
    ----------
    insured : (region, sex, group, year), person
        Members of the scheme at the end of each year of the accounts.
    payments : services to (region, year), fen
    """
    own = choice["claims"]
    lowest = np.array(own["history_ages"])
    fine = relative_cost(scheme, choice) * insured
    place = np.searchsorted(lowest, fine["group"].values, side="right") - 1
    broad = fine.groupby(xr.DataArray(lowest[place], dims="group", name="broad")).sum("group").rename(broad="group")
    broad = broad.transpose("region", "service", "sex", "group", "year")
    common = own["age_noise"] * normal(f"claims by age {scheme}", broad.shape[1:])
    moved = common[None] + own["cell_noise"] * normal(f"claims by cell {scheme}", broad.shape)
    weight = broad * np.exp(moved - moved[..., -1:])
    years = broad["year"].values[:-1]
    parts = [
        _divided(weight.sel(year=year, drop=True), {services: paid[:, place] for services, paid in payments.items()})
        for place, year in enumerate(years)
    ]
    return xr.concat(parts, dim="year").assign_coords(year=years).transpose(*broad.dims)


def _divided(weight: xr.DataArray, payments: Payments) -> xr.DataArray:
    """What was paid for services together, by the weights of its cells: (region, service, sex, group), fen."""
    weight = weight.transpose("region", "service", "sex", "group")
    amounts = xr.zeros_like(weight, dtype=np.int64)
    for services, paid in payments.items():
        for place, region in enumerate(weight["region"].values):
            where = {"region": region, "service": list(services)}
            amounts.loc[where] = largest_remainder(weight.loc[where].values, int(paid[place]))
    return amounts.sel(service=list(SERVICES))
