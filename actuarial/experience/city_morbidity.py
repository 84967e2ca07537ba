"""The morbidity model of a city's own claims, one fit for each scheme.

1. the panel: claims of every year by region, sex and age group over the members exposed, in the age groups that all
   years have, without ages at which nobody is insured;
2. declared shocks and breaks as effects;
3. the model, by the ladder of samplings; growth ahead at the ages of the last year's members, as the trends give it.
"""

from functools import reduce

import numpy as np
import pandas as pd
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.demography.membership import group_sums
from actuarial.errors import AssumptionError
from actuarial.experience.base_year import exposures
from actuarial.experience.declared import declared_effects
from actuarial.experience.earlier_fit import Earlier, starting_from
from actuarial.experience.indication import ABSENT, INDICATED, REFUSED, ModelFit, not_indicated
from actuarial.experience.ladder import climb_ladder, measured
from actuarial.experience.morbidity import CompiledMorbidity, MorbidityPosterior, compile_morbidity, fit_morbidity
from actuarial.experience.morbidity_history import LEAST_YEARS, MorbidityHistory, morbidity_history
from actuarial.experience.morbidity_path import morbidity_path
from actuarial.experience.priors import morbidity_priors
from actuarial.experience.sampling import Sampling
from actuarial.schema import SEXES
from actuarial.streams import stream
from actuarial.tables import CityData

# Draws, tuning, acceptance of each attempt: own choice, the second one for the few fits that the gate refuses at first.
RUNGS = ((2000, 1500, 0.97), (4000, 2500, 0.99))
FUNDS = {"employee": (("employee", "pooled"), ("employee", "total")), "resident": (("resident", "pooled"),)}
# A step that was not seen yet is the drift, its unrest none.
AHEAD = {"step": "drift", "unrest_step": 0.0}
VERDICT, REFERENCE = "not_backtested_here", "docs/method/morbidity.md"


def morbidity_panel(data: CityData, basis: Basis, scheme: str) -> tuple[xr.DataArray, xr.DataArray]:
    """Claims and exposure of a scheme: (region, sex, age, year), yuan and person-year, ages by their lowest year.

    Raises
    ------
    AssumptionError
        If claims by age cover fewer than LEAST_YEARS years up to the last one.
    """
    frame, regions, last = data.frames["claims"], list(data.city.region_codes), data.city.last_year
    rows = frame[(frame["scheme"] == scheme) & frame["region"].isin(regions) & frame["sex"].isin(SEXES)]
    rows = rows[rows["age_lower"].notna() & (rows["year"] <= last)]
    exposed = exposures(basis.history, basis.base_year.share).sel(scheme=scheme, drop=True)
    years = _closed_years(rows["year"], exposed["year"].values, last)
    if len(years) < LEAST_YEARS:
        raise AssumptionError(
            f"claims: {scheme}: years by sex and age up to {last}: {len(years)}, needed: {LEAST_YEARS}"
        )
    rows = rows[rows["year"].isin(years)]
    lower = _common_ages(rows)
    age = lower[np.searchsorted(lower, rows["age_lower"].astype(int), side="right") - 1]
    sums = rows.assign(age=age).groupby(["region", "sex", "age", "year"])["value"].sum()
    order = {"region": regions, "sex": list(SEXES), "age": lower, "year": years}
    # A cell without a row has nobody in it and no claim, as in the last year.
    cost = sums.to_xarray().reindex(order).fillna(0.0)
    exposure = group_sums(exposed.sel(year=years, region=regions, sex=list(SEXES)), lower).rename(group="age")
    exposure = exposure.transpose(*cost.dims)
    is_insured = (exposure.sum(["region", "sex"]) > 0).all("year") | (cost.sum(["region", "sex"]) > 0).any("year")
    return cost.sel(age=is_insured), exposure.sel(age=is_insured)


def _closed_years(given: pd.Series, exposed: np.ndarray, last: int) -> np.ndarray:
    """The unbroken years with claims and members that end with the last one."""
    both = set(given) & set(exposed.tolist())
    years: list[int] = []
    while last - len(years) in both:
        years.append(last - len(years))
    return np.array(years[::-1])


def _common_ages(rows: pd.DataFrame) -> np.ndarray:
    """Lowest ages of the finest groups that every year can be added up to."""
    cuts = [set(part["age_lower"].astype(int)) for _, part in rows.groupby("year")]
    return np.array(sorted(reduce(set.intersection, cuts)))


