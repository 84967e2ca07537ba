"""A small stored run with the magnitudes of a large coastal city; every identity holds in every draw."""

import numpy as np
import pytest
import xarray as xr

from actuarial.contract import TABLES
from actuarial.runs.store import Run
from actuarial.schema import (
    AGES,
    ALL_LINES,
    ALL_STATUSES,
    CATEGORIES,
    FUNDS,
    POOLED_FUNDS,
    REVENUE_LINES,
    SCHEME_FUND,
    SEXES,
    SPENDING_LINES,
)

REGIONS = {
    "330201": ("市五区", "Five urban districts", 0.46),
    "330213": ("奉化区", "Fenghua", 0.06),
    "330281": ("余姚市", "Yuyao", 0.13),
    "330282": ("慈溪市", "Cixi", 0.20),
    "330226": ("宁海县", "Ninghai", 0.08),
    "330225": ("象山县", "Xiangshan", 0.07),
}
HISTORY = list(range(2016, 2026))
YEARS = list(range(2026, 2036))
DRAWS = 200
PEOPLE_QUANTILES = [0.025, 0.1, 0.5, 0.9, 0.975]
HEADS = ("active", "retired", "child", "student", "adult", "elder", "uninsured")
# fund -> revenue and closing balance of the last year in fen, growth of revenue, growth of spending, parts of each
FUND_SCALE = {
    "employee_pooled": (2.1e12, 3.6e12, 0.055, 0.072),
    "employee_account": (0.95e12, 1.5e12, 0.05, 0.055),
    "resident_pooled": (0.52e12, 0.24e12, 0.045, 0.058),
    "assistance": (4.1e10, 0.9e10, 0.05, 0.06),
}
PARTS = {
    "employee_pooled": (
        {"employer_contribution": 0.86, "flexible_contribution": 0.10, "interest": 0.03, "other_revenue": 0.006,
         "late_fee": 0.002, "transfer_in": 0.002},
        {"benefit_inpatient": 0.52, "benefit_outpatient": 0.40, "maternity_medical": 0.02, "maternity_allowance": 0.05,
         "transfer_out": 0.002, "other_spending": 0.008},
    ),
    "employee_account": (
        {"own_contribution": 0.93, "flexible_contribution": 0.04, "interest": 0.02, "transfer_in": 0.01},
        {"benefit_inpatient": 0.2, "benefit_outpatient": 0.78, "transfer_out": 0.02},
    ),
    "resident_pooled": (
        {"individual_contribution": 0.31, "assisted_contribution": 0.014, "fiscal_assisted_contribution": 0.004,
         "fiscal_subsidy": 0.66, "interest": 0.008, "other_revenue": 0.004},
        {"benefit_inpatient": 0.58, "benefit_outpatient": 0.32, "critical_illness": 0.095, "other_spending": 0.005},
    ),
    "assistance": (
        {"central_subsidy": 0.12, "provincial_subsidy": 0.24, "local_budget": 0.57, "lottery": 0.05, "donations": 0.01,
         "interest": 0.005, "other_revenue": 0.005},
        {"subsidised_enrolment": 0.21, "inpatient_assistance": 0.52, "outpatient_assistance": 0.27},
    ),
}  # fmt: skip


def split(amount: np.ndarray, parts: dict[str, float]) -> dict[str, np.ndarray]:
    """Whole fen for each part; the first takes what the others leave."""
    weights = {line: weight / sum(parts.values()) for line, weight in parts.items()}
    rest = {line: np.floor(amount * weight) for line, weight in list(weights.items())[1:]}
    return {next(iter(weights)): amount - sum(rest.values()), **rest}


