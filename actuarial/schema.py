"""The vocabulary: dims, units, ledger lines, measures and parameters.

Labels in Chinese and English live in the catalogue of wording, under the same names.
"""

from decimal import Decimal

OPEN_AGE = 100
AGES = tuple(range(OPEN_AGE + 1))
SEXES = ("female", "male")

SCHEMES = ("employee", "resident", "assistance")
STATUSES = {"employee": ("active", "retired"), "resident": ("child", "student", "adult")}
ALL_STATUSES = STATUSES["employee"] + STATUSES["resident"]
CATEGORIES = ("destitute", "subsistence", "near_poor", "impoverished_by_illness")
SERVICES = ("inpatient", "outpatient", "chronic")
# Who pays, in this order; what no layer pays is left to the person.
LAYERS = ("basic", "critical", "assistance", "commercial")
TIERS = ("primary", "secondary", "tertiary")
AREAS = ("local", "referred", "unreferred")
# Whom a benefit rule is for: a status, a category, everyone in some category, everyone in none, or everyone.
BENEFIT_GROUPS = (*ALL_STATUSES, *CATEGORIES, "assisted", "none", "all")
# What moves people away from their central path, by the word that a user says
PEOPLE_UNCERTAINTY = {
    "both": frozenset(("parameter", "process")),
    "parameter": frozenset(("parameter",)),
    "process": frozenset(("process",)),
    "none": frozenset[str](),
}
PROVENANCES = ("official", "unverified", "estimated")
VINTAGES = ("final", "preliminary")

# fund -> (scheme, fund as the ledger table writes it)
FUNDS = {
    "employee_pooled": ("employee", "pooled"),
    "employee_account": ("employee", "personal_account"),
    "resident_pooled": ("resident", "pooled"),
    "assistance": ("assistance", "assistance"),
}
# What the ledger table may hold: the funds, and the employee scheme's two together for years that publish no split.
LEDGER_FUNDS = (*FUNDS.values(), ("employee", "total"))
# The funds that carry risk: a personal account never pays for anyone else.
POOLED_FUNDS = ("employee_pooled", "resident_pooled", "assistance")
SCHEME_FUND = {"employee": "employee_pooled", "resident": "resident_pooled", "assistance": "assistance"}

# Who gives the money of medical assistance: the lines of its revenue that may each have a path of their own.
MONEY_SOURCES = ("central_subsidy", "provincial_subsidy", "local_budget", "lottery", "donations")
REVENUE_LINES = {
    "employee": (
        "employer_contribution",
        "own_contribution",
        "flexible_contribution",
        "fiscal_subsidy",
        "interest",
        "transfer_in",
        "late_fee",
        "other_revenue",
        "revenue_undivided",
    ),
    "resident": (
        "individual_contribution",
        "collective_support",
        "assisted_contribution",
        "fiscal_assisted_contribution",
        "fiscal_subsidy",
        "interest",
        "other_revenue",
        "revenue_undivided",
    ),
    "assistance": (
        *MONEY_SOURCES,
        "interest",
        "other_revenue",
        "revenue_undivided",
    ),
}
SPENDING_LINES = {
    "employee": (
        "benefit_inpatient",
        "benefit_outpatient",
        "maternity_medical",
        "maternity_allowance",
        "transfer_out",
        "other_spending",
        "spending_undivided",
    ),
    "resident": (
        "benefit_inpatient",
        "benefit_outpatient",
        "critical_illness",
        "other_spending",
        "spending_undivided",
    ),
    "assistance": (
        "subsidised_enrolment",
        "inpatient_assistance",
        "outpatient_assistance",
        "other_spending",
        "spending_undivided",
    ),
}
# Care that hospitals are owed for and paid in advance; the premium of critical illness is neither.
CARE_LINES = (
    "benefit_inpatient",
    "benefit_outpatient",
    "maternity_medical",
    "inpatient_assistance",
    "outpatient_assistance",
    "spending_undivided",
)
DEPOSIT_TERMS = ("demand", "3-month", "6-month", "1-year", "2-year", "3-year", "5-year")
QUARTERS = ("q1", "q2", "q3", "q4")
# What stands between the accounts and what was earned or paid for: owed to hospitals, advanced to them, and
# contributions received for the year to come.
COMMITMENTS = ("outstanding", "advance", "received_early")
LEVEL_INFLOWS = ("from_above", "from_below")
LEVEL_OUTFLOWS = ("to_above", "to_below")
BALANCES = ("opening_balance", "closing_balance")
UNDIVIDED = ("revenue_undivided", "spending_undivided")
MONTHS = tuple(range(1, 13))


