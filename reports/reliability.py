"""Whether a stated probability of a deficit was kept, as a table and a sentence; for the report and the backtest."""

from collections.abc import Mapping, Sequence
from typing import Any

from actuarial.backtest.deficit import INTERVAL, LEAST_CELLS
from reports.tables import NOTHING, Row, Table
from reports.view import View


def reliability_table(view: View, record: Mapping[str, Any]) -> Table:
    """One row per bin of the stated probability that has a cell."""
    rows = []
    for part in record["bins"]:
        if not part["count"]:
            continue
        ends = {name: view.percent(part[f"{side}_probability"], 0) for name, side in (("low", "from"), ("high", "to"))}
        interval = {name: view.percent(part[side], 0) for name, side in (("low", "lower"), ("high", "upper"))}
        cells = (
            view.number(part["count"]),
            view.percent(part["stated"], 0),
            view.percent(part["observed"], 0),
            view.say("report.band", **interval),
        )
        rows.append(Row(view.say("report.band", **ends), cells))
    heads = ("bin", "count", "stated", "observed", "interval")
    words = {"interval": view.percent(INTERVAL, 0), "horizon": record["horizon"]}
    shown = tuple(view.say(f"reliability.{head}", **words) for head in heads)
    caption = view.say("reliability.caption", first=record["origins"][0], last=record["origins"][-1], **words)
    return Table("reliability", caption, shown, tuple(rows), (view.say("reliability.note"),))


def brier_table(view: View, records: Sequence[Mapping[str, Any]]) -> Table:
    """Brier score of every fund and of all together, and its parts."""
    names = ("brier", "reliability", "resolution", "uncertainty", "within", "skill")
    rows = []
    for record in records:
        if not record["count"]:
            continue
        label = view.say("reliability.all") if record["fund"] == "all" else view.say(f"fund.{record['fund']}")
        shown = [NOTHING if record[name] is None else view.number(record[name], 3) for name in names]
        rate = view.percent(record["base"], 0)
        rows.append(
            Row(label, (view.number(record["count"]), rate, *shown), "total" if record["fund"] == "all" else "line")
        )
    heads = tuple(view.say(f"reliability.{head}") for head in ("fund", "count", "base", *names))
    return Table(
        "brier", view.say("reliability.brier_caption"), heads, tuple(rows), (view.say("reliability.brier_note"),)
    )


def reliability_tables(view: View, records: Sequence[Mapping[str, Any]]) -> list[Table]:
    """Both tables where there are enough cells to tell anything; nothing otherwise."""
    whole = [record for record in records if record["fund"] == "all" and record["count"] >= LEAST_CELLS]
    return [reliability_table(view, whole[0]), brier_table(view, records)] if whole else []
