"""What the numbers rest on: provenance, sources, methods, warnings, and how to make the run again."""

from actuarial.schema import PLAIN_PARAMETERS, PROVENANCES, UNITS
from actuarial.wording import catalogue
from reports.figures import provenance_totals
from reports.pages.section import Section, section
from reports.tables import NOTHING, Row, Table
from reports.view import View

# Rungs of the ladder of a group's yearly cost: of its own bands, in the shape of the city, without cost.
RUNGS = ("own", "city_shape", "no_cost")


def quality(view: View) -> Section:
    """The last section of the report."""
    manifest, scenario = view.manifest, view.manifest["scenario"]
    notes = manifest["city"]["notes"]
    return section(
        "quality",
        view,
        "quality.html",
        warnings=[view.say(warning["key"], **warning["values"]) for warning in manifest["warnings"]],
        city_notes=notes[view.language] if notes else "",
        provenance=provenance_table(view),
        scenario=scenario[f"name_{view.language}"],
        changes=[_change(view, change) for change in scenario["changes"]],
        trends=trend_table(view),
        level_shifts=level_shift_table(view),
        unjudged=unjudged_series(view),
        shocks=shock_table(view),
        layers=layer_table(view),
        selections=selection_table(view),
        people=people_table(view),
        policy=policy_table(view),
        sources=source_table(view),
        command=_command(view),
        facts=facts(view),
    )


def provenance_table(view: View) -> Table:
    """Rows of each input table by provenance."""
    rows = [_counts(view, view.say(f"table.{name}"), counts) for name, counts in view.manifest["provenance"].items()]
    rows.append(_counts(view, view.say("quality.all"), provenance_totals(view.manifest), "total"))
    heads = (
        view.say("quality.table"),
        view.say("quality.rows"),
        *(view.say(f"provenance.{kind}") for kind in PROVENANCES),
        view.say("quality.estimated_share"),
    )
    return Table("provenance", view.say("quality.provenance"), heads, tuple(rows))


def _counts(view: View, label: str, counts: dict[str, int], kind: str = "line") -> Row:
    known = [counts.get(name, 0) for name in PROVENANCES]
    cells = [view.number(value) for value in (sum(known), *known)]
    return Row(label, (*cells, view.percent(known[2] / sum(known))), kind)


def trend_table(view: View) -> Table:
    """How each series is carried forward, by region."""
    rows = []
    for entry in view.manifest["trends"]:
        cells = (
            view.regions[entry["region"]],
            view.say(f"paths.{entry['paths']}") if "paths" in entry else NOTHING,
            view.number(entry["steps"]),
            view.say(f"ladder.{entry['ladder']}") if "ladder" in entry else NOTHING,
            view.percent(entry["mean_growth"]),
            view.percent(entry["central_growth"]),
            view.percent(entry["selected_growth"]) if "selected_growth" in entry else NOTHING,
        )
        rows.append(Row(view.say(f"series.{entry['series']}"), cells))
    heads = ("series", "region", "method", "steps", "ladder", "mean_growth", "central_growth", "selected_growth")
    shown = tuple(view.say(f"quality.{head}") for head in heads)
    return Table("trends", view.say("quality.trends"), shown, tuple(rows), text_columns=(1, 2, 4))


def level_shift_table(view: View) -> Table | None:
    """Level shifts that the search found and nobody declared, with what to do; None for a run without a search."""
    found = view.manifest.get("level_shifts")
    if found is None:
        return None
    rows = [
        Row(
            view.say(f"series.{shift['series']}"),
            (
                _shift_region(view, shift["region"]),
                f"{shift['before']}–{shift['period']}",
                ("+" if shift["size"] > 0 else "") + view.percent(shift["size"]),
                view.say("quality.shift_may_pass") if shift["may_pass"] else view.say("quality.shift_stays"),
            ),
        )
        for shift in found["shifts"]
    ]
    heads = ("series", "region", "shift_years", "shift_size", "shift_meaning")
    shown = tuple(view.say(f"quality.{head}") for head in heads)
    notes = (view.say("quality.shift_remedy"),)
    return Table(
        "level-shifts", view.say("quality.level_shifts"), shown, tuple(rows), notes=notes, text_columns=(1, 2, 4)
    )


