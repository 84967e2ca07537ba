"""Scenarios side by side, what moves the balance most, and what would exhaust a fund."""

from math import isnan

import numpy as np
import xarray as xr
from markupsafe import Markup
from scipy.special import ndtr

from actuarial.risk.reserve import risk_reserve
from actuarial.schema import BOUNDS, FUNDS
from reports.charts import Words, tornado
from reports.figures import pooled_funds
from reports.pages.section import Section, section
from reports.tables import NOTHING, Row, Table, share_notes, with_small
from reports.view import FEN, View

# A chart of more bars than this tells nobody what matters.
BARS = 8
# What moves a balance by less than a thousandth of the largest effect is not drawn.
SMALL = 1e-3


def stress(view: View) -> Section:
    """All that the run stores of its stress tests; a sentence where there is nothing."""
    record = view.manifest.get("stress")
    if record is None:
        return section("stress", view, "stress.html", lead=view.say("stress.none"), parts=[])
    funds = pooled_funds(view.dataset)
    parts: list[Table | tuple[str, Markup]] = list(share_notes([comparison_table(view, fund) for fund in funds]))
    if record["sensitivities"]:
        parts += [part for fund in funds for part in tornado_chart(view, fund)] + [sobol_table(view, funds)]
    if record["limit"] is not None:
        parts.append(reverse_table(view, funds))
    parts.append(joint_table(view, funds))
    said = [view.say("stress.lead", draws=view.number(record["draws"])), *_worst(view, funds)]
    if record["limit"] is None:
        said.append(view.say("stress.reverse_none"))
    return section("stress", view, "stress.html", lead=view.join(said), parts=parts)


def _worst(view: View, funds: tuple[str, ...]) -> list[str]:
    """The scenario that leaves each fund least, where one leaves less than the baseline."""
    sentences = []
    for fund in funds:
        mean = view.dataset["scenario_closing"].sel(fund=fund).mean("stress_draw")
        fall = mean.isel(scenario=0, drop=True) - mean
        place = int(fall.argmax("scenario"))
        if float(fall[place]) > 0:
            sentences.append(
                view.say(
                    "stress.worst",
                    fund=view.say(f"fund.{fund}"),
                    name=_names(view)[place],
                    year=view.manifest["stress"]["last_year"],
                    amount=view.money(float(fall[place]), view.decimals(fund)),
                    unit=view.unit_name,
                )
            )
    return sentences


def _names(view: View) -> list[str]:
    return [entry[f"name_{view.language}"] for entry in view.manifest["stress"]["scenarios"]]


def comparison_table(view: View, fund: str) -> Table:
    """One row for each scenario of a fund, the baseline first."""
    record, decimals = view.manifest["stress"], view.decimals(fund)
    own = view.dataset[[name for name in view.dataset if str(name).startswith("scenario_")]].sel(fund=fund)
    confidence = view.manifest["reserve"]["confidence"]
    reserve = risk_reserve(own["scenario_drawdown"].rename(stress_draw="draw"), confidence)
    rows = []
    for place, name in enumerate(_names(view)):
        one = own.isel(scenario=place)
        cells = [view.money(float(one[f"scenario_{side}"].mean()), decimals) for side in ("revenue", "spending")]
        cells.append(view.probability(float((one["scenario_spending"] > one["scenario_revenue"]).mean())))
        cells.append(view.money(float(one["scenario_closing"].mean()), decimals))
        cells.append(_difference(view, own["scenario_closing"], place, decimals))
        cells.append(view.probability(float(one["scenario_exhausted"].mean())))
        cells.append(view.money(float(reserve[place]), decimals))
        rows.append(Row(name, tuple(cells), "line" if place else "total"))
    words = {"year": view.budget_year, "last": record["last_year"]}
    heads = ("scenario", "revenue", "spending", "deficit", "closing", "difference", "exhausted", "reserve")
    shown = tuple(view.say(f"stress.head_{head}", **words) for head in heads)
    draws = record["draws"]
    notes = [
        view.say(
            "stress.compared_note",
            draws=view.number(draws),
            share=view.number(50 / np.sqrt(draws), 1),
            confidence=view.percent(confidence, 0),
        )
    ]
    if record["beyond"]:
        notes.append(view.say("stress.beyond", list=view.say("note.separator").join(record["beyond"])))
    caption = view.say("stress.compared", fund=view.say(f"fund.{fund}"))
    return Table(f"stress-{fund}", caption, shown, tuple(rows), tuple(notes), unit=view.unit_name)


