"""From checked tables to a basis: calibrate the last year, fit the trends, put what is selected in their place.

The slow, statistical step.
"""

from dataclasses import replace

import numpy as np
import xarray as xr

from actuarial.assumptions.basis import BaseYear, Basis, History, Trends
from actuarial.assumptions.history import read_history, read_official_population, read_vital
from actuarial.assumptions.policy import Policy, read_policy
from actuarial.assumptions.selection import apply_selections, read_selections
from actuarial.benefit.protection import Protection
from actuarial.city import City
from actuarial.demography.membership import mid_year
from actuarial.errors import AssumptionError
from actuarial.experience.base_year import FINANCING, calibrate, contribution_rate, contributions
from actuarial.experience.people import fit_people
from actuarial.experience.protection import expected_aid, fit_protection
from actuarial.experience.trend import fit_trends
from actuarial.experience.trend_rivals import rival_trends
from actuarial.schema import PEOPLE_UNCERTAINTY, REVENUE_LINES, SCENARIO_QUANTITIES, SCHEMES, SERIES, STATUSES
from actuarial.tables import CityData

BENEFITS = ("benefit_inpatient", "benefit_outpatient", "spending_undivided")
AID = ("inpatient_assistance", "outpatient_assistance", "spending_undivided")
APPROPRIATIONS = tuple(line for line in REVENUE_LINES["assistance"] if line not in ("interest", "other_revenue"))
# The fund whose declared breaks cut each series. Contributions are those of both employee funds together (fund total):
# a new split between pooled fund and personal accounts does not break them.
FUND_OF_SERIES = {
    "effective_base": ("employee", "total"),
    "employee_cost": ("employee", "pooled"),
    "resident_cost": ("resident", "pooled"),
    "resident_financing": ("resident", "pooled"),
    "assistance_cost": ("assistance", "assistance"),
    "assistance_income": ("assistance", "assistance"),
}


def fit(data: CityData, horizon: int) -> Basis:
    """The basis of a city for a horizon of years, at its baseline: as indicated, but where the folder selects.

    Parameters and errors are those of :func:`fit_indicated`.
    """
    indicated = fit_indicated(data, horizon)
    selections = read_selections(data.frames.get("selections"))

    def selected(trends: Trends) -> Trends:
        return apply_selections(trends, selections, data.city.code)

    rivals = {name: selected(rival) if isinstance(rival, Trends) else rival for name, rival in indicated.rivals.items()}
    return replace(indicated, trends=selected(indicated.trends), rivals=rivals)


def fit_indicated(data: CityData, horizon: int) -> Basis:
    """The same before anything is selected.

    Parameters
    ----------
    data : checked tables
    horizon : number of forecast years, at least 2 (the year now running and the budget year)

    Raises
    ------
    AssumptionError
        If something the projection needs is missing or too short.
    """
    if horizon < 2:
        raise AssumptionError(
            f"years: {horizon}; the budget year is the second forecast year, so at least 2 are needed"
        )
    city = data.city
    years = np.arange(city.first_forecast_year, city.first_forecast_year + horizon)
    policy = read_policy(city.code, data.frames["policy"])
    history, held = read_history(data), read_vital(data, years)
    base_year = calibrate(history, held, policy, city.last_year)
    vital, people = fit_people(data, history, held, base_year, policy)
    layers = fit_protection(data, history, policy, years)
    levels = series_levels(city, history, base_year, policy)
    if layers is not None:
        levels = beyond_layers(data, history, layers, levels)
    is_broken = broken_steps(city, levels["year"].values)
    trends = fit_trends(levels, is_broken, years)
    return Basis(
        city=city,
        years=years,
        policy=policy,
        history=history,
        vital=vital,
        base_year=base_year,
        trends=trends,
        people=people,
        people_uncertainty=PEOPLE_UNCERTAINTY["both"],
        layers=layers,
        official_population=read_official_population(data),
        official_factor=None,
        scenario="baseline",
        factors=xr.DataArray(
            np.ones((len(SCENARIO_QUANTITIES), len(SCHEMES), horizon)),
            coords={"quantity": list(SCENARIO_QUANTITIES), "scheme": list(SCHEMES), "year": years},
            dims=("quantity", "scheme", "year"),
        ),
        rivals=rival_trends(trends, levels, is_broken),
    )


