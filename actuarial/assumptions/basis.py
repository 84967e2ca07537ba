"""The records that a projection is made from: what was observed, what was chosen, what was fitted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from actuarial.assumptions.policy import Policy
from actuarial.city import City

if TYPE_CHECKING:
    from actuarial.benefit.protection import Protection
    from actuarial.demography.futures import PeopleModels


@dataclass(frozen=True, slots=True)
class History:
    """What the tables say about the years that are closed, as labelled arrays.

    population : (region, sex, age, year), person, year ends, one year longer than the ledger
    members : (region, status, year), person, year ends; a status that a year does not give is NaN
    grouped_members, claims : (region, status, sex, group) and (region, scheme, service, sex, group), last year
    member_ages, claim_ages : (group,), lowest age of each group
    ledger : (region, fund, line, year), yuan; NaN where not published
    opening : (region, fund), fen; the last closing balance
    contribution_base : (region, year), yuan/person-year
    income : (year,), yuan/person, disposable income of the city's residents; None where its last year is not known
    """

    population: xr.DataArray
    members: xr.DataArray
    grouped_members: xr.DataArray
    member_ages: np.ndarray
    claims: xr.DataArray
    claim_ages: np.ndarray
    ledger: xr.DataArray
    ledger_provenance: xr.DataArray
    opening: xr.DataArray
    contribution_base: xr.DataArray
    income: xr.DataArray | None = None


@dataclass(frozen=True, slots=True)
class Vital:
    """Forward demographic assumptions, by forecast year.

    death_rate : (region, sex, age, year), 1/year
    birth_rate : (region, age, year), 1/year
    boys_share : (region,), 1
    net_migration : (region, sex, age, year), person
    """

    death_rate: xr.DataArray
    birth_rate: xr.DataArray
    boys_share: xr.DataArray
    net_migration: xr.DataArray


@dataclass(frozen=True, slots=True)
class BaseYear:
    """The last closed year, calibrated: what one member costs and pays.

    share : (region, status, sex, age), 1, members over population
    concentration : person, how many people of a cell the city's pattern of shares is worth
    loss_cost : (region, scheme, service, sex, age), yuan/person-year, paid by the pooled fund
    members : (region, status), person-year
    expected_cost : (region, scheme, year), yuan at the prices of the last year, history years
    collection_rate : (region,), 1, contributions received over those due on the published base
    account_share : (region,), 1, share of contributions received that went to personal accounts
    births : (region,), person
    """

    share: xr.DataArray
    concentration: float
    loss_cost: xr.DataArray
    members: xr.DataArray
    expected_cost: xr.DataArray
    collection_rate: xr.DataArray
    account_share: xr.DataArray
    births: xr.DataArray


@dataclass(frozen=True, slots=True)
class Trends:
    """Growth of every series with the joint errors of its history: a fit, or a rival of it.

    central : (series, region, year), log of the level over that of the last year
    residual : (origin, series, region), log growth less its mean; rows are years, so shocks keep their company
    steps : (series, region), the growth steps that the central path rests on
    record : one entry per series and region: method, steps and why these, growth
    errors : what shocks are drawn from, see `experience.shocks`: ``resampled``, ``normal`` or ``past``
    """

    central: xr.DataArray
    residual: xr.DataArray
    steps: xr.DataArray
    record: tuple[dict[str, object], ...]
    errors: str


@dataclass(frozen=True, slots=True)
class Basis:
    """Everything that a projection reads. Scenarios return another basis and leave this one as it is.

    people_uncertainty : of ``parameter`` and ``process``, what moves people away from their central path
    layers : what the layers of protection pay for members of each kind, or None where a folder has no benefit rules
    official_population : (year,), person, published totals of the city in forecast years, or None
    official_factor : (year,), 1, what people are multiplied by to meet them under a scenario that asks for it, or None
    rivals : other trends by name, under which the risk of the funds is shown beside that of ``trends``; why there is
        none of a name, where it cannot be had
    """

    city: City
    years: np.ndarray
    policy: Policy
    history: History
    vital: Vital
    base_year: BaseYear
    trends: Trends
    people: "PeopleModels"
    people_uncertainty: frozenset[str]
    layers: "Protection | None"
    official_population: xr.DataArray | None
    official_factor: xr.DataArray | None
    scenario: str
    factors: xr.DataArray
    rivals: Mapping[str, Trends | str]

    @property
    def last_year(self) -> int:
        """The last closed year."""
        return self.city.last_year

    @property
    def budget_year(self) -> int:
        """The year the budget is made for: the one after the year now running."""
        return self.city.budget_year
