"""What is decided about people: the ages of retirement, what wages do to migration, and the scenarios of a folder."""

from collections.abc import Iterator

from data.estimates.facts import fact_rows
from data.estimates.rows import ESTIMATED, Row, number


def people_policy_rows(region: str, choice: dict) -> Iterator[Row]:
    """Ages of retirement by the decree, for the whole folder, and how much migration answers to wages."""
    for row in fact_rows("retirement"):
        first = choice["city"]["first_year"] if row["parameter"] == "retirement_age" else row["from_year"]
        yield {**row, "region": region, "from_year": first}
    people = choice["people"]
    key = {"region": region, "scheme": "all", "parameter": "migration_wage_response", "detail": ""}
    value = {"value": number(people["migration_wage_response"], 4), "unit": "1"}
    provenance = {"provenance": ESTIMATED, "source": people["migration_wage_source"]}
    yield {**key, "from_year": choice["city"]["last_year"], **value, **provenance}


def stress_rows(table: str, city: str) -> Iterator[Row]:
    """Scenarios, or ranges of sensitivity, that all folders share and those of this one."""
    for row in fact_rows(table):
        if row["cities"] in ("all", city):
            yield row
