"""A small valid city folder, made from formulas: two regions, single ages, accounts of 2018-2025 that close to the fen.

The figures are invented and smooth, so that a test can say beforehand what a rule or a model must answer.
"""

import csv
import hashlib
import math
from decimal import Decimal
from pathlib import Path

from actuarial.contract import CATALOGUE_COLUMNS, TABLES
from actuarial.schema import BALANCES, SERVICES, SEXES, SPENDING_LINES, UNITS

CITY = "339900"
REGIONS = {"339901": 1.0, "339902": 0.6}  # region -> size
FIRST_FORECAST_YEAR = 2026
LAST_YEAR = FIRST_FORECAST_YEAR - 1
HISTORY = range(2018, FIRST_FORECAST_YEAR)
GROUPS = ("0-17", "18-44", "45-59", "60-79", "80+")
# share of the people of an age group (both sexes) in each status
STATUS_SHARES = {
    "active": (0.0, 0.50, 0.45, 0.02, 0.0),
    "retired": (0.0, 0.0, 0.10, 0.55, 0.50),
    "child": (0.40, 0.0, 0.0, 0.0, 0.0),
    "student": (0.55, 0.03, 0.0, 0.0, 0.0),
    "adult": (0.0, 0.40, 0.40, 0.40, 0.48),
}
SCHEME_OF = {
    "active": "employee",
    "retired": "employee",
    "child": "resident",
    "student": "resident",
    "adult": "resident",
}
# relative cost of a member by age group
COST = {
    "inpatient": (0.3, 0.5, 1.0, 2.4, 3.6),
    "outpatient": (0.5, 0.6, 1.0, 1.8, 2.0),
    "chronic": (0.1, 0.3, 1.2, 2.6, 2.8),
}
PER_HEAD = {  # yuan per unit of relative cost in the last year
    "employee": {"inpatient": 1500, "outpatient": 600, "chronic": 250},
    "resident": {"inpatient": 560, "outpatient": 130, "chronic": 70},
}
INPATIENT = (("primary", 200), ("secondary", 400), ("tertiary", 800))
CAPS = (("inpatient", 200_000), ("outpatient", 3000), ("chronic", 8000))
EMPLOYER_RATE, OWN_RATE, ACCOUNT_SHARE, COLLECTION = 0.075, 0.02, 0.25, 0.95
# years with death rates of their own, besides the last; the rates fall by this much a year
DEATH_HISTORY = (2003, 2008, 2013, 2018)
FALL = 0.015
# parameter, detail, first year, value, unit: the ages of the decree of 2024
RETIREMENT = (
    ("retirement_age", "male", 2018, 60, "year"),
    ("retirement_age", "female_cadre", 2018, 55, "year"),
    ("retirement_age", "female_worker", 2018, 50, "year"),
    ("retirement_delay", "male", LAST_YEAR, 3, "month"),
    ("retirement_delay", "female_cadre", LAST_YEAR, 3, "month"),
    ("retirement_delay", "female_worker", LAST_YEAR, 6, "month"),
    ("retirement_age_limit", "male", LAST_YEAR, 63, "year"),
    ("retirement_age_limit", "female_cadre", LAST_YEAR, 58, "year"),
    ("retirement_age_limit", "female_worker", LAST_YEAR, 55, "year"),
)
# layer, group, service, tier, parameter, admission, lower, upper, value, unit: rules of both schemes, easy by hand
BENEFITS = (
    *(("basic", "all", "inpatient", tier, "deductible", "", "", "", amount, "yuan") for tier, amount in INPATIENT),
    *(("basic", "all", "inpatient", tier, "deductible", 2, "", "", amount / 2, "yuan") for tier, amount in INPATIENT),
    *(("basic", "all", service, "all", "deductible", "", "", "", 200, "yuan") for service in SERVICES[1:]),
    ("basic", "all", "inpatient", "primary", "reimbursement_rate", "", "", "", 0.9, "1"),
    ("basic", "all", "inpatient", "secondary", "reimbursement_rate", "", "", "", 0.8, "1"),
    ("basic", "all", "inpatient", "tertiary", "reimbursement_rate", "", 0, 20_000, 0.7, "1"),
    ("basic", "all", "inpatient", "tertiary", "reimbursement_rate", "", 20_000, "", 0.75, "1"),
    *(("basic", "all", service, "all", "reimbursement_rate", "", "", "", 0.6, "1") for service in SERVICES[1:]),
    *(("basic", "all", service, "all", "cap", "", "", "", amount, "yuan") for service, amount in CAPS),
    ("critical", "all", "all", "all", "deductible", "", "", "", 10_000, "yuan"),
    ("critical", "assisted", "all", "all", "deductible_factor", "", "", "", 0.5, "1"),
    ("critical", "all", "all", "all", "reimbursement_rate", "", 0, 30_000, 0.6, "1"),
    ("critical", "all", "all", "all", "reimbursement_rate", "", 30_000, "", 0.7, "1"),
    ("critical", "assisted", "all", "all", "rate_floor", "", "", "", 0.8, "1"),
    ("critical", "none", "all", "all", "cap", "", "", "", 300_000, "yuan"),
    ("critical", "assisted", "all", "all", "is_uncapped", "", "", "", 1, "1"),
    ("assistance", "assisted", "inpatient", "all", "reimbursement_rate", "", "", "", 0.7, "1"),
    ("assistance", "assisted", "all", "all", "cap", "", "", "", 40_000, "yuan"),
    ("assistance", "assisted", "all", "all", "safety_net_threshold", "", "", "", 20_000, "yuan"),
    ("assistance", "assisted", "all", "all", "safety_net_rate", "", "", "", 1, "1"),
)
# lower, tier, area, admissions, inpatient share, chronic share, share of the persons
CARE = (
    (0, "primary", "local", 0, 0, 0.2, 0.9),
    (0, "secondary", "local", 1, 0.8, 0.1, 0.1),
    (10_000, "secondary", "local", 1, 0.8, 0.1, 0.5),
    (10_000, "tertiary", "local", 2, 0.9, 0.05, 0.45),
    (10_000, "tertiary", "unreferred", 1, 0.9, 0.05, 0.05),
)
# lower, upper, persons, mean cost: three tenths without cost, the others log-normal (mean 5,000 of all, spread 1.4)
COST_BANDS = (
    (0, 1, 6_000, 0),
    (1, 2_000, 5_840, 921),
    (2_000, 5_000, 3_567, 3_254),
    (5_000, 10_000, 2_164, 7_073),
    (10_000, 30_000, 1_838, 16_573),
    (30_000, 100_000, 523, 48_632),
    (100_000, "", 68, 173_130),
)
BAND_AGES = ("0-59", "60+")
# year, version, date, extra growth of spending
ADOPTED = ((2025, 1, "2025-01-15", 0.0), (2026, 1, "2026-01-15", 0.0), (2026, 2, "2026-08-01", 0.02))
_SOURCE = ("estimated", "made for tests")
_YUAN = ("yuan", *_SOURCE)