def synthetic_dataset() -> xr.Dataset:
    rng = np.random.default_rng(20261122)
    regions, funds, lines = list(REGIONS), list(FUNDS), list(ALL_LINES)
    shape = (DRAWS, len(regions), len(funds), len(YEARS))
    revenue, spending, closing = (np.zeros(shape, "int64") for _ in range(3))
    opening = np.zeros(shape[1:3], "int64")
    mean = np.full((len(regions), len(funds), len(lines), len(YEARS)), np.nan)
    history = np.full((len(regions), len(funds), len(lines), len(HISTORY)), np.nan)
    provenance = np.full(history.shape, "", dtype="U10")
    shocks = rng.normal(0, 0.018, (DRAWS, 2, len(YEARS))).cumsum(axis=-1)
    for f, fund in enumerate(funds):
        scheme = FUNDS[fund][0]
        size, balance, growth_in, growth_out = FUND_SCALE[fund]
        for r, (_, _, share) in enumerate(REGIONS.values()):
            own = 1 + 0.04 * (r - 2.5)
            ages = np.arange(len(HISTORY))[::-1]
            got = np.rint(size * share * (1 + growth_in) ** -ages)
            paid = np.rint(size * share * 0.955 * own * (1 + growth_out) ** -ages)
            start = np.rint(balance * share) - (got - paid).sum()
            end = start + (got - paid).cumsum()
            for name, values in {
                **split(got, PARTS[fund][0]),
                **split(paid, PARTS[fund][1]),
                "opening_balance": np.concatenate([[start], end[:-1]]),
                "closing_balance": end,
            }.items():
                history[r, f, lines.index(name)] = values
                provenance[r, f, lines.index(name)] = "official" if name == "fiscal_subsidy" else "estimated"
            opening[r, f] = end[-1]
            steps = np.arange(1, len(YEARS) + 1)
            local = rng.normal(0, 0.008, (DRAWS, 2, len(YEARS))).cumsum(axis=-1)
            level_in = size * share * (1 + growth_in) ** steps
            level_out = size * share * 0.955 * own * (1 + growth_out) ** steps
            revenue[:, r, f] = np.rint(level_in * np.exp(shocks[:, 0] + local[:, 0]))
            spending[:, r, f] = np.rint(level_out * np.exp(shocks[:, 1] + local[:, 1]))
            closing[:, r, f] = opening[r, f] + (revenue[:, r, f] - spending[:, r, f]).cumsum(axis=-1)
            for line in (*REVENUE_LINES[scheme], *SPENDING_LINES[scheme], "from_above", "to_above"):
                mean[r, f, lines.index(line)] = 0.0
            for name, values in {
                **split(revenue[:, r, f].mean(0), PARTS[fund][0]),
                **split(spending[:, r, f].mean(0), PARTS[fund][1]),
                "opening_balance": np.concatenate([[opening[r, f]], closing[:, r, f].mean(0)[:-1]]),
                "closing_balance": closing[:, r, f].mean(0),
            }.items():
                mean[r, f, lines.index(name)] = values
    surplus = revenue - spending
    fair = np.floor(revenue / revenue.sum(1, keepdims=True) * surplus.sum(1, keepdims=True)).astype("int64")
    fair[:, 0] = surplus.sum(1) - fair[:, 1:].sum(1)
    transfer = fair - surplus
    transfer[:, :, funds.index("employee_account")] = 0
    start = np.broadcast_to(opening[None, :, :, None], (*shape[:3], 1))
    path = np.concatenate([start, closing], axis=-1)
    drawdown = np.maximum(0, (opening[None, :, :, None] - path).max(-1))
    whole = path.sum(1)
    city_drawdown = np.maximum(0, (whole[..., :1] - whole).max(-1))
    coords = {
        "draw": np.arange(DRAWS), "region": regions, "fund": funds, "line": lines, "year": YEARS,
        "history_year": HISTORY, "status": list(ALL_STATUSES), "sex": list(SEXES), "age": list(AGES),
        "year_all": [HISTORY[-1], *YEARS],
    }  # fmt: skip
    money = ("draw", "region", "fund", "year")
    dataset = xr.Dataset(
        {
            "revenue": (money, revenue),
            "spending": (money, spending),
            "transfer": (money, transfer),
            "closing_balance": (money, closing),
            "opening_balance": (("region", "fund"), opening),
            "line_mean": (("region", "fund", "line", "year"), mean),
            "line_history": (("region", "fund", "line", "history_year"), history),
            "line_provenance": (("region", "fund", "line", "history_year"), provenance),
            "region_drawdown": (("draw", "region", "fund"), drawdown),
            "city_drawdown": (("draw", "fund"), city_drawdown),
            "reserve_region": (("region", "fund"), np.rint(np.quantile(drawdown, 0.95, axis=0)).astype("int64")),
            "reserve_city": (("fund",), np.rint(np.quantile(city_drawdown, 0.95, axis=0)).astype("int64")),
            "population": (("region", "sex", "age", "year_all"), _population()),
            "members": (("region", "status", "year_all"), _members()),
        },
        coords,
    )
    return dataset.assign(quantiles_of_people(draws_of_people(dataset["population"])))


