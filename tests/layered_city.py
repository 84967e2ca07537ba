"""The tiny city with layers of protection, its resident bands split by category, so that assisted persons are kinds."""

import csv
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.benefit.protection import Protection
from actuarial.experience.fit import fit
from actuarial.experience.protection import fit_protection
from actuarial.payers import Payers, pay_layers
from actuarial.people import People, project_people
from actuarial.tables import CityData, read_folder
from tests.tiny_city import CITY, write_catalogue, write_table, write_tiny_city

# persons of the bands, of a hundred; the eligible, of a hundred persons of the tiny city's one category
SHARES = {"none": 90, "destitute": 1, "subsistence": 5, "near_poor": 3, "impoverished_by_illness": 1}
ELIGIBLE = {"destitute": 10, "subsistence": 50, "near_poor": 30, "impoverished_by_illness": 10}
LAST, HORIZON, REFORM = 2025, 5, 2028
BENEFITS = ["benefit_inpatient", "benefit_outpatient"]
# parameter, value, unit; of all, and of every category
DECIDED = (
    ("allocation_burden_weight", 0.5, "1"),
    ("allocation_floor_share", 0.9, "1"),
    ("allocation_largest_rise", 0.2, "1"),
    ("reimbursement_benchmark", 0.816, "1"),
    ("prevention_share", 0.3, "1"),
    ("prevention_cost", 14_000, "yuan/person"),
    ("prevention_admissions", 0.7, "1"),
    ("prevention_admissions_error", 0.15, "1"),
    ("prevention_saving", 12_000, "yuan/person"),
    ("prevention_saving_error", 2_500, "yuan/person"),
    ("prevention_correlation", 0.5, "1"),
    ("prevention_worth", 5_000, "yuan"),
)
LEAVING = (("assisted_exit_rate", 0.2, "1/year"), ("removal_lag", 3, "month"))
IN_SCOPE = {"primary": 0.96, "secondary": 0.92, "tertiary": 0.88}
ENOUGH = 20  # the tiny city's bands a hundred times over leave every category persons in every band


def write_split_city(path: Path) -> Path:
    """Writes the folder and gives back its path."""
    write_tiny_city(path, with_benefits=True)
    _rewrite(path / "claim_bands.csv", _split_band)
    _rewrite(path / "assistance.csv", _split_eligible)
    return write_catalogue(path)


def write_decided_city(path: Path) -> Path:
    """The split city that decides on recognition, sharing out and prevention, with bills partly out of scope."""
    write_split_city(path)
    source = ("official", "test")
    decided = [(name, "", *rule) for name, *rule in DECIDED]
    decided += [(name, category, *rule) for name, *rule in LEAVING for category in ELIGIBLE]
    _append(path / "policy.csv", [(CITY, "assistance", *row[:2], 2018, *row[2:], *source) for row in decided])
    shares = [
        (CITY, "all", "basic", "all", "", "all", tier, "all", "in_scope_share", "", "", "", 2018, value, "1", *source)
        for tier, value in IN_SCOPE.items()
    ]
    _append(path / "benefits.csv", shares)
    return write_catalogue(path)


@cache
def decided_data() -> CityData:
    with TemporaryDirectory() as place:
        return read_folder(write_decided_city(Path(place) / "tiny"))


@cache
def decided_basis() -> Basis:
    with xr.set_options(arithmetic_join="exact"):
        return fit(decided_data(), HORIZON)


@cache
def layered_data() -> CityData:
    with TemporaryDirectory() as place:
        return read_folder(write_split_city(Path(place) / "tiny"))


@cache
def layered_basis() -> Basis:
    with xr.set_options(arithmetic_join="exact"):
        return fit(layered_data(), HORIZON)


def reformed(data: CityData) -> CityData:
    """The same where tertiary inpatient care is paid at 0.9 from a forecast year on, in one segment."""
    rules = data.frames["benefits"]
    own = (rules["layer"] == "basic") & (rules["service"] == "inpatient") & (rules["tier"] == "tertiary")
    row = rules[own & (rules["parameter"] == "reimbursement_rate") & (rules["lower"].fillna(0) == 0)]
    assert len(row) == 1
    new = row.assign(value=0.9, from_year=REFORM, upper=float("nan"))
    return replace(data, frames={**data.frames, "benefits": pd.concat([rules, new], ignore_index=True)})


@cache
def reformed_basis() -> Basis:
    """The layered basis under rules that change in a forecast year; nothing else is fitted anew."""
    basis = layered_basis()
    with xr.set_options(arithmetic_join="exact"):
        layers = fit_protection(reformed(layered_data()), basis.history, basis.policy, basis.years)
    return replace(basis, layers=layers)


def frozen(people: People) -> People:
    """The people of the last closed year in every forecast year."""

    def held[Table: (xr.DataArray, xr.Dataset)](table: Table) -> Table:
        return table.sel(year=[LAST] * table.sizes["year"]).assign_coords(year=table["year"])

    assert people.assisted is not None
    assert people.bands is not None
    names = ("members", "expected", "assisted", "bands")
    return replace(people, **{name: held(getattr(people, name)) for name in names})


def layers_of(basis: Basis) -> Protection:
    assert basis.layers is not None
    return basis.layers


def payers_of(basis: Basis, people: People, rise: float = 0.0) -> Payers:
    """On the central path, every series raised by a log growth."""
    central = basis.trends.central
    payers = pay_layers(basis, people, central, xr.full_like(central, rise))
    assert payers is not None
    return payers


def central_payers(basis: Basis) -> Payers:
    return payers_of(basis, project_people(basis))


def _append(path: Path, rows: list[tuple]) -> None:
    with path.open(encoding="utf-8", newline="") as stream:
        header, *known = csv.reader(stream)
    write_table(path, tuple(header), [*map(tuple, known), *rows])


def _rewrite(path: Path, rows_of) -> None:
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    write_table(path, tuple(header), [new for row in rows for new in rows_of(dict(zip(header, row, strict=True)))])


def _split_band(row: dict) -> list[tuple]:
    if row["scheme"] != "resident":
        return [tuple(row.values())]
    mean = float(row["value"]) / float(row["persons"])
    parts = []
    for category, share in SHARES.items():
        heads = int(row["persons"]) * ENOUGH * share // 100
        parts.append(tuple({**row, "category": category, "persons": heads, "value": heads * mean}.values()))
    return parts


def _split_eligible(row: dict) -> list[tuple]:
    if row["measure"] != "eligible":
        return [tuple(row.values())]
    return [
        tuple({**row, "category": category, "value": int(row["value"]) * share / 100}.values())
        for category, share in ELIGIBLE.items()
    ]