type Rows = list[tuple]


def wobble_of(region: str, year: int) -> float:
    """How much better or worse than its trend a year is in a region, 1."""
    return 1 + 0.01 * math.sin(1.7 * year + 3 * REGIONS[region])


def contribution_base(year: int) -> int:
    """Yuan per active member and year, rising 5% a year."""
    return round(72_000 * 1.05 ** (year - LAST_YEAR))


def individual_contribution(year: int) -> int:
    """Yuan per resident member."""
    return 400 + 30 * (year - 2018)


def fiscal_subsidy(year: int) -> int:
    """Yuan per resident member."""
    return 700 + 45 * (year - 2018)


def persons(region: str, year: int, sex: str, age: int) -> int:
    """Year-end population: a bell around middle age that moves up with the years."""
    centre = 42 + 0.4 * (year - 2018)
    height = 1200 * REGIONS[region] * (1.02 if sex == "male" else 1.0)
    bell = math.exp(-(((age - centre) / 30) ** 2))
    old = math.exp(-max(0, age - 70) / 9)
    return round(height * (0.25 + bell) * old) + 1


def death_rate(sex: str, age: int, year: int = LAST_YEAR) -> float:
    """Central death rate: Gompertz-Makeham, capped; higher in the past, with a wave that differs by age."""
    rate = min(0.4, 0.00004 * math.exp(0.092 * age) * (1.3 if sex == "male" else 1.0) + 0.0001)
    before = LAST_YEAR - year
    return rate * math.exp(FALL * before * (1.2 - age / 150) + 0.01 * math.sin(0.9 * before) * math.cos(age / 20))


