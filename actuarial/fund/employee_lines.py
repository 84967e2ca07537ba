"""The lines of the employee scheme's two funds: pooled fund and personal accounts."""

import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.errors import AssumptionError
from actuarial.experience.base_year import CONTRIBUTIONS, contribution_rate
from actuarial.fund.base_lines import base_lines, in_proportion, total
from actuarial.payers import Payers, rule_factor
from actuarial.people import People
from actuarial.revenue.contributions import employee_contributions, split_to_accounts
from actuarial.schema import SPENDING_LINES

SMALL_REVENUE = ("fiscal_subsidy", "transfer_in", "late_fee", "other_revenue")
SMALL_SPENDING = ("transfer_out", "other_spending")
SERVICES_OF_LINE = {"benefit_inpatient": ("inpatient",), "benefit_outpatient": ("outpatient", "chronic")}


def employee_flows(
    basis: Basis,
    people: People,
    payers: Payers | None,
    central: xr.DataArray,
    deviation: xr.DataArray,
) -> dict[str, dict[str, xr.DataArray]]:
    """Flow lines of ``employee_pooled`` and ``employee_account``: (draw, region, year), yuan.

    Contributions follow members, base, rate and collection; benefits follow the members' expected cost and its trend;
    maternity care follows births as well, maternity allowance births and the base; the small revenue lines keep their
    proportion to contributions, the small spending lines theirs to benefits, and what accounts spend theirs to what
    is credited to them.

    Parameters
    ----------
    central, deviation : log growth of the series since the last closed year, and the draws' deviation from it
    """
    factor = basis.factors.sel(scheme="employee", drop=True)
    path = xr.ufuncs.exp(central + deviation)
    wages = path.sel(series="effective_base", drop=True) * factor.sel(quantity="contribution_base", drop=True)
    cost = path.sel(series="employee_cost", drop=True) * factor.sel(quantity="spending", drop=True)
    cost = cost * rule_factor(payers, "employee")
    received = _contributions(basis, people.members, wages)
    pooled, account = split_to_accounts(received, account_share(basis))
    pooled_lines = _contribution_lines(basis, "employee_pooled", pooled)
    account_lines = _contribution_lines(basis, "employee_account", account)
    pooled_index = pooled / total(base_lines(basis, "employee_pooled", CONTRIBUTIONS))
    pooled_lines |= in_proportion(base_lines(basis, "employee_pooled", SMALL_REVENUE), pooled_index)
    pooled_lines |= _benefit_lines(basis, people.expected, people.births, cost, wages)
    credited = base_lines(basis, "employee_account", CONTRIBUTIONS)
    if credited:
        account_index = account / total(credited)
        small = (*SMALL_REVENUE, *SPENDING_LINES["employee"])
        account_lines |= in_proportion(base_lines(basis, "employee_account", small), account_index)
    for fund, lines in (("employee_pooled", pooled_lines), ("employee_account", account_lines)):
        if base_lines(basis, fund, ("interest",)):
            lines["interest"] = xr.zeros_like(pooled)
    return {"employee_pooled": pooled_lines, "employee_account": account_lines}


def account_share(basis: Basis) -> xr.DataArray:
    """Share of contributions credited to accounts: last year's, moved as the dated rule moves: (region, year)."""
    rows = []
    for region in map(str, basis.history.ledger["region"].values):
        now = basis.policy.value("account_share", "employee", region, basis.last_year)
        rule = [basis.policy.value("account_share", "employee", region, int(year)) for year in basis.years]
        if now == 0 and any(rule):
            raise AssumptionError(f"account_share: zero in {basis.last_year} for region {region} and positive later")
        rows.append([value / now if now else 1.0 for value in rule])
    moved = xr.DataArray(
        rows, dims=("region", "year"), coords={"region": basis.history.ledger["region"], "year": basis.years}
    )
    return basis.base_year.account_share * moved


def _contributions(basis: Basis, members: xr.DataArray, wages: xr.DataArray) -> xr.DataArray:
    factor = basis.factors.sel(scheme="employee", drop=True)
    regions = members["region"].values
    rate = xr.DataArray(
        [[contribution_rate(basis.policy, str(region), int(year)) for year in basis.years] for region in regions],
        dims=("region", "year"),
        coords={"region": regions, "year": basis.years},
    )
    base = basis.history.contribution_base.sel(year=basis.last_year, drop=True) * wages
    return employee_contributions(
        members.sel(status="active", year=basis.years, drop=True),
        base,
        rate * factor.sel(quantity="contribution_rate", drop=True),
        basis.base_year.collection_rate * factor.sel(quantity="collection", drop=True),
    )


def _contribution_lines(basis: Basis, fund: str, received: xr.DataArray) -> dict[str, xr.DataArray]:
    base = base_lines(basis, fund, CONTRIBUTIONS)
    return in_proportion(base, received / total(base)) if base else {}


def _benefit_lines(
    basis: Basis, expected: xr.DataArray, births: xr.DataArray, cost: xr.DataArray, wages: xr.DataArray
) -> dict[str, xr.DataArray]:
    lines = benefit_lines(basis, "employee", expected, cost)
    care = base_lines(basis, "employee_pooled", ("maternity_medical",))
    allowance = base_lines(basis, "employee_pooled", ("maternity_allowance",))
    benefits = ("benefit_inpatient", "benefit_outpatient", "spending_undivided")
    index = total(lines) / total(base_lines(basis, "employee_pooled", benefits))
    small = in_proportion(base_lines(basis, "employee_pooled", SMALL_SPENDING), index)
    return lines | in_proportion(care, births * cost) | in_proportion(allowance, births * wages) | small


def benefit_lines(basis: Basis, scheme: str, expected: xr.DataArray, cost: xr.DataArray) -> dict[str, xr.DataArray]:
    """Benefits by line: expected cost of its services times the trend; one line where the ledger is undivided."""
    own = expected.sel(scheme=scheme, year=basis.years, drop=True)
    if base_lines(basis, f"{scheme}_pooled", ("spending_undivided",)):
        return {"spending_undivided": own.sum("service") * cost}
    return {line: own.sel(service=list(services)).sum("service") * cost for line, services in SERVICES_OF_LINE.items()}
