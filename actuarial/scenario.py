"""Named changes to a basis, each with its reason, as factors by quantity, scheme and year.

Scenarios act together as ``recession+pandemic``: the changes of all of them, in the order of the table whatever the
order of the words; what two of them change is multiplied by both.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.demography.retirement import move_retirement, paced_reform
from actuarial.errors import AssumptionError
from actuarial.people import official_factor
from actuarial.schema import SCENARIO_QUANTITIES, SCENARIO_SCHEMES, SCHEMES
from actuarial.wording import text

BASELINE = "baseline"
TOGETHER = "+"


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

    @property
    def parts(self) -> tuple[str, ...]:
        """The scenarios of the table that act together; none in the baseline."""
        return () if self.name == BASELINE else tuple(self.name.split(TOGETHER))


def read_scenario(frame: pd.DataFrame | None, name: str) -> Scenario:
    """The scenario of a name from the scenarios table, or of names joined by ``+``; ``baseline`` changes nothing.

    Raises
    ------
    AssumptionError
        If the table has no such scenario, or one is named twice; the message lists those it has.
    """
    if name == BASELINE:
        return Scenario(BASELINE, text("scenario.baseline", "zh"), text("scenario.baseline", "en"), ())
    known = scenario_names(frame)
    asked = Counter(part.strip() for part in name.split(TOGETHER))
    unknown = [part for part in asked if part not in known]
    if frame is None or unknown:
        listed = ", ".join([BASELINE, *known])
        raise AssumptionError(f"no scenario {(unknown or [name])[0]!r}; the folder has: {listed}" + _alone(asked))
    twice = [part for part, count in asked.items() if count > 1]
    if twice:
        raise AssumptionError(f"scenario {name!r} names {twice[0]!r} twice; leave it once")
    parts = [_one_scenario(frame, part) for part in known if part in asked]
    return Scenario(
        name=TOGETHER.join(part.name for part in parts),
        name_zh="＋".join(part.name_zh for part in parts),
        name_en=" + ".join(part.name_en for part in parts),
        changes=tuple(change for part in parts for change in part.changes),
    )


def scenario_names(frame: pd.DataFrame | None) -> list[str]:
    """Scenarios of the table, in its order; the baseline is not among them."""
    return [] if frame is None else list(dict.fromkeys(frame["scenario"]))


def _alone(asked: Counter[str]) -> str:
    return f"; {BASELINE} changes nothing and stands alone" if BASELINE in asked else ""


def _one_scenario(frame: pd.DataFrame, name: str) -> Scenario:
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
    _check_reach(scenario, years)
    return change_factors(scenario.changes, years)


def change_factors(changes: Sequence[Change], years: np.ndarray) -> xr.DataArray:
    """The same of changes that are known to reach the years."""
    table = xr.DataArray(
        np.ones((len(SCENARIO_QUANTITIES), len(SCHEMES), len(years))),
        coords={"quantity": list(SCENARIO_QUANTITIES), "scheme": list(SCHEMES), "year": years},
        dims=("quantity", "scheme", "year"),
    )
    for change in changes:
        table.loc[{"quantity": change.quantity, "scheme": schemes_of(change.scheme)}] *= change_path(
            change.operation, np.array(change.value), (years >= change.from_year) & (years <= change.to_year)
        )
    return table


def schemes_of(scheme: str) -> list[str]:
    """The schemes that a change of this scheme reaches."""
    return list(SCHEMES) if scheme == "all" else [scheme]


def change_path(operation: str, value: np.ndarray, within: np.ndarray) -> np.ndarray:
    """What a quantity is multiplied by in each year: (..., year).

    Parameters
    ----------
    value : (...,), a factor or a yearly growth
    within : (year,), whether the change holds in the year
    """
    if operation == "multiply":
        return np.where(within, value[..., None], 1.0)
    return np.cumprod(np.where(within, 1 + value[..., None], 1.0), axis=-1)


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
        If the scenario scales to official totals and a forecast year has none, or moves the age of retirement and the
        policy table has no reform of it.
    """
    changed = apply_factors(replace(basis, scenario=scenario.name), factors(scenario, basis.years))
    if all(change.quantity != "official_population" for change in scenario.changes):
        return changed
    wanted = changed.factors.sel(quantity="official_population", scheme="resident", drop=True)
    return replace(changed, official_factor=official_factor(changed, wanted))


def apply_factors(basis: Basis, table: xr.DataArray) -> Basis:
    """The same basis under factors, with the age of retirement that they make.

    Parameters
    ----------
    table : (..., quantity, scheme, year), 1, as of :func:`factors`; with ``draw`` in front, one case a draw

    Raises
    ------
    AssumptionError
        If the age of retirement is moved and the policy table has no reform of it.
    """
    changed = replace(basis, factors=table)
    pace = table.sel(quantity="retirement_pace", scheme="employee", drop=True)
    if bool((pace == 1).all()):
        return changed
    reform = basis.people.reform
    if reform is None:
        raise AssumptionError("retirement_pace: the policy table has no retirement_age, so that there is no reform")
    years = np.concatenate([[basis.last_year], basis.years])
    now = basis.people.split.sel(year=basis.last_year, drop=True)
    split = move_retirement(now, paced_reform(reform, pace, basis.last_year), years)
    return replace(changed, people=replace(basis.people, split=split))
