"""The colour of a warning year by year: it lights at the threshold and goes out only at a safer value (hysteresis)."""

import xarray as xr

from actuarial.errors import SchemaError
from actuarial.warning.rules import Rule


def warning_states(value: xr.DataArray, rule: Rule, before: xr.DataArray | int) -> xr.DataArray:
    """How many levels of the rule are lit: 0 none, 1 the mildest of its colours, and so on.

    A level is lit in a year whose value passes its threshold; it stays lit while the value passes its ``clear``.
    Without that, a value that moves about its threshold would light and go out every year.

    Parameters
    ----------
    value : (..., year), in the rule's unit; the years follow one another
    before : (...,); levels lit in the year before the first, 0 where nothing is known

    Returns
    -------
    (..., year), int8

    Raises
    ------
    SchemaError
        If a value is missing.

    Source
    ------
    Two thresholds of a switch with hysteresis; own choice against flicker, since every colour calls for action.
    """
    if bool(value.isnull().any()):
        raise SchemaError(f"warning: rule {rule.name!r} has years without a value of {rule.indicator}; leave them out")
    lit = _passed(value, [level.threshold for level in rule.levels], rule.comparison)
    held = _passed(value, [level.clear for level in rule.levels], rule.comparison)
    state, rows = before, []
    for year in range(value.sizes["year"]):
        now = {"year": year}
        state = xr.ufuncs.maximum(lit.isel(now, drop=True), xr.ufuncs.minimum(state, held.isel(now, drop=True)))
        rows.append(state.astype("int8"))
    return xr.concat(rows, dim="year").assign_coords(year=value["year"]).transpose(*value.dims)


def is_lit(state: xr.DataArray, rule: Rule, colour: str) -> xr.DataArray:
    """True where the warning shows the colour or a graver one of the rule."""
    return state > [level.colour for level in rule.levels].index(colour)


def _passed(value: xr.DataArray, limits: list[float], comparison: str) -> xr.DataArray:
    count = xr.zeros_like(value, dtype="int8")
    for limit in limits:
        count = count + (value > limit if comparison == "above" else value < limit)
    return count
