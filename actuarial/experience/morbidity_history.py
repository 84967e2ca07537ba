"""A panel of cost and insured years by region, sex, age and year, checked and reduced to the logs that a model sees."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from actuarial.errors import AssumptionError, SchemaError

SEXES = ("female", "male")
# Two steps give a drift and its spread; fewer leave the priors alone in charge.
LEAST_YEARS = 3
# Logs are cut here, far below any error of the data, so that the unit of money does not move a single draw: logs of
# yuan and of 亿元 differ by 1e-14, and the fewer the digits, the fewer of them lie on an edge of the rounding.
LOG_DIGITS = 8


@dataclass(frozen=True, slots=True)
class MorbidityHistory:
    """A checked panel in the logs that the model sees.

    `cost` (region, year) and `cell` (sex, age, year): log cost per insured year, the first relative to `scale`, the
    second to the mean of its year. `share` (region, sex, age, year) of insured years; `noise_size` (region,) and
    `cell_size` (sex, age, year): mean of 1/exposure. `declared` (effect, year): also over the forecast years.
    """

    cost: xr.DataArray
    cell: xr.DataArray
    share: xr.DataArray
    noise_size: xr.DataArray
    cell_size: xr.DataArray
    declared: xr.DataArray
    scale: float


def morbidity_history(cost: xr.DataArray, exposure: xr.DataArray, declared: xr.DataArray) -> MorbidityHistory:
    """Logs of a panel of cost and exposure.

    Parameters
    ----------
    cost : (region, sex, age, year), money of any unit, 0 where nobody is insured
        Ages by their lowest year of life, ascending; one closed year after another.
    exposure : as cost, person-year
    declared : (effect, year), 1
        How far a declared break or shock is in force in each year of the history and of the forecast; no effect at
        all is an array of length zero.

    Raises
    ------
    SchemaError
        If labels are wrong, a value is negative, or cost stands where nobody is insured.
    AssumptionError
        If the history is too short, or a log would be taken of zero.
    """
    cost, exposure = cost.transpose("region", "sex", "age", "year"), exposure.transpose("region", "sex", "age", "year")
    _check_panel(cost, exposure, declared)
    region_exposure, cell_exposure = exposure.sum(["sex", "age"]), exposure.sum("region")
    scale = float(cost.sum() / exposure.sum())
    region_cost, cell_cost = cost.sum(["sex", "age"]), cost.sum("region")
    for name, total in (
        ("exposure", region_exposure),
        ("exposure", cell_exposure),
        ("cost", region_cost),
        ("cost", cell_cost),
    ):
        _check_positive(total, name)
    cell = xr.ufuncs.log(cell_cost / cell_exposure / scale)
    return MorbidityHistory(
        cost=xr.ufuncs.log(region_cost / region_exposure / scale).round(LOG_DIGITS),
        cell=(cell - cell.mean(["sex", "age"])).round(LOG_DIGITS),
        share=exposure / region_exposure,
        noise_size=(1 / region_exposure).mean("year"),
        cell_size=1 / cell_exposure,
        declared=declared.transpose("effect", "year"),
        scale=scale,
    )


def _check_panel(cost: xr.DataArray, exposure: xr.DataArray, declared: xr.DataArray) -> None:
    years, ages = cost["year"].values, cost["age"].values
    if tuple(cost["sex"].values) != SEXES:
        raise SchemaError(f"cost: sex is {cost['sex'].values.tolist()}, expected {list(SEXES)}")
    if len(ages) < 2 or (np.diff(ages) <= 0).any():
        raise SchemaError("cost: ages are not at least two lowest ages in ascending order")
    if (np.diff(years) != 1).any():
        raise SchemaError(f"cost: years {years.tolist()} are not one after another")
    if len(years) < LEAST_YEARS:
        raise AssumptionError(f"morbidity: years of history: {len(years)}, needed: {LEAST_YEARS}")
    if not set(years) <= set(declared["year"].values):
        raise AssumptionError(f"declared: years {years[0]}-{years[-1]} of the history are not all covered")
    for dim in cost.dims:
        if not np.array_equal(cost[dim].values, exposure[dim].values):
            raise SchemaError(f"exposure: {dim} differs from that of cost")
    for name, values in (("cost", cost), ("exposure", exposure)):
        is_wrong = ~(values >= 0)
        if bool(is_wrong.any()):
            place = _first(is_wrong)
            raise SchemaError(f"{name}: {values.sel(place).item()} at {place}")
    is_wrong = (exposure == 0) & (cost != 0)
    if bool(is_wrong.any()):
        count = f"{int(is_wrong.sum())} of {is_wrong.size} cells"
        raise SchemaError(f"cost without exposure: {count}, first at {_first(is_wrong)}")


def _check_positive(total: xr.DataArray, name: str) -> None:
    is_zero = total == 0
    if bool(is_zero.any()):
        raise AssumptionError(
            f"morbidity: {name} is 0 at {_first(is_zero)}, where a log is taken; use coarser age groups or leave it out"
        )


def _first(is_wrong: xr.DataArray) -> dict[str, object]:
    place = dict(zip(is_wrong.dims, np.argwhere(is_wrong.values)[0], strict=True))
    return {str(dim): is_wrong[dim].isel({dim: at}).item() for dim, at in place.items()}
