"""How even protection is: what is really paid of all cost, who pays too much, and how regions differ."""

import numpy as np
import xarray as xr

from actuarial.money import round_to_total
from actuarial.schema import STATUSES
from reports.pages.layers import share_cell, shown_years
from reports.tables import NOTHING, Row, Table, with_small
from reports.view import View

INNER = (0.1, 0.5, 0.9)
HEADS = 10_000


def equity_tables(view: View) -> list[Table]:
    """The measures of the city, and burdened persons by region; what the run does not hold is left out."""
    tables = [equity_table(view)] if "inequality" in view.dataset or "burdened" in view.dataset else []
    if "burdened" in view.dataset and len(view.regions) > 1:
        tables.append(burdened_table(view))
    return tables


def equity_table(view: View) -> Table:
    """Reimbursement, own payments, burdened persons, Theil and concentration of the city in three years."""
    years = shown_years(view)
    rows = [*_payment_rows(view, years), *_burden_rows(view, years), *_inequality_rows(view, years)]
    heads = (view.say("equity.measure"), *(view.say("people.at", year=year) for year in years))
    caption = view.say("equity.caption", city=view.city_name)
    return Table("equity", caption, heads, tuple(rows), tuple(_notes(view)))


def _payment_rows(view: View, years: list[int]) -> list[Row]:
    """Paid share of all cost, and the persons' share of in-scope cost; of the assisted and of the other residents."""
    rows = []
    for name, is_own in (("actual_city", False), ("reimbursed_city", True)):
        if name not in view.dataset:
            continue
        for group in view.dataset[name]["protected"].values.tolist():
            paid = view.dataset[name].sel(protected=group)
            # of the person's share the low end belongs to the high end of what is paid
            shown = paid if not is_own else (1 - paid).assign_coords(quantile=1 - paid["quantile"])
            shown = shown.assign_coords(quantile=shown["quantile"].round(6)).sortby("quantile")
            cells = tuple(share_cell(view, shown.sel(year_all=year)) for year in years)
            rows.append(Row(view.say(f"equity.{name}", group=view.say(f"protected.{group}")), cells))
    return rows


def _burden_rows(view: View, years: list[int]) -> list[Row]:
    if "burdened" not in view.dataset:
        return []
    city, members = view.dataset["burdened"].sum("region"), residents(view).sum("region")
    persons = [city.sel(year=year) for year in years]
    shares = [city.sel(year=year) / float(members.sel(year_all=year)) * HEADS for year in years]
    return [
        Row(view.say("equity.burdened"), tuple(_drawn(view, draws, 0, float(draws.mean())) for draws in persons)),
        Row(view.say("equity.burdened_share"), tuple(_drawn(view, draws, 2, float(draws.mean())) for draws in shares)),
    ]


def _inequality_rows(view: View, years: list[int]) -> list[Row]:
    if "inequality" not in view.dataset:
        return []
    table, rows = view.dataset["inequality"], []
    is_one = len(view.regions) == 1
    for measure in table["measure"].values.tolist():
        for part in table["part"].values.tolist():
            own = table.sel(measure=measure, part=part)
            cells = (NOTHING if is_one and part == "between" else _drawn(view, own.sel(year=year), 4) for year in years)
            label = view.say(f"equity.{part}", amount=view.say(f"equity.amount_{measure}"))
            rows.append(Row(label, tuple(cells)))
    return rows


def _notes(view: View) -> list[str]:
    notes = [view.say("people.interval_note")]
    if "actual_city" in view.dataset:
        notes.append(view.say("equity.actual_note"))
        benchmark = view.manifest.get("reimbursement_benchmark")
        if benchmark is not None:
            share = view.percent(benchmark["value"])
            notes.append(view.say("equity.benchmark_note", year=benchmark["year"], share=share))
    if "burdened" in view.dataset:
        share = view.percent(view.manifest["recognition"]["review_income_share"], 0)
        notes.append(view.say("equity.burdened_note", share=share))
    if "inequality" in view.dataset:
        is_ranked = "concentration" in view.dataset["inequality"]["part"].values
        notes += [view.say("equity.theil_note"), view.say("equity.ranked" if is_ranked else "equity.unranked")]
    return notes


def residents(view: View) -> xr.DataArray:
    """Resident members on the central path: (region, year_all), person-year."""
    return view.dataset["members"].sel(status=list(STATUSES["resident"])).sum("status")


def _drawn(view: View, draws: xr.DataArray, decimals: int, shown: float | None = None) -> str:
    """Median of draws, or what is shown in its place, with the 80% interval."""
    low, middle, high = (float(draws.quantile(part)) for part in INNER)
    band = view.say("report.band", low=view.number(low, decimals), high=view.number(high, decimals))
    return with_small(view.number(middle if shown is None else shown, decimals), band)


def burdened_table(view: View) -> Table:
    """Burdened persons by region, mean with 80% interval, and of ten thousand residents; the regions add up."""
    years, members = shown_years(view), residents(view)
    drawn = view.dataset["burdened"]
    areas = [(name, drawn.sel(region=code), members.sel(region=code)) for code, name in view.regions.items()]
    areas.append((view.say("regions.city", city=view.city_name), drawn.sum("region"), members.sum("region")))
    means = {year: _whole(drawn.sel(year=year).mean("draw").values) for year in years}
    rows = []
    for place, (name, own, heads) in enumerate(areas):
        cells = []
        for year in years:
            here = own.sel(year=year)
            low, high = (float(here.quantile(part)) for part in (INNER[0], INNER[2]))
            band = view.say("report.band", low=view.number(low), high=view.number(high))
            rate = float(here.mean()) / float(heads.sel(year_all=year)) * HEADS
            cells += [with_small(view.number(int(means[year][place])), band), view.number(rate, 2)]
        rows.append(Row(name, tuple(cells), "total" if place == len(areas) - 1 else "line"))
    columns = [view.say(f"equity.{head}", year=year) for year in years for head in ("persons_at", "share_at")]
    share = view.percent(view.manifest["recognition"]["review_income_share"], 0)
    caption = view.say("equity.regions", share=share)
    return Table("burdened", caption, (view.say("regions.region"), *columns), tuple(rows),
                 (view.say("equity.regions_note"),))  # fmt: skip


def _whole(means: np.ndarray) -> np.ndarray:
    """Whole persons by region with their sum behind."""
    shown = round_to_total(means, round(float(means.sum())))
    return np.append(shown, shown.sum())
