"""Mortality of a region from a standard table: the logit of survival moved so that its own deaths come out.

    Y(x) = log((1 - lx) / lx) / 2;  Y(x) of the region = alpha + beta Y(x) of the standard

A higher alpha is a higher mortality at every age, by much in youth and by little in the oldest ages, where all
tables meet.
"""

import numpy as np
import xarray as xr
from scipy.optimize import root_scalar
from scipy.special import logit

from actuarial.demography.life_table import life_table
from actuarial.demography.time_lived import age_width
from actuarial.errors import AssumptionError

FURTHEST = 16.0  # own choice: odds of having died e^32 times those of the standard stand for no limit


def relational_rates(standard_mx: xr.DataArray, alpha: xr.DataArray, beta: xr.DataArray) -> xr.DataArray:
    """Death rates of the table whose survival has the logit alpha + beta Y; the standard itself at 0 and 1.

    The mean time lived by those who die in an interval stays that of the standard. The open age, which survival to
    its start says nothing of, changes as the age before it does; both are own choice.

    Parameters
    ----------
    standard_mx : (..., sex, age), 1/year
    alpha, beta : (region, ...), 1
        beta positive.

    Returns
    -------
    mx : (region, ..., sex, age), 1/year

    Source
    ------
    Brass (1971), On the scale of mortality, in Biological Aspects of Demography; Preston, Heuveline & Guillot (2001),
    Demography, chapter 9.
    """
    mx = xr.apply_ufunc(
        _related,
        *_standard(standard_mx),
        alpha,
        beta,
        input_core_dims=[["age"]] * 4 + [[], []],
        output_core_dims=[["age"]],
    )
    others = [dim for dim in mx.dims if dim not in standard_mx.dims]
    return mx.transpose(*others, *standard_mx.dims)


def alpha_of_deaths(standard_mx: xr.DataArray, exposure: xr.DataArray, deaths: xr.DataArray) -> xr.DataArray:
    """Alpha, with beta one, at which the rates of the standard give the deaths; one for each cell of ``deaths``.

    Parameters
    ----------
    standard_mx : (sex, age), 1/year
    exposure : (region, sex, age), person-year
    deaths : (region,) or (region, sex), person

    Raises
    ------
    AssumptionError
        If no table of the family has so many deaths, or so few, with the region.

    Source
    ------
    As ``relational_rates``; one parameter from one total is own choice.
    """
    alpha = xr.zeros_like(deaths, dtype=float)
    for place in np.ndindex(deaths.shape):
        cell = dict(zip(deaths.dims, place, strict=True))
        here = deaths.isel(cell)
        labels = {str(dim): here[dim].item() for dim in deaths.dims}
        lives = exposure.sel(labels)
        standard = standard_mx.sel({dim: label for dim, label in labels.items() if dim in standard_mx.dims})
        alpha[cell] = _alpha(standard, lives, float(here), labels)
    return alpha


def adjust_to_deaths(standard_mx: xr.DataArray, exposure: xr.DataArray, deaths: xr.DataArray) -> xr.DataArray:
    """Rates of each region, of the standard's family, that give its own deaths exactly; (region, sex, age), 1/year.

    Parameters, Raises, Source
    --------------------------
    As ``alpha_of_deaths``.
    """
    return relational_rates(standard_mx, alpha_of_deaths(standard_mx, exposure, deaths), xr.DataArray(1.0))


def fit_relation(standard_lx: xr.DataArray, observed_lx: xr.DataArray) -> xr.Dataset:
    """Alpha and beta by least squares of the observed logits on those of the standard, every age weighing the same.

    Parameters
    ----------
    standard_lx : (sex, age), 1
    observed_lx : (region, sex, age), 1
        At some of the standard's ages, strictly between 0 and 1: age 0 is left out.

    Returns
    -------
    alpha, beta : (region, sex), 1

    Source
    ------
    As ``relational_rates``.
    """
    inside = (observed_lx > 0) & (observed_lx < 1)
    if not bool(inside.all()) or observed_lx.sizes["age"] < 2:
        raise AssumptionError("lx: a relation of logits needs two ages or more, with survival strictly between 0 and 1")
    x = -xr.apply_ufunc(logit, standard_lx.sel(age=observed_lx["age"])) / 2
    y = -xr.apply_ufunc(logit, observed_lx) / 2
    away = x - x.mean("age")
    beta = (away * y).sum("age") / (away * away).sum("age")
    return xr.Dataset({"alpha": y.mean("age") - beta * x.mean("age"), "beta": beta})


def _standard(standard_mx: xr.DataArray) -> list[xr.DataArray]:
    """Rates, odds of having died, mean time lived and width of the intervals: all that a related table needs."""
    table = life_table(standard_mx)
    return [standard_mx, (1 - table["lx"]) / table["lx"], table["ax"], age_width(standard_mx["age"])]


def _related(
    mx: np.ndarray, odds: np.ndarray, ax: np.ndarray, width: np.ndarray, alpha: np.ndarray, beta: np.ndarray
) -> np.ndarray:
    """Rates of the moved table; ages last, as ``apply_ufunc`` hands them over."""
    moved = odds ** np.expand_dims(beta, -1) * np.exp(2 * np.expand_dims(alpha, -1))
    before, after, closed = moved[..., :-1], moved[..., 1:], width[:-1]
    qx = (after - before) / (1 + after)
    rates = qx / (closed - (closed - ax[..., :-1]) * qx)
    change = rates[..., -1:] / mx[..., -2:-1]
    return np.concatenate([rates, np.broadcast_to(mx[..., -1:] * change, change.shape)], axis=-1)


def _alpha(standard_mx: xr.DataArray, exposure: xr.DataArray, deaths: float, labels: dict[str, object]) -> float:
    mx, odds, ax, width = (part.values for part in _standard(standard_mx))
    lives = exposure.transpose(*standard_mx.dims).values

    def excess(alpha: float) -> float:
        """Relative error of the deaths."""
        return float((_related(mx, odds, ax, width, np.array(alpha), np.array(1.0)) * lives).sum()) / deaths - 1

    if not deaths > 0:
        raise AssumptionError(f"deaths: {deaths:g} of {labels}; a relational table needs some")
    least, most = excess(-FURTHEST), excess(FURTHEST)
    if not least < 0 < most:
        limits = f"{(least + 1) * deaths:.3g} and {(most + 1) * deaths:.3g}"
        raise AssumptionError(f"deaths: {deaths:g} of {labels}; relational tables allow between {limits}")
    return float(root_scalar(excess, bracket=(-FURTHEST, FURTHEST), method="brentq", xtol=1e-13).root)
