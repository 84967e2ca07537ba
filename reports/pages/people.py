"""How the city ages, who is insured and who is assisted: medians with their bands."""

from collections.abc import Sequence

import xarray as xr
from markupsafe import Markup

from reports.charts import Panel, Words, panels, pyramid
from reports.figures import by_quantile, holds_people, interval, nearest_year
from reports.pages.section import Section, section
from reports.tables import Row, Table, people_note
from reports.view import View

# The last year of the five-year plan that the budget falls in.
PLAN_YEAR = 2030
RATIOS = ("share_60", "share_65", "old_age_dependency")
# Heads are told in the unit of the language: persons in one unit, and decimals.
PERSONS = {"zh": (10_000, 2), "en": (1_000, 1)}
Part = tuple[str, Markup] | Table


def people(view: View) -> Section:
    """Ageing, age structure, members and assisted persons; a run that stored none of it says so."""
    if not holds_people(view.dataset):
        return section("people", view, "people.html", lead=view.say("people.absent"), parts=[])
    parts: list[Part] = [ageing_chart(view), ageing_table(view)]
    if len(view.regions) > 1:
        parts += [region_chart(view), share_table(view)]
    parts += [age_pyramid(view), group_table(view), member_chart(view), member_table(view)]
    if "assisted_city" in view.dataset:
        parts.append(assisted_table(view))
    lead = view.join([_lead(view), view.say("people.read"), *_scaled(view), people_note(view)])
    return section("people", view, "people.html", lead=lead, parts=parts)


def _lead(view: View) -> str:
    city = view.dataset["ageing_city"]
    first, year = _first(view), nearest_year(view.dataset, PLAN_YEAR)
    then, now = city.sel(year_all=year), city.sel(year_all=first)
    said = {name: _told(view, then.sel(indicator=name)) for name in RATIOS}
    said |= {f"{name}_now": view.percent(interval(now.sel(indicator=name)).middle) for name in RATIOS}
    return view.say("people.lead", city=view.city_name, year=year, first=first, **said)


def _scaled(view: View) -> list[str]:
    """By how much a scenario brings the people to published totals, in the first and the last forecast year."""
    if "official_factor" not in view.dataset:
        return []
    factor = view.dataset["official_factor"]
    years = (_first(view) + 1, _last(view))
    start, end = (view.number(float(factor.sel(year_all=year)), 4) for year in years)
    return [view.say("people.scaled", first=years[0], last=years[1], start=start, end=end)]


def _first(view: View) -> int:
    return int(view.dataset["year_all"].values[0])


def _last(view: View) -> int:
    return int(view.dataset["year_all"].values[-1])


def _told(view: View, quantiles: xr.DataArray) -> str:
    """Median of a share with its 80% interval, in a sentence."""
    figure, band = view.percent(interval(quantiles).middle), _range(view, quantiles)
    return view.say("people.told", figure=figure, band=band) if band else figure


def _range(view: View, quantiles: xr.DataArray) -> str:
    """The 80% interval of a share; nothing if its ends read the same."""
    middle = interval(quantiles)
    return _band(view, view.percent(middle.low), view.percent(middle.high))


def _heads_range(view: View, quantiles: xr.DataArray) -> str:
    """The 80% interval of persons; nothing if its ends read the same."""
    middle = interval(quantiles)
    return _band(view, _heads(view, middle.low), _heads(view, middle.high))


def _band(view: View, low: str, high: str) -> str:
    return "" if low == high else view.say("report.band", low=low, high=high)


def _heads(view: View, persons: float) -> str:
    unit, decimals = PERSONS[view.language]
    return view.number(persons / unit, decimals)


def _share_cell(view: View, quantiles: xr.DataArray) -> str:
    """Median of a share with its 80% interval below."""
    return _with_band(view.percent(interval(quantiles).middle), _range(view, quantiles))


def _heads_cell(view: View, quantiles: xr.DataArray) -> str:
    """Median of persons with their 80% interval below."""
    return _with_band(_heads(view, interval(quantiles).middle), _heads_range(view, quantiles))


def _with_band(figure: str, band: str) -> str:
    return Markup("{}<br><small>{}</small>").format(figure, band) if band else figure


def _legend(view: View) -> tuple[str, str, str]:
    return view.say("people.median"), view.say("people.inner"), view.say("people.outer")


def _shown_years(view: View, wanted: Sequence[int]) -> list[int]:
    """Last closed year, the wanted ones and the last, each once and in order."""
    inside = {nearest_year(view.dataset, year) for year in wanted}
    return sorted({_first(view), _last(view), *inside})


def ageing_chart(view: View) -> tuple[str, Markup]:
    """Title and bands of the share of the old and of the old-age dependency of the city."""
    city = view.dataset["ageing_city"]
    parts = [_ratio_panel(view, view.say(f"ageing.{name}"), city.sel(indicator=name)) for name in RATIOS]
    title = view.say("ageing.title", city=view.city_name, first=_first(view), last=_last(view))
    words = Words("ageing", title, _described(view, parts), view.say("ageing.axis"))
    return title, panels(words, parts, _legend(view), view.number, 3, False)


