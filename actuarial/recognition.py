"""Assisted persons once illness, exits and the time that recognition takes are counted.

1. the impoverished by illness follow the share of members without assistance whose own payments of the year pass the
   share of disposable income at which a household is reviewed; income moves with the central path of wages;
2. exits at the stated rate and entries as the stock then needs them; who enters waits, who leaves is struck off later;
3. so many more or fewer are covered than in the last closed year, whose persons are those that were counted.

A policy table without exits and removal leaves the persons as people draw them.
"""

from dataclasses import replace

import numpy as np
import xarray as xr

from actuarial.assistance.eligibility import entries_and_exits, follow_burden, recognised_persons, uncovered_months
from actuarial.assumptions.basis import Basis
from actuarial.benefit.burden import Burden, burden_at
from actuarial.benefit.curves import Curves
from actuarial.benefit.protection import Protection
from actuarial.errors import AssumptionError
from actuarial.payers import amount_index, cost_index, cost_scale
from actuarial.people import People
from actuarial.schema import STATUSES

FOLLOWER = "impoverished_by_illness"


def recognised_people(basis: Basis, people: People, central: xr.DataArray, deviation: xr.DataArray) -> People:
    """The same people with the assisted persons that assistance covers; as they are where nothing is stated.

    Parameters
    ----------
    central, deviation : log growth of the series since the last closed year, and the draws' deviation from it

    Raises
    ------
    AssumptionError
        If a category has no exit rate, lag or removal; or as :func:`follow_burden` and :func:`recognised_persons`.

    Source
    ------
    Own choice: the record of the last closed year counts who is covered; the growth since then is that of the covered.
    """
    if basis.layers is None or basis.layers.burden is None or people.assisted is None:
        return people
    entitled = people.assisted
    burdened = burdened_residents(basis, people, central, deviation)
    if FOLLOWER in entitled["category"].values:
        entitled = follow_burden(entitled, burdened, _residents(people), FOLLOWER)
    covered = _covered(basis, basis.layers.burden, entitled)
    first = {"year": covered["year"].values[0]}
    assisted = (covered * (entitled.sel(first) / covered.sel(first))).transpose(*entitled.dims)
    return replace(people, assisted=assisted, burdened=burdened)


def burdened_persons(people: People) -> xr.DataArray | None:
    """Resident members whose own payments pass the limit of a review: (..., region, year), person, forecast years.

    All as if not assisted; None where nothing is said of who is recognised.
    """
    if people.burdened is None:
        return None
    return (people.burdened * _residents(people)).isel(year=slice(1, None)).transpose(..., "region", "year")


def burdened_residents(basis: Basis, people: People, central: xr.DataArray, deviation: xr.DataArray) -> xr.DataArray:
    """Share of resident members whose own payments would pass the limit without assistance: (..., region, year), 1.

    Source
    ------
    Limit of half the disposable income of the year before: seed 002. Own choice: all residents as if not assisted, so
    that the answer does not rest on how many are.
    """
    protection = basis.layers
    if protection is None or protection.burden is None:
        raise AssumptionError("burden: the basis has no table of own payments")
    tables = protection.burden.share
    kinds = next(iter(tables.values()))["kind"].values
    own = _of_kinds(protection, kinds)
    alone = replace(basis, layers=own)
    level = amount_index(alone, central, deviation)
    scale = cost_scale(own, cost_index(alone, people, central, deviation), level)
    amount = review_amount(basis, protection.burden, central, protection.response)
    amount = amount / protection.index.sel(year=scale["year"])
    parts = []
    for rules, years in _years_by_rules(list(tables), scale["year"].values):
        now = {"year": years}
        parts.append(burden_at(tables[rules], scale.sel(now) / level.sel(now), amount.sel(now)))
    share = xr.concat(parts, dim="year", join="exact")
    bands = _resident_bands(people)
    weight = bands.sel(band=own.kinds["band"]) / bands.sum("band")
    return (share * weight).sum("kind").transpose(..., "region", "year")


def review_amount(
    basis: Basis, burden: Burden, central: xr.DataArray, response: xr.DataArray | None = None
) -> xr.DataArray:
    """Own payments of a year at which a household is reviewed: (region, year), yuan, the last closed year in front.

    The share of the year before's disposable income a head; income moves with the central path of wages. As far as the
    amounts of the rules follow cost, so does the limit, and it is given over what they have followed.
    """
    wages = central.sel(series="effective_base", drop=True)
    if response is not None:
        growth = wages.diff("year") * (1 - response.isel(year=slice(1, None)))
        wages = xr.concat([wages.isel(year=[0]), growth], dim="year", join="exact").cumsum("year")
    wages = xr.ufuncs.exp(wages) * basis.factors.sel(quantity="contribution_base", scheme="employee", drop=True)
    income = burden.income
    coming = (income.isel(year=-1, drop=True) * wages).transpose(..., "region", "year")
    path = xr.concat([income, coming], dim="year", join="exact").isel(year=slice(0, -1))
    path = path.assign_coords(year=np.array([basis.last_year, *basis.years]))
    share = [
        basis.policy.value("review_income_share", "assistance", basis.city.code, int(year)) for year in path["year"]
    ]
    return path * xr.DataArray(share, {"year": path["year"]}, ("year",))


def _years_by_rules(starts: list[int], years: np.ndarray) -> list[tuple[int, np.ndarray]]:
    """The years of every set of rules, by the year it starts in; the first rules are those of the base year."""
    places = np.searchsorted(starts, years, side="right") - 1
    return [(start, years[places == place]) for place, start in enumerate(starts) if (places == place).any()]


def _covered(basis: Basis, burden: Burden, entitled: xr.DataArray) -> xr.DataArray:
    """Persons whom assistance covers, (..., region, category, year); in balance before the last closed year."""
    categories = entitled["category"].values.tolist()
    exit_rate = _by_category(basis, "assisted_exit_rate", categories)
    lag = xr.full_like(exit_rate, basis.policy.value("recognition_lag", "assistance", basis.city.code, basis.last_year))
    waiting = uncovered_months(lag, burden.lookback.sel(category=categories))
    earlier = entitled.isel(year=[0]).assign_coords(year=[basis.last_year - 1])
    stock = xr.concat([earlier, entitled], dim="year", join="exact").transpose(*entitled.dims)
    flows = entries_and_exits(stock, exit_rate)
    return recognised_persons(stock, flows, waiting, _by_category(basis, "removal_lag", categories))


def _by_category(basis: Basis, parameter: str, categories: list[str]) -> xr.DataArray:
    policy, city = basis.policy, basis.city.code
    values = [policy.value(parameter, "assistance", city, basis.last_year, category) for category in categories]
    return xr.DataArray(values, {"category": categories}, ("category",))


def _of_kinds(protection: Protection, kinds: np.ndarray) -> Protection:
    """Protection of some kinds alone."""
    curves = {
        start: Curves(own.nodes, own.coefficients.sel(kind=kinds), own.error.sel(kind=kinds))
        for start, own in protection.curves.items()
    }
    return replace(protection, curves=curves, persons=protection.persons.sel(kind=kinds), out_of_scope=None)


def _residents(people: People) -> xr.DataArray:
    return people.members.sel(status=list(STATUSES["resident"])).sum("status")


def _resident_bands(people: People) -> xr.DataArray:
    if people.bands is None:
        raise AssumptionError("people: members by broad age are not projected; the basis has no layers of protection")
    return people.bands["band_members"].sel(scheme="resident", drop=True)
