"""Who pays for the members' care: payments of every layer of protection, from what care costs the pooled funds.

1. persons of every kind: members of a broad age; among residents the assisted by category, and the others;
2. cost index of every kind: the trend of its fund's cost at constant membership, times how much dearer the kind became
   by ageing within its broad age;
3. cost scale: that at which the rules of the base year make the fund pay for one person as much more as the index says;
4. payments of every layer at that scale, under the rules in force.

Amounts of the rules that are raised by an index pay as if cost had been divided by it, and the payment multiplied.
Beyond the years that anybody plans for they may follow the cost of the draw, so that rules keep their place.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.benefit.curves import payments
from actuarial.benefit.protection import AID, BASIC, NOT_ASSISTED, UNASSISTED, Protection, scale_at, summed_over
from actuarial.errors import AssumptionError
from actuarial.evaluation.equity import regional_inequality
from actuarial.people import People
from actuarial.schema import STATUSES

# Who pays in-scope cost, as pages tell it
PAYERS = {
    "basic": BASIC,
    "critical": ("critical",),
    "assistance": AID,
    "commercial": ("commercial",),
    "own": ("own",),
}
COST_SERIES = {"employee": "employee_cost", "resident": "resident_cost"}


@dataclass(frozen=True, slots=True)
class Payers:
    """Persons and what the layers pay for them, the last closed year in front.

    persons : (..., region, kind, year), person-year
    scale : (..., region, kind, year), 1, yearly cost of a person over that of the base year
    level : (year,) or (..., region, kind, year), 1, amounts of the rules over those that are written
    amount : (..., region, kind, layer, year), yuan
    rules : (..., region, scheme, year), 1, forecast years, what a change of rules multiplies the basic benefits by;
        None where no rule changes
    out_of_scope : (..., region, kind, year), yuan, what the members pay beyond the scope of the rules; None where the
        rules do not say what is in it
    """

    persons: xr.DataArray
    scale: xr.DataArray
    level: xr.DataArray
    amount: xr.DataArray
    rules: xr.DataArray | None
    out_of_scope: xr.DataArray | None = None


def pay_layers(basis: Basis, people: People, central: xr.DataArray, deviation: xr.DataArray) -> Payers | None:
    """Payments of all layers for all members; None where the folder has no benefit rules.

    Parameters
    ----------
    central, deviation : log growth of the series since the last closed year, and the draws' deviation from it

    Raises
    ------
    AssumptionError
        If more are assisted than there are members of their age, or a cost leaves the range of the curves.
    """
    protection = basis.layers
    if protection is None:
        return None
    persons = members_by_kind(protection, people)
    index, level = cost_index(basis, people, central, deviation), amount_index(basis, central, deviation)
    scale = cost_scale(protection, index, level)
    amount = payments_under_rules(protection, scale, level) * persons
    amount = amount.transpose(..., "region", "kind", "layer", "year")
    beyond = None if protection.out_of_scope is None else persons * scale * protection.out_of_scope
    return Payers(persons, scale, level, amount, rule_effect(protection, persons * index, amount), beyond)


def rule_factor(payers: Payers | None, scheme: str) -> xr.DataArray | float:
    """What a change of rules multiplies the benefits of a scheme by: (..., region, year), 1."""
    return 1.0 if payers is None or payers.rules is None else payers.rules.sel(scheme=scheme, drop=True)


def payment_index(payers: Payers, layers: tuple[str, ...], scheme: str) -> xr.DataArray:
    """What layers pay for the members of a scheme over the last closed year: (..., region, year), forecast years, 1."""
    amount = payers.amount.isel(kind=np.flatnonzero(payers.amount["scheme"].values == scheme))
    whole = amount.sel(layer=list(layers)).sum(["kind", "layer"])
    return whole.isel(year=slice(1, None)) / whole.isel(year=0, drop=True)


def members_by_kind(protection: Protection, people: People) -> xr.DataArray:
    """Members of every kind: (..., region, kind, year), person-year.

    Assisted persons of a category are divided over the broad ages in proportion to the members of each age and to the
    share of them who were assisted in the base year.

    Raises
    ------
    AssumptionError
        If more are assisted than there are resident members of their age.
    """
    kinds, members = protection.kinds, _bands(people)["band_members"]
    whole = members.sel(scheme=kinds["scheme"], band=kinds["band"])
    is_assisted = ~kinds["category"].isin(UNASSISTED)
    if not bool(is_assisted.any()):
        return whole.transpose(..., "region", "kind", "year")
    if people.assisted is None:
        raise AssumptionError(
            "assistance: no history of assisted persons, and the claim bands divide members by category"
        )
    own, heads = (table.isel(kind=is_assisted.values) for table in (protection.persons, whole))
    weight = (own * heads / heads.isel(year=0, drop=True)).where(own > 0, 0.0)
    total = summed_over(weight, "category").sel(category=own["category"])
    assisted = people.assisted.sel(category=own["category"]) * (weight / total)
    taken = summed_over(assisted, "band")
    is_other = kinds["category"] == NOT_ASSISTED
    rest = whole - sum(
        (taken.sel(band=band, drop=True) * (is_other & (kinds["band"] == band)) for band in taken["band"].values),
        start=xr.zeros_like(whole),
    )
    _refuse_more_than_members(rest, whole)
    parts = [assisted, rest.isel(kind=~is_assisted.values)]
    joined = xr.concat(xr.broadcast(*parts, exclude=["kind"]), dim="kind", join="exact")
    return joined.sel(kind=kinds["kind"]).transpose(..., "region", "kind", "year")


def _refuse_more_than_members(rest: xr.DataArray, whole: xr.DataArray) -> None:
    short = (rest < 0).transpose("kind", ...)
    if not bool(short.any()):
        return
    first = dict(zip(short.dims, np.argwhere(short.values)[0], strict=True))
    left, members = rest.isel(first), whole.isel(first)
    region, year = left["region"].item(), left["year"].item()
    raise AssumptionError(
        f"assistance: {(members - left).item():,.0f} assisted persons in region {region} in {year} in the broad age "
        f"from {left['band'].item()} on, which has {members.item():,.0f} resident members; "
        "see eligible persons and how claim_bands divide them over ages"
    )


def cost_index(basis: Basis, people: People, central: xr.DataArray, deviation: xr.DataArray) -> xr.DataArray:
    """What a person of each kind costs the pooled fund, over the last closed year: (..., region, kind, year), 1.

    One in front. The trend of the fund's cost at constant membership times the growth of expected cost per member of
    the broad age, so that what a broad age costs the fund grows as in its ledger.
    """
    bands, last = _bands(people), basis.last_year
    kinds = basis.layers.kinds if basis.layers is not None else bands["band"]
    per_head = bands["band_expected"] / bands["band_members"].where(bands["band_members"] > 0)
    ageing = (per_head / per_head.sel(year=last, drop=True)).sel(scheme=kinds["scheme"], band=kinds["band"])
    whole = _cost_trend(basis, central, deviation).sel(scheme=kinds["scheme"])
    return (whole * ageing).transpose(..., "region", "kind", "year")


def amount_index(basis: Basis, central: xr.DataArray, deviation: xr.DataArray) -> xr.DataArray:
    """Amounts of the rules over those that are written, one for the last closed year.

    Returns
    -------
    (year,), 1, where they rise at decided rates alone; (..., region, kind, year) where they follow cost from some year
    on: the yearly growth of what the fund pays at constant membership, to the power of the response

    Source
    ------
    Own choice. Guofa (1998) 44 sets deductible and cap as multiples of the average wage, so that amounts are meant to
    move; by cost, since layers then pay the same shares and no draw leaves what caps can pay.
    """
    protection = basis.layers
    if protection is None:
        raise AssumptionError("layers: the basis has no layers of protection, whose amounts could be raised")
    if protection.response is None:
        return protection.index
    growth = xr.ufuncs.log(_cost_trend(basis, central, deviation)).diff("year")
    followed = xr.ufuncs.exp((growth * protection.response).cumsum("year"))
    return _after_one(followed, basis.last_year).sel(scheme=protection.kinds["scheme"]) * protection.index


def _cost_trend(basis: Basis, central: xr.DataArray, deviation: xr.DataArray) -> xr.DataArray:
    """What a member of constant age costs a fund, over the last closed year: (..., region, scheme, year), 1."""
    path = xr.ufuncs.exp(central + deviation).sel(series=list(COST_SERIES.values()))
    trend = path.rename(series="scheme").assign_coords(scheme=list(COST_SERIES))
    factors = basis.factors.sel(quantity="spending", scheme=list(COST_SERIES), drop=True)
    return _after_one(trend * factors, basis.last_year)


def _after_one(path: xr.DataArray, year: int) -> xr.DataArray:
    first = xr.ones_like(path.isel(year=[0])).assign_coords(year=[year])
    return xr.concat([first, path], dim="year", join="exact")


def cost_scale(protection: Protection, index: xr.DataArray, level: xr.DataArray) -> xr.DataArray:
    """Cost of a person over that of the base year at which the fund pays the index times as much: as ``index``, 1.

    Parameters
    ----------
    level : as :func:`amount_index` gives it

    Source
    ------
    Own choice: the trend is one of what the fund pays, measured under the rules of the base year, and its deductible,
    rates and cap say how cost grew for it to do so.
    """
    own = (index / level).transpose(*index.dims)
    return (scale_at(next(iter(protection.curves.values())), own) * level).transpose(*index.dims)


def rule_effect(protection: Protection, unchanged: xr.DataArray, amount: xr.DataArray) -> xr.DataArray | None:
    """What a change of rules multiplies the benefits of the basic layer by; None where no rule changes.

    Parameters
    ----------
    unchanged : (..., region, kind, year), persons times cost index, as under the base year's rules
    amount : (..., region, kind, layer, year), yuan

    Returns
    -------
    (..., region, scheme, year), 1, forecast years
    """
    if len(protection.curves) == 1:
        return None
    first = next(iter(protection.curves.values()))
    one = payments(first, xr.DataArray(1.0)).sel(layer=list(BASIC)).sum("layer")
    before = summed_over(unchanged * one, "scheme")
    after = summed_over(amount.sel(layer=list(BASIC)).sum("layer"), "scheme")
    later = {"year": slice(1, None)}
    effect = (after.isel(later) / before.isel(later)).transpose(..., "region", "scheme", "year")
    return effect.where(effect["year"] >= list(protection.curves)[1], 1.0)


def payers_views(payers: Payers) -> xr.Dataset:
    """What is counted of the draws: who pays for in-scope care, by scheme; aid by category; what is reimbursed.

    Returns
    -------
    paid_region, paid_city : (..., scheme, payer, year_all), yuan
    aid_region, aid_city : (..., category, year_all), yuan, before it is brought to the accounts
    reimbursed_region, reimbursed_city : (..., protected, year_all), 1; resident members assisted or not
    actual_region, actual_city : the same of all cost, in scope or not, where it is known
    """
    amount = xr.concat([_of_payer(payers.amount, layers) for layers in PAYERS.values()], dim="payer", join="exact")
    paid = summed_over(amount.assign_coords(payer=list(PAYERS)), "scheme").transpose(..., "scheme", "payer", "year")
    own = payers.amount.isel(kind=np.flatnonzero(~np.isin(payers.amount["category"], UNASSISTED)))
    views = {"paid": paid}
    if own.sizes["kind"]:
        aid = summed_over(own.sel(layer=list(AID)).sum("layer"), "category")
        views |= {"aid": aid.transpose(..., "category", "year"), "protected": _protected(payers)}
    tables = {}
    for name, table in views.items():
        tables |= {f"{name}_region": table, f"{name}_city": table.sum("region")}
    dataset = xr.Dataset(tables).rename(year="year_all")
    for place in ("region", "city") if "protected" in views else ():
        parts = dataset[f"protected_{place}"]
        own, whole = parts.sel(part="own", drop=True), parts.sel(part="all", drop=True)
        dataset[f"reimbursed_{place}"] = 1 - own / whole
        if "beyond" in parts["part"].values:
            dataset[f"actual_{place}"] = (whole - own) / (whole + parts.sel(part="beyond", drop=True))
    return dataset.drop_vars(["protected_region", "protected_city", "part"], errors="ignore")


def inequality_views(payers: Payers, income: xr.DataArray | None) -> xr.DataArray | None:
    """How aid per assisted person and own payments per resident differ over regions; None without assisted kinds.

    Parameters
    ----------
    income : (region,), yuan a head; without it nothing is said of concentration

    Returns
    -------
    (..., measure, part, year), 1, forecast years; measures ``aid`` and ``own``
    """
    kinds = payers.amount["kind"]
    assisted = ~kinds["category"].isin(UNASSISTED).values
    if not assisted.any():
        return None
    measures = {"aid": (assisted, AID), "own": (kinds["scheme"].values == "resident", PAYERS["own"])}
    later, found = slice(1, None), []
    for chosen, layers in measures.values():
        places = {"kind": np.flatnonzero(chosen), "year": later}
        amount = _of_payer(payers.amount.isel(places), layers)
        found.append(regional_inequality(amount, payers.persons.isel(places), income))
    joined = xr.concat(found, dim="measure", join="exact").assign_coords(measure=list(measures))
    return joined.transpose(..., "measure", "part", "year")


def _of_payer(amount: xr.DataArray, layers: tuple[str, ...]) -> xr.DataArray:
    return amount.sel(layer=list(layers)).sum("layer")


def _protected(payers: Payers) -> xr.DataArray:
    """Own payments, in-scope cost and, if known, cost beyond of residents: (..., part, protected, year), yuan."""
    category = payers.amount["category"].values
    chosen = {"assisted": ~np.isin(category, UNASSISTED), "others": category == NOT_ASSISTED}
    groups = []
    for is_member in chosen.values():
        places = {"kind": np.flatnonzero(is_member)}
        members = payers.amount.isel(places)
        parts = {"own": members.sel(layer="own", drop=True).sum("kind"), "all": members.sum(["kind", "layer"])}
        if payers.out_of_scope is not None:
            parts["beyond"] = payers.out_of_scope.isel(places).sum("kind")
        groups.append(xr.concat(list(parts.values()), dim="part", join="exact").assign_coords(part=list(parts)))
    joined = xr.concat(groups, dim="protected", join="exact").assign_coords(protected=list(chosen))
    return joined.transpose(..., "part", "protected", "year")


def payments_under_rules(protection: Protection, scale: xr.DataArray, level: xr.DataArray) -> xr.DataArray:
    """Payments for one person under the rules in force each year: (..., region, kind, layer, year), yuan."""
    starts = list(protection.curves)
    parts: list[xr.DataArray] = []
    for start, following in zip(starts, [*starts[1:], None], strict=True):
        years = [year for year in scale["year"].values.tolist() if year >= start or start == starts[0]]
        years = [year for year in years if following is None or year < following]
        if years:
            now = level.sel(year=years)
            parts.append(payments(protection.curves[start], scale.sel(year=years) / now) * now)
    return xr.concat(parts, dim="year", join="exact")


def _bands(people: People) -> xr.Dataset:
    """Members and expected cost by broad age, which add up to those of their scheme in the last closed year too.

    Its ages are known at its end alone; its members and claims are those of the year.
    """
    if people.bands is None:
        raise AssumptionError("people: members by broad age are not projected; the basis has no layers of protection")
    parts = [people.members.sel(status=list(statuses)).sum("status") for statuses in STATUSES.values()]
    whole = {
        "band_members": xr.concat(parts, dim="scheme", join="exact").assign_coords(scheme=list(STATUSES)),
        "band_expected": people.expected.sum("service").sel(scheme=list(STATUSES)),
    }
    tables = {}
    for name, total in whole.items():
        own = people.bands[name].sel(scheme=list(STATUSES))
        tables[name] = (own * (total / own.sum("band"))).transpose(*own.dims)
    return xr.Dataset(tables)
