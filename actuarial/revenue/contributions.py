"""What the employee scheme receives: active members x contribution base x rate x collection."""

import xarray as xr


def employee_contributions(
    active: xr.DataArray, contribution_base: xr.DataArray, rate: xr.DataArray, collection_rate: xr.DataArray
) -> xr.DataArray:
    """Contributions of employers and members together, before the split to personal accounts.

    Parameters
    ----------
    active : (region, year), person-year
        Retired members pay nothing.
    contribution_base : (draw, region, year), yuan/person-year
    rate : (region, year), 1
        Employer's and own rate together.
    collection_rate : (region, year), 1

    Returns
    -------
    (draw, region, year), yuan

    Source
    ------
    State Council document 44 of 1998 (国发〔1998〕44号), section 2; identity of DOMAIN section 3.
    """
    return active * contribution_base * rate * collection_rate


def split_to_accounts(contributions: xr.DataArray, account_share: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """Contributions of the pooled fund and those credited to personal accounts; the two add up to the whole."""
    account = contributions * account_share
    return contributions - account, account
