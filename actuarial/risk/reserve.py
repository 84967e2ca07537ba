"""The risk reserve of a fund: what it has to hold to live through bad years, in money, months of cover and revenue."""

import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.risk.batching import batch_error
from actuarial.risk.drawdown import drawdown_parts, first_year_loss, maximum_drawdown
from actuarial.risk.tail import tail_value_at_risk, value_at_risk


def risk_reserve(drawdown: xr.DataArray, confidence: float) -> xr.DataArray:
    """The smallest drawn drawdown that at least the stated share of draws does not pass: (...,), whole fen."""
    return value_at_risk(drawdown, confidence)["value"].astype("int64")


def reserve_measures(
    opening: xr.DataArray, closing: xr.DataArray, confidence: float, one_year_confidence: float
) -> xr.Dataset:
    """Quantile and tail mean of the maximum drawdown over the horizon, and of the loss of its first year.

    Parameters
    ----------
    opening : (...,), fen
    closing : (draw, ..., year), fen; the years of the horizon
    confidence : of the drawdown
    one_year_confidence : of the loss of the first year, such as 0.995

    Returns
    -------
    value, standard_error : (measure, ...), fen, float; measure is ``drawdown_quantile``, ``drawdown_tail_mean``,
    ``one_year_quantile`` or ``one_year_tail_mean``

    Raises
    ------
    AssumptionError
        If a confidence is not inside (0, 1).

    Source
    ------
    One year at 99.5%: Directive 2009/138/EC (Solvency II), article 101(3). The drawdown over a horizon is the
    project's own reserve.
    """
    drawdown, loss = maximum_drawdown(opening, closing), first_year_loss(opening, closing)
    measures = {
        "drawdown_quantile": value_at_risk(drawdown, confidence),
        "drawdown_tail_mean": tail_value_at_risk(drawdown, confidence),
        "one_year_quantile": value_at_risk(loss, one_year_confidence),
        "one_year_tail_mean": tail_value_at_risk(loss, one_year_confidence),
    }
    return xr.concat(list(measures.values()), dim="measure").assign_coords(measure=list(measures))


def expressed(amount: xr.DataArray, spending: xr.DataArray, revenue: xr.DataArray) -> xr.Dataset:
    """An amount as ``months_of_cover`` (month) and as ``share_of_revenue`` (1).

    Parameters
    ----------
    amount : (...,), fen; a reserve or its standard error
    spending, revenue : (...,), fen; of the year the amount is held against

    Raises
    ------
    AssumptionError
        If spending or revenue of that year is not positive.
    """
    for name, yearly in (("spending", spending), ("revenue", revenue)):
        if not bool((yearly > 0).all()):
            raise AssumptionError(
                f"reserve: {name} of the year is {float(yearly.min()):,.0f} fen; months of cover and shares of revenue "
                "need a year with both; choose one or show money alone"
            )
    return xr.Dataset({"months_of_cover": amount / (spending / 12), "share_of_revenue": amount / revenue})


def diversification(opening: xr.DataArray, closing: xr.DataArray, confidence: float) -> xr.Dataset:
    """What one fund saves: the reserves of the regions alone beside the reserve of their common fund.

    Parameters
    ----------
    opening : (region, ...), fen
    closing : (draw, region, ..., year), fen
    confidence : 1 - alpha

    Returns
    -------
    stand_alone : (region, ...), fen, float; pooled, benefit : (...,), fen, float
    stand_alone_error, pooled_error, benefit_error : their standard errors; that of the benefit from batches of draws,
        since its reserves come from the same ones
    benefit_share : (...,), 1; benefit as a share of the sum of stand-alone reserves, NaN where that is zero

    Raises
    ------
    AssumptionError
        If the confidence is not inside (0, 1).

    Source
    ------
    Tasche (2007), Capital Allocation to Business Units and Sub-Portfolios: the Euler Principle, section 2.3. A quantile
    is not subadditive: a benefit below zero is possible and is shown (Artzner et al. 1999, Mathematical Finance 9(3)).
    """
    fall = xr.Dataset(
        {
            "alone": maximum_drawdown(opening, closing),
            "pooled": drawdown_parts(opening, closing).sum("region"),
        }
    )
    alone, pooled = value_at_risk(fall["alone"], confidence), value_at_risk(fall["pooled"], confidence)
    total = alone["value"].sum("region")
    benefit = saved_by_pooling(fall, confidence)
    return xr.Dataset(
        {
            "stand_alone": alone["value"],
            "stand_alone_error": alone["standard_error"],
            "pooled": pooled["value"],
            "pooled_error": pooled["standard_error"],
            "benefit": benefit,
            "benefit_error": batch_error(fall, lambda part: saved_by_pooling(part, confidence), confidence),
            "benefit_share": benefit / total.where(total > 0),
        }
    )


def saved_by_pooling(fall: xr.Dataset, confidence: float) -> xr.DataArray:
    """Quantiles of the regions' own falls less that of their common fund: (...,), fen.

    Parameters
    ----------
    fall : alone (draw, region, ...), pooled (draw, ...), fen
    """
    alone = value_at_risk(fall["alone"], confidence)["value"].sum("region")
    return alone - value_at_risk(fall["pooled"], confidence)["value"]
