"""Who pays for care, what assistance needs, and how likely its money is to fall short, where and when."""

import xarray as xr
from markupsafe import Markup

from actuarial.assistance.shortfall import (
    first_shortfall,
    money_needed,
    money_needed_interval,
    shortfall_path,
    shortfall_summary,
)
from actuarial.assistance.usage import emergency_path, surplus_rate
from reports.charts import Panel, Words, panels
from reports.figures import by_quantile, interval
from reports.pages.allocation import allocation_tables
from reports.pages.assistance_money import money_tables
from reports.pages.equity import equity_tables
from reports.pages.layers import aid_table, layer_sentences, payer_tables, protected_table
from reports.pages.prevention import prevention_parts
from reports.pages.section import Section, section
from reports.tables import NOTHING, Row, Table, people_note, with_small
from reports.view import FEN, View

FUND = "assistance"
# Own choice: quantiles as of the people, and the tail that pages speak of.
SHOWN = (0.025, 0.1, 0.5, 0.9, 0.975)
TAIL, CONFIDENCE = 0.95, 0.95
Part = tuple[str, Markup] | Table


def assistance(view: View) -> Section:
    """Shortfall of the city and its regions, persons and aid by category, and who pays for in-scope care."""
    if view.manifest.get("assistance") is None:
        return section("assistance", view, "people.html", lead=view.say("assistance.absent"), parts=[])
    path = shortfall_of(view)
    parts: list[Part] = [money_chart(view, path), shortfall_table(view, path), first_table(view, path)]
    parts += money_tables(view)
    if "aid_city" in view.dataset:
        parts.append(aid_table(view))
    if "paid_city" in view.dataset:
        parts += [*payer_tables(view), protected_table(view)]
    parts += [*equity_tables(view), *allocation_tables(view, path), *prevention_parts(view)]
    lead = view.join([_lead(view, path), view.say("assistance.read"), *layer_sentences(view), people_note(view)])
    return section("assistance", view, "people.html", lead=lead, parts=parts)


def shortfall_of(view: View) -> xr.Dataset:
    """Need, money, shortfall and surplus of the regions and of the city as one fund: (draw, region, year), fen.

    The city stands in the dim ``region`` under its own name: its need and its money are those of all regions, so that
    the surplus of one meets the shortfall of another.
    """
    chosen = view.dataset[["revenue", "spending", "opening_balance"]].sel(fund=FUND, drop=True)
    tables = {"need": chosen["spending"], "money": chosen["revenue"], "opening": chosen["opening_balance"]}
    whole = {
        name: xr.concat([table, table.sum("region").expand_dims(region=[view.city_name])], dim="region", join="exact")
        for name, table in tables.items()
    }
    opening = whole["opening"].where(whole["opening"] > 0, 0)
    path = shortfall_path(whole["need"], whole["money"], opening)
    return path.assign(need=whole["need"], money=whole["money"], opening=opening)


def _money(view: View, fen: float) -> str:
    """Fen with the decimals of the fund: assistance is small beside the others."""
    return view.money(fen, view.decimals(FUND))


def _limit(view: View, name: str) -> float:
    return float(view.manifest["assistance"][name])


def _lead(view: View, path: xr.Dataset) -> str:
    city, year = path.sel(region=view.city_name), view.budget_year
    now = shortfall_summary(city["shortfall"].sel(year=year), TAIL)
    needed = money_needed(city["shortfall"].sel(year=year), _limit(view, "shortfall_probability_limit"))
    return view.say(
        "assistance.lead",
        year=year,
        need=_money(view, float(city["need"].sel(year=year).mean())),
        money=_money(view, float(city["money"].sel(year=year).mean())),
        carried=_money(view, float((city["available"] - city["money"]).sel(year=year).mean())),
        unit=view.unit_name,
        probability=view.probability(float(now["probability"])),
        error=view.percent(float(now["probability_error"])),
        mean=_money(view, float(now["mean"])),
        limit=view.percent(_limit(view, "shortfall_probability_limit"), 0),
        needed=_money(view, float(needed)),
    )


