"""What the layers of protection pay: aid by category, who pays in-scope cost, and how much of it is reimbursed."""

import xarray as xr

from reports.figures import interval
from reports.tables import Row, Table, share_notes, with_small
from reports.view import View


def layer_sentences(view: View) -> list[str]:
    """What a reader should know of the layers: that there are none, what stood in for them, and what is not raised."""
    if "paid_city" not in view.dataset:
        return [view.say("assistance.no_layers")]
    said, record = [], view.manifest.get("protection") or {}
    if record.get("aid_by") == "members":
        said.append(view.say("assistance.unsplit"))
    elif "recognition" in view.manifest and view.manifest["recognition"] is None:
        said.append(view.say("assistance.no_recognition"))
    rates, start = record.get("benefit_indexation", {}), record.get("follows_cost_from")
    if rates and not any(rates.values()):
        paid = view.dataset["paid_city"].sel(quantile=0.5, payer="critical", drop=True).sum("scheme")
        first, last = (int(view.dataset["year_all"].values[place]) for place in (0, -1))
        last = last if start is None else start - 1
        base = float(paid.sel(year_all=first))
        times = view.number(float(paid.sel(year_all=last)) / base, 1) if base > 0 else ""
        key = "assistance.not_indexed" if times else "assistance.not_indexed_plain"
        said.append(view.say(key, first=first, last=last, times=times))
    if start is not None:
        said.append(view.say("assistance.follows_cost", year=start))
    return said


def shown_years(view: View) -> list[int]:
    """The budget year, three years later and the last one."""
    last = int(view.dataset["year_all"].values[-1])
    return sorted({view.budget_year, min(view.budget_year + 3, last), last})


def aid_table(view: View) -> Table:
    """Aid by category: what its layers pay, median with its 80% interval, over the last closed year."""
    city, years = view.dataset["aid_city"], shown_years(view)
    first = int(view.dataset["year_all"].values[0])
    rows = []
    for category in city["category"].values.tolist():
        own = city.sel(category=category)
        base = float(own.sel(year_all=first, quantile=0.5))
        cells = [_index_cell(view, own.sel(year_all=year) / base) for year in years]
        rows.append(Row(view.say(f"category.{category}"), tuple(cells)))
    heads = (view.say("people.category"), *(view.say("people.at", year=year) for year in years))
    return Table("aid", view.say("assistance.aid", year=first), heads, tuple(rows),
                 (view.say("people.interval_note"), view.say("assistance.aid_note")))  # fmt: skip


def _index_cell(view: View, quantiles: xr.DataArray) -> str:
    found = interval(quantiles)
    band = view.say("report.band", low=view.number(found.low, 2), high=view.number(found.high, 2))
    return with_small(view.number(found.middle, 2), band)


def payer_tables(view: View) -> list[Table]:
    """Shares of in-scope cost by payer, one table for each scheme: last closed year, budget year, end."""
    paid = view.dataset["paid_city"].sel(quantile=0.5)
    share = paid / paid.sum("payer")
    return share_notes([_payer_table(view, share.sel(scheme=scheme)) for scheme in paid["scheme"].values.tolist()])


def _payer_table(view: View, share: xr.DataArray) -> Table:
    years = [int(view.dataset["year_all"].values[0]), *shown_years(view)]
    rows = []
    for payer in share["payer"].values.tolist():
        cells = (view.percent(float(share.sel(payer=payer, year_all=year))) for year in years)
        rows.append(Row(view.say(f"payer.{payer}"), tuple(cells)))
    scheme = str(share["scheme"].item())
    heads = (view.say("assistance.payer"), *(view.say("people.at", year=year) for year in years))
    caption = view.say("assistance.payers", scheme=view.say(f"scheme.{scheme}"))
    return Table(f"payers-{scheme}", caption, heads, tuple(rows), (view.say("assistance.payers_note"),))


def protected_table(view: View) -> Table:
    """Share of in-scope cost that is reimbursed, of assisted residents and of the others, by region."""
    years = shown_years(view)
    columns = [(group, year) for group in ("assisted", "others") for year in years]
    areas = [(name, view.dataset["reimbursed_region"].sel(region=code)) for code, name in view.regions.items()]
    areas.append((view.say("regions.city", city=view.city_name), view.dataset["reimbursed_city"]))
    rows = []
    for place, (name, table) in enumerate(areas):
        cells = [share_cell(view, table.sel(protected=group, year_all=year)) for group, year in columns]
        rows.append(Row(name, tuple(cells), "total" if place == len(areas) - 1 else "line"))
    heads = [
        view.say("assistance.group_at", group=view.say(f"protected.{group}"), year=year) for group, year in columns
    ]
    return Table("reimbursed", view.say("assistance.reimbursed"), (view.say("regions.region"), *heads), tuple(rows),
                 (view.say("people.interval_note"), view.say("assistance.reimbursed_note")))  # fmt: skip


def share_cell(view: View, quantiles: xr.DataArray) -> str:
    """Median of a share with its 80% interval, which is left out where it shows nothing."""
    found = interval(quantiles)
    low, high = view.percent(found.low), view.percent(found.high)
    middle = view.percent(found.middle)
    return middle if low == high else with_small(middle, view.say("report.band", low=low, high=high))
