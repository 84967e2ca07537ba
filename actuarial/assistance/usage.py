"""How far assistance money is used: too little leaves a surplus, too much calls for an emergency appropriation."""

import xarray as xr

from actuarial.assistance.shortfall import check_amounts
from actuarial.errors import AssumptionError


def surplus_rate(surplus: xr.DataArray, money: xr.DataArray) -> xr.DataArray:
    """What is left at the end of a year, over the money of that year: (..., region, year), 1.

    Parameters
    ----------
    surplus : (..., region, year), of :func:`actuarial.assistance.shortfall.shortfall_path`
    money : (..., region, year), received in the year, without what was carried over

    Raises
    ------
    AssumptionError
        If a year has no money.

    Source
    ------
    Rule that the surplus rate of assistance money stays within 15% (seed 002); carried-over over yearly money: own
    choice, the reading under which old savings do not hide.
    """
    if bool((money <= 0).any()):
        raise AssumptionError("surplus rate: a year has no money; the rate is not defined")
    return (surplus / money).transpose(*surplus.dims)


def emergency_path(need: xr.DataArray, money: xr.DataArray, opening: xr.DataArray, threshold: float) -> xr.Dataset:
    """Appropriations that start by rule when usage passes its threshold, and bring it back there.

        available(t) = money(t) + surplus(t-1),   usage = need / available
        emergency    = max(0, need / threshold - available),   surplus = available + emergency - need

    With a threshold of 1 the appropriation is the shortfall itself. Its mean over the draws is its expected size; the
    share of draws in which it is positive its probability.

    Parameters
    ----------
    need, money, opening : as in :func:`actuarial.assistance.shortfall.shortfall_path`
    threshold : share of the available money, in (0, 1]

    Returns
    -------
    usage : (..., region, year), 1, before the appropriation; infinite where nothing is available for a need
    emergency, surplus : (..., region, year), unit of the need

    Raises
    ------
    AssumptionError
        If the threshold is not in (0, 1].

    Source
    ------
    Rule of an emergency appropriation that starts by itself when the usage of assistance money passes a threshold
    (seed 002), which gives no size; as much as brings usage back to the threshold: own choice.
    """
    if not 0 < threshold <= 1:
        raise AssumptionError(f"usage: its threshold is {threshold:g}; it lies above 0 and is 1 at most")
    for name, amounts in (("need", need), ("money", money), ("opening surplus", opening)):
        check_amounts(name, amounts)
    surplus, years = opening, []
    for year in need["year"].values:
        now = need.sel(year=year, drop=True)
        available = money.sel(year=year, drop=True) + surplus
        lacking = now / threshold - available
        emergency = lacking.where(lacking > 0, 0.0)
        surplus = available + emergency - now
        years.append(xr.Dataset({"usage": _usage(now, available), "emergency": emergency, "surplus": surplus}))
    path = xr.concat(years, dim="year").assign_coords(year=need["year"])
    return path.transpose(..., "region", "year", missing_dims="ignore")


def _usage(need: xr.DataArray, available: xr.DataArray) -> xr.DataArray:
    is_there = available > 0
    return (need / available.where(is_there, 1.0)).where(is_there, xr.where(need > 0, float("inf"), 0.0))