def members(region: str, year: int, status: str, sex: str, group: int) -> int:
    """Year-end members of a status in an age group."""
    people = sum(persons(region, year, sex, age) for age in _ages(GROUPS[group]))
    return int(people * STATUS_SHARES[status][group])


def write_tiny_city(
    path: Path, unit: str = "yuan", *, with_people_history: bool = False, with_benefits: bool = False
) -> Path:
    """Writes the folder with the ledger in the given unit of money, and gives back its path.

    With ``with_people_history`` it holds besides what a folder may say of its people: death rates and life expectancy
    of past years, long-run levels, the ages of retirement, official totals, and a scenario that scales to them.

    With ``with_benefits`` it holds besides the rules of the layers, patterns of care, disposable income, and what is
    decided about medical assistance; its bands of cost are by age and set those without cost apart.
    """
    path = Path(path)
    path.mkdir(parents=True, exist_ok=True)
    (path / "city.yaml").write_text(_CITY_YAML, encoding="utf-8")
    claims = _claims()
    ledger = _ledger(claims)
    rows = {
        "population": _population(),
        "vital_rates": _vital_rates(),
        "enrolment": _enrolment(),
        "ledger": [(*key, in_unit(fen, unit), unit, *_SOURCE) for key, fen in ledger.items()],
        "claims": [(*key, in_unit(fen, "yuan"), "yuan", *_SOURCE) for key, fen in claims.items()],
        "claim_bands": _claim_bands(),
        "assistance": _assistance(ledger),
        "utilisation": _utilisation(),
        "economy": _economy(),
        "policy": _policy(),
        "scenarios": _scenarios(),
    }
    if with_people_history:
        for name, lines in _people_history().items():
            rows[name] = [*rows[name], *lines]
    if with_benefits:
        for name, lines in _benefits().items():
            rows[name] = [*rows.get(name, []), *lines]
        rows["claim_bands"] = _cost_bands()
    for name, lines in rows.items():
        write_table(path / f"{name}.csv", TABLES[name].column_names, lines)
    return write_catalogue(path)


def write_budgets(path: Path) -> None:
    """Adopted budgets of 2025 and of 2026, the last one revised, and outturn of every quarter since 2023.

    A budget is the account of the year before with 4% more revenue and 5% more spending, the revision 2% more spending
    again; what came by the end of quarter q is q / 4 of the year, times 1 + 0.01 (year - 2024) before December. The
    year under way is the account of the last with 5% more, to June.
    """
    ledger = _ledger(_claims())
    accounts: dict[tuple, dict[str, int]] = {}
    for (region, year, scheme, fund, line, _), fen in ledger.items():
        accounts.setdefault((region, year, scheme, fund), {})[line] = fen
    budgets: Rows = []
    months: Rows = []
    for (region, year, scheme, fund), lines in accounts.items():
        flows = {line: fen for line, fen in lines.items() if line not in BALANCES}
        for of, version, adopted, extra in ADOPTED:
            if of == year + 1:
                grown = {
                    line: round(fen * (1.05 + extra if line in SPENDING_LINES[scheme] else 1.04))
                    for line, fen in flows.items()
                }
                signs = {line: -1 if line in SPENDING_LINES[scheme] else 1 for line in flows}
                opening = lines["closing_balance"]
                closing = opening + sum(signs[line] * fen for line, fen in grown.items())
                for line, fen in {**grown, "opening_balance": opening, "closing_balance": closing}.items():
                    key = (region, of, scheme, fund, line, version, adopted)
                    budgets.append((*key, in_unit(fen, "yuan"), *_YUAN))
        if year >= LAST_YEAR - 2:
            for quarter in range(1, 5):
                early = 1 + 0.01 * (year - LAST_YEAR + 1) * (quarter < 4)
                for line, fen in flows.items():
                    amount = in_unit(round(fen * quarter / 4 * early), "yuan")
                    months.append((region, year, 3 * quarter, scheme, fund, line, amount, *_YUAN))
        if year == LAST_YEAR:
            for quarter in (1, 2):
                for line, fen in flows.items():
                    amount = in_unit(round(fen * 1.05 * quarter / 4), "yuan")
                    months.append((region, year + 1, 3 * quarter, scheme, fund, line, amount, *_YUAN))
    write_table(path / "budgets.csv", TABLES["budgets"].column_names, budgets)
    write_table(path / "outturn.csv", TABLES["outturn"].column_names, months)


