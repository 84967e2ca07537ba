"""What the payers of one adjustment fund pay in and ask for, and what the fund can pay out of what it holds."""

import numpy as np
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.settlement.adjustment_rule import AdjustmentRule, Segment


def claims(
    rule: AdjustmentRule, revenue: xr.DataArray, spending: xr.DataArray, expected: xr.DataArray | None
) -> xr.Dataset:
    """What each payer pays in, and what it asks for, each rounded to whole fen.

    paid_in = paid_in_share x revenue; asked = sum over segments of covered_share x the part of the gap between the
    segment's thresholds. The gap is spending less revenue before anything is paid in, or less the expected spending.

    Parameters
    ----------
    revenue, spending : (..., region, ...), fen
    expected : spending expected beforehand, as spending or without ``draw``; needed where the rule covers an excess

    Returns
    -------
    paid_in, asked : as revenue, fen (int64); ceiling : without region, where the rule states one: what may be held

    Raises
    ------
    AssumptionError
        If the rule covers an excess and nothing expected is given.

    Source
    ------
    Three variants of the seed document on insurance and assistance, see adjustment_rules.csv; own choices: the gap
    before paying in, so that what is paid in does not itself raise a claim; this year's payments may be drawn at once.
    """
    if rule.basis == "deficit":
        base = revenue
    elif expected is None:
        raise AssumptionError(
            "adjustment fund: its rule covers spending above what was expected, which is not known here; give the "
            "expected spending or cover deficits"
        )
    else:
        base = expected
    gap = spending - base
    covered = [each.covered_share * _between(gap, base, each) for each in rule.segments]
    exact = {"paid_in": rule.paid_in_share * revenue, "asked": sum(covered[1:], start=covered[0])}
    whole = {name: xr.ufuncs.rint(amount).astype("int64").transpose(*revenue.dims) for name, amount in exact.items()}
    if rule.balance_ceiling is not None:
        whole["ceiling"] = xr.ufuncs.floor(rule.balance_ceiling * revenue.sum("region")).astype("int64")
    return xr.Dataset(whole)


def pay_out(
    claim: xr.Dataset, opening: xr.DataArray | int, support: xr.DataArray | int, rule: AdjustmentRule
) -> xr.Dataset:
    """What the payers of one fund draw year by year, and what the fund then holds.

    available = balance before + paid in + interest + support. Where less is available than asked for, everyone gets the
    same share of what it asked, cut to whole fen; the fen left stay in the fund. What is then held above the ceiling is
    returned. Interest, on the balance before, comes out of the payers' accounts: they have earned it on this money
    already. Both are shared by all that each has paid in so far.

    Parameters
    ----------
    claim : paid_in, asked : (..., region, ..., year), fen, of the payers of this fund; ceiling where the rule has one
    opening : fen; what the fund holds at the start
    support : (..., year), fen; received from a higher fund less what was paid into it

    Returns
    -------
    drawn, returned, interest : as asked; balance : without region; fen (int64)

    Raises
    ------
    AssumptionError
        If the rule promises payment in full and a year asks for more than the fund holds.

    Source
    ------
    Own choices: proration, and how interest and what is above the ceiling are shared; no published rule says.
    """
    years: list[xr.Dataset] = []
    income, total = claim["paid_in"].sum("region") + support, claim["asked"].sum("region")
    # A year at a time is read fastest where a year lies in one piece.
    asked, paid = (claim[name].transpose("year", ...).copy() for name in ("asked", "paid_in"))
    nothing = xr.zeros_like(asked.isel(year=0, drop=True))
    weight, balance = nothing, opening + nothing.sum("region")
    for year in claim["year"].values:
        now = {"year": year}
        interest, returned = nothing, nothing
        if rule.interest_rate is not None:
            interest = shared_out(xr.ufuncs.rint(rule.interest_rate * balance), weight)
        available = balance + income.sel(now, drop=True) + interest.sum("region")
        drawn = _prorated(asked.sel(now, drop=True), total.sel(now, drop=True), available, rule, int(year))
        balance = available - drawn.sum("region")
        weight = weight + paid.sel(now, drop=True)
        if rule.balance_ceiling is not None:
            above = balance - claim["ceiling"].sel(now, drop=True)
            returned = shared_out(above.where(above > 0, 0), weight)
            balance = balance - returned.sum("region")
        years.append(xr.Dataset({"drawn": drawn, "returned": returned, "interest": interest, "balance": balance}))
    return xr.concat(years, dim="year").assign_coords(year=claim["year"]).transpose(*claim["asked"].dims)


def shared_out(amount: xr.DataArray, weight: xr.DataArray) -> xr.DataArray:
    """An amount in proportion to weights, cut to whole fen; the last region has the fen left, or all without weights.

    Parameters
    ----------
    amount : (...,), fen
    weight : (..., region), fen

    Returns
    -------
    as weight, fen (int64), adding up to the amount exactly
    """
    whole = weight.sum("region")
    share = xr.ufuncs.floor(weight / whole.where(whole > 0, 1) * amount).astype("int64")
    is_last = share["region"] == share["region"][-1]
    return share + xr.where(is_last, amount.astype("int64") - share.sum("region"), 0)


def _prorated(
    asked: xr.DataArray, total: xr.DataArray, available: xr.DataArray, rule: AdjustmentRule, year: int
) -> xr.DataArray:
    """What is paid of what was asked in a year: all, or the same share to everyone where there is not enough."""
    is_short = total > available
    if not bool(is_short.any()):
        return asked
    if not rule.is_prorated:
        _refuse(total, available, is_short, year)
    share = (available / total.where(is_short, 1)).where(is_short, 1.0)
    return xr.ufuncs.floor(asked * share).astype("int64")


def _between(gap: xr.DataArray, base: xr.DataArray, segment: Segment) -> xr.DataArray:
    """The part of the gap between the thresholds of the segment, fen."""
    below = gap if np.isinf(segment.upper) else xr.ufuncs.minimum(gap, segment.upper * base)
    within = below if segment.lower == 0 else below - segment.lower * base
    return within.where(within > 0, 0)


def _refuse(total: xr.DataArray, available: xr.DataArray, is_short: xr.DataArray, year: int) -> None:
    first = np.unravel_index(int(np.argmax(is_short.values)), is_short.shape)
    place = {dim: int(position) for dim, position in zip(is_short.dims, first, strict=True)}
    asked, held = int(total.isel(place)), int(available.isel(place))
    where = "".join(f"{dim} {index}, " for dim, index in place.items())
    raise AssumptionError(
        f"adjustment fund: asked for {asked:,} fen and holds {held:,}, first at {where}year {year}, but promises "
        "payment in full; raise paid_in_share, cover less, or set is_prorated to 1"
    )