def city_morbidity_history(data: CityData, basis: Basis, scheme: str) -> tuple[MorbidityHistory, xr.DataArray]:
    """The history that the model sees, and the exposure of the last year, carried over the forecast years as it is."""
    cost, exposure = morbidity_panel(data, basis, scheme)
    every = np.arange(int(cost["year"].values[0]), int(basis.years[-1]) + 1)
    declared = declared_effects(data.city, (scheme,), FUNDS[scheme], every)
    held = exposure.isel(year=-1, drop=True).expand_dims(year=basis.years).transpose(*exposure.dims)
    return morbidity_history(cost, exposure, declared), held


def compile_city_morbidity(history: MorbidityHistory) -> CompiledMorbidity:
    """The compiled model for this history and any other of the same ages, effects and length."""
    return compile_morbidity(history, morbidity_priors(), history.cost.sizes["year"])


def fit_city_morbidity(
    data: CityData,
    basis: Basis,
    scheme: str,
    sampling: Sampling,
    n: int,
    compiled: CompiledMorbidity | None = None,
    earlier: Earlier | None = None,
) -> tuple[ModelFit, CompiledMorbidity | None]:
    """What the model indicates for a scheme, and its machine code for the next fit.

    Parameters
    ----------
    sampling : chains, cores, seed, sampler; draws, tuning and acceptance come from the ladder
    n : draws that are kept
    earlier : a fit of this scheme with a shorter history, from which the chains start
    """
    name = f"morbidity_{scheme}"
    said: dict[str, object] = {"scheme": scheme, "instead": "trends", "seed": sampling.seed}
    try:
        history, held = city_morbidity_history(data, basis, scheme)
    except AssumptionError as reason:
        return not_indicated(name, ABSENT, str(reason), **said), compiled
    code = compiled or compile_city_morbidity(history)
    first, last = (int(history.cost["year"].values[end]) for end in (0, -1))
    labels = {"ages": history.cell["age"].values.tolist(), "covariates": history.declared["effect"].values.tolist()}
    start, from_where = starting_from(earlier, labels, first, AHEAD, code.compiled)
    posterior, ladder = climb_ladder(lambda asked: fit_morbidity(history, code, asked, start), RUNGS, sampling)
    said |= {"years": [first, last], **labels, "start": from_where, "ladder": ladder}
    if posterior is None:
        return not_indicated(name, REFUSED, str(ladder[-1]["reason"]), **said), code
    return _indicated(name, posterior, held, n, said), code


def _indicated(
    name: str, posterior: MorbidityPosterior, held: xr.DataArray, n: int, said: dict[str, object]
) -> ModelFit:
    seed, last = posterior.sampling.seed, int(posterior.history.cost["year"].values[-1])
    rngs = stream(seed, f"{name} parameters", 0), stream(seed, f"{name} process", 0)
    path = morbidity_path(posterior, held, n, *rngs)
    level = posterior.history.scale * xr.ufuncs.exp(posterior.history.cost.sel(year=last, drop=True))
    places = np.linspace(0, posterior.draws.sizes["draw"] - 1, n).round().astype(int)
    kept = posterior.draws.isel(draw=places).assign_coords(draw=np.arange(n)).rename(year="history_year")
    growth = xr.ufuncs.log(path["cost"] / level).transpose("draw", "region", "year")
    effects: list[dict[str, object]] = []
    if "effect_size" in posterior.draws:
        size = posterior.draws["effect_size"]
        effects = [
            {"effect": str(label), "mean": float(part.mean()), "spread": float(part.std(ddof=1))}
            for label, part in ((label, size.sel(effect=label)) for label in size["effect"].values)
        ]
    record = {
        "model": name,
        "outcome": INDICATED,
        "reason": "",
        "use": "",
        "verdict": VERDICT,
        "reference": REFERENCE,
        **said,
        "diagnostics": measured(posterior.diagnostics),
        "predictive": dict(posterior.predictive),
        "effects": effects,
        "drift": {"mean": float(kept["drift"].mean()), "spread": float(kept["drift"].std(ddof=1))},
        "prior_only": [],
    }
    return ModelFit(name, kept.assign(growth=growth), record, posterior.points)
