"""The vocabulary: dims, units, ledger lines and the columns of every table of a city folder.

Labels in Chinese and English live in the catalogue of wording, under the same names.
"""

from dataclasses import dataclass
from decimal import Decimal

OPEN_AGE = 100
AGES = tuple(range(OPEN_AGE + 1))
SEXES = ("female", "male")

SCHEMES = ("employee", "resident", "assistance")
STATUSES = {"employee": ("active", "retired"), "resident": ("child", "student", "adult")}
ALL_STATUSES = STATUSES["employee"] + STATUSES["resident"]
CATEGORIES = ("destitute", "subsistence", "near_poor", "impoverished_by_illness")
SERVICES = ("inpatient", "outpatient", "chronic")
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
        "central_subsidy",
        "provincial_subsidy",
        "local_budget",
        "lottery",
        "donations",
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
LEVEL_INFLOWS = ("from_above", "from_below")
LEVEL_OUTFLOWS = ("to_above", "to_below")
BALANCES = ("opening_balance", "closing_balance")
UNDIVIDED = ("revenue_undivided", "spending_undivided")


def ledger_lines(scheme: str) -> tuple[str, ...]:
    """Every line that the ledger table may hold for a scheme."""
    return REVENUE_LINES[scheme] + SPENDING_LINES[scheme] + LEVEL_INFLOWS + LEVEL_OUTFLOWS + BALANCES


ALL_LINES = tuple(dict.fromkeys(line for scheme in SCHEMES for line in ledger_lines(scheme)))
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


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its name, what its cells hold, and the words allowed in them."""

    name: str
    kind: str  # region, year, age, choice, number, count, unit, text
    choices: tuple[str, ...] = ()
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a city folder."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    unit_kinds: tuple[str, ...]
    is_required: bool = True

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)


# measure, indicator or parameter -> kind of unit that its value must have
VITAL_MEASURES = {
    "death_rate": "rate",
    "death_improvement": "rate",
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
    "interest_rate": "rate",
    # benefits
    "deductible": "money",
    "reimbursement_rate": "ratio",
    "cap": "money",
    "outpatient_deductible": "money",
    "outpatient_rate": "ratio",
    "outpatient_cap": "money",
    "critical_deductible": "money",
    "critical_rate": "ratio",
    "critical_deductible_factor": "ratio",
    "critical_rate_assisted": "ratio",
    "assistance_rate": "ratio",
    "assistance_cap": "money",
    "safety_net_threshold": "money",
    "lookback": "month",
    "subsidised_share": "ratio",
    # membership: completed age above which nobody changes scheme any more
    "settled_age": "year",
    # reserve, warning and gate
    "reserve_confidence": "ratio",
    "reserve_horizon": "year",
    "reserve_revenue_floor": "ratio",
    "reserve_revenue_ceiling": "ratio",
    "cover_low": "month",
    "cover_high": "month",
    "gate_growth_limit": "ratio",
    "gate_revision_limit": "ratio",
    "gate_estimated_limit": "ratio",
}
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
    ("all", "cover_low"),
    ("all", "cover_high"),
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
    "net_migration": (),
    "births": (),
    "deaths": (),
}
SCENARIO_QUANTITIES = tuple(SCENARIO_SCHEMES)
OPERATIONS = ("multiply", "growth")

_PROVENANCE = (Column("provenance", "choice", PROVENANCES), Column("source", "text"))
_VALUE = (Column("value", "number"), Column("unit", "unit"))
_REGION = Column("region", "region")
_YEAR = Column("year", "year")
_SEX = Column("sex", "choice", (*SEXES, "total"))
_AGE = Column("age", "age")
_INSURED = Column("scheme", "choice", ("employee", "resident"))


def _table(
    name: str,
    keys: tuple[Column, ...],
    unit_kinds: tuple[str, ...],
    is_required: bool = True,
    extra: tuple[Column, ...] = (),
) -> Table:
    columns = keys + extra + _VALUE + _PROVENANCE
    return Table(name, columns, tuple(column.name for column in keys), unit_kinds, is_required)


TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        _table("population", (_REGION, _YEAR, _SEX, _AGE), ("person",)),
        _table(
            "vital_rates",
            (_REGION, _YEAR, Column("measure", "choice", tuple(VITAL_MEASURES)), _SEX, _AGE),
            ("rate", "ratio", "person"),
        ),
        _table(
            "enrolment",
            (_REGION, _YEAR, _INSURED, Column("status", "choice", (*ALL_STATUSES, "all")), _SEX, _AGE),
            ("person",),
        ),
        _table(
            "ledger",
            (
                _REGION,
                _YEAR,
                Column("scheme", "choice", SCHEMES),
                Column("fund", "choice", ("pooled", "personal_account", "assistance", "total")),
                Column("line", "choice", ALL_LINES),
                Column("vintage", "choice", VINTAGES),
            ),
            ("money",),
        ),
        _table(
            "claims",
            (_REGION, _YEAR, _INSURED, Column("service", "choice", SERVICES), _SEX, _AGE),
            ("money",),
        ),
        _table(
            "claim_bands",
            (
                _REGION,
                _YEAR,
                _INSURED,
                Column("category", "choice", (*CATEGORIES, "none", "all")),
                _AGE,
                Column("lower", "count"),
                Column("upper", "count", is_required=False),
            ),
            ("money",),
            is_required=False,
            extra=(Column("persons", "count"),),
        ),
        _table(
            "assistance",
            (
                _REGION,
                _YEAR,
                Column("category", "choice", (*CATEGORIES, "all")),
                Column("measure", "choice", tuple(ASSISTANCE_MEASURES)),
            ),
            ("person", "money", "visit"),
        ),
        _table(
            "utilisation",
            (
                _REGION,
                _YEAR,
                _INSURED,
                Column("service", "choice", (*SERVICES, "all")),
                Column("measure", "choice", tuple(UTILISATION_MEASURES)),
            ),
            ("visit", "money"),
            is_required=False,
        ),
        _table(
            "economy",
            (_REGION, _YEAR, Column("indicator", "choice", tuple(INDICATORS))),
            ("money", "money_per_head", "ratio"),
        ),
        _table(
            "policy",
            (
                _REGION,
                Column("scheme", "choice", (*SCHEMES, "critical", "all")),
                Column("parameter", "choice", tuple(PARAMETERS)),
                Column("detail", "text", is_required=False),
                Column("from_year", "year"),
            ),
            ("money", "money_per_head", "ratio", "rate", "month", "year"),
        ),
        Table(
            "scenarios",
            (
                Column("scenario", "text"),
                Column("name_zh", "text"),
                Column("name_en", "text"),
                Column("scheme", "choice", (*SCHEMES, "all")),
                Column("quantity", "choice", SCENARIO_QUANTITIES),
                Column("operation", "choice", OPERATIONS),
                Column("from_year", "year"),
                Column("to_year", "year"),
                *_VALUE,
                Column("reason_zh", "text"),
                Column("reason_en", "text"),
                *_PROVENANCE,
            ),
            ("scenario", "scheme", "quantity", "from_year"),
            ("ratio", "rate"),
            is_required=False,
        ),
    )
}

CATALOGUE_COLUMNS = ("file", "sha256", "publisher", "title", "published", "as_of", "unit", "licence")
FILE_SUFFIXES = (".csv", ".parquet", ".xlsx")
