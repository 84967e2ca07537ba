"""How much each uncertain assumption moves an outcome: one at a time, and together by the indices of Sobol.

1. one at a time: the outcome with one quantity at an end of its range and all others as in the baseline;
2. a polynomial through outcomes at points spread over all ranges, and how far it is from points that it has not seen;
3. together: quantities uniform over their ranges and independent; share of the variance of the polynomial that a
   quantity explains alone (first order) and with all that it acts together with (total).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from SALib.analyze import sobol as sobol_analysis
from SALib.sample import sobol as sobol_sample
from scipy.stats import qmc

from actuarial.scenario import change_path, schemes_of
from actuarial.schema import BOUNDS, SCENARIO_QUANTITIES, SCHEMES

# Own choice: 95% intervals from 200 resamples, whose own error is a tenth of their width.
CONFIDENCE, RESAMPLES = 0.95, 200
INDICES = ("first", "first_error", "total", "total_error")


@dataclass(frozen=True, slots=True)
class Range:
    """What one quantity may be: both ends of a change, and the years in which it holds."""

    sensitivity: str
    name_zh: str
    name_en: str
    scheme: str
    quantity: str
    operation: str
    from_year: int
    to_year: int
    low: float
    high: float
    source: str

    @property
    def neutral(self) -> float:
        """The value that changes nothing."""
        return 1.0 if self.operation == "multiply" else 0.0


def read_ranges(frame: pd.DataFrame | None, years: np.ndarray) -> tuple[Range, ...]:
    """Ranges of the sensitivities table that begin within the forecast years, in its order."""
    if frame is None:
        return ()
    found = []
    fields = [name for name in Range.__dataclass_fields__ if name not in BOUNDS]
    for _, own in frame.groupby("sensitivity", sort=False):
        ends = {str(row["bound"]): row for row in own.to_dict("records")}
        values: dict[str, Any] = {field: ends["low"][field] for field in fields}
        values |= {bound: float(ends[bound]["value"]) for bound in BOUNDS}
        found.append(Range(**values))
    return tuple(one for one in found if one.from_year <= years[-1] and one.to_year >= years[0])


def range_factors(ranges: tuple[Range, ...], values: np.ndarray, years: np.ndarray) -> xr.DataArray:
    """Factors of cases in which every range takes a value: (draw, quantity, scheme, year), 1.

    Parameters
    ----------
    values : (case, range), in the units of each range
    """
    coords = {"quantity": list(SCENARIO_QUANTITIES), "scheme": list(SCHEMES), "year": years}
    shape = (len(values), *(len(labels) for labels in coords.values()))
    table = xr.DataArray(np.ones(shape), coords, ("draw", *coords))
    for column, one in enumerate(ranges):
        path = change_path(one.operation, values[:, column], (years >= one.from_year) & (years <= one.to_year))
        place = {"quantity": one.quantity, "scheme": schemes_of(one.scheme)}
        table.loc[place] *= xr.DataArray(path, dims=("draw", "year"), coords={"year": years})
    return table


def one_at_a_time(ranges: tuple[Range, ...]) -> np.ndarray:
    """Values of the baseline, then of each range at its low and at its high end: (1 + 2 ranges, range)."""
    neutral = np.array([one.neutral for one in ranges])
    cases = [neutral]
    for column, one in enumerate(ranges):
        for value in (one.low, one.high):
            cases.append(np.where(np.arange(len(ranges)) == column, value, neutral))
    return np.stack(cases)


def one_at_a_time_effect(ranges: tuple[Range, ...], outcome: xr.DataArray) -> xr.DataArray:
    """Outcome at both ends of each range less that of the baseline: (sensitivity, bound, ...).

    Parameters
    ----------
    outcome : (draw, ...), of the cases of :func:`one_at_a_time`
    """
    effect = outcome.isel(draw=slice(1, None)) - outcome.isel(draw=0, drop=True)
    parts = [effect.isel(draw=[2 * row, 2 * row + 1]).drop_vars("draw", errors="ignore") for row in range(len(ranges))]
    joined = xr.concat([part.rename(draw="bound") for part in parts], dim="sensitivity")
    return joined.assign_coords(sensitivity=[one.sensitivity for one in ranges], bound=list(BOUNDS))


@dataclass(frozen=True, slots=True)
class Surrogate:
    """Outcomes as a polynomial of inputs that run from -1 to 1.

    bounds : (input, 2); coefficients : (term, ...); error : (...), largest miss of unseen points over the standard
        deviation of the outcome
    """

    bounds: np.ndarray
    coefficients: xr.DataArray
    error: xr.DataArray

    def __call__(self, values: np.ndarray) -> xr.DataArray:
        """Outcomes at values (case, input): (draw, ...)."""
        terms = xr.DataArray(polynomial_terms(_scaled(self.bounds, values)), dims=("draw", "term"))
        return xr.dot(terms, self.coefficients, dim="term")


def polynomial_terms(scaled: np.ndarray) -> np.ndarray:
    """One, each input to the third power, and products of two: (case, term); Legendre, so that terms differ most."""
    square, cube = (3 * scaled**2 - 1) / 2, (5 * scaled**3 - 3 * scaled) / 2
    first, second = np.triu_indices(scaled.shape[1], 1)
    return np.concatenate([np.ones((len(scaled), 1)), scaled, square, cube, scaled[:, first] * scaled[:, second]], 1)


def design(bounds: np.ndarray, points: int, unseen: int, rng: np.random.Generator) -> np.ndarray:
    """Values at which a surrogate is fitted, then those at which it is judged: (points + unseen, input).

    Raises
    ------
    ValueError
        If the terms are more than the points.
    """
    if polynomial_terms(np.zeros((1, len(bounds)))).shape[1] > points:
        raise ValueError(f"{points} points for the polynomial of {len(bounds)} inputs")
    spread = qmc.LatinHypercube(len(bounds), rng=rng).random(points)
    return bounds[:, 0] + np.concatenate([spread, rng.random((unseen, len(bounds)))]) * np.diff(bounds).T


def fit_surrogate(bounds: np.ndarray, values: np.ndarray, outcome: xr.DataArray, points: int) -> Surrogate:
    """The polynomial through the first points by least squares, judged at the rest.

    Parameters
    ----------
    values : (case, input), of :func:`design`
    outcome : (draw, ...), at them

    Source
    ------
    Sobol indices from a polynomial: Sudret (2008), Reliability Engineering & System Safety 93(7); that it is judged at
    points of its own: own choice.
    """
    rest = [dim for dim in outcome.dims if dim != "draw"]
    flat = outcome.transpose("draw", *rest)
    numbers = flat.values.reshape(len(values), -1).astype(float)
    terms = polynomial_terms(_scaled(bounds, values))
    coefficients = np.linalg.lstsq(terms[:points], numbers[:points], rcond=None)[0]
    miss = np.abs(terms[points:] @ coefficients - numbers[points:]).max(0)
    spread = numbers.std(0)
    error = np.divide(miss, spread, out=np.zeros_like(miss), where=spread > 0)
    one = flat.isel(draw=0, drop=True)
    shape = one.shape
    table = xr.DataArray(coefficients.reshape(-1, *shape), one.coords, ("term", *rest))
    return Surrogate(bounds, table, one.copy(data=error.reshape(shape)))


def _scaled(bounds: np.ndarray, values: np.ndarray) -> np.ndarray:
    return 2 * (values - bounds[:, 0]) / np.diff(bounds).ravel() - 1


def sobol_indices(
    bounds: np.ndarray,
    evaluate: Callable[[np.ndarray], xr.DataArray],
    samples: int,
    rng: np.random.Generator,
) -> xr.DataArray:
    """First-order and total indices of every input for every outcome, with the half width of their intervals.

    Parameters
    ----------
    bounds : (input, 2), ends of each uniform input
    evaluate : (case, input) -> (draw, ...), the outcome of every case
    samples : a power of two; the outcome is evaluated samples x (inputs + 2) times

    Returns
    -------
    (index, input, ...), 1; ``index`` is first, first_error, total, total_error; NaN for an outcome that does not move

    Source
    ------
    Estimators: Saltelli et al. (2010), Computer Physics Communications 181(2), as in SALib (Herman & Usher 2017,
    Journal of Open Source Software 2(9)); scrambled sequence of Sobol: Owen (1998), ACM TOMACS 8(1).
    """
    problem = {"num_vars": len(bounds), "names": [str(row) for row in range(len(bounds))], "bounds": bounds.tolist()}
    outcome = evaluate(sobol_sample.sample(problem, samples, calc_second_order=False, seed=rng))
    seed = int(rng.integers(1, 2**31))
    rest = [dim for dim in outcome.dims if dim != "draw"]
    flat = outcome.stack(outcome=rest) if rest else outcome.expand_dims("outcome", axis=-1)
    columns = [
        _indices(problem, flat.isel(outcome=place).values.astype(float), seed) for place in range(flat.shape[-1])
    ]
    table = xr.DataArray(np.stack(columns, -1), {"index": list(INDICES)}, ("index", "input", "outcome"))
    if not rest:
        return table.isel(outcome=0)
    return table.assign_coords(flat["outcome"].coords).unstack("outcome").transpose("index", "input", *rest)


def _indices(problem: dict, values: np.ndarray, seed: int) -> np.ndarray:
    """(index, input) of one outcome."""
    # What moves by rounding alone does not move.
    if np.ptp(values) <= 1e-9 * np.abs(values).max():
        return np.full((len(INDICES), problem["num_vars"]), np.nan)
    found = sobol_analysis.analyze(
        problem, values, calc_second_order=False, num_resamples=RESAMPLES, conf_level=CONFIDENCE, seed=seed
    )
    return np.stack([found["S1"], found["S1_conf"], found["ST"], found["ST_conf"]])
