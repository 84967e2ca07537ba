"""The city's assistance money shared out over its regions by burden of disease and need: before and after."""

import xarray as xr

from actuarial.assistance.allocation import allocation_effects, allocation_limits, allocation_path, target_share
from actuarial.assistance.shortfall import shortfall_path
from actuarial.money import round_to_total
from actuarial.schema import REVENUE_LINES
from reports.tables import NOTHING, Row, Table
from reports.view import View

FUND = "assistance"


def allocation_tables(view: View, path: xr.Dataset) -> list[Table]:
    """The table, where the run says how money is shared out and knows the burden of several regions.

    Parameters
    ----------
    path : need, money, opening and shortfall of the regions, and of the city under its name
    """
    found = shared_out(view, path)
    return [] if found is None else [allocation_table(view, path.sel(region=list(view.regions)), found)]


def shared_out(view: View, path: xr.Dataset) -> xr.Dataset | None:
    """Money of the regions under the rules of the manifest from the budget year on; None where they cannot be applied.

    In every draw the city's money of the year is divided as the expected money is.

    Returns
    -------
    share : (region, year), 1, target; allocation, last : fen (int64); lower, upper : fen, limits of the budget year
    money, shortfall : (draw, region, year), fen, from the budget year on; years before it are as they are
    """
    rules, regions = view.manifest.get("allocation"), list(view.regions)
    if rules is None or "burdened" not in view.dataset or len(regions) == 1:
        return None
    own = path.sel(region=regions).transpose("draw", "region", "year")
    coming = own["year"].values[own["year"].values >= view.budget_year]
    need, money = own["need"].sel(year=coming), own["money"].sel(year=coming)
    burden, last = view.dataset["burdened"].sel(year=coming).mean("draw"), _year_before(view, own["money"])
    expected = need.mean("draw")
    if not bool((burden.sum("region") > 0).all() and (expected > 0).all() and last.sum() > 0):
        return None
    share = target_share(burden, expected, rules["burden_weight"]).transpose("region", "year")
    total = xr.ufuncs.rint(money.mean("draw").sum("region")).astype("int64")
    limits = rules["floor_share"], rules["largest_rise"]
    allocation = allocation_path(total, share, last, *limits)
    moved = money.sum("region") * (allocation / allocation.sum("region"))
    whole = xr.where(own["year"] >= view.budget_year, moved.reindex(year=own["year"].values), own["money"])
    whole = whole.transpose("draw", "region", "year")
    short = shortfall_path(own["need"], whole, own["opening"])["shortfall"].sel(year=coming)
    now = allocation_limits(last, int(total.sel(year=view.budget_year)), *limits)
    tables = {"share": share, "allocation": allocation, "last": last, **now}
    return xr.Dataset(tables).assign(money=moved, shortfall=short)


def _year_before(view: View, money: xr.DataArray) -> xr.DataArray:
    """Expected money of the year before the budget year, or that of its accounts: (region,), fen (int64)."""
    year = view.budget_year - 1
    if year in money["year"].values:
        return xr.ufuncs.rint(money.sel(year=year, drop=True).mean("draw")).astype("int64")
    lines = view.dataset["line_history"].sel(fund=FUND, line=list(REVENUE_LINES[FUND]), history_year=year, drop=True)
    return lines.sum("line").sel(region=money["region"]).astype("int64")


def allocation_table(view: View, path: xr.Dataset, found: xr.Dataset) -> Table:
    """Money, money per assisted person and probability of a shortfall by region, before and after."""
    year, codes = view.budget_year, list(view.regions)
    before = path["money"].sel(year=year).mean("draw")
    after = found["allocation"].sel(year=year)
    effects = allocation_effects(
        after, found["share"].sel(year=year), found["last"], found["lower"], found["upper"]
    ).sel(region=codes)
    assisted = view.dataset["assisted_region"].sel(quantile=0.5, year_all=year).sum("category").sel(region=codes)
    shown = [_with_total(view, amount.sel(region=codes)) for amount in (before, after)]
    shorts = [_short(table.sel(region=codes)) for table in _paired(path, found)]
    rows = []
    for place, name in enumerate([*view.regions.values(), view.say("allocation.city", city=view.city_name)]):
        is_city = place == len(codes)
        here = {"region": slice(None)} if is_city else {"region": [place]}
        old, new = (float(table.isel(here).sum()) for table in (before, after))
        heads = float(assisted.isel(here).sum())
        moved = new / old - 1 if old > 0 else 0.0
        cells = [
            view.units(shown[0][place], FUND),
            view.units(shown[1][place], FUND),
            view.percent(moved),
            NOTHING if is_city else _held(view, effects.isel(region=place)),
            *(view.number(amount / 100 / heads) if heads > 0 else NOTHING for amount in (old, new)),
            *(_probability(view, table, place, is_city, year) for table in shorts),
            *(_probability(view, table, place, is_city, None) for table in shorts),
        ]
        rows.append(Row(name, tuple(cells), "total" if is_city else "line", (1,) if _is_estimated(view) else ()))
    heads = ("region", "before", "after", "change", "held", "head_before", "head_after", "short_before", "short_after",
             "ever_before", "ever_after")  # fmt: skip
    rules = view.manifest["allocation"]
    words = {
        "year": year,
        "last": int(path["year"].values[-1]),
        "weight": view.percent(rules["burden_weight"], 0),
        "rest": view.percent(1 - rules["burden_weight"], 0),
        "floor": view.percent(rules["floor_share"], 0),
        "rise": view.percent(rules["largest_rise"], 0),
    }
    notes = tuple(view.say(f"allocation.{note}", **words) for note in ("rule", "draws", "city_note"))
    columns = tuple(view.say(f"allocation.{head}", **words) for head in heads)
    return Table("allocation", view.say("allocation.caption", **words), columns, tuple(rows), notes, (4,),
                 unit=view.unit_name)  # fmt: skip


def _with_total(view: View, fen: xr.DataArray) -> list[int]:
    """Displayed units by region with their sum behind."""
    units = fen.values / view.step(FUND)
    shown = round_to_total(units, round(float(units.sum()))).tolist()
    return [*shown, sum(shown)]


def _paired(path: xr.Dataset, found: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    """Shortfalls before and after, in the same years."""
    return path["shortfall"].sel(year=found["year"]), found["shortfall"]


def _short(shortfall: xr.DataArray) -> xr.DataArray:
    return (shortfall > 0).transpose("region", "draw", "year")


def _probability(view: View, is_short: xr.DataArray, place: int, is_city: bool, year: int | None) -> str:
    """Of one region, or of any of them; in one year, or in any of them."""
    own = is_short.any("region") if is_city else is_short.isel(region=place)
    return view.probability(float((own.any("year") if year is None else own.sel(year=year)).mean("draw")))


def _held(view: View, effect: xr.Dataset) -> str:
    for limit in ("floor", "ceiling"):
        if bool(effect[f"is_at_{limit}"]):
            return view.say(f"allocation.at_{limit}")
    return NOTHING


def _is_estimated(view: View) -> bool:
    rows = view.manifest["policy"]
    return any(row["parameter"].startswith("allocation_") and row["provenance"] == "estimated" for row in rows)
