"""The accounts of a fund beside its cash and what it incurred, as a memorandum under the official form."""

import numpy as np
import xarray as xr

from actuarial.budget.forms import CITY
from actuarial.fund.accrual import accrual
from actuarial.money import round_to_total
from actuarial.schema import SCHEME_FUND
from reports.forms import shown_form
from reports.tables import Row, Table
from reports.view import View

# Row, and whether it is a total of those before it.
ROWS = {
    "revenue": False,
    "received_early": False,
    "cash_in": True,
    "spending": False,
    "advance": False,
    "cash_out": True,
    "outstanding": False,
    "incurred_spending": True,
    "closing_balance": False,
    "net_balance": True,
    "cash_balance": True,
}


def accrual_table(view: View, scheme: str, area: str = CITY) -> Table | None:
    """Cash, incurred spending and the balance with and without what is owed; None where no rule states any.

    Every figure is a sum of displayed ones: revenue, spending and balance are those of the form.
    """
    fund = SCHEME_FUND[scheme]
    if "commitments_region" not in view.dataset:
        return None
    held = _shown_commitments(view, fund, area)
    if not bool(held.any()):
        return None
    form = shown_form(view, scheme, fund, area).isel(year=slice(1, None))
    held = held.sel(year_end=[int(form["year"][0]) - 1, *form["year"].values.tolist()])
    revenue, spending, closing = (
        form.sel(row=name, drop=True) for name in ("revenue_total", "spending_total", "closing_balance")
    )
    found = accrual(revenue, spending, closing, held)
    change = held.diff("year_end").rename(year_end="year")
    amounts = {name: found[name] for name in map(str, found)} | {
        str(name): change.sel(commitment=name) for name in change["commitment"].values
    }
    amounts |= {"revenue": revenue, "spending": spending, "closing_balance": closing}
    years = form["year"].values.tolist()
    rows = tuple(
        Row(
            view.say(f"accrual.{name}"),
            tuple(view.units(int(amounts[name].sel(year=year)), fund) for year in years),
            "total" if is_total else "line",
        )
        for name, is_total in ROWS.items()
    )
    heads = (view.say("accrual.item"), *(view.say("accrual.year", year=year) for year in years))
    place = view.city_name if area == CITY else view.regions[area]
    caption = view.say("accrual.caption", area=place, fund=view.say(f"fund.{fund}"))
    return Table(f"accrual-{scheme}", caption, heads, rows, (view.say("accrual.note"),), unit=view.unit_name)


def _shown_commitments(view: View, fund: str, area: str) -> xr.DataArray:
    """(commitment, year_end) in displayed units of the fund; regions add up to the city."""
    exact = view.dataset["commitments_region"].sel(fund=fund, drop=True) / view.step(fund)
    exact = exact.transpose("commitment", "year_end", "region")
    whole = np.apply_along_axis(lambda part: round_to_total(part, round(part.sum())), -1, exact.values)
    shown = exact.copy(data=whole.astype("int64"))
    return shown.sum("region") if area == CITY else shown.sel(region=area, drop=True)
