"""The lines of the resident scheme's fund."""

import numpy as np
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.errors import AssumptionError
from actuarial.fund.base_lines import base_lines, in_proportion, total
from actuarial.fund.employee_lines import benefit_lines
from actuarial.payers import Payers, payment_index, rule_factor
from actuarial.people import People
from actuarial.revenue.subsidies import financing_standard
from actuarial.schema import STATUSES

INDIVIDUAL = ("individual_contribution", "collective_support", "assisted_contribution", "fiscal_assisted_contribution")
SMALL_SPENDING = ("other_spending",)
PAID_SHARE = "subsidised_share"


def resident_flows(
    basis: Basis,
    people: People,
    payers: Payers | None,
    central: xr.DataArray,
    deviation: xr.DataArray,
) -> dict[str, xr.DataArray]:
    """Flow lines of ``resident_pooled``: (draw, region, year), yuan.

    Revenue is heads x standard; the standard is certain where it is decided and moves with the shocks of financing
    after that. What assistance pays of it follows its persons, where their parts are stated. Benefits follow the
    members' expected cost and its trend; critical illness follows what its layer pays, or benefits where the folder has
    no rules of it; other spending keeps its proportion to benefits, other revenue its proportion to financing.
    """
    factor = basis.factors.sel(scheme="resident", drop=True)
    cost = xr.ufuncs.exp((central + deviation).sel(series="resident_cost", drop=True))
    cost = cost * factor.sel(quantity="spending", drop=True) * rule_factor(payers, "resident")
    lines = _financing_lines(basis, people, deviation.sel(series="resident_financing", drop=True))
    financing = total(lines)
    base_financing = total(base_lines(basis, "resident_pooled", tuple(lines)))
    lines |= in_proportion(base_lines(basis, "resident_pooled", ("other_revenue",)), financing / base_financing)
    benefits = benefit_lines(basis, "resident", people.expected, cost)
    index = total(benefits) / total(base_lines(basis, "resident_pooled", tuple(benefits)))
    critical = base_lines(basis, "resident_pooled", ("critical_illness",))
    lines |= benefits | in_proportion(base_lines(basis, "resident_pooled", SMALL_SPENDING), index)
    lines |= in_proportion(critical, index if payers is None else payment_index(payers, ("critical",), "resident"))
    if base_lines(basis, "resident_pooled", ("interest",)):
        lines["interest"] = xr.zeros_like(financing)
    return lines


def _financing_lines(basis: Basis, people: People, deviation: xr.DataArray) -> dict[str, xr.DataArray]:
    factor, members = basis.factors.sel(scheme="resident", drop=True), people.members
    heads = members.sel(status=list(STATUSES["resident"])).sum("status")
    before, after = heads.sel(year=basis.last_year, drop=True), heads.sel(year=basis.years)
    regions = members["region"].values
    growth = {}
    for parameter in ("individual_contribution", "fiscal_subsidy"):
        path = financing_standard(basis.policy, parameter, regions, basis.years)
        level = path["standard"] * factor.sel(quantity=parameter, drop=True) * after
        growth[parameter] = level * xr.ufuncs.exp(since_decision(deviation, path["undecided"]))
    standards = {
        parameter: xr.DataArray(
            [basis.policy.value(parameter, "resident", str(region), basis.last_year) for region in regions],
            dims="region",
            coords={"region": regions},
        )
        for parameter in growth
    }
    base = {parameter: standard * before for parameter, standard in standards.items()}
    whole = base_lines(basis, "resident_pooled", ("revenue_undivided",))
    if whole:
        return in_proportion(whole, total(growth) / total(base))
    individual = base_lines(basis, "resident_pooled", INDIVIDUAL)
    subsidy = base_lines(basis, "resident_pooled", ("fiscal_subsidy",))
    index = growth["individual_contribution"] / base["individual_contribution"]
    lines = in_proportion(individual, index)
    if follows_persons(basis) and "assisted_contribution" in lines:
        lines |= _by_payer(basis, people, lines, individual["assisted_contribution"], index * before / after)
    return lines | in_proportion(subsidy, growth["fiscal_subsidy"] / base["fiscal_subsidy"])


