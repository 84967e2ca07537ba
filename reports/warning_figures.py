"""Early warning of the city's funds from the accounts of a stored run: now, to come, and in the past."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from actuarial.risk.proportion import proportion
from actuarial.risk.ruin import has_fallen_below, year_reached
from actuarial.schema import FUNDS, REVENUE_LINES, SPENDING_LINES
from actuarial.warning.indicators import (
    assistance_usage,
    growth_gap,
    months_of_cover,
    spending_excess,
    surplus_ratio,
    unspent_share,
)
from actuarial.warning.outlook import comes_within
from actuarial.warning.replay import replay
from actuarial.warning.rules import Rule, overridden, preset_rules, read_rules
from actuarial.warning.state import is_lit, warning_states
from reports.risk_figures import INTERVAL

# Own choices: how far ahead warnings are looked for, as in a three-year financial plan, and when a colour is expected.
WITHIN, LIKELY = 3, 0.5
# What warns of a deficit: neither the deficit itself, nor what follows it, nor a colour that means too much money.
REPLAYED = {
    "months_of_cover": "below",
    "spending_growth_gap": "above",
    "cost_income_growth_gap": "above",
    "assistance_usage": "above",
}
RULES = "warning_rules"


@dataclass(frozen=True, slots=True)
class Colour:
    """One colour of a rule to come: probability within some years, and the first year it is likely by (0: none)."""

    colour: str
    threshold: float
    probability: xr.Dataset
    first: int


@dataclass(frozen=True, slots=True)
class Warned:
    """A rule applied to a fund: last known value (NaN if none), number of levels lit, and its colours to come."""

    fund: str
    rule: Rule
    value: float
    state: int
    colours: tuple[Colour, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """A rule beside the deficits of a fund's past: years known, and what the replay found (None: too few years)."""

    fund: str
    rule: Rule
    years: int
    found: xr.Dataset | None


def rules_of(manifest: dict, fund: str) -> list[Rule]:
    """Rules that are for a fund: presets, and the city's own in place of those of the same name and scheme."""
    rules = overridden(preset_rules(), read_rules(manifest.get(RULES, ()), f"{RULES}.csv"))
    return [rule for rule in rules if rule.scheme in ("all", FUNDS[fund][0])]


def past_accounts(dataset: xr.Dataset, fund: str) -> xr.Dataset:
    """Revenue, spending and balances of the city: (year,), fen; the last years in a row that are published whole."""
    lines = dataset["line_history"].sel(fund=fund, drop=True).rename(history_year="year")
    scheme = FUNDS[fund][0]
    sides = {"revenue": list(REVENUE_LINES[scheme]), "spending": list(SPENDING_LINES[scheme])}
    found = {
        name: lines.sel(line=own).sum("line", min_count=1).sum("region", skipna=False) for name, own in sides.items()
    }
    for name in ("opening", "closing"):
        found[name] = lines.sel(line=f"{name}_balance", drop=True).sum("region", skipna=False)
    accounts = xr.Dataset(found)
    is_whole = accounts.to_dataarray().notnull().all("variable").values
    first = len(is_whole) - int(np.argmin(is_whole[::-1])) if not is_whole.all() else 0
    accounts = accounts.isel(year=slice(first, None))
    if "income_history" not in dataset:
        return accounts
    return accounts.assign(income=dataset["income_history"].rename(history_year="year").sel(year=accounts["year"]))


def coming_accounts(dataset: xr.Dataset, fund: str) -> xr.Dataset:
    """The same of every draw and forecast year: (draw, year), fen."""
    flows = dataset[["revenue", "spending", "closing_balance"]].sel(fund=fund, drop=True).sum("region")
    flows = flows.rename(closing_balance="closing")
    held = int(dataset["opening_balance"].sel(fund=fund).sum())
    flows = flows.assign(opening=flows["closing"].shift(year=1, fill_value=held))
    return flows.assign(income=dataset["income"]) if "income" in dataset else flows


