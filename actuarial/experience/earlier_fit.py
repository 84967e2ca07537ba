"""Where the chains of a fit start: at draws of an earlier fit of the same city, whose history ends sooner.

The draws change how soon the chains are where they belong, and not what they belong to: the model, its data and its
gates are the same from either start.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from actuarial.experience.sampling import CompiledModel


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier fit left of one model.

    fit : its name in the store
    record : of the model, as `indication.ModelFit`
    points : (point, ...), as `sampling.starting_points`
    """

    fit: str
    record: Mapping[str, Any]
    points: xr.Dataset


def starting_from(
    earlier: Earlier | None,
    labels: Mapping[str, object],
    first_year: int,
    ahead: Mapping[str, str | float],
    code: CompiledModel,
) -> tuple[xr.Dataset | None, dict[str, str]]:
    """Starting points of a longer history, and the record of it.

    Parameters
    ----------
    earlier : None where there is no earlier fit of this model
    labels : entries of the record that have to be those of the earlier one, such as ages, series and covariates
    first_year : of the history, which has to be that of the earlier one as well
    ahead : of every quantity with one value a year, what stands in the years that the earlier history had not: a value,
        or the name of the quantity that has it
    code : the model that is to be fitted

    Returns
    -------
    points : (point, ...), None where the chains start from the priors
    record : ``fit`` (empty where none is used) and ``reason`` why none is
    """
    if earlier is None:
        return None, {"fit": "", "reason": "no earlier fit of this city"}
    moved = [name for name, wanted in labels.items() if earlier.record.get(name) != wanted]
    if moved:
        return None, {"fit": "", "reason": f"fit {earlier.fit}: {moved[0]} differ"}
    if earlier.record["years"][0] != first_year:
        return None, {"fit": "", "reason": f"fit {earlier.fit}: its history starts in {earlier.record['years'][0]}"}
    shapes = {str(name): tuple(map(int, shape)) for name, shape in code.model.eval_rv_shapes().items()}
    wanted = {str(variable.name): shapes[str(variable.name)] for variable in code.model.free_RVs}
    points = lengthened(earlier.points, {name: (wanted[name][-1], value) for name, value in ahead.items()})
    other = [name for name, shape in wanted.items() if name not in points or points[name].shape[1:] != shape]
    if other:
        return None, {"fit": "", "reason": f"fit {earlier.fit}: {other[0]} has another shape"}
    return points, {"fit": earlier.fit, "reason": ""}


def lengthened(points: xr.Dataset, ahead: Mapping[str, tuple[int, str | float]]) -> xr.Dataset:
    """Points whose quantities by year go on to a number of years: (point, ..., year); longer ones stay as they are."""
    bare = points.drop_vars(list(points.coords))
    longer = {}
    for name, (years, value) in ahead.items():
        known = bare[name].values
        missing = max(years - known.shape[-1], 0)
        one = bare[value].values if isinstance(value, str) else np.full(len(known), value)
        longer[name] = (("point", f"{name}_year"), np.hstack([known, np.repeat(one[:, None], missing, axis=1)]))
    return bare.drop_vars(list(longer)).assign(longer)