def follows_persons(basis: Basis) -> bool:
    """Whether paid contributions follow the assisted persons: the part that is paid is stated, by category."""
    assisted, policy = basis.people.assisted_share, basis.policy
    if assisted is None:
        return False
    regions, categories = (assisted[dim].values.tolist() for dim in ("region", "category"))
    stated = (
        policy.stated(PAID_SHARE, "assistance", region, basis.last_year, category)
        for region in regions
        for category in categories
    )
    return any(stated)


def _by_payer(
    basis: Basis, people: People, lines: dict[str, xr.DataArray], last: xr.DataArray, standard: xr.DataArray
) -> dict[str, xr.DataArray]:
    """Contributions that assistance pays, and those that members pay themselves: together what they were.

    Paid: the line of the last closed year times the growth of assisted persons x part paid x contribution a head.

    Parameters
    ----------
    lines : contributions of individuals, all in one proportion, forecast years
    last : (region,), yuan, paid by assistance in the last closed year
    standard : (..., region, year), 1, contribution a head over that of the last closed year

    Raises
    ------
    AssumptionError
        If a category has no part that is paid, nobody was assisted where contributions were paid, or assistance
        would pay more than all contributions.

    Source
    ------
    Full for the destitute and subsistence, half at least for the near-poor: Ningbo, 2021 (seed 004). Who pays moves no
    contribution: the insured owe the same standard, whoever pays it.
    """
    if people.assisted is None:
        raise AssumptionError("people: assisted persons are not projected, and contributions are paid for them")
    paid_for = (people.assisted * _paid_share(basis, people.assisted)).sum("category")
    first = paid_for.sel(year=basis.last_year, drop=True)
    is_lost = (last > 0) & (first <= 0)
    if bool(is_lost.any()):
        region = is_lost["region"].values[np.argwhere(is_lost.transpose("region", ...).values)[0][0]]
        raise AssumptionError(
            f"ledger: assisted_contribution of region {region} in {basis.last_year}, where nobody was assisted; "
            "state eligible persons, or the part of their contribution that is paid (subsidised_share)"
        )
    paid = last * standard * (paid_for.sel(year=basis.years) / first.where(first > 0, 1.0))
    if "individual_contribution" not in lines:
        return {"assisted_contribution": paid}
    own = lines["individual_contribution"] + lines["assisted_contribution"] - paid
    if bool((own < 0).any()):
        raise AssumptionError(
            f"assisted_contribution: assistance would pay {float(-own.min()):,.0f} yuan more than all individual "
            "contributions of a region and year; look at eligible persons and subsidised_share"
        )
    return {"assisted_contribution": paid, "individual_contribution": own}


def _paid_share(basis: Basis, assisted: xr.DataArray) -> xr.DataArray:
    """Part of the individual contribution that assistance pays: (region, category, year), 1, last closed year first."""
    regions, categories = (assisted[dim].values.tolist() for dim in ("region", "category"))
    years, value = [basis.last_year, *basis.years], basis.policy.value
    rows = [
        [[value(PAID_SHARE, "assistance", region, int(year), category) for year in years] for category in categories]
        for region in regions
    ]
    return xr.DataArray(
        rows, {"region": regions, "category": categories, "year": years}, ("region", "category", "year")
    )


def since_decision(deviation: xr.DataArray, undecided: xr.DataArray) -> xr.DataArray:
    """Shocks of the years since the last decided standard; those before it are known and so are none.

    Parameters
    ----------
    deviation : (draw, region, year), cumulative log shocks
    undecided : (region, year), years since the decision
    """
    before = xr.concat([xr.zeros_like(deviation.isel(year=[0])), deviation], dim="year")
    years = deviation["year"]
    padded = before.assign_coords(year=np.concatenate([[int(years[0]) - 1], years.values]))
    return deviation - padded.sel(year=years - undecided)
