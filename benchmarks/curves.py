"""What layers cost a projection: payments by curve beside the draws they belong to, in one run.

    python -m benchmarks.curves [FOLDER] [YEARS] [BLOCKS]     from the root of the checkout; some minutes on two cores

`project` and the payments of all layers take turns, one block of 500 draws at a time, for seventeen kinds of members
in each region: active and retired, child, student and adult, and four categories of assistance by three ages. Rules
and patterns of care are those of the tests; the distributions of cost are fitted to the folder's bands. Cost grows as
the trend of each scheme in the same draws.

1. `totals`: what each layer pays for all members, kinds summed as they are met;
2. `payments`: the mean payment of every kind, kept;
3. `scales`: the scale at which basic payments have grown as the trend says, then `payments` at that scale.

Seconds are of the processor, so that others on the machine count less. The layers of every draw have
to add up to the mean cost of its persons, or the benchmark fails.

Measured in November 2026 for Ningbo (6 regions, 10 years, 1,000 draws), one thread; the curves took 8.5 s, once:

    way         ms a draw   ns a kind   share
    project          5.46                   1
    totals           0.040         40    0.7%
    payments         0.026         26    0.5%
    scales           0.110        108    2.0%
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import xarray as xr

from actuarial import fit, project, read_folder
from actuarial.assumptions.basis import Basis
from actuarial.benefit.curves import Curves, payment_curves, payments, scale_of, side_by_side, total_payments
from actuarial.benefit.layers import LAYERS, band_payments
from actuarial.experience.city_severity import CitySeverity, fit_city_severity
from actuarial.experience.shocks import shock_paths
from actuarial.spending.severity import PARAMETERS, Severity, mean
from actuarial.streams import BLOCK, stream
from tests.benefit.ruled import PATTERNS, rules_of

FOLDER, YEARS, BLOCKS, SEED = "data/ningbo", 10, 4, 1
RANGE, CELLS, TOLERANCE = (0.2, 20.0), 400, 1.0
BASIC = LAYERS[:3]
CATEGORIES = ("destitute", "subsistence", "near_poor", "impoverished_by_illness")
AGES = ("0-14", "15-59", "60+")
KINDS = {
    "active": ("employee", "all", "15-59"),
    "retired": ("employee", "all", "60+"),
    "child": ("resident", "none", "0-14"),
    "student": ("resident", "none", "0-14"),
    "adult": ("resident", "none", "15-59"),
    **{f"{category} {age}": ("resident", category, age) for category in CATEGORIES for age in AGES},
}


def main() -> None:
    """Time projection and layers in turns and print one table."""
    words = sys.argv[1:]
    folder = words[0] if words else FOLDER
    years, blocks = (int(words[place]) if len(words) > place else own for place, own in ((1, YEARS), (2, BLOCKS)))
    data = read_folder(Path(folder))
    basis, found = fit(data, years), fit_city_severity(data)
    means = side_means(basis, found)
    curves, building = _timed(lambda: city_curves(basis, found))
    ways: dict[str, Callable[[xr.DataArray, xr.DataArray], xr.DataArray]] = {
        "totals": lambda scale, persons: total_payments(curves, scale, persons, "kind"),
        "payments": lambda scale, _: payments(curves, scale),
        "scales": lambda scale, _: payments(curves, scale_of(curves, BASIC, first * scale)),
    }
    first = payments(curves, xr.DataArray(1.0)).sel(layer=list(BASIC)).sum("layer")
    seconds = dict.fromkeys(("project", *ways), 0.0)
    project(basis, SEED, 0, BLOCK)  # what is loaded when first used is not a draw
    for block in range(blocks):
        seconds["project"] += _timed(partial(project, basis, SEED, block, BLOCK))[1]
        scale = trend(basis, block)
        persons = xr.ones_like(scale)
        for name, way in ways.items():
            amount, spent = _timed(partial(way, scale, persons))
            seconds[name] += spent
            if name == "totals":
                _check(amount, scale, means)
    draws, cells = blocks * BLOCK, means.size * years
    print(f"{len(KINDS)} kinds, {means.sizes['region']} regions, {years} years, {draws} draws; curves {building:.1f} s")
    print(f"{'way':>10}{'ms a draw':>12}{'ns a kind':>12}{'share':>9}")
    for name, spent in seconds.items():
        share = spent / seconds["project"]
        print(f"{name:>10}{spent / draws * 1e3:>12.3f}{spent / draws / cells * 1e9:>12.0f}{share:>9.1%}")


def severity_of(basis: Basis, found: CitySeverity, labels: tuple[str, str, str]) -> Severity:
    """The distributions of one kind, region by region."""
    group = found.fit.severity.zero_share
    wanted = dict(zip(("scheme", "category", "age"), labels, strict=True))
    is_own = np.logical_and.reduce([group[name].values == label for name, label in wanted.items()])
    codes = list(basis.city.region_codes)
    tables = [getattr(found.fit.severity, name).isel(group=np.flatnonzero(is_own)) for name in PARAMETERS]
    by_region = [table.swap_dims(group="region").reset_coords(drop=True).sel(region=codes) for table in tables]
    return Severity(*by_region)


def city_curves(basis: Basis, found: CitySeverity) -> Curves:
    """Curves of every kind and region."""
    rules = {labels[1]: rules_of("none" if labels[1] == "all" else labels[1]) for labels in KINDS.values()}
    bands = {category: band_payments(own, PATTERNS) for category, own in rules.items()}
    each = {
        kind: payment_curves(severity_of(basis, found, labels), bands[labels[1]], *RANGE, CELLS, TOLERANCE)
        for kind, labels in KINDS.items()
    }
    return side_by_side(each, "kind")


def side_means(basis: Basis, found: CitySeverity) -> xr.DataArray:
    """Mean yearly cost by kind and region."""
    each = [mean(severity_of(basis, found, labels)) for labels in KINDS.values()]
    return xr.concat(each, dim=xr.DataArray(list(KINDS), dims="kind", name="kind"))


def trend(basis: Basis, block: int) -> xr.DataArray:
    """How much dearer the care of every kind has become: (draw, region, kind, year), 1."""
    shocks = shock_paths(basis.trends, stream(SEED, "joint_shock", block), stream(SEED, "drift_error", block), BLOCK)
    series = xr.DataArray([f"{scheme}_cost" for scheme, _, _ in KINDS.values()], {"kind": list(KINDS)}, "kind")
    path = xr.ufuncs.exp(basis.trends.central + shocks).sel(series=series).drop_vars("series")
    return path.transpose("draw", "region", "kind", "year").copy()


def _timed[Value](work: Callable[[], Value]) -> tuple[Value, float]:
    started = time.process_time()
    return work(), time.process_time() - started


def _check(amount: xr.DataArray, scale: xr.DataArray, means: xr.DataArray) -> None:
    gap = float(abs(amount.sum("layer") / (scale * means).sum("kind") - 1).max())
    if gap > 1e-9:
        raise SystemExit(f"layers miss the mean cost by up to {gap:.1e} of it")


if __name__ == "__main__":
    main()
