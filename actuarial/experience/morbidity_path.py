"""Cost per insured year of a fitted morbidity model carried forward, with what is known of each region."""

import numpy as np
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.experience.morbidity import MorbidityPosterior
from actuarial.experience.sampling import drawn_parameters


def morbidity_path(
    posterior: MorbidityPosterior,
    exposure: xr.DataArray,
    draws: int,
    parameter_rng: np.random.Generator | None,
    process_rng: np.random.Generator | None,
) -> xr.Dataset:
    """Draws of the cost per insured year of each region in forecast years.

    1. parameters: posterior draws at random, or their means where `parameter_rng` is None;
    2. common level: the last one, plus drift, shocks and declared effects;
    3. local level and noise of a region, given its history: normal, exactly; a region without history follows the
       prior of regions and is marked;
    4. age and sex index of the exposure given.

    Parameters
    ----------
    exposure : (region, sex, age, year), person-year
        Expected insured years; forecast years follow the history without a gap.
    draws : number of draws
    parameter_rng, process_rng : None switches that source off

    Returns
    -------
    cost : (draw, region, year), unit of money of the history per person-year
    is_prior_only : (region,), True for a region without history

    Raises
    ------
    AssumptionError
        If the years do not follow the history, are not covered by the declared effects, or nobody is insured.
    """
    exposure = exposure.transpose("region", "sex", "age", "year")
    history = posterior.history
    _check_years(exposure, posterior)
    parameters = drawn_parameters(posterior.draws, draws, parameter_rng)
    past = xr.ufuncs.exp(parameters["profile"])
    index = xr.ufuncs.log(xr.dot(history.share, past, dim=["sex", "age"]))
    total = exposure.sum(["sex", "age"])
    future_index = xr.ufuncs.log(xr.dot(exposure / total, past, dim=["sex", "age"]))
    fitted = history.cost - index - parameters["common"] - _declared(parameters, history.declared, history.cost["year"])
    local = _local(fitted, 1 / total, parameters, posterior, process_rng)
    common = _common(parameters, posterior, exposure["year"], process_rng)
    log_cost = future_index + common + local
    is_known = np.isin(exposure["region"].values, history.cost["region"].values)
    return xr.Dataset(
        {
            "cost": (posterior.history.scale * xr.ufuncs.exp(log_cost)).transpose("draw", "region", "year"),
            "is_prior_only": ("region", ~is_known),
        }
    )


def _check_years(exposure: xr.DataArray, posterior: MorbidityPosterior) -> None:
    last = int(posterior.history.cost["year"].values[-1])
    years = exposure["year"].values
    if not np.array_equal(years, np.arange(last + 1, last + 1 + len(years))):
        raise AssumptionError(f"exposure: years {years.tolist()} do not follow the last year of the history, {last}")
    uncovered = sorted(set(years.tolist()) - set(posterior.history.declared["year"].values.tolist()))
    if uncovered:
        raise AssumptionError(f"declared: forecast years {uncovered} are not covered")
    total = exposure.sum(["sex", "age"])
    if not bool((total > 0).all()):
        raise AssumptionError(f"exposure: nobody is insured in some region and year, least {float(total.min())}")


def _declared(parameters: xr.Dataset, declared: xr.DataArray, years: xr.DataArray) -> xr.DataArray | float:
    if "effect_size" not in parameters:
        return 0.0
    return xr.dot(parameters["effect_size"], declared.sel(year=years), dim="effect")


def _common(
    parameters: xr.Dataset, posterior: MorbidityPosterior, years: xr.DataArray, rng: np.random.Generator | None
) -> xr.DataArray:
    """Common level of the forecast years, (draw, year)."""
    shape = (parameters.sizes["draw"], len(years))
    step = parameters["drift"].expand_dims(year=years.values).transpose("draw", "year")
    if rng is not None:
        priors = posterior.priors
        width = np.where(rng.random(shape) < priors.jump_share, priors.jump_ratio, 1.0)
        step = step + parameters["common_spread"] * xr.DataArray(width * rng.standard_normal(shape), coords=step.coords)
    start = parameters["common"].isel(year=-1, drop=True)
    return start + step.cumsum("year") + _declared(parameters, posterior.history.declared, years)


def _local(
    fitted: xr.DataArray,
    noise_size: xr.DataArray,
    parameters: xr.Dataset,
    posterior: MorbidityPosterior,
    rng: np.random.Generator | None,
) -> xr.DataArray:
    """Local level and noise of forecast years given the residuals of the history, (draw, region, year)."""
    past, years = fitted["year"].values, noise_size["year"].values
    calm = xr.ufuncs.exp(-parameters["unrest"] / 2).assign_coords(year=past)
    cross = _covariance(parameters, years, past) * calm.rename(year="column")
    values, vectors = xr.apply_ufunc(
        np.linalg.eigh,
        _covariance(parameters, past, past) * calm.rename(year="row") * calm.rename(year="column"),
        input_core_dims=[["row", "column"]],
        output_core_dims=[["component"], ["column", "component"]],
    )
    noise = parameters["noise_floor"] ** 2 + parameters["variation"] ** 2 * posterior.history.noise_size
    # A region that is not in the history has a gain of zero: nothing is known but its prior.
    gain = (1 / (values + noise)).reindex(region=noise_size["region"].values, fill_value=0.0)
    rotated = xr.dot((fitted * calm).rename(year="column"), vectors.assign_coords(column=past), dim="column")
    rotated = rotated.reindex(region=noise_size["region"].values, fill_value=0.0)
    loading = xr.dot(cross, vectors.assign_coords(column=past), dim="column")
    mean = xr.dot(loading, gain * rotated, dim="component").rename(row="year")
    if rng is None:
        return mean.transpose("draw", "region", "year")
    # Forecast years are as noisy as the last year of the history.
    unrest = xr.ufuncs.exp(parameters["unrest"].isel(year=-1, drop=True))
    own = (parameters["noise_floor"] ** 2 + parameters["variation"] ** 2 * noise_size) * unrest
    diagonal = xr.DataArray(np.eye(len(years)), coords={"row": years, "column": years})
    known = xr.dot(loading, gain, loading.rename(row="column"), dim="component")
    covariance = _covariance(parameters, years, years) - known + own.rename(year="row") * diagonal
    root = xr.apply_ufunc(
        np.linalg.cholesky,
        covariance,
        input_core_dims=[["row", "column"]],
        output_core_dims=[["row", "column"]],
    )
    shape = tuple(root.sizes[dim] for dim in ("draw", "region", "column"))
    normal = xr.DataArray(
        rng.standard_normal(shape),
        coords={"draw": root["draw"], "region": root["region"], "column": years},
    )
    return mean + xr.dot(root, normal, dim="column").rename(row="year")


def _covariance(parameters: xr.Dataset, rows: np.ndarray, columns: np.ndarray) -> xr.DataArray:
    """Covariance of a region's local level between years, (draw, row, column)."""
    apart = xr.DataArray(np.abs(np.subtract.outer(rows, columns)), coords={"row": rows, "column": columns})
    persistent = parameters["persistence"] ** apart
    return parameters["region_spread"] ** 2 + parameters["deviation_spread"] ** 2 * persistent
