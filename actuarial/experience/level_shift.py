"""Level shifts that nobody declared, found in the logs of a panel of series; nothing is changed by them.

1. steps of the logs between neighbouring known levels, without those into a declared break; one longer step over a gap
   and over the periods of a declared shock;
2. a shift of the level is one step that stands out: each is compared with all others by a deleted t statistic, under a
   random walk with drift (and with noise of the single months and a fixed season, where a year has several periods);
3. what all regions have in common, their middle step, apart from what each region does beyond the middle of the others;
4. several shifts of one series hide each other, so the most extreme steps are taken out one after the other, and the
   last of them that stands out decides how many are reported;
5. a step that the next one takes back is a passing shock and no shift.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np
import xarray as xr
from scipy import linalg, stats

from actuarial.errors import AssumptionError

# The word for a shift that all regions have in common.
ALL_REGIONS = "all"
# Fewest regions whose middle says what is common: with two, either one may have moved.
LEAST_REGIONS = 3
# Own choices: at most one step in five can stand out from the others, and at most three; declared, they no longer hide
# what is left.
STEPS_PER_SHIFT, MOST_SHIFTS = 5, 3
# Own choice: degrees of freedom left beside the steps that stand out; with fewer only a break of all scale is found.
LEAST_FREE = 3
# Log steps closer than this are equal: levels are published with fewer digits (as in `trend`).
ROUNDING = 1e-9
# Own choice: with fewer steps the noise of single levels cannot be told from the walk, and is taken to be none.
LEAST_NOISY = 24
# Variances of that noise over that of the steps of the walk, which are tried.
NOISE_RATIOS = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)


@dataclass(frozen=True, slots=True)
class LevelShift:
    """A step of a series that the others do not explain.

    region : code, or ``all`` where the middle of all regions moved
    period : the first year (or month) of the new level
    before : the last known year (or month) before it
    size : 1, the new level over that of an ordinary step, less one
    p_value : 1, adjusted for all steps and regions that it was sought among; at most the error rate
    may_pass : at the first or last step, where one odd level and a new level look alike
    """

    series: str
    region: str
    period: int
    before: int
    size: float
    p_value: float
    may_pass: bool


@dataclass(frozen=True, slots=True)
class LevelShifts:
    """What the search found, and where it could not search.

    error_rate : 1, chance that a series without a shift, all its regions together, is reported
    shifts : by series, period and region
    unjudged : series, region and steps known, where these are too few
    """

    error_rate: float
    shifts: tuple[LevelShift, ...]
    unjudged: tuple[dict[str, object], ...]

    def record(self) -> dict[str, object]:
        """What the record of a fit or of a run holds: plain numbers and words."""
        found = [asdict(shift) for shift in self.shifts]
        return {"error_rate": self.error_rate, "shifts": found, "unjudged": [dict(entry) for entry in self.unjudged]}


@dataclass(frozen=True, slots=True)
class _Steps:
    """Known steps of one series: place of the level reached, periods spanned, breaks declared before, log growth."""

    place: np.ndarray
    length: np.ndarray
    run: np.ndarray
    growth: np.ndarray


def find_level_shifts(
    levels: xr.DataArray, is_broken: xr.DataArray, is_shocked: xr.DataArray, season: int, error_rate: float
) -> LevelShifts:
    """Undeclared level shifts of a panel of annual or monthly series.

    Parameters
    ----------
    levels : (series, region, year or month), positive; NaN where not known; labels go up by one
    is_broken : (series, year or month), true where the step into the period crosses a declared break
    is_shocked : (series, year or month), true in the periods of a declared shock, whose levels are passed over
    season : periods in a year, 1 for annual levels
    error_rate : 1, chance of a false report of a series, over its regions and periods together

    Raises
    ------
    AssumptionError
        If a level is not positive and finite, periods do not follow each other, or the rate is not inside (0, 1).

    Source
    ------
    Level shift as a pulse in the differences, and its kind by the larger statistic: Chen & Liu (1993), Journal of the
    American Statistical Association 88(421). One step against the others: Grubbs (1950), Annals of Mathematical
    Statistics 21(1); several of them: Rosner (1983), Technometrics 25(2). Middle of the regions: own choice, so that a
    shift of one region is not taken for one of all.
    """
    if not 0 < error_rate < 1:
        raise AssumptionError(f"level shift: an error rate of {error_rate:g} is not between 0 and 1")
    (time,) = (str(dim) for dim in levels.dims if dim not in ("series", "region"))
    labels = levels[time].values
    if (np.diff(labels) != 1).any():
        raise AssumptionError(f"level shift: {time} does not go up by one")
    _refuse_non_positive(levels, time)
    shifts, unjudged = [], []
    for series in levels["series"].values:
        own = xr.ufuncs.log(levels.where(~is_shocked).sel(series=series, drop=True)).transpose("region", time)
        broken = is_broken.sel(series=series, drop=True).values
        known = {str(region): _steps(own.sel(region=region).values, broken) for region in own["region"].values}
        sought = _comparisons(known)
        for region, steps in sought.items():
            found = _search(steps, int(labels[0]), season, error_rate, _error_share(region, sought))
            if found is None:
                unjudged.append({"series": str(series), "region": region, "steps": len(steps.growth)})
                continue
            shifts += [LevelShift(str(series), region, **one) for one in found]
    order = sorted(shifts, key=lambda shift: (list(levels["series"].values).index(shift.series), shift.period))
    return LevelShifts(error_rate, tuple(order), tuple(unjudged))


def _refuse_non_positive(levels: xr.DataArray, time: str) -> None:
    wrong = (levels <= 0) | xr.ufuncs.isinf(levels)
    if not bool(wrong.any()):
        return
    cell = levels.isel({dim: places[0] for dim, places in zip(levels.dims, np.nonzero(wrong.values), strict=True)})
    place = f"{cell['series'].item()}, region {cell['region'].item()}, {time} {cell[time].item()}"
    raise AssumptionError(
        f"level shift: {place}: level {cell.item():g}; its logarithm is taken, so it has to be positive and finite; "
        f"levels like it: {int(wrong.sum())}"
    )


def _steps(logs: np.ndarray, broken: np.ndarray) -> _Steps:
    """Steps between neighbouring known levels, without those that cross a declared break."""
    places = np.flatnonzero(np.isfinite(logs))
    run = np.cumsum(broken)[places]
    is_whole = run[1:] == run[:-1]
    return _Steps(places[1:][is_whole], np.diff(places)[is_whole], run[1:][is_whole], np.diff(logs[places])[is_whole])


def _comparisons(known: dict[str, _Steps]) -> dict[str, _Steps]:
    """What is searched: the middle of the regions, and each region less the middle of the others.

    Region by region where these are fewer than LEAST_REGIONS or do not know the same periods.
    """
    first = next(iter(known.values()))
    is_common = all(
        np.array_equal(steps.place, first.place) and np.array_equal(steps.length, first.length)
        for steps in known.values()
    )
    if len(known) < LEAST_REGIONS or not is_common:
        return known
    growth = np.array([steps.growth for steps in known.values()])
    sought = {ALL_REGIONS: replace(first, growth=np.median(growth, axis=0))}
    for number, (region, steps) in enumerate(known.items()):
        others = np.median(np.delete(growth, number, axis=0), axis=0)
        sought[region] = replace(steps, growth=steps.growth - others)
    return sought


def _error_share(region: str, sought: Mapping[str, _Steps]) -> float:
    """Share of the error rate of a series: half for what is common, the rest in equal parts for the regions."""
    if ALL_REGIONS not in sought:
        return 1 / len(sought)
    return 0.5 if region == ALL_REGIONS else 0.5 / (len(sought) - 1)


def _search(steps: _Steps, first: int, season: int, error_rate: float, error_share: float) -> list[dict] | None:
    """The shifts of one comparison; None where too few steps are known.

    Parameters
    ----------
    first : label of the first period, which also says the period of the year
    error_share : of the error rate, for this comparison
    """
    design = _design(steps, first, season)
    count, width = design.shape
    most = min(MOST_SHIFTS, count // STEPS_PER_SHIFT, count - width - 1 - LEAST_FREE)
    if most < 1:
        return None
    taken: list[int] = []
    standing = 0
    for _ in range(most):
        p_values, _ = _stand_out(steps, design, taken, np.eye(count))
        taken.append(int(np.nanargmin(p_values)))
        if _adjusted(p_values, taken[-1]) <= error_rate * error_share:
            standing = len(taken)
    found = taken[:standing]
    return [
        _shift(steps, design, found, place, first, error_share)
        for place in found
        if not _is_passing(steps, design, found, place)
    ]


def _design(steps: _Steps, first: int, season: int) -> np.ndarray:
    """Drift of each run between declared breaks, and a fixed season: (step, column)."""
    drift = (steps.run[:, None] == np.unique(steps.run)) * steps.length[:, None]
    reached, left = (first + steps.place) % season, (first + steps.place - steps.length) % season
    periods = np.arange(1, season)
    return np.column_stack([drift, (reached[:, None] == periods) * 1.0 - (left[:, None] == periods)])


def _stand_out(
    steps: _Steps, design: np.ndarray, taken: list[int], candidates: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Probability and size of each candidate column beside the design and the steps taken; NaN where none is seen."""
    full = np.column_stack([design, np.eye(len(design))[:, taken]])
    root = _noise_root(steps, full)
    basis, _ = _span(linalg.solve_triangular(root, full, lower=True))
    growth, columns = (linalg.solve_triangular(root, part, lower=True) for part in (steps.growth, candidates))
    residual, own = growth - basis @ (basis.T @ growth), columns - basis @ (basis.T @ columns)
    information = (own**2).sum(axis=0)
    is_free = information > ROUNDING * (columns**2).sum(axis=0)
    size = np.divide(own.T @ residual, information, out=np.full(len(information), np.nan), where=is_free)
    left = ((residual[:, None] - own * size) ** 2).sum(axis=0)
    free = len(growth) - basis.shape[1] - 1
    variance = left / free + ROUNDING**2
    return 2 * stats.t.sf(np.abs(size) * np.sqrt(information / variance), free), size


