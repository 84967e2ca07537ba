"""Benefit rules: published and recalled ones from the facts, what they leave open from the choices, both carried back.

A rule that is known from a late year only is carried back unchanged to the first year, marked as an estimate, so that
past years can be evaluated.
"""

from collections.abc import Iterable, Iterator

from actuarial.contract import TABLES
from actuarial.schema import BENEFIT_PARAMETERS, LAYERS
from data.estimates.facts import chosen_rows, fact_rows
from data.estimates.rows import ESTIMATED, Row

_KEY = tuple(name for name in TABLES["benefits"].key if name != "from_year")


def benefit_rows(choice: dict) -> list[Row]:
    """Rows of the table of Ningbo, by layer, parameter and year."""
    code, own = choice["city"]["code"], choice["benefits"]
    rows: list[Row] = [*fact_rows("ningbo_benefits")]
    chosen = [{**row, "region": code} for row in chosen_rows("ningbo_benefits")]
    for row in (*chosen, *chosen_rows("ningbo_regional_benefits")):
        rows.append({**row, "provenance": ESTIMATED})
    rows += carried_back(rows, choice["city"]["first_year"], own["carried_years"])
    return sorted(rows, key=_place)


def carried_back(rows: Iterable[Row], first_year: int, years: Iterable[int]) -> Iterator[Row]:
    """The rules of some years as those of the first year, where no earlier rule is known for the same case."""
    rows = list(rows)
    starts: dict[tuple, int] = {}
    for row in rows:
        key = _case(row)
        starts[key] = min(int(str(row["from_year"])), starts.get(key, 9999))
    for row in rows:
        year = int(str(row["from_year"]))
        if year in set(years) and starts[_case(row)] == year:
            source = f"估算 沿用{year}年标准"
            yield {**row, "from_year": first_year, "provenance": ESTIMATED, "source": source}


def _case(row: Row) -> tuple:
    return tuple(row[name] for name in _KEY)


def _place(row: Row) -> tuple:
    layer, parameter = LAYERS.index(str(row["layer"])), list(BENEFIT_PARAMETERS).index(str(row["parameter"]))
    return layer, parameter, int(str(row["from_year"]))
