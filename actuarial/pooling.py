"""Transfers between regions when their money becomes one fund: all revenue in, all spending out."""

import xarray as xr

from actuarial.errors import SchemaError


def settle_full_pooling(revenue: xr.DataArray, spending: xr.DataArray, pool: xr.DataArray) -> xr.DataArray:
    """What each region receives (positive) or hands over (negative) in the year under one fund.

    The fund takes all revenue and pays all spending. Its surplus or deficit of the year is shared in proportion to
    revenue, so that afterwards every region of a pool has the same ratio of surplus to revenue. Shares are cut to
    whole fen; the fen left over go to the pool's last region, so that transfers add up to nothing exactly.

    Parameters
    ----------
    revenue, spending : (..., region, ...), fen (int64)
    pool : (region,)
        Label of the pool each region belongs to.

    Returns
    -------
    as revenue, fen (int64); sums to zero over the regions of each pool

    Raises
    ------
    SchemaError
        If a pool has no revenue in a year: its surplus could not be shared.

    Source
    ------
    Seed rule of unified revenue and spending (统收统支), Ningbo 2021; sharing by revenue is an own choice: it makes the
    transfer independent of the size of the surplus and leaves a region that pays its own way untouched.
    """
    surplus = revenue - spending
    parts = []
    for label in dict.fromkeys(pool.values.tolist()):
        members = pool["region"].values[pool.values == label]
        own_revenue = revenue.sel(region=members)
        own_surplus = surplus.sel(region=members)
        total = own_revenue.sum("region")
        if bool((total <= 0).any()):
            raise SchemaError(f"pooling: pool {label!r} has a year without revenue")
        share = own_revenue / total
        fair = xr.ufuncs.rint(share * own_surplus.sum("region")).astype("int64").transpose(*revenue.dims)
        transfer = fair - own_surplus
        rest = transfer.sum("region")
        is_last = transfer["region"] == members[-1]
        parts.append(transfer - xr.where(is_last, rest, 0))
    joined = xr.concat(parts, dim="region", coords="minimal", compat="override")
    return joined.sel(region=revenue["region"].values).transpose(*revenue.dims)
