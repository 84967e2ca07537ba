"""The lines of the resident scheme's fund."""

import numpy as np
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.fund.base_lines import base_lines, in_proportion, total
from actuarial.fund.employee_lines import benefit_lines
from actuarial.payers import Payers, payment_index, rule_factor
from actuarial.people import People
from actuarial.revenue.subsidies import financing_standard
from actuarial.schema import STATUSES

INDIVIDUAL = ("individual_contribution", "collective_support", "assisted_contribution", "fiscal_assisted_contribution")
SMALL_SPENDING = ("other_spending",)


def resident_flows(
    basis: Basis,
    people: People,
    payers: Payers | None,
    central: xr.DataArray,
    deviation: xr.DataArray,
) -> dict[str, xr.DataArray]:
    """Flow lines of ``resident_pooled``: (draw, region, year), yuan.

    Revenue is heads x standard; the standard is certain where it is decided and moves with the shocks of financing
    after that. Benefits follow the members' expected cost and its trend; critical illness follows what its layer pays,
    or benefits where the folder has no rules of it; other spending keeps its proportion to benefits, other revenue its
    proportion to financing.
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
    return in_proportion(
        individual, growth["individual_contribution"] / base["individual_contribution"]
    ) | in_proportion(subsidy, growth["fiscal_subsidy"] / base["fiscal_subsidy"])


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