def _noise_root(steps: _Steps, design: np.ndarray) -> np.ndarray:
    """Root of the covariance of the steps, lower: a walk, with noise of single levels where enough steps tell it.

    The noise of a level enters the step to it and, reversed, the step from it; its ratio to the walk is the one of
    NOISE_RATIOS with the largest restricted likelihood.
    """
    walk = np.diag(steps.length.astype(float))
    if len(walk) < LEAST_NOISY:
        return np.sqrt(walk)
    adjoins = steps.place[1:] - steps.length[1:] == steps.place[:-1]
    noise = 2 * np.eye(len(walk)) - np.diag(adjoins * 1.0, 1) - np.diag(adjoins * 1.0, -1)
    roots = [np.linalg.cholesky(walk + ratio * noise) for ratio in NOISE_RATIOS]
    return max(roots, key=lambda root: _restricted_likelihood(root, steps.growth, design))


def _restricted_likelihood(root: np.ndarray, growth: np.ndarray, design: np.ndarray) -> float:
    """Source: Harville (1977), Journal of the American Statistical Association 72(358), scale profiled out."""
    basis, log_volume = _span(linalg.solve_triangular(root, design, lower=True))
    whitened = linalg.solve_triangular(root, growth, lower=True)
    residual = whitened - basis @ (basis.T @ whitened)
    free = len(growth) - basis.shape[1]
    scale = residual @ residual / free + ROUNDING**2
    return float(-free * np.log(scale) / 2 - np.log(np.diag(root)).sum() - log_volume)


