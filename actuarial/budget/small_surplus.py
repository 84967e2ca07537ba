"""A budget set on revenue, balanced with a small surplus: whether it is, and what is missing where it is not."""

import xarray as xr

from actuarial.errors import AssumptionError


def small_surplus(revenue: xr.DataArray, spending: xr.DataArray, target: float) -> xr.Dataset:
    """Central budget against the small surplus that it aims at, (1 - target) revenue >= spending.

    cut = spending - (1 - target) revenue, raise = spending / (1 - target) - revenue; each alone meets the target, and
    both are zero where it is met. They are rounded up to the fen, so that what is called for is enough.

    Parameters
    ----------
    revenue, spending : (...,), fen
    target : surplus over revenue, in [0, 1); 0 asks for balance alone

    Returns
    -------
    surplus_share : (...,), 1; not a number without revenue
    is_met : (...,), bool
    cut, increase : (...,), fen, int64

    Raises
    ------
    AssumptionError
        If the target is not in [0, 1).

    Source
    ------
    The principle: State Council decision on basic medical insurance of employees (Guofa 1998 no. 44),
    以收定支、收支平衡, and its common addition 略有结余. The arithmetic is its definition.
    """
    if not 0 <= target < 1:
        raise AssumptionError(f"surplus_target {target:g} is not in [0, 1): a surplus cannot be all of the revenue")
    cut = xr.ufuncs.maximum(spending - (1 - target) * revenue, 0)
    increase = xr.ufuncs.maximum(spending / (1 - target) - revenue, 0)
    return xr.Dataset(
        {
            "surplus_share": (revenue - spending) / revenue.where(revenue > 0),
            "is_met": spending <= (1 - target) * revenue,
            "cut": xr.ufuncs.ceil(cut).astype("int64"),
            "increase": xr.ufuncs.ceil(increase).astype("int64"),
        }
    )