def unjudged_series(view: View) -> str:
    """Series and regions with too few years to search, as one sentence; empty where there is none."""
    places = [
        view.say(
            "quality.shift_place",
            series=view.say(f"series.{entry['series']}"),
            region=_shift_region(view, entry["region"]),
        )
        for entry in (view.manifest.get("level_shifts") or {"unjudged": []})["unjudged"]
    ]
    return view.say("quality.shift_unjudged", places=view.say("note.separator").join(places)) if places else ""


def _shift_region(view: View, code: str) -> str:
    return view.say("quality.shift_all") if code == "all" else view.regions[code]


def shock_table(view: View) -> Table:
    """Shocks and breaks that the city declares: years, what they concern, and why."""
    city = view.manifest["city"]
    rows = [
        Row(
            view.say("quality.shock" if "to" in part else "quality.break"),
            (
                view.say(f"scheme.{part['scheme']}"),
                f"{part['from']}–{part['to']}" if "to" in part else str(part["year"]),
                part["reason"][view.language],
            ),
        )
        for part in (*city.get("shocks", []), *city.get("breaks", []))
    ]
    shown = tuple(view.say(f"quality.{head}") for head in ("declared", "scheme", "declared_years", "reason"))
    notes = (view.say("quality.declared_note"),)
    return Table(
        "declared", view.say("quality.declared_title"), shown, tuple(rows), notes=notes, text_columns=(1, 2, 3)
    )


def layer_table(view: View) -> Table:
    """Groups whose yearly cost was fitted, by scheme and category: how many on each rung, and the thin ones by name."""
    groups: dict[tuple[str, str], list[dict]] = {}
    for entry in view.manifest.get("layers", []):
        groups.setdefault((entry["scheme"], entry["category"]), []).append(entry)
    rows = []
    for (scheme, category), entries in groups.items():
        counts = [sum(entry["rung"] == rung for entry in entries) for rung in RUNGS]
        thin = [f"{view.regions[entry['region']]} {entry['age']}" for entry in entries if entry["rung"] == RUNGS[1]]
        cells = (
            view.say(f"category.{category}"),
            view.number(sum(entry["persons"] for entry in entries)),
            *(view.number(count) for count in counts),
            view.say("note.separator").join(thin),
        )
        rows.append(Row(view.say(f"scheme.{scheme}"), cells))
    heads = ("scheme", "category", "persons", *(f"rung_{rung}" for rung in RUNGS), "thin_groups")
    shown = tuple(view.say(f"quality.{head}") for head in heads)
    notes = (view.say("quality.layers_note"),)
    return Table("severity", view.say("quality.layers"), shown, tuple(rows), notes=notes, text_columns=(1, 6))


def selection_table(view: View) -> Table:
    """Growth that was selected, beside what the fit indicates, by region and years, with reason, date and source."""
    rows = [
        Row(
            view.say(f"series.{row['series']}"),
            (
                view.regions[row["region"]],
                f"{row['from_year']}–{row['to_year']}",
                view.percent(row["indicated"]),
                view.percent(row["selected"]),
                view.number(100 * (row["selected"] - row["indicated"]), 1),
                row[f"reason_{view.language}"],
                row["date"],
                row["source"],
            ),
        )
        for row in view.manifest.get("selections", [])
        if not row["is_indicated"]
    ]
    heads = ("region", "selection_years", "indicated", "selected", "difference", "reason", "decided", "source")
    shown = tuple(view.say(f"quality.{head}") for head in ("series", *heads))
    notes = (view.say("quality.selections_rest"),)
    return Table(
        "selections", view.say("quality.selections"), shown, tuple(rows), notes=notes, text_columns=(1, 2, 6, 7, 8)
    )


def people_table(view: View) -> Table:
    """What moves the people of the draws: method, reason and main figures of every source in the run's record."""
    rows = []
    for entry in view.manifest.get("people_record", []):
        method = view.say(f"people_method.{entry['method']}")
        if entry["note"]:
            method += f" ({view.say('people_reason.' + entry['note'])})"
        figures = [
            view.say(f"people_figure.{name}", value=_figure(view, entry["source"], name, value))
            for name, value in entry.items()
            if name not in ("source", "method", "note")
        ]
        rows.append(
            Row(view.say(f"people_source.{entry['source']}"), (method, view.say("note.separator").join(figures)))
        )
    heads = tuple(view.say(f"quality.{head}") for head in ("people_source", "method", "figures"))
    return Table("people-record", view.say("quality.people"), heads, tuple(rows), text_columns=(1, 2))