def _difference(view: View, closing: xr.DataArray, place: int, decimals: int) -> str:
    """Mean difference from the baseline over the draws, which are the same, and its standard error if there is one."""
    if not place:
        return NOTHING
    gap = (closing.isel(scenario=place) - closing.isel(scenario=0)).values.astype(float)
    error = gap.std(ddof=1) / np.sqrt(len(gap)) if len(gap) > 1 else np.nan
    mean = _signed(view, float(gap.mean()), decimals)
    return (
        mean
        if isnan(error) or not gap.any()
        else with_small(mean, view.say("stress.error", error=view.money(error, decimals)))
    )


def _signed(view: View, fen: float, decimals: int) -> str:
    shown = view.money(fen, decimals)
    return f"+{shown}" if fen > 0 and any(digit in shown for digit in "123456789") else shown


def tornado_chart(view: View, fund: str) -> list[tuple[str, Markup]]:
    """Effects on the balance at both ends of every range, the largest first; nothing for a fund that none moves."""
    effect = view.dataset["sensitivity_effect"].sel(fund=fund)
    size = abs(effect).max("bound")
    order = np.argsort(-size.values, kind="stable")[:BARS]
    order = [place for place in order if float(size[place]) > SMALL * float(size.max())]
    if not order:
        return []
    ranges, decimals = view.manifest["stress"]["sensitivities"], view.decimals(fund)
    rows = []
    for place in order:
        values = tuple(float(effect.isel(sensitivity=place).sel(bound=bound)) for bound in BOUNDS)
        texts = tuple(_signed(view, value, decimals) for value in values)
        rows.append((_ranged(view, ranges[place]), tuple(value / FEN[view.unit] for value in values), texts))
    first = sorted(zip(rows[0][1], rows[0][2], strict=True))
    words = {"fund": view.say(f"fund.{fund}"), "unit": view.unit_name, "last": view.manifest["stress"]["last_year"]}
    title = view.say("stress.tornado", **words)
    name = ranges[order[0]][f"name_{view.language}"]
    description = view.say("stress.tornado_text", name=name, low=first[0][1], high=first[1][1], unit=view.unit_name)
    ends = (view.say("stress.low_end"), view.say("stress.high_end"))
    sides = (view.say("stress.tornado_more"), view.say("stress.tornado_less"))
    return [(title, tornado(Words(f"tornado-{fund}", title, description), rows, ends, sides))]


def _ranged(view: View, one: dict) -> str:
    """A range by its name and both ends."""
    low, high = (_value(view, one, one[bound]) for bound in BOUNDS)
    return view.say(f"stress.range_{one['operation']}", name=one[f"name_{view.language}"], low=low, high=high)


def _value(view: View, one: dict, value: float) -> str:
    """A growth in points with its sign, or a factor."""
    if one["operation"] == "multiply":
        return view.number(value, 2)
    return ("+" if value > 0 else "") + view.number(value * 100, 1)


def sobol_table(view: View, funds: tuple[str, ...]) -> Table:
    """First-order and total index of every range for every fund, with what single effects leave."""
    record, index = view.manifest["stress"], view.dataset["sobol"]
    rows = []
    for place, one in enumerate(record["sensitivities"]):
        cells = []
        for fund in funds:
            own = index.isel(sensitivity=place).sel(fund=fund)
            cells += [_share(view, own, name) for name in ("first", "total")]
        rows.append(Row(_ranged(view, one), tuple(cells)))
    left = []
    for fund in funds:
        alone = float(index.sel(fund=fund, index="first").sum("sensitivity", skipna=False))
        left += [NOTHING if isnan(alone) else view.percent(1 - alone), ""]
    rows.append(Row(view.say("stress.interaction"), tuple(left), "total"))
    short = [view.say(f"scheme_short.{FUNDS[fund][0]}") for fund in funds]
    heads = [view.say(f"stress.head_{kind}", fund=name) for name in short for kind in ("first", "total")]
    error = float(view.dataset["surrogate_error"].sel(fund=list(funds)).max())
    note = view.say("stress.sobol_note", points=record["points"], unseen=record["unseen"], error=view.percent(error))
    caption = view.say("stress.sobol", last=record["last_year"])
    return Table("sobol", caption, (view.say("stress.head_sensitivity"), *heads), tuple(rows), (note,))


def _share(view: View, own: xr.DataArray, name: str) -> str:
    value, error = (float(own.sel(index=part)) for part in (name, f"{name}_error"))
    if isnan(value):
        return NOTHING
    return with_small(view.percent(value), view.say("stress.error", error=view.percent(error)))


