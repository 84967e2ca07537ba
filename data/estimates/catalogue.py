"""What the catalogue says of the files of a shipped folder: publisher, title, dates, licence."""

from collections.abc import Iterator, Mapping

from data.estimates.facts import read_facts


def catalogue_entries(city: str, tables: Mapping[str, bytes]) -> Iterator[dict[str, str]]:
    """One entry a table, in the order of the tables, from ``facts/catalogue.csv``."""
    frame = read_facts("catalogue")
    said = {row["table"]: row for row in frame[frame["city"] == city].to_dict("records")}
    for name in tables:
        row = said[name]
        yield {
            "file": f"{name}.csv",
            **{key: row[key] for key in ("publisher", "title", "published", "as_of", "licence")},
            "unit": "by row",
        }
