"""The last closed year calibrated: what a member costs and pays, and past years at its prices."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from actuarial.assumptions.basis import BaseYear, History, Vital
from actuarial.assumptions.policy import Policy
from actuarial.demography.enrolment import fit_concentration, pooled_share
from actuarial.demography.membership import group_sums, mid_year, spread_to_ages
from actuarial.demography.population import project_population
from actuarial.errors import AssumptionError
from actuarial.schema import STATUSES

CONTRIBUTIONS = ("employer_contribution", "own_contribution", "flexible_contribution", "revenue_undivided")
FINANCING = (
    "individual_contribution",
    "collective_support",
    "assisted_contribution",
    "fiscal_assisted_contribution",
    "fiscal_subsidy",
    "revenue_undivided",
)


def calibrate(history: History, vital: Vital, policy: Policy, last_year: int) -> BaseYear:
    """What one member cost and paid in the last closed year.

    Raises
    ------
    AssumptionError
        If the ledger of the last year has no contributions or no resident financing, or claims have no members.
    """
    ages = history.population["age"].values
    population = history.population.sel(year=last_year, drop=True)
    grouped, lower = history.grouped_members, history.member_ages
    concentration = fit_concentration(grouped, population, lower)
    share = pooled_share(grouped, population, lower, concentration)
    exposure = exposures(history, share)
    base_exposure = exposure.sel(year=last_year, drop=True)
    loss_cost = _loss_cost(history, base_exposure, ages)
    members = mid_year(history.members).sel(year=last_year, drop=True).fillna(0.0)
    # a year without published members has no expected cost; it may not become zero
    expected = (exposure * loss_cost.sum("service")).sum(["sex", "age"], skipna=False)
    regions = history.population["region"].values
    pooled, account = contributions(history.ledger, last_year)
    rate = _by_region(regions, lambda region: contribution_rate(policy, region, last_year))
    base = history.contribution_base.sel(year=last_year, drop=True)
    due = members.sel(status="active", drop=True) * base * rate
    financing = history.ledger.sel(fund="resident_pooled", line=list(FINANCING), year=last_year, drop=True).sum("line")
    if not bool((pooled > 0).all()) or not bool((account >= 0).all()) or not bool((financing > 0).all()):
        raise AssumptionError(f"ledger: no contributions or no resident financing in {last_year}")
    return BaseYear(
        share=share,
        concentration=concentration,
        loss_cost=loss_cost,
        members=members,
        expected_cost=expected,
        collection_rate=(pooled + account) / due,
        account_share=account / (pooled + account),
        births=_births(history, vital, last_year),
    )


def contribution_rate(policy: Policy, region: str, year: int) -> float:
    """Employer's and own rate together, 1."""
    return policy.value("employer_rate", "employee", region, year) + policy.value("own_rate", "employee", region, year)


def contributions(ledger: xr.DataArray, year: int) -> tuple[xr.DataArray, xr.DataArray]:
    """Contributions received by the pooled fund and by personal accounts in a year: (region,), yuan.

    NaN where a year is not published; a city whose ledger has no personal accounts at all has zero there.
    """
    received = ledger.sel(line=list(CONTRIBUTIONS)).sum("line", min_count=1)
    account = received.sel(fund="employee_account", drop=True)
    has_accounts = account.notnull().any("year")
    account = account.where(has_accounts, 0.0)
    return received.sel(fund="employee_pooled", year=year, drop=True), account.sel(year=year, drop=True)


def exposures(history: History, share: xr.DataArray) -> xr.DataArray:
    """Mid-year members by scheme, sex and single age in every closed year.

    The age pattern of enrolment is that of the last year; its level in each year is that of the published members.

    Returns
    -------
    (region, scheme, sex, age, year), person-year
    """
    people = mid_year(history.population)
    actual = mid_year(history.members)
    years = np.intersect1d(people["year"], actual["year"])
    pattern = share * people.sel(year=years)
    parts = []
    for scheme, statuses in STATUSES.items():
        published = actual.sel(status=list(statuses), year=years)
        cells = pattern.sel(status=list(statuses))
        if scheme == "employee":  # active and retired are published apart, residents often as one number
            level = published / cells.sum(["sex", "age"])
            parts.append((cells * level).sum("status", skipna=False))
        else:
            level = published.sum("status", min_count=1) / cells.sum(["status", "sex", "age"])
            parts.append(cells.sum("status") * level)
    joined = xr.concat(parts, dim="scheme").assign_coords(scheme=list(STATUSES))
    return joined.transpose("region", "scheme", "sex", "age", "year")


def _loss_cost(history: History, exposure: xr.DataArray, ages: np.ndarray) -> xr.DataArray:
    grouped = group_sums(exposure, history.claim_ages)
    has_claims = history.claims.sum("service") > 0
    if bool((has_claims & (grouped <= 0)).any()):
        raise AssumptionError("claims: an age group has claims and no members")
    cost = (history.claims / grouped).where(grouped > 0, 0.0)
    single = spread_to_ages(cost, history.claim_ages, ages)
    return single.transpose("region", "scheme", "service", "sex", "age")


def _births(history: History, vital: Vital, last_year: int) -> xr.DataArray:
    """Births of the last year by the model's own step, so that the births of later years are measured against them."""
    before = history.population.sel(year=last_year - 1, drop=True)
    first = vital.death_rate["year"].values[:1]
    step = project_population(
        before,
        vital.death_rate.sel(year=first),
        vital.birth_rate.sel(year=first),
        vital.boys_share,
        vital.net_migration.sel(year=first),
    )
    return step.births.sum("sex").isel(year=0, drop=True)


def _by_region(regions: np.ndarray, value: Callable[[str], float]) -> xr.DataArray:
    return xr.DataArray([value(str(region)) for region in regions], dims="region", coords={"region": regions})
