"""Fixtures shared by the model's tests: a tiny city read once, its basis fitted once, and published figures.

Published figures are not part of the project: their tests run where the folder stands beside the checkout.
"""

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import xarray as xr
from hypothesis import settings

from actuarial.assumptions.basis import Basis
from actuarial.experience.fit import fit
from actuarial.tables import CityData, read_folder
from tests.tiny_city import write_tiny_city

# A property is about results; how long one example takes on a busy machine says nothing.
settings.register_profile("project", deadline=None)
settings.load_profile("project")

PUBLISHED = Path(__file__).parents[2] / "shared" / "data"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, aloud, every test that asks for ``published`` when the folder is not there."""
    if PUBLISHED.is_dir():
        return
    left_out = [item for item in items if "published" in getattr(item, "fixturenames", ())]
    if left_out:
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
        warnings.warn(f"{len(left_out)} tests of published figures are left out: no {PUBLISHED}", stacklevel=1)


@pytest.fixture(scope="session")
def published() -> Path:
    return PUBLISHED


@pytest.fixture(autouse=True)
def exact_alignment() -> Iterator[None]:
    """Arrays whose labels differ may not be combined: an inner join would drop a region or a year in silence."""
    with xr.set_options(arithmetic_join="exact"):
        yield


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory):
    return write_tiny_city(tmp_path_factory.mktemp("city") / "tiny")


@pytest.fixture(scope="session")
def tiny_data(tiny_folder) -> CityData:
    return read_folder(tiny_folder)


@pytest.fixture(scope="session")
def tiny_basis(tiny_data: CityData) -> Basis:
    return fit(tiny_data, 5)


@pytest.fixture(scope="session")
def peopled_data(tmp_path_factory: pytest.TempPathFactory) -> CityData:
    """The tiny city with the history that its people are drawn from."""
    return read_folder(write_tiny_city(tmp_path_factory.mktemp("peopled") / "tiny", with_people_history=True))


@pytest.fixture(scope="session")
def protected_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny city with benefit rules, patterns of care, incomes and what is decided about assistance."""
    return write_tiny_city(tmp_path_factory.mktemp("protected") / "tiny", with_benefits=True)


@pytest.fixture(scope="session")
def protected_data(protected_folder: Path) -> CityData:
    return read_folder(protected_folder)


@pytest.fixture(scope="session")
def peopled_basis(peopled_data: CityData) -> Basis:
    return fit(peopled_data, 5)
