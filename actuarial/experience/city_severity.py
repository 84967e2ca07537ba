"""Yearly cost of a person by region, scheme, category and age, from the bands of a city, thin groups with the others.

1. the form of a scheme, category and age: of the log-normal and one with a Pareto tail from each edge of the bands, the
   one that `choose` takes for all regions together, among those that meet persons and cost above every edge;
2. a region's own distribution of that form, if its fitted mean is known to THIN and it meets its own bands;
3. else the shape of all regions together at the region's own mean cost and share of persons without cost;
4. a group for which no form may be taken is refused, with the reason: nothing stands in its place.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.experience.severity import SeverityFit, fit_bands
from actuarial.experience.severity_bands import Bands, to_bands
from actuarial.experience.severity_check import check_fit, is_met
from actuarial.experience.severity_choice import COUNTS, choose, sample_parameters
from actuarial.schema import CATEGORIES
from actuarial.spending.severity import PARAMETERS, Severity, mean, scaled
from actuarial.tables import CityData

# Own choice: a mean known to a twentieth, persons and cost far out met to a twentieth. Among a million persons every
# form is wrong by more than its error, among a few hundred the error excuses nearly everything.
THIN = 0.05
TOLERANCE = 0.05
UNSPLIT = "all"
GROUP = ("region", "scheme", "category", "age")


@dataclass(frozen=True, slots=True)
class CitySeverity:
    """Fitted distributions beside how each was found.

    fit : (group,) with coords region, scheme, category, age; groups that were refused are not in it
    record : one entry for every group: ``rung`` (own, city_shape, no_cost, refused), ``note`` why not the rung above,
        ``threshold`` (None for a log-normal alone), ``persons``, ``mean_seen`` and ``mean_fitted`` (yuan a person),
        ``tried`` thresholds and the criterion of each above the best
    """

    fit: SeverityFit
    record: tuple[dict[str, object], ...]


def fit_city_severity(data: CityData) -> CitySeverity:
    """The distribution of every group of the latest year of ``claim_bands``.

    Raises
    ------
    AssumptionError
        If the folder has no such table, or nobody in it has cost.
    """
    frame = data.frames.get("claim_bands")
    if frame is None or frame.empty:
        raise AssumptionError("severity: the folder has no claim_bands")
    rows = frame[(frame["year"] == frame["year"].max()) & frame["region"].isin(data.city.region_codes)]
    fits, record = [], []
    for key, part in rows.groupby(["scheme", "category", "age"]):
        labels: dict[str, object] = dict(zip(GROUP[1:], key, strict=True))
        found, entries = _fit_group(part, labels, data.city.region_codes)
        fits += found
        record += entries
    if not fits:
        raise AssumptionError(f"severity: no group could be fitted; first {_place(record[0])}: {record[0]['note']}")
    joined = _joined(fits)
    _with_means(joined, record)
    return CitySeverity(joined, tuple(record))


def member_severity(found: CitySeverity, draws: int | None = None, rng: np.random.Generator | None = None) -> Severity:
    """The distributions with a dim for each label of a member: (region, scheme, category, age), or with ``draw`` first.

    A scheme whose bands are not split has one distribution for every category; an age that a scheme does not have, and
    a group in which nobody has cost, is without cost for certain.

    Parameters
    ----------
    draws : number of draws of the parameters (`sample_parameters`); the fitted ones where None

    Raises
    ------
    AssumptionError
        If a group was refused, bands of a category or region are missing, or draws have no generator.
    """
    refused = [entry for entry in found.record if entry["rung"] == "refused"]
    if refused:
        raise AssumptionError(
            f"severity: {len(refused)} groups refused, first {_place(refused[0])}: {refused[0]['note']}"
        )
    _check_complete(found.record)
    fitted = found.fit.severity
    if draws is not None:
        if rng is None:
            raise AssumptionError("severity: draws need a generator")
        fitted = sample_parameters(found.fit, draws, rng)
    flat = xr.Dataset({name: getattr(fitted, name) for name in PARAMETERS})
    return Severity(*(_by_member(flat[name], absent) for name, absent in zip(PARAMETERS, _ABSENT, strict=True)))


# Without cost for certain; the body is never reached.
_ABSENT = (1.0, 0.0, 1.0, np.inf, 0.0, np.inf)


def _check_complete(record: Sequence[Mapping[str, object]]) -> None:
    """Raises AssumptionError where the bands leave a region or a category out: it may not become free of cost."""
    groups = pd.DataFrame([{name: row[name] for name in GROUP} for row in record])
    regions = set(groups["region"])
    for (scheme, age), part in groups.groupby(["scheme", "age"]):
        wanted = {UNSPLIT} if set(part["category"]) == {UNSPLIT} else {"none", *CATEGORIES}
        for category in sorted(wanted):
            absent = sorted(regions - set(part.loc[part["category"] == category, "region"]))
            if absent:
                raise AssumptionError(
                    f"claim_bands: {scheme}, age {age}: no rows of category {category} for region {absent[0]}; "
                    "add them, or give the whole scheme under category all"
                )


def rungs(found: CitySeverity) -> dict[str, int]:
    """Number of groups by rung of the ladder."""
    return {
        str(name): int(count) for name, count in pd.Series([row["rung"] for row in found.record]).value_counts().items()
    }


def _by_member(values: xr.DataArray, absent: float) -> xr.DataArray:
    dense = values.set_index(group=list(GROUP)).unstack("group")
    order = {
        "region": list(dict.fromkeys(values["region"].values.tolist())),
        "category": ["none", *CATEGORIES],
        "age": sorted(set(values["age"].values.tolist()), key=_lowest_age),
    }
    if UNSPLIT in dense["category"].values:
        whole = dense.sel(category=UNSPLIT, drop=True)
        dense = dense.reindex(category=order["category"])
        dense = dense.fillna(whole)
    dense = dense.reindex(order)
    leading = [dim for dim in dense.dims if dim not in GROUP]
    return dense.fillna(absent).transpose(*leading, *GROUP)


def _lowest_age(label: str) -> int:
    return 0 if label == UNSPLIT else int(label.split("-")[0].rstrip("+"))


def _fit_group(
    rows: pd.DataFrame, labels: Mapping[str, object], order: Sequence[str]
) -> tuple[list[SeverityFit], list[dict[str, object]]]:
    """Distributions of the regions of one scheme, category and age, and how each was found."""
    bands = to_bands(rows, ["region"])
    regions = [region for region in order if region in bands.persons["region"].values]
    together = to_bands(rows, ["region"], summed=["region"])
    edges = together.lower.values[2:].tolist()
    try:
        shape, tried = _shape(together, edges)
    except AssumptionError as error:
        return [], [
            _entry(labels, region, bands.persons.sel(region=region), "refused", str(error)) for region in regions
        ]
    fits, record = [], []
    for region in regions:
        own = Bands(bands.lower, bands.upper, bands.persons.sel(region=region), bands.cost.sel(region=region))
        fit, rung, note = _region_fit(own, shape, edges)
        entry = _entry(labels, region, own.persons, rung, note)
        record.append(entry)
        if fit is None:
            continue
        threshold = float(fit.severity.threshold)
        entry |= {
            "threshold": None if np.isinf(threshold) else threshold,
            "mean_seen": float(own.cost.sum() / own.persons.sum()),
            "tried": tried,
        }
        fits.append(_labelled(fit, {"region": region, **labels}))
    return fits, record


def _with_means(fit: SeverityFit, record: list[dict[str, object]]) -> None:
    """Put the fitted mean beside the mean that was seen."""
    means = mean(fit.severity)
    labels = zip(*(means[name].values.tolist() for name in GROUP), strict=True)
    by_label = dict(zip(labels, means.values.tolist(), strict=True))
    for entry in record:
        label = tuple(entry[name] for name in GROUP)
        if label in by_label:
            entry["mean_fitted"] = by_label[label]


def _shape(together: Bands, edges: list[float]) -> tuple[SeverityFit, list[dict[str, object]]]:
    """The form of all regions together, and what every form tried came to."""
    fits, met, tried = [], [], []
    for threshold in (np.inf, *edges[:-1]):
        label = None if np.isinf(threshold) else threshold
        try:
            fit = fit_bands(together, threshold)
        except AssumptionError as error:
            tried.append({"threshold": label, "reason": str(error)})
            continue
        fits.append(fit)
        met.append(is_met(check_fit(fit.severity, together, edges), TOLERANCE))
        tried.append({"threshold": label, "is_met": bool(met[-1])})
    if not fits:
        raise AssumptionError(f"severity: no form could be fitted; {tried[0]['reason']}")
    taken, criterion = choose(fits, met=met)
    above = dict(zip(criterion["form"].values.tolist(), (criterion - criterion.min()).values.tolist(), strict=True))
    for entry in tried:
        if "is_met" in entry:
            form = np.inf if entry["threshold"] is None else entry["threshold"]
            entry["criterion_above_least"] = above[form]
    return taken, tried


def _region_fit(own: Bands, shape: SeverityFit, edges: list[float]) -> tuple[SeverityFit | None, str, str]:
    """The distribution of one region with its rung and why it is not the one above."""
    with_cost = float(own.persons.isel(band=slice(1, None)).sum())
    if with_cost == 0:
        return None, "no_cost", "nobody has cost"
    note = ""
    try:
        fit = fit_bands(own, float(shape.severity.threshold))
        error = _mean_error(fit)
        if error > THIN:
            note = f"mean known to {error:.1%}, limit {THIN:.0%}"
        elif not bool(is_met(check_fit(fit.severity, own, edges), TOLERANCE)):
            note = "persons or cost above an edge not met"
        else:
            return fit, "own", ""
    except AssumptionError as refusal:
        note = str(refusal)
    return _at_own_mean(shape, own, with_cost), "city_shape", note


def _mean_error(fit: SeverityFit) -> float:
    """Standard error of the logarithm of the mean of the body, log_mean + log_spread^2 / 2."""
    centre, spread = fit.errors["log_mean"], fit.errors["log_spread"] * fit.severity.log_spread
    return float((centre**2 + spread**2 + 2 * fit.errors["correlation"] * centre * spread) ** 0.5)


def _at_own_mean(shape: SeverityFit, own: Bands, with_cost: float) -> SeverityFit:
    """The shape of all regions, scaled so that the region's persons with cost have their own mean."""
    zero = own.persons.isel(band=0) / own.persons.sum("band")
    average = float(own.cost.sum("band")) / with_cost
    of_shape = float(mean(shape.severity) / (1 - shape.severity.zero_share))
    moved = scaled(shape.severity, average / of_shape)
    severity = Severity(zero, *(getattr(moved, name) for name in PARAMETERS[1:]))
    errors = shape.errors.assign(zero_share=(zero * (1 - zero) / own.persons.sum("band")) ** 0.5)
    return SeverityFit(severity, errors, *(getattr(shape, name) for name in COUNTS))


