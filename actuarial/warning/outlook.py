"""What a warning shows now, and whether it comes within the next years, draw by draw."""

import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.warning.rules import Rule
from actuarial.warning.state import is_lit, warning_states


def outlook(past: xr.DataArray, coming: xr.DataArray, rule: Rule, years: int) -> xr.Dataset:
    """Value and colour of the last closed year, and the draws in which each colour is lit within the next years.

    Parameters
    ----------
    past : (..., year), in the rule's unit; closed years, whose last colour every draw starts from
    coming : (draw, ..., year), in the rule's unit; the years after them
    years : such as 3

    Returns
    -------
    value : (...,), in the rule's unit; state : (...,), levels lit, 0 none;
    comes : (colour, draw, ...), bool, for :func:`actuarial.risk.proportion.proportion`; a graver colour counts

    Raises
    ------
    AssumptionError
        If the forecast is shorter.
    SchemaError
        If a value is missing.
    """
    state = warning_states(past, rule, 0).isel(year=-1, drop=True)
    states = warning_states(coming, rule, state)
    colours = [level.colour for level in rule.levels]
    comes = xr.concat([comes_within(is_lit(states, rule, colour), years) for colour in colours], dim="colour")
    now = {"value": past.isel(year=-1, drop=True), "state": state, "comes": comes.assign_coords(colour=colours)}
    return xr.Dataset(now)


def comes_within(lit: xr.DataArray, years: int) -> xr.DataArray:
    """True in the draws in which the colour is lit in one of the first years; its share is the probability.

    Parameters
    ----------
    lit : (draw, ..., year), bool
    years : such as 3

    Returns
    -------
    (draw, ...), bool; for :func:`actuarial.risk.proportion.proportion`

    Raises
    ------
    AssumptionError
        If the forecast is shorter.
    """
    if not 1 <= years <= lit.sizes["year"]:
        raise AssumptionError(
            f"warning horizon {years} years: the forecast has {lit.sizes['year']}; ask for at least 1, at most "
            "that, or project further"
        )
    return lit.isel(year=slice(0, years)).any("year")
