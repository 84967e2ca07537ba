"""Stored fits: found again, whole or not there, and the selected growth in the runs beside them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from actuarial.contract import TABLES
from actuarial.errors import BusyError, StoreError
from actuarial.experience.indication import ModelFit, not_indicated
from actuarial.runs.fits import Fitted, fit_object, list_fits, open_fit, write_fit
from actuarial.runs.fitting import make_fit
from actuarial.runs.jobs import Request, compare, make_run
from actuarial.runs.store import Run, writing
from actuarial.schema import POLICY_SERIES, SERIES
from actuarial.terminal import print_fit
from tests.tiny_city import CITY, REGIONS, write_catalogue, write_table, write_tiny_city

EAST = "339901"
TRENDS = ("trends",)


def select(folder: Path, *rows: tuple[str, str, int, int, str]) -> None:
    """Writes the selections: region, series, first year, last year, growth."""
    end = ("1/year", "2026-03-01", "集中采购", "central purchasing", "estimated", "minutes")
    write_table(folder / "selections.csv", TABLES["selections"].column_names, [(*row, *end) for row in rows])
    write_catalogue(folder)


def run(folder: Path, store: Path) -> Run:
    return make_run(Request(folder, store, "baseline", 40, 4, 5)).run


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write_tiny_city(tmp_path_factory.mktemp("city") / "tiny")


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def made(folder: Path, store: Path) -> Fitted:
    return make_fit(folder, store, 4, 1, TRENDS)


@pytest.fixture
def copied(made: Fitted, tmp_path: Path) -> Path:
    """A store of one's own with the fit in it."""
    write_fit(tmp_path / "own", made.indication)
    return tmp_path / "own"


@pytest.fixture(scope="module")
def runs(tmp_path_factory, store: Path) -> tuple[Run, Run, Run]:
    """Runs of a folder without selections, with 2% of the whole city for two years, and with 3%."""
    folder = write_tiny_city(tmp_path_factory.mktemp("city") / "selected")
    made = [run(folder, store)]
    for value in ("0.02", "0.03"):
        select(folder, (CITY, "employee_cost", 2026, 2027, value))
        made.append(run(folder, store))
    return made[0], made[1], made[2]


def test_same_input_and_seed_are_the_same_fit(folder, store, made):
    again = make_fit(folder, store, 4, 1, TRENDS)
    assert (made.is_new, again.is_new, again.name) == (True, False, made.name)
    assert again.indication.fitted == made.indication.fitted
    assert list_fits(store) == (made.name,)


def test_what_is_selected_changes_no_fit(store, made, tmp_path):
    folder = write_tiny_city(tmp_path / "city")
    select(folder, (EAST, "employee_cost", 2026, 2027, "0.02"))
    again = make_fit(folder, store, 4, 1, TRENDS)
    assert (again.name, again.is_new) == (made.name, False)
    assert [row["is_indicated"] for row in again.selections].count(False) == 1


def test_declared_break_makes_another_fit(made, tmp_path):
    folder = write_tiny_city(tmp_path / "city")
    with (folder / "city.yaml").open("a", encoding="utf-8") as stream:
        stream.write("breaks:\n  - {scheme: resident, fund: pooled, year: 2020, reason: {zh: 并入, en: merger}}\n")
    other = make_fit(folder, tmp_path / "store", 4, 1, TRENDS)
    assert other.name != made.name
    ladder = {entry["series"]: entry["ladder"] for entry in other.indication.record}
    assert (ladder["resident_cost"], ladder["employee_cost"]) == ("since_break", "all_steps")


def test_fit_is_read_as_it_was_written(made, copied):
    again = open_fit(copied, made.name)
    for name in ("growth", "quantiles", "draws"):
        xr.testing.assert_identical(getattr(again, name), getattr(made.indication, name))
    assert (again.record, again.people, again.fitted) == (
        made.indication.record,
        made.indication.people,
        made.indication.fitted,
    )


