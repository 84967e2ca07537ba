"""Named changes to a basis, each with its reason, as factors by quantity, scheme and year."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.errors import AssumptionError
from actuarial.people import official_factor
from actuarial.schema import SCENARIO_QUANTITIES, SCENARIO_SCHEMES, SCHEMES
from actuarial.wording import text

BASELINE = "baseline"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a scenario and the reason for it."""

    scheme: str
    quantity: str
    operation: str
    from_year: int
    to_year: int
    value: float
    reason_zh: str
    reason_en: str
    source: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """A name and its changes; the baseline has none."""

    name: str
    name_zh: str
    name_en: str
    changes: tuple[Change, ...]


def read_scenario(frame: pd.DataFrame | None, name: str) -> Scenario:
    """The scenario of a name from the scenarios table; ``baseline`` changes nothing.

    Raises
    ------
    AssumptionError
        If the table has no such scenario; the message lists those it has.
    """
    if name == BASELINE:
        return Scenario(BASELINE, text("scenario.baseline", "zh"), text("scenario.baseline", "en"), ())
    known = [] if frame is None else list(dict.fromkeys(frame["scenario"]))
    if frame is None or name not in known:
        raise AssumptionError(f"no scenario {name!r}; the folder has: {', '.join([BASELINE, *known])}")
    rows = frame[frame["scenario"] == name]
    fields = list(Change.__dataclass_fields__)
    changes = tuple(Change(**{field: row[field] for field in fields}) for row in rows.to_dict("records"))
    return Scenario(name, str(rows["name_zh"].iloc[0]), str(rows["name_en"].iloc[0]), changes)


def factors(scenario: Scenario, years: np.ndarray) -> xr.DataArray:
    """What each quantity of each scheme is multiplied by in each year.

    ``multiply`` multiplies the level within its years; ``growth`` adds to the yearly growth within its years, so
    its effect builds up and stays: the product of (1 + value) over the years passed.

    Returns
    -------
    (quantity, scheme, year), 1

    Raises
    ------
    AssumptionError
        If a change names a scheme that does not have the quantity, or lies in closed years, or none of the scenario's
        years is projected.
    """
    table = xr.DataArray(
        np.ones((len(SCENARIO_QUANTITIES), len(SCHEMES), len(years))),
        coords={"quantity": list(SCENARIO_QUANTITIES), "scheme": list(SCHEMES), "year": years},
        dims=("quantity", "scheme", "year"),
    )
    _check_reach(scenario, years)
    for change in scenario.changes:
        within = (years >= change.from_year) & (years <= change.to_year)
        if change.operation == "multiply":
            path = np.where(within, change.value, 1.0)
        else:
            path = np.cumprod(np.where(within, 1 + change.value, 1.0))
        schemes = list(SCHEMES) if change.scheme == "all" else [change.scheme]
        table.loc[{"quantity": change.quantity, "scheme": schemes}] *= path
    return table


def _check_reach(scenario: Scenario, years: np.ndarray) -> None:
    """A change that would change nothing is a mistake; one that starts after a short horizon only waits."""
    starts = [change.from_year for change in scenario.changes]
    for change in scenario.changes:
        owners = SCENARIO_SCHEMES[change.quantity]
        if change.scheme != "all" and change.scheme not in owners:
            allowed = ", ".join((*owners, "all"))
            raise AssumptionError(
                f"scenario {scenario.name!r}: {change.quantity} of scheme {change.scheme!r} is not in the model; "
                f"use {allowed}"
            )
        if change.to_year < years[0] or min(starts) > years[-1]:
            raise AssumptionError(
                f"scenario {scenario.name!r}: {change.quantity} changes in {change.from_year}-{change.to_year}, "
                f"the projection covers {years[0]}-{years[-1]}"
            )


def apply_scenario(basis: Basis, scenario: Scenario) -> Basis:
    """The same basis under a scenario; the basis itself is not changed.

    Raises
    ------
    AssumptionError
        If the scenario scales to official totals and a forecast year has none.
    """
    changed = replace(basis, scenario=scenario.name, factors=factors(scenario, basis.years))
    if all(change.quantity != "official_population" for change in scenario.changes):
        return changed
    wanted = changed.factors.sel(quantity="official_population", scheme="resident", drop=True)
    return replace(changed, official_factor=official_factor(changed, wanted))
