"""Fit of a person's yearly cost, from bands of it or person by person.

1. the form: log-normal alone (threshold infinite), or with a Pareto tail above a threshold that the caller names;
2. body and tail are fitted apart, by maximum likelihood, since the weight of the tail is free;
3. the same again with another unit of money: both must agree;
4. the tail indices of thin groups are drawn together, if the caller says over which dims.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.experience.severity_bands import Bands, places
from actuarial.experience.severity_likelihood import (
    Banded,
    Evaluation,
    agree,
    banded_evaluation,
    climb,
    log_normal_evaluation,
    log_normal_moments,
    pareto_evaluation,
    pareto_moments,
)
from actuarial.experience.severity_pooling import pool_tail_index
from actuarial.spending.severity import Severity

# Unit of money to evaluation; what it finds for a body is log_mean in that unit and the logarithm of log_spread.
AtScale = Callable[[float], Evaluation]


@dataclass(frozen=True, slots=True)
class SeverityFit:
    """A fitted distribution with its errors; all hold if the form is right, which ``check_fit`` looks at.

    errors : zero_share, log_mean, log_spread, tail_share, tail_index, each (...,), standard errors, 0 for a tail that
        is not there; ``correlation`` of log_mean and log_spread
    log_likelihood : (...,), of the costs above zero, tail indices before they are drawn together
    parameters : (...,), number that the form costs, a threshold included
    persons : (...,), with cost
    """

    severity: Severity
    errors: xr.Dataset
    log_likelihood: xr.DataArray
    parameters: xr.DataArray
    persons: xr.DataArray


def fit_bands(bands: Bands, threshold: float, pooled: Sequence[str] = ()) -> SeverityFit:
    """Distribution behind the bands of every group.

    Parameters
    ----------
    threshold : yuan, a lower end of the bands, not the last; infinite for a log-normal without tail
    pooled : dims over which the tail indices are drawn together

    Raises
    ------
    AssumptionError
        If the threshold is no such edge, a group has too few filled bands, or a fit fails.
    """
    lower = bands.lower.values
    if not np.isinf(threshold) and threshold not in lower[2:-1]:
        raise AssumptionError(f"threshold: {threshold:g} is not one of the edges {lower[2:-1].tolist()}")
    first = np.append(lower, np.inf).tolist().index(threshold)
    body, tail = slice(1, first), slice(first, None)

    def fit_one(persons: np.ndarray, cost: np.ndarray) -> dict[str, float]:
        inner = _banded(bands, persons, cost, body)
        inner = Banded(np.append(0.0, inner.lower[1:]), inner.upper, inner.persons, inner.cost)
        outer = _banded(bands, persons, cost, tail)
        filled = int((inner.persons > 0).sum())
        if filled < 2:
            raise AssumptionError(f"body: filled bands below the threshold: {filled}, needed: 2; add groups together")
        found = _shares(persons[0], inner.persons.sum(), outer.persons.sum())

        def of_body(scale: float) -> Evaluation:
            here = inner.at_scale(scale)
            return banded_evaluation(here, log_normal_moments(here, threshold / scale))

        def of_tail(scale: float) -> Evaluation:
            here = outer.at_scale(scale)
            return banded_evaluation(here, pareto_moments(here, threshold / scale))

        found |= _body(of_body, *_start(inner))
        is_known = outer.persons[1:].sum() > 0
        return found | _tail(of_tail, is_known, threshold)

    return _assemble(_each(fit_one, "band", bands.persons, bands.cost), threshold, pooled)


def fit_persons(cost: xr.DataArray, threshold: float, pooled: Sequence[str] = ()) -> SeverityFit:
    """Distribution behind the costs of persons one by one.

    Parameters
    ----------
    cost : (..., person), yuan; missing where a group has fewer persons than the largest one
    threshold, pooled : as fit_bands, but any positive amount

    Raises
    ------
    AssumptionError
        If a cost is negative or infinite, a group has fewer than two different costs, or a fit fails.
    """
    wrong = (cost < 0) | xr.ufuncs.isinf(cost)
    if bool(wrong.any()):
        raise AssumptionError(f"cost: {int(wrong.sum())} values negative or infinite, first at {places(wrong)}")

    def fit_one(values: np.ndarray) -> dict[str, float]:
        known = values[np.isfinite(values)]
        logs = np.log(known[known > 0])
        end = np.log(threshold)
        inner, outer = logs[logs < end], logs[logs >= end]
        if len(np.unique(inner)) < 2:
            raise AssumptionError(
                f"body: different costs below the threshold: {len(np.unique(inner))}, needed: 2; add groups together"
            )
        found = _shares((known == 0).sum(), len(inner), len(outer))
        found |= _body(
            lambda scale: log_normal_evaluation(inner - np.log(scale), threshold / scale),
            float(inner.mean()),
            float(inner.std()),
        )

        def of_tail(scale: float) -> Evaluation:
            return pareto_evaluation(outer - np.log(scale), threshold / scale)

        return found | _tail(of_tail, bool((outer > end).any()), threshold)

    return _assemble(_each(fit_one, "person", cost), threshold, pooled)


def _banded(bands: Bands, persons: np.ndarray, cost: np.ndarray, part: slice) -> Banded:
    return Banded(bands.lower.values[part], bands.upper.values[part], persons[part], cost[part])


def _start(bands: Banded) -> tuple[float, float]:
    """Mean and spread of the logarithm, as if everybody stood in the middle of the band; the open one at its start."""
    low = np.append(bands.upper[0] / np.e, bands.lower[1:])
    high = np.where(np.isinf(bands.upper), low, bands.upper)
    middle = (np.log(low) + np.log(high)) / 2
    centre = np.average(middle, weights=bands.persons)
    return float(centre), float(np.sqrt(np.average((middle - centre) ** 2, weights=bands.persons)))


def _shares(without: float, in_body: float, in_tail: float) -> dict[str, float]:
    with_cost = in_body + in_tail
    return {
        "persons": with_cost,
        "zero_share": without / (without + with_cost),
        "tail_share": in_tail / with_cost,
    }


def _body(at_scale: AtScale, centre: float, spread: float) -> dict[str, float]:
    """Fit in units of the middle cost and again in yuan; log likelihood per yuan."""
    start = np.array([0.0, np.log(spread)])
    unit, shift = np.exp(centre), np.array([centre, 0.0])
    found, covariance, _ = climb(at_scale(unit), start, "body")
    again, _, reached = climb(at_scale(1.0), start + shift, "body")
    found = found + shift
    agree("body", found, again)
    return {
        "log_mean": found[0],
        "log_spread": np.exp(found[1]),
        "log_mean_variance": covariance[0, 0],
        "relative_spread_variance": covariance[1, 1],
        "covariance": covariance[0, 1],
        "body_value": reached,
    }


def _tail(at_scale: AtScale, is_known: bool, threshold: float) -> dict[str, float]:
    """Logarithm of the index, missing where nobody tells; a group whose tail ends at once has likelihood 1."""
    if not is_known:
        return {"log_index": np.nan, "log_index_error": np.nan, "tail_value": 0.0}
    found, covariance, _ = climb(at_scale(threshold), np.zeros(1), "tail_index")
    again, _, reached = climb(at_scale(1.0), np.zeros(1), "tail_index")
    agree("tail_index", found, again)
    return {"log_index": found[0], "log_index_error": float(np.sqrt(covariance[0, 0])), "tail_value": reached}


def _each(fit_one: Callable[..., dict[str, float]], core: str, *arrays: xr.DataArray) -> xr.Dataset:
    """Results of every group, side by side; a failure says which group."""
    first = arrays[0].isel({core: 0}, drop=True)
    rows = []
    for place in np.ndindex(first.shape):
        at = dict(zip(first.dims, place, strict=True))
        label = {str(dim): first[dim].isel({dim: n}).item() for dim, n in at.items() if dim in first.coords}
        try:
            rows.append(fit_one(*(array.isel(at).values for array in arrays)))
        except AssumptionError as error:
            raise AssumptionError(f"{error}; at {label}") from error
    columns = {name: np.reshape([row[name] for row in rows], first.shape) for name in rows[0]}
    return xr.Dataset({name: xr.DataArray(values, first.coords, first.dims) for name, values in columns.items()})


def _assemble(found: xr.Dataset, threshold: float, pooled: Sequence[str]) -> SeverityFit:
    has_tail = not np.isinf(threshold)
    share, zero = found["tail_share"], found["zero_share"]
    value = found["body_value"]
    index, relative = xr.full_like(share, np.inf), xr.zeros_like(share)
    if has_tail:
        log_index, relative = found["log_index"], found["log_index_error"]
        if pooled:
            log_index, relative, _ = pool_tail_index(log_index, relative, pooled)
        unknown = log_index.isnull()
        if bool(unknown.any()):
            raise AssumptionError(
                f"tail_index: {int(unknown.sum())} groups have nobody far enough above {threshold:g} to learn it from, "
                f"first {places(unknown)}; choose a lower threshold, add groups together, or pool them"
            )
        index = xr.ufuncs.exp(log_index)
        split = xr.where(share > 0, share * xr.ufuncs.log(share.where(share > 0, 1.0)), 0.0)
        split = split + (1 - share) * xr.ufuncs.log(1 - share)
        value = value + found["tail_value"] + found["persons"] * split
    everyone = found["persons"] / (1 - zero)
    errors = xr.Dataset(
        {
            "zero_share": (zero * (1 - zero) / everyone) ** 0.5,
            "log_mean": found["log_mean_variance"] ** 0.5,
            "log_spread": found["log_spread"] * found["relative_spread_variance"] ** 0.5,
            "tail_share": (share * (1 - share) / found["persons"]) ** 0.5,
            "tail_index": index * relative if has_tail else relative,
            "correlation": found["covariance"]
            / (found["log_mean_variance"] * found["relative_spread_variance"]) ** 0.5,
        }
    )
    threshold_of = xr.full_like(share, threshold)
    severity = Severity(zero, found["log_mean"], found["log_spread"], threshold_of, share, index)
    return SeverityFit(severity, errors, value, xr.full_like(share, 5.0 if has_tail else 2.0), found["persons"])