def series_levels(city: City, history: History, base_year: BaseYear, policy: Policy) -> xr.DataArray:
    """The annual series whose growth is projected.

    effective_base = contributions / (mid-year active members x rate): contribution base times collection
    employee_cost, resident_cost = benefits / cost expected of the members at last year's prices
    resident_financing = financing / mid-year resident members
    assistance_cost = aid / mid-year resident members, or see beyond_layers; assistance_income = appropriations

    Returns
    -------
    (series, region, year), NaN where not published
    """
    ledger, last = history.ledger, city.last_year
    members = mid_year(history.members)
    years = np.intersect1d(ledger["year"].values, members["year"].values)
    years = years[years <= last]
    ledger, members = ledger.sel(year=years), members.sel(year=years)
    residents = members.sel(status=list(STATUSES["resident"])).sum("status", min_count=1)
    rate = xr.DataArray(
        [[contribution_rate(policy, str(region), int(year)) for year in years] for region in ledger["region"].values],
        dims=("region", "year"),
        coords={"region": ledger["region"], "year": years},
    )
    both = [contributions(ledger, int(year)) for year in years]
    received = xr.concat([pooled + account for pooled, account in both], dim="year").assign_coords(year=years)
    series = {
        "effective_base": received / (members.sel(status="active", drop=True) * rate),
        "employee_cost": _lines(ledger, "employee_pooled", BENEFITS) / _expected(base_year, "employee", years),
        "resident_cost": _lines(ledger, "resident_pooled", BENEFITS) / _expected(base_year, "resident", years),
        "resident_financing": _lines(ledger, "resident_pooled", FINANCING) / residents,
        "assistance_cost": _lines(ledger, "assistance", AID) / residents,
        "assistance_income": _lines(ledger, "assistance", APPROPRIATIONS),
    }
    panel = xr.concat([series[name].transpose("region", "year") for name in SERIES], dim="series", join="outer")
    return panel.assign_coords(series=list(SERIES))


def beyond_layers(data: CityData, history: History, layers: Protection, levels: xr.DataArray) -> xr.DataArray:
    """The same with ``assistance_cost`` as aid over what the layers of assistance would have paid.

    Persons, their cost and the rules are then no part of the series; its growth is what the accounts show beyond them.
    Where the bands of cost do not set the assisted apart, the layers say nothing of aid, and the series stays.
    """
    if not layers.has_assisted:
        return levels
    cost = levels.sel(series="resident_cost", drop=True)
    expected = expected_aid(data, layers, cost / cost.sel(year=data.city.last_year, drop=True))
    aid = _lines(history.ledger.sel(year=levels["year"]), "assistance", AID)
    is_aid = levels["series"] == "assistance_cost"
    return xr.where(is_aid, aid / expected, levels).transpose(*levels.dims)


def broken_steps(city: City, years: np.ndarray) -> xr.DataArray:
    """True where the step into a year crosses a declared break of the series' fund: (series, year)."""
    declared = {(part.scheme, part.fund, part.year) for part in city.breaks}
    flags = [[(*FUND_OF_SERIES[name], int(year)) in declared for year in years] for name in SERIES]
    return xr.DataArray(flags, dims=("series", "year"), coords={"series": list(SERIES), "year": years})


def _lines(ledger: xr.DataArray, fund: str, lines: tuple[str, ...]) -> xr.DataArray:
    return ledger.sel(fund=fund, line=list(lines), drop=True).sum("line", min_count=1)


def _expected(base_year: BaseYear, scheme: str, years: np.ndarray) -> xr.DataArray:
    return base_year.expected_cost.sel(scheme=scheme, drop=True).reindex(year=years)
