"""The joint revenue model of a city's own accounts.

1. the panel of `revenue_levels`, with the first indicator of the economy that the city has; a series that every region
   repeats stands once, under the city; one that cannot be fitted is left out, with the reason;
2. declared shocks as effects; breaks cut their series;
3. the model, by the ladder of samplings, and its own history made again.
"""

import numpy as np
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.errors import AssumptionError
from actuarial.experience.declared import declared_effects
from actuarial.experience.earlier_fit import Earlier, starting_from
from actuarial.experience.indication import ABSENT, INDICATED, REFUSED, ModelFit, not_indicated
from actuarial.experience.ladder import climb_ladder, measured
from actuarial.experience.priors import revenue_priors
from actuarial.experience.revenue import CompiledRevenue, RevenuePosterior, compile_revenue, fit_revenue
from actuarial.experience.revenue_history import (
    RevenueHistory,
    is_same_everywhere,
    once_under_city,
    read_economy,
    revenue_breaks,
    revenue_history,
    revenue_levels,
)
from actuarial.experience.revenue_path import check_replicates, revenue_path
from actuarial.experience.sampling import Sampling
from actuarial.schema import STATUSES
from actuarial.streams import stream
from actuarial.tables import CityData

NAME = "revenue"
INDICATORS = ("average_wage", "gdp")
# Draws, tuning, acceptance of each attempt: docs/method/revenue_model.md says why the acceptance has to be so high.
RUNGS = ((4000, 2000, 0.998), (8000, 4000, 0.999))
# A shock that was not seen yet is none.
AHEAD = {"shock": 0.0}
VERDICT, REFERENCE = "behind_drift", "docs/method/revenue_model.md"


def city_revenue_history(data: CityData, basis: Basis) -> tuple[RevenueHistory, list[dict[str, str]]]:
    """The history that the model sees, and the series that it does without, each with its reason.

    Raises
    ------
    AssumptionError
        If the city has no indicator of its economy, or fewer than two series are left.
    """
    levels, left_out = _levels(data, basis)
    every = np.arange(int(levels["year"].values[0]), int(basis.years[-1]) + 1)
    declared = declared_effects(data.city, tuple(STATUSES), (), every)
    breaks = revenue_breaks(basis, levels)
    kept = []
    for name in levels["series"].values.tolist():
        try:
            revenue_history(levels.sel(series=[name]), breaks.sel(series=[name]), declared)
            revenue_priors([name])
        except AssumptionError as reason:
            left_out.append({"series": name, "reason": str(reason)})
        else:
            kept.append(name)
    if len(kept) < 2 or kept[0] not in INDICATORS:
        raise AssumptionError(f"revenue: series left: {len(kept)}, needed: an indicator and one more; {left_out[0]}")
    return revenue_history(levels.sel(series=kept), breaks.sel(series=kept), declared), left_out


def _levels(data: CityData, basis: Basis) -> tuple[xr.DataArray, list[dict[str, str]]]:
    left_out = []
    for indicator in INDICATORS:
        try:
            economy = read_economy(data, [indicator])
        except AssumptionError as reason:
            left_out.append({"series": indicator, "reason": str(reason)})
            continue
        levels = revenue_levels(basis, economy)
        for name in levels["series"].values[1:].tolist():
            growth = xr.ufuncs.log(levels.sel(series=name, drop=True)).diff("year")
            if not basis.city.is_one_region and is_same_everywhere(growth):
                levels = once_under_city(levels, name, basis.city.code)
        return levels, left_out
    raise AssumptionError(f"revenue: no indicator of the economy; {left_out[0]['reason']}")


def compile_city_revenue(history: RevenueHistory) -> CompiledRevenue:
    """The compiled model for this history and any other of the same series, regions, effects and length."""
    priors = revenue_priors(history.growth["series"].values.tolist())
    return compile_revenue(history, priors, history.growth.sizes["year"])


def fit_city_revenue(
    data: CityData,
    basis: Basis,
    sampling: Sampling,
    n: int,
    compiled: CompiledRevenue | None = None,
    earlier: Earlier | None = None,
) -> tuple[ModelFit, CompiledRevenue | None]:
    """What the model indicates, and its machine code for the next fit; parameters as for `fit_city_morbidity`."""
    said: dict[str, object] = {"scheme": "all", "instead": "trends", "seed": sampling.seed}
    try:
        history, left_out = city_revenue_history(data, basis)
    except AssumptionError as reason:
        return not_indicated(NAME, ABSENT, str(reason), **said), compiled
    code = compiled or compile_city_revenue(history)
    growth = history.growth
    labels = {
        "series": growth["series"].values.tolist(),
        "regions": growth["region"].values.tolist(),
        "covariates": history.declared["effect"].values.tolist(),
    }
    first, last = (int(growth["year"].values[end]) for end in (0, -1))
    start, from_where = starting_from(earlier, labels, first, AHEAD, code.compiled)
    shares: dict[str, float] = {}

    def fit(asked: Sampling) -> RevenuePosterior:
        posterior = fit_revenue(history, code, asked, start)
        shares.update(check_replicates(posterior, n, stream(asked.seed, f"{NAME} replicates", 0)))
        return posterior

    posterior, ladder = climb_ladder(fit, RUNGS, sampling)
    said |= {"years": [first, last], **labels, "left_out": left_out, "start": from_where, "ladder": ladder}
    if posterior is None:
        return not_indicated(NAME, REFUSED, str(ladder[-1]["reason"]), **said), code
    return _indicated(posterior, basis.city.code, basis.years, n, {**said, "predictive": shares}), code


def _indicated(posterior: RevenuePosterior, city: str, years: np.ndarray, n: int, said: dict[str, object]) -> ModelFit:
    seed, drawn = posterior.sampling.seed, posterior.draws
    path = revenue_path(posterior, years, n, stream(seed, f"{NAME} parameters", 0), stream(seed, f"{NAME} process", 0))
    places = np.linspace(0, drawn.sizes["draw"] - 1, n).round().astype(int)
    kept = drawn.isel(draw=places).assign_coords(draw=np.arange(n)).rename(year="history_year")
    effects: list[dict[str, object]] = []
    if "effect_size" in drawn:
        size = drawn["effect_size"]
        effects = [
            {"effect": str(label), "series": str(name), "mean": float(part.mean()), "spread": float(part.std(ddof=1))}
            for label in size["effect"].values
            for name, part in ((name, size.sel(effect=label, series=name)) for name in size["series"].values)
        ]
    record = {
        "model": NAME,
        "outcome": INDICATED,
        "reason": "",
        "use": "",
        "verdict": VERDICT,
        "reference": REFERENCE,
        **said,
        "diagnostics": measured(posterior.diagnostics),
        "effects": effects,
        "prior_only": prior_only(path["is_prior_only"], city),
    }
    growth = path["growth"].transpose("draw", "series", "region", "year")
    return ModelFit(NAME, kept.assign(growth=growth), record, posterior.points)


def prior_only(is_without: xr.DataArray, city: str) -> list[dict[str, str]]:
    """Series and regions that follow the prior, for want of a history.

    A series of the whole city stands in the city's row alone and a regional one in the rows of the regions: their empty
    rows are nobody's.

    Parameters
    ----------
    is_without : (series, region), true where the history has no growth
    """
    regional = is_without.sel(region=is_without["region"] != city)
    return [
        {"series": str(name), "region": str(region)}
        for name in regional["series"].values
        for region in regional["region"].values
        if bool(regional.sel(series=name, region=region)) and not bool(regional.sel(series=name).all())
    ]
