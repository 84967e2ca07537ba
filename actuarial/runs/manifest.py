"""Everything that made a run, and the identity that follows from it."""

import hashlib
import json
import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import cast

import numpy as np

from actuarial import __version__
from actuarial.assumptions.basis import Basis, Trends
from actuarial.budget.adopted import budget_record
from actuarial.contract import TABLES
from actuarial.experience.city_shifts import undeclared_shifts
from actuarial.fund.assistance_money import stated_sources
from actuarial.fund.resident_lines import follows_persons
from actuarial.money import to_fen
from actuarial.risk.tail import check_confidence
from actuarial.runs.protection_record import protection_record
from actuarial.scenario import Scenario
from actuarial.schema import LEVEL_INFLOWS, LEVEL_OUTFLOWS, PROVENANCES, STATUSES
from actuarial.tables import CityData

ASSISTANCE_LIMITS = ("shortfall_probability_limit", "assistance_surplus_ceiling", "usage_threshold")
VERSIONED = ("numpy", "scipy", "pandas", "xarray", "statsmodels", "dask", "zarr", "icechunk")


def build_manifest(data: CityData, basis: Basis, scenario: Scenario, seed: int, draws: int) -> dict[str, object]:
    """The manifest of a run that is still to be made.

    The run's name is a digest of what decides its numbers: data, scenario, seed, draws, years, code and libraries.
    The clock and the place of the store are not among them.
    """
    city = data.city
    decisive = {
        "data": data_digest(data),
        "city": asdict(city),
        "scenario": scenario.name,
        "seed": seed,
        "draws": draws,
        "years": len(basis.years),
        "people_uncertainty": sorted(basis.people_uncertainty),
        "code": code_digest(),
        "lock": lock_digest(),
        "versions": {name: version(name) for name in VERSIONED},
    }
    run = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:12]
    columns = ["region", "scheme", "parameter", "detail", "from_year", "value", "unit", "provenance", "source"]
    policy = data.frames["policy"].sort_values(["scheme", "parameter", "detail", "region", "from_year"])
    value = basis.policy.value
    return {
        "run": run,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "city": {
            "code": city.code,
            "name": dict(city.name),
            "regions": [{"code": part.code, "name": dict(part.name), "pool": part.pool} for part in city.regions],
            "breaks": [
                {"scheme": part.scheme, "fund": part.fund, "year": part.year, "reason": dict(part.reason)}
                for part in city.breaks
            ],
            "shocks": [
                {"scheme": part.scheme, "from": part.from_year, "to": part.to_year, "reason": dict(part.reason)}
                for part in city.shocks
            ],
            "notes": dict(city.notes) if city.notes else None,
        },
        "first_forecast_year": city.first_forecast_year,
        "budget_year": city.budget_year,
        "last_year": city.last_year,
        "draws": draws,
        "years": len(basis.years),
        "seed": seed,
        "scenario": {
            "name": scenario.name,
            "name_zh": scenario.name_zh,
            "name_en": scenario.name_en,
            "parts": list(scenario.parts),
            "changes": [{field: getattr(change, field) for field in change.__slots__} for change in scenario.changes],
        },
        "data": {"digest": decisive["data"], "files": list(data.catalogue)},
        "provenance": provenance_counts(data),
        "policy": json.loads(policy[columns].to_json(orient="records", force_ascii=False)),
        "reserve": {
            "horizon": value("reserve_horizon", "all", city.code, city.budget_year),
            "confidence": value("reserve_confidence", "all", city.code, city.budget_year),
            "one_year_confidence": _one_year_confidence(basis),
            "revenue_floor": value("reserve_revenue_floor", "all", city.code, city.budget_year),
            "revenue_ceiling": value("reserve_revenue_ceiling", "all", city.code, city.budget_year),
        },
        "cover": {
            "low": value("cover_low", "employee", city.code, city.budget_year),
            "high": value("cover_high", "employee", city.code, city.budget_year),
        },
        "budget": budget_record(city, data.frames, basis.policy),
        "assistance": _assistance_limits(basis),
        "assistance_ways": {
            "money": "by_source" if stated_sources(basis) else "by_trend",
            "subsidised_enrolment": "by_persons" if follows_persons(basis) else "by_members",
        },
        "collection": _collection(basis),
        "adjustment_rules": own_rows(data, "adjustment_rules"),
        "warning_rules": own_rows(data, "warning_rules"),
        "growth_base": {scheme: int(to_fen(basis.history.claims.sel(scheme=scheme).sum())) for scheme in STATUSES},
        **protection_record(basis),
        "layers": [] if basis.layers is None else [dict(entry) for entry in basis.layers.record],
        "level_shifts": undeclared_shifts(basis),
        "trends": [_without_selections(entry) for entry in basis.trends.record],
        "selections": selection_rows(basis.trends),
        "rivals": [_rival(name, rival) for name, rival in basis.rivals.items()],
        "people_record": [dict(entry) for entry in basis.people.record],
        "people_uncertainty": decisive["people_uncertainty"],
        "residual_years": [int(year) for year in np.atleast_1d(basis.trends.residual["origin"].values)],
        "warnings": _warnings(basis),
        "check_warnings": len(data.warnings),
        "code": {"version": __version__, "digest": decisive["code"], **_commit()},
        "lock": decisive["lock"],
        "versions": decisive["versions"],
        "published": None,
    }