def test_fit_that_fails_half_way_is_not_there(made, tmp_path):
    """A figure that is not a number cannot be written, and by then the arrays have been."""
    broken = replace(made.indication, record=({**made.indication.record[0], "spread": float("nan")},))
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_fit(tmp_path, broken)
    assert list_fits(tmp_path) == ()
    assert len(list((tmp_path / "fits").iterdir())) == 1
    write_fit(tmp_path, made.indication)
    assert [path.name for path in (tmp_path / "fits").iterdir()] == [made.name]


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"damage")])
def test_damaged_numbers_are_named_and_never_read(made, copied, spoil):
    chunk = "growth/c/0/0/0"
    spoil(copied / "fits" / made.name / "draws.zarr" / chunk)
    wrong = (
        rf"fit .*{made.name}: it is damaged and cannot be read \(draws.zarr/{chunk}: not the file that was written\)"
    )
    with pytest.raises(StoreError, match=wrong):
        open_fit(copied, made.name)


def test_damaged_record_is_named(made, copied):
    (copied / "fits" / made.name / "fit.json").write_text("{")
    with pytest.raises(StoreError, match=r"\(fit.json: JSONDecodeError\); delete its folder and fit again"):
        open_fit(copied, made.name)


@pytest.fixture
def with_model(made: Fitted, tmp_path: Path) -> tuple[Path, ModelFit]:
    """A store of one's own with a fit that holds another model."""
    arrays = xr.Dataset(
        {"growth": (("draw", "year"), np.arange(6.0).reshape(2, 3))},
        coords={"draw": [0, 1], "year": [2026, 2027, 2028]},
    )
    model = ModelFit("morbidity_employee", arrays, {"model": "morbidity_employee", "outcome": "indicated"})
    gone = not_indicated("completion", "absent", "no months")
    write_fit(tmp_path / "own", replace(made.indication, models=(model, gone)))
    return tmp_path / "own", model


def test_models_are_read_as_they_were_written(made, with_model):
    store, model = with_model
    again, gone = open_fit(store, made.name).models
    xr.testing.assert_identical(again.arrays, model.arrays)
    assert again.record == model.record
    assert (gone.name, gone.record["reason"], len(gone.arrays.data_vars)) == ("completion", "no months", 0)


def earlier_by(years: int, made: Fitted, store: Path, fitted: str = "2020-01-01") -> str:
    """A fit of the same city some years before, with points; its name."""
    made_from = json.loads(json.dumps(made.indication.made_from))
    made_from["city"]["first_forecast_year"] -= years
    record = {"model": "revenue", "outcome": "indicated", "diagnostics": {}}
    model = ModelFit("revenue", xr.Dataset(), record, xr.Dataset({"drift": ("point", [1.0, float(years)])}))
    return write_fit(store, replace(made.indication, made_from=made_from, models=(model,), fitted=fitted)).name


def test_fit_of_one_more_year_starts_from_the_last_one_and_says_so(made, folder, tmp_path, monkeypatch):
    names = {years: earlier_by(years, made, tmp_path) for years in (3, 1, 2)}
    given = []

    def fit_models(*asked):
        given.append(asked[-1])
        return (), {}

    monkeypatch.setattr("actuarial.runs.fitting.fit_models", fit_models)
    found = make_fit(folder, tmp_path, 4, 1, ("revenue",))
    assert found.indication.made_from["start"] == names[1]
    (start,) = given[0].values()
    assert (start.fit, start.points["drift"].values.tolist()) == (names[1], [1.0, 1.0])
    # the same question again, and with another seed: neither starts from the fit just made
    again = make_fit(folder, tmp_path, 4, 1, ("revenue",))
    assert (again.is_new, again.name, len(given)) == (False, found.name, 1)
    other = make_fit(folder, tmp_path, 4, 2, ("revenue",))
    assert (other.is_new, other.indication.made_from["start"]) == (True, names[1])


def test_fit_without_an_earlier_one_says_so(made, folder, tmp_path, monkeypatch):
    assert made.indication.made_from["start"] is None
    monkeypatch.setattr("actuarial.runs.fitting.fit_models", lambda *asked: ((), {}))
    earlier_by(0, made, tmp_path)
    earlier_by(-1, made, tmp_path)
    assert make_fit(folder, tmp_path, 4, 1, ("revenue",)).indication.made_from["start"] is None