def money_chart(view: View, path: xr.Dataset) -> tuple[str, Markup]:
    """Title and bands of the need, of the money with what is carried over, and of a shortfall of the city if any."""
    city = path.sel(region=view.city_name)
    parts = []
    for name in ("need", "available", "shortfall"):
        quantiles = city[name].quantile(SHOWN, dim="draw", keep_attrs=False)
        # A shortfall that no quantile shows has no scale to be drawn on.
        if float(quantiles.max()) == float(quantiles.min()):
            continue
        rows = quantiles / FEN[view.unit]
        start, end = (_money(view, interval(quantiles.sel(year=year)).middle) for year in _ends(view))
        last = interval(quantiles.sel(year=_ends(view)[1]))
        band = view.say("report.band", low=_money(view, last.low), high=_money(view, last.high))
        course = view.say("people.course", start=start, end=end)
        shown = view.say("people.course_band", band=band)
        parts.append(Panel(view.say(f"assistance.{name}"), course, shown, rows["year"].values.tolist(),
                           by_quantile(rows, "year", 1.0)))  # fmt: skip
    title = view.say("assistance.chart", city=view.city_name)
    items = view.say("note.separator").join(f"{part.name} {part.course}" for part in parts)
    words = Words("assistance-money", title, items, view.say("assistance.axis", unit=view.unit_name))
    legend = (view.say("people.median"), view.say("people.inner"), view.say("people.outer"))
    return title, panels(words, parts, legend, view.number, 3, False)


def _ends(view: View) -> tuple[int, int]:
    years = view.dataset["year"].values.tolist()
    return years[0], years[-1]


def shortfall_table(view: View, path: xr.Dataset) -> Table:
    """Need, money, probability and size of a shortfall by region in the budget year; the city as one fund below."""
    year, limit = view.budget_year, _limit(view, "shortfall_probability_limit")
    threshold, ceiling = _limit(view, "usage_threshold"), _limit(view, "assistance_surplus_ceiling")
    called = emergency_path(path["need"], path["money"], path["opening"], threshold)["emergency"]
    rows = []
    for code in path["region"].values.tolist():
        here = path.sel(region=code, year=year)
        found = shortfall_summary(here["shortfall"], TAIL)
        wanted = money_needed(here["shortfall"], limit)
        surplus = surplus_rate(here["surplus"], here["money"]).mean("draw")
        emergency = called.sel(region=code, year=year)
        is_over = float(surplus) > ceiling
        cells = (
            _money(view, float(here["need"].mean())),
            _money(view, float(here["money"].mean())),
            with_small(view.probability(float(found["probability"])),
                        view.say("assistance.error", error=view.percent(float(found["probability_error"])))),
            _money(view, float(found["mean"])),
            _money(view, float(found["tail"])),
            with_small(_money(view, float(wanted)), _between(view, here["shortfall"], limit)),
            view.percent(float((emergency > 0).mean())),
            _money(view, float(emergency.mean())),
            Markup('<span class="{}">{}</span>').format(
                "high" if is_over else "normal",
                view.say("assistance.above" if is_over else "assistance.within", share=view.percent(float(surplus)),
                         ceiling=view.percent(ceiling, 0)),
            ),
        )  # fmt: skip
        name = view.regions.get(code, view.say("regions.city", city=view.city_name))
        rows.append(Row(name, cells, "line" if code in view.regions else "total"))
    heads = ("region", "need", "money", "probability", "mean", "tail", "needed", "called", "emergency", "surplus")
    words = {
        "limit": view.percent(limit, 0),
        "threshold": view.percent(threshold, 0),
        "ceiling": view.percent(ceiling, 0),
    }
    notes = tuple(view.say(f"assistance.note_{name}", **words) for name in ("city", "needed", "emergency", "surplus"))
    shown = tuple(view.say(f"assistance.head_{head}", **words) for head in heads)
    caption = view.say("assistance.caption", year=year)
    return Table("shortfall", caption, shown, tuple(rows), notes, unit=view.unit_name)


def _between(view: View, shortfall: xr.DataArray, limit: float) -> str:
    """The interval of the money needed; a run of too few draws has no upper end and shows none."""
    if shortfall.sizes["draw"] * limit < 5:
        return view.say("assistance.few_draws")
    ends = money_needed_interval(shortfall, limit, CONFIDENCE)
    return view.say("report.band", low=_money(view, float(ends["lower"])), high=_money(view, float(ends["upper"])))


def first_table(view: View, path: xr.Dataset) -> Table:
    """Probability of a shortfall year by year, and of the first one falling into the year, of the city as one fund."""
    city = path["shortfall"].sel(region=view.city_name)
    found, first = shortfall_summary(city, TAIL), first_shortfall(city)
    rows = [
        Row(
            str(year),
            (
                view.probability(float(found["probability"].sel(year=year))),
                view.probability(float(first["first"].sel(year=year))),
                _money(view, float(found["mean"].sel(year=year))),
                _money(view, float(found["tail"].sel(year=year))),
            ),
        )
        for year in city["year"].values.tolist()
    ]
    rows.append(Row(view.say("assistance.never"), (NOTHING, view.probability(float(first["never"])), NOTHING, NOTHING),
                    "total"))  # fmt: skip
    heads = tuple(view.say(f"assistance.first_{head}") for head in ("year", "probability", "first", "mean", "tail"))
    caption = view.say("assistance.first_caption", city=view.city_name)
    return Table("first-shortfall", caption, heads, tuple(rows), unit=view.unit_name)