def selection_rows(trends: Trends) -> list[dict[str, object]]:
    """Indicated beside selected growth, by series, region and stretch of years; see `assumptions.selection`."""
    return [dict(row) for entry in trends.record for row in cast(list[dict], entry["selections"])]


def _rival(name: str, rival: Trends | str) -> dict[str, object]:
    """A rival of the trends: the years its errors are of, or why there is none."""
    if isinstance(rival, str):
        return {"rival": name, "years": [], "reason": rival}
    return {"rival": name, "years": [int(year) for year in rival.residual["origin"].values], "reason": ""}


def _one_year_confidence(basis: Basis) -> float | None:
    """Confidence of the one-year measures of the reserve; None where the policy table does not state it."""
    if not basis.policy.holds("reserve_one_year_confidence", "all"):
        return None
    confidence = basis.policy.value("reserve_one_year_confidence", "all", basis.city.code, basis.budget_year)
    check_confidence(confidence)
    return confidence


def _assistance_limits(basis: Basis) -> dict[str, float] | None:
    """Values that assistance money is judged by; None where the policy table does not state all of them."""
    policy, city = basis.policy, basis.city
    if not all(policy.holds(name, "assistance") for name in ASSISTANCE_LIMITS):
        return None
    return {name: policy.value(name, "assistance", city.code, city.budget_year) for name in ASSISTANCE_LIMITS}


def own_rows(data: CityData, table: str) -> list[dict[str, str]]:
    """Rows of one of the city's own tables of rules as text, empty cells as such; none where it has no such table."""
    frame = data.frames.get(table)
    if frame is None:
        return []
    columns = TABLES[table].column_names
    text = frame[list(columns)].astype("object").where(frame[list(columns)].notna(), "")
    return [{str(name): str(cell) for name, cell in row.items()} for row in text.to_dict("records")]


def _collection(basis: Basis) -> dict[str, dict[str, object]]:
    """What regions answer for under one fund, by scheme: targets by region and year, and the part they bear.

    Only schemes for which the policy table states both.
    """
    policy, found = basis.policy, {}
    for scheme in STATUSES:
        if policy.holds("collection_target", scheme) and policy.holds("responsibility_share", scheme):
            target = {
                region.code: [policy.value("collection_target", scheme, region.code, int(year)) for year in basis.years]
                for region in basis.city.regions
            }
            share = policy.value("responsibility_share", scheme, basis.city.code, basis.budget_year)
            found[scheme] = {"target": target, "responsibility_share": share}
    return found


def _without_selections(entry: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in entry.items() if name != "selections"}


def data_digest(data: CityData) -> str:
    """One digest of the folder: every file's name and digest."""
    lines = [f"{name} {digest}" for name, digest in sorted(data.digests.items())]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def provenance_counts(data: CityData) -> dict[str, dict[str, int]]:
    """Rows of each table by provenance."""
    return {
        name: {kind: int((frame["provenance"] == kind).sum()) for kind in PROVENANCES}
        for name, frame in data.frames.items()
    }


def code_digest() -> str:
    """Digest of the library's own source files, so that an edited checkout never passes for a released one."""
    root = Path(str(files("actuarial")))
    summary = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        summary.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return summary.hexdigest()


def lock_digest() -> str | None:
    """Digest of the lock file of the checkout; None where the library is installed without one."""
    lock = Path(str(files("actuarial"))).parent / "requirements.lock"
    return hashlib.sha256(lock.read_bytes()).hexdigest() if lock.exists() else None


def _commit() -> dict[str, object]:
    root = Path(str(files("actuarial"))).parent
    if not (root / ".git").exists():
        return {"commit": None, "dirty": None}
    try:
        head = _git(root, "rev-parse", "HEAD")
        return {"commit": head, "dirty": bool(_git(root, "status", "--porcelain", "--", "actuarial", "reports"))}
    except (OSError, subprocess.CalledProcessError):
        # A checkout without git, or one git refuses to read: the digest of the code still names what ran.
        return {"commit": None, "dirty": None}


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _warnings(basis: Basis) -> list[dict[str, object]]:
    """What a reader of the numbers should know: money between levels last year that policy does not continue."""
    lines = [line for line in (*LEVEL_INFLOWS, *LEVEL_OUTFLOWS) if line not in {key[2] for key in basis.policy.values}]
    level = basis.history.ledger.sel(line=lines, year=basis.last_year, drop=True)
    found = level.where(level.notnull() & (level != 0), drop=True)
    if found.size == 0:
        return []
    return [{"key": "warning.level_transfers", "values": {"year": basis.last_year}}]
