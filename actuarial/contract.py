"""The contract of a city folder: its tables, their columns and what the cells may hold."""

from dataclasses import dataclass

from actuarial.schema import (
    ADJUSTMENT_PARAMETERS,
    ALL_LINES,
    ALL_STATUSES,
    AREAS,
    ASSISTANCE_MEASURES,
    BENEFIT_GROUPS,
    BENEFIT_PARAMETERS,
    BOUNDS,
    CATEGORIES,
    FLOW_LINES,
    FUNDS,
    INDICATORS,
    LAYERS,
    MONTHS,
    OPERATIONS,
    PARAMETERS,
    PROVENANCES,
    SCENARIO_QUANTITIES,
    SCHEMES,
    SENSITIVITY_QUANTITIES,
    SERIES,
    SERVICES,
    SEXES,
    TIERS,
    UTILISATION_MEASURES,
    VINTAGES,
    VITAL_MEASURES,
    WARNING_COLOURS,
    WARNING_COMPARISONS,
    WARNING_INDICATORS,
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its name, what its cells hold, and the words allowed in them.

    Where it is not required its cells may be empty, and the whole column may be left out.
    """

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

    @property
    def needed_names(self) -> tuple[str, ...]:
        """Names of the columns that a file must have."""
        return tuple(column.name for column in self.columns if column.is_required)


_PROVENANCE = (Column("provenance", "choice", PROVENANCES), Column("source", "text"))
_VALUE = (Column("value", "number"), Column("unit", "unit"))
_REGION = Column("region", "region")
_YEAR = Column("year", "year")
_SEX = Column("sex", "choice", (*SEXES, "total"))
_AGE = Column("age", "age")
_INSURED = Column("scheme", "choice", ("employee", "resident"))
_FUND = (
    Column("scheme", "choice", SCHEMES),
    Column("fund", "choice", tuple(dict.fromkeys(fund for _, fund in FUNDS.values()))),
)


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
            "budgets",
            (_REGION, _YEAR, *_FUND, Column("line", "choice", ALL_LINES), Column("version", "count")),
            ("money",),
            is_required=False,
            extra=(Column("adopted", "text"),),
        ),
        _table(
            "outturn",
            (
                _REGION,
                _YEAR,
                Column("month", "choice", tuple(str(month) for month in MONTHS)),
                *_FUND,
                Column("line", "choice", FLOW_LINES),
            ),
            ("money",),
            is_required=False,
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
        _table(
            "benefits",
            (
                _REGION,
                Column("scheme", "choice", ("employee", "resident", "all")),
                Column("layer", "choice", LAYERS),
                Column("group", "choice", BENEFIT_GROUPS),
                Column("age", "age", is_required=False),
                Column("service", "choice", (*SERVICES, "all")),
                Column("tier", "choice", (*TIERS, "all")),
                Column("area", "choice", (*AREAS, "all")),
                Column("parameter", "choice", tuple(BENEFIT_PARAMETERS)),
                Column("admission", "count", is_required=False),
                Column("lower", "count", is_required=False),
                Column("upper", "count", is_required=False),
                Column("from_year", "year"),
            ),
            ("money", "ratio", "month"),
            is_required=False,
        ),
        _table(
            "care",
            (
                _REGION,
                _YEAR,
                _INSURED,
                _AGE,
                Column("lower", "count"),
                Column("tier", "choice", TIERS),
                Column("area", "choice", AREAS),
                Column("admissions", "count"),
                Column("inpatient_share", "count"),
                Column("chronic_share", "count"),
            ),
            ("ratio",),
            is_required=False,
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
            ("scenario", "scheme", "quantity", "operation", "from_year", "to_year"),
            ("ratio", "rate"),
            is_required=False,
        ),
        Table(
            "sensitivities",
            (
                Column("sensitivity", "text"),
                Column("name_zh", "text"),
                Column("name_en", "text"),
                Column("scheme", "choice", (*SCHEMES, "all")),
                Column("quantity", "choice", SENSITIVITY_QUANTITIES),
                Column("operation", "choice", OPERATIONS),
                Column("from_year", "year"),
                Column("to_year", "year"),
                Column("bound", "choice", BOUNDS),
                *_VALUE,
                *_PROVENANCE,
            ),
            ("sensitivity", "bound"),
            ("ratio", "rate"),
            is_required=False,
        ),
        Table(
            "adjustment_rules",
            (
                Column("fund", "text"),
                Column("payers", "text"),
                Column("scheme", "choice", (*SCHEMES, "all")),
                Column("parameter", "choice", tuple(ADJUSTMENT_PARAMETERS)),
                Column("lower", "count", is_required=False),
                Column("upper", "count", is_required=False),
                *_VALUE,
                *_PROVENANCE,
            ),
            ("fund", "scheme", "parameter", "lower"),
            ("ratio", "rate"),
            is_required=False,
        ),
        Table(
            "warning_rules",
            (
                Column("rule", "text"),
                Column("scheme", "choice", (*SCHEMES, "all")),
                Column("indicator", "choice", tuple(WARNING_INDICATORS)),
                Column("comparison", "choice", WARNING_COMPARISONS),
                Column("colour", "choice", WARNING_COLOURS),
                Column("value", "number"),
                Column("clear", "number"),
                Column("unit", "unit"),
                Column("clause_zh", "text"),
                Column("clause_en", "text"),
                *_PROVENANCE,
            ),
            ("rule", "scheme", "colour"),
            ("ratio", "month"),
            is_required=False,
        ),
        Table(
            "selections",
            (
                _REGION,
                Column("series", "choice", SERIES),
                Column("from_year", "year"),
                Column("to_year", "year"),
                *_VALUE,
                Column("decided", "text"),
                Column("reason_zh", "text"),
                Column("reason_en", "text"),
                *_PROVENANCE,
            ),
            ("region", "series", "from_year", "to_year"),
            ("rate",),
            is_required=False,
        ),
    )
}

CATALOGUE_COLUMNS = ("file", "sha256", "publisher", "title", "published", "as_of", "unit", "licence")
FILE_SUFFIXES = (".csv", ".parquet", ".xlsx")
