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
    paid_in, asked : as revenue, fen (int64)

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
    return xr.Dataset(whole)


def pay_out(
    claim: xr.Dataset, opening: xr.DataArray | int, support: xr.DataArray | int, rule: AdjustmentRule
) -> xr.Dataset:
    """What the payers of one fund draw year by year, and what the fund then holds.

    available = balance before + paid in + support. Where less is available than asked for, everyone gets the same
    share of what it asked, cut to whole fen; the fen left stay in the fund.

    Parameters
    ----------
    claim : paid_in, asked : (..., region, ..., year), fen, of the payers of this fund
    opening : fen; what the fund holds at the start
    support : (..., year), fen; received from a higher fund less what was paid into it

    Returns
    -------
    drawn : as asked; balance : without region; fen (int64)

    Raises
    ------
    AssumptionError
        If the rule promises payment in full and a year asks for more than the fund holds.
    """
    balance = opening
    drawn, balances = [], []
    income, total = claim["paid_in"].sum("region") + support, claim["asked"].sum("region")
    # A year at a time is read fastest where a year lies in one piece.
    asked = claim["asked"].transpose("year", ...).copy()
    for year in claim["year"].values:
        now = {"year": year}
        available = balance + income.sel(now, drop=True)
        wanted, paid = total.sel(now, drop=True), asked.sel(now, drop=True)
        is_short = wanted > available
        if bool(is_short.any()):
            if not rule.is_prorated:
                _refuse(wanted, available, is_short, int(year))
            share = (available / wanted.where(is_short, 1)).where(is_short, 1.0)
            paid = xr.ufuncs.floor(paid * share).astype("int64")
            wanted = paid.sum("region")
        balance = available - wanted
        drawn.append(paid)
        balances.append(balance)
    years = claim["year"]
    joined = {"drawn": xr.concat(drawn, dim="year"), "balance": xr.concat(balances, dim="year")}
    return xr.Dataset(joined).assign_coords(year=years).transpose(*claim["asked"].dims)


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
