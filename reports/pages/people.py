"""Members by status, and how the city ages."""

from markupsafe import Markup

from actuarial.schema import ALL_STATUSES
from reports.charts import Series, Words, lines, pyramid
from reports.figures import city_members, share_from_age
from reports.pages.section import Section, section
from reports.tables import Row, Table
from reports.view import View

OLD = 60
TEN_THOUSAND = 10_000


def people(view: View) -> Section:
    """Members, the share of the old, and the age structure."""
    share = share_from_age(view.dataset, OLD)
    years = share["year_all"].values.tolist()
    lead = view.say(
        "people.lead",
        first=years[0],
        last=years[-1],
        start=view.percent(float(share[0])),
        end=view.percent(float(share[-1])),
    )
    lead = view.join([lead, view.say("note.people")])
    return section(
        "people", view, "people.html", lead=lead, table=member_table(view), charts=[old_share(view), age_pyramid(view)]
    )


def member_table(view: View) -> Table:
    """Members of the city by status, in ten thousands."""
    members = city_members(view.dataset)
    years = members["year_all"].values.tolist()
    shown = sorted({years[0], years[1], view.budget_year, (years[0] + years[-1]) // 2, years[-1]})
    rows = [
        _member_row(view, view.say(f"status.{status}"), members.sel(status=status), shown) for status in ALL_STATUSES
    ]
    rows = [row for row in rows if any(cell != "0.0" for cell in row.cells[:-1])]
    rows.append(_member_row(view, view.say("people.all"), members.sum("status"), shown, "total"))
    ratio = members.sel(status="active") / members.sel(status="retired")
    ratio_cells = [view.number(float(ratio.sel(year_all=year)), 2) for year in shown]
    rows.append(Row(view.say("people.ratio"), (*ratio_cells, "")))
    growth = view.say("people.growth", first=years[0], last=years[-1])
    heads = (view.say("people.status"), *(view.say("people.at", year=year) for year in shown), growth)
    return Table(
        "members",
        view.say("people.members", city=view.city_name),
        heads,
        tuple(rows),
        (view.say("note.people"),),
        unit=view.say("people.unit"),
    )


def _member_row(view: View, label: str, counts, shown: list[int], kind: str = "line") -> Row:
    cells = [view.number(float(counts.sel(year_all=year)) / TEN_THOUSAND, 1) for year in shown]
    first, last = float(counts[0]), float(counts[-1])
    span = counts.sizes["year_all"] - 1
    cells.append(view.percent((last / first) ** (1 / span) - 1) if first > 0 else "")
    return Row(label, tuple(cells), kind)


def old_share(view: View) -> tuple[str, Markup]:
    """Title and lines of the share of the old, by region."""
    city = share_from_age(view.dataset, OLD) * 100
    years = city["year_all"].values.tolist()
    series = [Series(view.city_name, years, city.values.tolist(), True)]
    if len(view.regions) > 1:
        series += [
            Series(name, years, (share_from_age(view.dataset, OLD, code) * 100).values.tolist())
            for code, name in view.regions.items()
        ]
    title = view.say("people.share_title")
    start, end = (view.percent(float(city[at]) / 100) for at in (0, -1))
    text = view.say("people.lead", first=years[0], last=years[-1], start=start, end=end)
    return title, lines(Words("share", title, text, view.say("people.share_axis")), series, view.number)


def age_pyramid(view: View) -> tuple[str, Markup]:
    """Title and pyramid of the city, now and at the end of the projection."""
    city = view.dataset["population"].sum("region") / TEN_THOUSAND
    groups = city.groupby(city["age"] // 5 * 5).sum()
    years = city["year_all"].values.tolist()
    first, last = years[0], years[-1]
    women, men = (
        tuple(groups.sel(sex=sex, year_all=year).values.tolist() for year in (first, last))
        for sex in ("female", "male")
    )
    title = view.say("people.pyramid", city=view.city_name, first=first, last=last)
    totals = {
        name: view.number(float(city.sel(year_all=year).sum()), 1) for name, year in (("start", first), ("end", last))
    }
    words = Words(
        "pyramid",
        title,
        view.say("people.text", city=view.city_name, first=first, last=last, **totals),
        view.say("people.pyramid_axis", unit=view.say("people.unit")),
    )
    names = (view.say("people.at", year=first), view.say("people.at", year=last))
    sexes = (view.say("sex.female"), view.say("sex.male"))
    return title, pyramid(words, women, men, names, sexes, view.number)
