"""What the members' care costs the pooled fund: members by age and sex x age-cost profile x trend."""

import xarray as xr


def expected_cost(exposure: xr.DataArray, loss_cost: xr.DataArray) -> xr.DataArray:
    """Cost of the members of each year at the prices and intensity of the last closed year.

    Parameters
    ----------
    exposure : (..., region, scheme, sex, age), person-year; year ends, persons, give the cost at their yearly rate
    loss_cost : (region, scheme, service, sex, age), yuan/person-year

    Returns
    -------
    (..., region, scheme, service), yuan

    Source
    ------
    Direct standardisation; DOMAIN section 4.
    """
    return xr.dot(exposure, loss_cost, dim=["sex", "age"]).transpose(..., "region", "scheme", "service")
