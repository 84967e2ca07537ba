"""The models of a city's people, and what they are moved by in a draw."""

from dataclasses import dataclass

import xarray as xr

from actuarial.demography.coherent import CoherentModel
from actuarial.demography.level import LevelModel
from actuarial.demography.regional_walk import RegionalWalk
from actuarial.demography.retirement import RetirementReform

SOURCES = ("mortality", "fertility", "migration", "enrolment", "assisted", "retirement")


@dataclass(frozen=True, slots=True)
class PeopleModels:
    """What draws of the population are made from; None where a folder has no history or no long-run value for it.

    mortality : log death rates; fertility : log total fertility; migration : net migrants per person and year
    enrolment, assisted : log odds of the schemes, and of the assistance categories
    net_migration_rate : (region, year), 1/year, central, to be added to the net migrants of the last year
    wage_response : (region,), 1/year, change of the net migration rate for a change of log wages against their path
    split : (..., region, status, sex, age, year), 1, of a scheme over its statuses, the last closed year in front
    reform : statutory ages that the split rests on, or None
    assisted_share : (region, category), 1, of resident members, in the last closed year
    record : one entry for each source: method, note, and its figures
    """

    mortality: CoherentModel | None
    fertility: LevelModel | None
    migration: LevelModel | None
    enrolment: RegionalWalk | None
    assisted: RegionalWalk | None
    net_migration_rate: xr.DataArray
    wage_response: xr.DataArray | None
    split: xr.DataArray
    reform: RetirementReform | None
    assisted_share: xr.DataArray | None
    record: tuple[dict[str, object], ...]


@dataclass(frozen=True, slots=True)
class Shifts:
    """How far each source of a draw is from its central path; zero, and without ``draw``, on the path itself.

    mortality : (draw, sex, age, year), log death rates
    fertility : (draw, region, year), log
    migration : (draw, region, year), 1/year
    enrolment : (draw, region, scheme, year), log odds against being uninsured
    assisted : (draw, region, category, year), log odds against not being assisted
    """

    mortality: xr.DataArray
    fertility: xr.DataArray
    migration: xr.DataArray
    enrolment: xr.DataArray
    assisted: xr.DataArray