def indicator(name: str, accounts: xr.Dataset) -> xr.DataArray | None:
    """Values of an indicator, or None where the accounts do not tell it."""
    revenue, spending = accounts["revenue"], accounts["spending"]
    match name:
        case "months_of_cover":
            return months_of_cover(accounts["closing"], spending)
        case "surplus_ratio":
            return surplus_ratio(revenue, spending)
        case "spending_growth_gap":
            return growth_gap(spending, revenue)
        case "cost_income_growth_gap" if "income" in accounts:
            return growth_gap(spending, accounts["income"]).dropna("year")
        case "unspent_share":
            return unspent_share(spending, revenue)
        case "assistance_usage":
            opening = accounts["opening"]
            return assistance_usage(spending, revenue + opening.where(opening > 0, 0))
        case "spending_excess" if "draw" in accounts.dims:
            return spending_excess(spending, spending.mean("draw"))
    return None


def warnings_of(dataset: xr.Dataset, manifest: dict, fund: str) -> list[Warned]:
    """Every rule of a fund that its accounts can tell."""
    past, coming = past_accounts(dataset, fund), coming_accounts(dataset, fund)
    found = [(rule, _ahead(rule, past, coming)) for rule in rules_of(manifest, fund)]
    return [_warned(fund, rule, past, ahead) for rule, ahead in found if ahead is not None]


def _warned(fund: str, rule: Rule, past: xr.Dataset, ahead: xr.DataArray) -> Warned:
    known = indicator(rule.indicator, past) if past.sizes["year"] else None
    value, state = float("nan"), 0
    if known is not None and known.sizes["year"]:
        value = float(known.isel(year=-1))
        state = int(warning_states(known, rule, 0).isel(year=-1))
    states = warning_states(ahead, rule, state)
    return Warned(fund, rule, value, state, tuple(_colour(states, rule, level.colour) for level in rule.levels))


def _ahead(rule: Rule, past: xr.Dataset, coming: xr.Dataset) -> xr.DataArray | None:
    """Values of the forecast years; growth of the first needs the last closed year before it."""
    years = coming["year"].values
    if rule.indicator in ("spending_growth_gap", "cost_income_growth_gap") and past.sizes["year"]:
        last = past.isel(year=[-1]).expand_dims(draw=coming["draw"].values)
        coming = xr.concat([last.transpose("draw", "year"), coming.transpose("draw", "year")], dim="year")
    found = indicator(rule.indicator, coming)
    return None if found is None else found.sel(year=[year for year in years if year in found["year"].values])


def _colour(states: xr.DataArray, rule: Rule, colour: str) -> Colour:
    lit = is_lit(states, rule, colour)
    within = min(WITHIN, lit.sizes["year"])
    reached = year_reached(_first_share(lit), LIKELY)
    threshold = next(level.threshold for level in rule.levels if level.colour == colour)
    first = 0 if bool(reached.isnull()) else int(reached)
    return Colour(colour, threshold, proportion(comes_within(lit, within), INTERVAL), first)


def _first_share(lit: xr.DataArray) -> xr.DataArray:
    """Share of the draws in which it is lit for the first time in this year."""
    by_year = has_fallen_below(-lit.astype("int8"), 0).mean("draw")
    return by_year - by_year.shift(year=1, fill_value=0.0)


def replays_of(dataset: xr.Dataset, manifest: dict, fund: str) -> list[Replayed]:
    """Rules that warn of a deficit, beside the years of the past in which the city's fund had one."""
    past = past_accounts(dataset, fund)
    return [_replayed(fund, rule, past) for rule in rules_of(manifest, fund) if _warns_ahead(rule, past)]


def _warns_ahead(rule: Rule, past: xr.Dataset) -> bool:
    """Whether the rule speaks before a deficit and the run holds what it looks at; a balance used up comes after."""
    if rule.indicator == "cost_income_growth_gap" and "income" not in past:
        return False
    is_used_up = rule.indicator == "months_of_cover" and rule.levels[0].threshold <= 0
    return REPLAYED.get(rule.indicator) == rule.comparison and not is_used_up


def _replayed(fund: str, rule: Rule, past: xr.Dataset) -> Replayed:
    known = indicator(rule.indicator, past) if past.sizes["year"] else None
    years = 0 if known is None else known.sizes["year"]
    if known is None or years <= WITHIN:
        return Replayed(fund, rule, years, None)
    states = warning_states(known, rule, 0)
    event = (past["spending"] > past["revenue"]).sel(year=known["year"].values)
    return Replayed(fund, rule, years, replay(is_lit(states, rule, rule.levels[0].colour), event, WITHIN))
