"""How much risk the city's funds carry, how sure the figure is, and which region brings it."""

from math import isnan

import xarray as xr
from markupsafe import Markup

from actuarial.money import round_to_total
from actuarial.risk.allocation import quantile_contributions, tail_contributions
from actuarial.risk.reserve import expressed
from reports.figures import outlook
from reports.pages.takes import takes_tables
from reports.risk_figures import (
    INTERVAL,
    FundRisk,
    benefit_error,
    build_up,
    common_risk,
    is_pooled,
    measures,
    rival_risks,
    ruin,
    stand_alone,
)
from reports.tables import NOTHING, Row, Table, share_notes, with_small
from reports.view import View


def reserve_tables(view: View, risks: list[FundRisk]) -> list[Table]:
    """Measures, under every model too, ruin and build-up; of shared funds parts and effect; what it takes."""
    pooled = [risk for risk in risks if is_pooled(risk)]
    parts = share_notes([parts_table(view, risk) for risk in pooled]) if pooled else []
    effect = [effect_table(view, pooled)] if pooled else []
    built = share_notes(build_up_tables(view, risks))
    models = [models_table(view, risks)] if view.manifest.get("rivals") else []
    return [measure_table(view, risks), *models, ruin_table(view, risks), *parts, *effect, *built, *takes_tables(view)]


def measure_table(view: View, risks: list[FundRisk]) -> Table:
    """Every measure as money with its error, as months of cover and as a share of revenue beside the band."""
    rows = []
    for risk in risks:
        rows.append(Row(view.say(f"fund.{risk.fund}"), (), "side"))
        found, likely = measures(risk), outlook(view.dataset, (risk.fund,), view.budget_year)
        year = xr.DataArray(likely.spending.mean), xr.DataArray(likely.revenue.mean)
        whole = found.merge(expressed(found["value"], *year))
        rows += [_measure_row(view, risk, whole.sel(measure=name)) for name in found["measure"].values.tolist()]
    limits = view.manifest["reserve"]
    words = {
        "year": view.budget_year,
        "low": view.percent(limits["revenue_floor"], 0),
        "high": view.percent(limits["revenue_ceiling"], 0),
    }
    heads = ("measure", "amount", "error", "months", "share", "band")
    shown = tuple(view.say(f"reserve.{head}", **words) for head in heads)
    years = risks[0].near["year"].values
    caption = view.say("reserve.measures", first=years[0], last=years[-1])
    is_stated = risks[0].one_year_confidence is not None
    notes = (
        view.say("reserve.error_note", draws=view.number(view.manifest["draws"])),
        view.say("reserve.one_year_note" if is_stated else "reserve.no_one_year"),
    )
    return Table("measures", caption, shown, tuple(rows), notes, unit=view.unit_name)


def _measure_row(view: View, risk: FundRisk, found: xr.Dataset) -> Row:
    name, value, error = str(found["measure"].item()), found["value"], float(found["standard_error"])
    confidence = (name.startswith("one_year") and risk.one_year_confidence) or risk.confidence
    stated = view.percent(confidence, 0 if round(confidence * 100, 6).is_integer() else 1)
    share = float(found["share_of_revenue"])
    decimals = view.decimals(risk.fund)
    cells = (
        view.money(float(value), decimals),
        NOTHING if isnan(error) else view.money(error, decimals),
        view.number(float(found["months_of_cover"]), 1),
        view.percent(share),
        Markup('<span class="{}">{}</span>').format(*against_band(view, share)),
    )
    return Row(view.say(f"reserve.{name}", confidence=stated), cells)


def models_table(view: View, risks: list[FundRisk]) -> Table:
    """Measures and ruin by the end of the horizon under the model of the run and under its rivals."""
    rows = []
    for risk in risks:
        rows.append(Row(view.say(f"fund.{risk.fund}"), (), "side"))
        models = {"trends": risk, **rival_risks(view.dataset, view.manifest, risk.fund)}
        rows += [_model_row(view, name, model) for name, model in models.items()]
    has_one_year = risks[0].one_year_confidence is not None
    heads = ("model", "model_draws", "model_quantile", "model_tail", *(["model_one_year"] if has_one_year else []))
    stated = {"confidence": view.percent(risks[0].confidence, 0), "last": risks[0].near["year"].values[-1]}
    if has_one_year:
        stated["one_year"] = view.percent(float(risks[0].one_year_confidence or 0), 1)
    shown = tuple(view.say(f"reserve.{head}", **stated) for head in (*heads, "model_ruin"))
    return Table("models", view.say("reserve.models"), shown, tuple(rows), _model_notes(view), unit=view.unit_name)