def test_printed_models_name_regions_without_history_and_where_the_chains_started(made, capsys):
    record = {
        **{"model": "revenue", "outcome": "indicated", "reason": "", "use": "", "instead": "trends"},
        **{"verdict": "behind_drift", "reference": "docs", "start": {"fit": "abc", "reason": ""}},
        "prior_only": [{"series": "payers", "region": EAST}],
    }
    model = ModelFit("revenue", xr.Dataset(), record)
    print_fit(replace(made, indication=replace(made.indication, models=(model,))))
    # a cell of the table is broken where it is narrow
    shown = "".join(capsys.readouterr().out.split())
    for words in (f"nohistory,prioronly:payers{EAST}", f"无历史、仅依先验：缴费人数{EAST}", "chainsstartedfromfitabc"):
        assert words in shown


def test_damaged_points_are_named_and_never_started_from(made, folder, tmp_path):
    name = earlier_by(1, made, tmp_path)
    (tmp_path / "fits" / name / "points" / "revenue.zarr" / "drift" / "c" / "0").unlink()
    with pytest.raises(StoreError, match=r"points/revenue.zarr/drift/c/0: not the file that was written"):
        make_fit(folder, tmp_path, 4, 1, ("revenue",))


def test_damaged_numbers_of_a_model_are_named(made, with_model):
    store, _ = with_model
    (store / "fits" / made.name / "models" / "morbidity_employee.zarr" / "growth" / "c" / "0" / "0").unlink()
    with pytest.raises(StoreError, match=r"models/morbidity_employee.zarr/growth/c/0/0: not the file that was written"):
        open_fit(store, made.name)


def test_unknown_fit_is_refused_with_those_there_are(store, made):
    with pytest.raises(StoreError, match=f"no fit 'abc'; it holds: {made.name}"):
        open_fit(store, "abc")


def test_store_of_another_writer_is_busy(folder, store):
    with writing(store), pytest.raises(BusyError):
        make_fit(folder, store, 4, 1, TRENDS)


def test_printed_object_tells_growth_by_year(made):
    printed = fit_object(made)
    first = printed["assumptions"][0]  # type: ignore[index]
    assert [row["year"] for row in first["growth"]] == [2026, 2027, 2028, 2029]
    assert {"ladder", "steps", "spread", "monte_carlo_error"} <= set(first)
    for row in first["growth"]:
        assert row["p025"] < row["p100"] < row["p500"] < row["p900"] < row["p975"]
    json.dumps(printed, allow_nan=False)


def test_run_without_selections_records_the_indicated_as_selected(runs):
    rows = runs[0].manifest["selections"]
    wanted = [(series, region) for series in SERIES if series not in POLICY_SERIES for region in REGIONS]
    assert [(row["series"], row["region"]) for row in rows] == wanted
    assert all(row["is_indicated"] and row["selected"] == row["indicated"] for row in rows)


def test_selected_growth_projects_and_the_deviations_stay(runs):
    """Benefits are expected cost times the path of employee_cost: in every draw they move by the same ratio."""
    before, after, _ = runs
    row = next(row for row in after.manifest["selections"] if not row["is_indicated"])
    assert (row["region"], row["selected"], row["reason_zh"], row["date"]) == (EAST, 0.02, "集中采购", "2026-03-01")
    spent = [
        found.dataset["line_mean"].sel(fund="employee_pooled", line="benefit_inpatient", region=EAST)
        for found in (before, after)
    ]
    ratio = (spent[1] / spent[0]).sel(year=[2027, 2028, 2029])
    # Whole fen in means of 1e9. The indicated growth of the record is the mean of the two selected years.
    np.testing.assert_allclose(ratio, (1.02 / (1 + row["indicated"])) ** 2, rtol=1e-8)
    resident = [found.dataset["spending"].sel(fund="resident_pooled") for found in (before, after)]
    xr.testing.assert_identical(*resident)


def test_comparison_names_the_table_of_selections(store, runs):
    first, second, third = (made.id for made in runs)
    assert compare(store, first, second)["files"] == ["selections.csv"]
    found = compare(store, second, third)
    assert (found["files"], list(found["inputs"])) == (["selections.csv"], ["data"])  # type: ignore[arg-type]
    assert found["figures"]["employee.spending"]["difference"] > 0  # type: ignore[index]
