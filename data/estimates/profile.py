"""Relative yearly cost of a member by sex and age group: the shape for claims and for weighing members in past years.

Source
------
Cost per head by 21 age groups: Japan, Ministry of Health, Labour and Welfare, survey of medical benefits, fiscal 2014;
inpatient part: the same ministry's estimates of national medical care expenditure, fiscal 2004. Women over men, the
bend of the profile and the chronic part are own choices.
"""

import numpy as np
import xarray as xr

from actuarial.schema import SERVICES, SEXES
from data.estimates.facts import read_facts

MIDDLE = 2.5


def relative_cost(scheme: str, choice: dict) -> xr.DataArray:
    """(service, sex, group), 1: cost of a member relative to others; only ratios inside one service are meant."""
    own, frame = choice["claims"], read_facts("cost_profile")
    group = np.arange(len(frame)) * 5
    level = frame["cost_per_head"].astype(float).to_numpy() / 100_000
    level = level ** own["steepness"][scheme]
    inpatient = frame["inpatient_share"].astype(float).to_numpy()
    chronic = np.interp(group + MIDDLE, own["chronic_ages"], own["chronic_share"])
    split = {
        "inpatient": inpatient,
        "outpatient": (1 - inpatient) * (1 - chronic),
        "chronic": (1 - inpatient) * chronic,
    }
    women = np.interp(group + MIDDLE, own["female_over_male_ages"], own["female_over_male"])
    by_sex = {"male": 2 / (1 + women), "female": 2 * women / (1 + women)}
    values = [[level * split[service] * by_sex[sex] for sex in SEXES] for service in SERVICES]
    return xr.DataArray(
        np.array(values),
        dims=("service", "sex", "group"),
        coords={"service": list(SERVICES), "sex": list(SEXES), "group": group},
    )


def cost_index(people: xr.DataArray, members: xr.DataArray, scheme: str, choice: dict) -> xr.DataArray:
    """(region, year), 1: cost per member of a scheme by its age structure; parameters as for `insured_people`."""
    cost = relative_cost(scheme, choice).sum("service")
    insured = insured_people(people, members)
    return ((insured * cost).sum(("sex", "group")) / insured.sum(("sex", "group"))).transpose("region", "year")


def insured_people(people: xr.DataArray, members: xr.DataArray) -> xr.DataArray:
    """(region, sex, group, year), person: members of a scheme in every year, with the enrolment by age of the last.

    Parameters
    ----------
    people : (region, sex, age, year), person
    members : (region, sex, group), person
        Members of the scheme at the end of the last year.
    """
    group = xr.DataArray(people["age"].values // 5 * 5, dims="age", name="group")
    grouped = people.groupby(group).sum("age")
    last = grouped.isel(year=-1, drop=True)
    share = (members / last.where(last > 0)).fillna(0.0)
    return share * grouped
