"""Growth of each series since its last declared break, and the joint residuals of its history.

1. log growth of every series and region; no step into a declared break, none where a year is missing;
2. the steps that a centre rests on: those since the last break; where these are too few, the latest unbroken ones;
3. two ways to go on from there, the same growth or the same amount every year; the central path is their mean in logs,
   and so is the residual of each year;
4. residuals kept together by year and with their neighbours, so that a bad year hits revenue and cost at once and is
   followed by what followed it; their size is that of 3, widened for how few steps it rests on.
"""

import numpy as np
import xarray as xr
from scipy import stats

from actuarial.assumptions.basis import Trends
from actuarial.errors import AssumptionError

# Own choice: four steps give a spread at all.
LEAST_STEPS = 4
# The band that has Student's width: 10 to 90%, the one by which coverage is judged first (docs/method/backtest.md).
WIDENED_PROBABILITY = 0.9
# Log growths closer than this are equal: levels are published with fewer digits.
ROUNDING = 1e-9
BACKWARDS = {"year": slice(None, None, -1)}


def fit_trends(levels: xr.DataArray, is_broken: xr.DataArray, years: np.ndarray) -> Trends:
    """Central growth and joint residuals of a panel of annual series.

    Parameters
    ----------
    levels : (series, region, year), positive; NaN where a year is not published
    is_broken : (series, year)
        True where the step from the year before crosses a declared break.
    years : forecast years, the first one following the last year of the panel

    Raises
    ------
    AssumptionError
        If a level is not positive, a series has too few unbroken growth steps or no level in the last year, or too few
        years have a step of every series.

    Source
    ------
    Equal weights: Clemen (1989), International Journal of Forecasting 5(4). Steps since the last break: Pesaran &
    Timmermann (2007), Journal of Econometrics 137(1), where they are one of several windows. Rows of residuals drawn
    whole: own choice.
    """
    growth, run, recent = unbroken_growth(levels, is_broken)
    is_after = run == run.isel(year=-1)
    mean, count = recent.mean("year"), recent.count("year")
    central = central_path(mean, count, years)
    spread = combined_residual(recent).std("year", ddof=1) * widening(count)
    residual = joint_residuals(growth - run_mean(growth, run), spread)
    _refuse_open_end(levels.isel(year=-1))
    has_break = is_broken.isel(year=slice(1, None)).any("year")
    record = _record(mean, central, count, (recent.notnull() & ~is_after).sum("year"), has_break)
    return Trends(central, residual, count, record, "resampled")


def unbroken_growth(levels: xr.DataArray, is_broken: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray, xr.DataArray]:
    """Log growth without the steps into a break, the run between breaks of each step, and growth in the recent steps.

    Parameters
    ----------
    levels, is_broken : as :func:`fit_trends`

    Returns
    -------
    growth, recent : (series, region, year), NaN where there is no such step; run : (series, year), counted from 0

    Raises
    ------
    AssumptionError
        If a level is not positive, or a series has fewer than LEAST_STEPS unbroken steps.
    """
    _refuse_without_logarithm(levels.transpose("series", "region", "year"))
    is_step_broken = is_broken.isel(year=slice(1, None))
    growth = xr.ufuncs.log(levels).diff("year").where(~is_step_broken).transpose("series", "region", "year")
    steps = growth.count("year")
    if bool((steps < LEAST_STEPS).any()):
        short = steps.where(steps == steps.min(), drop=True)
        place = f"{short['series'].values[0]}, region {short['region'].values[0]}"
        raise AssumptionError(f"trend: {place}: unbroken growth steps: {int(short.min())}, needed: {LEAST_STEPS}")
    run = is_step_broken.astype(int).cumsum("year")
    return growth, run, recent_steps(growth, run == run.isel(year=-1))


def _refuse_without_logarithm(levels: xr.DataArray) -> None:
    """Zero, negative and infinite levels, by the first of them."""
    is_wrong = (levels <= 0) | xr.ufuncs.isinf(levels)
    if not bool(is_wrong.any()):
        return
    first = levels.isel({dim: places[0] for dim, places in zip(levels.dims, np.nonzero(is_wrong.values), strict=True)})
    place = f"{first['series'].item()}, region {first['region'].item()}, year {first['year'].item()}"
    raise AssumptionError(
        f"trend: {place}: level {first.item():g}; its logarithm is taken, so it has to be positive and finite; "
        f"levels like it: {int(is_wrong.sum())}"
    )


def _refuse_open_end(last: xr.DataArray) -> None:
    """Series without a level in the year that growth goes on from: their latest steps are not known."""
    for series in last["series"].values:
        for region in last["region"].values:
            if not np.isfinite(last.sel(series=series, region=region)):
                year = last["year"].item()
                raise AssumptionError(
                    f"trend: {series}, region {region}: no level in {year}, which growth goes on from"
                )


