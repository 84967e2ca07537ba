"""People year by year, on their central path or in draws: population, members, and the expected cost of their care.

1. population: one cohort-component step; death rates, births and net migration moved by the shifts of the draw;
2. schemes: up to the settled age the shares of the last closed year, moved by the odds of the draw; above it those of
   the cohort a year before;
3. statuses: each scheme split by age, sex and year, as the age of retirement has it;
4. what leaves a year: sums over ages. A year's members are the mean of its two ends.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.demography.futures import Shifts
from actuarial.demography.membership import advance_schemes, group_sums, mid_year, scheme_share, shift_odds
from actuarial.demography.migration import WORKING, migration_profile
from actuarial.demography.population import step_population
from actuarial.errors import AssumptionError
from actuarial.schema import OPEN_AGE, STATUSES
from actuarial.spending.cost import expected_cost

GROUPS = np.arange(0, OPEN_AGE + 1, 5)
CELL = ("region", "sex", "age")
# Own choice: nobody of 80 or over moves to or from a city for work; a long emigration would empty the oldest cells.
SETTLED_FOR_GOOD = 80
HEADS = (*STATUSES["employee"], *STATUSES["resident"], "elder", "uninsured")
BAND_SUMS = ("band_members", "band_expected")
MID_YEAR = ("members", "elder", "people", "expected", *BAND_SUMS)
INDICATORS = ("people", "share_60", "share_65", "old_age_dependency")


@dataclass(frozen=True, slots=True)
class YearEnd:
    """One year end: (..., region, sex, age) people, (..., region, scheme, sex, age) shares, and the year's movements.

    births : (..., region, sex); deaths, migrants : (..., region, sex, age), by the cohort's age at this year end
    """

    year: int
    population: xr.DataArray
    schemes: xr.DataArray
    births: xr.DataArray
    deaths: xr.DataArray
    migrants: xr.DataArray


@dataclass(frozen=True, slots=True)
class People:
    """What the funds and the views need to know of the people; with ``draw`` in front unless on the central path.

    members : (region, status, year), person-year, from the last closed year on
    expected : (region, scheme, service, year), yuan at last year's prices, from the last closed year on
    births : (region, year), 1, relative to the last closed year
    pyramid : (region, sex, group, year), person, year ends from the last closed year on, five-year groups
    heads : (region, heads, year), person-year, from the last closed year on
    assisted : (region, category, year), person-year, or None
    bands : members and expected cost by broad age: (region, scheme, band, year), person-year and yuan, the last closed
        year as at its end; None where no layer of protection needs them
    burdened : (region, year), 1, share of resident members whose own payments pass the limit of a review, all as if not
        assisted; None where nothing is said of who is recognised
    """

    members: xr.DataArray
    expected: xr.DataArray
    births: xr.DataArray
    pyramid: xr.DataArray
    heads: xr.DataArray
    assisted: xr.DataArray | None
    bands: xr.Dataset | None
    burdened: xr.DataArray | None = None


def at_draws(people: People, places: np.ndarray) -> People:
    """The same people in some draws, by their places, which may repeat."""
    tables = {field.name: getattr(people, field.name) for field in fields(people)}
    drawn = {name: table for name, table in tables.items() if table is not None and "draw" in table.dims}
    return replace(people, **{name: table.isel(draw=places) for name, table in drawn.items()})


def year_ends(basis: Basis, shifts: Shifts) -> Iterator[YearEnd]:
    """The last closed year end and every forecast one; only one of them is held at a time.

    Raises
    ------
    AssumptionError
        If more move away than there are.
    """
    vital = basis.vital
    settled = settled_age(basis)
    now = basis.history.population.sel(year=basis.last_year, drop=True)
    schedule = migration_profile(WORKING, now["age"], SETTLED_FOR_GOOD)
    first = scheme_share(basis.base_year.share)
    schemes = first
    still = xr.zeros_like(now)
    yield YearEnd(basis.last_year, now, schemes, still.sum("age"), still, still)
    for year in basis.years:
        factor = basis.factors.sel(scheme="resident", year=year, drop=True)
        born = xr.ufuncs.exp(shifts.fertility.sel(year=year, drop=True)) * factor.sel(quantity="births", drop=True)
        dying = _death_factor(shifts, int(year)) * factor.sel(quantity="deaths", drop=True)
        moving = factor.sel(quantity="net_migration", drop=True)
        arriving, leaving = _migration(basis, shifts, int(year), now, schedule)
        step = step_population(
            now,
            (vital.death_rate.sel(year=year, drop=True) * dying).transpose(..., *CELL),
            vital.birth_rate.sel(year=year, drop=True) * born,
            vital.boys_share,
            (arriving * moving).transpose(..., *CELL),
            int(year),
            (leaving * moving).transpose(..., *CELL),
        )
        now = step.population
        carried = advance_schemes(schemes, settled)
        changed = shift_odds(first, shifts.enrolment.sel(year=year, drop=True))
        schemes = xr.where(carried["age"] > settled, carried, changed).transpose(..., *first.dims)
        yield YearEnd(int(year), now, schemes, step.births, step.deaths, step.migrants)


def project_people(basis: Basis, shifts: Shifts | None = None) -> People:
    """People of the forecast years under the shifts of draws, or on their central path; the last closed year in front.

    Raises
    ------
    AssumptionError
        If more move away than there are.
    """
    shifts = shifts or central_shifts(basis)
    ends = xr.concat([_sums(basis, end) for end in year_ends(basis, shifts)], dim="year", join="exact")
    if basis.official_factor is not None:
        ends = ends * basis.official_factor
    averaged = [name for name in MID_YEAR if name in ends]
    middle = ends[averaged].map(mid_year)
    last = _last_year(basis, ends)
    joined = xr.concat([last, middle], dim="year", join="exact")
    residents = joined["members"].sel(status=list(STATUSES["resident"])).sum("status")
    shares = _assisted_share(basis, shifts)
    births = ends["births"].sel(year=basis.years) / basis.base_year.births
    return People(
        members=joined["members"].transpose(..., "region", "status", "year"),
        expected=joined["expected"].transpose(..., "region", "scheme", "service", "year"),
        births=births.transpose(..., "region", "year"),
        pyramid=ends["pyramid"].transpose(..., "region", "sex", "group", "year"),
        heads=_heads(joined),
        assisted=None if shares is None else (residents * shares).transpose(..., "region", "category", "year"),
        bands=None if basis.layers is None else joined[list(BAND_SUMS)],
    )


def central_population(basis: Basis) -> xr.DataArray:
    """Year ends by single age: (region, sex, age, year), person, from the last closed year on."""
    ends = list(year_ends(basis, central_shifts(basis)))
    table = xr.concat([end.population for end in ends], dim="year", join="exact")
    table = table.assign_coords(year=[end.year for end in ends]).transpose(..., *CELL, "year")
    return table if basis.official_factor is None else table * basis.official_factor


def official_factor(basis: Basis, wanted: xr.DataArray) -> xr.DataArray:
    """What the people of every region, sex and age are multiplied by so that the city meets its published totals.

    Parameters
    ----------
    wanted : (year,), 1, part of the published totals to be met

    Returns
    -------
    (year,), 1; one in the last closed year

    Raises
    ------
    AssumptionError
        If a forecast year has no published total.
    """
    official = basis.official_population
    absent = set(basis.years.tolist()) - set([] if official is None else official["year"].values.tolist())
    if official is None or absent:
        raise AssumptionError(f"population: no official total of the city in {', '.join(map(str, sorted(absent)))}")
    total = central_population(replace(basis, official_factor=None)).sum(list(CELL))
    ratio = official.sel(year=basis.years) * wanted / total.sel(year=basis.years)
    return xr.concat([xr.ones_like(total.sel(year=[basis.last_year])), ratio], dim="year").drop_attrs()


def no_shift(basis: Basis, source: str) -> xr.DataArray:
    """Zero in every year, with the dims of a source but ``draw``."""
    regions = basis.history.population["region"].values
    dims = {
        "mortality": {dim: basis.vital.death_rate[dim].values for dim in ("sex", "age")},
        "fertility": {"region": regions},
        "migration": {"region": regions},
        "enrolment": {"region": regions, "scheme": list(STATUSES)},
        "assisted": {"region": regions, "category": _categories(basis)},
    }[source]
    coords = {**dims, "year": basis.years}
    return xr.DataArray(np.zeros([len(labels) for labels in coords.values()]), coords, tuple(coords))


def central_shifts(basis: Basis) -> Shifts:
    """No shift but the answer of migration to the wages of the scenario."""
    still = {source: no_shift(basis, source) for source in Shifts.__dataclass_fields__}
    wages = xr.zeros_like(basis.factors["year"], dtype=float)
    return Shifts(**{**still, "migration": still["migration"] + answer_to_wages(basis, wages)})


def answer_to_wages(basis: Basis, wages: xr.DataArray) -> xr.DataArray:
    """Net migration rate after wages leave their path: it moves with their yearly change and fades as it persists.

        rate(t) = persistence rate(t-1) + response (wages(t) - wages(t-1))

    Parameters
    ----------
    wages : (draw, year), log deviation from the central path of the baseline, to which the scenario's is added

    Returns
    -------
    (draw, region, year), 1/year

    Source
    ------
    Own choice: the equation of the migration level with the change of wages as one more shock; its response is a
    policy value. That people move to rising wages: Harris & Todaro (1970), American Economic Review 60(1).
    """
    models = basis.people
    if models.migration is None or models.wage_response is None:
        return no_shift(basis, "migration")
    scenario = xr.ufuncs.log(basis.factors.sel(scheme="employee", quantity="contribution_base", drop=True))
    path = wages + scenario
    change = path - path.shift(year=1, fill_value=0.0)
    steps = []
    rate = xr.zeros_like(change.isel(year=0, drop=True))
    for year in basis.years:
        rate = models.migration.persistence * rate + change.sel(year=year, drop=True)
        steps.append(rate)
    answered = xr.concat(steps, dim="year").assign_coords(year=basis.years) * models.wage_response
    return answered.transpose(..., "region", "year")


def people_views(people: People) -> xr.Dataset:
    """What is counted of the draws, by region and for the city: pyramid, ageing, heads and assisted persons."""
    tables = {"pyramid": people.pyramid, "heads": people.heads}
    if people.assisted is not None:
        tables["assisted"] = people.assisted
    views = {}
    for name, table in tables.items():
        views |= {f"{name}_region": table, f"{name}_city": table.sum("region")}
    views |= {f"ageing_{place}": ageing(views[f"pyramid_{place}"]) for place in ("region", "city")}
    return xr.Dataset(views).rename(year="year_all")


def ageing(pyramid: xr.DataArray) -> xr.DataArray:
    """People, the shares of 60 and of 65 and over, and people of 65 and over for one of 15-64: (..., indicator, year).

    Parameters
    ----------
    pyramid : (..., sex, group, year), person

    Source
    ------
    National Bureau of Statistics, Statistical Yearbook, notes on population: old-age dependency ratio (老年人口抚养比).
    """
    by_age = pyramid.sum("sex")
    people = by_age.sum("group")
    over_60, over_65 = (by_age.sel(group=slice(age, None)).sum("group") for age in (60, 65))
    working = by_age.sel(group=slice(15, 60)).sum("group")
    parts = [people, over_60 / people, over_65 / people, over_65 / working]
    table = xr.concat(parts, dim="indicator").assign_coords(indicator=list(INDICATORS))
    return table.transpose(..., "indicator", "year")


def settled_age(basis: Basis) -> float:
    """Completed age above which nobody changes scheme any more, in the budget year."""
    return basis.policy.value("settled_age", "all", basis.city.code, basis.budget_year)


def _categories(basis: Basis) -> list[str]:
    share = basis.people.assisted_share
    return [] if share is None else share["category"].values.tolist()


def _assisted_share(basis: Basis, shifts: Shifts) -> xr.DataArray | None:
    """Assisted persons among resident members by category, the last closed year in front; None without a history."""
    share = basis.people.assisted_share
    if share is None:
        return None
    moved = shift_odds(share, shifts.assisted, over="category")
    first = share.expand_dims(year=[basis.last_year]).broadcast_like(moved.isel(year=0, drop=True))
    return xr.concat([first, moved], dim="year", join="exact")


def _death_factor(shifts: Shifts, year: int) -> xr.DataArray:
    """What death rates are multiplied by: (draw, sex, age)."""
    return xr.ufuncs.exp(shifts.mortality.sel(year=year, drop=True))


def _migration(
    basis: Basis, shifts: Shifts, year: int, now: xr.DataArray, schedule: xr.DataArray
) -> tuple[xr.DataArray, xr.DataArray]:
    """Persons who arrive in a year, and the rate at which others leave; (..., region, sex, age), person and 1/year.

    Cells that gained in the last closed year go on gaining as many; cells that lost go on losing at the same rate of
    whoever is there. What the net rate has moved by since then comes or goes at the schedule's intensity.
    """
    given = basis.vital.net_migration.sel(year=year, drop=True)
    last = basis.history.population.sel(year=basis.last_year, drop=True)
    lost = (-given / last).where(given < 0, 0.0)
    rate = basis.people.net_migration_rate.sel(year=year, drop=True) + shifts.migration.sel(year=year, drop=True)
    pull = rate * now.sum(["sex", "age"]) / (now * schedule).sum(["sex", "age"]) * schedule
    arriving = given.where(given > 0, 0.0) + now * pull.where(pull > 0, 0.0)
    return arriving, (-pull).where(pull < 0, 0.0) - xr.ufuncs.log1p(-lost)


def _sums(basis: Basis, end: YearEnd) -> xr.Dataset:
    """What is kept of a year end: sums over ages."""
    split = basis.people.split.sel(year=end.year, drop=True)
    insured = end.population * end.schemes
    members = [
        xr.dot(insured.sel(scheme=scheme, drop=True), split.sel(status=list(statuses)), dim=["sex", "age"])
        for scheme, statuses in STATUSES.items()
    ]
    old = insured.sel(scheme="resident", age=slice(60, None), drop=True)
    sums = {
        "members": xr.concat(members, dim="status"),
        "elder": xr.dot(old, split.sel(status="adult", age=old["age"], drop=True), dim=["sex", "age"]),
        "people": end.population.sum(["sex", "age"]),
        "expected": expected_cost(insured, basis.base_year.loss_cost),
        "pyramid": group_sums(end.population, GROUPS),
        "births": end.births.sum("sex"),
        **_band_sums(basis, insured),
    }
    return xr.Dataset(sums).assign_coords(year=end.year)


def _band_sums(basis: Basis, insured: xr.DataArray) -> dict[str, xr.DataArray]:
    """Members of the broad ages for which the cost of a person is known, and their expected cost."""
    if basis.layers is None:
        return {}
    lower = basis.layers.bands
    care = (insured * basis.base_year.loss_cost.sum("service")).transpose(*insured.dims)
    sums = {"band_members": insured, "band_expected": care}
    return {name: group_sums(table, lower).sum("sex").rename(group="band") for name, table in sums.items()}


def _last_year(basis: Basis, ends: xr.Dataset) -> xr.Dataset:
    """The last closed year as published: members of the base year, claims paid; adults divided as at its end."""
    base = basis.base_year.members
    end = ends.sel(year=basis.last_year, drop=True)
    people = mid_year(basis.history.population.sel(year=[basis.last_year - 1, basis.last_year])).sum(["sex", "age"])
    paid = basis.history.claims.sum(["sex", "group"])
    adults = base.sel(status="adult", drop=True)
    elder = adults * (end["elder"] / end["members"].sel(status="adult", drop=True))
    table = xr.Dataset({"members": base, "elder": elder, "people": people.isel(year=0, drop=True), "expected": paid})
    table = table.assign({name: end[name] for name in BAND_SUMS if name in end})
    return table.assign_coords(year=basis.last_year)


def _heads(joined: xr.Dataset) -> xr.DataArray:
    """Members by status with residents of 60 and over apart, and who is not insured: (..., region, heads, year)."""
    members, elder = joined["members"], joined["elder"]
    parts = [members.sel(status=status, drop=True) for status in members["status"].values]
    parts[-1] = parts[-1] - elder
    table = xr.concat([*parts, elder, joined["people"] - members.sum("status")], dim="heads", coords="minimal")
    return table.assign_coords(heads=list(HEADS)).transpose(..., "region", "heads", "year")
