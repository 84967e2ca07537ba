"""Declared shocks and breaks of a city as covariates: how far each is in force in every year."""

from collections.abc import Collection

import numpy as np
import xarray as xr

from actuarial.city import EVERY_SCHEME, City


def declared_effects(
    city: City, schemes: Collection[str], funds: Collection[tuple[str, str]], years: np.ndarray
) -> xr.DataArray:
    """Patterns of what is declared, 1 in force and 0 not.

    A shock is in force in its years; a break from its first year on. What does not change over the years given tells
    nothing and is left out.

    Parameters
    ----------
    schemes : whose shocks count, besides those of all schemes
    funds : scheme and fund whose breaks count; none where a break cuts the series instead
    years : history and forecast years, consecutive

    Returns
    -------
    (effect, year), 1; effects are labelled ``shock_2020_2020_all`` and ``break_2023_employee_pooled``
    """
    patterns = {
        f"shock_{part.from_year}_{part.to_year}_{part.scheme}": (years >= part.from_year) & (years <= part.to_year)
        for part in city.shocks
        if part.scheme in (EVERY_SCHEME, *schemes)
    } | {
        f"break_{part.year}_{part.scheme}_{part.fund}": years >= part.year
        for part in city.breaks
        if (part.scheme, part.fund) in funds
    }
    kept = {name: pattern.astype(float) for name, pattern in patterns.items() if pattern.any() and not pattern.all()}
    values = np.array(list(kept.values())).reshape(len(kept), len(years))
    coords = {"effect": np.array(list(kept), dtype=str), "year": years}
    return xr.DataArray(values, coords=coords, dims=("effect", "year"))


def effect_reasons(city: City) -> dict[str, dict[str, str]]:
    """Reason of every declared shock and break, in both languages, by the label of its effect."""
    shocks = {f"shock_{part.from_year}_{part.to_year}_{part.scheme}": dict(part.reason) for part in city.shocks}
    return shocks | {f"break_{part.year}_{part.scheme}_{part.fund}": dict(part.reason) for part in city.breaks}
