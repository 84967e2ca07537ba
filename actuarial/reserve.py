"""How much money a fund needs to live through bad years: the quantile of its maximum drawdown."""

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
    return (opening - closing).max("year").clip(min=0)


def risk_reserve(drawdown: xr.DataArray, confidence: float) -> xr.DataArray:
    """The smallest drawn drawdown that at least the stated share of draws does not pass, in whole fen.

    Parameters
    ----------
    drawdown : (draw, ...), fen
    confidence : 1 - alpha

    Source
    ------
    Hyndman & Fan (1996), The American Statistician 50(4), definition 1 (inverse of the empirical distribution).
    """
    quantile = drawdown.quantile(confidence, dim="draw", method="inverted_cdf", keep_attrs=False)
    return quantile.drop_vars("quantile").astype("int64")
