"""What it would take to keep the funds solvent, as the run found it on its first block of draws."""

from collections.abc import Mapping
from typing import Any

from reports.tables import NOTHING, Row, Table, with_small
from reports.view import View


def takes_tables(view: View) -> list[Table]:
    """One table of every lever, changed now and delayed; none where the run has too few draws to ask."""
    answers: list[dict[str, Any]] = view.manifest.get("solved") or []
    known = next((answer for answer in answers if "refused" not in answer), None)
    if known is None:
        return []
    levers = dict.fromkeys((answer["scheme"], answer["lever"]) for answer in answers)
    delays = list(dict.fromkeys(answer["delay"] for answer in answers))
    rows = []
    for scheme, lever in levers:
        own = [answer for answer in answers if (answer["scheme"], answer["lever"]) == (scheme, lever)]
        first = own[0]
        name = f"{view.say(f'scheme.{scheme}')} · {view.say(f'lever.{lever}')}"
        now = ["", ""]
        if "refused" not in first:
            now = [_span(view, first["today"], first["unit"]), view.percent(first["fails_today"])]
        rows.append(Row(name, (*(cell or NOTHING for cell in now), *(_needed(view, answer) for answer in own))))
    words = {"first": known["first_year"], "last": known["last_year"], "target": view.percent(known["target"], 0)}
    heads = tuple(view.say(f"takes.{head}") for head in ("lever", "today", "fails"))
    columns = tuple(view.say("takes.from_year", year=view.budget_year + delay) for delay in delays)
    sure = view.percent(known["confidence"], 0)
    note = view.say("takes.note", draws=view.number(known["draws"]), confidence=sure)
    return [Table("takes", view.say("takes.caption", **words), (*heads, *columns), tuple(rows), (note,))]


def _needed(view: View, answer: Mapping[str, Any]) -> str:
    if "refused" in answer:
        return view.say("takes.refused")
    ends = [answer["looser"], answer["stricter"]]
    if None in ends:
        return _span(view, answer["needed"], answer["unit"])
    low, high = (_span(view, end, answer["unit"]) for end in sorted(ends))
    return with_small(_span(view, answer["needed"], answer["unit"]), view.say("report.band", low=low, high=high))


def _span(view: View, values: list[float], unit: str) -> str:
    """One value, or the lowest and highest of the regions, in percent or yuan."""
    low, high = (view.percent(value, 2) if unit == "1" else view.number(value) for value in values)
    return low if low == high else f"{low} … {high}"