def _figure(view: View, source: str, name: str, value: float) -> str:
    if name in ("from", "to"):
        return str(int(value))
    if source == "migration" and name != "persistence":
        return view.percent(value, 2)
    return view.number(value, 1 if source == "retirement" else 3)


def policy_table(view: View) -> Table:
    """Every policy value of the run with its source."""
    rows = [
        Row(
            view.say(f"parameter.{row['parameter']}"),
            (
                view.say(f"scheme.{row['scheme']}"),
                view.regions.get(row["region"], view.city_name),
                _detail(view, row["detail"]),
                str(row["from_year"]),
                _value(view, row),
                view.say(f"provenance.{row['provenance']}"),
                row["source"],
            ),
        )
        for row in view.manifest["policy"]
    ]
    heads = ("parameter", "scheme", "region", "detail", "from_year", "value", "kind", "source")
    shown = tuple(view.say(f"quality.{head}") for head in heads)
    return Table("policy", view.say("quality.policy"), shown, tuple(rows), text_columns=(1, 2, 3, 6, 7))


def _detail(view: View, detail: str) -> str:
    """A category, a line of assistance money, a group of the law on retirement or a term of deposit, by name."""
    keys = (f"category.{detail}", f"line.{detail}", f"detail.{detail}")
    known = [key for key in keys if key in catalogue()]
    return view.say(known[0]) if known else detail


def _value(view: View, row: dict) -> str:
    value, unit = row["value"], row["unit"]
    if row["parameter"] in PLAIN_PARAMETERS:
        return view.number(value, 2)
    if UNITS[unit][0] in ("ratio", "rate"):
        return view.percent(value * float(UNITS[unit][1]), 2)
    return f"{view.number(value, 0 if value == int(value) else 2)} {view.say(f'unit.{unit}')}"


def source_table(view: View) -> Table:
    """The catalogue of the city folder."""
    fields = ("publisher", "title", "published", "as_of", "unit", "licence")
    rows = [
        Row(entry["file"], (*(str(entry[field] or "") for field in fields), f"{entry['sha256'][:16]}…"))
        for entry in view.manifest["data"]["files"]
    ]
    heads = ("file", "publisher", "file_title", "published", "as_of", "unit", "licence", "digest")
    shown = tuple(view.say(f"quality.{head}") for head in heads)
    return Table("sources", view.say("quality.sources"), shown, tuple(rows), text_columns=(1, 2, 3, 4, 5, 6, 7))


def _change(view: View, change: dict) -> str:
    return view.say(
        "quality.change_item",
        scheme=view.say(f"scheme.{change['scheme']}"),
        quantity=view.say(f"quantity.{change['quantity']}"),
        operation=view.say(f"operation.{change['operation']}"),
        value=view.number(change["value"], 4),
        first=change["from_year"],
        last=change["to_year"],
        reason=change[f"reason_{view.language}"],
    )


def _command(view: View) -> str:
    manifest = view.manifest
    scenario = manifest["scenario"]["name"]
    parts = [f"actuarial run {view.say('quality.folder')} --store STORE --seed {manifest['seed']}"]
    parts.append(f"--draws {manifest['draws']} --years {view.dataset.sizes['year']}")
    return " ".join(parts if scenario == "baseline" else [*parts, f"--scenario {scenario}"])


def facts(view: View) -> list[tuple[str, str]]:
    """What identifies the run: name and value, ready to print."""
    manifest, code = view.manifest, view.manifest["code"]
    version = " ".join(part for part in (code["version"], code["commit"]) if part)
    facts = {
        "run": manifest["run"],
        "created": view.moment(manifest["created"]),
        "seed": str(manifest["seed"]),
        "draws": view.number(manifest["draws"]),
        "code": version + (view.say("quality.dirty") if code["dirty"] else ""),
        "code_digest": code["digest"],
        "data_digest": manifest["data"]["digest"],
        "lock": manifest["lock"] or view.say("quality.none"),
        "versions": ", ".join(f"{name} {value}" for name, value in manifest["versions"].items()),
    }
    return [(view.say(f"quality.{name}"), value) for name, value in facts.items()]
