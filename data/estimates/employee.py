"""Accounts of the employees' scheme by region and year: pooled fund and personal accounts, every line in whole fen."""

import numpy as np

from data.estimates.accounts import Setting, added, fen, part
from data.estimates.balance import balances
from data.estimates.recovered import recovered_money

Lines = dict[tuple[str, str], np.ndarray]


def employee_accounts(setting: Setting) -> Lines:
    """(fund, line) to (region, year) fen."""
    own = setting.choice["employee"]
    due = setting.mid_year("active") * setting.base.values * (own["employer_rate"] + own["own_rate"])
    paid = fen(due * setting.path(own["collection"]))
    return {**_pooled(setting, paid), **_accounts(setting, paid)}


def _pooled(setting: Setting, paid: np.ndarray) -> Lines:
    own = setting.choice["employee"]
    credited = part(paid, setting.path(own["account_share"]))
    flexible = part(paid, own["flexible_share"])
    revenue = {
        "employer_contribution": paid - credited - flexible,
        "flexible_contribution": flexible,
        "fiscal_subsidy": part(paid, own["subsidy_share"]),
        "transfer_in": part(paid, own["transfer_in_share"]),
        "late_fee": part(paid, own["late_fee_share"]),
        "other_revenue": recovered_money(setting)["employee"],
    }
    total = setting.spending("employee")
    spending = {
        "maternity_medical": part(total, own["maternity_medical_share"]),
        "maternity_allowance": part(total, own["maternity_allowance_share"]),
        "transfer_out": part(paid, own["transfer_out_share"]),
        "other_spending": part(total, own["other_spending_share"]),
    }
    benefits = total - added(*spending.values())
    inpatient = part(benefits, setting.path(own["inpatient_share"]))
    spending = {"benefit_inpatient": inpatient, "benefit_outpatient": benefits - inpatient, **spending}
    target = part(total[:, -1], setting.by_region(own["cover_2025"]) / 12)
    return carried(setting, "pooled", revenue, spending, target)


def _accounts(setting: Setting, paid: np.ndarray) -> Lines:
    own = setting.choice["employee"]
    credited = part(paid, setting.path(own["account_share"]))
    # The own contributions of employees, not of the flexibly employed, whose whole payment is one line of the pool.
    from_own = part(paid, own["own_rate"] / (own["employer_rate"] + own["own_rate"]) * (1 - own["flexible_share"]))
    noise = setting.noise("account spending", own["cost_noise_region"])
    spent = part(credited, setting.path(own["account_spending"]) * noise)
    other = part(spent, own["account_other_share"])
    revenue = {"employer_contribution": credited - from_own, "own_contribution": from_own}
    spending = {"benefit_outpatient": spent - other, "other_spending": other}
    return carried(setting, "personal_account", revenue, spending, part(credited[:, -1], own["account_years_held"]))


def carried(
    setting: Setting, fund: str, revenue: dict[str, np.ndarray], spending: dict[str, np.ndarray], target: np.ndarray
) -> Lines:
    """The flows of a fund with its interest and balances, so that it closes the last year at the target."""
    rate = setting.path(setting.choice["interest"]["rate"])
    opening, closing, interest = balances(added(*revenue.values()), added(*spending.values()), rate, target)
    lines = {**revenue, "interest": interest, **spending, "opening_balance": opening, "closing_balance": closing}
    return {(fund, line): amount for line, amount in lines.items()}