def _population() -> np.ndarray:
    ages, steps = np.arange(101.0), np.arange(len(YEARS) + 1)
    bulge = 1 + 0.9 * np.exp(-(((ages[:, None] - 42 - steps) / 14) ** 2))
    profile = bulge * np.where(ages < 60, 1.0, np.exp(-(((ages - 60) / 24) ** 2)))[:, None]
    profile = profile * np.where(ages < 20, 0.75, 1.0)[:, None]
    shares = np.array([share for _, _, share in REGIONS.values()])
    return (
        9.77e6 * 0.5 * shares[:, None, None, None] * (profile / profile[:, 0].sum())[None, None] * np.ones((1, 2, 1, 1))
    )


def _members() -> np.ndarray:
    base = np.array([3.55e6, 1.18e6, 0.62e6, 0.75e6, 2.05e6])
    growth = np.array([0.012, 0.034, -0.03, 0.0, -0.012])
    shares = np.array([share for _, _, share in REGIONS.values()])
    steps = np.arange(len(YEARS) + 1)
    return shares[:, None, None] * (base[:, None] * np.exp(growth[:, None] * steps))[None]


def synthetic_manifest(run: str) -> dict:
    def policy(scheme: str, parameter: str, from_year: int, value: float, unit: str, provenance: str) -> dict:
        return {
            "region": "330200",
            "scheme": scheme,
            "parameter": parameter,
            "detail": "",
            "from_year": from_year,
            "value": value,
            "unit": unit,
            "provenance": provenance,
            "source": "Notice of the city bureau",
        }

    trends = [
        {
            "series": series,
            "region": region,
            "method": "drift",
            "note": "",
            "paths": "growth+amount" if growth > 0 else "growth",
            "weights": "equal",
            "ladder": ladder,
            "steps_before_break": 2 if ladder == "latest_steps" else 0,
            "mean_growth": growth,
            "central_growth": growth,
            "steps": steps,
        }
        for series, ladder, steps, growth in (
            ("effective_base", "all_steps", 9, 0.058),
            ("employee_cost", "latest_steps", 4, -0.021),
            ("resident_cost", "since_break", 6, 0.043),
        )
        for region in REGIONS
    ]
    return {
        "run": run,
        "created": "2026-11-22T08:00:00Z",
        "city": {
            "code": "330200",
            "name": {"zh": "宁波市", "en": "Ningbo"},
            "regions": [
                {"code": code, "name": {"zh": zh, "en": en}, "pool": "ningbo"} for code, (zh, en, _) in REGIONS.items()
            ],
            "notes": {"zh": "分区账户为估算数。", "en": "The accounts by region are estimates."},
        },
        "first_forecast_year": 2026,
        "budget_year": 2027,
        "last_year": 2025,
        "draws": DRAWS,
        "years": len(YEARS),
        "seed": 7,
        "scenario": {"name": "baseline", "name_zh": "基准情景", "name_en": "Baseline", "changes": []},
        "data": {
            "digest": "5f" * 32,
            "files": [
                {"file": f"{table}.csv", "sha256": "ab" * 32, "publisher": "宁波市统计局", "title": f"{table} 2025",
                 "published": "2026-03-10", "as_of": "2025-12-31", "unit": "by row", "licence": "open"}
                for table in TABLES if table not in ("scenarios", "claim_bands")
            ],
        },
        "provenance": {
            table: {"official": 120, "unverified": 14, "estimated": 2400}
            for table in TABLES if table not in ("scenarios", "claim_bands")
        },
        "policy": [
            policy("employee", "employer_rate", 2024, 0.085, "1", "unverified"),
            policy("employee", "own_rate", 2024, 0.02, "1", "official"),
            policy("resident", "individual_contribution", 2026, 720.0, "yuan/person", "official"),
            policy("resident", "fiscal_subsidy", 2026, 1780.0, "yuan/person", "estimated"),
        ],
        "reserve": {"horizon": 3.0, "confidence": 0.95, "revenue_floor": 0.05, "revenue_ceiling": 0.08},
        "cover": {"low": 6.0, "high": 9.0},
        "trends": trends,
        "people_uncertainty": ["parameter", "process"],
        "people_record": [
            {"source": "mortality", "method": "li_lee", "note": "life_expectancy", "drift": -0.021, "from": 2001,
             "to": 2025},
            {"source": "fertility", "method": "autoregression", "note": "", "last": 0.912, "long_run": 1.15,
             "persistence": 0.9},
            {"source": "migration", "method": "autoregression", "note": "", "last": 0.0062, "long_run": 0.002,
             "persistence": 0.8},
            {"source": "enrolment", "method": "regional_walk", "note": "", "from": 2016, "to": 2025},
            {"source": "assisted", "method": "held", "note": "no_history"},
            {"source": "retirement", "method": "statutory", "note": "", "male": 61.5, "female_cadre": 56.5,
             "female_worker": 52.5},
        ],
        "warnings": [],
        "code": {"version": "0.1.0", "commit": "0123456789ab", "dirty": False, "digest": "cd" * 32},
        "lock": "ef" * 32,
        "versions": {"python": "3.13.1", "numpy": "2.5.0", "xarray": "2026.9.0"},
        "headline": {},
        "published": None,
    }  # fmt: skip