def write_table(path: Path, header: tuple[str, ...], rows: Rows) -> None:
    """A CSV in UTF-8."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([header, *rows])


def write_catalogue(path: Path) -> Path:
    """The catalogue of a folder, with the digests of the files as they are now."""
    files = sorted(file for file in path.iterdir() if file.suffix in (".csv", ".parquet", ".xlsx"))
    about = ("Test Bureau", "Invented figures", "2026-05-01", "2025-12-31", "by row", "CC0-1.0")
    rows: Rows = [
        (file.name, hashlib.sha256(file.read_bytes()).hexdigest(), *about) for file in files if file.stem != "catalogue"
    ]
    write_table(path / "catalogue.csv", CATALOGUE_COLUMNS, rows)
    return path


def in_unit(fen: int, unit: str) -> str:
    """Whole fen as exact digits in a unit of money."""
    return format((Decimal(fen) / 100 / UNITS[unit][1]).normalize(), "f")


def _ages(group: str) -> range:
    if group.endswith("+"):
        return range(int(group[:-1]), 101)
    first, last = group.split("-")
    return range(int(first), int(last) + 1)


def _label(age: int) -> str:
    return "100+" if age == 100 else str(age)


def _population() -> Rows:
    return [
        (region, year, sex, _label(age), persons(region, year, sex, age), "person", *_SOURCE)
        for region in REGIONS
        for year in range(HISTORY[0] - 1, FIRST_FORECAST_YEAR)
        for sex in SEXES
        for age in range(101)
    ]


def _vital_rates() -> Rows:
    rows: Rows = []
    for sex in SEXES:
        for age in range(101):
            rate = death_rate(sex, age)
            rows.append((CITY, LAST_YEAR, "death_rate", sex, _label(age), f"{rate:.8f}", "1/year", *_SOURCE))
            for region, size in REGIONS.items():
                moving = round(size * 40 * math.exp(-(((age - 24) / 6) ** 2)))
                rows.append((region, LAST_YEAR, "net_migration", sex, _label(age), moving, "person", *_SOURCE))
        rows.append((CITY, LAST_YEAR, "death_improvement", sex, "all", "0.015", "1/year", *_SOURCE))
    for age in range(15, 50):
        rate = 0.08 * math.exp(-(((age - 28) / 5) ** 2))
        rows.append((CITY, LAST_YEAR, "birth_rate", "female", age, f"{rate:.6f}", "1/year", *_SOURCE))
    rows.append((CITY, LAST_YEAR, "sex_ratio_at_birth", "total", "all", "1.08", "1", *_SOURCE))
    return rows


def _heads(region: str, year: int, statuses: tuple[str, ...]) -> int:
    return sum(
        members(region, year, status, sex, group)
        for status in statuses
        for sex in SEXES
        for group in range(len(GROUPS))
    )


def _scheme_statuses(scheme: str) -> tuple[str, ...]:
    return tuple(status for status, own in SCHEME_OF.items() if own == scheme)


def _enrolment() -> Rows:
    rows: Rows = []
    for region in REGIONS:
        for status, scheme in SCHEME_OF.items():
            for year in HISTORY:
                heads = _heads(region, year, (status,))
                rows.append((region, year, scheme, status, "total", "all", heads, "person", *_SOURCE))
            for sex in SEXES:
                for place, group in enumerate(GROUPS):
                    heads = members(region, LAST_YEAR, status, sex, place)
                    rows.append((region, LAST_YEAR, scheme, status, sex, group, heads, "person", *_SOURCE))
    return rows


def _claims() -> dict[tuple, int]:
    return {
        (region, LAST_YEAR, scheme, service, sex, group): 100
        * PER_HEAD[scheme][service]
        * round(
            COST[service][place]
            * sum(members(region, LAST_YEAR, status, sex, place) for status in _scheme_statuses(scheme))
        )
        for region in REGIONS
        for scheme in PER_HEAD
        for service in SERVICES
        for sex in SEXES
        for place, group in enumerate(GROUPS)
    }


def _flows(region: str, year: int, claims: dict[tuple, int]) -> dict[tuple[str, str], dict[str, int]]:
    """Whole fen by fund and line, spending negative."""
    growth = 1.06 ** (year - LAST_YEAR)
    wobble = wobble_of(region, year)
    paid = {
        (scheme, service): round(
            growth
            * wobble
            * sum(fen for key, fen in claims.items() if key[0] == region and key[2:4] == (scheme, service))
        )
        if year < LAST_YEAR
        else sum(fen for key, fen in claims.items() if key[0] == region and key[2:4] == (scheme, service))
        for scheme in PER_HEAD
        for service in SERVICES
    }
    active = (_heads(region, max(year - 1, HISTORY[0]), ("active",)) + _heads(region, year, ("active",))) / 2
    residents = _heads(region, year, _scheme_statuses("resident"))
    wages = active * contribution_base(year) * COLLECTION * wobble * 100
    all_contributions = wages * (EMPLOYER_RATE + OWN_RATE)
    account = round(all_contributions * ACCOUNT_SHARE)
    poor = round(residents * 0.02)
    assisted = poor * individual_contribution(year) * 100
    return {
        ("employee", "pooled"): {
            "employer_contribution": round(all_contributions) - account,
            "interest": round(2e6 * REGIONS[region]),
            "benefit_inpatient": -paid["employee", "inpatient"],
            "benefit_outpatient": -paid["employee", "outpatient"] - paid["employee", "chronic"],
        },
        ("employee", "personal_account"): {"own_contribution": account, "benefit_outpatient": -round(0.9 * account)},
        ("resident", "pooled"): {
            "individual_contribution": (residents - poor) * individual_contribution(year) * 100,
            "assisted_contribution": assisted,
            "fiscal_subsidy": residents * fiscal_subsidy(year) * 100,
            "benefit_inpatient": -paid["resident", "inpatient"],
            "benefit_outpatient": -paid["resident", "outpatient"] - paid["resident", "chronic"],
            "critical_illness": -residents * 60 * 100,
        },
        ("assistance", "assistance"): {
            "provincial_subsidy": round(0.5 * assisted + poor * 900 * 100),
            "local_budget": round(0.5 * assisted + poor * 1000 * 100),
            "subsidised_enrolment": -assisted,
            "inpatient_assistance": -round(poor * 1300 * 100 * growth),
            "outpatient_assistance": -round(poor * 400 * 100 * growth),
        },
    }


def _ledger(claims: dict[tuple, int]) -> dict[tuple, int]:
    ledger: dict[tuple, int] = {}
    balance: dict[tuple[str, str], int] = {}
    for region, size in REGIONS.items():
        balance = dict.fromkeys((("employee", "pooled"), ("employee", "personal_account"), ("resident", "pooled")), 0)
        balance = {fund: round(4e9 * size) for fund in balance} | {("assistance", "assistance"): round(5e7 * size)}
        for year in HISTORY:
            for fund, flows in _flows(region, year, claims).items():
                ledger[region, year, *fund, "opening_balance", "final"] = balance[fund]
                for line, fen in flows.items():
                    ledger[region, year, *fund, line, "final"] = abs(fen)
                balance[fund] += sum(flows.values())
                ledger[region, year, *fund, "closing_balance", "final"] = balance[fund]
    return ledger


def _claim_bands() -> Rows:
    bands = (("0", "10000", 900), ("10000", "50000", 80), ("50000", "200000", 18), ("200000", "", 2))
    mean = {"0": 2_000, "10000": 22_000, "50000": 90_000, "200000": 300_000}
    end = ("yuan", *_SOURCE)
    return [
        (region, LAST_YEAR, scheme, "all", "all", lower, upper, heads, heads * mean[lower], *end)
        for region, size in REGIONS.items()
        for scheme in PER_HEAD
        for lower, upper, heads in ((first, last, round(count * size)) for first, last, count in bands)
    ]


def _assistance(ledger: dict[tuple, int]) -> Rows:
    rows: Rows = []
    for region in REGIONS:
        for year in HISTORY:
            poor = round(_heads(region, year, _scheme_statuses("resident")) * 0.02)
            paid = ledger[region, year, "assistance", "assistance", "subsidised_enrolment", "final"]
            rows.append((region, year, "subsistence", "eligible", poor, "person", *_SOURCE))
            rows.append((region, year, "all", "subsidised", poor, "person", *_SOURCE))
            rows.append((region, year, "all", "subsidised_amount", in_unit(paid, "yuan"), "yuan", *_SOURCE))
    return rows


def _utilisation() -> Rows:
    return [
        (region, LAST_YEAR, "employee", "inpatient", "visits", round(9000 * size), "visit", *_SOURCE)
        for region, size in REGIONS.items()
    ]


def _economy() -> Rows:
    rows: Rows = []
    for year in HISTORY:
        base = contribution_base(year)
        rows.append((CITY, year, "contribution_base", base, "yuan/person", *_SOURCE))
        rows.append((CITY, year, "average_wage", round(base * 1.3), "yuan/person", *_SOURCE))
    return rows


def _policy() -> Rows:
    first = HISTORY[0]
    values = [
        ("employee", "employer_rate", first, EMPLOYER_RATE, "1"),
        ("employee", "own_rate", first, OWN_RATE, "1"),
        ("employee", "account_share", first, ACCOUNT_SHARE, "1"),
        ("resident", "financing_growth", LAST_YEAR, 0.05, "1/year"),
        ("all", "settled_age", first, 50, "year"),
        ("all", "settled_age", LAST_YEAR, 60, "year"),
        ("all", "interest_rate", first, 0.0275, "1/year"),
        ("all", "reserve_confidence", LAST_YEAR, 95, "percent"),
        ("all", "reserve_horizon", LAST_YEAR, 3, "year"),
        ("all", "reserve_revenue_floor", LAST_YEAR, 0.05, "1"),
        ("all", "reserve_revenue_ceiling", LAST_YEAR, 0.08, "1"),
        ("employee", "cover_low", LAST_YEAR, 6, "month"),
        ("employee", "cover_high", LAST_YEAR, 9, "month"),
        ("all", "gate_growth_limit", LAST_YEAR, 0.15, "1"),
        ("all", "gate_revision_limit", LAST_YEAR, 0.05, "1"),
        ("all", "gate_estimated_limit", LAST_YEAR, 1, "1"),
    ]
    for year in range(first, FIRST_FORECAST_YEAR):
        values.append(("resident", "individual_contribution", year, individual_contribution(year), "yuan/person"))
        values.append(("resident", "fiscal_subsidy", year, fiscal_subsidy(year), "yuan/person"))
    return [(CITY, scheme, name, "", year, value, unit, *_SOURCE) for scheme, name, year, value, unit in values]


def money_rows(from_year: int, growth: float = 0.06, spread: float = 0.05) -> Rows:
    """Policy rows of the path of each source of assistance money."""
    values = (
        ("money_growth", growth, "1/year"),
        ("money_spread", spread, "1"),
        ("money_common_share", 0.3, "1"),
        ("money_regional_share", 0.4, "1"),
    )
    return [
        (CITY, "assistance", parameter, source, from_year, value, unit, *_SOURCE)
        for source in ("provincial_subsidy", "local_budget")
        for parameter, value, unit in values
    ]


def _scenarios() -> Rows:
    reason = ("经济下行一年", "One year of a weak economy")
    names = ("weak_wages", "工资增长放缓", "Weak wages")
    years = (FIRST_FORECAST_YEAR, FIRST_FORECAST_YEAR)
    return [(*names, "employee", "contribution_base", "multiply", *years, "0.97", "1", *reason, *_SOURCE)]


def _people_history() -> dict[str, Rows]:
    deaths: Rows = [
        (CITY, year, "death_rate", sex, _label(age), f"{death_rate(sex, age, year):.8f}", "1/year", *_SOURCE)
        for year in DEATH_HISTORY
        for sex in SEXES
        for age in range(101)
    ]
    expectancy: Rows = [
        (CITY, year, "life_expectancy", sex, "all", f"{years + 0.18 * (year - 2000):.2f}", "year", *_SOURCE)
        for sex, years in (("female", 76), ("male", 73))
        for year in range(2000, LAST_YEAR)
    ]
    policy: Rows = [
        (CITY, "all", parameter, detail, first, value, unit, *_SOURCE)
        for parameter, detail, first, value, unit in (
            ("long_run_fertility", "", LAST_YEAR, 1.2, "1"),
            ("long_run_migration", "", LAST_YEAR, 0.002, "1/year"),
            ("migration_wage_response", "", LAST_YEAR, 0.1, "1"),
            *RETIREMENT,
        )
    ]
    people = sum(persons(region, LAST_YEAR, sex, age) for region in REGIONS for sex in SEXES for age in range(101))
    totals: Rows = [
        (CITY, year, "total", "all", round(people * 0.997 ** (year - LAST_YEAR)), "person", *_SOURCE)
        for year in range(FIRST_FORECAST_YEAR, FIRST_FORECAST_YEAR + 30)
    ]
    years = (FIRST_FORECAST_YEAR, FIRST_FORECAST_YEAR + 29)
    names, reason = ("official", "官方总量", "Official total"), ("按官方人口", "as officially projected")
    scenario = (*names, "all", "official_population", "multiply", *years, 1, "1", *reason, *_SOURCE)
    return {"vital_rates": [*deaths, *expectancy], "policy": policy, "population": totals, "scenarios": [scenario]}


def _cost_bands() -> Rows:
    return [
        (region, LAST_YEAR, scheme, "all", age, lower, upper, round(heads * size), round(heads * size) * mean, *_YUAN)
        for region, size in REGIONS.items()
        for scheme in PER_HEAD
        for age in BAND_AGES
        for lower, upper, heads, mean in COST_BANDS
    ]


def _benefits() -> dict[str, Rows]:
    first = HISTORY[0]
    rules: Rows = [
        (CITY, "all", layer, group, "", service, tier, "all", *rule[:4], first, *rule[4:], *_SOURCE)
        for layer, group, service, tier, *rule in BENEFITS
    ]
    for area, factor in (("referred", 0.9), ("unreferred", 0.8)):
        rule = ("area_factor", "", "", "", first, factor, "1")
        rules.append((CITY, "all", "basic", "all", "", "all", "all", area, *rule, *_SOURCE))
    care: Rows = [
        (CITY, first, scheme, age, *pattern, "1", *_SOURCE)
        for scheme in PER_HEAD
        for age in BAND_AGES
        for pattern in CARE
    ]
    income: Rows = [
        (
            region,
            year,
            "disposable_income",
            round(40_000 * 1.04 ** (year - LAST_YEAR) * size**0.5),
            "yuan/person",
            *_SOURCE,
        )
        for region, size in REGIONS.items()
        for year in HISTORY
    ]
    decided = (
        ("review_income_share", "", 0.5, "1"),
        ("recognition_lag", "", 3, "month"),
        ("temporary_relief_share", "", 0.05, "1"),
        ("assistance_surplus_ceiling", "", 0.15, "1"),
        ("shortfall_probability_limit", "", 0.05, "1"),
        ("usage_threshold", "", 0.95, "1"),
        ("subsidised_share", "destitute", 1, "1"),
        ("subsidised_share", "subsistence", 1, "1"),
        ("subsidised_share", "near_poor", 0.5, "1"),
        ("subsidised_share", "impoverished_by_illness", 0.5, "1"),
    )
    policy: Rows = [
        (CITY, "assistance", parameter, detail, first, value, unit, *_SOURCE)
        for parameter, detail, value, unit in decided
    ]
    for scheme, parameter in (
        ("all", "benefit_indexation"),
        ("employee", "intensity_growth"),
        ("resident", "intensity_growth"),
    ):
        policy.append((CITY, scheme, parameter, "", first, 0.02, "1/year", *_SOURCE))
    return {"benefits": rules, "care": care, "economy": income, "policy": policy}


_CITY_YAML = f"""code: "{CITY}"
name: {{zh: 试验市, en: Testville}}
first_forecast_year: {FIRST_FORECAST_YEAR}
regions:
  - code: "339901"
    name: {{zh: 甲区, en: East}}
    districts: ["339911", "339912"]
    pool: testville
  - code: "339902"
    name: {{zh: 乙县, en: West}}
    pool: testville
"""