def _model_row(view: View, name: str, risk: FundRisk) -> Row:
    found, likely = measures(risk), ruin(risk).sel(year=risk.near["year"].values[-1])
    wanted = [name for name in found["measure"].values.tolist() if name != "one_year_tail_mean"]
    decimals = view.decimals(risk.fund)
    cells = [view.number(risk.closing.sizes["draw"])]
    for measure in wanted:
        value, error = (float(found[part].sel(measure=measure)) for part in ("value", "standard_error"))
        cells.append(with_small(view.money(value, decimals), _error(view, error, risk.fund)))
    return Row(view.say(f"reserve.model_{name}"), (*cells, _ruin_cell(view, likely)))


def _model_notes(view: View) -> tuple[str, ...]:
    """What each rival is, or why there is none."""
    said = []
    for rival in view.manifest["rivals"]:
        name = view.say(f"reserve.model_{rival['rival']}")
        if rival["reason"]:
            said.append(view.say("reserve.no_rival", model=name, reason=rival["reason"]))
            continue
        years = rival["years"]
        words = {"origins": len(set(years)), "steps": len(years), "first": min(years), "last": max(years)}
        said.append(view.say(f"reserve.{rival['rival']}_note", **words))
    return (*said, view.say("reserve.model_note"))


def build_up_tables(view: View, risks: list[FundRisk]) -> list[Table]:
    """How each reserve would be built up, used and handed back; not of a fund that needs none or opens in debt."""
    held = [risk for risk in risks if int(risk.opening.sum("region")) >= 0]
    return [build_up_table(view, risk) for risk in held if _target(risk) > 0]


def _target(risk: FundRisk) -> int:
    return int(measures(risk)["value"].sel(measure="drawdown_quantile"))


def build_up_table(view: View, risk: FundRisk) -> Table:
    """Set-asides, releases and the reserve by year: means over the draws, and how likely it meets its target."""
    rate = view.manifest["reserve"]["revenue_floor"]
    revenue = view.dataset["revenue"].drop_vars("draw").sel(fund=risk.fund, drop=True).sum("region")
    path = build_up(risk, revenue, rate)
    target = _target(risk)
    step, rows = view.step(risk.fund), []
    before = 0
    for year in path["year"].values:
        now = path.sel(year=year, drop=True)
        mean = now.mean("draw") / step
        held = round(float(mean["reserve"]))
        used, back = (round(float(mean[name])) for name in ("release", "returned"))
        # what is set aside is shown as what the others leave, so that the row adds up as displayed
        amounts = (held - before + used + back, used, back, held)
        cells = [view.units(amount, risk.fund) for amount in amounts]
        cells.append(view.probability(float((now["reserve"] >= target).mean())))
        cells.append(view.probability(float((now["release"] > 0).mean())))
        rows.append(Row(str(year), tuple(cells)))
        before = held
    heads = ("year", "set_aside", "released", "returned", "held", "full", "used")
    words = {"fund": view.say(f"fund.{risk.fund}"), "rate": view.percent(rate, 0)}
    caption = view.say("reserve.build_up", **words, target=view.money(target, view.decimals(risk.fund)))
    notes = (view.say("reserve.build_up_note", **words),)
    shown = tuple(view.say(f"reserve.{head}") for head in heads)
    return Table(f"build-up-{risk.fund}", caption, shown, tuple(rows), notes, unit=view.unit_name)


def against_band(view: View, share: float) -> tuple[str, str]:
    """Style and words of a share of revenue beside the band that is usual for a reserve."""
    limits = view.manifest["reserve"]
    if share < limits["revenue_floor"]:
        return "high", view.say("pooling.below")
    if share > limits["revenue_ceiling"]:
        return "low", view.say("pooling.above")
    return "normal", view.say("pooling.within")


def ruin_table(view: View, risks: list[FundRisk]) -> Table:
    """Probability by year that each fund has been used up, with its interval."""
    found = [ruin(risk) for risk in risks]
    rows = [
        Row(str(year), tuple(_ruin_cell(view, table.sel(year=year)) for table in found))
        for year in view.dataset["year"].values.tolist()
    ]
    heads = (view.say("reserve.year"), *(view.say(f"fund.{risk.fund}") for risk in risks))
    return Table("ruin", view.say("reserve.ruin", confidence=view.percent(INTERVAL, 0)), heads, tuple(rows))