def region_chart(view: View) -> tuple[str, Markup]:
    """Title and bands of the share aged 60 and over, region by region on one scale."""
    shares = view.dataset["ageing_region"].sel(indicator="share_60")
    parts = [_ratio_panel(view, name, shares.sel(region=code)) for code, name in view.regions.items()]
    title = view.say("ageing.regions_title", first=_first(view), last=_last(view))
    words = Words("ageing-regions", title, _described(view, parts), view.say("ageing.regions_axis"))
    return title, panels(words, parts, _legend(view), view.number, 3, True)


def _ratio_panel(view: View, name: str, quantiles: xr.DataArray) -> Panel:
    first, last = (quantiles.sel(year_all=year) for year in (_first(view), _last(view)))
    start, end = (view.percent(interval(part).middle) for part in (first, last))
    return _panel(view, name, (start, end, _range(view, last)), quantiles, 0.01)


def _panel(view: View, name: str, said: tuple[str, str, str], quantiles: xr.DataArray, scale: float) -> Panel:
    start, end, band = said
    course = view.say("people.course", start=start, end=end)
    shown = view.say("people.course_band", band=band) if band else ""
    return Panel(name, course, shown, quantiles["year_all"].values.tolist(), by_quantile(quantiles, "year_all", scale))


def _described(view: View, parts: Sequence[Panel]) -> str:
    items = [
        view.say("people.item" if part.interval else "people.item_alone", name=part.name, course=part.course,
                 band=part.interval)
        for part in parts
    ]  # fmt: skip
    return view.say("people.described", last=_last(view), items=view.say("note.separator").join(items))


def ageing_table(view: View) -> Table:
    """People of the city, share of the old and dependency, year by year."""
    city = view.dataset["ageing_city"]
    rows = []
    for year in view.dataset["year_all"].values.tolist():
        then = city.sel(year_all=year)
        cells = [_heads_cell(view, then.sel(indicator="people"))]
        cells += [_share_cell(view, then.sel(indicator=name)) for name in RATIOS]
        rows.append(Row(str(year), tuple(cells), "total" if year == nearest_year(view.dataset, PLAN_YEAR) else "line"))
    people_head = view.say("ageing.people", unit=view.say("people.unit"))
    heads = (view.say("ageing.year"), people_head, *(view.say(f"ageing.{name}") for name in RATIOS))
    return Table("ageing-years", view.say("ageing.caption", city=view.city_name), heads, tuple(rows),
                 (view.say("people.interval_note"), view.say("ageing.note")))  # fmt: skip


def share_table(view: View) -> Table:
    """The share aged 60 and over by region through the years, and both other ratios at the end; the city below."""
    year, last = nearest_year(view.dataset, PLAN_YEAR), _last(view)
    columns = [("share_60", at) for at in _shown_years(view, [year])]
    columns += [("share_65", last), ("old_age_dependency", last)]
    areas = [(name, view.dataset["ageing_region"].sel(region=code)) for code, name in view.regions.items()]
    areas.append((view.city_name, view.dataset["ageing_city"]))
    rows = [
        Row(name, tuple(_share_cell(view, values.sel(indicator=ratio, year_all=at)) for ratio, at in columns),
            "total" if name == view.city_name else "line")
        for name, values in areas
    ]  # fmt: skip
    heads = tuple(view.say(f"ageing.{ratio}_at", year=at) for ratio, at in columns)
    return Table("ageing-table", view.say("ageing.regions_caption"), (view.say("regions.region"), *heads), tuple(rows),
                 (view.say("people.interval_note"),))  # fmt: skip


def _group_names(view: View) -> list[str]:
    lowest = view.dataset["group"].values.tolist()
    width = lowest[1] - lowest[0]
    return [view.say("people.group", low=low, high=low + width - 1) for low in lowest[:-1]] + [f"{lowest[-1]}+"]


def age_pyramid(view: View) -> tuple[str, Markup]:
    """Title and pyramid of the city: the last closed year, and the last forecast year with its bands."""
    unit = PERSONS[view.language][0]
    city, first, last = view.dataset["pyramid_city"], _first(view), _last(view)
    sides = {}
    for sex in ("female", "male"):
        rows = city.sel(sex=sex)
        now = by_quantile(rows.sel(quantile=[0.5], year_all=first), "group", unit)[0]
        sides[sex] = now, by_quantile(rows.sel(year_all=last), "group", unit)
    title = view.say("people.pyramid", city=view.city_name, first=first, last=last)
    total = view.dataset["ageing_city"].sel(indicator="people")
    start, end = (_heads(view, interval(total.sel(year_all=year)).middle) for year in (first, last))
    band = _heads_range(view, total.sel(year_all=last))
    description = view.say(
        "people.text", city=view.city_name, first=first, last=last, unit=view.say("people.unit"), start=start,
        end=view.say("people.told", figure=end, band=band) if band else end,
    )  # fmt: skip
    words = Words("pyramid", title, description, view.say("people.pyramid_axis", unit=view.say("people.unit")))
    legend = (view.say("people.end_of", year=first), view.say("people.median_of", year=last), *_legend(view)[1:])
    sexes = (view.say("sex.female"), view.say("sex.male"))
    return title, pyramid(words, _group_names(view), sides["female"], sides["male"], legend, sexes, view.number)


