"""Actuarial forecasting and budgeting for municipal health insurance: the public names, loaded when first used."""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_HOME = {
    "AssumptionError": "actuarial.errors",
    "Basis": "actuarial.assumptions.basis",
    "BusyError": "actuarial.errors",
    "City": "actuarial.city",
    "CityData": "actuarial.tables",
    "GateError": "actuarial.errors",
    "Run": "actuarial.runs.store",
    "SchemaError": "actuarial.errors",
    "StoreError": "actuarial.errors",
    "apply_scenario": "actuarial.scenario",
    "check_folder": "actuarial.checks",
    "compare": "actuarial.runs.jobs",
    "fit": "actuarial.experience.fit",
    "headline": "actuarial.runs.summary",
    "life_table": "actuarial.demography.life_table",
    "list_runs": "actuarial.runs.store",
    "make_run": "actuarial.runs.jobs",
    "maximum_drawdown": "actuarial.risk.drawdown",
    "open_run": "actuarial.runs.store",
    "project": "actuarial.projection",
    "project_people": "actuarial.people",
    "project_population": "actuarial.demography.population",
    "read_folder": "actuarial.tables",
    "read_scenario": "actuarial.scenario",
    "Request": "actuarial.runs.jobs",
    "risk_reserve": "actuarial.risk.reserve",
    "settle_full_pooling": "actuarial.settlement.one_fund",
    "simulate": "actuarial.simulation",
}
__all__ = sorted(_HOME)  # pyright: ignore[reportUnsupportedDunderAll]

if TYPE_CHECKING:
    from actuarial.assumptions.basis import Basis as Basis
    from actuarial.checks import check_folder as check_folder
    from actuarial.city import City as City
    from actuarial.demography.life_table import life_table as life_table
    from actuarial.demography.population import project_population as project_population
    from actuarial.errors import AssumptionError as AssumptionError
    from actuarial.errors import BusyError as BusyError
    from actuarial.errors import GateError as GateError
    from actuarial.errors import SchemaError as SchemaError
    from actuarial.errors import StoreError as StoreError
    from actuarial.experience.fit import fit as fit
    from actuarial.people import project_people as project_people
    from actuarial.projection import project as project
    from actuarial.risk.drawdown import maximum_drawdown as maximum_drawdown
    from actuarial.risk.reserve import risk_reserve as risk_reserve
    from actuarial.runs.jobs import Request as Request
    from actuarial.runs.jobs import compare as compare
    from actuarial.runs.jobs import make_run as make_run
    from actuarial.runs.store import Run as Run
    from actuarial.runs.store import list_runs as list_runs
    from actuarial.runs.store import open_run as open_run
    from actuarial.runs.summary import headline as headline
    from actuarial.scenario import apply_scenario as apply_scenario
    from actuarial.scenario import read_scenario as read_scenario
    from actuarial.settlement.one_fund import settle_full_pooling as settle_full_pooling
    from actuarial.simulation import simulate as simulate
    from actuarial.tables import CityData as CityData
    from actuarial.tables import read_folder as read_folder


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'actuarial' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