def _span(columns: np.ndarray) -> tuple[np.ndarray, float]:
    """Orthonormal basis of the columns, which may depend on each other, and the logarithm of their volume."""
    vectors, widths, _ = np.linalg.svd(columns, full_matrices=False)
    is_there = widths > ROUNDING * widths.max(initial=0.0)
    return vectors[:, is_there], float(np.log(widths[is_there]).sum())


def _is_passing(steps: _Steps, design: np.ndarray, found: list[int], place: int) -> bool:
    """Whether one odd level before or after the step explains more than a new level does (Chen & Liu 1993)."""
    identity = np.eye(len(design))
    neighbours = [
        other for other in (place - 1, place + 1) if 0 <= other < len(design) and _adjoin(steps, place, other)
    ]
    odd = np.column_stack([identity[:, place], *(identity[:, place] - identity[:, other] for other in neighbours)])
    apart = [other for other in found if other != place and other not in neighbours]
    p_values, _ = _stand_out(steps, design, apart, odd)
    return bool(np.nanargmin(p_values) > 0)


def _adjusted(p_values: np.ndarray, place: int) -> float:
    """Probability that any of the candidates stands out as far (Bonferroni)."""
    return float(p_values[place] * np.isfinite(p_values).sum())


def _adjoin(steps: _Steps, one: int, other: int) -> bool:
    """Whether the later of two steps starts from the level that the earlier one reaches."""
    early, late = min(one, other), max(one, other)
    return bool(steps.place[late] - steps.length[late] == steps.place[early])


def _shift(steps: _Steps, design: np.ndarray, found: list[int], place: int, first: int, error_share: float) -> dict:
    """Period, size and p value of one shift beside the others found."""
    apart = [other for other in found if other != place]
    p_values, size = _stand_out(steps, design, apart, np.eye(len(design)))
    reached = int(first + steps.place[place])
    return {
        "period": reached,
        "before": reached - int(steps.length[place]),
        "size": float(np.expm1(size[place])),
        "p_value": min(_adjusted(p_values, place) / error_share, 1.0),
        "may_pass": place in (0, len(design) - 1),
    }
