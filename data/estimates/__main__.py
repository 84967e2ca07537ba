"""Rewrite the tables of the shipped city folders: ``python -m data.estimates``."""

from pathlib import Path

from data.estimates.catalogue import catalogue_entries
from data.estimates.china import estimate_china
from data.estimates.china_tables import china_tables
from data.estimates.ningbo import estimate_ningbo
from data.estimates.ningbo_tables import ningbo_tables
from data.estimates.rows import write_folder

DATA = Path(__file__).parent.parent


def city_tables() -> dict[str, dict[str, bytes]]:
    """Tables of every shipped folder, as bytes."""
    return {"ningbo": ningbo_tables(estimate_ningbo()), "china": china_tables(estimate_china())}


def main() -> None:
    """Write both folders."""
    for city, tables in city_tables().items():
        write_folder(DATA / city, tables, catalogue_entries(city, tables))


if __name__ == "__main__":
    main()