def _ruin_cell(view: View, found: xr.Dataset) -> str:
    decimals = share_decimals(found)
    low, high = (view.percent(float(found[end]), decimals) for end in ("lower", "upper"))
    error = view.percent(float(found["standard_error"]), 2)
    small = view.say("reserve.ruin_error", low=low, high=high, error=error)
    return with_small(view.percent(float(found["value"]), decimals), small)


def share_decimals(found: xr.Dataset) -> int:
    """Decimals of a probability and its interval in percent: two where it is close to 0 or 1."""
    return 2 if float(found["upper"]) < 0.01 or float(found["lower"]) > 0.99 else 1


def parts_table(view: View, risk: FundRisk) -> Table:
    """The regions' parts of the reserve and of the tail mean, which add up as displayed, beside their own reserves."""
    fund, step = risk.fund, view.step(risk.fund)
    alone, common = stand_alone(risk), common_risk(risk)["common_share"]
    shares = [quantile_contributions(risk.part, risk.confidence), tail_contributions(risk.part, risk.confidence)]
    columns = [in_units(found["value"], step) for found in (alone, *shares)]
    errors = [found["standard_error"].values for found in (alone, *shares)]
    rows = []
    for place, name in enumerate(view.regions.values()):
        cells = [
            with_small(view.units(column[place], fund), _error(view, error[place], fund))
            for column, error in zip(columns, errors, strict=True)
        ]
        shared = float(common.values[place])
        rows.append(Row(name, (*cells, NOTHING if isnan(shared) else view.percent(shared, 0))))
    totals = tuple(view.units(sum(column), fund) for column in columns)
    rows.append(Row(view.say("steps.together"), (*totals, NOTHING), "total"))
    heads = ("region", "alone", "part", "tail_part", "common")
    notes = tuple(view.say(f"reserve.{note}") for note in ("parts_note", "zero_note", "common_note"))
    caption = view.say("reserve.parts", fund=view.say(f"fund.{fund}"))
    shown = tuple(view.say(f"reserve.{head}") for head in heads)
    return Table(f"parts-{fund}", caption, shown, tuple(rows), notes, unit=view.unit_name)


def in_units(amount: xr.DataArray, step: int) -> list[int]:
    """Amounts of the regions as whole displayed units that add up to their rounded sum."""
    values = amount.values / step
    return round_to_total(values, round(values.sum())).tolist()


def _error(view: View, error: float, fund: str) -> str:
    return NOTHING if isnan(error) else view.say("reserve.with_error", error=view.money(error, view.decimals(fund)))


def effect_table(view: View, risks: list[FundRisk]) -> Table:
    """What pooling saves of the reserve, and how far the regions' risk is common to all."""
    rows = []
    for risk in risks:
        step, effect = view.step(risk.fund), common_risk(risk)
        alone = sum(in_units(stand_alone(risk)["value"], step))
        pooled = round(float(measures(risk)["value"].sel(measure="drawdown_quantile")) / step)
        correlation = float(effect["correlation"])
        cells = [view.units(amount, risk.fund) for amount in (alone, pooled)]
        saved = view.units(alone - pooled, risk.fund)
        cells.append(with_small(saved, _error(view, benefit_error(risk), risk.fund)))
        cells.append(view.percent((alone - pooled) / alone) if alone else NOTHING)
        cells.append(NOTHING if isnan(correlation) else view.number(correlation, 2))
        ends = ("dependent", "pooled", "independent", "floor")
        cells += [view.money(float(effect[end]), view.decimals(risk.fund)) for end in ends]
        rows.append(Row(view.say(f"fund.{risk.fund}"), tuple(cells)))
    heads = ("fund", "alone", "pooled", "benefit", "benefit_share", "correlation", "dependent", "pooled_deviation",
             "independent", "floor")  # fmt: skip
    said = [_common_said(view, risk) for risk in risks]
    notes = (*filter(None, said), view.say("reserve.effect_note", last=risks[0].near["year"].values[-1]))
    shown = tuple(view.say(f"reserve.{head}") for head in heads)
    return Table("pooling-effect", view.say("reserve.effect"), shown, tuple(rows), notes, unit=view.unit_name)


def _common_said(view: View, risk: FundRisk) -> str:
    """Where pooling does not help a fund, in one sentence; nothing where no share is known."""
    effect = common_risk(risk)
    shares = effect["common_share"].dropna("region")
    if not shares.size or isnan(float(effect["floor"])):
        return ""
    return view.say(
        "reserve.effect_said",
        fund=view.say(f"fund.{risk.fund}"),
        low=view.percent(float(shares.min()), 0),
        high=view.percent(float(shares.max()), 0),
        floor=view.money(float(effect["floor"]), view.decimals(risk.fund)),
        unit=view.unit_name,
    )
