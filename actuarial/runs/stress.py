"""The stress tests of a stored run as plain records, in yuan."""

from math import isfinite, isnan

import xarray as xr

from actuarial.errors import AssumptionError
from actuarial.money import FEN_PER_YUAN
from actuarial.runs.store import Run
from actuarial.schema import BOUNDS, POOLED_FUNDS


def stress_object(run: Run) -> dict[str, object]:
    """The object that ``stress --json`` prints; other programs depend on its names. Yuan; probabilities and multiples.

    Returns
    -------
    ``scenarios`` by fund and scenario, ``sensitivities`` by fund and sensitivity; a multiple is None where the fund
    does not pass zero up to the limit of the search, and missing where none was looked for; of a fund in
    ``exhausted_without`` it is the one that relieves. ``joint`` by fund: distance and year of the mildest joint shock,
    None where none was found

    Raises
    ------
    AssumptionError
        If the run has no stress tests.
    """
    record, data = run.manifest["stress"], run.dataset
    if record is None:
        raise AssumptionError(
            "scenarios: the folder has no scenarios and no sensitivities, so that nothing was stressed"
        )
    funds = {fund: data.sel(fund=fund) for fund in POOLED_FUNDS}
    return {
        "draws": record["draws"],
        "limit": record["limit"],
        "last_year": record["last_year"],
        "beyond": record["beyond"],
        "exhausted_without": [fund for fund, own in funds.items() if bool(own["central_exhausted"])],
        "joint": {fund: _joint(own) for fund, own in funds.items()},
        "scenarios": {fund: _scenarios(own, record) for fund, own in funds.items()},
        "sensitivities": {fund: _sensitivities(own, record) for fund, own in funds.items()},
    }


def _joint(own: xr.Dataset) -> dict[str, float | None]:
    distance = float(own["joint_distance"])
    is_found = isfinite(distance)
    return {"distance": distance if is_found else None, "year": float(own["joint_year"]) if is_found else None}


def _scenarios(own: xr.Dataset, record: dict) -> dict[str, dict[str, float | None]]:
    found = {}
    base = own["scenario_closing"].isel(scenario=0)
    for place, entry in enumerate(record["scenarios"]):
        one = own.isel(scenario=place)
        means = {name: _yuan(one[f"scenario_{name}"].mean()) for name in ("revenue", "spending", "closing")}
        rows: dict[str, float | None] = {
            **means,
            "difference": _yuan((one["scenario_closing"] - base).mean()),
            "deficit_probability": float((one["scenario_spending"] > one["scenario_revenue"]).mean()),
            "exhausted_probability": float(one["scenario_exhausted"].mean()),
        }
        if "reverse_scenario" in own and place:
            rows["multiple"] = _known(float(one["reverse_scenario"]))
            rows["multiple_limit"] = _known(float(one["reverse_scenario_limit"]))
        found[entry["name"]] = rows
    return found


def _sensitivities(own: xr.Dataset, record: dict) -> dict[str, dict[str, float | None]]:
    found = {}
    for place, entry in enumerate(record["sensitivities"]):
        one = own.isel(sensitivity=place)
        rows: dict[str, float | None] = {
            name: _known(float(one["sobol"].sel(index=name))) for name in ("first", "total")
        }
        for bound in BOUNDS:
            end = one.sel(bound=bound)
            rows[f"effect_{bound}"] = _yuan(end["sensitivity_effect"])
            if "reverse_sensitivity" in own:
                rows[f"multiple_{bound}"] = _known(float(end["reverse_sensitivity"]))
        found[entry["sensitivity"]] = rows
    return found


def _yuan(fen: xr.DataArray) -> float:
    return float(fen) / FEN_PER_YUAN


def _known(value: float) -> float | None:
    return None if isnan(value) else value
