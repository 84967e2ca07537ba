"""Where assistance money falls short: need against money year by year, what is left being carried over.

1. path: money of the year and what was left over meet the need; what is missing is paid from outside, never owed later;
2. how likely and how large a shortfall is, with the Monte Carlo error, and the year in which it first appears;
3. the money that brings its probability under a limit, in the year itself or paid in from now on.
"""

import numpy as np
import xarray as xr
from scipy.stats import binom

from actuarial.errors import AssumptionError, SchemaError


def shortfall_path(need: xr.DataArray, money: xr.DataArray, opening: xr.DataArray) -> xr.Dataset:
    """Need against the money there is, with the surplus as the state.

        available(t) = money(t) + surplus(t-1)
        shortfall = max(0, need - available),   surplus = max(0, available - need)

    Parameters
    ----------
    need, money : (..., region, year), same unit, not negative, years ascending; either may lack ``draw``; where the
        money of several regions is one, their sums without ``region``
    opening : (region,), same unit, not negative, carried over into the first year

    Returns
    -------
    available, shortfall, surplus : (..., region, year), unit of the need

    Raises
    ------
    SchemaError
        If an amount is missing or negative.

    Source
    ------
    Shortfall as in DOMAIN section 6. That a shortfall is met from outside in its year and leaves no debt: own choice;
    an assistance fund may not borrow, and bills are settled at once.
    """
    for name, amounts in (("need", need), ("money", money), ("opening surplus", opening)):
        check_amounts(name, amounts)
    surplus, years = opening, []
    for year in need["year"].values:
        now = need.sel(year=year, drop=True)
        available = money.sel(year=year, drop=True) + surplus
        left = available - now
        surplus = left.where(left > 0, 0)
        shortfall = (-left).where(left < 0, 0)
        years.append(xr.Dataset({"available": available, "shortfall": shortfall, "surplus": surplus}))
    path = xr.concat(years, dim="year").assign_coords(year=need["year"])
    return path.transpose(..., "region", "year", missing_dims="ignore")


def shortfall_summary(shortfall: xr.DataArray, tail: float) -> xr.Dataset:
    """Probability, mean and tail quantile of a shortfall, with Monte Carlo standard errors; (..., region, year).

    A probability of 0 has the standard error 0: read it as less than 3 / draws, with 95% confidence.

    Parameters
    ----------
    shortfall : (draw, ...)
    tail : probability of the quantile, such as that of P95

    Returns
    -------
    probability, probability_error : 1
    mean, mean_error, tail : unit of the shortfall

    Source
    ------
    Glasserman (2003), Monte Carlo Methods in Financial Engineering, section 1.1; 3 / draws: Hanley & Lippman-Hand
    (1983), JAMA 249(13); quantile: Hyndman & Fan (1996), The American Statistician 50(4), definition 1.
    """
    draws = shortfall.sizes["draw"]
    probability = (shortfall > 0).mean("draw")
    quantile = shortfall.quantile(tail, dim="draw", method="inverted_cdf", keep_attrs=False).drop_vars("quantile")
    return xr.Dataset(
        {
            "probability": probability,
            "probability_error": xr.ufuncs.sqrt(probability * (1 - probability) / draws),
            "mean": shortfall.mean("draw"),
            "mean_error": shortfall.std("draw", ddof=1) / np.sqrt(draws),
            "tail": quantile,
        }
    )


def first_shortfall(shortfall: xr.DataArray) -> xr.Dataset:
    """Share of the draws whose first shortfall falls into each year, and of those that have none; they sum to one.

    Parameters
    ----------
    shortfall : (draw, ..., year)

    Returns
    -------
    first : (..., year), 1
    never : (...), 1
    """
    is_short = shortfall > 0
    is_first = is_short & (is_short.cumsum("year") == 1)
    return xr.Dataset({"first": is_first.mean("draw"), "never": (~is_short.any("year")).mean("draw")})


