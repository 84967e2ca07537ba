"""A run's budget becomes the next version of the adopted budgets: append-only, checked first, whole or not at all."""

import csv
import hashlib
import shutil
from pathlib import Path

import pytest

from actuarial.budget.execution import adopted
from actuarial.budget.forms import amounts
from actuarial.checks import check_folder
from actuarial.errors import AssumptionError
from actuarial.runs.adoption import adopt
from actuarial.runs.jobs import Request, make_run
from actuarial.runs.store import Run
from tests.tiny_city import write_budgets, write_catalogue

SOURCE = "人大决议"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("adoption") / "store"


@pytest.fixture(scope="module")
def made(tiny_folder: Path, store: Path) -> Run:
    return make_run(Request(tiny_folder, store, "baseline", 40, 3, 1)).run


@pytest.fixture
def city(tiny_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_folder, tmp_path / "tiny"))


def versions(folder: Path) -> list[tuple[str, str, str]]:
    with (folder / "budgets.csv").open(encoding="utf-8", newline="") as stream:
        return sorted({(row["year"], row["version"], row["adopted"]) for row in csv.DictReader(stream)})


def test_adopted_budget_passes_the_check_and_is_in_the_next_run(made: Run, store: Path, city: Path) -> None:
    first = adopt(city, store, made.id, "2027-01-18", SOURCE)
    second = adopt(city, store, made.id, "2027-08-30", SOURCE)
    assert (first.year, first.version, second.version) == (2027, 1, 2)
    assert check_folder(city) == ()
    again = make_run(Request(city, store, "baseline", 40, 3, 1)).run
    budget = adopted(again.dataset, 2027)
    assert budget is not None
    assert int(budget["versions"]) == 2
    stated = budget["last"].fillna(0.0)
    ledger = amounts(made.dataset)["amount"].sel(year=2027, drop=True)
    assert (stated.sel(line=ledger["line"], fund=ledger["fund"]) == ledger).all()
    assert [row["adopted"] for row in again.manifest["budget"]["versions"]] == ["2027-01-18", "2027-08-30"]


def test_older_versions_stay_byte_for_byte(made: Run, store: Path, city: Path) -> None:
    write_budgets(city)
    write_catalogue(city)
    before = (city / "budgets.csv").read_bytes()
    adopt(city, store, made.id, "2027-01-18", SOURCE)
    assert (city / "budgets.csv").read_bytes().startswith(before)
    assert versions(city)[-1] == ("2027", "1", "2027-01-18")


def test_a_date_that_is_not_later_is_refused_and_nothing_is_written(made: Run, store: Path, city: Path) -> None:
    adopt(city, store, made.id, "2027-01-18", SOURCE)
    before = {path.name: path.read_bytes() for path in city.iterdir()}
    expected = "budget 2027: version 1 was adopted on 2027-01-18; the next one needs a later date than 2027-01-18"
    with pytest.raises(AssumptionError) as refused:
        adopt(city, store, made.id, "2027-01-18", SOURCE)
    assert str(refused.value) == expected
    assert {path.name: path.read_bytes() for path in city.iterdir()} == before


def test_stopped_between_the_two_files_it_is_finished_by_the_same_command(made: Run, store: Path, city: Path) -> None:
    catalogue = (city / "catalogue.csv").read_bytes()
    adopt(city, store, made.id, "2027-01-18", SOURCE)
    budgets = (city / "budgets.csv").read_bytes()
    (city / "catalogue.csv").write_bytes(catalogue)
    assert check_folder(city) != ()
    adopt(city, store, made.id, "2027-01-18", SOURCE)
    assert (city / "budgets.csv").read_bytes() == budgets
    assert check_folder(city) == ()


def test_a_folder_that_would_not_pass_is_left_alone(made: Run, store: Path, city: Path) -> None:
    path = city / "policy.csv"
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(ValueError, match=r"policy\.csv"):
        adopt(city, store, made.id, "2027-01-18", SOURCE)
    assert not (city / "budgets.csv").exists()
    assert not list(city.glob(".*.part"))


@pytest.mark.parametrize(
    ("date", "source", "said"),
    [
        ("2027-01", SOURCE, "date '2027-01': write the day of adoption as 2026-01-15"),
        ("2027-01-18", "", "source '': name the resolution that adopted the budget, as plain text"),
    ],
)
def test_date_and_source_are_needed(made: Run, store: Path, city: Path, date: str, source: str, said: str) -> None:
    with pytest.raises(AssumptionError) as refused:
        adopt(city, store, made.id, date, source)
    assert str(refused.value) == said


def test_the_catalogue_holds_the_digest(made: Run, store: Path, city: Path) -> None:
    adopt(city, store, made.id, "2027-01-18", SOURCE)
    digest = hashlib.sha256((city / "budgets.csv").read_bytes()).hexdigest()
    assert digest in (city / "catalogue.csv").read_text(encoding="utf-8")
