"""Dated policy values of Ningbo: published and recalled ones from the facts, the others from the choices."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from data.estimates.facts import fact_rows, figure
from data.estimates.resident import BASE, subsidy_standard
from data.estimates.rows import ESTIMATED, Row, number

if TYPE_CHECKING:
    from data.estimates.ningbo import Ningbo

METHOD = "估算 docs/method/estimates.md"
INTERVIEW = "resident_subsidy_per_head"


def policy_rows(city: "Ningbo") -> Iterator[Row]:
    """Rows of the policy table."""
    code, choice = city.choice["city"]["code"], city.choice
    first = choice["city"]["first_year"]
    employee, resident = choice["employee"], choice["resident"]

    def chosen(
        scheme: str, parameter: str, values: Mapping[str, float] | Mapping[int, float], unit: str
    ) -> Iterator[Row]:
        for year, value in values.items():
            key = {"region": code, "scheme": scheme, "parameter": parameter, "detail": "", "from_year": year}
            yield {**key, "value": number(value, 6), "unit": unit, "provenance": ESTIMATED, "source": METHOD}

    yield from chosen("employee", "employer_rate", {first: employee["employer_rate"]}, "1")
    yield from chosen("employee", "account_share", employee["account_share"], "1")
    yield from chosen("resident", "individual_contribution", resident["individual_contribution"], "yuan/person")
    standards = {year: value for year, value in subsidy_standard(city.setting).items() if year != BASE}
    yield from chosen("resident", "fiscal_subsidy", standards, "yuan/person")
    row = next(row for row in fact_rows("ningbo_figures") if row["indicator"] == INTERVIEW)
    key = {"region": code, "scheme": "resident", "parameter": "fiscal_subsidy", "detail": "", "from_year": BASE}
    value = number(figure("ningbo_figures", code, BASE, INTERVIEW))
    yield {**key, "value": value, **{name: row[name] for name in ("unit", "provenance", "source")}}
    yield from chosen("resident", "financing_growth", {first: resident["financing_growth"]}, "1/year")
    yield from chosen("all", "interest_rate", choice["interest"]["rate"], "1/year")
    yield from fact_rows("ningbo_policy")
