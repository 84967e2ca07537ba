"""What the growth of benefits is made of: enrolment, age structure, intensity, price and policy, and ageing's part."""

import numpy as np
import xarray as xr
from markupsafe import Markup

from actuarial.evaluation.ageing_share import ageing_headline
from reports.figures import nearest_year
from reports.pages.section import Section, section
from reports.rounding import controlled
from reports.tables import Row, Table, share_notes
from reports.view import FEN, View

DECIMALS = 2

AGEING = "age_structure"
PROBABILITIES = (0.1, 0.5, 0.9)
SPAN = 5


def growth(view: View) -> Section:
    """The decomposition of the city by scheme, of its regions, and the headline; a run without it says so."""
    if "growth_city" not in view.dataset:
        return section("growth", view, "people.html", lead=view.say("growth.absent"), parts=[])
    lead = view.join([_lead(view), view.say("growth.read")])
    tables = share_notes([growth_table(view, scheme) for scheme in _schemes(view)])
    if len(view.regions) > 1:
        tables += share_notes([region_growth_table(view, scheme) for scheme in _schemes(view)])
    return section("growth", view, "people.html", lead=lead, parts=tables)


def _schemes(view: View) -> list[str]:
    return view.dataset["growth_city"]["scheme"].values.tolist()


def _end(view: View) -> int:
    return nearest_year(view.dataset, int(view.manifest["last_year"]) + SPAN)


def _base(view: View, scheme: str) -> int:
    """Benefits of the last closed year, fen: what the growth starts from."""
    return int(view.manifest["growth_base"][scheme])


def headline(view: View, scheme: str, year: int) -> xr.Dataset:
    """Ageing's part in the growth since the last closed year."""
    effects = view.dataset["growth_city"].sel(scheme=scheme, year=year).transpose("factor", "draw")
    first = int(view.manifest["last_year"])
    before = xr.DataArray(float(_base(view, scheme)))
    return ageing_headline(effects.astype(float), before, year - first, AGEING, PROBABILITIES)


def _lead(view: View) -> str:
    year, said = _end(view), []
    for scheme in _schemes(view):
        found = headline(view, scheme, year)
        rate, share = found["growth_rate"], found["share"]
        said.append(
            view.say(
                "growth.lead",
                scheme=view.say(f"scheme.{scheme}"),
                first=view.manifest["last_year"],
                year=year,
                rate=view.percent(float(rate.sel(quantile=0.5)), 2),
                share=view.percent(float(share.sel(quantile=0.5)), 0),
                band=view.say(
                    "report.band",
                    low=view.percent(float(share.sel(quantile=0.1)), 0),
                    high=view.percent(float(share.sel(quantile=0.9)), 0),
                ),
            )
        )
    return view.join(said)


def shown_effects(view: View, scheme: str, year: int) -> xr.DataArray:
    """Mean effects in displayed units, (region, factor), which add up as displayed over either and for the city."""
    mean = view.dataset["growth_region"].sel(scheme=scheme, year=year, drop=True).transpose("region", "factor")
    places = np.arange(mean.size).reshape(mean.shape)
    factors = [tuple(column) for column in places.T.tolist()]
    regions = [tuple(row) for row in places.tolist()]
    alone = [(place,) for place in places.ravel().tolist()]
    fen = np.rint(mean.values.ravel()).astype("int64")
    whole = controlled(fen, [*factors, *regions, *alone, tuple(places.ravel().tolist())], _step(view))
    return mean.copy(data=whole.reshape(mean.shape))


def _step(view: View) -> int:
    return FEN[view.unit] // 10**DECIMALS


def _figure(view: View, units: xr.DataArray) -> str:
    return view.number(int(units) / 10**DECIMALS, DECIMALS)


def growth_table(view: View, scheme: str) -> Table:
    """What each factor adds since the last closed year, to three years: mean, and median with 80% interval."""
    city = view.dataset["growth_city"].sel(scheme=scheme)
    years = sorted({view.budget_year, _end(view), int(city["year"].values[-1])})
    shown = {year: shown_effects(view, scheme, year).sum("region") for year in years}
    rows = []
    for factor in city["factor"].values.tolist():
        cells = [_cell(view, shown[year].sel(factor=factor), city.sel(factor=factor, year=year)) for year in years]
        rows.append(Row(view.say(f"factor.{factor}"), tuple(cells)))
    total = city.sum("factor")
    cells = [_cell(view, shown[year].sum("factor"), total.sel(year=year)) for year in years]
    rows.append(Row(view.say("growth.total"), tuple(cells), "total"))
    heads = (view.say("growth.factor"), *(view.say("growth.since", first=view.manifest["last_year"], year=year)
                                          for year in years))  # fmt: skip
    caption = view.say("growth.caption", city=view.city_name, scheme=view.say(f"scheme.{scheme}"))
    notes = tuple(view.say(f"growth.{note}") for note in ("mean_note", "rounding", "method_note"))
    return Table(f"growth-{scheme}", caption, heads, tuple(rows), notes, unit=view.unit_name)


def _cell(view: View, units: xr.DataArray, draws: xr.DataArray) -> str:
    """Mean as displayed and 80% interval; what is the same in every draw has no interval."""
    middle = _figure(view, units)
    if float(draws.min()) == float(draws.max()):
        return middle
    low, high = (view.money(float(draws.quantile(part))) for part in (0.1, 0.9))
    return Markup("{}<br><small>{}</small>").format(middle, view.say("report.band", low=low, high=high))


def region_growth_table(view: View, scheme: str) -> Table:
    """Mean effects by region at the end of the plan; the regions add up to the city."""
    year = _end(view)
    table = shown_effects(view, scheme, year)
    areas = [(name, table.sel(region=code)) for code, name in view.regions.items()]
    areas.append((view.say("regions.city", city=view.city_name), table.sum("region")))
    rows = []
    for place, (name, own) in enumerate(areas):
        cells = [_figure(view, own.sel(factor=factor)) for factor in own["factor"].values.tolist()]
        kind = "total" if place == len(areas) - 1 else "line"
        rows.append(Row(name, (*cells, _figure(view, own.sum())), kind))
    factors = (view.say(f"factor.{factor}") for factor in table["factor"].values.tolist())
    heads = (view.say("regions.region"), *factors, view.say("growth.total"))
    caption = view.say(
        "growth.regions", scheme=view.say(f"scheme.{scheme}"), first=view.manifest["last_year"], year=year
    )
    return Table(f"growth-regions-{scheme}", caption, heads, tuple(rows), (view.say("growth.rounding"),),
                 unit=view.unit_name)  # fmt: skip
