"""The checked tables of a city as labelled arrays: what is known of the closed years, and the forward vital rates."""

import numpy as np
import pandas as pd
import xarray as xr

from actuarial.assumptions.basis import History, Vital
from actuarial.city import City
from actuarial.errors import AssumptionError
from actuarial.money import to_fen
from actuarial.schema import AGES, ALL_LINES, ALL_STATUSES, FUNDS, OPEN_AGE, SERVICES, SEXES
from actuarial.tables import CityData, to_array

SINGLE_AGES = (*(str(age) for age in AGES[:-1]), f"{OPEN_AGE}+")
INSURED = ("employee", "resident")


def read_history(data: CityData) -> History:
    """Closed years of a city.

    Raises
    ------
    AssumptionError
        If a table that the projection needs has no rows for the last closed year.
    """
    city, frames = data.city, data.frames
    regions, last = list(city.region_codes), city.last_year
    enrolment = _of_regions(frames["enrolment"], regions)
    totals = enrolment[(enrolment["sex"] == "total") & (enrolment["age"] == "all") & (enrolment["status"] != "all")]
    ages, grouped = _by_age_group(enrolment, last, ["region", "status", "sex", "group"], "enrolment")
    claim_ages, claims = _by_age_group(
        _of_regions(frames["claims"], regions), last, ["region", "scheme", "service", "sex", "group"], "claims"
    )
    ledger, provenance = _ledger(_of_regions(frames["ledger"], regions), regions)
    population = _population(_of_regions(frames["population"], regions), regions)
    return History(
        population=population,
        members=_members(totals, enrolment, regions),
        grouped_members=_dense(grouped, {"region": regions, "status": ALL_STATUSES, "sex": SEXES}),
        member_ages=ages,
        claims=_dense(claims, {"region": regions, "scheme": INSURED, "service": SERVICES, "sex": SEXES}),
        claim_ages=claim_ages,
        ledger=ledger,
        ledger_provenance=provenance,
        opening=_opening(ledger, last),
        contribution_base=_indicator(frames["economy"], city, "contribution_base"),
        income=_income(frames["economy"], city, population),
    )


def _of_regions(frame: pd.DataFrame, regions: list[str]) -> pd.DataFrame:
    return frame[frame["region"].isin(regions)]


def _array(frame: pd.DataFrame, dims: list[str]) -> xr.DataArray:
    return frame.set_index(dims)["value"].to_xarray()


def _dense(array: xr.DataArray, coords: dict[str, object]) -> xr.DataArray:
    """Every label of the vocabulary; a cell without a row has nobody in it and no claim."""
    return array.reindex({name: list(labels) for name, labels in coords.items()}).fillna(0.0)  # type: ignore[call-overload]


def _population(frame: pd.DataFrame, regions: list[str]) -> xr.DataArray:
    cells = frame[frame["age"].isin(SINGLE_AGES) & frame["sex"].isin(SEXES)]
    return to_array(cells, ["region", "sex", "age", "year"], {"region": regions, "sex": SEXES})


def _members(totals: pd.DataFrame, enrolment: pd.DataFrame, regions: list[str]) -> xr.DataArray:
    """Year-end members by status; where residents are published only as one number, that number is under ``adult``."""
    by_status = _array(totals, ["region", "status", "year"]).reindex(region=regions, status=list(ALL_STATUSES))
    undivided = enrolment[
        (enrolment["sex"] == "total")
        & (enrolment["age"] == "all")
        & (enrolment["status"] == "all")
        & (enrolment["scheme"] == "resident")
    ]
    if undivided.empty:
        return by_status
    whole = _array(undivided, ["region", "year"]).reindex(region=regions)
    years = np.union1d(by_status["year"], whole["year"])
    by_status, whole = by_status.reindex(year=years), whole.reindex(year=years)
    parts = by_status.sel(status=["child", "student", "adult"])
    fill = whole.where(parts.isnull().all("status"))
    return xr.where(by_status["status"] == "adult", by_status.fillna(fill), by_status).transpose(*by_status.dims)


def _by_age_group(frame: pd.DataFrame, year: int, dims: list[str], table: str) -> tuple[np.ndarray, xr.DataArray]:
    cells = frame[(frame["year"] == year) & frame["sex"].isin(SEXES) & (frame["age"] != "all")]
    if cells.empty:
        raise AssumptionError(f"{table}: no rows by sex and age for {year}, the last closed year")
    groups = cells[["age", "age_lower", "age_upper"]].drop_duplicates("age").sort_values("age_lower")
    follows = groups["age_upper"].shift().to_numpy()[1:] + 1 == groups["age_lower"].to_numpy()[1:]
    if not (follows.all() and groups["age_lower"].iloc[0] == 0 and pd.isna(groups["age_upper"].iloc[-1])):
        raise AssumptionError(f"{table}: age groups of {year} differ between its rows: {', '.join(groups['age'])}")
    array = _array(cells.assign(group=cells["age_lower"].astype(int)), dims)
    return array["group"].values, array


def _ledger(frame: pd.DataFrame, regions: list[str]) -> tuple[xr.DataArray, xr.DataArray]:
    names = {pair: fund for fund, pair in FUNDS.items()}
    pairs = pd.Series(list(zip(frame["scheme"], frame["fund"], strict=True)), index=frame.index, dtype=object)
    labelled = frame.assign(fund=pairs.map(names)).dropna(subset=["fund"])
    years = np.arange(labelled["year"].min(), labelled["year"].max() + 1)
    coords = {"region": regions, "fund": list(FUNDS), "line": list(ALL_LINES), "year": years}
    indexed = labelled.set_index(["region", "fund", "line", "year"])
    amounts = indexed["value"].to_xarray().reindex(coords)
    provenance = indexed["provenance"].to_xarray().reindex(coords)
    return amounts, provenance.where(provenance.notnull(), "").astype(str)


