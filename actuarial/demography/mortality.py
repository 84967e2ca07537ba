"""Mortality by age and year as a level plus responses to yearly indices: Lee-Carter and Cairns-Blake-Dowd.

    link(rate) = level(age) + sum over component of response(component, age) index(component, year)

Lee-Carter has a level and one component whose response is fitted; Cairns-Blake-Dowd has no level and two components,
one the same at every age and one that rises with age.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.special import expit, logit

from actuarial.demography.likelihood import Deaths, Family, maximise
from actuarial.errors import AssumptionError, SchemaError

CELL = ("age", "year")


@dataclass(frozen=True, slots=True)
class MortalityModel:
    """A fitted model; the rate is mx with Poisson deaths and qx with binomial ones.

    level : (age,), response : (component, age), index : (component, year)
    log_likelihood : not a number where the fit has none (SVD)
    parameters : free ones, after the constraints
    """

    family: Family
    level: xr.DataArray
    response: xr.DataArray
    index: xr.DataArray
    log_likelihood: float
    parameters: int
    observations: int

    @property
    def aic(self) -> float:
        """Akaike's criterion, 2 parameters - 2 log likelihood."""
        return 2 * self.parameters - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion, parameters log(observations) - 2 log likelihood."""
        return self.parameters * float(np.log(self.observations)) - 2 * self.log_likelihood

    def predictor(self, index: xr.DataArray) -> xr.DataArray:
        """Log mx, or logit qx, at any index with dim ``component``; (..., age, year)."""
        return self.level + (self.response * index).sum("component")

    def linked(self, rate: xr.DataArray) -> xr.DataArray:
        """Rate on the scale of the predictor."""
        return xr.apply_ufunc(np.log if self.family == "poisson" else logit, rate)

    def rate(self, predictor: xr.DataArray) -> xr.DataArray:
        """Inverse of ``linked``: mx, 1/year, or qx, 1."""
        return xr.apply_ufunc(np.exp if self.family == "poisson" else expit, predictor)


def initial_exposure(deaths: xr.DataArray, central: xr.DataArray) -> xr.DataArray:
    """Lives at the start of the year of age from person-years: those who die are there for half of it.

    Source
    ------
    Villegas, Kaishev & Millossovich (2018), Journal of Statistical Software 84(3).
    """
    return central + deaths / 2


def cohort_weight(deaths: xr.DataArray, edge: int) -> xr.DataArray:
    """One, but zero for the ``edge`` first and last years of birth, of which few ages are seen; (age, year)."""
    born = deaths["year"] - deaths["age"]
    kept = (born >= int(born.min()) + edge) & (born <= int(born.max()) - edge)
    return kept.astype(float).transpose(*CELL)


def fit_lee_carter_svd(mx: xr.DataArray) -> MortalityModel:
    """Level the mean of log mx over years, response and index its first singular vectors; every cell weighs the same.

    Parameters
    ----------
    mx : (age, year), 1/year
        Positive.

    Source
    ------
    Lee & Carter (1992), Journal of the American Statistical Association 87(419); the index is left as fitted
    and not moved to the deaths of each year.
    """
    if not bool((mx > 0).all()):
        raise SchemaError("mx: Lee-Carter by singular values needs positive rates in every cell")
    log_rate = xr.DataArray(xr.apply_ufunc(np.log, mx)).transpose(*CELL)
    level = log_rate.mean("year")
    left, value, right = np.linalg.svd((log_rate - level).values, full_matrices=False)
    parts = [level.values, left[:, 0], value[0] * right[0]]
    return _lee_carter("poisson", log_rate, parts, float("nan"), log_rate.size)


def fit_lee_carter(
    deaths: xr.DataArray, exposure: xr.DataArray, weight: xr.DataArray, family: Family
) -> MortalityModel:
    """Lee-Carter of the highest likelihood: Poisson deaths with log mx, or binomial deaths with logit qx.

    Parameters
    ----------
    deaths : (age, year), person
    exposure : (age, year), person-year
        Central for ``poisson``, initial for ``binomial``.
    weight : (age, year), 1
        Zero where a cell is not used; every age and every year needs a cell that is.

    Source
    ------
    Brouhns, Denuit & Vermunt (2002), Insurance: Mathematics and Economics 31(3); binomial as in Villegas, Kaishev &
    Millossovich (2018), Journal of Statistical Software 84(3).
    """
    cells, used = _cells(deaths, exposure, weight, family)
    ages, years = deaths.sizes["age"], deaths.sizes["year"]
    crude = xr.apply_ufunc(np.log, (deaths + 0.5) / (exposure + 1)).transpose(*CELL)  # own choice, a start only
    level = crude.mean("year")
    left, value, right = np.linalg.svd((crude - level).values, full_matrices=False)
    start = np.concatenate([level.values, left[:, 0] * np.sqrt(value[0]), right[0] * np.sqrt(value[0])])
    one_age, one_year = np.eye(ages), np.eye(years)

    def predictor(found: np.ndarray) -> np.ndarray:
        level, response, index = np.split(found, [ages, 2 * ages])
        return (level[:, None] + np.outer(response, index)).ravel()

    def slopes(found: np.ndarray) -> np.ndarray:
        _, response, index = np.split(found, [ages, 2 * ages])
        by_level, by_response = np.kron(one_age, np.ones((years, 1))), np.kron(one_age, index[:, None])
        return np.hstack([by_level, by_response, np.kron(response[:, None], one_year)])

    found, reached = maximise(cells, start, predictor, slopes)
    return _lee_carter(family, deaths, np.split(found, [ages, 2 * ages]), reached, used)


def fit_cairns_blake_dowd(deaths: xr.DataArray, exposure: xr.DataArray, weight: xr.DataArray) -> MortalityModel:
    """Logit qx of each year a straight line in age: its height at the mean age and its slope.

    Parameters
    ----------
    deaths : (age, year), person
    exposure : (age, year), person-year, initial
    weight : (age, year), 1

    Source
    ------
    Cairns, Blake & Dowd (2006), Journal of Risk and Insurance 73(4); binomial as in Villegas, Kaishev &
    Millossovich (2018), Journal of Statistical Software 84(3).
    """
    cells, used = _cells(deaths, exposure, weight, "binomial")
    ages, years = deaths["age"].astype(float), deaths.sizes["year"]
    centred = (ages - ages.mean()).values
    design = np.hstack([np.kron(np.ones((len(centred), 1)), np.eye(years)), np.kron(centred[:, None], np.eye(years))])
    crude = logit(float(deaths.sum() / exposure.sum()))
    start = np.concatenate([np.full(years, crude), np.zeros(years)])
    found, reached = maximise(cells, start, lambda found: design @ found, lambda _: design)
    component, age, year = ["height", "slope"], deaths["age"], deaths["year"]
    response = np.vstack([np.ones_like(centred), centred])
    return MortalityModel(
        "binomial",
        xr.DataArray(np.zeros_like(centred), {"age": age}, ("age",)),
        xr.DataArray(response, {"component": component, "age": age}, ("component", "age")),
        xr.DataArray(found.reshape(2, years), {"component": component, "year": year}, ("component", "year")),
        reached,
        2 * years,
        used,
    )


def _cells(deaths: xr.DataArray, exposure: xr.DataArray, weight: xr.DataArray, family: Family) -> tuple[Deaths, int]:
    used = weight > 0
    for dim, other in (("age", "year"), ("year", "age")):
        empty = deaths[dim].values[~used.any(other).values]
        if len(empty):
            raise AssumptionError(f"mortality: no cell of {dim} {empty.tolist()} has a weight, so nothing fits it")
    counts, lives, weights = (part.transpose(*CELL).values.astype(float).ravel() for part in (deaths, exposure, weight))
    return Deaths(counts, lives, weights, family), int(used.sum())


def _lee_carter(
    family: Family, cells: xr.DataArray, parts: list[np.ndarray], log_likelihood: float, observations: int
) -> MortalityModel:
    """Level, response and index made unique: the response sums to one, the index to zero."""
    level, response, index = parts
    total, mean = response.sum(), index.mean()
    age, year, component = cells["age"], cells["year"], ["index"]
    return MortalityModel(
        family,
        xr.DataArray(level + response * mean, {"age": age}, ("age",)),
        xr.DataArray([response / total], {"component": component, "age": age}, ("component", "age")),
        xr.DataArray([(index - mean) * total], {"component": component, "year": year}, ("component", "year")),
        log_likelihood,
        2 * age.size + year.size - 2,
        observations,
    )