def ledger_lines(scheme: str) -> tuple[str, ...]:
    """Every line that the ledger table may hold for a scheme."""
    return REVENUE_LINES[scheme] + SPENDING_LINES[scheme] + LEVEL_INFLOWS + LEVEL_OUTFLOWS + BALANCES


ALL_LINES = tuple(dict.fromkeys(line for scheme in SCHEMES for line in ledger_lines(scheme)))
FLOW_LINES = tuple(line for line in ALL_LINES if line not in BALANCES)
# Words that mark a sub-total; such a row may not stand among the detail.
SUBTOTAL_WORDS = ("合计", "小计", "总计", "subtotal", "sub_total", "total")

# unit as written -> (kind, factor to the unit of the kind)
UNITS: dict[str, tuple[str, Decimal]] = {
    "yuan": ("money", Decimal(1)),
    "元": ("money", Decimal(1)),
    "10k_yuan": ("money", Decimal(10_000)),
    "万元": ("money", Decimal(10_000)),
    "100m_yuan": ("money", Decimal(100_000_000)),
    "亿元": ("money", Decimal(100_000_000)),
    "person": ("person", Decimal(1)),
    "人": ("person", Decimal(1)),
    "10k_person": ("person", Decimal(10_000)),
    "万人": ("person", Decimal(10_000)),
    "visit": ("visit", Decimal(1)),
    "人次": ("visit", Decimal(1)),
    "10k_visit": ("visit", Decimal(10_000)),
    "万人次": ("visit", Decimal(10_000)),
    "100m_visit": ("visit", Decimal(100_000_000)),
    "亿人次": ("visit", Decimal(100_000_000)),
    "yuan/person": ("money_per_head", Decimal(1)),
    "元/人": ("money_per_head", Decimal(1)),
    "1": ("ratio", Decimal(1)),
    "percent": ("ratio", Decimal("0.01")),
    "%": ("ratio", Decimal("0.01")),
    "permille": ("ratio", Decimal("0.001")),
    "‰": ("ratio", Decimal("0.001")),
    "1/year": ("rate", Decimal(1)),
    "percent/year": ("rate", Decimal("0.01")),
    "month": ("month", Decimal(1)),
    "year": ("year", Decimal(1)),
}