def recent_steps(growth: xr.DataArray, is_after: xr.DataArray) -> xr.DataArray:
    """Growth in the steps that a centre rests on, NaN in all others: those since the last break, at least LEAST_STEPS.

    Parameters
    ----------
    growth : (series, region, year), NaN where there is no unbroken step
    is_after : (series, year), true for the steps since the last declared break
    """
    known = growth.notnull()
    place = known.astype(int).isel(BACKWARDS).cumsum("year").isel(BACKWARDS)
    return growth.where(known & (is_after | (place <= LEAST_STEPS)))


def central_path(mean: xr.DataArray, count: xr.DataArray, years: np.ndarray) -> xr.DataArray:
    """The mean, in logs, of going on by the same growth and by the same amount; growth alone where a series falls.

    A series that has grown by m a year for n years has grown by (1 - exp(-n m)) / n of its last level a year. The same
    amount off every year would end below zero, so a fall goes on by growth.

    Parameters
    ----------
    mean : (series, region), log growth a year
    count : (series, region), the steps that it is the mean of

    Returns
    -------
    (series, region, year), log of the level over the last one
    """
    horizon = xr.DataArray(np.arange(1, len(years) + 1), dims="year", coords={"year": years})
    by_growth = mean * horizon
    rising = mean.where(mean > 0, 0.0)
    by_amount = xr.ufuncs.log1p(-horizon * xr.ufuncs.expm1(-count * rising) / count)
    return xr.where(mean > 0, (by_growth + by_amount) / 2, by_growth).transpose("series", "region", "year")


def combined_residual(recent: xr.DataArray) -> xr.DataArray:
    """Residual of each step about the mean of the two paths; of log growth alone where a series falls.

    The residual of the path by amount is the amount of the year less its mean, in units of the last level, so that a
    wide swing of a small level long ago counts for less.
    """
    mean = recent.mean("year")
    since = recent.fillna(0.0).isel(BACKWARDS).cumsum("year").isel(BACKWARDS)
    amount = xr.ufuncs.exp(-since) * xr.ufuncs.expm1(recent)
    by_growth = recent - mean
    by_amount = amount - amount.mean("year")
    return xr.where(mean > 0, (by_growth + by_amount) / 2, by_growth).transpose(*recent.dims)


def widening(count: xr.DataArray) -> xr.DataArray:
    """What a spread found in few steps is multiplied by, so that a band of normal errors has the width of Student's.

    Source
    ------
    Predictive distribution under an unknown spread: Gelman et al. (2013), Bayesian Data Analysis, 3rd edition, section
    3.2. A factor and not draws of the spread, own choice: the mean of the exponential of Student's t does not exist.
    """
    factor = stats.t.ppf(WIDENED_PROBABILITY, count.values - 1) / stats.norm.ppf(WIDENED_PROBABILITY)
    return count.copy(data=factor)


def joint_residuals(residual: xr.DataArray, spread: xr.DataArray) -> xr.DataArray:
    """Residuals of the years that every series and region has, centred, each series with the spread given.

    Parameters
    ----------
    residual : (series, region, year), NaN where there is none
    spread : (series, region), standard deviation

    Returns
    -------
    (origin, series, region); zero where the residuals do not vary

    Raises
    ------
    AssumptionError
        If fewer than LEAST_STEPS years are joint.
    """
    joint = residual.dropna("year").rename(year="origin").transpose("origin", "series", "region")
    if joint.sizes["origin"] < LEAST_STEPS:
        raise AssumptionError(
            f"trend: years with a step of every series and region: {joint.sizes['origin']}, needed: {LEAST_STEPS}"
        )
    centred = joint - joint.mean("origin")
    own = centred.std("origin", ddof=1)
    varies = own > ROUNDING
    return (centred * xr.where(varies, spread / own.where(varies, 1.0), 0.0)).transpose("origin", "series", "region")


def run_mean(growth: xr.DataArray, run: xr.DataArray) -> xr.DataArray:
    """Mean growth of the run between breaks that each step lies in: (series, region, year)."""
    means = xr.zeros_like(growth)
    for number in range(int(run.max()) + 1):
        is_in = run == number
        means = xr.where(is_in, growth.where(is_in).mean("year"), means)
    return means.transpose(*growth.dims)


def _record(
    mean: xr.DataArray, central: xr.DataArray, count: xr.DataArray, earlier: xr.DataArray, has_break: xr.DataArray
) -> tuple[dict[str, object], ...]:
    """One entry per series and region: the steps used and why these, the paths combined, growth past and to come."""
    entries = []
    for series in central["series"].values:
        for region in central["region"].values:
            place = {"series": series, "region": region}
            borrowed = int(earlier.sel(place))
            ladder = "all_steps" if not bool(has_break.sel(series=series)) else "since_break"
            growth = float(mean.sel(place))
            entries.append(
                {
                    "series": str(series),
                    "region": str(region),
                    "method": "drift",
                    "note": "",
                    "paths": "growth+amount" if growth > 0 else "growth",
                    "weights": "equal",
                    "ladder": "latest_steps" if borrowed else ladder,
                    "steps_before_break": borrowed,
                    "mean_growth": float(np.expm1(growth)),
                    "central_growth": float(np.expm1(central.sel(place).isel(year=-1) / central.sizes["year"])),
                    "steps": int(count.sel(place)),
                }
            )
    return tuple(entries)