def money_needed(amounts: xr.DataArray, limit: float) -> xr.DataArray:
    """The least addition that leaves less than ``limit`` of the draws short: an order statistic, exact on these draws.

    With k the largest whole number for which k / draws < limit, the (k+1)-th largest amount: k draws at most exceed it,
    and any smaller addition leaves k + 1 or more.

    Parameters
    ----------
    amounts : (draw, ...), what each draw lacks: a shortfall of a year, or :func:`lasting_addition`
    limit : probability that must not be reached, in (0, 1]

    Returns
    -------
    (...), unit of the amounts; exact for the year itself, without counting what an earlier addition leaves over
    """
    return _from_largest(amounts, _most_above(amounts.sizes["draw"], limit))


def money_needed_interval(amounts: xr.DataArray, limit: float, level: float) -> xr.Dataset:
    """Confidence interval of :func:`money_needed` for the finite number of draws: ``lower``, ``upper``; (...).

    The number of draws above the true amount is binomial, whatever the distribution.

    Parameters
    ----------
    level : confidence of the interval

    Raises
    ------
    AssumptionError
        If the draws are too few for an upper end.

    Source
    ------
    David & Nagaraja (2003), Order Statistics, section 7.1.
    """
    draws, outside = amounts.sizes["draw"], (1 - level) / 2
    above = [int(binom.ppf(part, draws, limit)) for part in (1 - outside, outside)]
    if above[1] < 1:
        raise AssumptionError(
            f"shortfall: {draws} draws are too few for an upper end of the money needed at a limit of {limit:g} with "
            f"confidence {level:g}; run more draws"
        )
    lower, upper = _from_largest(amounts, min(above[0], draws - 1)), _from_largest(amounts, above[1] - 1)
    return xr.Dataset({"lower": lower, "upper": upper})


def lasting_addition(
    need: xr.DataArray, money: xr.DataArray, opening: xr.DataArray, pattern: xr.DataArray
) -> xr.DataArray:
    """What each draw would have needed, paid in along a pattern, to see no shortfall in any year: (draw, region).

        addition = max over t of max(0, sum to t of (need - money) - opening) / sum to t of pattern

    Parameters
    ----------
    need, money, opening : as in :func:`shortfall_path`
    pattern : (year,), 1; (1, 0, 0, ...) is one sum now, (1, 1, 1, ...) the same sum every year

    Raises
    ------
    AssumptionError
        If money is missing before the pattern has paid anything.

    Source
    ------
    The maximum drawdown of the reserve, per unit paid in so far; a path without shortfall never drops its surplus.
    """
    for name, amounts in (("need", need), ("money", money), ("opening surplus", opening), ("pattern", pattern)):
        check_amounts(name, amounts)
    missing = (need - money).cumsum("year") - opening
    missing = missing.where(missing > 0, 0)
    paid = pattern.cumsum("year")
    if bool(((paid == 0) & (missing > 0)).any()):
        raise AssumptionError(
            "shortfall: money is missing in a year before the pattern pays anything; let it start earlier"
        )
    return (missing / paid.where(paid > 0, 1)).max("year")


def check_amounts(name: str, amounts: xr.DataArray) -> None:
    """Refuse an amount that is missing, infinite or negative, with its first place."""
    is_wrong = ~(xr.ufuncs.isfinite(amounts) & (amounts >= 0))
    if bool(is_wrong.any()):
        first = np.argwhere(is_wrong.values)[0] if is_wrong.ndim else []
        place = {str(dim): is_wrong[dim].values[[at]].tolist()[0] for dim, at in zip(is_wrong.dims, first, strict=True)}
        raise SchemaError(
            f"assistance: {name}: {int(is_wrong.sum())} of {amounts.size} values are missing, infinite or negative, "
            f"first at {place}; state every amount, zero where there is none"
        )


def _most_above(draws: int, limit: float) -> int:
    """The largest whole number of draws whose share is less than the limit."""
    if not 0 < limit <= 1:
        raise AssumptionError(f"shortfall: the limit of its probability is {limit:g}; it lies above 0 and is 1 at most")
    most = min(int(limit * draws) + 1, draws - 1)
    while most / draws >= limit:
        most -= 1
    return most


def _from_largest(amounts: xr.DataArray, place: int) -> xr.DataArray:
    """The amount that ``place`` draws stand before, the largest first."""
    at = amounts.sizes["draw"] - 1 - place

    def pick(values: np.ndarray) -> np.ndarray:
        return np.partition(values, at, axis=-1)[..., at]

    return xr.apply_ufunc(pick, amounts, input_core_dims=[["draw"]])
