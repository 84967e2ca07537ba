"""The city folder of Ningbo: every table from the facts and the choices."""

from dataclasses import dataclass

import xarray as xr

from actuarial.schema import STATUSES
from data.estimates.accounts import Setting
from data.estimates.assistance import Measures, assistance_accounts, assistance_measures
from data.estimates.bands import claim_bands
from data.estimates.claims import Payments, claims_by_age, past_claims
from data.estimates.economy import contribution_base
from data.estimates.employee import Lines, employee_accounts
from data.estimates.enrolment import member_totals, members_by_age
from data.estimates.facts import choices
from data.estimates.population import Population, estimate_population
from data.estimates.profile import cost_index, insured_people
from data.estimates.resident import resident_accounts


@dataclass(frozen=True, slots=True)
class Ningbo:
    """Everything estimated for Ningbo, before it is written as rows.

    members : (region, status, year), person; grouped : (region, status, sex, group), person, last year
    ledger : scheme to (fund, line) to (region, year), fen
    claims : scheme to (region, service, sex, group), fen, last year
    past_claims : scheme to (region, service, sex, group, year), fen, the years before it
    bands : scheme to rows
    """

    choice: dict
    population: Population
    setting: Setting
    grouped: xr.DataArray
    ledger: dict[str, Lines]
    measures: Measures
    claims: dict[str, xr.DataArray]
    past_claims: dict[str, xr.DataArray]
    bands: dict[str, list[dict[str, object]]]


def estimate_ningbo() -> Ningbo:
    """All estimates in the order in which they need each other."""
    choice = choices("ningbo")
    population = estimate_population(choice)
    people = population.people
    members = member_totals(people, choice)
    last = people["year"].values[-1]
    grouped = members_by_age(people.sel(year=last, drop=True), members.sel(year=last, drop=True), choice)
    of_scheme = {scheme: grouped.sel(status=list(names)).sum("status") for scheme, names in STATUSES.items()}
    index = {scheme: cost_index(people, table, scheme, choice) for scheme, table in of_scheme.items()}
    setting = Setting(choice, members, contribution_base(choice), index)
    measures = assistance_measures(setting)
    assistance = assistance_accounts(setting, measures)
    ledger = {
        "employee": employee_accounts(setting),
        "resident": resident_accounts(setting, assistance[("assistance", "subsidised_enrolment")]),
        "assistance": assistance,
    }
    paid = {scheme: _benefits(ledger[scheme]) for scheme in of_scheme}
    claims = {
        scheme: claims_by_age(scheme, table, {key: part[:, -1] for key, part in paid[scheme].items()}, choice)
        for scheme, table in of_scheme.items()
    }
    closed = people.sel(year=setting.years)
    past = {
        scheme: past_claims(scheme, insured_people(closed, table), paid[scheme], choice)
        for scheme, table in of_scheme.items()
    }
    eligible = {name: table[:, -1] for (name, measure), table in measures.items() if measure == "eligible"}
    bands = {
        scheme: claim_bands(scheme, of_scheme[scheme], claims[scheme], eligible if scheme == "resident" else {}, choice)
        for scheme in STATUSES
    }
    return Ningbo(choice, population, setting, grouped, ledger, measures, claims, past, bands)


def _benefits(lines: Lines) -> Payments:
    """Services paid together to (region, year), fen."""
    return {
        ("inpatient",): lines[("pooled", "benefit_inpatient")],
        ("outpatient", "chronic"): lines[("pooled", "benefit_outpatient")],
    }