def draws_of_people(population: xr.DataArray) -> xr.Dataset:
    """Draws around a population (region, sex, age, year_all): nothing random in its first year, more in every next."""
    rng = np.random.default_rng(20261123)
    steps = xr.DataArray(np.arange(population.sizes["year_all"]), dims="year_all", coords=population["year_all"].coords)
    draws = {"draw": np.arange(DRAWS)}
    common = xr.DataArray(rng.normal(0, 0.006, DRAWS), dims="draw", coords=draws)
    shape = (DRAWS, population.sizes["region"], population.sizes["age"])
    local = xr.DataArray(rng.normal(0, 0.006, shape), dims=("draw", "region", "age"), coords={
        **draws, "region": population["region"], "age": population["age"]})  # fmt: skip
    drawn = population * np.exp((common + local) * steps)
    persons = drawn.sum("sex")
    elder, child = persons.sel(age=slice(60, None)).sum("age"), persons.sel(age=slice(0, 5)).sum("age")
    student, grown = persons.sel(age=slice(6, 18)).sum("age"), persons.sel(age=slice(19, 59)).sum("age")
    parts = {
        "active": grown * 0.68, "retired": elder * 0.52, "child": child * 0.97, "student": student * 0.98,
        "adult": grown * 0.29, "elder": elder * 0.46,
        "uninsured": child * 0.03 + student * 0.02 + grown * 0.03 + elder * 0.02,
    }  # fmt: skip
    heads = xr.concat(list(parts.values()), dim="heads").assign_coords(heads=list(HEADS))
    rates = xr.DataArray([0.0007, 0.005, 0.0015, 0.0004], dims="category", coords={"category": list(CATEGORIES)})
    return xr.Dataset({"population": drawn, "insured": heads, "assisted": persons.sum("age") * rates})


def quantiles_of_people(draws: xr.Dataset) -> dict[str, xr.DataArray]:
    """What a run stores of its people: quantiles over the draws, by region and for the sum of the regions."""
    stored = {}
    for place, drawn in (("region", draws), ("city", draws.sum("region"))):
        groups = drawn["population"].groupby(drawn["age"] // 5 * 5).sum().rename(age="group")
        people = drawn["population"].sum("sex")
        total, old = people.sum("age"), people.sel(age=slice(65, None)).sum("age")
        workers = people.sel(age=slice(15, 64)).sum("age")
        ageing = {
            "people": total,
            "share_60": people.sel(age=slice(60, None)).sum("age") / total,
            "share_65": old / total,
            "old_age_dependency": old / workers,
        }
        indicators = xr.concat(list(ageing.values()), dim="indicator").assign_coords(indicator=list(ageing))
        made = {"pyramid": groups, "ageing": indicators, "heads": drawn["insured"], "assisted": drawn["assisted"]}
        first = ("quantile", "region") if place == "region" else ("quantile",)
        for name, values in made.items():
            quantiles = values.quantile(PEOPLE_QUANTILES, "draw")
            stored[f"{name}_{place}"] = quantiles.transpose(*first, ..., "year_all")
    return stored


@pytest.fixture(scope="session")
def run() -> Run:
    return Run("r0123456789ab", synthetic_dataset(), synthetic_manifest("r0123456789ab"))


@pytest.fixture(scope="session")
def pooled_funds() -> tuple[str, ...]:
    return tuple(fund for fund in POOLED_FUNDS if fund in SCHEME_FUND.values())
