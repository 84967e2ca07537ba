"""Histories that the morbidity model makes anew from given parameters, and the statistics by which it is judged.

Levels are logs of cost at a constant age: without the index of the members and without declared effects.
"""

import numpy as np
import xarray as xr

from actuarial.experience.morbidity_history import MorbidityHistory


def seen_level(parameters: xr.Dataset, history: MorbidityHistory) -> xr.DataArray:
    """Level of the history as each draw of the parameters sees it, (draw, region, year)."""
    index = xr.ufuncs.log(xr.dot(history.share, xr.ufuncs.exp(parameters["profile"]), dim=["sex", "age"]))
    level = history.cost - index
    if "effect_size" in parameters:
        declared = history.declared.sel(year=history.cost["year"])
        level = level - xr.dot(parameters["effect_size"], declared, dim="effect")
    return level.transpose("draw", "region", "year")


def replicated_level(
    parameters: xr.Dataset, history: MorbidityHistory, jump_share: float, jump_ratio: float, rng: np.random.Generator
) -> xr.Dataset:
    """A new history for each draw of the parameters: common path, local levels and noise all made anew.

    Returns
    -------
    level : (draw, region, year)
    common : (draw, year)
    """
    years, draws = history.cost["year"], parameters["draw"]
    steps = (len(draws), len(years) - 1)
    width = np.where(rng.random(steps) < jump_share, jump_ratio, 1.0) * rng.standard_normal(steps)
    shock = xr.DataArray(width, coords={"draw": draws, "year": years[1:]}, dims=("draw", "year"))
    path = (parameters["drift"] + parameters["common_spread"] * shock).cumsum("year")
    common = parameters["common"].isel(year=0, drop=True) + path.reindex(year=years).fillna(0.0)
    coords = {"draw": draws, "region": history.cost["region"], "year": years}
    normal = xr.DataArray(rng.standard_normal([len(label) for label in coords.values()]), coords, list(coords))
    lasting = normal.isel(year=0, drop=True) * parameters["region_spread"]
    fading = parameters["deviation_spread"] * _fading(
        xr.DataArray(rng.standard_normal(normal.shape), coords, list(coords)), parameters["persistence"]
    )
    noise = xr.DataArray(rng.standard_normal(normal.shape), coords, list(coords)) * _noise_spread(parameters, history)
    level = common + lasting + fading + noise
    return xr.Dataset({"level": level.transpose("draw", "region", "year"), "common": common})


def _fading(normal: xr.DataArray, persistence: xr.DataArray) -> xr.DataArray:
    """Stationary series of unit variance whose correlation over k years is persistence to the k."""
    kept = [normal.isel(year=0, drop=True)]
    fresh = xr.ufuncs.sqrt(1 - persistence**2)
    for year in normal["year"].values[1:]:
        kept.append(persistence * kept[-1] + fresh * normal.sel(year=year, drop=True))
    return xr.concat(kept, dim=normal["year"])


def _noise_spread(parameters: xr.Dataset, history: MorbidityHistory) -> xr.DataArray:
    calm = parameters["noise_floor"] ** 2 + parameters["variation"] ** 2 * history.noise_size
    return xr.ufuncs.sqrt(calm * xr.ufuncs.exp(parameters["unrest"]))


def level_statistics(
    level: xr.DataArray, common: xr.DataArray, parameters: xr.Dataset, history: MorbidityHistory
) -> xr.Dataset:
    """What the gate looks at, (draw,): each is a way in which the form of the model can be wrong.

    - `national_step_spread`: standard deviation of the yearly steps of the mean of the regions (shocks);
    - `largest_regional_step`: largest yearly step of any region, up or down (tails of local movement);
    - `persistence_of_regions`: correlation of a region's distance from the common level between years (memory);
    - `largest_residual`: largest such distance in its own standard deviations (outlying regions or years).
    """
    distance = level - common
    memory = (distance.isel(year=slice(1, None)) * distance.shift(year=1).isel(year=slice(1, None))).mean(
        ["region", "year"]
    )
    variance = parameters["region_spread"] ** 2 + parameters["deviation_spread"] ** 2
    spread = xr.ufuncs.sqrt(variance + _noise_spread(parameters, history) ** 2)
    return xr.Dataset(
        {
            "national_step_spread": level.mean("region").diff("year").std("year"),
            "largest_regional_step": xr.ufuncs.abs(level.diff("year")).max(["region", "year"]),
            "persistence_of_regions": memory / (distance**2).mean(["region", "year"]),
            "largest_residual": xr.ufuncs.abs(distance / spread).max(["region", "year"]),
        }
    )
