"""An indicated assumption as a record: the growth that a fit found, its draws, how it was found, from what, and when.

The draws are those of the projection: the first block of every run of the same seed. Beside it stands what the other
models of a city indicate, each a `ModelFit`, and the level shifts that nobody declared.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import numpy as np
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.assumptions.selection import yearly_steps
from actuarial.errors import AssumptionError
from actuarial.experience.shocks import shock_paths

# Own choice, as for people: the median with the central 80% and 95%.
QUANTILES = (0.025, 0.1, 0.5, 0.9, 0.975)


INDICATED, REFUSED, ABSENT = "indicated", "refused", "absent"


@dataclass(frozen=True, slots=True)
class ModelFit:
    """What one model of a city indicates.

    name : of the model and its scope, such as ``morbidity_employee``
    arrays : posterior draws and what they say of forecast years; empty where nothing is indicated
    record : ``outcome`` (indicated, refused, absent), ``reason`` where it is not indicated, ``use`` (what reads it; ""
        where nothing does), ``verdict`` why so, ``reference`` of the score, ``instead`` (what stands in its place),
        ``ladder`` (rungs tried, each with its outcome), ``diagnostics``, ``predictive`` and what else the model says
    points : (point, ...), where the chains of the fit of a longer history may start; empty where nothing is sampled
    """

    name: str
    arrays: xr.Dataset
    record: dict[str, Any]
    points: xr.Dataset = field(default_factory=xr.Dataset)


def not_indicated(name: str, outcome: str, reason: str, **record: object) -> ModelFit:
    """A model without numbers, and why."""
    return ModelFit(name, xr.Dataset(), {"model": name, "outcome": outcome, "reason": reason, "use": "", **record})


@dataclass(frozen=True, slots=True)
class Indication:
    """What a fit indicates for every series and region of a city, before anybody selects.

    growth : (series, region, year), 1/year, of the central path, the mean of the draws in logs
    quantiles : (quantile, series, region, year), 1/year, of the draws' growth into each year
    draws : (draw, series, region, year), log of the level over that of the last closed year
    residual_years : closed years whose joint residuals are drawn from
    record : one entry per series and region: the rungs of the ladder, the steps used, growth past and to come,
        ``spread`` (standard deviation of a yearly step, 1) and ``monte_carlo_error`` (of the mean growth, 1/year)
    people : the record of the models of people: method of each source, or why it is held
    models : what every other model that was asked for indicates, or why it does not
    level_shifts : error rate, undeclared shifts of the series, and series too short to judge
    made_from : digests and choices that decide the numbers
    fitted : UTC
    """

    city: str
    growth: xr.DataArray
    quantiles: xr.DataArray
    draws: xr.DataArray
    residual_years: tuple[int, ...]
    record: tuple[dict[str, object], ...]
    people: tuple[dict[str, object], ...]
    models: tuple[ModelFit, ...]
    level_shifts: Mapping[str, object]
    made_from: dict[str, Any]
    fitted: str


def indicate(
    basis: Basis,
    made_from: dict[str, Any],
    n: int,
    shock_rng: np.random.Generator,
    drift_rng: np.random.Generator,
    models: tuple[ModelFit, ...] = (),
    level_shifts: Mapping[str, object] = MappingProxyType({}),
) -> Indication:
    """The indicated assumptions of a basis that nothing was selected for.

    Parameters
    ----------
    basis : from `experience.fit.fit_indicated`
    n : draws
    shock_rng, drift_rng : of the years drawn, and of the error of the mean growth
    models, level_shifts : what `city_fit` found beside it

    Raises
    ------
    AssumptionError
        If a draw is not finite.
    """
    trends = basis.trends
    draws = (trends.central + shock_paths(trends, shock_rng, drift_rng, n)).transpose("draw", *trends.central.dims)
    draws = draws.assign_coords(draw=np.arange(n))
    finite = xr.ufuncs.isfinite(draws)
    if not bool(finite.all()):
        place = (~finite).any(["draw", "year"]).where(lambda bad: bad, drop=True)
        names = f"{place['series'].values[0]}, region {place['region'].values[0]}"
        raise AssumptionError(f"indication: {names}: {int((~finite).sum())} of {finite.size} draws not finite")
    growth = xr.ufuncs.expm1(yearly_steps(draws))
    quantiles = growth.quantile(list(QUANTILES), "draw").transpose("quantile", *trends.central.dims)
    spread = trends.residual.std("origin", ddof=1)
    error = growth.mean("year").std("draw", ddof=1) / np.sqrt(n)
    record = tuple(
        {
            **entry,
            "spread": float(spread.sel(series=entry["series"], region=entry["region"])),
            "monte_carlo_error": float(error.sel(series=entry["series"], region=entry["region"])),
        }
        for entry in trends.record
    )
    return Indication(
        city=basis.city.code,
        growth=xr.ufuncs.expm1(yearly_steps(trends.central)),
        quantiles=quantiles,
        draws=draws,
        residual_years=tuple(int(year) for year in np.atleast_1d(trends.residual["origin"].values)),
        record=record,
        people=tuple(dict(entry) for entry in basis.people.record),
        models=models,
        level_shifts=dict(level_shifts),
        made_from=made_from,
        fitted=datetime.now(UTC).isoformat(timespec="seconds"),
    )