def _opening(ledger: xr.DataArray, last: int) -> xr.DataArray:
    closing = ledger.sel(line="closing_balance", year=last, drop=True)
    known = ledger.sel(year=last, drop=True).notnull().any("line")
    for region in closing["region"].values:
        for fund in closing["fund"].values:
            place = {"region": region, "fund": fund}
            if bool(known.loc[place]) and bool(closing.loc[place].isnull()):
                raise AssumptionError(f"ledger: no closing_balance in {last} for region {region}, fund {fund}")
    return to_fen(closing.where(known, 0.0))


def _indicator(frame: pd.DataFrame, city: City, indicator: str) -> xr.DataArray:
    """An indicator by region and year; a region without rows has the city's."""
    rows = frame[frame["indicator"] == indicator]
    parts = [to_array(series, ["year"]) for series in _by_region(rows, city, f"economy: no {indicator}")]
    return xr.concat(parts, dim="region", join="outer").assign_coords(region=list(city.region_codes))


def _income(frame: pd.DataFrame, city: City, population: xr.DataArray) -> xr.DataArray | None:
    """Disposable income per head of the city's residents: (year,), yuan/person; None without the last closed year.

    The city's own figures where they reach the last closed year, else those of the regions weighted by people: series
    of two sources are never joined, their growth would be that of the sources.
    """
    rows = frame[frame["indicator"] == "disposable_income"]
    table = rows.pivot(index="year", columns="region", values="value")
    for codes in ([city.code], list(city.region_codes)):
        known = table.reindex(columns=codes).dropna()
        if city.last_year in known.index:
            people = population.sum(["sex", "age"]).sel(region=list(city.region_codes))
            years = [year for year in known.index.tolist() if year <= city.last_year and year in people["year"].values]
            own = xr.DataArray(known.loc[years].to_numpy(), {"year": years, "region": codes}, ("year", "region"))
            if codes == [city.code]:
                return own.isel(region=0, drop=True)
            weight = people.sel(year=years)
            return (own * weight).sum("region") / weight.sum("region")
    return None


def _by_region(rows: pd.DataFrame, city: City, complaint: str) -> list[pd.DataFrame]:
    """Each region's own rows, or the city's where it has none."""
    parts = []
    for region in city.region_codes:
        own = rows[rows["region"] == region]
        parts.append(own if not own.empty else rows[rows["region"] == city.code])
        if parts[-1].empty:
            raise AssumptionError(f"{complaint} for region {region} nor for the city")
    return parts


def read_official_population(data: CityData) -> xr.DataArray | None:
    """Published totals of the city's people in forecast years, (year,), person; None where there are none."""
    city, frame = data.city, data.frames["population"]
    rows = frame[(frame["region"] == city.code) & (frame["year"] > city.last_year)]
    rows = rows[(rows["sex"] == "total") & (rows["age"] == "all")]
    return None if rows.empty else to_array(rows, ["year"])


def read_death_rates(data: CityData) -> xr.DataArray:
    """Death rates of the last closed year, the city's where a region has none: (region, sex, age), 1/year."""
    rates = _measure(data.frames["vital_rates"], data.city, "death_rate", data.city.last_year, ["sex", "age"])
    return rates.reindex(age=list(AGES)).transpose("region", "sex", "age")


def read_vital(data: CityData, years: np.ndarray) -> Vital:
    """Forward vital rates: those of the last year, death rates falling by the stated improvement, the rest held.

    Without a stated improvement death rates are held too, until a fitted drift moves them.

    Raises
    ------
    AssumptionError
        If a measure is missing for the last year.
    """
    city, frame = data.city, data.frames["vital_rates"]
    last = city.last_year
    steps = xr.DataArray(years - last, dims="year", coords={"year": years})
    held = xr.ones_like(steps)
    rates = read_death_rates(data)
    if (frame["measure"] == "death_improvement").any():
        rates = rates * (1 - _measure(frame, city, "death_improvement", last, ["sex"])) ** steps
    else:
        rates = rates * held
    fertility = _measure(frame, city, "birth_rate", last, ["age"])
    ratio = _measure(frame, city, "sex_ratio_at_birth", last, [])
    migrants = _measure(frame, city, "net_migration", last, ["sex", "age"])
    every_age = {"age": list(AGES)}
    return Vital(
        death_rate=rates.transpose("region", "sex", "age", "year"),
        birth_rate=(fertility.reindex(every_age).fillna(0.0) * held).transpose("region", "age", "year"),
        boys_share=ratio / (1 + ratio),
        net_migration=(migrants.reindex(every_age) * held).transpose("region", "sex", "age", "year"),
    )


def _measure(frame: pd.DataFrame, city: City, measure: str, year: int, dims: list[str]) -> xr.DataArray:
    rows = frame[(frame["measure"] == measure) & (frame["year"] == year)]
    if "age" in dims:
        rows = rows[rows["age"].isin(SINGLE_AGES)]
    if "sex" in dims:
        rows = rows[rows["sex"].isin(SEXES)]
    coords = {"sex": SEXES} if "sex" in dims else None
    parts = [
        to_array(part, dims, coords) if dims else xr.DataArray(float(part["value"].iloc[0]))
        for part in _by_region(rows, city, f"vital_rates: no {measure} in {year}")
    ]
    return xr.concat(parts, dim="region", join="exact").assign_coords(region=list(city.region_codes))
