"""The money of medical assistance: appropriations by level of government, lottery, donations, each on its own path.

What is left of a year is carried over in :mod:`actuarial.assistance.shortfall`; it is no source of its own.
"""

import numpy as np
import xarray as xr

from actuarial.assistance.shortfall import check_amounts
from actuarial.errors import AssumptionError


def central_money(base: xr.DataArray, growth: xr.DataArray) -> xr.DataArray:
    """Median path of every source: (region, source, year), yuan.

    Parameters
    ----------
    base : (region, source), yuan, of the last closed year
    growth : (..., source, year), 1/year, of the forecast years in order, the first following the last closed year

    Raises
    ------
    SchemaError
        If a base is missing or negative.
    AssumptionError
        If a growth is missing, or takes all away.
    """
    check_amounts("money of the last closed year", base)
    if not bool((growth > -1).all()):
        raise AssumptionError(
            f"assistance money: a yearly growth of {float(growth.min()):g}, or none stated; state one above -1"
        )
    return (base * (1 + growth).cumprod("year")).transpose(..., "region", "source", "year")


def money_deviation(
    spread: xr.DataArray,
    common_share: xr.DataArray,
    regional_share: xr.DataArray,
    regions: np.ndarray,
    years: np.ndarray,
    draws: int,
    rng: np.random.Generator,
) -> xr.DataArray:
    """Deviation of the log of every source from its median path: a random walk with shocks in three parts.

        step = spread (sqrt(common) Z(year) + sqrt(own) Z(source, year) + sqrt(regional) Z(source, region, year))

    ``common`` is one economy and one treasury that all sources and regions meet together; ``own``, one less the other
    two, hits one source in all regions; ``regional`` one source in one region.

    Parameters
    ----------
    spread : (source,), 1, standard deviation of a yearly log step
    common_share, regional_share : (source,), 1, of its variance; together one at most
    regions, years : labels
    draws : how many; the first draws do not depend on how many there are

    Returns
    -------
    (draw, region, source, year), 1

    Raises
    ------
    AssumptionError
        If a spread is negative, or shares leave [0, 1] or together exceed one.

    Source
    ------
    Own choice: the two-level factor form of the project's other regional walks; three numbers a source that a treasurer
    can state. Log-normal, so that no draw takes away more than all; the median path is the stated one.
    """
    own = 1 - common_share - regional_share
    if bool((spread < 0).any()):
        raise AssumptionError(f"assistance money: a spread of {float(spread.min()):g}; it may not be negative")
    for name, share in (("common", common_share), ("regional", regional_share), ("source's own", own)):
        # the third share is one less the others: it may miss zero by rounding
        if not bool((share >= -np.finfo(float).eps).all()):
            raise AssumptionError(
                f"assistance money: a {name} share of {float(share.min()):g} of the variance; shares lie in [0, 1] and "
                "add up to one"
            )
    sources = spread["source"].values
    shape = (draws, len(years), 1 + len(sources) * (1 + len(regions)))
    shocks = rng.standard_normal(shape)
    common, rest = shocks[..., :1], shocks[..., 1:].reshape(draws, len(years), len(sources), 1 + len(regions))
    labels = {"source": sources, "year": years}
    common = xr.DataArray(common[..., 0], dims=("draw", "year"), coords={"year": years})
    nationwide = xr.DataArray(rest[..., 0], dims=("draw", "year", "source"), coords=labels)
    regional = xr.DataArray(
        rest[..., 1:], dims=("draw", "year", "source", "region"), coords={**labels, "region": regions}
    )
    root = xr.ufuncs.sqrt
    step = spread * (root(common_share) * common + root(abs(own)) * nationwide + root(regional_share) * regional)
    return step.cumsum("year").transpose("draw", "region", "source", "year")


def money_paths(central: xr.DataArray, deviation: xr.DataArray) -> xr.DataArray:
    """Every source in draws: (draw, region, source, year), yuan; summed over ``source`` it is the money of the year."""
    return (central * xr.ufuncs.exp(deviation)).transpose("draw", "region", "source", "year")
