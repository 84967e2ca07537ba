"""How a risk reserve is built up out of a fund's money, and how it is released."""

import xarray as xr

from actuarial.errors import AssumptionError


def reserve_path(
    opening_reserve: xr.DataArray,
    opening: xr.DataArray,
    closing: xr.DataArray,
    revenue: xr.DataArray,
    target: xr.DataArray,
    set_aside_rate: xr.DataArray | float,
) -> xr.Dataset:
    """Set-asides, releases and the reserve of every year; the reserve is a part of the balance, never beside it.

    1. A year that would leave the rest of the balance below zero takes what is missing from the reserve (``release``).
    2. What the reserve then holds above its target goes back to the rest of the balance (``returned``).
    3. What it lacks is set aside: at most the rate times the year's revenue, and at most what the rest of the balance
       holds (``set_aside``).

    reserve = reserve before + set_aside - release - returned, exactly; 0 <= reserve <= max(0, closing).

    Parameters
    ----------
    opening_reserve, opening : (...,), fen
    closing, revenue : (..., year), fen
    target : (...,) or (..., year), fen
    set_aside_rate : (...,) or (..., year), 1; share of revenue

    Returns
    -------
    set_aside, release, returned, reserve : (..., year), fen (int64)

    Raises
    ------
    AssumptionError
        If the reserve brought in is more than the fund holds, or a rate is not a share, or a target is negative.

    Source
    ------
    A reserve set aside as a share of revenue, 5-8% in the seed document on insurance and assistance; the order of use
    is an own choice: the rest of the balance goes first, so that the reserve is touched only when nothing else is left.
    """
    rate = xr.DataArray(set_aside_rate)
    _check(opening_reserve, opening, target, rate)
    reserve = opening_reserve
    rows = []
    for year in closing["year"].values:
        after, goal = closing.sel(year=year, drop=True), _of_year(target, year)
        free = after - reserve
        release = _smaller(reserve, _positive(-free))
        returned = _positive(reserve - release - goal)
        wanted = _positive(goal - (reserve - release))
        most = xr.ufuncs.rint(_of_year(rate, year) * revenue.sel(year=year, drop=True)).astype("int64")
        set_aside = _smaller(_smaller(wanted, most), _positive(free))
        reserve = reserve + set_aside - release - returned
        row = {"set_aside": set_aside, "release": release, "returned": returned, "reserve": reserve}
        rows.append(xr.Dataset(row).broadcast_like(after).astype("int64"))
    return xr.concat(rows, dim="year").assign_coords(year=closing["year"]).transpose(*closing.dims)


def _of_year(table: xr.DataArray, year: int) -> xr.DataArray:
    return table.sel(year=year, drop=True) if "year" in table.dims else table


def _positive(amount: xr.DataArray) -> xr.DataArray:
    return amount.where(amount > 0, 0)


def _smaller(first: xr.DataArray, second: xr.DataArray) -> xr.DataArray:
    return xr.ufuncs.minimum(first, second)


def _check(opening_reserve: xr.DataArray, opening: xr.DataArray, target: xr.DataArray, rate: xr.DataArray) -> None:
    if bool((opening_reserve > opening).any()) or bool((opening_reserve < 0).any()):
        raise AssumptionError(
            "reserve: what is brought in is negative or more than the fund holds; it is a part of the opening balance"
        )
    if not bool(((rate >= 0) & (rate <= 1)).all()):
        raise AssumptionError(f"set_aside_rate {float(rate.max()):g}: must lie in [0, 1]; it is a share of revenue")
    if bool((target < 0).any()):
        raise AssumptionError(f"reserve target {float(target.min()):,.0f} fen: must not be negative")
