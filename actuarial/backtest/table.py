"""A backtest from a panel to a table: roll, score raw and net of later declared changes, average, set side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from actuarial.backtest.origins import Forecasts, Model, later_changes, outcomes, roll
from actuarial.backtest.scores import LEVELS, average, score

ERRORS = ("raw", "net")


@dataclass(frozen=True, slots=True)
class Backtest:
    """Forecasts of several models from the same origins, and their scores.

    cells : (errors, model, origin, units, horizon); every score of `scores.score`
    is_common : (origin, units, horizon), scored for every model that forecast anything of the unit
    forecasts : draws and notes
    """

    cells: xr.Dataset
    is_common: xr.DataArray
    forecasts: Forecasts


def backtest(
    panel: xr.Dataset,
    models: Mapping[str, Model],
    origins: Sequence[int],
    horizon: int,
    n: int,
    rng: np.random.Generator,
    declared: xr.DataArray | None = None,
) -> Backtest:
    """Rolling forecasts of a panel, scored.

    Parameters
    ----------
    panel, models, origins, horizon, n, rng : as `origins.roll`
    declared : as `origins.later_changes`; None where no later change is declared, and then raw errors alone
    """
    return judge(panel, roll(panel, models, origins, horizon, n, rng), declared)


def judge(panel: xr.Dataset, forecasts: Forecasts, declared: xr.DataArray | None = None) -> Backtest:
    """Forecasts held against what came true; net errors take the effect of later changes out of what came true."""
    draws = forecasts.draws
    origins, horizon = [int(origin) for origin in draws["origin"].values], draws.sizes["horizon"]
    observed = outcomes(panel, origins, horizon)
    targets = [observed]
    if declared is not None:
        targets.append(observed * xr.ufuncs.exp(-later_changes(declared, origins, horizon)))
    parts = [score(draws, target.reset_coords(drop=True)) for target in targets]
    cells = xr.concat(parts, dim="errors").assign_coords(errors=list(ERRORS[: len(parts)]))
    scored = cells["crps"].sel(errors="raw", drop=True).notnull()
    is_able = scored.any(["origin", "horizon"])
    return Backtest(cells, (scored | ~is_able).all("model") & scored.any("model"), forecasts)


def summary(found: Backtest, by: Sequence[str] = (), is_common_only: bool = True) -> xr.Dataset:
    """Averages by the dims named (horizon, region, ...) and always by model and errors.

    Over the cells that all models share, or over each model's own.
    """
    cells = found.cells.where(found.is_common) if is_common_only else found.cells
    return average(cells, _averaged(found, by))


def tidy(found: Backtest, by: Sequence[str] = (), reference: str | None = None) -> pd.DataFrame:
    """One row per model, group and set of cells: `common`, those that all models share, and `own`, each model's.

    crps_skill is 1 - CRPS / CRPS of the reference model over the cells that the two share, count_shared in number. All
    else can be compared between models in the rows of common cells alone. A model without any forecast keeps its rows,
    with count 0 and why in the note.
    """
    parts = []
    for kind in ("common", "own"):
        averages = summary(found, by, kind == "common")
        plain = averages.drop_dims(["level", "bin"])
        for level in LEVELS:
            for name in ("coverage", "coverage_error", "interval_score"):
                plain[f"{name}_{round(100 * level)}"] = averages[name].sel(level=level, drop=True)
        if reference is not None:
            plain = plain.merge(_skill(found, by, reference, kind == "common"))
        frame = plain.reset_coords(drop=True).to_dataframe(dim_order=["errors", "model", *by]).reset_index()
        parts.append(frame.assign(cells=kind))
    table = pd.concat(parts, ignore_index=True)
    why = {name: _reasons(found.forecasts.notes, name) for name in table["model"].unique()}
    return table.assign(note=[why[model] for model in table["model"]])


def splits(found: Backtest, reference: str | None = None) -> pd.DataFrame:
    """The tidy table of all cells, of every horizon and of every unit, one below the other: split, group, ..."""
    units = [str(dim) for dim in found.is_common.dims if dim not in ("origin", "horizon")]
    parts = [tidy(found, (), reference).assign(split="all", group="all")]
    for dim in ("horizon", *units):
        part = tidy(found, (dim,), reference)
        parts.append(part.assign(split=dim, group=part[dim].astype(str)).drop(columns=dim))
    table = pd.concat(parts, ignore_index=True)
    return table[["split", "group", *(name for name in table.columns if name not in ("split", "group"))]]


def histogram(found: Backtest) -> pd.DataFrame:
    """Number of common cells in each tenth of PIT, by errors and model."""
    return summary(found)["pit_histogram"].to_dataframe().reset_index()


def _averaged(found: Backtest, by: Sequence[str]) -> list[str]:
    return [str(dim) for dim in found.is_common.dims if dim not in by]


def _skill(found: Backtest, by: Sequence[str], reference: str, is_common_only: bool) -> xr.Dataset:
    crps = found.cells["crps"].where(found.is_common) if is_common_only else found.cells["crps"]
    rival = crps.sel(model=reference, drop=True)
    is_shared = crps.notnull() & rival.notnull()
    dims = _averaged(found, by)
    ratio = crps.where(is_shared).mean(dims) / rival.where(is_shared).mean(dims)
    return xr.Dataset({"crps_skill": 1 - ratio, "count_shared": is_shared.sum(dims)})


def _reasons(notes: Sequence[Mapping[str, object]], model: object) -> str:
    """Every note of a model with the origins that it holds for."""
    said: dict[str, list[str]] = {}
    for note in notes:
        if note["model"] == model:
            said.setdefault(str(note["note"]), []).append(str(note["origin"]))
    return "; ".join(f"{text} ({origins[0]}..{origins[-1]}, {len(origins)})" for text, origins in said.items())
