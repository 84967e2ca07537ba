"""How far a fund falls below where it stood: deepest fall, loss of the first year, and the regions' parts in it."""

import xarray as xr


def maximum_drawdown(opening: xr.DataArray, closing: xr.DataArray) -> xr.DataArray:
    """Deepest fall of the balance below the opening balance within the horizon; zero where it never falls.

    M = max over t of max(0, opening - closing_t).

    Parameters
    ----------
    opening : (...,), fen
    closing : (..., year), fen

    Returns
    -------
    (...,), fen (int64)

    Source
    ------
    Deficit path and drawdown as in the aggregate-loss form of ruin theory: Asmussen & Albrecher (2010),
    Ruin Probabilities, chapter I; horizon and yearly grid are own choices of the project.
    """
    fall = opening - closing.min("year")
    return fall.where(fall > 0, 0)


def first_year_loss(opening: xr.DataArray, closing: xr.DataArray) -> xr.DataArray:
    """What the first year takes from the balance, a surplus being a negative loss: (...,), fen (int64).

    Source
    ------
    One-year view of Directive 2009/138/EC (Solvency II), article 101(3): the loss of own funds over one year.
    """
    return opening - closing.isel(year=0, drop=True)


def drawdown_parts(opening: xr.DataArray, closing: xr.DataArray) -> xr.DataArray:
    """What each region adds to the maximum drawdown of the regions' common fund; the parts add up to it in every draw.

    In the year of the deepest fall of the summed balance every region's part is its own fall, negative where it grew;
    all parts are zero where the common fund never falls. The common drawdown grows in proportion with the size of the
    regions, and these parts are its derivatives by size: a small change leaves the year of the deepest fall as it is.

    Parameters
    ----------
    opening : (region, ...), fen
    closing : (draw, region, ..., year), fen

    Returns
    -------
    (draw, region, ...), fen (int64)

    Source
    ------
    Euler's theorem on functions homogeneous of degree one, as used by Tasche (2007), Capital Allocation to Business
    Units and Sub-Portfolios: the Euler Principle, section 2; for the year of the fall: derivative of a maximum by the
    envelope theorem (Milgrom & Segal 2002, Econometrica 70(2)).
    """
    total = closing.sum("region")
    deepest = total.argmin("year")
    fall = opening - closing.isel(year=deepest).drop_vars("year", errors="ignore")
    return fall.where(fall.sum("region") > 0, 0).transpose(*(dim for dim in closing.dims if dim != "year"))