def _labelled(fit: SeverityFit, labels: Mapping[str, object]) -> SeverityFit:
    def one(part: xr.DataArray) -> xr.DataArray:
        bare = part.drop_vars(list(part.coords))
        return bare.expand_dims("group").assign_coords({name: ("group", [value]) for name, value in labels.items()})

    severity = Severity(*(one(getattr(fit.severity, name)) for name in PARAMETERS))
    errors = xr.Dataset({str(name): one(part) for name, part in fit.errors.data_vars.items()})
    return SeverityFit(severity, errors, *(one(getattr(fit, name)) for name in COUNTS))


def _joined(fits: Sequence[SeverityFit]) -> SeverityFit:
    """One fit along ``group``."""
    severity = (xr.Dataset({name: getattr(fit.severity, name) for name in PARAMETERS}) for fit in fits)
    counts = (xr.Dataset({name: getattr(fit, name) for name in COUNTS}) for fit in fits)
    parts = xr.concat(severity, "group")
    distribution = Severity(*(parts[name] for name in PARAMETERS))
    counted = xr.concat(counts, "group")
    errors = xr.concat([fit.errors for fit in fits], "group")
    return SeverityFit(distribution, errors, *(counted[name] for name in COUNTS))


def _entry(labels: Mapping[str, object], region: Hashable, persons: xr.DataArray, rung: str, note: str) -> dict:
    return {"region": str(region), **labels, "rung": rung, "note": note, "persons": int(persons.sum())}


def _place(entry: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {entry[name]}" for name in GROUP)
