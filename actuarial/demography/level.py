"""A level per region, such as log fertility or net migration, that drifts back to a written long-run value.

    deviation(region, t) = history(region, t) - long_run(region)
    deviation(region, t) = persistence deviation(region, t-1) + common(t) + regional(region, t)

1. `common` is the mean of the regions' steps, `regional` what is left: it sums to zero over the regions;
2. both are normal, each with one variance; one persistence serves all regions, so short histories support each other;
3. the posterior of the persistence is computed on a grid with the variances integrated out in closed form;
4. central path: its mean; draws: persistence from its posterior, variances given it, then the steps.

One step of time is the distance between two years of the history: one year, or five.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.stats import chi2

from actuarial.errors import AssumptionError, SchemaError

FEWEST_YEARS = 5  # own choice: with fewer than four steps the draws of a single region need not have a variance
# Own choice: the highest 1% of a variance's posterior is left out. Levels are drawn on a log scale, and with its whole
# tail, a Student's, the exponential has no mean: one draw in thousands would be families of hundreds.
LEFT_OUT = 0.01
CELLS = 2000  # of the grid of the persistence; moves its posterior by less than 1 / 4000


@dataclass(frozen=True, slots=True)
class Steps:
    """Sums of squares and products of one part's deviations, from which the residuals of any persistence follow.

    now, product, before : sum of deviation(t)^2, of deviation(t) deviation(t-1), of deviation(t-1)^2
    freedom : number of independent steps
    """

    now: float
    product: float
    before: float
    freedom: int

    def residual(self, persistence: xr.DataArray) -> xr.DataArray:
        """Sum of squares of deviation(t) - persistence deviation(t-1)."""
        return self.now - 2 * persistence * self.product + persistence**2 * self.before

    def variance(self, persistence: xr.DataArray, square: xr.DataArray | float) -> xr.DataArray:
        """Residual sum of squares over ``square``; zero for a part that does not exist, that of a single region."""
        return self.residual(persistence) / square if self.freedom else xr.zeros_like(persistence)


@dataclass(frozen=True, slots=True)
class LevelModel:
    """What a history says of the way back to the long-run value.

    long_run, last : (region,), the value written down, and the deviation from it in the last year
    posterior : (persistence,), 1, probability of each cell of [0, 1); the coordinate is its middle
    common, regional : ``regional`` without freedom where there is one region
    step : years between two values of the history
    """

    long_run: xr.DataArray
    last: xr.DataArray
    posterior: xr.DataArray
    common: Steps
    regional: Steps
    last_year: int
    step: int

    @property
    def persistence(self) -> xr.DataArray:
        """Mean of the posterior, with which steps are drawn where parameters are held; no dims."""
        return (self.posterior * self.posterior["persistence"]).sum()


def fit_level(history: xr.DataArray, long_run: xr.DataArray) -> LevelModel:
    """Posterior of the persistence and of the variances, given the first year of the history.

    Prior: persistence uniform on [0, 1), so that the level returns to its long-run value and does not swing about it;
    each variance in proportion to its inverse (Jeffreys). With S the residual sums of squares and f the freedoms,

        p(persistence) in proportion to S_common^(-f_common/2) S_regional^(-f_regional/2)
        variance given persistence = S / chi-square(f), its highest 1% left out

    Parameters
    ----------
    history : (region, year), any unit
        Equally spaced years; on the scale on which the deviations add up, e.g. the log of total fertility.
    long_run : (region,), as history
        Written assumption, without uncertainty of its own.

    Raises
    ------
    SchemaError
        If a value is missing or not finite, or the regions differ.
    AssumptionError
        If years are fewer than five or unequally spaced, or the deviations leave nothing to learn a variance from.

    Source
    ------
    Normal regression with this prior: Gelman et al. (2013), Bayesian Data Analysis, 3rd edition, section 14.2; split
    into common and regional steps and bounds of the persistence: own choice.
    """
    step = _check_history(history, long_run)
    deviation = history - long_run
    mean = deviation.mean("region")
    steps, others = history.sizes["year"] - 1, history.sizes["region"] - 1
    common, regional = _steps(mean, steps), _steps(deviation - mean, steps * others)
    middle = (np.arange(CELLS) + 0.5) / CELLS
    persistence = xr.DataArray(middle, dims="persistence", coords={"persistence": middle})
    parts = {"common": common} | ({"regional": regional} if others else {})
    log_density = xr.zeros_like(persistence)
    for name, part in parts.items():
        log_density = log_density - part.freedom / 2 * np.log(_check_residual(part, persistence, name))
    density = xr.DataArray(np.exp(log_density - log_density.max()))
    last = deviation.isel(year=-1, drop=True)
    return LevelModel(long_run, last, density / density.sum(), common, regional, int(history["year"].values[-1]), step)


def central_level(model: LevelModel, years: Sequence[int]) -> xr.DataArray:
    """Long-run value plus the mean of persistence^h times the last deviation, h steps on; (region, year).

    Raises
    ------
    AssumptionError
        If a year is not a whole number of steps after the history.
    """
    return (model.long_run + model.last * _mean_power(model, _horizon(model, years))).transpose("region", "year")


def level_deviation(
    model: LevelModel,
    years: Sequence[int],
    n: int,
    parameter_rng: np.random.Generator | None,
    process_rng: np.random.Generator | None,
) -> xr.DataArray:
    """Deviations of draws from the central path, of mean zero; the first years do not depend on how many follow.

    Parameters
    ----------
    n : draws
    parameter_rng : None holds the persistence at its posterior mean, and the variances at S / f for it
    process_rng : None leaves out the steps to come; what is left is the error of the way back

    Returns
    -------
    deviation : (draw, region, year), as history; zero where both are None

    Raises
    ------
    AssumptionError
        If a year is not a whole number of steps after the history.
    """
    horizon = _horizon(model, years)
    deviation = xr.zeros_like(model.last * horizon) * xr.DataArray(np.ones(n), dims="draw")
    persistence, parts = model.persistence, (model.common, model.regional)
    variances = [part.variance(persistence, part.freedom) for part in parts]
    if parameter_rng is not None:
        chance = xr.DataArray(parameter_rng.random((n, 3)), dims=("draw", "parameter"))
        persistence = _quantile(model.posterior, chance.isel(parameter=0))
        squares = [_chi_square(chance.isel(parameter=1 + place), part.freedom) for place, part in enumerate(parts)]
        variances = [part.variance(persistence, square) for part, square in zip(parts, squares, strict=True)]
        deviation = deviation + model.last * (persistence**horizon - _mean_power(model, horizon))
    if process_rng is not None:
        deviation = deviation + _steps_to_come(model, horizon, n, persistence, variances, process_rng)
    return deviation.transpose("draw", "region", "year")


def _steps_to_come(
    model: LevelModel,
    horizon: xr.DataArray,
    n: int,
    persistence: xr.DataArray,
    variances: list[xr.DataArray],
    rng: np.random.Generator,
) -> xr.DataArray:
    regions = model.last["region"]
    longest = int(horizon.max())
    standard = xr.DataArray(
        rng.standard_normal((longest, n, 1 + regions.size)),
        dims=("step", "draw", "part"),
    )
    apart = standard.isel(part=slice(1, None)).rename(part="region").assign_coords(region=regions)
    apart = apart - apart.mean("region")  # covariance 1 - 1/R and -1/R: the common step alone moves the mean
    common, regional = (variance**0.5 for variance in variances)
    shock = common * standard.isel(part=0) + regional * apart
    reached, path = xr.zeros_like(shock.isel(step=0)), []
    for place in range(longest):
        reached = persistence * reached + shock.isel(step=place)
        path.append(reached)
    return xr.DataArray(xr.concat(path, dim="step")).isel(step=horizon - 1)


def _mean_power(model: LevelModel, horizon: xr.DataArray) -> xr.DataArray:
    return (model.posterior * model.posterior["persistence"] ** horizon).sum("persistence")


def _quantile(posterior: xr.DataArray, chance: xr.DataArray) -> xr.DataArray:
    """Persistence below which ``chance`` of the posterior lies, even within a cell."""
    edges = np.linspace(0.0, 1.0, posterior.size + 1)
    below = np.concatenate([[0.0], np.cumsum(posterior.values)])
    return chance.copy(data=np.interp(chance.values, below / below[-1], edges))


def _chi_square(chance: xr.DataArray, freedom: int) -> xr.DataArray:
    return (
        chance.copy(data=chi2.ppf(LEFT_OUT + (1 - LEFT_OUT) * chance.values, freedom))
        if freedom
        else xr.ones_like(chance)
    )


def _steps(deviation: xr.DataArray, freedom: int) -> Steps:
    now, before = (deviation.isel(year=part).drop_vars("year") for part in (slice(1, None), slice(None, -1)))
    return Steps(float((now**2).sum()), float((now * before).sum()), float((before**2).sum()), freedom)


def _horizon(model: LevelModel, years: Sequence[int]) -> xr.DataArray:
    """Steps from the last year of the history to each year; (year,)."""
    wanted = [int(year) for year in years]
    off = [year for year in wanted if year <= model.last_year or (year - model.last_year) % model.step]
    if off:
        raise AssumptionError(f"level: {off[0]} is not a whole number of steps of {model.step} after {model.last_year}")
    steps = (np.array(wanted) - model.last_year) // model.step
    return xr.DataArray(steps, dims="year", coords={"year": wanted})


def _check_residual(part: Steps, persistence: xr.DataArray, name: str) -> xr.DataArray:
    residual = part.residual(persistence)
    if not bool((residual > 1e-12 * part.now).all()):
        raise AssumptionError(f"level: the {name} deviations follow each other without error, so no variance is known")
    return residual


def _check_history(history: xr.DataArray, long_run: xr.DataArray) -> int:
    """Distance between two years of a history that can be fitted."""
    if not history["region"].equals(long_run["region"]):
        found = [part["region"].values.tolist() for part in (history, long_run)]
        raise SchemaError(f"level: regions {found[0]} have a history, regions {found[1]} a long-run value")
    for name, part in (("history", history), ("long-run value", long_run)):
        missing = ~np.isfinite(part.values)
        if missing.any():
            first = part.stack(cell=part.dims).isel(cell=int(np.argmax(missing)))
            where = {str(dim): first[dim].item() for dim in part.dims}
            raise SchemaError(
                f"level: {missing.sum()} values of the {name} are missing or not finite, first at {where}"
            )
    years = history["year"].values
    if years.size < FEWEST_YEARS:
        raise AssumptionError(f"level: a history of {years.size} years is too short, {FEWEST_YEARS} are needed")
    apart = set(np.diff(years).tolist())
    if len(apart) > 1 or min(apart) < 1:
        raise AssumptionError(f"level: the years must be equally far apart, found {years.tolist()}")
    return int(apart.pop())
