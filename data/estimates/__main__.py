"""Rewrite the tables of the shipped city folders: ``python -m data.estimates``."""

from pathlib import Path

from data.estimates.catalogue import catalogue_entries
from data.estimates.ningbo import estimate_ningbo
from data.estimates.ningbo_tables import ningbo_tables
from data.estimates.rows import write_folder

DATA = Path(__file__).parent.parent


def main() -> None:
    """Write both folders."""
    for city, tables in {"ningbo": ningbo_tables(estimate_ningbo())}.items():
        write_folder(DATA / city, tables, catalogue_entries(city, tables))


if __name__ == "__main__":
    main()
