"""Whether a prevention programme is worth its money: what it costs and achieves, and how sure that is."""

import numpy as np
import xarray as xr
from markupsafe import Markup

from actuarial.evaluation.cost_effectiveness import acceptability, cost_per_effect, net_benefit
from reports.charts import Words, curve
from reports.tables import NOTHING, Row, Table
from reports.view import View

FUND = "assistance"
INNER = (0.1, 0.9)
# Own choice: the curve runs to this many times what an avoided admission is worth.
REACH, PLACES = 4, 81
Part = tuple[str, Markup] | Table


def prevention_parts(view: View) -> list[Part]:
    """Table and acceptability curve; nothing where the run has no programme or it reaches nobody."""
    if "prevention" not in view.dataset or float(view.dataset["prevention"].sel(outcome="persons").mean()) <= 0:
        return []
    return [prevention_table(view), acceptability_chart(view)]


def accepted(view: View, thresholds: np.ndarray) -> xr.Dataset:
    """Probability, mean net benefit and value of knowing at every worth of an avoided admission, yuan."""
    drawn = view.dataset["prevention"]
    worth = xr.DataArray(thresholds, {"threshold": thresholds}, ("threshold",))
    cost, effect = (drawn.sel(outcome=name, drop=True) for name in ("cost", "effect"))
    return acceptability(net_benefit(cost, effect, worth))


def prevention_table(view: View) -> Table:
    """Persons, cost, admissions avoided and net benefit of the budget year."""
    drawn, rules = view.dataset["prevention"], view.manifest["prevention"]
    cost, effect, persons = (drawn.sel(outcome=name, drop=True) for name in ("cost", "effect", "persons"))
    found = accepted(view, np.array([rules["worth"]])).isel(threshold=0)
    ratio = view.number(float(cost_per_effect(cost, effect))) if float(effect.mean()) > 0 else NOTHING
    benefit = rules["worth"] * effect - cost
    lines = (
        ("persons", *_whole(view, persons)),
        ("paid", *_money(view, persons * rules["programme"]["cost"])),
        ("net", *_money(view, cost)),
        ("admissions", *_whole(view, effect)),
        ("ratio", ratio, NOTHING),
        ("benefit", *_money(view, benefit)),
        ("probability", view.probability(float(found["probability"])), NOTHING),
        ("knowing", _in_unit(view, float(found["perfect_information"])), NOTHING),
    )
    words = {"worth": view.number(rules["worth"]), "unit": view.unit_name}
    marked = (0,) if _is_estimated(view) else ()
    rows = tuple(
        Row(view.say(f"prevention.{name}", **words), (value, band), estimated=marked) for name, value, band in lines
    )
    heads = tuple(view.say(f"prevention.{head}") for head in ("item", "mean", "band"))
    programme = rules["programme"]
    said = {
        "share": view.percent(rules["share"], 0),
        "cost": view.number(programme["cost"]),
        "averted": view.number(programme["averted"], 2),
        "averted_error": view.number(programme["averted_error"], 2),
        "saved": view.number(programme["saved"]),
        "saved_error": view.number(programme["saved_error"]),
        **words,
    }
    notes = tuple(view.say(f"prevention.{note}", **said) for note in ("assumed", "decision"))
    return Table("prevention", view.say("prevention.caption", year=view.budget_year), heads, rows, notes)


def acceptability_chart(view: View) -> tuple[str, Markup]:
    """Title and curve of the probability that the programme is worth its cost, over the worth of an admission."""
    rules = view.manifest["prevention"]
    end = REACH * rules["worth"] if rules["worth"] > 0 else rules["programme"]["cost"]
    found = accepted(view, np.linspace(0, end, PLACES))["probability"]
    title = view.say("prevention.chart", year=view.budget_year)
    now = float(accepted(view, np.array([rules["worth"]]))["probability"].isel(threshold=0))
    mark = view.say("prevention.mark", worth=view.number(rules["worth"]), probability=view.probability(now))
    words = Words("prevention-curve", title, mark, view.say("prevention.axis"))
    points = list(zip(found["threshold"].values.tolist(), found.values.tolist(), strict=True))
    return title, curve(words, points, (rules["worth"], now), view.say("prevention.below"), view.number)


def _whole(view: View, draws: xr.DataArray) -> tuple[str, str]:
    low, high = (view.number(float(draws.quantile(part))) for part in INNER)
    return view.number(float(draws.mean())), view.say("report.band", low=low, high=high)


def _money(view: View, yuan: xr.DataArray) -> tuple[str, str]:
    low, high = (_in_unit(view, float(yuan.quantile(part))) for part in INNER)
    return _in_unit(view, float(yuan.mean())), view.say("report.band", low=low, high=high)


def _in_unit(view: View, yuan: float) -> str:
    return view.money(yuan * 100, view.decimals(FUND))


def _is_estimated(view: View) -> bool:
    rows = view.manifest["policy"]
    return any(row["parameter"].startswith("prevention_") and row["provenance"] != "official" for row in rows)
