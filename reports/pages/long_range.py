"""The long-range balance of every fund: rates over many years, when it is used up, and what can be paid then."""

from math import isnan

import xarray as xr

from actuarial.risk.ruin import year_reached
from reports.long_range_figures import PERIODS, LongRange, balances, depletion, paid_after, periods_of
from reports.tables import NOTHING, Row, Table
from reports.view import View


def long_range_tables(view: View, funds: tuple[str, ...]) -> list[Table]:
    """Balance over the periods that the run reaches, depletion, and the share payable; nothing of an older run."""
    if "payment_base" not in view.dataset or not periods_of(view.dataset):
        return []
    found = {fund: balances(view.dataset, fund) for fund in funds}
    return [balance_table(view, found), depletion_table(view, found)]


def balance_table(view: View, found: dict[str, LongRange]) -> Table:
    """Summarised income rate, cost rate and actuarial balance: means over the draws, the middle 80% and a sign."""
    rows = []
    for fund, own in found.items():
        rows.append(Row(view.say(f"fund.{fund}"), (), "side"))
        for period in own.rates["period"].values.tolist():
            rates = own.rates.sel(period=period, drop=True)
            balance = rates["balance"]
            low, high = (view.percent(float(balance.quantile(level, "draw"))) for level in (0.1, 0.9))
            cells = [view.percent(float(rates[name].mean("draw"))) for name in ("income_rate", "cost_rate")]
            cells += [view.percent(float(balance.mean("draw"))), view.say("report.band", low=low, high=high)]
            cells += [view.percent(float(rates["open_balance"].mean("draw")))]
            cells.append(view.probability(float((balance < 0).mean("draw"))))
            words = {"years": period, "last": int(view.dataset["year"].values[0]) + period - 1}
            rows.append(Row(view.say("long_range.period", **words), tuple(cells)))
    heads = ("fund", "income_rate", "cost_rate", "balance", "band", "open_balance", "short")
    shown = tuple(view.say(f"long_range.{head}") for head in heads)
    missing = [period for period in PERIODS if period not in periods_of(view.dataset)]
    notes = [view.say("long_range.base_note"), view.say("long_range.rate_note")]
    start = (view.manifest.get("protection") or {}).get("follows_cost_from")
    if start is not None:
        notes.append(view.say("assistance.follows_cost", year=start))
    if missing:
        years = view.say("note.separator").join(str(period) for period in missing)
        words = {"years": years, "reached": view.dataset.sizes["year"], "needed": missing[0] + 1}
        notes.append(view.say("long_range.missing", **words))
    return Table("long-range", view.say("long_range.caption"), shown, tuple(rows), tuple(notes))


def depletion_table(view: View, found: dict[str, LongRange]) -> Table:
    """Share of draws in which each fund is used up by the end of a period, the median year, the share payable after."""
    rows = []
    for fund, own in found.items():
        share = depletion(own)
        by_year = share.cumsum("year")
        years = [view.dataset["year"].values[0] + period - 1 for period in own.rates["period"].values]
        cells = [view.probability(float(by_year.sel(year=year))) for year in years]
        cells += [_year(year_reached(share, level)) for level in (0.1, 0.5, 0.9)]
        paid = paid_after(own)
        last = float(paid["last_year"])
        cells += [
            NOTHING if isnan(last) else view.percent(float(paid[name]), 0) for name in ("first_year", "last_year")
        ]
        rows.append(Row(view.say(f"fund.{fund}"), tuple(cells)))
    first = next(iter(found.values()))
    begin, last = (int(view.dataset["year"].values[place]) for place in (0, -1))
    ends = [
        view.say("long_range.depleted", year=begin + period - 1) for period in first.rates["period"].values.tolist()
    ]
    heads = [
        view.say(f"long_range.{head}", last=last) for head in ("early", "median", "late", "paid_first", "paid_last")
    ]
    notes = (view.say("long_range.depletion_note", last=last), view.say("long_range.payable_note"))
    shown = (view.say("long_range.fund"), *ends, *heads)
    return Table("depletion", view.say("long_range.depletion"), shown, tuple(rows), notes)


def _year(found: xr.DataArray) -> str:
    return NOTHING if isnan(float(found)) else str(int(found))