def group_table(view: View) -> Table:
    """The figures of the pyramid, oldest first."""
    city, years = view.dataset["pyramid_city"], (_first(view), _last(view))
    columns = [(sex, year) for sex in ("male", "female") for year in years]
    groups = zip(view.dataset["group"].values.tolist(), _group_names(view), strict=True)
    rows = [
        Row(name, tuple(_heads_cell(view, city.sel(group=low, sex=sex, year_all=year)) for sex, year in columns))
        for low, name in groups
    ]
    heads = [view.say("people.sex_at", sex=view.say(f"sex.{sex}"), year=year) for sex, year in columns]
    caption = view.say("people.pyramid", city=view.city_name, first=years[0], last=years[1])
    return Table("pyramid-table", caption, (view.say("people.age"), *heads), tuple(reversed(rows)),
                 (view.say("people.interval_note"),), unit=view.say("people.unit"))  # fmt: skip


def member_chart(view: View) -> tuple[str, Markup]:
    """Title and bands of the mid-year persons of the city by status of insurance."""
    unit = PERSONS[view.language][0]
    parts = []
    for name, quantiles in _statuses(view):
        first, last = (quantiles.sel(year_all=year) for year in (_first(view), _last(view)))
        start, end = (_heads(view, interval(part).middle) for part in (first, last))
        parts.append(_panel(view, name, (start, end, _heads_range(view, last)), quantiles, unit))
    title = view.say("people.members", city=view.city_name)
    words = Words(
        "heads", title, _described(view, parts), view.say("people.members_axis", unit=view.say("people.unit"))
    )
    return title, panels(words, parts, _legend(view), view.number, 3, False)


def _statuses(view: View) -> list[tuple[str, xr.DataArray]]:
    """Name and quantiles of every status that somebody has."""
    city = view.dataset["heads_city"]
    held = [name for name in city["heads"].values.tolist() if bool((city.sel(heads=name) > 0).any())]
    return [(view.say(f"heads.{name}"), city.sel(heads=name)) for name in held]


def member_table(view: View) -> Table:
    """Mid-year persons of the city by status of insurance."""
    shown = _shown_years(view, [view.budget_year, PLAN_YEAR])
    rows = [_heads_row(view, name, quantiles, shown) for name, quantiles in _statuses(view)]
    middle = view.dataset["heads_city"].sel(quantile=0.5)
    if bool((middle.sel(heads="retired") > 0).all()):
        ratio = middle.sel(heads="active") / middle.sel(heads="retired")
        cells = [view.number(float(ratio.sel(year_all=year)), 2) for year in shown]
        rows.append(Row(view.say("people.ratio"), (*cells, ""), "total"))
    notes = (view.say("people.interval_note"), view.say("people.median_note"))
    caption = view.say("people.members", city=view.city_name)
    return Table("members", caption, _heads_heads(view, "people.status", shown), tuple(rows), notes,
                 unit=view.say("people.unit"))  # fmt: skip


def assisted_table(view: View) -> Table:
    """Persons of the city who are entitled to medical assistance, by category."""
    shown = _shown_years(view, [view.budget_year, PLAN_YEAR])
    city = view.dataset["assisted_city"]
    rows = [
        _heads_row(view, view.say(f"category.{name}"), city.sel(category=name), shown)
        for name in city["category"].values.tolist()
    ]
    notes = (view.say("people.interval_note"), view.say("people.median_note"))
    caption = view.say("people.assisted", city=view.city_name)
    return Table("assisted", caption, _heads_heads(view, "people.category", shown), tuple(rows), notes,
                 unit=view.say("people.unit"))  # fmt: skip


def _heads_heads(view: View, key: str, shown: Sequence[int]) -> tuple[str, ...]:
    growth = view.say("people.growth", first=shown[0], last=shown[-1])
    return (view.say(key), *(view.say("people.at", year=year) for year in shown), growth)


def _heads_row(view: View, label: str, quantiles: xr.DataArray, shown: Sequence[int]) -> Row:
    """One row of persons, with the mean yearly growth of the median."""
    cells = [_heads_cell(view, quantiles.sel(year_all=year)) for year in shown]
    first, last = (interval(quantiles.sel(year_all=year)).middle for year in (shown[0], shown[-1]))
    years = shown[-1] - shown[0]
    cells.append(view.percent((last / first) ** (1 / years) - 1) if first > 0 else "")
    return Row(label, tuple(cells))