def reverse_table(view: View, funds: tuple[str, ...]) -> Table:
    """The smallest multiple of every scenario, and the nearest value of every assumption, that exhausts each fund."""
    record, table = view.manifest["stress"], view.dataset
    rows = [Row(view.say("stress.scenarios"), (), "side")]
    for place, name in enumerate(_names(view)[1:], start=1):
        own, limit = table["reverse_scenario"].isel(scenario=place), float(table["reverse_scenario_limit"][place])
        rows.append(Row(name, tuple(_times(view, float(own.sel(fund=fund)), limit, fund) for fund in funds)))
    if record["sensitivities"]:
        rows.append(Row(view.say("stress.sensitivities"), (), "side"))
    for place, one in enumerate(record["sensitivities"]):
        neutral = 1.0 if one["operation"] == "multiply" else 0.0
        for bound in BOUNDS:
            own = table["reverse_sensitivity"].isel(sensitivity=place).sel(bound=bound)
            limit = float(table["reverse_sensitivity_limit"].isel(sensitivity=place).sel(bound=bound))
            cells = []
            for fund in funds:
                multiple = float(own.sel(fund=fund))
                value = neutral + multiple * (one[bound] - neutral)
                cells.append(_found(view, multiple, _worded(view, one, value), limit, fund))
            name = one[f"name_{view.language}"]
            label = view.say("stress.towards", name=name, value=_worded(view, one, one[bound]))
            rows.append(Row(label, tuple(cells)))
    heads = (view.say("stress.head_shock"), *(view.say(f"fund.{fund}") for fund in funds))
    caption = view.say("stress.reverse", last=record["last_year"])
    return Table("reverse", caption, heads, tuple(rows), (view.say("stress.reverse_note"),))


def _times(view: View, multiple: float, limit: float, fund: str) -> str:
    if isnan(limit):
        return view.say("stress.untested")
    return _found(view, multiple, view.say("stress.times", multiple=view.number(multiple, 2)), limit, fund)


def _found(view: View, multiple: float, words: str, limit: float, fund: str) -> str:
    """What exhausts a fund, or relieves one that is exhausted on the central path; or that nothing within does."""
    kind = "relieved" if bool(view.dataset["central_exhausted"].sel(fund=fund)) else "within"
    if isnan(multiple):
        return view.say("stress.not_relieved" if kind == "relieved" else "stress.within", limit=_limit(view, limit))
    return view.say("stress.relieved", value=words) if kind == "relieved" else words


def joint_table(view: View, funds: tuple[str, ...]) -> Table:
    """The mildest joint shock of every fund: how far, how likely, and what each series does there."""
    table, record = view.dataset.sel(fund=list(funds)), view.manifest["stress"]
    distance = [float(table["joint_distance"].sel(fund=fund)) for fund in funds]
    has_point = [0 < far < np.inf for far in distance]
    first = [_distance(view, far) for far in distance]
    year = [
        str(int(one)) if has or not far else NOTHING
        for one, has, far in zip(table["joint_year"].values, has_point, distance, strict=True)
    ]
    chance = [view.percent(float(ndtr(-far))) if has else NOTHING for far, has in zip(distance, has_point, strict=True)]
    drawn = [
        view.probability(float(table["scenario_exhausted"].isel(scenario=0).sel(fund=fund).mean())) for fund in funds
    ]
    cells = {"distance": first, "year": year, "normal": chance, "drawn": drawn}
    rows = [Row(view.say(f"stress.joint_{name}", draws=record["draws"]), tuple(own)) for name, own in cells.items()]
    rows.append(Row(view.say("stress.joint_path"), (), "side"))
    for series in table["shock_series"].values.tolist():
        path = table["joint_path"].sel(shock_series=series)
        points = [
            _points(view, path.sel(fund=fund), int(table["joint_year"].sel(fund=fund))) if has else NOTHING
            for fund, has in zip(funds, has_point, strict=True)
        ]
        rows.append(Row(view.say(f"series.{series}"), tuple(points)))
    heads = (view.say("stress.head_joint"), *(view.say(f"fund.{fund}") for fund in funds))
    caption = view.say("stress.joint", last=record["last_year"])
    return Table("joint", caption, heads, tuple(rows), (view.say("stress.joint_note"),))


def _distance(view: View, distance: float) -> str:
    if distance == 0:
        return view.say("stress.already")
    if isnan(distance):
        return NOTHING
    return view.say("stress.joint_beyond") if np.isinf(distance) else view.number(distance, 2)


def _points(view: View, path: xr.DataArray, year: int) -> str:
    """What a series grows more in a year than on its central path, in points, up to a year."""
    steps = int((path["shock_year"] <= year).sum())
    points = float(path.sel(shock_year=year)) / steps * 100
    return view.say("stress.joint_points", value=("+" if points >= 0.005 else "") + view.number(points, 2))


def _worded(view: View, one: dict, value: float) -> str:
    return view.say(f"stress.value_{one['operation']}", value=_value(view, one, value))


def _limit(view: View, limit: float) -> str:
    return view.number(limit, 0 if float(limit).is_integer() else 2)
