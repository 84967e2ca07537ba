"""Selected growth beside indicated growth: both are kept, the selected one projects, and the deviations stay.

1. a fit indicates the growth of every series and region in every forecast year;
2. the actuary selects another value for some years, with a reason and a date; all other years keep what is indicated;
3. the central path grows by the selected value in those years, and from there on as indicated.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from actuarial.assumptions.basis import Trends
from actuarial.schema import POLICY_SERIES
from actuarial.wording import text


@dataclass(frozen=True, slots=True)
class Selection:
    """A growth that was decided for some years of a series, 1/year; ``region`` is a region or the city."""

    region: str
    series: str
    from_year: int
    to_year: int
    value: float
    decided: str
    reason_zh: str
    reason_en: str
    provenance: str
    source: str


def read_selections(frame: pd.DataFrame | None) -> tuple[Selection, ...]:
    """The rows of the selections table in their order; none where the folder has no such table."""
    if frame is None:
        return ()
    fields = list(Selection.__dataclass_fields__)
    return tuple(Selection(**{field: row[field] for field in fields}) for row in frame.to_dict("records"))


def selections_of(selections: tuple[Selection, ...], city: str, region: str, series: str) -> tuple[Selection, ...]:
    """What holds for a series in a region: its own rows; those of the city where it has none."""
    ours = [part for part in selections if part.series == series]
    own = tuple(part for part in ours if part.region == region)
    return own or tuple(part for part in ours if part.region == city)


def apply_selections(trends: Trends, selections: tuple[Selection, ...], city: str) -> Trends:
    """The trends with the selected growth in its years; the record of each series and region tells both.

    A selection that begins after the last projected year waits: its table belongs to the folder and holds for every
    horizon. What is not selected stays the same to the last bit.

    Parameters
    ----------
    selections : of forecast years, no year twice; the check of the folder sees to it
    city : code of the rows that hold for every region without rows of its own

    Returns
    -------
    As ``trends``. Each entry of the record has besides ``selected_growth`` (mean a year over the forecast, 1/year) and
    ``selections``: see :func:`selection_record`; empty for a series whose centre is the policy table.
    """
    chosen = xr.full_like(trends.central, np.nan)
    held = {}
    for entry in trends.record:
        place = {"region": str(entry["region"]), "series": str(entry["series"])}
        held[place["series"], place["region"]] = own = selections_of(selections, city, **place)
        for part in own:
            chosen.loc[{**place, "year": slice(part.from_year, part.to_year)}] = part.value
    step = yearly_steps(trends.central)
    is_chosen = chosen.notnull()
    shift = xr.where(is_chosen, xr.ufuncs.log1p(chosen) - step, 0.0).cumsum("year")
    central = (trends.central + shift).transpose(*trends.central.dims)
    record = tuple(
        {
            **entry,
            "selected_growth": _mean_growth(central.sel(series=entry["series"], region=entry["region"])),
            "selections": selection_record(
                trends.central.sel(series=entry["series"], region=entry["region"]),
                held[str(entry["series"]), str(entry["region"])],
            ),
        }
        for entry in trends.record
    )
    return replace(trends, central=central, record=record)


def yearly_steps(path: xr.DataArray) -> xr.DataArray:
    """Log growth into each year of a path that is the log of a level over that of the year before the first."""
    return path - path.shift(year=1, fill_value=0.0)


def selection_record(path: xr.DataArray, selections: tuple[Selection, ...]) -> list[dict[str, object]]:
    """Indicated beside selected, in stretches that cover every projected year once, in order.

    A stretch without a decision is recorded as such: the indicated growth is the selected one.

    Parameters
    ----------
    path : (year,), log, indicated, of one series and region (scalar coordinates)

    Returns
    -------
    series, region, from_year, to_year, indicated and selected (1/year, the indicated one a mean over the stretch),
    is_indicated, reason_zh, reason_en, source, date
    """
    series, region = str(path["series"].item()), str(path["region"].item())
    if series in POLICY_SERIES:
        return []
    owner = {year: part for part in selections for year in range(part.from_year, part.to_year + 1)}
    steps = yearly_steps(path)
    stretches: list[list[int]] = []
    for year in path["year"].values.tolist():
        if stretches and owner.get(year) is owner.get(stretches[-1][-1]):
            stretches[-1].append(year)
        else:
            stretches.append([year])
    rows = []
    for years in stretches:
        indicated = float(np.expm1(steps.sel(year=years).mean()))
        ends = {"series": series, "region": region, "from_year": years[0], "to_year": years[-1]}
        rows.append({**ends, "indicated": indicated, **_decision(owner.get(years[0]), indicated)})
    return rows


def _decision(part: Selection | None, indicated: float) -> dict[str, object]:
    if part is None:
        reasons = {f"reason_{language}": text("selection.indicated", language) for language in ("zh", "en")}
        return {"selected": indicated, "is_indicated": True, **reasons, "source": "", "date": ""}
    return {
        "selected": part.value,
        "is_indicated": False,
        "reason_zh": part.reason_zh,
        "reason_en": part.reason_en,
        "source": part.source,
        "date": part.decided,
    }


def _mean_growth(path: xr.DataArray) -> float:
    return float(np.expm1(path.isel(year=-1) / path.sizes["year"]))
