"""Early warning: which lights are on, how likely each colour comes, and how the rules would have done in the past."""

from math import isnan

from markupsafe import Markup

from actuarial.schema import FUNDS
from actuarial.warning.rules import Rule, preset_rules
from reports.figures import pooled_funds
from reports.pages.reserve import share_decimals
from reports.pages.section import Section, section
from reports.risk_figures import INTERVAL
from reports.tables import NOTHING, Row, Table, with_small
from reports.view import View
from reports.warning_figures import LIKELY, WITHIN, Colour, Replayed, Warned, replays_of, rules_of, warnings_of

# A colour is never told by itself: each has its shape, and its word beside it.
SHAPES = {"blue": "◆", "yellow": "▲", "orange": "■", "red": "⬢"}


def warning(view: View) -> Section:
    """Every rule of every pooled fund of the city: now, within the next years, and in the past."""
    funds = pooled_funds(view.dataset)
    found = {fund: warnings_of(view.dataset, view.manifest, fund) for fund in funds}
    past = [replayed for fund in funds for replayed in replays_of(view.dataset, view.manifest, fund)]
    tables = [warning_table(view, found), replay_table(view, past)]
    return section("warning", view, "tables.html", lead=_lead(view, found), tables=tables)


def _lead(view: View, found: dict[str, list[Warned]]) -> str:
    lit = [each for own in found.values() for each in own if each.state]
    words = {"city": view.city_name, "year": view.manifest["last_year"]}
    if not lit:
        return view.say("warning.lead_none", **words)
    items = [
        view.say(
            "warning.item",
            scheme=view.say(f"scheme_short.{FUNDS[each.fund][0]}"),
            rule=_named(view, each.rule.name),
            colour=view.say(f"colour.{each.rule.levels[each.state - 1].colour}"),
        )
        for each in lit
    ]
    return view.say("warning.lead", count=view.number(len(lit)), list=view.say("note.separator").join(items), **words)


def warning_table(view: View, found: dict[str, list[Warned]]) -> Table:
    """One row for each colour of each rule: value and colour now, probability of the colour, first likely year."""
    rows = []
    for fund, own in found.items():
        rows.append(Row(view.say(f"fund.{fund}"), (), "side"))
        rows += [_row(view, each, colour) for each in own for colour in each.colours]
    years = min(WITHIN, view.dataset.sizes["year"])
    words = {"last": view.manifest["last_year"], "years": years, "likely": view.percent(LIKELY, 0)}
    heads = ("rule", "threshold", "basis", "value", "state", "probability", "first")
    shown = tuple(view.say(f"warning.head_{head}", **words) for head in heads)
    told = {each.rule.name for own in found.values() for each in own}
    left_out = dict.fromkeys(
        rule.name for fund in found for rule in rules_of(view.manifest, fund) if rule.name not in told
    )
    notes = [view.say("warning.note_error", interval=view.percent(INTERVAL, 0), **words)]
    notes += [view.say(f"warning.note_{note}", **words) for note in ("hysteresis", "excess", "usage", "income")]
    if left_out:
        names = view.say("note.separator").join(_named(view, name) for name in left_out)
        notes.append(view.say("warning.note_untold", list=names))
    return Table("warnings", view.say("warning.caption", city=view.city_name), shown, tuple(rows), tuple(notes))


def _row(view: View, each: Warned, colour: Colour) -> Row:
    level = next(level for level in each.rule.levels if level.colour == colour.colour)
    clause = {"zh": level.clause_zh, "en": level.clause_en}[view.language]
    share = colour.probability
    decimals = share_decimals(share)
    small = view.say(
        "warning.error",
        error=view.percent(float(share["standard_error"]), 2),
        low=view.percent(float(share["lower"]), decimals),
        high=view.percent(float(share["upper"]), decimals),
    )
    side = view.say(f"warning.{each.rule.comparison}", value=_value(view, each.rule, level.threshold, 0))
    cells = (
        Markup("{} {}").format(_shape(view, colour.colour), side),
        view.say(f"provenance.{level.provenance}"),
        NOTHING if isnan(each.value) else _value(view, each.rule, each.value, 1),
        _state(view, each),
        with_small(view.percent(float(share["value"]), decimals), small),
        str(colour.first) if colour.first else NOTHING,
    )
    label = view.say("warning.label", rule=_named(view, each.rule.name), clause=clause)
    return Row(with_small(label, level.source), cells)


def _named(view: View, rule: str) -> str:
    """The name of a preset rule; a city's own rule has the name that it was given."""
    presets = {preset.name for preset in preset_rules()}
    return view.say(f"warning_rule.{rule}") if rule in presets else rule


def _value(view: View, rule: Rule, value: float, decimals: int) -> str:
    amount = value if rule.unit == "month" else value * 100
    shown = view.number(amount, decimals)
    return view.say("warning.months", months=shown) if rule.unit == "month" else f"{shown}%"


def _state(view: View, each: Warned) -> str:
    if isnan(each.value):
        return NOTHING
    if not each.state:
        return Markup('<span class="normal">{}</span>').format(view.say("colour.none"))
    return _shape(view, each.rule.levels[each.state - 1].colour)


def _shape(view: View, colour: str) -> Markup:
    """A colour as a shape and a word."""
    return Markup('<span class="{}">{} {}</span>').format(colour, SHAPES[colour], view.say(f"colour.{colour}"))


def replay_table(view: View, past: list[Replayed]) -> Table:
    """How often the mildest colour of a rule had warned of the deficits of the past, how early, how often in vain."""
    rows = []
    for each in past:
        label = view.say(
            "warning.of_fund",
            fund=view.say(f"scheme_short.{FUNDS[each.fund][0]}"),
            rule=_named(view, each.rule.name),
        )
        rows.append(Row(label, (view.number(each.years), *_replay_cells(view, each))))
    heads = ("replayed", "years", "events", "warned", "hit_rate", "lead", "lit", "false", "false_rate")
    shown = tuple(view.say(f"warning.replay_{head}", years=WITHIN) for head in heads)
    notes = (view.say("warning.replay_note", years=WITHIN), view.say("warning.replay_few"))
    return Table("replay", view.say("warning.replay", city=view.city_name), shown, tuple(rows), notes)


def _replay_cells(view: View, each: Replayed) -> list[str]:
    found = each.found
    if found is None:
        return [view.say("warning.too_short"), *[NOTHING] * 6]
    counts = {name: view.number(int(found[name])) for name in ("events", "warned", "warning_years", "false_years")}
    rates = {
        name: NOTHING if isnan(float(found[name])) else view.percent(float(found[name]), 0)
        for name in ("hit_rate", "false_rate")
    }
    lead = float(found["lead"])
    told = NOTHING if isnan(lead) else view.say("warning.lead_years", years=view.number(lead, 1))
    first = [counts["events"], counts["warned"], rates["hit_rate"], told]
    return [*first, counts["warning_years"], counts["false_years"], rates["false_rate"]]
