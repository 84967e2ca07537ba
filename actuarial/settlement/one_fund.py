"""One fund for the city: all revenue in, all spending out, and who collects too little still bears what is missing."""

import xarray as xr

from actuarial.errors import AssumptionError, SchemaError


def settle_full_pooling(revenue: xr.DataArray, spending: xr.DataArray, pool: xr.DataArray) -> xr.DataArray:
    """The same where no region has a target: every region of a pool has the same ratio of surplus to revenue after it.

    Parameters
    ----------
    revenue, spending : (..., region, ...), fen (int64)
    pool : (region,); label of the pool each region belongs to

    Returns
    -------
    as revenue, fen (int64); sums to zero over the regions of each pool

    Raises
    ------
    SchemaError
        If a pool has no revenue in a year: its surplus could not be shared.
    """
    return settle_one_fund(revenue, spending, revenue, 0.0, pool)["transfer"]


def settle_one_fund(
    revenue: xr.DataArray,
    spending: xr.DataArray,
    target: xr.DataArray,
    responsibility_share: float,
    pool: xr.DataArray,
) -> xr.Dataset:
    """What each region receives (positive) or hands over (negative) in the year under one fund.

    With missing = responsibility_share x max(0, target - revenue) and due = revenue + missing, the surplus of the dues,
    S = sum of (due - spending), is shared in proportion to the dues; every region then bears its own missing part:

        transfer = fair share of S - missing - (revenue - spending)

    Shares are cut to whole fen; the fen left over go to the pool's last region, so that transfers add up to nothing
    exactly. A share of 0 leaves what is missing to all in common.

    Parameters
    ----------
    revenue, spending : (..., region, ...), fen (int64)
    target : (region, ...), fen; what a region was to collect
    responsibility_share : 1
    pool : (region,); label of the pool each region belongs to

    Returns
    -------
    transfer, missing : as revenue, fen (int64); transfers sum to zero over the regions of each pool

    Raises
    ------
    AssumptionError
        If the responsibility share is outside [0, 1].
    SchemaError
        If a pool has no revenue due in a year: its surplus could not be shared.

    Source
    ------
    Seed rule of unified revenue and spending (统收统支), Ningbo 2021, and the responsibility for under-collection in
    DOMAIN, section 7; sharing by revenue due is an own choice: it makes the transfer independent of the size of the
    surplus and leaves a region that pays its own way untouched.
    """
    if not 0 <= responsibility_share <= 1:
        raise AssumptionError(f"responsibility_share {responsibility_share:g}: must lie in [0, 1]")
    lacking = target - revenue
    missing = xr.ufuncs.rint(responsibility_share * lacking.where(lacking > 0, 0)).astype("int64")
    missing = missing.transpose(*revenue.dims)
    due = revenue + missing
    surplus = due - spending
    parts = []
    for label in dict.fromkeys(pool.values.tolist()):
        members = pool["region"].values[pool.values == label]
        own_due, own_surplus = due.sel(region=members), surplus.sel(region=members)
        total = own_due.sum("region")
        if bool((total <= 0).any()):
            raise SchemaError(f"pooling: pool {label!r} has a year without revenue")
        fair = xr.ufuncs.rint(own_due / total * own_surplus.sum("region")).astype("int64").transpose(*revenue.dims)
        transfer = fair - own_surplus
        is_last = transfer["region"] == members[-1]
        parts.append(transfer - xr.where(is_last, transfer.sum("region"), 0))
    joined = xr.concat(parts, dim="region", coords="minimal", compat="override")
    transfer = joined.sel(region=revenue["region"].values).transpose(*revenue.dims)
    return xr.Dataset({"transfer": transfer, "missing": missing})
