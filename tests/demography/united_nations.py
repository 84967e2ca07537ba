"""World Population Prospects 2019 as labelled arrays, and a projection from them.

United Nations, DESA, Population Division, World Population Prospects 2019 (CC BY 3.0 IGO). ``year`` is the end of a
five-year period, or the date of a population.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pandas as pd
import xarray as xr

from actuarial.demography.migration import MigrationSchedule, migration_profile
from actuarial.demography.population import Projected, project_population

NO_BAND = ("estimate", "medium", "Med")


def first_number(label: object) -> int:
    return int(str(label).split("-")[0].rstrip("+"))


def last_number(label: object) -> int:
    return int(str(label).split("-")[-1])


def read(path: Path, dims: tuple[str, ...], indicator: str | None = None) -> xr.DataArray:
    table = pd.read_csv(path, dtype=str)
    table = table[table["variant"].isin(NO_BAND)]
    if indicator is not None:
        table = table[table["indicator"] == indicator]
    table = table.assign(
        region=table["country"], year=table["period"].map(last_number), value=table["value"].astype(float)
    )
    if "age" in dims:
        table["age"] = table["age"].map(first_number)
    return xr.DataArray(table.set_index(list(dims))["value"].to_xarray())


@dataclass(frozen=True, slots=True)
class Prospects:
    """Inputs and results of the 2019 revision; thousand persons."""

    population: xr.DataArray
    mx: xr.DataArray
    pasfr: xr.DataArray
    tfr: xr.DataArray
    srb: xr.DataArray
    net_migration: xr.DataArray
    life_expectancy: xr.DataArray

    @classmethod
    def read(cls, folder: Path) -> Self:
        cells, summary = ("region", "sex", "age", "year"), folder / "wpp2019_summary_indicators.csv"
        return cls(
            population=read(folder / "wpp2019_population_age5_sex.csv", cells),
            mx=read(folder / "wpp2019_mx_abridged.csv", cells),
            pasfr=read(folder / "wpp2019_pasfr.csv", ("region", "age", "year")),
            tfr=read(summary, ("region", "year"), "tfr"),
            srb=read(summary, ("region", "year"), "sex_ratio_at_birth"),
            net_migration=read(summary, ("region", "year"), "net_migration"),
            life_expectancy=read(summary, ("region", "sex", "year"), "e0"),
        )

    def project(self, countries: list[str], first: int, last: int, schedule: MigrationSchedule) -> Projected:
        """From the population of ``first`` to that of ``last``; as many men as women move, nobody at 100 or above."""
        here = {"region": countries, "year": list(range(first + 5, last + 1, 5))}
        base = self.population.sel(region=countries, year=first, drop=True)
        asfr = (self.pasfr.sel(here) / 100 * self.tfr.sel(here) / 5).reindex(age=base["age"])
        asfr = asfr.where(asfr["age"].isin(self.pasfr["age"]), 0.0)
        srb = self.srb.sel(here)
        of_sex = xr.DataArray([0.5, 0.5], dims="sex", coords={"sex": base["sex"]})
        moves = self.net_migration.sel(here) * of_sex * migration_profile(schedule, base["age"], 100)
        return project_population(
            base, self.mx.sel(here), asfr, srb / (1 + srb), moves.transpose("region", "sex", "age", "year")
        )

    def errors(self, projected: Projected, from_age: int = 0) -> xr.DataArray:
        """Relative error of the people at ``from_age`` and above; (region, year)."""
        model = projected.population.isel(year=slice(1, None)).sel(age=slice(from_age, None)).sum(["sex", "age"])
        found = self.population.sel(region=model["region"], year=model["year"], age=slice(from_age, None))
        return model / found.sum(["sex", "age"], skipna=False) - 1


def worst(errors: xr.DataArray) -> dict[str, float]:
    """Largest absolute error of each region, per cent."""
    largest = abs(errors).max("year") * 100
    return {
        str(region): round(float(value), 3) for region, value in zip(largest["region"].values, largest, strict=True)
    }