# measure, indicator or parameter -> kind of unit that its value must have
VITAL_MEASURES = {
    "death_rate": "rate",
    "death_improvement": "rate",
    "life_expectancy": "year",
    "birth_rate": "rate",
    "sex_ratio_at_birth": "ratio",
    "net_migration": "person",
    "births": "person",
    "deaths": "person",
    "crude_birth_rate": "ratio",
    "crude_death_rate": "ratio",
}
ASSISTANCE_MEASURES = {
    "eligible": "person",
    "subsidised": "person",
    "subsidised_amount": "money",
    "direct_aid": "money",
    "safety_net": "money",
    "visits": "visit",
}
UTILISATION_MEASURES = {"visits": "visit", "cost": "money", "out_of_area_visits": "visit", "out_of_area_cost": "money"}
INDICATORS = {
    "contribution_base": "money_per_head",
    "average_wage": "money_per_head",
    "disposable_income": "money_per_head",
    "gdp": "money",
    "gdp_per_head": "money_per_head",
    "local_budget_revenue": "money",
    "local_budget_spending": "money",
    "urban_share": "ratio",
    "health_expenditure": "money",
}
PARAMETERS = {
    # financing
    "employer_rate": "ratio",
    "own_rate": "ratio",
    "account_share": "ratio",
    "base_floor": "ratio",
    "base_cap": "ratio",
    "individual_contribution": "money_per_head",
    "fiscal_subsidy": "money_per_head",
    "financing_growth": "rate",
    # what balances earn: one rate, or shares and rates by the term of the deposit in detail
    "interest_rate": "rate",
    "deposit_share": "ratio",
    "deposit_rate": "rate",
    # when money comes and goes within the year, and what is owed, advanced or received early at its end
    "spending_quarter_share": "ratio",
    "early_contribution_share": "ratio",
    "settlement_lag": "month",
    "advance_payment": "month",
    # money between the levels, yuan a year of one region
    **dict.fromkeys(("from_above", "from_below", "to_above", "to_below"), "money"),
    # medical assistance: who is paid for, when needs are reviewed, and when its money is short or too much
    "subsidised_share": "ratio",
    "review_income_share": "ratio",
    "recognition_lag": "month",
    "assisted_exit_rate": "rate",
    "removal_lag": "month",
    "temporary_relief_share": "ratio",
    "assistance_surplus_ceiling": "ratio",
    "shortfall_probability_limit": "ratio",
    "usage_threshold": "ratio",
    # the path of every source of its money
    "money_growth": "rate",
    "money_spread": "ratio",
    "money_common_share": "ratio",
    "money_regional_share": "ratio",
    # how the city's assistance money is shared out over its regions, and what part of their bills others pay
    "allocation_burden_weight": "ratio",
    "allocation_floor_share": "ratio",
    "allocation_largest_rise": "ratio",
    "reimbursement_benchmark": "ratio",
    # a prevention programme: what pays for it, cost and effects a person and year, worth of an avoided admission
    "prevention_share": "ratio",
    "prevention_cost": "money_per_head",
    "prevention_admissions": "ratio",
    "prevention_admissions_error": "ratio",
    "prevention_saving": "money_per_head",
    "prevention_saving_error": "money_per_head",
    "prevention_correlation": "ratio",
    "prevention_worth": "money",
    # one fund: what a region is to collect of the revenue expected of it, and its part of what it collects less
    "collection_target": "ratio",
    "responsibility_share": "ratio",
    # what the amounts of benefit rules are raised by, how far they follow the fund's cost beside; how care per member
    # at constant age grows
    "benefit_indexation": "rate",
    "benefit_cost_response": "ratio",
    "intensity_growth": "rate",
    # membership: completed age above which nobody changes scheme any more
    "settled_age": "year",
    # where births and net migration go in the long run, and what wages do to migration
    "long_run_fertility": "ratio",
    "long_run_migration": "rate",
    "migration_wage_response": "ratio",
    # statutory age of retirement, the months it is moved by per year of birth, and where that ends
    "retirement_age": "year",
    "retirement_delay": "month",
    "retirement_age_limit": "year",
    # budget: the small surplus that it aims at, over revenue; how far off its outturn may be before it is adjusted
    "surplus_target": "ratio",
    "adjustment_threshold": "ratio",
    # reserve, warning and gate
    "reserve_confidence": "ratio",
    "reserve_one_year_confidence": "ratio",
    "reserve_horizon": "year",
    "reserve_revenue_floor": "ratio",
    "reserve_revenue_ceiling": "ratio",
    "cover_low": "month",
    "cover_high": "month",
    # largest multiple of a scenario's changes that reverse stress looks at
    "stress_limit": "ratio",
    "gate_growth_limit": "ratio",
    "gate_revision_limit": "ratio",
    "gate_estimated_limit": "ratio",
}
# Parameters without unit that are no shares: shown as they are, not in percent.
PLAIN_PARAMETERS = (
    "long_run_fertility",
    "stress_limit",
    "prevention_admissions",
    "prevention_admissions_error",
    "prevention_correlation",
)
# What a benefit rule may say: the kind of its unit, and the layers that have it.
BENEFIT_PARAMETERS = {
    "deductible": "money",
    "deductible_income_share": "ratio",
    "deductible_factor": "ratio",
    "reimbursement_rate": "ratio",
    "rate_floor": "ratio",
    "area_factor": "ratio",
    "cap": "money",
    "is_uncapped": "ratio",
    "in_scope_share": "ratio",
    "full_cover": "money",
    "safety_net_threshold": "money",
    "safety_net_rate": "ratio",
    "lookback": "month",
    "participation": "ratio",
}
BENEFIT_LAYERS = dict.fromkeys(BENEFIT_PARAMETERS, LAYERS) | {
    "deductible_income_share": ("critical", "assistance"),
    "deductible_factor": ("critical",),
    "rate_floor": ("critical",),
    "area_factor": ("basic",),
    "in_scope_share": ("basic",),
    "full_cover": ("basic",),
    "safety_net_threshold": ("assistance",),
    "safety_net_rate": ("assistance",),
    "lookback": ("assistance",),
    "participation": ("commercial",),
}
# How the payers of an adjustment fund are written: everyone no other fund names, or names with this between them
EVERY_PAYER, PAYERS_BETWEEN = "all", ";"
# What the rules of an adjustment fund may say
ADJUSTMENT_PARAMETERS = {
    "paid_in_share": "ratio",
    "covered_share_of_deficit": "ratio",
    "covered_share_of_excess": "ratio",
    "is_prorated": "ratio",
    "balance_ceiling": "ratio",
    "interest_rate": "rate",
}
# Early warning: what a rule may look at, how, and its colours from the mildest to the gravest (蓝, 黄, 橙, 红).
WARNING_INDICATORS = {
    "months_of_cover": "month",
    "surplus_ratio": "ratio",
    "spending_growth_gap": "ratio",
    "cost_income_growth_gap": "ratio",
    "spending_excess": "ratio",
    "assistance_usage": "ratio",
    "unspent_share": "ratio",
}
WARNING_COMPARISONS = ("above", "below")
WARNING_COLOURS = ("blue", "yellow", "orange", "red")
# Parameters that the projection cannot do without: (scheme, parameter)
NEEDED_PARAMETERS = (
    ("employee", "employer_rate"),
    ("employee", "own_rate"),
    ("employee", "account_share"),
    ("resident", "individual_contribution"),
    ("resident", "fiscal_subsidy"),
    ("resident", "financing_growth"),
    ("all", "settled_age"),
    ("all", "interest_rate"),
    ("all", "reserve_confidence"),
    ("all", "reserve_horizon"),
    ("all", "reserve_revenue_floor"),
    ("all", "reserve_revenue_ceiling"),
    ("employee", "cover_low"),
    ("employee", "cover_high"),
    ("all", "gate_growth_limit"),
    ("all", "gate_revision_limit"),
    ("all", "gate_estimated_limit"),
)
# What a scenario may change, and the schemes that have it; people belong to no scheme and are changed for all.
SCENARIO_SCHEMES = {
    "contribution_base": ("employee",),
    "collection": ("employee",),
    "contribution_rate": ("employee",),
    "individual_contribution": ("resident",),
    "fiscal_subsidy": ("resident", "assistance"),
    "spending": SCHEMES,
    "retirement_pace": ("employee",),
    "net_migration": (),
    "births": (),
    "deaths": (),
    "official_population": (),
}
SCENARIO_QUANTITIES = tuple(SCENARIO_SCHEMES)
# Official totals are met or not: there is no range of them.
SENSITIVITY_QUANTITIES = tuple(name for name in SCENARIO_QUANTITIES if name != "official_population")
OPERATIONS = ("multiply", "growth")
BOUNDS = ("low", "high")
# Annual series whose growth a fit indicates, and those of them whose centre the policy table says and not a trend.
SERIES = (
    "effective_base",
    "employee_cost",
    "resident_cost",
    "resident_financing",
    "assistance_cost",
    "assistance_income",
)
POLICY_SERIES = ("resident_financing",)
